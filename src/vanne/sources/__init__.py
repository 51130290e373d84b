"""What members have.

In come archives and tables in the formats that networks really use; out come items. Always true:
nothing is lost, rows in = items out + rows listed with the reason, for every file and in total; a
file or a row that is not understood is listed and never becomes an item; what is read is never
trusted: no path, size or text in it can reach the disk, a log or an error message.
"""

from vanne.sources.archives import read_archives, survey
from vanne.sources.reading import OWNER, Facts, FileReading, Listed, Reading, School

__all__ = [
    "OWNER",
    "Facts",
    "FileReading",
    "Listed",
    "Reading",
    "School",
    "read_archives",
    "survey",
]
