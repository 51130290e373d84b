"""How old somebody is by their archives: three states, and what each of them rests on."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.policy import load
from vanne.report.assumptions import AgeSign
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import age_words
from vanne.terms import Reason
from vanne.words import LANGUAGES, words

FIXTURES = Path(__file__).parents[1] / "fixtures"
AGES = FIXTURES / "ages"
FROM_16 = AGES / "accounts-from-16.toml"
X, INSTAGRAM, SCHOOL = FIXTURES / "x", FIXTURES / "instagram-2025", AGES / "school"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
JOINED = date(2012, 1, 1)
OLDEST = date(2025, 1, 1)


def aged(path: Path, *, policy: Path | None = None, **options: object) -> Inspection:
    settings: dict[str, object] = {"region": "CH", "as_of": NOW, **options}
    return inspect([path], policy=load(str(policy)) if policy else None, **settings)  # type: ignore[arg-type]


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_an_age_that_nothing_says_is_unknown_and_only_judged_as_of_age() -> None:
    found = aged(X)
    assert (found.age.source, found.age.state) == ("assumed-adult", "unknown")
    assert found.age.evidence == (AgeSign("joined", "nothing", "x", JOINED),)
    assert found.allowed > 0
    assert any("assumed to be of age" in warning for warning in map(str, found.notes))


def test_a_policy_that_says_when_accounts_begin_lets_the_day_of_joining_prove_an_age() -> None:
    with_rule, without = aged(X, policy=FROM_16), aged(X)
    assert (with_rule.age.source, with_rule.age.state) == ("account-age", "adult")
    assert with_rule.age.evidence == (AgeSign("joined", "adult", "x", JOINED, 16),)
    assert not any("of age" in warning for warning in map(str, with_rule.notes))
    assert with_rule.member == without.member  # it is judged as before


@pytest.mark.parametrize(
    ("day", "state"), [(date(2026, 12, 31), "unknown"), (date(2027, 1, 1), "adult")]
)
def test_where_no_file_says_when_they_joined_the_oldest_item_counts(day: date, state: str) -> None:
    found = aged(INSTAGRAM, policy=FROM_16, as_of=at(day))
    says = "adult" if state == "adult" else "nothing"
    assert found.age.evidence == (AgeSign("oldest-item", says, "instagram", OLDEST, 16),)
    assert found.age.state == state


def test_a_short_time_never_makes_a_minor() -> None:
    soon = aged(X, policy=FROM_16, as_of=at(JOINED + timedelta(days=30)))
    assert (soon.age.state, soon.age.evidence[0].says) == ("unknown", "nothing")
    assert Reason.MINOR not in {each.reason for each in soon.decided}


def test_what_is_state_has_no_age(tmp_path: Path) -> None:
    (tmp_path / "Skills.csv").write_text("Name\nR\n")
    assert aged(tmp_path, policy=FROM_16).age.evidence == ()


def test_a_school_that_is_attended_now_outweighs_the_birth_date_of_a_profile() -> None:
    found = aged(SCHOOL)
    assert (found.age.source, found.age.state) == ("school-sign", "minor")
    assert [(sign.sign, sign.says) for sign in found.age.evidence] == [
        ("birth-date", "adult"), ("secondary-school", "minor"),
    ]  # fmt: skip
    assert {each.reason for each in found.decided if each.item.category == "skill"} == {
        Reason.MINOR
    }


def test_a_school_in_a_cv_is_a_sign_too(tmp_path: Path) -> None:
    school = {"institution": "Gymnasium am See", "startDate": "2022", "endDate": "2028-06"}
    resume = tmp_path / "resume.json"
    resume.write_text(json.dumps({"basics": {"name": "Ana"}, "education": [school]}))
    found = aged(resume)
    assert (found.age.source, found.age.state, found.allowed) == ("school-sign", "minor", 0)
    later = aged(resume, as_of=datetime(2029, 1, 1, tzinfo=UTC))
    assert (later.age.source, later.age.state) == ("assumed-adult", "unknown")


@pytest.mark.parametrize(
    ("born", "state"), [(date(2008, 11, 26), "adult"), (date(2008, 11, 27), "minor")]
)
def test_a_birth_date_says_it_to_the_day(born: date, state: str) -> None:
    found = aged(X, birth_date=born)
    assert (found.age.source, found.age.state) == ("given", state)
    assert found.age.evidence[0] == AgeSign("birth-date", state)  # type: ignore[arg-type]


def test_the_document_says_the_state_and_every_sign() -> None:
    assert aged(X, policy=FROM_16).document()["member"] == {
        "region": "CH",
        "region_from": "option",
        "age": "account-age",
        "age_state": "adult",
        "age_signs": [{"sign": "joined", "says": "adult", "network": "x", "day": "2012-01-01"}],
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_signs_are_told_in_every_language_and_not_where_a_birth_date_decides(lang: str) -> None:
    w = words(lang)
    told = {
        text
        for found in (
            aged(X),
            aged(X, policy=FROM_16),
            aged(SCHOOL),
            aged(INSTAGRAM, policy=FROM_16),
        )
        for text in age_words(found, w)
    }
    assert len(told) == 5
    assert sum(w.day(JOINED) in text for text in told) == 2
    assert age_words(aged(X, birth_date=date(1990, 1, 1)), w) == []
    asked = ["inspect", str(X), "--region", "CH", "--as-of", "2026-11-26", "--by", "category"]
    said = " ".join(CliRunner().invoke(cli, [*asked, "--lang", lang]).stdout.split())
    (text,) = age_words(aged(X), w)
    assert " ".join(text.split()) in said


def test_the_shipped_policy_that_says_it_changes_no_verdict() -> None:
    complete = FIXTURES / "linkedin" / "2026-complete"
    older, newer = (
        inspect([complete], region="CH", as_of=NOW, policy=load(name))
        for name in ("linkedin-2025-11-03", "linkedin-2026-08-21")
    )
    assert (older.age.state, newer.age.state) == ("unknown", "adult")
    assert newer.age.source == "account-age"
    assert newer.counts == older.counts
