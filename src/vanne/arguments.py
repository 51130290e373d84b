"""Check what a caller of the public functions gives: a time, a language, files.

The command line has checks of its own, in the reader's language; its commands hand over what passed
them.
"""

import os
import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import IO, Any

from vanne.errors import InputError, did_you_mean, storing
from vanne.words import LANGUAGES

PathOrFile = str | os.PathLike[str] | IO[bytes]
_TODO = "give a day, or a time with its zone: `2025-11-03T12:00+01:00`"


def moment(as_of: str | date) -> datetime:
    """Return the time of asking as an aware time in UTC: of a day its first moment.

    >>> moment("2025-11-03").isoformat(), moment("2025-11-03T12:00+01:00").isoformat()
    ('2025-11-03T00:00:00+00:00', '2025-11-03T11:00:00+00:00')

    Raises:
        InputError: it is no time, or one without a zone.
    """
    given: object = as_of
    try:
        if isinstance(as_of, str):
            text = as_of.strip()
            is_day = len(text) <= len("2025-11-03")
            given = date.fromisoformat(text) if is_day else datetime.fromisoformat(text)
        if isinstance(given, datetime) and given.tzinfo is not None:
            return given.astimezone(UTC)
        if isinstance(given, date) and not isinstance(given, datetime):
            return datetime(given.year, given.month, given.day, tzinfo=UTC)
    except (ValueError, OverflowError):
        given = None
    if isinstance(given, datetime):
        raise InputError(f"as_of has no time zone: `{as_of}`", todo=_TODO)
    raise InputError(f"as_of is no time: `{as_of}`", todo=_TODO)


def language(lang: str) -> str:
    """Return a language that Vanne has words in.

    Raises:
        InputError: it has none.
    """
    if lang not in LANGUAGES:
        todo = did_you_mean(str(lang), list(LANGUAGES))
        raise InputError(f"there are no words in the language `{lang}`", todo=todo)
    return lang


def files_of(given: PathOrFile | Iterable[PathOrFile], folder: Path) -> list[Path]:
    """Return paths, of one or of several; what is an open file is copied into a folder.

    Raises:
        InputError: one is neither a path nor a file that was opened for bytes.
        StorageError: a copy cannot be written.
    """
    is_one = isinstance(given, (str, os.PathLike)) or hasattr(given, "read")
    several: Iterable[Any] = given if isinstance(given, Iterable) and not is_one else [given]
    paths = list[Path]()
    for place, each in enumerate(several):
        if isinstance(each, (str, os.PathLike)):
            paths.append(Path(each))
            continue
        if not hasattr(each, "read"):
            todo = 'give a path, or a file opened with "rb"'
            raise InputError(f"`{type(each).__name__}` is no archive", todo=todo)
        paths.append(_copy(each, folder / str(place)))
    return paths


def _copy(file: Any, folder: Path) -> Path:
    """Copy an open file, under its own name if it has one."""
    name = getattr(file, "name", None)
    path = folder / (PurePath(name).name if isinstance(name, str) else "archive.zip")
    with storing(f"`{path.name}`"):
        folder.mkdir()
        with path.open("wb") as copy:
            try:
                shutil.copyfileobj(file, copy)
            except TypeError:
                raise InputError(
                    f"`{path.name}` was opened for text", todo='open it with "rb"'
                ) from None
    return path
