"""After the answer: the steps for the device, the letter, the note, the reminder; nothing is kept."""

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from vanne.report.done import device_of, done_values
from vanne.report.guide import load_guide
from vanne.report.inspection import Inspection, inspect
from vanne.web.inspection_pages import Visit, page_of
from vanne.words import LANGUAGES, words

COMPLETE = Path(__file__).parents[1] / "fixtures" / "linkedin" / "2026-complete"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


@cache
def linkedin() -> Inspection:
    return inspect([COMPLETE], region="CH", as_of=NOW)


def shown(*query: tuple[str, str], lang: str = "fr", agent: str = WINDOWS) -> str:
    page = page_of(linkedin(), Visit("/", query, words(lang), agent))
    assert page is not None
    return page[page.index('id="until-done"') : page.index('class="kinds ')]


def steps(page: str) -> str:
    return page[page.index("<ol") : page.index("</ol>")]


def test_the_page_guesses_the_device_and_the_person_can_change_it() -> None:
    assert "Cliquez" in steps(shown()) and "Touchez" in steps(shown(agent=IPHONE))
    assert "Touchez" in steps(shown(("device", "mobile")))
    assert "Cliquez" in steps(shown(("device", "desktop"), agent=IPHONE))
    assert device_of("Mozilla/5.0 (Linux; Android 15)") == "mobile"
    assert device_of("") == "desktop"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_address_comes_first_and_labels_are_the_network_s_own(lang: str) -> None:
    page, guide = shown(lang=lang), load_guide("linkedin")
    address = next(link.url for link in guide.links if link.role == "setting")
    assert address and page.index(address) < page.index("<ol")
    setting = guide.labels["setting"].names[lang].replace("'", "&#39;")
    assert setting in steps(page)


def test_the_letter_is_that_of_the_country_and_the_country_can_be_changed() -> None:
    assert "art. 30 al. 2 let. b" in shown()
    assert "edoeb.admin.ch" in shown()
    assert "RLRQ, c. P-39.1" in shown(("country", "CA-QC"))
    assert "plainte.cai.gouv.qc.ca" in shown(("country", "CA-QC"))
    other = shown(("country", ""))
    assert "article 21" not in other and "ne cite rien" in other


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_done_is_noted_and_given_as_files(lang: str) -> None:
    assert "text/calendar" not in shown(lang=lang)
    page = shown(("done", "linkedin"), lang=lang)
    assert "2026-11-29  LinkedIn" in page
    hrefs = dict(re.findall(r'download="([^"]+)" href="data:([^"]+)"', page))
    note, reminder = hrefs["vanne-linkedin.txt"], hrefs["vanne-linkedin.ics"]
    assert note.startswith("text/plain;charset=utf-8,2026-11-29")
    assert unquote(reminder).endswith("END:VCALENDAR\r\n")
    assert "20270228" in reminder


def test_what_the_choice_does_not_undo_is_said_with_who_says_so() -> None:
    page = shown(lang="en")
    assert "opting out leaves earlier training as it is" in page
    assert "LinkedIn, CNPD, Luxembourg" in page


def test_a_choice_of_the_form_survives_that_it_is_done() -> None:
    page = shown(("device", "mobile"), ("country", "FR"))
    [mark] = re.findall(r'class="action" href="\?([^"#]+)#done-linkedin"', page)
    assert mark == "device=mobile&amp;country=FR&amp;done=linkedin"


def test_who_may_be_a_minor_is_reminded_of_the_day_on_which_they_are_of_age() -> None:
    born = datetime(2009, 5, 1).date()
    young = inspect([COMPLETE], region="CH", as_of=NOW, birth_date=born)
    [each] = done_values(young, (), "", words("en"))["until"]
    assert [event.day.isoformat() for event in each.events] == ["2027-02-28", "2027-05-01"]
    assert len(done_values(linkedin(), (), "", words("en"))["until"][0].events) == 1


def test_an_odd_query_is_no_fault() -> None:
    assert "Cliquez" in steps(shown(("device", "<x>"), ("country", "<y>"), ("done", "nobody")))
