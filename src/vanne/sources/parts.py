"""Small documents, such as a CV: each part of one is a row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from vanne.sources.archive import Archive, Entry
from vanne.sources.cvfacts import facts_of_cv
from vanne.sources.opened import Context, Opened, Who, set_aside
from vanne.sources.reading import OWNER, Facts, Found, item_id
from vanne.terms import Item, is_unicode
from vanne.words import Message

MAX_DOCUMENT = 32 << 20
TOO_LARGE = Message("large-document", n=MAX_DOCUMENT >> 20)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: what it says and what kind of data that is, or why it says nothing.

    Of one that is withheld the item says no more than that it is there.
    """

    category: str = ""
    text: str = ""
    fault: Message | None = None
    author: str | None = None
    subjects: tuple[str, ...] = ()
    media: str | None = None
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a document and what it says about the person. `fault` if it is none."""

    rows: tuple[Part, ...] = ()
    names: frozenset[str] = frozenset()
    facts: Facts = field(default_factory=Facts)
    fault: Message | None = None


def one_row(text: str, faults: Sequence[Message] = ()) -> Parts:
    """Make one row of a CV's text, and one of each part of it that could not be read."""
    said = [Part("cv", text)] if text.strip() else []
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
        parts = parse(entry.read())
        if parts.fault:
            yield Found(None, reason=parts.fault)
        for number, part in enumerate(parts.rows, start=1):
            yield _found(number, part)

    def _found(number: int, part: Part) -> Found:
        has_content = part.text.strip() or part.media or part.is_withheld
        if part.fault or not has_content:
            return Found(number, reason=part.fault or Message("empty-row"))
        if not is_unicode(part.text + (part.media or "")):
            return Found(number, reason=Message("not-text"))
        item = Item(
            item_id(reader, part.category, part.text, part.media or ""),
            OWNER,
            part.category,
            author=part.author,
            subjects=part.subjects,
            created_at=archive.snapshot,
            text=part.text.strip() or None,
            media=part.media,
            source=reader,
        )
        return Found(number, item)

    def who() -> Iterator[Who]:
        parts = parse(entry.read())
        yield Who(reader, parts.names, parts.facts)

    return Opened(archive, entry, read, reader, who=who)
