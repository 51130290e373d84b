"""The card of an export says what was taken out of the very texts that lie beside it."""

import re
from pathlib import Path

import pytest

from tests.corpus.exporting import (
    AS_OF,
    MEMBERS,
    document,
    exported,
    item,
    make_home,
    rows_of,
)
from vanne.config import Home
from vanne.corpus import build
from vanne.policy.load import text_of
from vanne.screening import KINDS, placeholder, rules_digest
from vanne.sources.tables import write_items

PHONE, PAY, MAIL = (
    "Call me: +41 79 123 45 67.",
    "My salary is $95,000.",
    "Write to ann@example.org.",
)
ROW = re.compile(r"^\| `\[([A-Z-]+)\]` \| ([\d,]+) \| (\d+) of (\d+) \|$", re.MULTILINE)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The small network, whose members now also say what must be taken out, some of it twice."""
    home = make_home(tmp_path)
    rows = []
    for number, member in enumerate(MEMBERS):
        owner = member.member_id
        rows.append(item(f"{owner}-call", owner, text=f"{PHONE} Ask for {owner}. {MAIL}"))
        rows.append(item(f"{owner}-copy", owner, text=f"{PAY} {MAIL} We all say this."))
        profile = f"First Last\nBaker no {number}, {PHONE}\n\nAbout {owner}"
        about = {"headline": f"Baker no {number}, {PHONE}"}
        rows.append(item(f"{owner}-me", owner, category="profile", text=profile, fields=about))
        said = {"category": "photo", "text": f"{owner} {MAIL}", "media": f"photos/{owner}.png"}
        rows.append(item(f"a-{owner}", owner, **said))
    write_items(rows, home.items / "more.parquet")
    build(home, AS_OF)
    return home


def counted(card: str) -> dict[str, int]:
    """What the table of a card says of each mark."""
    return {mark.lower(): int(count.replace(",", "")) for mark, count, _, _ in ROW.findall(card)}


@pytest.mark.parametrize("photos", [False, True])
def test_the_card_counts_the_marks_that_stand_in_the_exported_texts(
    home: Home, tmp_path: Path, photos: bool
) -> None:
    exported(home, tmp_path / "out", photos=photos)
    texts = [row["text"] or "" for row in rows_of(tmp_path / "out")]
    there = {kind: sum(text.count(placeholder(kind)) for text in texts) for kind in KINDS}
    card = (tmp_path / "out" / "README.md").read_text()
    assert counted(card) == there == document(tmp_path / "out")["redacted"]
    assert sum(there.values())
    assert document(tmp_path / "out")["screening"]["rules"] == rules_digest()
    assert rules_digest() in card and "Not everything is found" in card


def test_the_card_says_how_much_was_found_where_it_was_measured(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    measured = {mark.lower(): (int(n), int(of)) for mark, _, n, of in ROW.findall(card)}
    assert set(measured) == set(KINDS)
    assert all(0 < n <= of for n, of in measured.values())
    assert measured["salary"][0] / measured["salary"][1] < 0.8


def test_a_kind_that_the_policy_leaves_in_is_said_to_be_there(home: Home, tmp_path: Path) -> None:
    own = '\n[purposes.generative-ai-training.screening]\nredact = ["email"]\nsources = ["vanne"]\n'
    home.policy.write_text(text_of("linkedin-2025-11-03") + own)
    build(home, AS_OF)
    exported(home, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert set(counted(card)) == {"email"}
    assert "because the policy does not name them: address, card, iban" in card


def test_a_policy_that_takes_nothing_out_is_told_of_in_the_card(home: Home, tmp_path: Path) -> None:
    own = '\n[purposes.generative-ai-training.screening]\nredact = []\nsources = ["vanne"]\n'
    home.policy.write_text(text_of("linkedin-2025-11-03") + own)
    build(home, AS_OF)
    exported(home, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert not ROW.findall(card) and "Nothing was taken out of the texts" in card
    assert any("+41 79" in row["text"] for row in rows_of(tmp_path / "out"))
