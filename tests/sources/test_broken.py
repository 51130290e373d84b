"""A broken archive and a PDF that takes too long cost themselves alone."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from vanne.errors import ArchiveError, InputError
from vanne.report.inspection import inspect
from vanne.report.inspection_words import notes
from vanne.sources import survey
from vanne.sources.documents import TOO_MUCH, PdfWatch
from vanne.words import LANGUAGES, Message, words

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = "2026-11-25"


def packed(path: Path, name: str = "Comments.csv") -> Path:
    rows = "".join(f"2026-02-01 07:00:00,l{n},{'word ' * 20}\n" for n in range(40))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Skills.csv", "Name\nR\n")
        archive.writestr(name, "Date,Link,Message\n" + rows)
    return path


def cut_off(path: Path) -> None:
    path.write_bytes(packed(path).read_bytes()[:-60])


def damaged_inside(path: Path) -> None:
    """Change bytes of the last entry, which only reading it shows."""
    data = bytearray(packed(path).read_bytes())
    at = data.rindex(b"Comments.csv", 0, data.rindex(b"PK\x01\x02")) + 60
    data[at : at + 20] = bytes(20)
    path.write_bytes(data)


def page(path: Path) -> None:
    path.write_text("<!doctype html><p>Sign in")


def nothing(path: Path) -> None:
    zipfile.ZipFile(path, "w").close()


@pytest.mark.parametrize("break_it", [cut_off, damaged_inside, page, nothing])
def test_of_several_archives_those_that_are_whole_answer(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    whole = packed(tmp_path / "whole.zip")
    broken = tmp_path / "broken.zip"
    break_it(broken)
    with pytest.raises(InputError) as alone:
        inspect(broken, region="CH", as_of=NOW)
    assert not isinstance(alone.value, ArchiveError)
    taken: list[str] = []
    both = inspect(
        [broken, whole], region="CH", as_of=NOW, take=lambda each: taken.append(each.item.item_id)
    )
    assert both.counts == inspect(whole, region="CH", as_of=NOW).counts
    assert taken == [each.item.item_id for each in both.decided]
    error = alone.value
    assert both.reading.notes[0].message == Message(
        "archive-left-out", why=error.what, todo=error.todo
    )
    for lang in LANGUAGES:
        (first,) = notes(both, words(lang), strangers=True)
        assert first.startswith("broken.zip") and first.endswith(error.said(words(lang)))


def test_if_all_are_broken_the_error_names_one(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        cut_off(tmp_path / name)
    with pytest.raises(InputError, match=r"b\.zip` is cut off"):
        inspect([tmp_path / "a.zip", tmp_path / "b.zip"], region="CH", as_of=NOW)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("cv.pdf", "other.pdf"):
        shutil.copy(FIXTURES / "cv" / "cv.pdf", folder / name)
    shutil.copy(FIXTURES / "cv" / "cv.docx", folder)
    return folder


def test_each_pdf_is_told_before_it_is_read(documents: Path) -> None:
    told: list[str] = []
    inspect(documents, region="CH", as_of=NOW, watch=PdfWatch(told.append))
    assert told == [f"{documents}/{name}" for name in ("cv.pdf", "other.pdf")]


def test_a_pdf_that_took_too_long_is_listed_and_the_other_files_are_read(documents: Path) -> None:
    told: list[str] = []
    skip = f"{documents}/cv.pdf"
    with survey([documents], watch=PdfWatch(told.append, {skip})) as found:
        files = {file.path: file for file in found.read().files}
    assert told == [f"{documents}/other.pdf"]
    assert [row.reason for row in files["cv.pdf"].listed] == [TOO_MUCH]
    assert (files["cv.pdf"].reader, files["cv.pdf"].item_count) == ("cv/pdf", 0)
    assert files["other.pdf"].item_count == files["cv.docx"].item_count == 1


def test_a_pdf_that_takes_too_much_memory_says_so_by_its_code(tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    with large.open("wb") as sparse:
        sparse.truncate(400 << 20)
    script = (
        "from vanne.sources import documents, pdftext; "
        "documents.PDF_BYTES = 300 << 20; raise SystemExit(pdftext.main())"
    )
    with large.open("rb") as given:
        done = subprocess.run([sys.executable, "-c", script], stdin=given, capture_output=True)
    assert (done.returncode, done.stderr) == (6, b"")
