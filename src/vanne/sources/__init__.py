"""What members have.

In come archives and tables in the formats that networks really use; out come items. Always true:
nothing is lost, rows in = items out + rows listed with the reason, for every file and in total; a
file or a row that is not understood is listed and never becomes an item; what is read is never
trusted: no path, size or text in it can reach the disk, a log or an error message.

An archive: `archive` opens it, `recognise` finds the reader of each file, `archives` merges what
they read. The readers: `linkedin` (its files are `kinds`, a line is `rows`), `records` (what the
other networks write, from `networks/*.toml`), `parts` (CVs), `mediafile`. A table of items, members
or choices: `relation` finds it, `scan` gives its columns, `batches` brings them to one form.
"""

from vanne.sources.archives import read_archives, survey
from vanne.sources.reading import OWNER, FileReading, ListedRow, MemberFacts, Reading, School

__all__ = [
    "OWNER",
    "FileReading",
    "ListedRow",
    "MemberFacts",
    "Reading",
    "School",
    "read_archives",
    "survey",
]
