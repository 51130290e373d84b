"""`vanne search` and `vanne titles`: an index by hand, and titles from files."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.assist.search.homes import AS_OF, choice, item, job, member, network, say
from vanne.cli import cli
from vanne.errors import InputError, MissingError
from vanne_assist.search.occupations import ESCO

Vanne = Callable[..., str]


@pytest.fixture
def vanne(capsys: pytest.CaptureFixture[str]) -> Vanne:
    """Run `vanne ARGUMENT...` in this process: each would else load the encoder anew."""

    def run(*arguments: object) -> str:
        cli.main([str(each) for each in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_an_index_is_made_kept_and_told_of(vanne: Vanne, tmp_path: Path) -> None:
    home = network(
        tmp_path / "home",
        [member("ada"), member("ben")],
        [
            item("ada-position-1", "position", job("Nurse", place="Lausanne", start="2015")),
            item("ben-position-1", "position", job("Baker", place="Bern", start="2001")),
        ],
    )
    index = ("search", "index", "--home", home.root)
    with pytest.raises(MissingError) as missing:
        vanne(*index, "--status")
    assert "vanne search index" in str(missing.value.todo)
    made = json.loads(vanne(*index, "--as-of", AS_OF.isoformat(), "--json"))
    assert (made["schema"], made["profiles"], made["changed"]) == ("vanne/search-index/1", 2, True)
    say(home, choice("ada", False))
    status = json.loads(vanne(*index, "--status", "--json"))
    assert (status["profiles"], status["shown"], status["stale"]) == (2, 1, False)
    assert "1 hidden since by an opt-out" in vanne(*index, "--status")


def test_titles_are_matched_across_languages(vanne: Vanne, tmp_path: Path) -> None:
    queries, corpus = tmp_path / "q.tsv", tmp_path / "c.tsv"
    queries.write_text("q1\tKrankenpflegerin (m/w/d)\nq2\tDéveloppeur·euse\n")
    corpus.write_text("c1\tnurse\nc2\tbaker\nc3\tsoftware developer\n")
    run = vanne("titles", "--match", queries, corpus, "--limit", 1).splitlines()
    lines = [line.split() for line in run]
    assert [(query, title) for query, _, title, *_ in lines] == [("q1", "c1"), ("q2", "c3")]
    assert [line[1::2][0] for line in lines] == ["Q0", "Q0"]
    assert vanne("titles", "Directrice financière", "--lang", "fr") == "directeur financier\n"
    form, nearest, *_ = vanne("titles", "sviluppatrice software", "--esco").splitlines()
    assert form == "sviluppatore software"
    assert nearest.split()[1:] == ["ISCO", "2512", f"{ESCO}f2b15a0e-e65a-438a-affb-29b9d50b77d1"]
    with pytest.raises(click.UsageError, match="TITLE, --match"):
        vanne("titles")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_titles_is_refused(vanne: Vanne, tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match="holds no titles"):
        vanne("titles", "--match", path, path)
