"""Pay in free text, in four languages."""

import pytest

from vanne.sources.pay import asks_for_pay, states_amount


@pytest.mark.parametrize(
    "question",
    [
        "What is your desired salary range?",
        "Salary expectations",
        "What is your expected CTC?",
        "Current compensation?",
        "What hourly rate do you ask for?",
        "What is your rate?",
        "Expected pay per hour",
        "Quelles sont vos prétentions salariales ?",
        "Rémunération souhaitée",
        "Votre TJM ?",
        "Wie hoch ist Ihre Gehaltsvorstellung?",
        "Wunschgehalt",
        "Bruttolohn pro Jahr?",
        "Gewünschte Vergütung",
        "Ihr Stundensatz?",
        "Qual è il tuo stipendio attuale?",
        "Retribuzione richiesta (RAL)",
        "Compenso atteso",
    ],
)
def test_a_question_about_pay_is_one(question: str) -> None:
    assert asks_for_pay(question)


@pytest.mark.parametrize(
    "question",
    [
        "How would you rate your level of English?",
        "Please rate your Python from 1 to 10",
        "Are you legally authorized to work in the UK?",
        "What conversion rate did you reach?",
        "Do you pay attention to detail?",
        "Experience with payment systems?",
        "How many years with fixed income products?",
        "Was lohnt sich an dieser Stelle?",
        "Wurde die Frist eingehalten?",
        "Quand pouvez-vous commencer ?",
        "Possiede la patente?",
    ],
)
def test_another_question_is_none(question: str) -> None:
    assert not asks_for_pay(question)


@pytest.mark.parametrize(
    "answer",
    ["95'000 CHF", "CHF 95’000.-", "€ 60k", "60 000 euros", "$120,000", "12 LPA", "80 000 €"],
)
def test_an_amount_of_money_is_one(answer: str) -> None:
    assert states_amount(answer)


@pytest.mark.parametrize("answer", ["10+", "5 years", "Yes", "Two weeks", "2026", "France 24"])
def test_another_number_is_none(answer: str) -> None:
    assert not states_amount(answer)
