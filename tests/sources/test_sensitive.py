"""What texts reveal is tagged: measured on labelled ones, and what always holds."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sources.sensitive import LANGUAGES, score, tagged_texts
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.layout import add
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources import sensitive
from vanne.sources.archives import read_archives
from vanne.sources.sensitive import TAGS, tagged, tags_of
from vanne.sources.tables import write_members
from vanne.terms import Item, Member

TEXTS = tagged_texts("labelled")
HELD_OUT = tagged_texts("heldout")
FLOOR = 0.95
HELD_OUT_FLOOR = 0.9
TOLD = "Living with bipolar disorder has taught me to plan my weeks."


def test_the_labelled_texts_are_many_and_many_of_them_traps() -> None:
    for texts, least in ((TEXTS, 120), (HELD_OUT, 60)):
        assert len(texts) >= least
        assert sum(not each.tags for each in texts) * 3 >= len(texts)
    assert {tag for each in TEXTS for tag in each.tags} == set(TAGS)


@pytest.mark.parametrize(
    ("folder", "floor"), [("labelled", FLOOR), ("heldout", HELD_OUT_FLOOR)], ids=str
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_precision_and_recall_do_not_fall(folder: str, floor: float, lang: str) -> None:
    counts = score([each for each in tagged_texts(folder) if each.lang == lang])
    found, missed, false = (
        sum(n for key, n in counts.items() if key[2] == state)
        for state in ("found", "missed", "false")
    )
    assert found / (found + missed) >= floor
    assert found / (found + false) >= floor


def test_no_key_hides_what_the_rules_find() -> None:
    rules = {rule for each in sensitive._rules().values() for rule in each}
    for each in (*TEXTS, *HELD_OUT):
        text = sensitive._ignored().sub(" · ", sensitive._folded(each.text))
        assert tags_of(each.text) == {rule.tag for rule in rules if rule.speaks(text)}, each.text


def test_case_accents_and_apostrophes_do_not_count() -> None:
    said = "J’ai été diagnostiquée : sclérose en plaques"
    assert tags_of(said) == tags_of("J'AI ETE DIAGNOSTIQUEE : SCLEROSE EN PLAQUES") == {"health"}


def test_an_item_keeps_the_tags_that_it_has() -> None:
    item = Item("a", "ada", "post", tags=("draft", "health"), text=f"{TOLD} I am Jewish.")
    assert tagged(item).tags == ("draft", "health", "religion")
    assert tagged(Item("b", "ada", "post", text="Hello")).tags == ()


def test_posts_and_groups_of_an_archive_are_tagged(tmp_path: Path) -> None:
    shares = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
    rows = f'2025-01-02 10:00:00,l,"{TOLD}",,,MEMBER_NETWORK\n2025-01-03 10:00:00,l,"Hi",,,\n'
    (tmp_path / "Shares.csv").write_text(shares + rows, encoding="utf-8")
    assert [item.tags for item in read_archives([tmp_path]).items] == [("health",), ()]


def home_with(tmp_path: Path, table: str) -> tuple[Home, str]:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    write_members([Member("ada", "CH", date(1990, 4, 12))], home.members)
    Ledger.open(home.ledger).close()
    home.items.mkdir()
    path = tmp_path / "items.csv"
    path.write_text(table, encoding="utf-8")
    return home, str(path)


def test_a_table_without_tags_gets_them_and_the_policy_denies_what_is_sensitive(
    tmp_path: Path,
) -> None:
    table = (
        "item_id,owner,category,created_at,text\n"
        f'1,ada,post,2024-05-01,"{TOLD}"\n2,ada,post,2024-05-01,Hello\n3,ada,post,2024-05-01,\n'
    )
    home, path = home_with(tmp_path, table)
    added = add(home, path)
    rows = pq.read_table(home.items / next(iter(added.files))).to_pylist()
    assert {row["item_id"]: row["tags"] or [] for row in rows} == {
        "1": ["health"],
        "2": [],
        "3": [],
    }
    assert added.tagged == 1
    counts = build(home, datetime(2026, 6, 1, tzinfo=UTC)).counts
    assert counts == {"allowed": 2, "sensitive": 1}


@pytest.mark.parametrize("tag", [True, False])
def test_a_table_with_tags_or_that_is_not_to_be_tagged_stays_as_it_is(
    tmp_path: Path, tag: bool
) -> None:
    column, cell = (",tags", ',"[]"') if tag else ("", "")
    table = (
        f'item_id,owner,category,created_at,text{column}\n1,ada,post,2024-05-01,"{TOLD}"{cell}\n'
    )
    home, path = home_with(tmp_path, table)
    added = add(home, path, tag=tag)
    assert added.tagged is None
    assert build(home, datetime(2026, 6, 1, tzinfo=UTC)).counts == {"allowed": 1}
