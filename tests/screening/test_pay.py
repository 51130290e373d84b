"""Pay in free text, in many languages: the cases are in `tests/cases/pay.tsv`."""

import csv
from pathlib import Path

import pytest

from tests.table import every
from vanne.screening.pay import asks_for_pay, offers_amount, states_amount

CASES = Path(__file__).parents[1] / "cases" / "pay.tsv"


def labelled(label: str) -> list[tuple[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(r["question"], r["answer"]) for r in rows if r["speaks_of_pay"] == label]


def speaks_of_pay(question: str, answer: str) -> bool:
    asked = asks_for_pay(question) or offers_amount(question)
    return asked or asks_for_pay(answer) or states_amount(answer)


def test_the_cases_are_many_and_of_both_kinds() -> None:
    assert len(labelled("yes")) >= 80
    assert len(labelled("no")) >= 40


@every(("question", "answer"), labelled("yes"))
def test_what_speaks_of_pay_is_found(question: str, answer: str) -> None:
    assert speaks_of_pay(question, answer)


@every(("question", "answer"), labelled("no"))
def test_what_does_not_speak_of_pay_is_left(question: str, answer: str) -> None:
    assert not speaks_of_pay(question, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "95'000 CHF",
        "CHF 95’000.-",
        "€ 60k",
        "60 000 euros",
        "$120,000",
        "12 LPA",
        "80 000 €",
        "6500 gross",
        "1950 brutto",
        "9 net",
        "9 an hour",
    ],
)
def test_an_amount_of_money_is_one(answer: str) -> None:
    assert states_amount(answer)


@pytest.mark.parametrize("answer", ["10+", "5 years", "Yes", "Two weeks", "2026", "France 24"])
def test_another_number_is_none(answer: str) -> None:
    assert not states_amount(answer)


def test_a_long_text_without_pay_is_read_in_no_time() -> None:
    assert not states_amount("1 " * 30_000)
    assert not asks_for_pay("a" * 60_000)
