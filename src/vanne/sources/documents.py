"""Documents that may be a CV: each is read whole, its text is one row, and so is each fault in it.

A page that cannot be read costs itself and is listed. A PDF is read by pypdf in a process of its
own, which may use `PDF_SECONDS` of processor and `PDF_BYTES` of memory: what a PDF makes a reader
do has no other bound.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
class DocumentPart:
    """A part of a document: what it says, or why it says nothing."""

    text: str = ""
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class DocumentParts:
    """The parts of a document and what it says about the person."""

    rows: tuple[DocumentPart, ...] = ()
    facts: MemberFacts = field(default_factory=MemberFacts)


def one_row(text: str, faults: Sequence[Message] = ()) -> DocumentParts:
    """Make one row of a CV's text, and one of each part of it that could not be read."""
    if not text.strip():
        faults = faults or [Message("document-without-text")]
        return DocumentParts(tuple(DocumentPart(fault=fault) for fault in faults))
    rows = [DocumentPart(text), *(DocumentPart(fault=fault) for fault in faults)]
    return DocumentParts(tuple(rows), facts=facts_of_cv(text))


def open_parts(
    archive: Archive, entry: ArchiveMember, reader: str, parse: Callable[[bytes], DocumentParts]
) -> FileReader:
    """Open a document that is read whole. What it holds is state: its time is the archive's."""
    if entry.size > MAX_DOCUMENT:
        return set_aside(archive, entry, TOO_LARGE, reader)

    def read(_: Context) -> Iterator[RowResult]:
        for number, part in enumerate(parse(entry.read()).rows, start=1):
            text = part.text.strip()
            fault = part.fault or (None if text else Message("empty-row"))
            if fault is None and not is_unicode(text):
                fault = Message("not-text")
            if fault is not None:
                yield RowResult(number, reason=fault)
                continue
            key = item_id(reader, Category.CV, part.text, "")
            at = archive.snapshot
            yield RowResult(
                number, Item(key, OWNER, Category.CV, created_at=at, text=text, source=reader)
            )

    def clues() -> Iterator[MemberClue]:
        yield MemberClue(reader, facts=parse(entry.read()).facts)

    return FileReader(archive, entry, read, reader, clues=clues)


def cv_of_pdf(data: bytes) -> DocumentParts:
    """Read the text of a PDF; files inside it are listed."""
    command = python("vanne.sources.pdftext")
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=2 * PDF_SECONDS, check=False
        )
        if code := done.returncode:  # as `vanne.sources.pdftext.main` returns it
            broken = Message("pdf-unreadable") if b"%%EOF" in data[-_END:] else Message("truncated")
            faults = {3: Message("pdf-needs-extra"), 4: Message("pdf-encrypted")}
            return one_row("", [TOO_MUCH if code < 0 else faults.get(code, broken)])
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, MemoryError):
        return one_row("", [TOO_MUCH])
    except ValueError:
        return one_row("", [Message("pdf-unreadable")])
    faults_inside = [Message(each["code"], **each["params"]) for each in answer["faults"]]
    attachments = [Message("attachment")] * answer["attached"]
    return one_row(answer["text"], [*faults_inside, *attachments])
