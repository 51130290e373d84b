"""Finds the reader of a file: by what is in it, and by its name where several would fit."""

from pathlib import PurePosixPath

from vanne.sources.archive import Archive, Entry
from vanne.sources.kinds import kind_of
from vanne.sources.linkedin import open_article, open_table, open_unknown_table
from vanne.sources.opened import LINK, NESTED, UNKNOWN, Opened, set_aside

_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar")


def open_file(archive: Archive, entry: Entry) -> Opened:
    """Open a file of an archive; one that nobody can read is listed with the reason."""
    suffix = PurePosixPath(entry.path).suffix.lower()
    if entry.is_link:
        return set_aside(archive, entry, LINK)
    if suffix in _ARCHIVES:
        return set_aside(archive, entry, NESTED)
    if suffix == ".csv":
        return open_table(archive, entry) or open_unknown_table(archive, entry)
    if kind_of(entry.path) is not None:
        return open_article(archive, entry)
    return set_aside(archive, entry, UNKNOWN)
