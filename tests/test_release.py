"""What a release is made of: links that lead somewhere, a changelog, and licences that are shipped."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

from tools.release import RUNS, with_absolute_links

from tests.docs.test_production import check_command
from vanne.extras import EXTRAS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SOURCE = "https://vanne.example/source"


def test_links_of_the_readme_lead_somewhere_outside_the_clone() -> None:
    text = (
        "[a](docs/a.md#b) ![c](docs/c.png) [d](https://d.example/x) [e](#e) [f](mailto:f@f.example)"
    )
    assert with_absolute_links(text, SOURCE) == (
        f"[a]({SOURCE}/docs/a.md#b) ![c]({SOURCE}/docs/c.png) [d](https://d.example/x) [e](#e)"
        " [f](mailto:f@f.example)"
    )
    whole = with_absolute_links((ROOT / "README.md").read_text(), SOURCE)
    assert "](docs/" not in whole
    assert f"]({SOURCE}/docs/" in whole


def test_a_release_tries_extras_that_there_are() -> None:
    assert RUNS.keys() - {"base"} <= EXTRAS.keys()
    assert RUNS["base"]
    for line in (line for lines in RUNS.values() for line in lines):
        check_command(line.partition(" > ")[0].split())


def test_each_change_is_of_a_kind_that_the_changelog_has() -> None:
    kinds = {kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]}
    fragments = [path.name for path in (ROOT / "changelog.d").glob("*.md")]
    assert [name for name in fragments if name.split(".")[-2] not in kinds] == []


def test_data_of_others_are_named_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text()
    others = ("*.tsv", "*.np?", "htmx.*")
    ours = ("weights.tsv", "sure.tsv", "meaning.npy")  # learnt of texts that were written for it
    for path in (ROOT / "src").rglob("*.*"):
        if any(fnmatch(path.name, each) for each in others) and path.name not in ours:
            assert path.relative_to(ROOT).as_posix() in notice
    for file in PROJECT["project"]["license-files"]:
        assert (ROOT / file).is_file()
