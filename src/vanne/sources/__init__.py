"""What members have.

In come archives and tables in the formats that networks really use; out come items. Always true:

* nothing is lost: rows in = items out + rows listed with the reason, for every file and in total;
* a file or a row that is not understood is listed and never becomes an item;
* what is read is never trusted: no path, size or text in it can reach the disk, a log or an error.

An archive is read in this order:

* `archive` opens it and checks its layout;
* `sniff` finds the reader of each file, a `file_reader.FileReader`, and reads pages and pictures;
* `archives` reads all files and merges what several archives of one member repeat;
* `reading` is what comes out: items, listed rows, and facts about the member (`member`).

The readers of files:

* `linkedin`: `kinds` describes each file, `rows` makes an item of each row;
* `records`: the other networks, which `networks/*.toml` describe; `record_paths` finds a value in a
  record, `network_rules` says what a table cannot;
* `documents`: CVs from PDF (`pdftext`), Word, LibreOffice (`wordfile`), as plain text (`unwrap`);
* `car` for a repository of Bluesky.

They stand on `csvtext`, `jsonfile`, `jsontext`, `streams`, `markup`, `dates`, `people` and
`age_facts`.

A table of items, members or choices, whose columns are in `schema`: `relation` finds it, `scan`
gives its columns, `batches` brings them to one form, `tables` gives them as objects and writes
them. `choices` reads a file of choices with every bad row; `tagging` adds the tags that `sensitive`
finds in texts.
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
