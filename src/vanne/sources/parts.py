"""Small documents, such as a CV: each part of one is a row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from vanne.sources.archive import Archive, Entry
from vanne.sources.cvfacts import facts_of_cv
from vanne.sources.opened import Context, Opened, Who, set_aside
from vanne.sources.reading import OWNER, Facts, Found, item_id
from vanne.terms import Category, Item, is_unicode
from vanne.words import Message

MAX_DOCUMENT = 32 << 20
TOO_LARGE = Message("large-document", n=MAX_DOCUMENT >> 20)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: what it says, or why it says nothing."""

    text: str = ""
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a document and what it says about the person."""

    rows: tuple[Part, ...] = ()
    facts: Facts = field(default_factory=Facts)


def one_row(text: str, faults: Sequence[Message] = ()) -> Parts:
    """Make one row of a CV's text, and one of each part of it that could not be read."""
    said = [Part(text)] if text.strip() else []
    listed = [
        Part(fault=fault)
        for fault in faults or ([] if said else [Message("document-without-text")])
    ]
    return Parts((*said, *listed), facts=facts_of_cv(text))


def open_parts(
    archive: Archive, entry: Entry, reader: str, parse: Callable[[bytes], Parts]
) -> Opened:
    """Open a document that is read whole. What it holds is state: its time is the archive's."""
    if entry.size > MAX_DOCUMENT:
        return set_aside(archive, entry, TOO_LARGE, reader)

    def read(_: Context) -> Iterator[Found]:
        for number, part in enumerate(parse(entry.read()).rows, start=1):
            yield _found(number, part)

    def _found(number: int, part: Part) -> Found:
        if part.fault or not part.text.strip():
            return Found(number, reason=part.fault or Message("empty-row"))
        if not is_unicode(part.text):
            return Found(number, reason=Message("not-text"))
        item = Item(
            item_id(reader, Category.CV, part.text, ""),
            OWNER,
            Category.CV,
            created_at=archive.snapshot,
            text=part.text.strip(),
            source=reader,
        )
        return Found(number, item)

    def who() -> Iterator[Who]:
        yield Who(reader, facts=parse(entry.read()).facts)

    return Opened(archive, entry, read, reader, who=who)
