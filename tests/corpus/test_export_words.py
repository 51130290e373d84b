"""What an export says about itself, and the command that writes it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.corpus.exporting import (
    AS_OF,
    document,
    exported,
    item,
    make_home,
    say,
)
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build, current
from vanne.corpus.export import language
from vanne.corpus.export.card import Publisher, size_category
from vanne.errors import (
    InputError,
    RefusedError,
)
from vanne.sources.tables import write_items


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


# What it says


def test_the_summary_for_the_ai_act_says_what_the_record_says(home: Home, tmp_path: Path) -> None:
    say(home, "member-07")
    build(home, AS_OF)
    done = exported(home, tmp_path / "out", publisher=Publisher(name="Example Network"))
    text = (tmp_path / "out" / "training-summary.md").read_text()
    numbers = re.findall(r"^###? (\d(?:\.\d)?)", text, re.M)
    assert (
        numbers
        == "1. 1.1 1.2 1.3 2. 2.1 2.2 2.3 2.4 2.5 2.6 3. 3.1 3.2 3.3".replace(". ", " ").split()
    )
    reasons = done.document["reasons"]
    assert f"{done.counts['written']:,} items after copies" in text and "Example Network" in text
    assert f"{reasons['off']:,} of them because somebody" in text and reasons["off"]
    assert not any(name in text for name in ("member-0", "{", "}"))


def test_the_card_says_in_words_what_the_record_says(home: Home, tmp_path: Path) -> None:
    say(home, "member-07")
    build(home, AS_OF)
    publisher = Publisher(
        'Posts: "ours"', "Example Network", "privacy@example.org", "see contract 7"
    )
    done = exported(home, tmp_path / "out", publisher=publisher)
    card = (tmp_path / "out" / "README.md").read_text()
    header = dict(line.split(": ", 1) for line in card.split("---\n")[1].splitlines())
    read = {name: json.loads(value) for name, value in header.items()}
    assert read["pretty_name"] == 'Posts: "ours"' and read["language"] == ["fr"]
    assert read["size_categories"] == ["n<1K"]
    assert read["configs"][0]["data_files"] == [{"split": "train", "path": "data/*.parquet"}]
    for said in (
        "linkedin-2025-11-03", done.document["policy"]["digest"], "| category-never | 12 |", "| off | 5 |",
        "| post | 34 |", "| fr | 34 |", "CH", "privacy@example.org", "Example Network", "see contract 7",
        "salary", "under 18", "keys.txt", "the same pixels", "Article 53(1)(d)",
    ):  # fmt: skip
        assert said in card, said


def test_the_card_holds_no_language_that_is_none(home: Home, tmp_path: Path) -> None:
    odd = item("odd", "member-01", lang="fr\n---\n# <b>", text="odd words")
    write_items([odd], home.items / "odd.parquet")
    build(home, AS_OF)
    exported(home, tmp_path / "out")
    assert "<b>" not in (tmp_path / "out" / "README.md").read_text()
    assert document(tmp_path / "out")["languages"] == {"fr": 37, "unknown": 1}


def test_sizes_are_called_as_hugging_face_calls_them() -> None:
    names = [size_category(10**power) for power in range(2, 10)]
    assert names == [
        "n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "n>1B",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("fr-CH", "fr"), ("DE_at", "de"), ("gsw", "gsw"), ("", "unknown"), ("français", "unknown")],
)
def test_a_language_is_a_tag(tag: str, expected: str) -> None:
    assert language(tag) == expected


# The command


@pytest.fixture
def type_in(home: Home) -> Callable[..., Any]:
    """Type `vanne corpus export` with a home whose corpus is as of now."""
    build(home, datetime.now(UTC))

    def run(*arguments: object) -> Any:
        given = ["corpus", "export", "--out", *map(str, arguments), "--home", str(home.root)]
        return CliRunner().invoke(cli, given)

    return run


def test_the_command_says_what_it_wrote(type_in: Callable[..., Any], tmp_path: Path) -> None:
    said = type_in(tmp_path / "out", "--contact", "me@example.org")
    assert said.exit_code == 0, said.output
    assert "37 rows in 1 shard," in said.output
    assert "        11  exact copies, left out" in said.output
    assert "me@example.org" in (tmp_path / "out" / "README.md").read_text()
    assert isinstance(type_in(tmp_path / "out").exception, RefusedError)


def test_the_command_s_answer_is_the_record(
    home: Home, type_in: Callable[..., Any], tmp_path: Path
) -> None:
    (home.media / "photos/member-02.png").unlink()
    said = type_in(tmp_path / "out", "--photos", "--json")
    answer = json.loads(said.stdout)
    assert answer.pop("missing") == ["photos/member-02.png"]
    assert answer.pop("unreadable") == []
    assert answer == document(tmp_path / "out") and answer["schema"] == "vanne/export/1"
    said = type_in(tmp_path / "again", "--photos")
    assert "not there: photos/member-02.png" in said.stderr


def test_a_version_is_exported_by_the_beginning_of_its_name(
    home: Home, type_in: Callable[..., Any], tmp_path: Path
) -> None:
    version = current(home).version
    say(home, "member-01")
    assert isinstance(type_in(tmp_path / "out").exception, RefusedError)
    assert type_in(tmp_path / "out", "--as-of-version", version[:12]).exit_code == 0
    for unknown in ("x", "0123"):
        failed = type_in(tmp_path / "other", "--as-of-version", unknown)
        assert isinstance(failed.exception, InputError), failed.output
