"""Read a document that may be a CV: its whole text is one row, and each fault is a listed row.

A page that cannot be read is listed, and the other pages are read. pypdf reads a PDF in a process
of its own, which may use `PDF_SECONDS` of processor time and `PDF_BYTES` of memory: the work that a
PDF causes has no other bound. A browser has no processes, so that the page must end what takes too
long.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from vanne.python import python
from vanne.sources.age_facts import facts_of_cv
from vanne.sources.archive import Archive, ArchiveMember
from vanne.sources.file_reader import Context, FileReader, MemberClue, set_aside
from vanne.sources.reading import OWNER, MemberFacts, RowResult, item_id
from vanne.terms import Category, Item, is_unicode
from vanne.words import Message

MAX_DOCUMENT = 32 << 20
TOO_LARGE = Message("large-document", n=MAX_DOCUMENT >> 20)
PDF_SECONDS = 60
PDF_BYTES = 1 << 30
TOO_MUCH = Message("pdf-too-much", n=PDF_SECONDS, m=PDF_BYTES >> 30)
_END = 2048
"""A whole PDF has its end mark within so many bytes of its end (ISO 32000 says 1,024)."""


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What a document says, and why some of it is not there."""

    text: str = ""
    faults: tuple[Message, ...] = ()

    @property
    def facts(self) -> MemberFacts:
        """What it says about the person."""
        return facts_of_cv(self.text)


@dataclass(frozen=True, slots=True)
class PdfWatch:
    """Who is told of each PDF before it is read, and which ones are not read.

    The page of a browser ends what takes too long, and starts anew with that PDF to `skip`.
    """

    tell: Callable[[str], None] = lambda path: None
    skip: Collection[str] = ()

    def parser(self, entry: ArchiveMember) -> Callable[[bytes], DocumentText]:
        """Return what reads a PDF, or says that it takes too much."""
        path = f"{entry.archive}/{entry.path}"

        def parse(data: bytes) -> DocumentText:
            if path in self.skip:
                return DocumentText("", (TOO_MUCH,))
            self.tell(path)
            return cv_of_pdf(data)

        return parse


def open_document(
    archive: Archive, entry: ArchiveMember, reader: str, parse: Callable[[bytes], DocumentText]
) -> FileReader:
    """Open a document that is read whole. What it holds is state: its time is the archive's."""
    if entry.size > MAX_DOCUMENT:
        return set_aside(archive, entry, TOO_LARGE, reader)

    def read(_: Context) -> Iterator[RowResult]:
        document = parse(entry.read())
        text, faults = document.text.strip(), list(document.faults)
        if text and is_unicode(text):
            key = item_id(reader, Category.CV, document.text, "")
            at = archive.snapshot
            item = Item(key, OWNER, Category.CV, created_at=at, text=text, source=reader)
            yield RowResult(1, item)
        elif text or not faults:
            why = Message("not-text") if text else Message("document-without-text")
            yield RowResult(1, reason=why)
        for number, fault in enumerate(faults, start=2 if text else 1):
            yield RowResult(number, reason=fault)

    def clues() -> Iterator[MemberClue]:
        yield MemberClue(reader, facts=parse(entry.read()).facts)

    return FileReader(archive, entry, read, reader, clues=clues)


def cv_of_pdf(data: bytes) -> DocumentText:
    """Read the text of a PDF; files inside it are listed."""
    try:
        code, printed = _read_pdf(data)
        if code:
            broken = Message("pdf-unreadable") if b"%%EOF" in data[-_END:] else Message("truncated")
            faults = {3: Message("pdf-needs-extra"), 4: Message("pdf-encrypted"), 6: TOO_MUCH}
            return DocumentText("", (TOO_MUCH if code < 0 else faults.get(code, broken),))
        answer: dict[str, Any] = json.loads(printed)
    except (subprocess.TimeoutExpired, MemoryError):
        return DocumentText("", (TOO_MUCH,))
    except ValueError:
        return DocumentText("", (Message("pdf-unreadable"),))
    faults_inside = [Message(each["code"], **each["params"]) for each in answer["faults"]]
    attachments = [Message("attachment")] * answer["attached"]
    return DocumentText(answer["text"], (*faults_inside, *attachments))


def _read_pdf(data: bytes) -> tuple[int, str | bytes]:
    """Return what `vanne.sources.pdftext.read` returns, from a process where there are some."""
    if sys.platform == "emscripten":
        from vanne.sources.pdftext import read

        return read(io.BytesIO(data))
    command = python("vanne.sources.pdftext")
    done = subprocess.run(
        command, input=data, capture_output=True, timeout=2 * PDF_SECONDS, check=False
    )
    return done.returncode, done.stdout
