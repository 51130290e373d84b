"""The index of who can be found: read it, and hide who has opted out since it was made.

It lies in the tables `findable` of the database of the home (SQLite, or PostgreSQL by the setting
of the database), a row a person. `Index` reads once, into arrays, what filters and ranks; and of
those who are shown the passages. A member who opts out is hidden from the next search on: before
each answer, the entries of the ledger that came after the index are read, and any opt-out of this
purpose hides its member, and whoever shows an item with them. `leave` takes their rows out.
"""

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, or_, select

from vanne.config import Home
from vanne.corpus.manifest import current_version, has_current
from vanne.database import Database
from vanne.errors import MissingError, VerificationError
from vanne.ledger import Ledger
from vanne.terms import Choice, MemberId
from vanne_assist.brief.criteria import Kind, Passage, Profile
from vanne_assist.search.encoder import TitleIndex, embed, encoder_name
from vanne_assist.search.fact_table import FactTable, Flags, parted, unpacked
from vanne_assist.search.words import WordIndex
from vanne_assist.tables import findable, findable_other, findable_state

PURPOSE = "recruiter-search"
SCHEMA = "vanne/search/10"
_BUILD = "run `vanne search index`"
_AT_ONCE = 2000
"""So many rows are read at once."""
TABLES = (findable.name, findable_other.name, findable_state.name)


@dataclass(frozen=True, slots=True)
class IndexState:
    """What an index was made from; `sha256` names what it holds."""

    corpus: str
    policy: str
    as_of: str
    ledger_size: int
    ledger_root: str
    encoder: str
    profiles: int
    sha256: str
    key: str


def rows_name() -> str:
    """Return what names the form of the rows and the encoder of their vectors."""
    return f"{encoder_name()}, {SCHEMA}"


def state_in(db: Connection) -> IndexState | None:
    """Return what the index was made from; None if there is none."""
    row = db.execute(select(findable_state)).one_or_none()
    return IndexState(**row._mapping) if row else None


def leave(home: Home, members: Iterable[MemberId]) -> None:
    """Take the rows out that show an item which somebody of these owns, wrote or is in."""
    database = Database.of(home)
    with database.writing() as db:
        for each in sorted(set(members)):
            with_them = select(findable_other.c.person_id).where(findable_other.c.other == each)
            own = findable.c.person_id
            db.execute(delete(findable).where(or_(own == each, own.in_(with_them))))
    database.scrub(*TABLES)


