"""A change of policy takes two people: one proposes it, another one approves it."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ledger.conftest import new_schema
from tests.report.notices import LINKEDIN, RULES, announce, stricter, wider, written
from tests.web.network import CHOICES, START, clock, make_home, with_tables
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import ConflictError, MissingError, RefusedError, VanneError
from vanne.ledger import Ledger
from vanne.policy.schedule import notices, policy_at
from vanne.report import policy_draft as drafting
from vanne.report.policy_draft import Account, approve, count, drafts, drop, open_draft, propose
from vanne.terms import MAIN_PURPOSE, PolicyInForce

OTTO, OLGA = Account("otto", "Otto"), Account("olga", "Olga")
LATER = START + timedelta(hours=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return with_tables(make_home(tmp_path_factory.mktemp("network")))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def counted(home: Home, toml: str) -> int:
    number = propose(home, toml, OTTO, START).id
    count(home, number, clock())
    return number


def test_another_account_puts_it_in_force(home: Home) -> None:
    number = counted(home, stricter())
    assert policy_at(home, LATER).name == "linkedin-2025-11-03"  # nothing holds before
    notice = approve(home, number, OLGA, LATER, accepted=False)
    assert policy_at(home, LATER).name == "stricter"
    (kept,) = drafts(home)
    assert (kept.state, kept.proposed_by, kept.decided_by) == ("published", "otto", "olga")
    assert (kept.proposed_at, kept.decided_at, kept.notice) == (START, LATER, notice.notice)
    with Ledger.of(home, read_only=True) as ledger:
        assert any(isinstance(record, PolicyInForce) for _, record in ledger.records(0))


def test_who_proposed_it_cannot_approve_it(home: Home) -> None:
    number = counted(home, stricter())
    with pytest.raises(RefusedError, match="cannot approve"):
        approve(home, number, Account("otto", "Olga"), LATER, accepted=True)
    assert notices(home) == []


def test_nobody_approves_what_is_not_counted_yet(home: Home) -> None:
    number = propose(home, stricter(), OTTO, START).id
    with pytest.raises(RefusedError, match="not counted"):
        approve(home, number, OLGA, LATER, accepted=True)


def test_what_opens_must_be_accepted_by_who_approves(home: Home) -> None:
    number = counted(home, wider(START))
    with pytest.raises(VanneError, match="permits what the old one does not"):
        approve(home, number, OLGA, LATER, accepted=False)
    notice = approve(home, number, OLGA, LATER, accepted=True)
    assert notice.effective_at == (START + timedelta(days=30)).replace(hour=0)


def test_whom_it_touches_is_kept_with_it(home: Home) -> None:
    counted(home, wider(START))
    waiting = open_draft(home)
    assert waiting and waiting.effects
    effect = waiting.effects[MAIN_PURPOSE]
    assert (effect.opened_items, effect.opened_members) == (1, 1)  # what Anna searched for
    assert (effect.closed_items, effect.closed_members) == (1, 1)  # her photo
    assert [(g.category, g.region) for g in effect.groups] == [("search", "CH"), ("photo", "CH")]


def test_a_second_draft_waits_for_the_first_and_ones_own_takes_its_place(home: Home) -> None:
    first = propose(home, stricter(), OTTO, START)
    with pytest.raises(ConflictError, match="a draft of Otto waits"):
        propose(home, wider(START), OLGA, START)
    second = propose(home, wider(START), OTTO, LATER)
    assert [(each.id, each.state) for each in drafts(home)] == [
        (second.id, "open"),
        (first.id, "dropped"),
    ]
    with pytest.raises(MissingError, match="not open any more"):
        approve(home, first.id, OLGA, LATER, accepted=True)


def test_a_draft_is_stale_once_the_policy_changed(home: Home) -> None:
    number = counted(home, wider(START))
    announce(home, stricter(), START + timedelta(minutes=1))
    with pytest.raises(ConflictError, match="the policy changed since"):
        approve(home, number, OLGA, LATER, accepted=True)
    drop(home, number, OLGA, LATER)
    assert open_draft(home) is None


def test_an_approval_that_was_killed_is_finished_by_the_next_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = counted(home, stricter())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(drafting, "_decide", killed)
        approve(home, number, OLGA, LATER, accepted=True)
    assert len(notices(home)) == 1 and open_draft(home)
    assert approve(home, number, OLGA, LATER, accepted=True) == notices(home)[0]
    assert (len(notices(home)), open_draft(home)) == (1, None)


AFTERWARDS = f"\n[{RULES}.waiting]\nannounced = {START.date()}\ndays = 30\n"


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("name = ", "not valid TOML"),
        (LINKEDIN.replace("minimum = 18", "minimun = 18"), "line .*minimun.* did you mean"),
        (wider(START - timedelta(days=2)), "announced on 2026-11-18, before today"),
        (wider(START, days=5), "5 days: wait 30 days or more"),
        (
            LINKEDIN.replace('covers = "everything"', 'covers = "afterwards"') + AFTERWARDS,
            "would use what people switched off",
        ),
        (LINKEDIN, "is the policy in force .* already"),
        ("x" * 200_001, "more than 200,000 characters"),
    ],
    ids=["no TOML", "a slip", "in the past", "too soon", "against a no", "the same", "too long"],
)
def test_what_may_not_be_published_is_said_in_one_line_and_not_kept(
    home: Home, toml: str, line: str
) -> None:
    with pytest.raises(VanneError, match=line) as raised:
        propose(home, toml, OTTO, START)
    assert "\n" not in str(raised.value)
    assert drafts(home) == []


def test_why_it_could_not_be_counted_is_kept(home: Home) -> None:
    number = counted(home, wider(START).replace('salary = ["faq"]\n', "", 1))
    waiting = open_draft(home)
    assert waiting and waiting.error and "salary" in waiting.error
    with pytest.raises(RefusedError):
        approve(home, number, OLGA, LATER, accepted=True)


def typed(home: Home, *words: str) -> Result:
    return CliRunner().invoke(cli, ["notice", "publish", *words, "--home", str(home.root)])


def test_the_command_line_knows_one_account_of_the_machine(home: Home, tmp_path: Path) -> None:
    proposed = typed(home, written(tmp_path, stricter()), "--propose")
    assert "0 items of 0 members go from no to yes, 1 of 1 from yes to no" in proposed.output
    waiting = open_draft(home)
    assert waiting and f"--approve {waiting.id}" in proposed.output
    itself = typed(home, "--approve", str(waiting.id))
    assert isinstance(itself.exception, RefusedError) and notices(home) == []
    drop(home, waiting.id, OLGA, LATER)
    number = counted(home, stricter())
    done = typed(home, "--approve", str(number), "--json")
    assert json.loads(done.output)["draft"] == number
    assert [each.policy for each in notices(home)] == ["stricter"]


def test_the_same_is_so_on_postgresql(made: Home, tmp_path: Path, postgres: str) -> None:
    home = Home(Path(shutil.copytree(made.root, tmp_path / "home")), new_schema(postgres))
    for path in home.root.glob("ledger.*"):  # that of the copy, which lies in SQLite
        path.unlink()
    with Ledger.create(home) as ledger:
        ledger.accept_loss(START)
        ledger.append(CHOICES)
    number = counted(home, wider(START))
    (waiting,) = drafts(home)
    assert waiting.effects and waiting.effects[MAIN_PURPOSE].opened_items == 1
    with pytest.raises(RefusedError, match="cannot approve"):
        approve(home, number, OTTO, LATER, accepted=True)
    approve(home, number, OLGA, LATER, accepted=True)
    (kept,) = drafts(home)
    assert (kept.state, kept.decided_by) == ("published", "olga")
    assert policy_at(home, LATER + timedelta(days=31)).name == "wider"
