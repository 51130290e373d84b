"""Builds small archives: from a folder of `tests/fixtures/linkedin` or from texts in the test."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from vanne.sources import FileReading, Reading, read_archives

FIXTURES = Path(__file__).parents[1] / "fixtures" / "linkedin"
BASIC = "Basic_LinkedInDataExport_06-07-2026.zip"
COMPLETE = "Complete_LinkedInDataExport_06-08-2026.zip"

MakeZip = Callable[..., Path]


def reasons(file: FileReading) -> list[tuple[int | None, str]]:
    """Return the rows that gave no item, and why."""
    return [(listed.row, str(listed.reason)) for listed in file.listed]


@pytest.fixture
def make_zip(tmp_path: Path) -> MakeZip:
    """Write a zip of the given files."""

    def make(files: Mapping[str, str | bytes], name: str = COMPLETE) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in files.items():
                archive.writestr(entry, data)
        return path

    return make


@pytest.fixture
def era_zip(make_zip: MakeZip) -> Callable[..., Path]:
    """Pack a folder of fixtures as LinkedIn would have sent it."""

    def pack(era: str, name: str = COMPLETE) -> Path:
        folder = FIXTURES / era
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return make_zip({str(f.relative_to(folder)): f.read_bytes() for f in files}, name)

    return pack


@pytest.fixture
def read_one(make_zip: MakeZip) -> Callable[[str, str | bytes], FileReading]:
    """Read an archive with one file in it."""

    def read(name: str, data: str | bytes) -> FileReading:
        return read_archives([make_zip({name: data})]).files[0]

    return read


@pytest.fixture
def read_files(make_zip: MakeZip) -> Callable[[Mapping[str, str | bytes]], Reading]:
    """Read an archive of some files."""
    return lambda files: read_archives([make_zip(files)])
