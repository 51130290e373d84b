"""What texts reveal is tagged: measured on labelled ones, and what always holds."""

import json
import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.sensitive import LANGUAGES, score, tagged_texts
from tests.table import every
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.intake import add
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
BLIND_FLOOR = 0.7
THIRD_FLOOR = 0.6
TOLD = "Living with bipolar disorder has taught me to plan my weeks."


def test_the_labelled_texts_are_many_and_many_of_them_traps() -> None:
    for texts, least in ((TEXTS, 120), (HELD_OUT, 60)):
        assert len(texts) >= least
        assert sum(not each.tags for each in texts) * 3 >= len(texts)
    assert {tag for each in TEXTS for tag in each.tags} == set(TAGS)


@every(
    ("folder", "floor"),
    [
        ("labelled", FLOOR),
        ("heldout", HELD_OUT_FLOOR),
        ("blind", BLIND_FLOOR),
        ("second-blind", HELD_OUT_FLOOR),
        ("third-blind", THIRD_FLOOR),
    ],
    ids=str,
)
@every("lang", LANGUAGES)
def test_precision_and_recall_do_not_fall(folder: str, floor: float, lang: str) -> None:
    counts = score([each for each in tagged_texts(folder) if each.lang == lang])
    found, missed, false = (
        sum(n for key, n in counts.items() if key[2] == state)
        for state in ("found", "missed", "false")
    )
    assert found / (found + missed) >= floor
    assert found / (found + false) >= floor


@cache
def all_rules() -> set[sensitive.SensitiveRule]:
    return {rule for each in sensitive._rules().values() for rule in each}


def by_all_rules(text: str) -> set[str]:
    looked_at = sensitive._ignored().sub(" · ", sensitive._folded(text))
    return {rule.tag for rule in all_rules() if rule.speaks(looked_at)}


def test_no_key_hides_what_the_rules_find() -> None:
    for each in (*TEXTS[::4], *HELD_OUT):
        assert tags_of(each.text) == by_all_rules(each.text), each.text


WORDS = sorted({word for each in TEXTS for word in re.findall(r"\w+", each.text)})
SPOILT = (
    "{}",
    "{}",
    "{}s",
    "x{}",
    "É{}",
    "{}\u0301",
    "({}",
    "l’{}",
    "{}-",
    "\u00a0{}",
    "{}\u200d",
    "ß{}",
)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SPOILT)), max_size=12),
    st.sampled_from((" ", "\n", "\u3000", ". ")),
)
def test_no_spelling_hides_what_the_rules_find(words: list[tuple[str, str]], gap: str) -> None:
    text = gap.join(spoilt.format(word) for word, spoilt in words)
    assert tags_of(text) == by_all_rules(text)


def test_a_word_whose_last_letter_may_be_missing_is_found_without_it() -> None:
    assert tags_of("I am a Jew") == tags_of("We are Jews") == {"religion"}
    for key, stems in sensitive._stems().items():
        assert all(stem.startswith(key) for stem in stems), "a text without that letter has no key"


def test_every_rule_is_looked_for_where_a_word_begins_so() -> None:
    entries = {
        entry
        for data in sensitive._all()
        for tag in TAGS
        for name in ("says", "words")
        for entry in data[tag].get(name, ())
    }
    assert {entry for entry in entries if not sensitive._keys(entry)} == set()


def test_words_of_one_rule_that_begin_alike_are_all_looked_for() -> None:
    said = {
        tags_of(f"Bald bekomme ich {part}.") for part in ("die neue Hüfte", "ein neues Hüftgelenk")
    }
    assert said == {frozenset({"health"})}


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
    Ledger.create(home.ledger).close()
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


def test_tags_come_from_fields_as_well(tmp_path: Path) -> None:
    union = '"{""title"": ""Nurse"", ""description"": ""Je suis délégué syndical.""}"'
    table = (
        "item_id,owner,category,created_at,text,fields\n"
        f"1,ada,position,2024-05-01,,{union}\n2,ada,position,2024-05-01,I nurse.,{union}\n"
    )
    home, path = home_with(tmp_path, table)
    rows = pq.read_table(home.items / next(iter(add(home, path).files))).to_pylist()
    assert [row["tags"] for row in rows] == [["union"]] * 2


def decide(items: Path | str, members: Path, *more: str) -> Result:
    tables = ["--items", str(items), "--members", str(members), "--as-of", "2026-06-01"]
    return CliRunner().invoke(cli, ["decide", "--policy", "linkedin-2025-11-03", *tables, *more])


@pytest.fixture
def members(tmp_path: Path) -> Path:
    path = tmp_path / "members.csv"
    path.write_text("member_id,region,birth_date\nada,CH,1990-04-12\n")
    return path


def test_decide_says_of_a_table_without_tags_that_nothing_in_it_is_sensitive(
    tmp_path: Path, members: Path
) -> None:
    columns, rows = "item_id,owner,category,created_at,text", "1,ada,post,2024-05-01"
    untagged, tagged = tmp_path / "items.csv", tmp_path / "tagged.csv"
    untagged.write_text(f'{columns}\n{rows},"{TOLD}"\n')
    tagged.write_text(f'{columns},tags\n{rows},"{TOLD}","[""health""]"\n')
    said = decide(untagged, members)
    assert "1  allowed" in said.stdout
    assert said.stderr.startswith("vanne: the items have no column `tags`")
    said = decide(tagged, members, "--json")
    document = json.loads(said.stdout)
    assert document["counts"] == [{"reason": "sensitive", "count": 1}]
    assert (document["untagged"], said.stderr) == (False, "")


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


def test_a_soft_hyphen_inside_a_word_hides_no_tag() -> None:
    assert tags_of("Je suis délégué syn\u00addi\u00adcal.") == {"union"}
