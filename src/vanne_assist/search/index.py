"""The index of who can be found: open it from disk, and hide who has opted out since it was made.

    HOME/search/
    ├─ CURRENT            names the version that is in use
    ├─ key                what orders people who are alike
    └─ VERSION/
       ├─ manifest.json   which corpus, ledger and encoder it was made from
       └─ index.arrow     members, passages, facts, vectors, words: mapped, not read

A version's folder appears when it is complete. A process that has an old version open goes on
reading it while a new one is made. A member who opts out is hidden from the next search on: before
each answer, the entries of the ledger that came after the index are read, and any opt-out of this
purpose hides its member.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rfc8785

from vanne.config import Home
from vanne.corpus import arrays
from vanne.corpus.manifest import current_version, has_current
from vanne.errors import MissingError, StorageError, VerificationError, storing
from vanne.ledger import Ledger
from vanne.terms import Choice, MemberId
from vanne_assist.brief.criteria import Fact, Passage, Profile
from vanne_assist.search.encoder import encoder_name, fitted
from vanne_assist.search.fact_table import KINDS, LEVELS, NO_YEAR, FactTable, Flags
from vanne_assist.search.title_index import TitleIndex
from vanne_assist.search.word_index import Ints, WordIndex

PURPOSE = "recruiter-search"
SCHEMA = "vanne/search/4"
_BUILD = "run `vanne search index`"


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """What an index was made from: the same of all these, the same bytes."""

    corpus: str
    policy: str
    as_of: str
    ledger_size: int
    ledger_root: str
    encoder: str
    whitening: str
    profiles: int
    sha256: str

    def canonical(self) -> bytes:
        """Return the manifest as canonical JSON."""
        return rfc8785.dumps(
            {name: getattr(self, name) for name in self.__slots__} | {"schema": SCHEMA}
        )

    @property
    def name(self) -> str:
        """What the folder of the index is called."""
        return hashlib.sha256(self.canonical()).hexdigest()


def folder(home: Home) -> Path:
    """Return where the index of a home lies."""
    return home.root / "search"


class Index:
    """An open index. Use it as a context manager, or call `close`."""

    def __init__(
        self, home: Home, made: IndexManifest, columns: Mapping[str, Any], ledger: Ledger
    ) -> None:
        self.home, self.made, self._columns, self._ledger = home, made, columns, ledger
        self._hidden = np.zeros(made.profiles, bool)
        self._read = made.ledger_size

    @classmethod
    def open(cls, home: Home) -> "Index":
        """Open the current index of a home.

        Raises:
            MissingError: none has been made.
            VerificationError: it is damaged, or was made from another ledger or by another encoder.
        """
        place = folder(home) / current_name(home)
        made = read_made(place)
        if made.encoder != encoder_name() or made.whitening != fitted().digest:
            raise VerificationError("the search index is another encoder's", todo=_BUILD)
        try:
            about, columns = arrays.load(place / "index.arrow")
        except (StorageError, VerificationError) as error:
            raise VerificationError("the search index is damaged", todo=_BUILD) from error
        if about.get("schema") != SCHEMA or arrays_digest(place) != made.sha256:
            raise VerificationError("the search index is damaged", todo=_BUILD)
        ledger = Ledger.of(home, read_only=True)
        index = cls(home, made, columns, ledger)
        try:
            index._refuse_another_ledger()
        except BaseException:
            ledger.close()
            raise
        return index

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self.made.profiles

    def is_current(self) -> bool:
        """Say whether no other version has taken its place."""
        return current_name(self.home) == self.made.name

    def _refuse_another_ledger(self) -> None:
        size = self._ledger.size
        if size < self._read or self._ledger.root(self._read).hex() != self.made.ledger_root:
            what = "the ledger is not the one that the search index was made from"
            raise VerificationError(what, todo=_BUILD)

    # Who opted out

    def shown(self) -> Flags:
        """Return who may be shown now: everybody in the index but who opted out since."""
        size, later = self._ledger.later(self._read)
        if size < self._read:
            self._refuse_another_ledger()
        for choice in later:
            if isinstance(choice, Choice) and choice.purpose == PURPOSE and not choice.on:
                self._hidden[self.rows_about(choice.member_id)] = True
                place = self._place("passage_item", choice.target or "")
                if choice.scope == "item" and place is not None:
                    starts = self._columns["passages_start"]
                    self._hidden[np.searchsorted(starts, place, side="right") - 1] = True
        self._read = size
        return ~self._hidden

    def rows_about(self, person: MemberId) -> list[int]:
        """Return the rows that show an item which somebody owns, wrote or is in."""
        own = self._place("members", person)
        others, rows = self._columns["other_person"], self._columns["other_row"]
        first = bisect_left(range(len(others)), person, key=lambda at: others[at].as_py())
        last = bisect_right(range(len(others)), person, key=lambda at: others[at].as_py())
        return [*([] if own is None else [own]), *rows[first:last].tolist()]

    def _place(self, name: str, value: str) -> int | None:
        """Return where a value is in a column, by bisection: nothing is made ready for it."""
        column, order = self._columns[name], self._columns[f"{name}_order"]
        at = bisect_left(order, value, key=lambda place: column[int(place)].as_py())
        place = int(order[at]) if at < len(order) else None
        return place if place is not None and column[place].as_py() == value else None

    # What is in it

    def member(self, row: int) -> MemberId:
        """Return who a row is."""
        member: str = self._columns["members"][row].as_py()
        return member

    def row(self, member_id: MemberId) -> int | None:
        """Return the row of a member who may be shown now; None if they may not."""
        row = self._place("members", member_id)
        return row if row is not None and self.shown()[row] else None

    def profile(self, row: int) -> Profile:
        """Return what may be shown of a member, with the facts."""
        first, last = self._columns["passages_start"][row : row + 2].tolist()
        names = ("item", "category", "text", "lang", "fields")
        columns = [self._columns[f"passage_{n}"][first:last].to_pylist() for n in names]
        passages = tuple(
            Passage(item, category, text, lang or None, json.loads(fields))
            for item, category, text, lang, fields in zip(*columns, strict=True)
        )
        table, passage_of = self.facts, self._columns["fact_passage"]
        spans = self._columns["fact_span"].reshape(-1, 2)
        facts = []
        for at in range(*self._columns["facts_start"][row : row + 2].tolist()):
            number, since, until = table.number[at], int(table.since[at]), int(table.until[at])
            facts.append(
                Fact(
                    kind=KINDS[int(table.kinds[at])],
                    value=self._columns["values"][int(table.value[at])].as_py(),
                    item_id=self._columns["passage_item"][int(passage_of[at])].as_py(),
                    span=(int(spans[at][0]), int(spans[at][1])),
                    number=None if np.isnan(number) else round(float(number), 1),
                    since=None if since == NO_YEAR else since,
                    until=None if until == NO_YEAR else until,
                    level=LEVELS[int(table.level[at])] if table.level[at] >= 0 else None,
                )
            )
        return Profile(self.member(row), passages, tuple(facts))

    @cached_property
    def facts(self) -> FactTable:
        """The facts of all profiles."""
        names = ("kinds", "value", "number", "since", "until", "level")
        columns = {name: self._columns[f"fact_{name}"] for name in names}
        sizes = np.diff(self._columns["facts_start"])
        rows = np.repeat(np.arange(len(self), dtype=np.int32), sizes)
        values = self._columns["values"]
        return FactTable(size=len(self), values=values, rows=rows, **columns)

    @cached_property
    def titles(self) -> TitleIndex:
        """The distinct titles, in their form for everybody."""
        forms = tuple(self._columns["titles"].to_pylist())
        return TitleIndex(forms, self._columns["title_vectors"].reshape(len(forms), -1))

    def of_occupations(self, occupations: Collection[str] | None) -> Ints:
        """Return the places of the distinct titles that name one of some occupations, or any."""
        if occupations is None:
            every: Ints = self._columns["occupied"]
            return every
        wanted = [self._occupations[name] for name in occupations if name in self._occupations]
        found: Ints = self._columns["occupied"][np.isin(self._columns["occupation"], wanted)]
        return found

    @cached_property
    def _occupations(self) -> dict[str, int]:
        return _places(self._columns["occupations"])

    @cached_property
    def held(self) -> tuple[Ints, Ints]:
        """Where each profile's titles begin, and which of the distinct titles they are."""
        return self._columns["held_start"], self._columns["held"]

    @cached_property
    def words(self) -> WordIndex:
        """The words of all profiles."""
        names = ("starts", "rows", "weights")
        columns = {name: self._columns[f"word_{name}"] for name in names}
        return WordIndex(known=_places(self._columns["words"]), size=len(self), **columns)

    def is_stale(self) -> bool:
        """Say whether the corpus has another version than the one that was indexed."""
        there = has_current(self.home, PURPOSE)
        return not there or current_version(self.home, PURPOSE) != self.made.corpus

    @property
    def as_of(self) -> datetime:
        """The time of the corpus that was indexed."""
        return datetime.fromisoformat(self.made.as_of)


def current_name(home: Home) -> str:
    """Return the name of the current version.

    Raises:
        MissingError: no index has been made here.
    """
    pointer = folder(home) / "CURRENT"
    if not pointer.exists():
        raise MissingError(f"`{home.root}` has no search index", todo=_BUILD)
    with storing(f"`{pointer.name}`"):
        return Path(pointer.read_text("utf-8", "replace").strip()).name


def read_made(place: Path) -> IndexManifest:
    """Read what an index was made from.

    Raises:
        VerificationError: its manifest is missing, damaged or another's.
    """
    try:
        document = json.loads((place / "manifest.json").read_bytes())
        if document.pop("schema") != SCHEMA:
            raise ValueError
        return IndexManifest(**document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise VerificationError("the search index is damaged", todo=_BUILD) from error


def arrays_digest(place: Path) -> str:
    """Return the sha256 that the arrays' file was written with (`arrays.load` has checked it)."""
    try:
        return str(json.loads((place / "index.arrow.seen").read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _places(texts: Any) -> dict[str, int]:
    return {text: place for place, text in enumerate(texts.to_pylist())}
