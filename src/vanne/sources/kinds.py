"""Recognise the CSV files of an archive by their names: the kinds in `format = "tables"`."""

import re
from pathlib import PurePosixPath

from vanne.sources.csvtext import normal
from vanne.sources.readers import TableKind, table_kinds

NO_READER = "none"
_SUFFIX = re.compile(r"(?:[ _]\d+|(?<!\s)\s*\(\d+\)){1,9}$")
"""A member's id, a part's number, a second download: one of them or several."""
_MEMBER_NUMBER = re.compile(r"_(\d{6,})(?=[ _(]|$)")


def kind_of(path: str) -> TableKind | None:
    """Recognise a file by its name, at any depth.

    >>> kind_of("export/Job Applications_1.csv").name, kind_of("Shares_52.CSV").name
    ('job-applications', 'shares')
    """
    place = PurePosixPath(path)
    suffix = place.suffix.lower()
    if suffix in (".html", ".htm"):
        folders = {part.casefold() for part in place.parts[:-1]}
        kinds = (kind for kind in table_kinds().values() if kind.folder.casefold() in folders)
        return next(kinds, None)
    stem = stem_of(place.name) if suffix == ".csv" else ""
    return next((kind for kind in table_kinds().values() if stem in kind.stems), None)


def stem_of(name: str) -> str:
    """Return a file's name as it is compared.

    >>> stem_of("Recommendations_Received.csv"), stem_of("Saved_Items_1234567.csv")
    ('recommendations received', 'saved items')
    """
    stem = _SUFFIX.sub("", PurePosixPath(name).stem)
    return normal(stem.replace("_", " "))


def member_number(path: str) -> str | None:
    """Return the member's number in a file's name, if it has one.

    >>> member_number("Shares_34875879_1.csv"), member_number("Job Applications_1.csv")
    ('34875879', None)
    """
    match = _MEMBER_NUMBER.search(PurePosixPath(path).stem)
    return match[1] if match else None
