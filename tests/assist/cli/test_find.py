"""`vanne find` as a person types it: what cannot be searched is one line, or an honest answer."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.assist.people import make_people
from tests.assist.search.homes import without_index
from vanne.cli import cli, main
from vanne.config import Home


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_people(tmp_path_factory.mktemp("people"))


@dataclass(frozen=True)
class Done:
    exit_code: int
    stdout: str
    stderr: str


Find = Callable[..., Done]


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Find:
    """Run `vanne find ARGUMENT...` in this process: each would else load the encoder anew."""

    def run(home: Home, *arguments: str, lang: str = "en") -> Done:
        monkeypatch.setattr(sys, "argv", ["vanne", "find", *arguments, "--home", str(home.root)])
        for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", f"{lang}_CH.UTF-8")
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(str(ended.value.code)), said.out, said.err)

    return run


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([""], 65, "the brief is empty"),
        (["ab " * 17_000], 65, "characters, more than"),
    ],
    ids=["empty", "50 kB"],
)
def test_what_cannot_be_searched_is_one_line(
    find: Find, people: Home, arguments: list[str], code: int, said: str
) -> None:
    done = find(people, *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    ("brief", "said"),
    [
        ("Rust, no Rust",
         {"en": "nobody can meet both", "fr": "personne ne peut remplir les deux"}),
        ("nurse near Qwertzville",
         {"en": "No place is called", "fr": "Aucun lieu ne s'appelle"}),
    ],
    ids=["contradiction", "no place"],
)  # fmt: skip
def test_what_is_wrong_with_a_brief_is_told_beside_what_was_found(
    find: Find, people: Home, brief: str, said: dict[str, str], lang: str
) -> None:
    done = find(people, brief, lang=lang)
    assert done.exit_code == 0, done.output
    assert said[lang] in done.stdout.replace("’", "'")


def test_a_place_of_the_list_where_nobody_is_left_blames_no_criterion(
    find: Find, people: Home
) -> None:
    done = find(people, "Rust engineer", "--offset", "50")
    assert "it is shorter" in done.stdout and "leave something out" not in done.stdout


def test_without_an_index_it_says_what_to_run(find: Find, people: Home, tmp_path: Path) -> None:
    home = Home(Path(shutil.copytree(people.root, tmp_path / "home")))
    without_index(home)
    done = find(home, "Rust engineer")
    assert done.exit_code != 0 and "run `vanne search index`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_alone_among_the_eligible_somebody_means_what_they_mean(find: Find, people: Home) -> None:
    asked = ("Rust engineer with Python", "--json")
    hits = json.loads(find(people, *asked).stdout)["hits"]
    alone = json.loads(find(people, "Rust engineer Lausanne", "--json").stdout)["hits"]
    assert alone[0]["parts"]["meaning"] > 0.5
    assert all(hit["parts"]["meaning"] >= 0 for hit in hits)


def test_a_search_is_recorded_listed_and_kept_for_half_a_year(
    find: Find, people: Home, tmp_path: Path
) -> None:
    home = Home(Path(shutil.copytree(people.root, tmp_path / "home")))
    recorded = ["fairness", "record", "--home", str(home.root)]
    before = CliRunner().invoke(cli, recorded).stdout.splitlines()
    find(home, "Rust engineer")
    after = CliRunner().invoke(cli, recorded).stdout.splitlines()
    assert len(after) == len(before) + 1 and after[-1].endswith(" searches")
    pruned = CliRunner().invoke(cli, [*recorded, "--delete-after", "200"])
    assert pruned.stdout == "0 records deleted\n"
