"""Read the pages of a download of Facebook or Instagram as HTML: each card of a page is a record.

A page is a list of cards, and a card has a head, a body, a table of labels, a time. The classes of
these have changed twice since 2018 and are the same in every language. Labels and times are in the
language of the account. A record has these fields, as far as the card has them:

* `title`, `words`: the head, and the lines of the body;
* `media`: addresses of files and links in the body;
* `string_map_data`: what stands under each label, in the form that Instagram's JSON has;
* `timestamp`: the time, in seconds. A page gives the account's local time without a zone: UTC is
  taken for it.

A card that holds several heads or times beside several bodies is of a form that is not known: it
may be many records in one, so its record is `NOT_UNDERSTOOD` and nothing of it is made an item.

The time grows in proportion to the length of a page, and memory holds one card at a time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from vanne.folding import fold
from vanne.sources.dates import MONTHS
from vanne.sources.markup import Piece, unescaped

_CARD = {"_a6-g", "uiBoxWhite"}
_ROLES: dict[str, "Role"] = {
    "_a6-h": "title",
    "_2lel": "title",
    "_a6-p": "body",
    "_2let": "body",
    "_a6-o": "date",
    "_2lem": "date",
    "_a72d": "date",
    "_a701": "aside",  # who is tagged, in a sentence
}
"""What the classes of an element say that it is: of 2022 and since, and of 2018 to 2021."""
_REACTIONS = {"_a6-q", "_tqp"}
"""Lists of who reacted to a message."""
_BLOCK = "_2pin"
_TAG_ROLES: dict[str, "Role"] = {"h2": "title", "h3": "title", "footer": "date", "tr": "row"}
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BREAKS = frozenset(
    "p div br h1 h2 h3 h4 h5 h6 li ul ol blockquote pre table tr td th section".split()
)
_ATTRIBUTE = re.compile(r"""\s([a-z-]+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.I)
_ADDRESS = re.compile(r"https?:", re.IGNORECASE)
_NO_FILE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//|.*\.html?$", re.IGNORECASE)
_PLACE = re.compile(r"\(-?\d{1,3}\.\d+, ?-?\d{1,3}\.\d+\)")
_LONGEST_TIME, _LONGEST_USUAL = 60, 300
MAX_CARD, MAX_DEPTH = 8 << 20, 200
"""So many letters of one card are kept, and elements are told apart so deep."""

Role = Literal["title", "body", "date", "aside", "row"]
CardRecord = dict[str, Any]
NOT_UNDERSTOOD: CardRecord = {"form": "not known"}


@dataclass(slots=True)
class _Card:
    """A card that is open: what was found in it, and the cards inside."""

    title: list[str] = field(default_factory=list)
    date: list[str] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=lambda: [[]])
    rows: list[tuple[str, str]] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    inner: list["_Card"] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)
    """How many elements of each role it has side by side."""
    size: int = 0

    @property
    def is_only_around(self) -> bool:
        """Say whether it holds nothing but other cards."""
        has_words = any(part.strip() for block in self.blocks for part in block)
        return bool(self.inner) and not (self.title or self.date or self.rows or has_words)

    def record(self) -> CardRecord:
        """Return the card as a record; an inner card is a part of it."""
        if self.parts["body"] > 1 and max(self.parts["title"], self.parts["date"]) > 1:
            return NOT_UNDERSTOOD
        rows, media, date = list(self.rows), list(self.media), _line(self.date)
        is_cut = len(self.blocks) > 1
        bodies = (_body_text(block, self.media, has_times=is_cut) for block in self.blocks)
        words = [text for text in bodies if text]
        for card in self.inner:
            inside = card.record()
            if inside is NOT_UNDERSTOOD:
                return NOT_UNDERSTOOD
            rows += [
                (name, one["value"]) for name, one in inside.get("string_map_data", {}).items()
            ]
            words += [inside["words"]] if "words" in inside else []
            media += inside.get("media", ())
        labels: dict[str, dict[str, Any]] = {}
        last = None
        for name, value in rows:
            at = moment_of(value)
            last = at if at is not None else last
            labels.setdefault(name, {"value": value} | ({"timestamp": at} if at else {}))
        at = moment_of(date)
        if at is None and last is None and words:  # a list of people has it below each name
            above, _, below = words[-1].rpartition("\n")
            if (at := moment_of(below)) is not None:
                words[-1:] = [above] if above else []
        found = {
            "title": _line(self.title),
            "words": "\n".join(words),
            "media": list(dict.fromkeys(media)),
            "string_map_data": labels,
            "timestamp": last if at is None else at,
        }
        return {name: value for name, value in found.items() if value}


