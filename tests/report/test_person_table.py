"""What each person reads in each deployment before a choice, after it and later, as a table.

`tests/cases/person/DOES.toml` has the English sentences: of the state, of what a press would do, and
the steps. `sentences.toml` has each of these sentences in the other languages.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from tests.conftest import CASES
from tests.report.person_table import CHOICES, DOES, PEOPLE, Moment, moments
from tests.web.conftest import SWITCH, sign_in
from tests.web.test_switch import text_of
from vanne.cli import cli
from vanne.ledger import Ledger
from vanne.report.document import state_json
from vanne.report.person import PersonState, state_of_member
from vanne.report.person_words import label, plan, statements, title
from vanne.terms import LANGUAGES, MAIN_PURPOSE
from vanne.train.settings import TrainingSettings
from vanne.web import create_app
from vanne.words import Message, words

TABLE = CASES / "person"
KEPT_OUT = [f"{person}-{choice}" for person in PEOPLE if person != "adult" for choice in CHOICES]
TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
"""The words of a script that checks any file: a certificate too."""
PROMISE = re.compile(r"[^.]*\bcertificate[^.]*\.", re.IGNORECASE)
INTO = ("person-step-corpus-in", "person-step-model-in", "person-step-export-in")


def cases(does: str) -> list[dict[str, Any]]:
    text = (TABLE / f"{does}.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["case"])


OTHERS = tomllib.loads((TABLE / "sentences.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=DOES)
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings
) -> tuple[str, dict[str, Moment]]:
    does = str(request.param)
    return does, moments(tmp_path_factory.mktemp(does), does, tiny)


def state(moment: Moment, member: str) -> PersonState:
    return state_of_member(moment.home, member, MAIN_PURPOSE, moment.at)


def messages(person: PersonState) -> Iterator[Message]:
    """Every sentence of a state, each once."""
    yield from statements(person)
    yield label(person)
    for step in person.steps:
        yield title(step)
    for name, text in plan(person):
        yield from (name, text)


def read(person: PersonState) -> dict[str, Any]:
    """What a person reads, in English."""
    w = words("en")
    return {
        "label": w.say(label(person)),
        "says": [w.say(each) for each in statements(person)],
        "steps": [f"{w.say(title(each))}: {each.state}" for each in person.steps],
        "press": [f"{w.say(name)}: {w.say(text)}" for name, text in plan(person)],
    }


def test_each_state_says_what_the_table_says(deployment: tuple[str, dict[str, Moment]]) -> None:
    does, homes = deployment
    met = set()
    for case in cases(does):
        for member in case["members"]:
            person = state(homes[case["when"]], member)
            met.add((case["when"], member))
            assert {"for": member, **read(person)} == {
                "for": member,
                **{key: case[key] for key in ("label", "says", "steps", "press")},
            }
    everybody = {f"{person}-{choice}" for person in PEOPLE for choice in CHOICES}
    assert met == {(when, member) for when in homes for member in everybody}


def test_each_sentence_is_what_the_table_says_in_the_other_languages(
    deployment: tuple[str, dict[str, Moment]],
) -> None:
    _, homes = deployment
    for when, moment in homes.items():
        for person in PEOPLE:
            for choice in CHOICES:
                for each in messages(state(moment, f"{person}-{choice}")):
                    row = OTHERS[words("en").say(each)]
                    said = {lang: words(lang).say(each) for lang in LANGUAGES if lang != "en"}
                    assert said == row, (when, person, choice)


def test_page_and_report_say_the_sentences_of_the_state(
    deployment: tuple[str, dict[str, Moment]],
) -> None:
    does, homes = deployment
    for n, case in enumerate(cases(does)):
        moment, member = homes[case["when"]], case["members"][0]
        person = state(moment, member)
        app = create_app(moment.home, now=lambda: moment.at)  # noqa: B023
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            sign_in(client, member)
            for lang in LANGUAGES:
                client.headers["accept-language"] = lang
                page = text_of(client.get(SWITCH).text)
                said = [words(lang).say(each) for each in statements(person)]
                assert [each for each in said if each not in page] == [], (member, lang)
        lang = LANGUAGES[n % len(LANGUAGES)]
        typed = ["report", member, "--lang", lang, "--as-of", moment.at.isoformat()]
        done = CliRunner().invoke(cli, [*typed, "--home", str(moment.home.root)])
        shown = " ".join(done.output.split())
        said = [words(lang).say(each) for each in statements(person)]
        assert done.exit_code == 0
        assert [each for each in said if " ".join(each.split()) not in shown] == [], member


def test_nobody_who_is_kept_out_is_offered_an_on_or_promised_a_step_in(
    deployment: tuple[str, dict[str, Moment]],
) -> None:
    for when, moment in deployment[1].items():
        app = create_app(moment.home, now=lambda: moment.at)  # noqa: B023
        into = [words("en").say(Message(code)) for code in INTO]
        for member in KEPT_OUT:
            person = state(moment, member)
            if person.kept_out is None:  # who moves later
                assert when == "before" and member.startswith("moved")
                continue
            said = [words("en").say(each) for each in messages(person)]
            assert not set(said) & set(into), (when, member)
            with TestClient(app, base_url="http://127.0.0.1:8000") as client:
                page = sign_in(client, member).get(SWITCH).text
            assert 'value="on:' not in page, (when, member)
            assert ('value="off:all:' in page) is not member.endswith("-off") or when == "before"


PAGES = (
    "/",
    "/settings",
    "/settings/data-privacy",
    SWITCH,
    f"{SWITCH}/used",
    f"{SWITCH}/record",
    f"{SWITCH}/report",
    f"{SWITCH}/report/whole",
    f"{SWITCH}/notice",
    "/messages",
)


def everything_read(moment: Moment, member: str, lang: str) -> Iterator[tuple[str, str]]:
    """Yield what a member reads of themselves: each page and receipt, the report, the API."""
    app = create_app(moment.home, now=lambda: moment.at)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.headers["accept-language"] = lang
        yield "before they sign in", text_of(client.get("/").text)
        sign_in(client, member)
        with Ledger.of(moment.home, read_only=True) as ledger:
            receipts = [f"/receipts/{index}" for index, _ in ledger.history(member)]
        for path in (*PAGES, *receipts):
            html = client.get(path).text
            yield path, text_of(TEMPLATE.sub("", html))
    typed = ["report", member, "--lang", lang, "--as-of", moment.at.isoformat()]
    yield "vanne report", CliRunner().invoke(cli, [*typed, "--home", str(moment.home.root)]).output
    document = state_json(state(moment, member), member, lang)
    yield "the API", " ".join(each["text"] for each in document["says"])


def test_no_certificate_is_promised_where_nothing_is_trained(
    deployment: tuple[str, dict[str, Moment]],
) -> None:
    does, homes = deployment
    for when, moment in homes.items() if does != "trains" else ():
        for person in ("adult", "minor", "moved"):
            for choice in CHOICES:
                for where, text in everything_read(moment, f"{person}-{choice}", "en"):
                    assert PROMISE.findall(text) == [], (when, person, choice, where)


def test_who_was_never_in_a_model_is_named_no_certificate(
    deployment: tuple[str, dict[str, Moment]],
) -> None:
    for when, moment in deployment[1].items():
        for person in ("minor", "no-age", "no-region", "not-started"):
            for where, text in everything_read(moment, f"{person}-off", "en"):
                about = where.startswith("/receipts/") or "report" in where
                named = re.findall(r"Certificate [0-9a-f]{8}|items left the model", text)
                assert not (about and named), (when, person, where)