class Index:
    """An open index. Use it as a context manager, or call `close`."""

    def __init__(self, home: Home, made: IndexState, rows: Iterable[Sequence[Any]]) -> None:
        """Take the rows (`_COLUMNS`), some at a time."""
        self.home, self.made = home, made
        self._members: list[MemberId] = []
        self.facts, ties, sizes = FactTable(), list[str](), array("q")
        stems, vectors, at_ = bytearray(), bytearray(), dict[str, int]()
        width = embed([]).shape[1] * np.float16().itemsize
        for some in rows:
            members, tie, facts, values, titles, of_titles, of_words = zip(*some, strict=True)
            self._members += members
            ties += tie
            self.facts.add(facts, values)
            at_ |= zip(parted(titles), count(len(vectors) // width), strict=False)
            vectors += b"".join(of_titles)
            stems += b"".join(of_words)
            sizes.extend(len(each) // np.uint32().itemsize for each in of_words)
        self.row_of = {member: at for at, member in enumerate(self._members)}
        tied = np.frombuffer(bytes.fromhex("".join(ties)), ">u8").reshape(-1, 2)
        self.tie = np.argsort(np.lexsort((tied[:, 1], tied[:, 0])))
        self.words = WordIndex(np.frombuffer(stems, np.uint32), sizes)
        self.held = self.facts.columns[Kind.TITLE]
        parts = ((line.split("\t"), at) for line, at in at_.items())
        told = {form: (names.split(), bool(plain), at) for (form, names, plain), at in parts}
        forms = self.held.values
        self._named = [told[form][0] for form in forms]
        self.plain = np.array([told[form][1] for form in forms], bool)
        kept = np.frombuffer(vectors, np.float16).reshape(-1, embed([]).shape[1])
        places = [told[form][2] for form in forms]
        self.titles = TitleIndex(forms, kept[places].astype(np.float32))
        self._others: dict[MemberId, list[int]] = {}
        self._hidden = np.zeros(len(self), bool)
        self._read, self._ledger = made.ledger_size, Ledger.of(home, read_only=True)

    @classmethod
    def open(cls, home: Home) -> "Index":
        """Read the index of a home.

        Raises:
            MissingError: none has been made.
            VerificationError: it was made from another ledger or by another encoder.
        """
        with Database.of(home).reading() as db:
            made = state_in(db)
            if made is None:
                raise MissingError(f"`{home.root}` has no search index", todo=_BUILD)
            if made.encoder != rows_name():
                raise VerificationError(
                    "the search index is of another encoder or version", todo=_BUILD
                )
            rows = db.execute(select(*_COLUMNS), execution_options={"yield_per": _AT_ONCE})
            index = cls(home, made, rows.partitions())
            others = db.execute(select(findable_other)).all()
        for row in others:
            index._others.setdefault(row.other, []).append(index.row_of[row.person_id])
        try:
            index._refuse_another_ledger()
        except BaseException:
            index.close()
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
        return len(self._members)

    def is_current(self) -> bool:
        """Say whether no other version has taken its place."""
        with Database.of(self.home).reading() as db:
            return state_in(db) == self.made

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
        self._read = size
        return ~self._hidden

    def rows_about(self, person: MemberId) -> list[int]:
        """Return the rows that show an item which somebody owns, wrote or is in."""
        own = self.row_of.get(person)
        return [*([] if own is None else [own]), *self._others.get(person, ())]

    # What is in it

    def member(self, row: int) -> MemberId:
        """Return who a row is."""
        return self._members[row]

    def row(self, member_id: MemberId) -> int | None:
        """Return the row of a member who may be shown now; None if they may not."""
        row = self.row_of.get(member_id)
        return row if row is not None and self.shown()[row] else None

    def people(self, members: Iterable[MemberId]) -> dict[MemberId, Profile]:
        """Return what those of some members show who may be shown now."""
        shown = self.shown()
        rows = (self.row_of[each] for each in members if each in self.row_of)
        found = self.profiles(row for row in rows if shown[row])
        return {each.member_id: each for each in found.values()}

    def profiles(self, rows: Iterable[int]) -> dict[int, Profile]:
        """Return what some people show, with the facts; nothing of who has left meanwhile."""
        members = [self._members[row] for row in rows]
        query = select(*_COLUMNS, findable.c.passages).where(findable.c.person_id.in_(members))
        with Database.of(self.home).reading() as db:
            found = db.execute(query).all()
        return {self.row_of[row.person_id]: _profile(row) for row in found}

    @cached_property
    def _of_occupation(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at, names in enumerate(self._named):
            for name in names:
                found.setdefault(name, []).append(at)
        return found

    def of_occupations(self, occupations: Iterable[str]) -> list[int]:
        """Return the places of the distinct titles that name one of some occupations."""
        return [at for name in occupations for at in self._of_occupation.get(name, ())]

    @cached_property
    def named(self) -> Flags:
        """Say of each distinct title whether it names any occupation."""
        return np.array([bool(names) for names in self._named], bool)

    def best_title(self, told: npt.NDArray[Any], nothing: float) -> npt.NDArray[Any]:
        """Return for each person the best of what is told of their titles; with none, `nothing`."""
        return self.held.best(told, np.full(len(self), nothing, told.dtype))

    def is_stale(self) -> bool:
        """Say whether the corpus has another version than the one that was indexed."""
        there = has_current(self.home, PURPOSE)
        return not there or current_version(self.home, PURPOSE) != self.made.corpus

    @property
    def as_of(self) -> datetime:
        """The time of the corpus that was indexed."""
        return datetime.fromisoformat(self.made.as_of)


_COLUMNS = (
    findable.c.person_id,
    findable.c.tie,
    findable.c.facts,
    findable.c.fact_values,
    findable.c.titles,
    findable.c.vectors,
    findable.c.stems,
)


def _profile(row: Any) -> Profile:
    passages = tuple(Passage(*each) for each in json.loads(row.passages))
    items = [passage.item_id for passage in passages]
    facts = unpacked(row.facts, parted([row.fact_values]), items)
    return Profile(row.person_id, passages, facts)
