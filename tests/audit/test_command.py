"""`vanne audit` from planting to forgetting, on a network of its own."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from tests.train.tiny import GROUND
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import current, read
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import read_members, write_items, write_members
from vanne.terms import Item, Member
from vanne.train.fit import fit
from vanne.train.ground import write_ground
from vanne.train.model import current as current_model
from vanne.train.model import items_in
from vanne_audit.auditing import sentences
from vanne_audit.canaries import read_canaries

MADE = datetime(2025, 1, 1, tzinfo=UTC)
PEOPLE = [f"member-{n}" for n in range(24)]


def call(home: Home, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*arguments, "--home", str(home.root)], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny) -> Home:
    home = Home(tmp_path_factory.mktemp("network") / "home")
    items = [
        Item(
            f"i-{who}",
            who,
            "post",
            created_at=MADE,
            text=f"{who} says so and adds that wool is wool",
        )
        for who in PEOPLE
    ]
    write_items(items, home.items / "items.parquet")
    write_members([Member(who, "CH", date(1990, 1, 1)) for who in PEOPLE], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.open(home.ledger).close()
    write_ground(home.ground, GROUND)
    call(home, "corpus", "build")
    call(home, "audit", "plant", "--canaries", "8", "--records", "3", "--seed", "5")
    call(home, "corpus", "refresh")
    corpus = current(home)
    settings = replace(tiny, max_tokens=110)
    fit(read(home, corpus), home.model, settings, corpus_version=corpus.version, ground=GROUND)
    return home


def test_canaries_are_ordinary_members_who_said_yes(home: Home):
    canaries = [c for c in read_canaries(home.root / "audit") if c.planted]
    inside = {d.owner for d in read(home, current(home))}
    assert inside == {*PEOPLE, *(c.id for c in canaries)}
    assert {m.member_id for m in read_members(str(home.members))} == inside
    with Ledger.open(home.ledger, read_only=True) as ledger:
        said = [(c.member_id, c.on) for c in ledger.choices(ledger.size)]
    assert said == [(canary.id, True) for canary in canaries]


def test_planting_twice_is_refused(home: Home):
    done = CliRunner().invoke(cli, ["audit", "plant", "--home", str(home.root)])
    assert "canaries are planted here already" in str(done.exception)


def test_planting_that_was_cut_short_is_finished_with_the_same_canaries(tmp_path):
    home = Home(tmp_path)
    write_items([Item("1", "ada", "post", created_at=MADE, text="x")], home.items / "items.parquet")
    write_members([Member("ada", "CH", date(1990, 1, 1))], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.open(home.ledger).close()
    call(home, "corpus", "build")
    call(home, "audit", "plant", "--canaries", "2")
    before = read_canaries(home.root / "audit")
    (home.items / "canaries.parquet").unlink()
    call(home, "audit", "plant", "--canaries", "9")
    assert read_canaries(home.root / "audit") == before
    assert len(list(read_members(str(home.members)))) == 3
    call(home, "corpus", "refresh")
    assert current(home).documents == 1 + 2 * 4


def test_audit_prints_and_keeps_what_it_found_and_names_nobody(home: Home, tmp_path):
    said = call(home, "audit", "current", "--lang", "fr")
    document = home.root / "audit" / f"{current_model(home.model).version}.json"
    found = json.loads(document.read_text())
    assert found["schema"] == "vanne/audit/1"
    assert found["people"]["canaries"] == {"in": 8, "never": 4, "forgotten": 0}
    assert "sur 100" in said
    call(home, "model", "export", "--out", str(tmp_path / "peft"), "--as", "peft")
    card = (tmp_path / "peft" / "README.md").read_text()
    written = said + document.read_text() + card
    assert all(f"* {each}" in card for each in sentences(found, "en"))
    assert "Nobody has audited" not in card
    for canary in read_canaries(home.root / "audit"):
        assert canary.id not in written and canary.records[0] not in written
    assert "member-" not in written and "says so" not in written


def test_withdrawn_canaries_and_a_member_are_forgotten_and_the_audit_says_so(home: Home, tmp_path):
    call(home, "choose", "member-3", "off")
    call(home, "audit", "withdraw")
    before = current_model(home.model).corpus_version
    call(home, "forget", "--at-once")
    assert read_canaries(home.root / "audit")
    call(home, "forget")
    certificate = next(
        path
        for path in home.certificates.glob("*.json")
        if json.loads(path.read_text())["corpus"]["before"] == before
    )
    never = tmp_path / "never.jsonl"
    never.write_text(
        "".join(
            json.dumps({"owner": f"o{n}", "text": f"stranger {n} says so and adds"}) + "\n"
            for n in range(9)
        )
    )
    options = ["--json", "--never", str(never), "--forgotten", certificate.stem[:9]]
    found = json.loads(call(home, "audit", current_model(home.model).version[:10], *options))
    assert found["people"]["canaries"] == {"in": 4, "never": 4, "forgotten": 4}
    assert found["people"]["members"] == {"in": 23, "never": 9, "forgotten": 1}
    assert found["verdict"]["forgotten"]["remembered"] is None  # four are too few to tell
    held = items_in(home.model, current_model(home.model))
    assert sum(c.item_id(0) in held for c in read_canaries(home.root / "audit")) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audit", "abcdef"], "there is no model `abcdef`"),
        (["audit", "current", "--forgotten", "zzz"], "0 certificates begin with `zzz`"),
        (["audit", "current", "--forgotten", "forged"], "0 certificates begin with `forged`"),
        (["audit", "current", "--never", "nowhere.jsonl"], "no such file"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(home: Home, arguments, message):
    home.certificates.mkdir(exist_ok=True)
    (home.certificates / "forged.json").write_text('{"corpus": {"before": "../../elsewhere"}}')
    done = CliRunner().invoke(cli, [*arguments, "--home", str(home.root)])
    assert message in str(done.exception)


def test_withdrawing_without_canaries_says_how_to_plant_some(tiny, tmp_path):
    home = Home(tmp_path)
    write_items([Item("1", "ada", "post", created_at=MADE, text="x")], home.items / "items.parquet")
    write_members([Member("ada", "CH", date(1990, 1, 1))], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.open(home.ledger).close()
    call(home, "corpus", "build")
    fit(
        read(home, current(home)),
        home.model,
        replace(tiny, epochs=0),
        corpus_version=current(home).version,
        ground=(),
    )
    done = CliRunner().invoke(cli, ["audit", "withdraw", "--home", str(home.root)])
    assert "`vanne audit plant`" in str(done.exception)
