"""What the page asks of Python: read archives, then a page of the answer, or a file to keep."""

import sys
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from json import JSONEncoder
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from vanne.errors import VanneError
from vanne.report.inspected_items import ItemFilter
from vanne.report.inspection import Inspection, inspect
from vanne.report.item_file import csv_lines
from vanne.sources.documents import PdfWatch
from vanne.web.inspection_pages import Visit, answer
from vanne.words import Message, words

Form = Literal["json", "items", "csv"]
_PIECE = 1 << 18


def read(
    paths: list[str],
    region: str | None,
    as_of: str,
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
    skip: Collection[str] = (),
) -> Inspection:
    """Inspect the archives of one person.

    `tell` hears the path of each PDF before it is read, here and when a page has items read again.
    The page ends what takes longer than `PDF_SECONDS`, and begins anew with that path to `skip`.

    Raises:
        VanneError: as `vanne.report.inspection.inspect`.
    """
    watch = PdfWatch(tell or (lambda path: None), frozenset(skip))
    return inspect(paths, region=region or None, as_of=as_of, watch=watch, progress=progress)


def refusal(lang: str) -> str | None:
    """Say what the last error says to a person; None if it is a fault of ours."""
    error = getattr(sys, "last_exc", None)
    if isinstance(error, MemoryError):
        error = VanneError(Message("out-of-memory"), todo=Message("use-larger-machine"))
    return error.said(words(lang)) if isinstance(error, VanneError) else None


def page(inspection: Inspection, address: str, lang: str, agent: str = "") -> str:
    """Return the page at an address such as `/items?page=2`, in a language.

    The `agent` is what the browser says of itself: `navigator.userAgent`.
    """
    parts = urlsplit(address)
    visit = Visit(parts.path, parse_qsl(parts.query), words(lang), agent)
    return answer(inspection, visit)[1]


def pieces(inspection: Inspection, form: Form, lang: str) -> Iterator[str]:
    """Yield a file to keep, piece by piece: its items may take more memory than there is.

    `json` is what `vanne inspect --json` prints, `items` the same with `--by item`, `csv` what
    `vanne inspect --items FILE.csv` writes in a language.
    """
    if form == "csv":
        texts = csv_lines(inspection.decided, words(lang))
    else:
        whole = inspection.document(ItemFilter() if form == "items" else None)
        texts = chain(JSONEncoder(ensure_ascii=False, indent=2).iterencode(whole), "\n")
    piece, size = list[str](), 0
    for text in texts:
        piece.append(text)
        size += len(text)
        if size > _PIECE:
            yield "".join(piece)
            piece, size = [], 0
    yield "".join(piece)
