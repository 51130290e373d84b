"""Read JSON or CSV records, the format `records` of a pack's readers: one row, one item.

A file is recognised by its content: the keys above its rows, and the fields of the rows. Only
fields that the description names are read. A row that has none of them, or whose values are of
another kind, is listed. `network_rules` adds what a description cannot say.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from vanne.fields import DATES, text_of
from vanne.sources.age_facts import is_secondary
from vanne.sources.archive import Archive, ArchiveMember
from vanne.sources.assistants import Chat, chat_key, in_chat
from vanne.sources.chats import NAMELESS
from vanne.sources.dates import (
    birth_date,
    first_day,
    goes_on,
    last_day,
    partial_date,
    written_apart,
)
from vanne.sources.file_reader import (
    PHOTO_COUNTED,
    Context,
    FileMention,
    FileReader,
    MemberClue,
)
from vanne.sources.jsontext import Node
from vanne.sources.markup import text_of_html
from vanne.sources.network_rules import RULES
from vanne.sources.people import other, others, plain_name
from vanne.sources.readers import Fact, NetworkRecord, record_kinds
from vanne.sources.reading import OWNER, MemberFacts, RowResult, School, country_code, item_id
from vanne.sources.record_paths import OddError, Record, joined, moment, texts, values
from vanne.sources.sensitive import tagged
from vanne.terms import Category, Item
from vanne.words import Message

_NOT_NAMED = ("http:", "https:")
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


_NOTHING: tuple[Any, ...] = (None, "", [], {})
_CLOSED = re.compile(r"true|vrai|wahr|vero|waar|prawda|verdad\w+|protect|.*\bpriv\w*.*")
_OPEN = re.compile(
    r"false|faux|falsch|falso|onwaar|fałsz|unprotect|.*\b(?:public|öffentlich|pubblic)\w*.*"
)
"""How networks say whether an account is closed. A word of another language says neither."""


@dataclass(frozen=True, slots=True)
class Records:
    """A file of records: its rows anew each time, and of which kind those under each key are."""

    archive: Archive
    entry: ArchiveMember
    kinds: Mapping[str, NetworkRecord]
    nodes: Callable[[], Iterator[Node]]

    def opened(
        self, warnings: tuple[Message, ...] = (), keys: Iterable[str] | None = None
    ) -> FileReader:
        """Return the file with its reader: that of the records under the keys that were seen."""
        present = self.kinds if keys is None else [key for key in keys if key in self.kinds]
        some = {self.kinds[key].reader for key in present or self.kinds}
        networks = sorted({kind.network for kind in self.kinds.values()})
        reader = some.pop() if len(some) == 1 else networks[0]
        clues = self.clues if any(kind.tells for kind in self.kinds.values()) else None
        return FileReader(self.archive, self.entry, self.read, reader, None, clues, warnings)

    def read(self, context: Context) -> Iterator[RowResult]:
        """Read every row."""
        number = 0
        for kind, value, fault in self._rows():
            number += 1
            if kind is None or fault is not None:
                yield RowResult(number, reason=fault or Message("unknown-part"))
                continue
            result = self._item(kind, value, context)
            if isinstance(result, Message):
                yield RowResult(number, reason=result)
            else:
                yield RowResult(number, result)

    def clues(self) -> Iterator[MemberClue]:
        """Say what the file tells about the member."""
        today = (self.archive.snapshot or datetime.max).date()
        chat: MemberClue | None = None
        for kind, value, fault in self._rows(only_telling=True):
            if kind is None or fault is not None:
                continue
            try:
                if kind.assistant:
                    chat = self._chat(kind, value, chat)
                else:
                    yield _clue(kind, value, today)
            except OddError:
                continue
        if chat:
            yield chat

    def _chat(self, kind: NetworkRecord, value: Any, clue: MemberClue | None) -> MemberClue:
        """Add a message, or who takes part, to what the file shows of an assistant."""
        chat = clue.chat if clue else None
        if chat is None:
            key = chat_key(self.archive.name, self.entry.path)
            place = PurePosixPath(key[1])
            chat = Chat(key, kind.assistant, is_named=kind.category == Category.AI_PROMPT)
            chat = chat.titled(place.name).titled(place.parent.name)
            chat = chat.titled(PurePosixPath(key[0]).stem) if place.name == NAMELESS else chat
        if isinstance(value, str):  # a title
            chat = chat.titled(value)
        elif isinstance(value, dict):
            sender = next(texts(value, kind.author or ("name",)), "") or str(value.get("name", ""))
            chat = chat.heard(sender, joined(value, kind.text))
        return MemberClue(kind.network, chat=chat)

    def _rows(
        self, *, only_telling: bool = False
    ) -> Iterator[tuple[NetworkRecord | None, Any, Message | None]]:
        aside = {key for kind in self.kinds.values() for key in kind.aside}
        parts = {(kind.network, kind.name): kind for kind in record_kinds()}
        for node in self.nodes():
            kind = self.kinds.get(node.key)
            if kind is None:
                is_value = not node.is_row and not (
                    node.value and isinstance(node.value, dict | list)
                )
                if only_telling and node.key in aside and node.fault is None:
                    chats = (each for each in self.kinds.values() if each.assistant)
                    yield next(chats, None), node.value, None
                elif node.fault is not None or not (node.key in aside or is_value):
                    yield None, node.value, node.fault
                continue
            if only_telling and not kind.tells:
                continue
            if node.fault is not None:
                yield kind, None, node.fault
                continue
            if not node.is_row and node.value in _NOTHING:
                continue
            value = _repaired(node.value) if kind.mojibake else node.value
            value = _without(value, kind.blank) if kind.blank else value
            arrays: list[list[Any]] = []
            if kind.nested and not node.is_row and isinstance(value, dict):
                arrays = [one for one in value.values() if isinstance(one, list)]
            for row in chain.from_iterable(arrays) if arrays else [value]:
                yield from _inner(kind, row)
                for name in () if only_telling else kind.parts:
                    yield from _inner(parts[kind.network, name], row)

    def _item(self, kind: NetworkRecord, value: Any, context: Context) -> Item | Message:
        if kind.unwrap and isinstance(value, dict) and isinstance(value.get(kind.unwrap), dict):
            value = value[kind.unwrap]
        if isinstance(value, str) and kind.bare:
            value = {kind.bare: value}
        if isinstance(value, list) and kind.columns:
            value = dict(zip(kind.columns, value, strict=False))
        if not isinstance(value, dict):
            return Message("not-an-object")
        if not any(one not in (None, "", [], {}) for one in value.values()):
            return Message("empty-row")
        try:
            plain = _item(kind, value, self.archive.snapshot, context)
            if plain is None:
                return Message("no-known-field")
            own = context.names_in(kind.network)
            item = RULES[kind.rule](value, plain, own) if kind.rule else plain
            if kind.assistant and not kind.rule and isinstance(item, Item):
                chat = context.chats.get(chat_key(self.archive.name, self.entry.path))
                sender = next(texts(value, kind.author), "")
                item = in_chat(item, sender, kind.assistant, chat, own)
        except OddError as error:
            place = str(error)
            if place == kind.created:
                return Message("bad-date", column=place)
            return Message("odd-value-in", column=place)
        if isinstance(item, Item) and item.media:
            places = [one for one in item.media.split("\n") if not one.startswith(_NOT_NAMED)]
            tags = tagged(item).tags if places else ()
            mention = FileMention(
                item.category, item.created_at, item.visibility, item.author, tags
            )
            if item.category == Category.PHOTO:
                is_new = [context.named.add_photo(place) for place in places]
                if is_new and not any(is_new):  # albums repeat each other's
                    return PHOTO_COUNTED
            for place in places:
                context.named.add(place, mention)
        return item


def _inner(kind: NetworkRecord, value: Any) -> Iterator[tuple[NetworkRecord, Any, Message | None]]:
    """Yield the rows that a row holds, if it is one that only holds others."""
    if not kind.inner:
        yield kind, value, None
        return
    try:
        rows = values(value, kind.inner)
    except OddError as error:
        yield kind, None, Message("odd-value-in", column=str(error))
        return
    is_part = not kind.keys
    if not rows and not is_part and [] not in values(value, kind.inner.removesuffix("[]")):
        yield kind, None, Message("no-known-field")
    for row in rows:
        yield kind, row, None


def _fields_and_text(kind: NetworkRecord, record: Record) -> tuple[dict[str, str], str | None]:
    """Return the fields of a record, and its text: a line for each, then what no field holds."""
    named, others = dict[str, str](), list[str]()
    for name, places in kind.fields.items():
        if name in DATES:
            date, words = _date(record, places)
            named |= {name: date} if date else {}
            others += [words] if words else []
        elif value := joined(record, places, numbers=kind.numbers):
            plain = text_of_html(value) if kind.html else value
            named |= {name: plain} if plain else {}
    if "given_name" in named or "family_name" in named:
        named.pop("full_name", None)
    text = joined(record, kind.text, numbers=kind.numbers)
    lines = [text_of(named), *others, text_of_html(text) if kind.html and text else text]
    return named, "\n".join(filter(None, lines)) or None


def _date(record: Record, places: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the date at a place, which may be seconds since 1970, or else its words."""
    for place in places:
        for value in values(record, place):
            if isinstance(value, dict):
                return partial_date(written_apart(value)), None
            if isinstance(value, int) and not 1900 < value < 2100:  # a time, and not a year
                at = moment({"at": value}, "at", "seconds")
                return (f"{at:%Y-%m}" if at else None), None
            words = next(texts({"at": value}, ("at",)))
            return partial_date(words), None if partial_date(words) or goes_on(words) else words
    return None, None


