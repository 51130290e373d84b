"""Reads a PDF from stdin and writes its text as JSON: `python -m vanne.sources.pdftext`.

It runs in a process of its own, with bounds, because a PDF can make its reader work for ever. What
is not in the text, a page that cannot be read or what lies behind a bound, is said in `faults`.
"""

import io
import json
import logging
import resource
import sys
from typing import TYPE_CHECKING

from vanne.sources.pdfpage import text_of_page
from vanne.sources.printed import printed
from vanne.words import Message

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 500
MAX_TEXT = 8 << 20


def main() -> int:
    """Read and write; the exit code says why not."""
    from vanne.sources.cvfile import PDF_BYTES, PDF_SECONDS

    resource.setrlimit(resource.RLIMIT_CPU, (PDF_SECONDS, PDF_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (PDF_BYTES, PDF_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    try:
        from pypdf import PdfReader
    except ImportError:
        return 3
    try:
        reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return 4
        text, faults = _text(reader)
    except BaseException:
        return 5
    said = {
        "text": text,
        "faults": [fault.document() for fault in faults],
        "attached": _files(reader),
    }
    sys.stdout.write(json.dumps(said))
    return 0


def _files(reader: "PdfReader") -> int:
    """Count the files inside the file; of those that cannot be read, that there is something."""
    try:
        return sum(len(contents) for contents in reader.attachments.values())
    except Exception:  # the pages are still there
        return 1


def _text(reader: "PdfReader") -> tuple[str, list[Message]]:
    """Return the text of the pages, and why some of it is not there."""
    texts: list[str] = []
    faults: list[Message] = []
    for number, page in enumerate(reader.pages, start=1):
        if number > MAX_PAGES:
            faults.append(Message("pdf-many-pages", n=MAX_PAGES))
            break
        try:
            found = text_of_page(page)
        except MemoryError:
            raise
        except Exception:  # whatever a page makes of the reader, the others are still there
            faults.append(Message("pdf-page-unreadable", n=number))
            continue
        texts.append(found.text)
        if found.is_mute:
            faults.append(Message("pdf-font-unreadable", n=number))
        if found.is_picture:
            faults.append(Message("pdf-page-is-picture", n=number))
    text = printed("\n".join(texts))
    if len(text) > MAX_TEXT:
        faults.append(Message("pdf-long", n=MAX_TEXT >> 20))
    return text[:MAX_TEXT].encode("utf-8", "replace").decode(), faults


if __name__ == "__main__":
    sys.exit(main())
