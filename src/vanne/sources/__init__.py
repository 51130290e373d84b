"""Read the data of a network's members: archives that members downloaded, and tables.

In come archives and tables in the formats that networks really use. Out come items, and from tables
also members and choices. Always true:

* nothing is lost: rows in = items out + rows listed with the reason, for every file and in total;
* a file or a row that cannot be understood is listed instead of becoming an item;
* input is never trusted: no path, size or text in it can reach the disk, a log or an error.

An archive is read in this order:

* `archive` opens an archive and checks its layout;
* `sniff` finds the reader of each file, a `file_reader.FileReader`, and reads pages and pictures;
* `archives` reads all files and merges what several archives of one member repeat;
* `reading` has the result: items, listed rows, and facts about the member (`member`).

The readers of files:

* `readers`: what the network packs say of the files of an archive, in one of two formats;
* `named_files`: files that are known by their names (`kinds`); `rows` makes an item of each row;
* `records`: files that are known by what is in them; `record_paths` finds a value in a record,
  `network_rules` adds what a description cannot say;
* `marks`: what else a pack says of an archive: what in it is nobody's, private, or not read;
* `documents`: CVs from PDF (`pdftext`), Word, LibreOffice (`wordfile`), as plain text (`unwrap`);
* `car`: a repository of Bluesky.

The readers use `csvtext`, `jsonfile`, `jsontext`, `streams`, `markup`, `dates`, `people` and
`age_facts`.

Tables of items, members or choices, whose columns are in `schema`:

* `relation` finds a table, `scan` reads its columns, `batches` brings them to one plain form;
* `tables` gives the rows as objects, and writes tables;
* `choices` reads a file of choices and lists every bad row;
* `tagging` adds the tags that `sensitive` finds in texts.
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
