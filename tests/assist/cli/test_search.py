"""`vanne search` and `vanne titles`: an index by hand, and titles from files."""

import json
from pathlib import Path

import pytest

from tests.assist.search.homes import AS_OF, choice, item, job, member, network, say
from tests.conftest import Run


def test_an_index_is_made_kept_and_told_of(vanne: Run, tmp_path: Path) -> None:
    home = network(
        tmp_path / "home",
        [member("ada"), member("ben")],
        [
            item("ada-position-1", "position", job("Nurse", place="Lausanne", start="2015")),
            item("ben-position-1", "position", job("Baker", place="Bern", start="2001")),
        ],
    )
    at = ("--home", home.root, "--as-of", AS_OF.isoformat())
    missing = vanne("search", "index", "--status", "--home", home.root)
    assert (missing.returncode, "vanne search index" in missing.stderr) == (69, True)
    made = json.loads(vanne("search", "index", *at, "--json").stdout)
    assert (made["schema"], made["profiles"], made["changed"]) == ("vanne/search-index/1", 2, True)
    say(home, choice("ada", False))
    status = json.loads(vanne("search", "index", "--status", "--home", home.root, "--json").stdout)
    assert (status["profiles"], status["shown"], status["stale"]) == (2, 1, False)


def test_titles_are_matched_across_languages(vanne: Run, tmp_path: Path) -> None:
    queries, corpus = tmp_path / "q.tsv", tmp_path / "c.tsv"
    queries.write_text("q1\tKrankenpflegerin (m/w/d)\nq2\tDéveloppeur·euse\n")
    corpus.write_text("c1\tnurse\nc2\tbaker\nc3\tsoftware developer\n")
    done = vanne("titles", "--match", queries, corpus, "--count", 1)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [(query, title) for query, _, title, *_ in lines] == [("q1", "c1"), ("q2", "c3")]
    assert [line[1::2][0] for line in lines] == ["Q0", "Q0"]
    normal = vanne("titles", "Directrice financière", "--lang", "fr")
    assert normal.stdout == "directeur financier\n"


@pytest.mark.parametrize(("text", "code"), [("", 65), ("\n\n", 65)])
def test_a_file_without_titles_is_refused(vanne: Run, tmp_path: Path, text: str, code: int) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text)
    done = vanne("titles", "--match", path, path)
    assert (done.returncode, "holds no titles" in done.stderr) == (code, True)
