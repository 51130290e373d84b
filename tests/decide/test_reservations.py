"""Older words of AIPREF are understood, and counted, so that their source can be told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.web.network import MEMBERS, item
from vanne.cli import cli
from vanne.config import Home
from vanne.decide.reservations import is_older, older_words
from vanne.sources.tables import write_items, write_members

SAID = [None, "train-ai=n", "train-genai=n", "genai=y", "ai=n, search=y", "bots=n", "?", "search=n"]
WARNING = "4 reservations use words of older AIPREF drafts, read as `train-ai`"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    path = tmp_path / "items.parquet"
    write_items([item(f"i-{n}", "anna", "post", reservation=r) for n, r in enumerate(SAID)], path)
    return path


@pytest.fixture
def members(tmp_path: Path) -> Path:
    path = tmp_path / "members.parquet"
    write_members(MEMBERS, path)
    return path


def vanne(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "text", ["train-genai=n", "genai", "ai=n", "tdm=y", "bots=n", "search=y, all=n"]
)
def test_each_older_word_is_known(text: str) -> None:
    assert is_older(text)


@pytest.mark.parametrize(
    "text", ["train-ai=n", "search=n", "x=n", "", "é", "train-genai=", "GENAI=n"]
)
def test_what_is_no_older_word_is_not_counted(text: str) -> None:
    assert not is_older(text)


def test_items_are_counted_by_what_they_say(items: Path, tmp_path: Path) -> None:
    assert older_words(str(items)) == 4
    write_items([item("x", "anna", "post")], tmp_path / "plain.parquet")
    assert older_words(str(tmp_path / "plain.parquet")) == 0
    assert older_words(f"SELECT * EXCLUDE (reservation) FROM '{items}'") == 0


def test_deciding_says_how_many_and_never_which(items: Path, members: Path) -> None:
    about = ("--policy", "linkedin-2025-11-03", "--as-of", "2026-06-01")
    tables = ("--items", items, "--members", members)
    done = vanne("decide", *about, *tables, "--json")
    assert json.loads(done.stdout)["older_words"] == 4
    assert WARNING in done.stderr and done.stderr.count("\n") == 1
    assert "i-2" not in done.stderr


def test_adding_and_building_say_so_too(items: Path, members: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    at = ("--home", home.root)
    vanne("corpus", "init", "--policy", "linkedin-2025-11-03", "--members", members, *at)
    added = vanne("corpus", "add", items, *at, "--json")
    assert (json.loads(added.stdout)["older_words"], WARNING in added.stderr) == (4, True)
    built = vanne("corpus", "build", "--as-of", "2026-06-01", *at, "--json")
    assert (json.loads(built.stdout)["older_words"], WARNING in built.stderr) == (4, True)
