"""Turn one row of a LinkedIn file into one item, or give the reason why there is none."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, pairwise

from vanne.fields import DATES, text_of
from vanne.screening.pay import asks_for_pay, offers_amount, states_amount
from vanne.sources.csvtext import CsvRow, normal
from vanne.sources.dates import goes_on, is_blank, parser, partial_date
from vanne.sources.people import Owner, is_profile, person_id, plain_name, split_urls
from vanne.sources.readers import PersonColumns, TableKind
from vanne.sources.reading import OWNER, RowResult, item_id
from vanne.terms import Category, Item
from vanne.words import Message

_GROUP_LINK = re.compile(r"urn(?::|%3a)li(?::|%3a)grouppost(?::|%3a)")
_LINE_END = re.compile(r"\r\n|\n|\r")
_SOMEBODY = "linkedin member"  # what LinkedIn calls a person whose account is gone
_COURSE = re.compile(r"learning|course|video", re.IGNORECASE)
_WRITTEN = frozenset(("post", "comment", "private_message", "ai_output", "screening_answer"))
"""What people write: there `N/A` is a word, and elsewhere LinkedIn's for nothing."""
_SENT = re.compile(r"\bmess(?:age|aging) attachment")
_SPONSORED = "spinmail-quill-editor"


class Cells:
    """The cells of a table's rows by column name; a column that is not there is blank."""

    __slots__ = ("_asked", "_at", "names")

    def __init__(self, header: Sequence[str]) -> None:
        self.names = tuple(map(normal, header))
        self._at = {name: at for at, name in enumerate(self.names)}
        self._asked: dict[str, int | None] = {}

    def get(self, fields: Sequence[str], column: str) -> str:
        """Return one cell."""
        try:
            at = self._asked[column]
        except KeyError:
            at = self._asked[column] = self._at.get(normal(column))
        return "" if at is None else fields[at]


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file: its kind, its header, who the member is, the archive's time."""

    kind: TableKind
    header: tuple[str, ...]
    owner: Owner
    snapshot: datetime | None
    cells: Cells
    source: str
    begun: tuple[str, ...]
    """How a cell of each column begins in a key."""
    parsers: Mapping[str, Callable[[str], datetime | None]]

    @classmethod
    def of(
        cls, kind: TableKind, header: tuple[str, ...], owner: Owner, snapshot: datetime | None
    ) -> "RowReader":
        """Bind a kind of file to the header that this file has."""
        cells = Cells(header)
        begun = tuple(f"{name}\x1e" for name in cells.names)
        parsers = {column: parser(shapes) for column, shapes in kind.dates.items()}
        return cls(kind, header, owner, snapshot, cells, kind.reader, begun, parsers)

    def result(self, row: CsvRow, columns: Container[str] | None = None) -> RowResult:
        """Return what a row gives: an item, or why there is none.

        With `columns` (names as they are compared) it is known by them in other archives.
        """
        number, fields, fault = row
        created, kind = None, self.kind
        if fault is None and not any(map(str.strip, fields)):
            fault = Message("empty-row")
        if fault is None and kind.needs_text:
            columns_of_words = (*kind.word_columns, *kind.media)
            if not any(self.cells.get(fields, column).strip() for column in columns_of_words):
                fault = Message("no-known-text")
        if fault is None and kind.created:
            created, is_odd = self._moment(fields, kind.created)
            fault = Message("bad-date", column=kind.created) if is_odd else None
        if fault is not None:
            return RowResult(number, reason=fault)
        key = self._key(fields)
        if created is None and (kind.state or not kind.created):
            created = self.snapshot
        shared = key if columns is None else self._key(fields, columns)
        return RowResult(number, self._item(fields, key, created), shared=shared)

    def _key(self, fields: Sequence[str], columns: Container[str] | None = None) -> str:
        """Return the id of a row, made of its cells, or of those in the columns."""
        cells = [begun + cell for begun, cell in zip(self.begun, fields, strict=False) if cell]
        if columns is not None:
            names = zip(self.cells.names, fields, strict=False)
            cells = list(compress(cells, [name in columns for name, cell in names if cell]))
        return item_id(self.source, *cells)

    def has_odd_date(self, fields: Sequence[str]) -> bool:
        """Say whether a date in any column fits none of the shapes that it may have."""
        periods = (self.kind.fields.get(name, ()) for name in DATES)
        cells = (self.cells.get(fields, column) for columns in periods for column in columns)
        return any(self._moment(fields, column)[1] for column in self.kind.dates) or any(
            not (is_blank(cell) or goes_on(cell) or partial_date(cell)) for cell in cells
        )

    def _moment(self, fields: Sequence[str], column: str) -> tuple[datetime | None, bool]:
        """Return the time that a column says, if any, and whether it says it oddly."""
        value = self.cells.get(fields, column)
        at = self.parsers[column](value.strip())
        return at, at is None and not is_blank(value)

    def _item(self, fields: Sequence[str], item_id: str, created: datetime | None) -> Item:
        kind = self.kind
        links = (self.cells.get(fields, column).casefold() for column in kind.links)
        # The search for a plain word first: most links are of no group.
        in_group = any("grouppost" in link and _GROUP_LINK.search(link) for link in links)
        category = self._category(fields, in_group)
        named, text = self._fields_and_text(fields)
        author, tags, cell = None, kind.tags, self.cells.get
        if kind.author:
            url, name = self._who(fields, kind.author)
            if kind.special == "assistant" and not self._is_human(fields):
                author = None if self._is_own(fields) else f"{kind.network}:assistant"
            elif not self.owner.wrote(url, name):
                author = person_id(url, name)
        # LinkedIn's own word. `MEMBER_NETWORK` is kept: what it means is not documented.
        visibility = cell(fields, kind.visibility).strip() if kind.visibility else ""
        if kind.name != "shares":
            visibility = visibility.casefold()
        if kind.special == "message":
            folder = cell(fields, "FOLDER").casefold()
            drafts = ("IS MESSAGE DRAFT", "IS CONVERSATION DRAFT")
            is_draft = "yes" in [cell(fields, column).casefold() for column in drafts]
            tags = (
                *(("draft",) if folder == "draft" or is_draft else ()),
                *(("spam",) if folder == "spam" else ()),
                *(("sponsored",) if _SPONSORED in cell(fields, "CONTENT") else ()),
            )
        return Item(
            item_id=item_id,
            owner=OWNER,
            category=category,
            author=author,
            subjects=self._subjects(fields) if kind.subjects else (),
            created_at=created,
            visibility="group" if in_group else visibility or None,
            tags=tags,
            text=text,
            media=self._joined(fields, kind.media) if kind.media else None,
            source=self.source,
            fields=named if category == kind.category else {},  # a row of pay has no fields
        )

    def _fields_and_text(self, cells: Sequence[str]) -> tuple[dict[str, str], str | None]:
        """Return the fields of a row, and its text: a line for each, then what no field holds."""
        named, others = dict[str, str](), list[str]()
        for name, columns in self.kind.fields.items():
            value = self._joined(cells, columns)
            if value is None:
                continue
            if name not in DATES:
                named[name] = value
            elif date := partial_date(value):
                named[name] = date
            elif not goes_on(value):
                others.append(value)
        lines = [text_of(named), *others, self._joined(cells, self.kind.text)]
        return named, "\n".join(filter(None, lines)) or None

    def _joined(self, fields: Sequence[str], columns: Sequence[str]) -> str | None:
        """Join what the columns hold, one line each."""
        parts = []
        for column in columns:
            value = self.cells.get(fields, column).strip()
            if value and (self.kind.category in _WRITTEN or not is_blank(value)):
                parts.append(unwrapped(value) if column in self.kind.unwrap else value)
        return "\n".join(parts) or None

    def _category(self, fields: Sequence[str], in_group: bool) -> Category:
        kind = self.kind

        def any_cell(columns: Sequence[str], speaks: Callable[[str], bool]) -> bool:
            return any(speaks(self.cells.get(fields, column)) for column in columns)

        pay = kind.pay
        if (
            any_cell(pay.amount, lambda cell: not is_blank(cell))
            or any_cell(pay.question, lambda cell: asks_for_pay(cell) or offers_amount(cell))
            or any_cell(pay.answer, lambda cell: asks_for_pay(cell) or states_amount(cell))
        ):
            return Category.SALARY
        if kind.special == "assistant":
            if self._is_own(fields):
                return Category.AI_PROMPT
            return Category.PRIVATE_MESSAGE if self._is_human(fields) else kind.category
        if kind.special == "review":  # the member's own, or of a course and not of a service
            columns = ("Review Type", "Review Section")
            about = " ".join(self.cells.get(fields, column) for column in columns)
            if self._is_own(fields) or _COURSE.search(about):
                return Category.LEARNING
        if kind.special == "picture" and any_cell(
            ("Date/Time", "Media Description", "Media Link"), lambda cell: bool(_SENT.search(cell))
        ):
            return Category.PRIVATE_MESSAGE
        if kind.message and self.cells.get(fields, kind.message).strip():
            return Category.PRIVATE_MESSAGE
        return kind.in_group if in_group and kind.in_group else kind.category

    def _who(self, fields: Sequence[str], columns: PersonColumns) -> tuple[str, str]:
        name = " ".join([self.cells.get(fields, column) for column in columns.name])
        return self.cells.get(fields, columns.url) if columns.url else "", name

    def _is_own(self, fields: Sequence[str]) -> bool:
        return self.owner.wrote(*self._who(fields, self.kind.author))

    def _is_human(self, fields: Sequence[str]) -> bool:
        """Say whether a sender who is not the member is a person: an assistant has no profile."""
        url, name = self._who(fields, self.kind.author)
        return is_profile(url) or plain_name(name) == _SOMEBODY

    def _subjects(self, fields: Sequence[str]) -> tuple[str, ...]:
        columns = self.kind.subjects
        if columns.urls:
            urls = split_urls(self.cells.get(fields, columns.urls))
            people = [person_id(url, "") for url in urls if not self.owner.wrote(url, "")]
        else:
            url, name = self._who(fields, columns)
            people = [None if self.owner.wrote(url, name) else person_id(url, name)]
        return tuple(dict.fromkeys(person for person in people if person))


def unwrapped(text: str) -> str:
    r"""Take off the quotes that some exports put around each line of a post.

    Only if every line break has a quote on both sides: else the quotes are the member's own.

    >>> unwrapped('Two lines"\n""\n"and "this"')
    'Two lines\n\nand "this"'
    """
    lines = _LINE_END.split(text)
    if len(lines) < 2:
        return text
    is_wrapped = all(
        above.endswith('"') and below.startswith('"') for above, below in pairwise(lines)
    )
    if not is_wrapped:
        return text
    first, *middle, last = lines
    if any(len(line) < 2 for line in middle):
        return text
    return "\n".join([first[:-1], *(line[1:-1] for line in middle), last[1:]])