def _item(
    kind: NetworkRecord, record: Record, snapshot: datetime | None, context: Context
) -> Item | None:
    if kind.rule != "any" and not kind.is_in(record):
        return None
    for place in kind.must:
        if not values(record, place):
            return None
    created = moment(record, kind.created, kind.time) if kind.created else None
    own = context.names_in(kind.network)
    named, text = _fields_and_text(kind, record)
    return Item(
        item_id=item_id(kind.reader, _ENCODER.encode(record)),
        owner=OWNER,
        category=kind.category,
        author=other(next(texts(record, kind.author), ""), own),
        subjects=others(texts(record, kind.subjects), own),
        created_at=snapshot if created is None and kind.state else created,
        visibility=_visibility(kind, record),
        tags=kind.tags,
        text=text,
        media="\n".join(dict.fromkeys(texts(record, kind.media))) or None,
        source=kind.reader,
        fields=named,
    )


def _visibility(kind: NetworkRecord, record: Record) -> str | None:
    """Return who may see a record: as its own words say it, or as all of its kind."""
    word = next(texts(record, (kind.audience,)), "") if kind.audience else ""
    plain = " ".join(word.split()).casefold()
    return kind.audiences.get(plain, plain) or kind.visibility or None


def _without(value: Any, blank: Collection[str]) -> Any:
    """Return a value without the texts that stand where there is none."""
    if isinstance(value, list):
        return [_without(one, blank) for one in value if one not in blank]
    if isinstance(value, dict):
        return {key: _without(one, blank) for key, one in value.items() if one not in blank}
    return value


