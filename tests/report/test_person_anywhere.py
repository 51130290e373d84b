"""Whoever a person is, wherever and whenever: each door says what their one state says.

Persons, choices, deployments and times are drawn. The page, the report, the command and the API say
the same sentences. Who is kept out is offered no *on* and promised no step, and where nothing is
trained no certificate is promised.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.forget.homes import NOT_STARTED, STARTED
from tests.members import replace_members
from tests.report.person_table import CHOICES, DOES, PEOPLE, Moment, members, moments
from tests.report.test_person_table import INTO, PROMISE, everything_read, state
from tests.web.conftest import SWITCH, sign_in
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.report.document import state_json
from vanne.report.person_words import headline, plan, statements
from vanne.terms import LANGUAGES, MAIN_PURPOSE, Choice, Member
from vanne.train.settings import TrainingSettings
from vanne.web import create_app
from vanne.words import Message, words


@dataclass(frozen=True)
class Drawn:
    """A member of the table with another region and birth date, who chooses, and reads later."""

    member: str
    region: str | None
    born: date | None
    choices: tuple[tuple[bool, str, str | None], ...]
    does: str
    when: str
    read_after: timedelta
    lang: str


IDS = [f"{person}-{choice}" for person in PEOPLE for choice in CHOICES]
TARGETS = {"all": None, "category": "post", "item": "post-adult-on"}
YEARS = st.sampled_from([date(2008, 6, day) for day in (1, 2, 3)])
"""Who turns eighteen when the choices are made, the day after, or the day after that."""
PERSONS = st.builds(
    Drawn,
    member=st.sampled_from(IDS),
    region=st.sampled_from([STARTED, NOT_STARTED, "XX", None]),
    born=st.sampled_from([date(1990, 1, 1), date(2012, 1, 1), None]) | YEARS,
    choices=st.lists(
        st.sampled_from(list(TARGETS)).flatmap(
            lambda scope: st.tuples(st.booleans(), st.just(scope), st.just(TARGETS[scope]))
        ),
        max_size=3,
    ).map(tuple),
    does=st.sampled_from(DOES),
    when=st.sampled_from(["before", "after", "later"]),
    read_after=st.integers(0, 40 * 24).map(lambda hours: timedelta(hours=hours)),
    lang=st.sampled_from(LANGUAGES),
)


@pytest.fixture(scope="module")
def homes(
    tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings
) -> Mapping[str, dict[str, Moment]]:
    return {does: moments(tmp_path_factory.mktemp(does), does, tiny) for does in DOES}


def lived(drawn: Drawn, homes: Mapping[str, dict[str, Moment]], folder: Path) -> Moment:
    """Put the person into a copy of a home, and let them choose there."""
    start = homes[drawn.does][drawn.when]
    home = Home(Path(copytree(start.home.root, folder / "home")))
    others = [each for each in members(STARTED) if each.member_id != drawn.member]
    replace_members([*others, Member(drawn.member, drawn.region, drawn.born)], home)
    with Ledger.of(home) as ledger:
        for on, scope, target in drawn.choices:
            entry: dict[str, Any] = {"scope": scope, "on": on, "at": start.at, "target": target}
            ledger.append([Choice(drawn.member, MAIN_PURPOSE, **entry)])
    at: datetime = start.at + drawn.read_after
    return Moment(home, at)


@settings(max_examples=20)
@given(PERSONS)
def test_every_door_says_the_one_state_of_any_person(
    homes: Mapping[str, dict[str, Moment]], drawn: Drawn
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        moment, w = lived(drawn, homes, Path(folder)), words(drawn.lang)
        person = state(moment, drawn.member)
        own = [" ".join(w.say(each).split()) for each in statements(person)]
        read = {
            where: " ".join(text.split())
            for where, text in everything_read(moment, drawn.member, drawn.lang)
        }
        for where in (SWITCH, f"{SWITCH}/report", f"{SWITCH}/report/whole", "vanne report"):
            assert [each for each in own if each not in read[where]] == [], where
        assert read["the API"] == " ".join(own)
        assert w.say(headline(person)) in read["/"]
        assert person.is_open == bool(person.held.allowed)
        document = state_json(person, drawn.member, drawn.lang)
        assert (document["used"], document["kept_out"]) == (person.is_open, person.kept_out)
        if not person.deployment.trains:
            english = dict(everything_read(moment, drawn.member, "en"))
            promises = {where: PROMISE.findall(text) for where, text in english.items()}
            assert {where: each for where, each in promises.items() if each} == {}
        if person.kept_out:
            into = {w.say(Message(code)) for code in INTO}
            assert not person.is_open and not list(plan(person))
            assert into.isdisjoint(w.say(Message(f"person-step-{s.name}")) for s in person.steps)
            app = create_app(moment.home, now=lambda: moment.at)
            with TestClient(app, base_url="http://127.0.0.1:8000") as client:
                sign_in(client, drawn.member)
                for path in (SWITCH, f"{SWITCH}/used", "/settings/data-privacy", "/"):
                    assert 'value="on:' not in client.get(path).text, path