def cards_of(pieces: Iterable[Piece]) -> Iterator[CardRecord]:
    r"""Yield the cards of a page as records.

    >>> from vanne.sources.markup import pieces_of
    >>> page = '<div class="_a6-g"><h2>Ana</h2><div class="_a6-p">Hi<br>you</div></div>'
    >>> list(cards_of(pieces_of(page)))
    [{'title': 'Ana', 'words': 'Hi\nyou'}]
    """
    reader = _PageReader()
    for kind, value, attributes in pieces:
        if kind == "text":
            reader.text(value)
        elif kind == "start":
            is_usual = len(attributes) <= _LONGEST_USUAL  # a long one is kept by nobody
            read = _element if is_usual else _element.__wrapped__
            reader.start(read(value, attributes))
        elif kind == "end" and (cards := reader.end(value)):
            yield from filter(None, (card.record() for card in cards))
    yield from filter(None, (card.record() for card in reader.close()))


class _Element(NamedTuple):
    """What the start of an element says: what it is, and the file or the link that it names."""

    name: str
    role: "Role | Literal['card'] | None"
    is_break: bool
    is_block: bool
    is_alone: bool
    place: str


@lru_cache(maxsize=4096)
def _element(name: str, attributes: str) -> _Element:
    values = {
        match[1].lower(): unescaped(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(attributes)
    }
    classes = values.get("class", "").split()
    role: Role | Literal["card"] | None = _TAG_ROLES.get(name)
    if not _CARD.isdisjoint(classes):
        role = "card"
    elif name == "ul" and not _REACTIONS.isdisjoint(classes):
        role = "aside"
    else:
        role = next((_ROLES[each] for each in classes if each in _ROLES), role)
    place = values.get("href" if name == "a" else "src", "").strip()
    if not _ADDRESS.match(place):
        place = "" if _NO_FILE.match(place) else place.replace("\\", "/")
        while place.startswith(("./", "../", "/")):
            place = place.partition("/")[2]
        place = "" if place.startswith("files/") else place  # the pictures of the page itself
    elif name != "a":
        place = ""
    is_alone = name in _VOID or attributes.endswith("/>")
    is_block = _BLOCK in classes and name != "td"
    return _Element(name, role, name in _BREAKS, is_block, is_alone, place)


class _PageReader:
    """Follows the elements of a page that are open, and what each is."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str | None]] = []
        self._names: Counter[str] = Counter()
        self._cards: list[_Card] = []
        self._roles: list[Role] = []
        self._rows: list[list[list[str]]] = []
        """Of each row that is open its chunks: the label, then the value."""

    def start(self, element: _Element) -> None:
        """Take the start of an element."""
        role = element.role
        if self._cards:
            if element.place and self._roles and self._roles[-1] in ("body", "row", "title"):
                self._cards[-1].media.append(element.place)
            if element.is_break:
                self._break(is_block=element.is_block)
        elif role != "card":
            role = None
        if element.is_alone or len(self._open) >= MAX_DEPTH:
            return
        if role == "card":
            self._cards.append(_Card())
        elif role is not None:
            self._cards[-1].parts[role] += role not in self._roles
            self._roles.append(role)
            if role == "row":
                self._rows.append([[]])
        self._open.append((element.name, role))
        self._names[element.name] += 1

    def end(self, name: str) -> Sequence[_Card]:
        """Take the end of an element, and of those left open in it; return what ends with it."""
        if self._cards and name in _BREAKS:
            self._break(is_block=False)
        ended: list[_Card] = []
        while self._names[name]:
            opened, role = self._open.pop()
            self._names[opened] -= 1
            if role == "card":
                ended += self._end_card()
            elif role is not None:
                self._roles.pop()
                if role == "row":
                    self._end_row()
            if opened == name:
                break
        return ended

    def close(self) -> Iterator[_Card]:
        """Take the end of the page."""
        while self._open:
            yield from self.end(self._open[-1][0])

    def text(self, text: str) -> None:
        """Take a text between tags."""
        if not self._cards or not text:
            return
        card = self._cards[-1]
        card.size += len(text)
        if card.size > MAX_CARD:
            return
        match self._roles[-1] if self._roles else None:
            case "title":
                card.title.append(text)
            case "date":
                card.date.append(text)
            case "row":
                self._rows[-1][-1].append(text)
            case "body":
                card.blocks[-1].append(text)

    def _break(self, *, is_block: bool) -> None:
        """Take the edge of a block: a line of the body ends, or the label of a row."""
        if not self._roles:
            return
        card = self._cards[-1]
        card.size += 1
        if self._roles[-1] == "body" and card.size <= MAX_CARD:
            if is_block:
                card.blocks.append([])
            else:
                card.blocks[-1].append("\n")
        elif self._roles[-1] == "row" and any(part.strip() for part in self._rows[-1][-1]):
            self._rows[-1].append([])

    def _end_row(self) -> None:
        label, *values = [_line(chunk) for chunk in self._rows.pop()]
        value = "\n".join(filter(None, values))
        if label and value:
            self._cards[-1].rows.append((label.rstrip(":"), value))

    def _end_card(self) -> Sequence[_Card]:
        card = self._cards.pop()
        if self._cards:
            self._cards[-1].inner.append(card)
            return ()
        return card.inner if card.is_only_around else (card,)


def _line(parts: Iterable[str]) -> str:
    return " ".join("".join(parts).split())


def _body_text(block: Iterable[str], media: Sequence[str], *, has_times: bool) -> str:
    """Return the lines of a part of a body that the member wrote.

    Left out are a place with its coordinates, the time of an update, and the address of a link.
    """
    lines = [" ".join(line.split()) for line in "".join(block).split("\n")]
    lines = [line for line in lines if line and line not in media]
    if any(map(_PLACE.search, lines)):
        return ""
    if has_times and len(lines) == 1 and moment_of(lines[0]) is not None:
        return ""
    return "\n".join(lines)


# Times, in the language of the account

_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}) ?[:h] ?(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"(?: ?(?P<half>[ap])\.? ?m\b\.?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"\(?(?:UTC|GMT)(?P<sign>[+-])?(?P<hours>\d{1,2})?(?::?(?P<minutes>\d{2}))?\)?")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
_MORE_MONTHS = {
    name: number
    for number, names in enumerate(
        "ene enero janeiro januari|fev febrero fevereiro februari|marzo marco maart mrt|abr abril|"
        "mayo maio mei|junio junho|julio julho|ago agosto augustus|septiembre setembro|"
        "out octubre outubro|noviembre novembro|diciembre dezembro".split("|"),
        start=1,
    )
    for name in names.split()
}
_MONTHS = _MORE_MONTHS | MONTHS


def moment_of(text: str) -> int | None:
    """Return the seconds since 1970 of a day with its time, as a page writes them.

    >>> [moment_of(text) for text in ("Nov 14, 2023 10:13:20 pm", "14. Nov. 2023, 22:13")]
    [1700000000, 1699999980]
    >>> moment_of("nov. 14, 2023 10:13 pm") == moment_of("14/11/2023, 22:13") == 1699999980
    True
    >>> moment_of("14 November"), moment_of("2023")
    (None, None)
    """
    text = " ".join(text.split())  # newer pages have a narrow no-break space
    clock = _CLOCK.search(text) if len(text) <= _LONGEST_TIME else None
    if clock is None:
        return None
    rest = text[: clock.start()] + " " + text[clock.end() :]
    zone = _ZONE.search(rest)
    rest = _ZONE.sub(" ", rest)
    numbers = [int(number) for number in _NUMBER.findall(rest)]
    words = _WORD.findall(fold(rest))
    month = next((_MONTHS[word] for word in words if word in _MONTHS), None)
    if month is not None and len(numbers) == 2:
        day, year = sorted(numbers)
    elif month is None and len(numbers) == 3:
        if numbers[0] > 31:
            year, month, day = numbers
        else:
            day, month, year = numbers
            if (clock["half"] and day <= 12) or month > 12:
                day, month = month, day
    else:
        return None
    year += 2000 if year < 100 else 0
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower() == "p" else 0)
    try:
        minute, second = int(clock["minute"]), int(clock["second"] or 0)
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    if zone and zone["sign"]:
        ahead = timedelta(hours=int(zone["hours"] or 0), minutes=int(zone["minutes"] or 0))
        at += -ahead if zone["sign"] == "+" else ahead
    return int(at.timestamp())
