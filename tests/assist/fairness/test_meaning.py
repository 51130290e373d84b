"""What is asked by a detour is told to a person, and what is lawful rarely."""

from tests.assist.fairness.marked import briefs
from vanne_assist.fairness.meaning import doubts
from vanne_assist.report.finding import Say

LANGS = ("fr", "en", "de", "it")


def test_most_of_what_asks_too_much_is_told_and_little_of_what_is_lawful() -> None:
    cases = [case for lang in LANGS for case in briefs(f"{lang}.held-out")]
    asks = [bool(doubts(case.text)) for case in cases if case.asks]
    lawful = [bool(doubts(case.text)) for case in cases if not case.asks]
    assert sum(asks) >= 0.6 * len(asks) and sum(lawful) <= 0.1 * len(lawful)


def test_the_words_that_are_told_are_of_the_brief() -> None:
    text = "Nurse in Bern, nobody who has to leave for the school run"
    (notice,) = doubts(text)
    assert notice.said[0] in text and "school run" in notice.said[0]
    assert notice.said[1] == "family" and "GlG/LEg art. 3" in Say("en").trouble(notice)


def test_an_ask_that_the_brief_calls_lawful_stops_nothing_and_is_told() -> None:
    (notice,) = doubts("Night worker at the refuge, by law women only")
    assert notice.said == ("women only", "sex")


def test_what_leaves_all_equal_is_told_to_nobody() -> None:
    assert doubts("Porter, no one who dashes off for the school run")
    assert doubts("Porter, whoever dashes off for the school run is welcome") == ()
