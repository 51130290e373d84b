"""Turns one row of a known file into one item, or says why it gives none."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain, pairwise

from vanne.sources.csvtext import Row, normal
from vanne.sources.dates import is_blank, parse
from vanne.sources.kinds import Kind, PersonColumns
from vanne.sources.pay import asks_for_pay, offers_amount, states_amount
from vanne.sources.people import Owner, is_profile, person_id, plain_name, split_urls
from vanne.sources.reading import OWNER
from vanne.sources.reasons import Why
from vanne.terms import Category, Item

_GROUP_LINK = re.compile(r"urn(?::|%3A)li(?::|%3A)groupPost(?::|%3A)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")
_SOMEBODY = "linkedin member"  # what LinkedIn calls a person whose account is gone
_COURSE = re.compile(r"learning|course|video", re.IGNORECASE)
_WRITTEN = frozenset(("post", "comment", "private_message", "ai_output", "screening_answer"))
"""What people write: there `N/A` is a word, and elsewhere LinkedIn's for nothing."""
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

    kind: Kind
    header: tuple[str, ...]
    owner: Owner
    snapshot: datetime | None
    cells: Cells

    @classmethod
    def of(
        cls, kind: Kind, header: tuple[str, ...], owner: Owner, snapshot: datetime | None
    ) -> "RowReader":
        """Bind a kind of file to the header that this file has."""
        return cls(kind, header, owner, snapshot, Cells(header))

    def key(self, row: Row, columns: Container[str] | None = None) -> str:
        """Return what the row is, however often and in whichever archive it occurs.

        With `columns` (names as they are compared) the others are left out.
        """
        cells = [
            f"{name}\x1e{value}"
            for name, value in zip(self.cells.names, row.fields, strict=False)
            if value and (columns is None or name in columns)
        ]
        return sha256("\x1f".join(chain([self.kind.reader], cells)).encode()).hexdigest()[:24]

    def fault(self, row: Row) -> str | None:
        """Say why the row gives no item, if it does not."""
        if row.fault is not None:
            return row.fault
        if not any(map(str.strip, row.fields)):
            return Why.EMPTY
        if self.kind.needs_text and not self._has_content(row.fields):
            return Why.NO_KNOWN_TEXT
        created = self.kind.created
        if created and not self._is_date(row.fields, created):
            return Why.BAD_DATE.of(column=created)
        return None

    def has_odd_date(self, fields: Sequence[str]) -> bool:
        """Say whether a date in any column fits none of the shapes that it may have."""
        return not all(self._is_date(fields, column) for column in self.kind.dates)

    def _is_date(self, fields: Sequence[str], column: str) -> bool:
        value = self.cells.get(fields, column)
        return is_blank(value) or parse(value, self.kind.dates[column]) is not None

    def _has_content(self, fields: Sequence[str]) -> bool:
        columns = (*self.kind.text, *self.kind.media)
        return any(self.cells.get(fields, column).strip() for column in columns)

    def item(self, row: Row, item_id: str) -> Item:
        """Read a row that has no fault."""
        fields, kind = row.fields, self.kind
        in_group = any(_GROUP_LINK.search(self.cells.get(fields, link)) for link in kind.links)
        return Item(
            item_id=item_id,
            owner=OWNER,
            category=self._category(fields, in_group),
            author=self._author(fields),
            subjects=self._subjects(fields),
            created_at=self._created(fields),
            visibility="group" if in_group else self._visibility(fields),
            tags=self._tags(fields),
            text=self._joined(fields, kind.text),
            media=self._joined(fields, kind.media),
            source=kind.reader,
        )

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
        if kind.pay.is_set and self._speaks_of_pay(fields):
            return Category.SALARY
        if kind.special == "assistant":
            if self._is_own(fields):
                return Category.AI_PROMPT
            return Category.PRIVATE_MESSAGE if self._is_human(fields) else kind.category
        if kind.special == "review" and self._is_of_a_course(fields):
            return Category.LEARNING
        if kind.message and self.cells.get(fields, kind.message).strip():
            return Category.PRIVATE_MESSAGE
        return kind.in_group if in_group and kind.in_group else kind.category

    def _speaks_of_pay(self, fields: Sequence[str]) -> bool:
        def any_cell(columns: Sequence[str], speaks: Callable[[str], bool]) -> bool:
            return any(speaks(self.cells.get(fields, column)) for column in columns)

        pay = self.kind.pay
        return (
            any_cell(pay.amount, lambda cell: not is_blank(cell))
            or any_cell(pay.question, lambda cell: asks_for_pay(cell) or offers_amount(cell))
            or any_cell(pay.answer, lambda cell: asks_for_pay(cell) or states_amount(cell))
        )

    def _created(self, fields: Sequence[str]) -> datetime | None:
        kind = self.kind
        value = self.cells.get(fields, kind.created) if kind.created else ""
        if not is_blank(value):
            return parse(value, kind.dates[kind.created])
        return self.snapshot if kind.state or not kind.created else None

    def _who(self, fields: Sequence[str], columns: PersonColumns) -> tuple[str, str]:
        name = " ".join(self.cells.get(fields, column) for column in columns.name)
        return self.cells.get(fields, columns.url) if columns.url else "", name

    def _is_own(self, fields: Sequence[str]) -> bool:
        return self.owner.wrote(*self._who(fields, self.kind.author))

    def _is_human(self, fields: Sequence[str]) -> bool:
        """Say whether a sender who is not the member is a person: an assistant has no profile."""
        url, name = self._who(fields, self.kind.author)
        return is_profile(url) or plain_name(name) == _SOMEBODY

    def _is_of_a_course(self, fields: Sequence[str]) -> bool:
        """Say whether a review is the member's own, or one of a course and not of a service."""
        says = f"{self.cells.get(fields, 'Review Type')} {self.cells.get(fields, 'Review Section')}"
        return self._is_own(fields) or _COURSE.search(says) is not None

    def _author(self, fields: Sequence[str]) -> str | None:
        columns = self.kind.author
        if not columns.all:
            return None
        url, name = self._who(fields, columns)
        if self.kind.special == "assistant" and not self._is_human(fields):
            return None if self._is_own(fields) else "linkedin:assistant"
        return None if self.owner.wrote(url, name) else person_id(url, name)

    def _subjects(self, fields: Sequence[str]) -> tuple[str, ...]:
        columns = self.kind.subjects
        if columns.urls:
            urls = split_urls(self.cells.get(fields, columns.urls))
            found = [person_id(url, "") for url in urls if not self.owner.wrote(url, "")]
        else:
            url, name = self._who(fields, columns)
            found = [None if self.owner.wrote(url, name) else person_id(url, name)]
        return tuple(dict.fromkeys(person for person in found if person))

    def _visibility(self, fields: Sequence[str]) -> str | None:
        """Return LinkedIn's own word. `MEMBER_NETWORK` is kept: what it means is not documented."""
        value = self.cells.get(fields, self.kind.visibility).strip() if self.kind.visibility else ""
        if not value:
            return None
        return value if self.kind.name == "shares" else value.casefold()

    def _tags(self, fields: Sequence[str]) -> tuple[str, ...]:
        if self.kind.special != "message":
            return self.kind.tags
        drafts = ("IS MESSAGE DRAFT", "IS CONVERSATION DRAFT")
        is_draft = any(self.cells.get(fields, name).casefold() == "yes" for name in drafts)
        folder = self.cells.get(fields, "FOLDER").casefold()
        tags = {"draft": is_draft or folder == "draft", "spam": folder == "spam"}
        tags["sponsored"] = _SPONSORED in self.cells.get(fields, "CONTENT")
        return tuple(tag for tag, holds in tags.items() if holds)


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
