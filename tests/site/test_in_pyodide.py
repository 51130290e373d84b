"""Python in the browser says the same as the command line: here Pyodide runs in Node."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from benchmarks.sources.archives import write_archive

from tests.cli import bad_files
from tests.conftest import CASES
from tests.table import every
from vanne.errors import MissingError, VanneError
from vanne.site import bridge
from vanne.site.build import (
    MOST_BYTES,
    MOST_ON_THE_WIRE,
    CompiledPython,
    build,
    compiled,
    page_bytes,
    program,
    pyodide,
)
from vanne.words import LANGUAGES

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCRIPT = Path(__file__).with_name("in_node.mjs")
ARCHIVES = sorted(
    path.relative_to(FIXTURES).as_posix()
    for pattern in ("linkedin/*", "strangers/*", "discourse/*", "bluesky/*", "cv/*.*", "cvs/*.pdf")
    for path in FIXTURES.glob(pattern)
)
ARCHIVES += ["facebook-2019", "facebook-2025", "instagram", "instagram-2025"]
ARCHIVES += ["linkedin-api", "mastodon", "x"]
SEVERAL = ("linkedin/2026-basic", "linkedin/2026-complete", "instagram-2025", "facebook-2025", "x")
PAGES = ("/", "/items?q=a", "/items?page=2", "/guide/linkedin")
AS_OF = "2026-11-25"
REFUSED = {
    given: [row[lang] for lang in ("fr", "en", "de", "it")]
    for row in tomllib.loads((CASES / "errors" / "inspect.toml").read_text(encoding="utf-8"))[
        "error"
    ]
    if row["typed"].startswith("inspect ")
    for given in [row["typed"].removeprefix("inspect ")]
    if shlex.split(given) == [given] and "absent" not in given and "/" not in given
}
"""What is no archive, by name, and what each language says of it. A browser has no pipes."""
REFUSED.pop("pipe.zip")


@dataclass(frozen=True)
class Case:
    """What a page has: paths in a folder, PDFs that took too long, the pages and their languages."""

    folder: str
    paths: tuple[str, ...]
    skip: tuple[str, ...] = ()
    pages: tuple[str, ...] = PAGES
    langs: tuple[str, ...] = LANGUAGES
    forms: tuple[str, ...] = ()


def of_fixtures(*paths: str, **options: tuple[str, ...]) -> Case:
    return Case(str(FIXTURES), paths, **options)


@pytest.fixture(scope="module")
def package() -> Path:
    """Pyodide."""
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    try:
        return pyodide()
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def python(package: Path) -> CompiledPython:
    """What the page runs."""
    return compiled(program(), package)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """Everything that is asked, by name."""
    made = tmp_path_factory.mktemp("made")
    write_archive(made / "large.zip", 3_000_000)
    bad = tmp_path_factory.mktemp("bad")
    bad_files.make(bad)
    folder, cv = "documents", "documents/cv.pdf"
    (made / folder).mkdir()
    for name in ("cv.pdf", "cv.docx"):
        shutil.copy(FIXTURES / "cv" / name, made / folder)
    return {
        **{
            name: of_fixtures(name, langs=(LANGUAGES[number % 4],))
            for number, name in enumerate(ARCHIVES)
        },
        "several": of_fixtures(*SEVERAL, forms=("items", "csv")),
        "a PDF to skip": Case(str(made), (folder,), skip=(cv,)),
        "one broken": Case(str(bad), ("checksum.zip", "good.zip", "cut.zip")),
        "many rows": Case(str(made), ("large.zip",), pages=("/items?page=400", "/items?page=401")),
        **{given: Case(str(bad), (given,)) for given in REFUSED},
    }


@pytest.fixture(scope="module")
def answers(
    package: Path,
    python: CompiledPython,
    cases: dict[str, Case],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What Pyodide answers to each case, one after the other."""
    return answers_to(cases, package, python, tmp_path_factory.mktemp("site"))


def answers_to(
    cases: dict[str, Case], package: Path, python: CompiledPython, parts: Path
) -> dict[str, Any]:
    (parts / "program.zip").write_bytes(python.program)
    (parts / "stdlib.zip").write_bytes(python.stdlib)
    (parts / "cases.json").write_text(json.dumps([asdict(case) for case in cases.values()]))
    done = subprocess.run(
        ["node", SCRIPT, parts, package, parts / "cases.json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(cases, json.loads(done.stdout), strict=True))


Same = Callable[[str], dict[str, Any]]


@pytest.fixture
def same(cases: dict[str, Case], answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Same:
    """Compare an answer with that of this Python, and return it."""

    def compare(name: str) -> dict[str, Any]:
        monkeypatch.chdir(cases[name].folder)
        compare_with_here(cases[name], answers[name])
        return answers[name]

    return compare


def compare_with_here(case: Case, answer: dict[str, Any]) -> None:
    """Compare an answer with that of this Python, in the folder of the case."""
    told = list[str]()
    here = bridge.read(list(case.paths), "CH", AS_OF, None, told.append, case.skip)
    html = [bridge.page(here, page, lang) for page in case.pages for lang in case.langs]
    document, *files = ("".join(bridge.pieces(here, f, "fr")) for f in ("json", *case.forms))
    assert answer.get("document") == json.loads(document), answer.get("refusals")
    assert answer["files"] == files
    assert (answer["html"], answer["told"]) == (html, told)


def test_an_archive_has_the_same_answer_and_the_same_pages(
    package: Path, python: CompiledPython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = of_fixtures("linkedin/2026-complete", forms=("items", "csv"))
    monkeypatch.chdir(case.folder)
    [answer] = answers_to({"one": case}, package, python, tmp_path).values()
    compare_with_here(case, answer)


@every("archive", ARCHIVES)
def test_each_archive_has_the_same_answer_and_the_same_pages(archive: str, same: Same) -> None:
    same(archive)


@every("name", ["several", "a PDF to skip", "one broken"])
def test_several_archives_have_the_same_answer(name: str, same: Same) -> None:
    same(name)


def test_a_large_archive_is_read_again_for_its_pages_and_takes_little_memory(same: Same) -> None:
    answer = same("many rows")
    assert answer["document"]["totals"]["items"] > 12_000
    # Python and Vanne alone take 30; the heap grows by a fifth at a time and never shrinks
    assert answer["heap"] < 120


@every("given", REFUSED)
def test_what_is_no_archive_is_refused_in_the_same_words(
    given: str, answers: dict[str, Any]
) -> None:
    assert answers[given].get("refusals") == REFUSED[given]


def test_each_build_has_the_same_bytes_and_says_their_digest(
    package: Path, python: CompiledPython, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "vanne", "site", "build", str(tmp_path), "--json"]
    seed = os.environ | {"PYTHONHASHSEED": "1"}
    said = json.loads(subprocess.run(command, env=seed, capture_output=True, check=True).stdout)
    page = (tmp_path / "index.html").read_bytes()
    assert page == page_bytes(package, python)
    assert said["sha256"] == hashlib.sha256(page).hexdigest()
    assert said["bytes"] == len(page) < MOST_BYTES and said["wire_bytes"] < MOST_ON_THE_WIRE


def test_a_page_that_is_too_large_is_not_written(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "vanne.site.build.compiled", lambda *_: CompiledPython(b"", os.urandom(9_000_000))
    )
    with pytest.raises(VanneError, match="on the wire: it may have 13,000,000 and 9,000,000"):
        build(tmp_path)
    assert list(tmp_path.iterdir()) == []
