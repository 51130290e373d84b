"""`vanne audit` on a network of its own, before and after somebody was forgotten."""

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
from vanne.sources.tables import write_items, write_members
from vanne.terms import Item, Member
from vanne.train.fit import fit
from vanne.train.model import current as current_model
from vanne.train.tokens import write_ground
from vanne_audit.auditing import sentences

MADE = datetime(2025, 1, 1, tzinfo=UTC)
PEOPLE = [f"member-{n}" for n in range(24)]


def call(home: Home, *arguments: str) -> str:
    done = CliRunner().invoke(cli, [*arguments, "--home", str(home.root)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny) -> Home:
    home = Home(tmp_path_factory.mktemp("network") / "home")
    text = "{} says so and adds that wool is wool"
    items = [
        Item(f"i-{who}", who, "post", created_at=MADE, text=text.format(who)) for who in PEOPLE
    ]
    write_items(items, home.items / "items.parquet")
    write_members([Member(who, "CH", date(1990, 1, 1)) for who in PEOPLE], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    write_ground(home.ground, GROUND)
    call(home, "corpus", "build")
    corpus = current(home)
    settings = replace(tiny, max_tokens=110)
    fit(read(home, corpus), home.model, settings, corpus_version=corpus.version, ground=GROUND)
    return home


def test_audit_prints_and_keeps_what_it_found_and_names_nobody(home: Home, tmp_path):
    said = call(home, "audit")
    document = home.root / "audit" / f"{current_model(home.model).version}.json"
    found = json.loads(document.read_text())
    assert found["schema"] == "vanne/audit/1"
    assert found["people"]["members"] == {"in": 24, "never": 0, "forgotten": 0}
    assert said.splitlines() == sentences(found) and "out of 100" in said
    call(home, "model", "export", "--out", str(tmp_path / "peft"), "--as", "peft")
    card = (tmp_path / "peft" / "README.md").read_text()
    assert all(f"* {each}" in card for each in sentences(found))
    assert "Nobody has audited" not in card
    written = said + document.read_text() + card
    assert "member-" not in written and "says so" not in written


def test_who_left_with_a_certificate_is_tried_when_that_is_asked_for(home: Home, tmp_path):
    for who in PEOPLE[:9]:
        call(home, "choose", who, "off")
    before = current_model(home.model).corpus_version
    call(home, "forget")
    signed = {path: json.loads(path.read_bytes()) for path in home.certificates.glob("*.json")}
    certificate = next(path for path in signed if signed[path]["corpus"]["before"] == before)
    never = tmp_path / "never.jsonl"
    lines = [{"owner": f"o{n}", "text": f"stranger {n} says so and adds"} for n in range(9)]
    never.write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = ["--json", "--never", str(never), "--forgotten", certificate.stem[:9]]
    found = json.loads(call(home, "audit", *options))
    assert found["people"]["members"] == {"in": 15, "never": 9, "forgotten": 9}
    assert found["verdict"]["forgotten"]["remembered"] is False


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