def _clue(kind: NetworkRecord, record: Any, today: date) -> MemberClue:
    if kind.unwrap and isinstance(record, dict):
        record = record.get(kind.unwrap, record)

    def fact(name: Fact) -> str:
        return next(texts(record, (kind.facts[name],)), "") if name in kind.facts else ""

    def time_of(name: Fact) -> datetime | None:
        return moment(record, kind.facts[name], kind.time) if name in kind.facts else None

    place = kind.facts.get("birth", "")
    born = next(iter(values(record, place)), "") if place else ""
    born = written_apart(born) if isinstance(born, dict) else born
    # "closed": only followers see the account; "changed": when that was set
    closed, changed_at = fact("closed").casefold(), time_of("changed")
    is_closed = True if _CLOSED.fullmatch(closed) else False if _OPEN.fullmatch(closed) else None
    return MemberClue(
        kind.network,
        frozenset(map(plain_name, texts(record, kind.names))),
        MemberFacts(
            location=fact("location") or None,
            country=country_code(fact("country")),
            birth_date=birth_date(born if isinstance(born, str) else "", today),
            registered_at=time_of("joined"),
            schools=tuple(_schools(record, kind.facts.get("schools", ""))),
        ),
        is_closed,
        changed_at,
    )


def _schools(record: Record, place: str) -> Iterator[School]:
    """Yield the secondary schools of a record."""
    schools = [record] if place == "[]" else values(record, place) if place else []
    for one in schools:
        if not isinstance(one, dict):
            continue
        name, degree = str(one.get("name") or one.get("institution") or ""), one.get("studyType")
        start, end = _bound(one, "start"), _bound(one, "end")
        degree = degree if isinstance(degree, str) and (start or end) else ""
        if one.get("school_type") == "High School" or is_secondary(name, degree):
            yield School(first_day(start), last_day(end))


def _bound(record: Record, which: str) -> str:
    stamp, day = record.get(f"{which}_timestamp"), record.get(f"{which}Date")
    if isinstance(stamp, int) and stamp:
        at = moment(record, f"{which}_timestamp", "seconds")
        return at.date().isoformat() if at else ""
    return day[:10] if isinstance(day, str) else ""


def _repaired(value: Any) -> Any:
    r"""Return the value with the texts that Facebook and Instagram write as Latin-1 made whole.

    >>> _repaired({"a": ["Zo\u00c3\u00ab", "Zoë", "€"]})
    {'a': ['Zoë', 'Zoë', '€']}
    """
    if isinstance(value, str):
        return repaired(value)
    if isinstance(value, list):
        return [_repaired(one) for one in value]
    if isinstance(value, dict):
        if not all(map(str.isascii, value)):
            value = {repaired(key): one for key, one in value.items()}
        return {key: _repaired(one) for key, one in value.items()}
    return value


def repaired(text: str) -> str:
    """Return a text that was written byte by byte as what it says; another as it is."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except ValueError:
        return text
