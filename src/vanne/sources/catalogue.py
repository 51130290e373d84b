"""What the readers read, as the docs list it."""

from collections.abc import Iterator
from dataclasses import dataclass

from vanne.sources.kinds import Kind, kinds
from vanne.sources.records import RecordKind, record_kinds

_NAMES = {"json-resume": "JSON Resume", "meta": "Facebook, Instagram", "x": "X"}
_SHAPES = {"": "an array", "{}": "an object", "csv": "columns", "lines": "lines"}
_MOST = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A reader, as a line of the table in the docs."""

    network: str
    reader: str
    reads: str
    category: str
    known_by: str


_DOCUMENTS = """
Facebook | facebook/page | A page of a download as HTML: listed, not read | none | a page
Instagram | instagram/page | A page of a download as HTML: listed, not read | none | a page
any | cv/pdf | A PDF | cv | `%PDF-` (needs `vanne[cv]`)
any | cv/word | A Word file (.docx, .docm) | cv | `word/document.xml`
any | cv/opendocument | A text of LibreOffice (.odt) | cv | its type
any | media/file | A picture, or a file that a record names | photo | its first bytes, the record
"""


def catalogue() -> Iterator[Line]:
    """Yield every reader, network by network."""
    for kind in kinds().values():
        yield Line("LinkedIn", kind.reader, _columns(kind), kind.category, _files(kind))
    for record in record_kinds():
        network = _NAMES.get(record.network, record.network.capitalize())
        yield Line(network, record.reader, record.reads, record.category, _keys(record))
    for line in _DOCUMENTS.strip().splitlines():
        yield Line(*line.split(" | "))


def _columns(kind: Kind) -> str:
    if kind.name == "articles":
        return "A page in a folder `Articles`"
    return (
        ", ".join(kind.said or kind.withheld or (kind.created,)) or "A row; nothing of it is text"
    )


def _files(kind: Kind) -> str:
    names = [f"`{stem}`" for stem in kind.stems[:_MOST]]
    return ", ".join([*names, *(f"API `{domain}`" for domain in kind.domains)]) or "a page"


def _keys(kind: RecordKind) -> str:
    names = [_SHAPES.get(key, f"`{key.removeprefix('ytd:')}`") for key in kind.keys]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    fields = [f"`{name}`" for name in (*kind.has, *kind.any)]
    with_fields = f" with {', '.join(fields)}" if fields else ""
    files = [f"`{name}...`" if name.endswith("_") else f"`{name}`" for name in kind.files]
    in_files = f", in a file named {', '.join(files)}" if files else ""
    return ", ".join(names[:_MOST]) + more + with_fields + in_files
