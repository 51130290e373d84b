"""Pay in lists and tables."""

from vanne.screening import redact
from vanne.screening.lists import pay_in_lists


def test_a_number_is_pay_where_its_column_is_headed_so() -> None:
    text = "Name\tHours\tPay\nIvo\t22\t612.50\nMay\t35\t980"
    assert redact(text)[0] == "Name\tHours\tPay\nIvo\t22\t[SALARY]\nMay\t35\t[SALARY]"


def test_a_list_ends_where_a_line_says_no_amount() -> None:
    text = "Salaries\nIvo: 31k\nMay: 42,500\n\nSee you on Monday\nTickets: 1,200"
    found = [text[start:end] for start, end in pay_in_lists(text)]
    assert found == ["31k", "42,500"]


def test_rooms_times_and_pages_under_a_word_for_pay_are_none() -> None:
    text = "Wages\nWelcome at 10.30\nTalk in room 204\nHandout, page 112"
    assert list(pay_in_lists(text)) == []


def test_a_street_between_quotation_marks_is_a_title_unless_a_code_follows() -> None:
    assert redact("I read «12 Mill Lane» twice.")[0] == "I read «12 Mill Lane» twice."
    assert redact("Send it to “12 Mill Lane, Leeds LS1 4AP”.")[0] == "Send it to “[ADDRESS]”."
