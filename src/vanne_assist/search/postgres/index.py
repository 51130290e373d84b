"""An open index in PostgreSQL: every answer is of one snapshot, in which every no was heard."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.corpus.manifest import current_version, has_current
from vanne.errors import BusyError, MissingError
from vanne.ledger import Ledger
from vanne.ledger.postgres_errors import name_of
from vanne.terms import Choice, MemberId
from vanne_assist.brief.criteria import Brief, Profile
from vanne_assist.search.find import Results
from vanne_assist.search.index import PURPOSE, Made, ledger_differs
from vanne_assist.search.keys import keyed, read_key
from vanne_assist.search.postgres import asking, server
from vanne_assist.search.postgres.document import read_document
from vanne_assist.search.postgres.rows import drop_unused, take_out

if TYPE_CHECKING:
    from vanne_assist.search.postgres.server import Connection


@dataclass(frozen=True, slots=True)
class State:
    """What the one row of an index says: `heard` entries of the ledger, the sizes, its making."""

    heard: int
    profiles: int
    words: int
    titles: int
    made: Made | None


def read_state(db: "Connection", *, lock: bool = False) -> State:
    """Read the row of an index; with `lock` whoever writes waits until this transaction ends."""
    row = db.execute(
        "SELECT heard, profiles, words, titles, made FROM search_index"
        + (" FOR UPDATE" if lock else "")
    ).fetchone()
    if row is None:
        raise MissingError("the database has no search index", todo=server.BUILD)
    heard, profiles, words, titles, made = row
    return State(heard, profiles, words, titles, made and Made.read(json.loads(made)))


class PostgresIndex:
    """An index in a database; see `vanne_assist.search.searchable.Searchable`.

    It holds one connection: one thread asks at a time.
    """

    def __init__(
        self, home: Home, url: str, db: "Connection", ledger: Ledger, key: bytes, made: Made
    ) -> None:
        self.home, self.made = home, made
        self._url, self._db, self._ledger, self._key = url, db, ledger, key

    @classmethod
    def open(cls, home: Home, url: str) -> "PostgresIndex":
        """Open the index of a home.

        Raises:
            MissingError: none has been made, or by another version of Vanne.
            VerificationError: it was made from another ledger or by another encoder.
            ConfigError, StorageError: the server cannot be used, or not be reached.
        """
        with server.explained(url):
            db = server.connect(url)
            try:
                server.require(db, url)
                made = read_state(db).made
                if made is None:
                    name = name_of(url, server.SETTING)
                    raise MissingError(f"{name} has no search index", todo=server.BUILD)
                made.refuse_another_encoder()
                ledger = Ledger.of(home, read_only=True)
            except BaseException:
                db.close()
                raise
        index = cls(home, url, db, ledger, read_key(home), made)
        try:
            index._refuse_another_ledger(made.ledger_size)
        except BaseException:
            index.close()
            raise
        return index

    def close(self) -> None:
        """Let go of the server and of the ledger."""
        self._db.close()
        self._ledger.close()

    def __enter__(self) -> "PostgresIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self.made.profiles

    @property
    def where(self) -> str:
        """The database's name."""
        return name_of(self._url, server.SETTING)

    @property
    def as_of(self) -> datetime:
        """The time of the corpus that was indexed."""
        return datetime.fromisoformat(self.made.as_of)

    def is_current(self) -> bool:
        """Say yes: a later version takes the place of this one in the same tables."""
        return True

    def is_stale(self) -> bool:
        """Say whether the corpus has another version than the one that was indexed."""
        there = has_current(self.home, PURPOSE)
        return not there or current_version(self.home, PURPOSE) != self.made.corpus

    def _refuse_another_ledger(self, heard: int) -> None:
        size = self._ledger.size
        if size < max(heard, self.made.ledger_size) or (
            self._ledger.root(self.made.ledger_size).hex() != self.made.ledger_root
        ):
            raise ledger_differs()

    # Who said no

    @contextmanager
    def _reading(self) -> Iterator[State]:
        """Give a snapshot in which everybody who had said no before is gone."""
        with server.explained(self._url):
            try:
                yield self._begun()
            finally:
                if not self._db.closed:
                    self._db.execute("ROLLBACK")

    def _begun(self) -> State:
        size = self._ledger.size
        while True:
            self._db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            state = read_state(self._db)
            if state.made and state.made != self.made:
                state.made.refuse_another_encoder()
                self.made = state.made
                self._refuse_another_ledger(state.heard)
            if state.heard > size:
                self._refuse_another_ledger(state.heard)
            if state.heard >= size:
                return state
            self._db.execute("ROLLBACK")
            self._hear(size)

    def _hear(self, size: int) -> None:
        """Take out whoever said no in the entries before `size`, in one transaction."""
        with self._db.transaction():
            # INVARIANT: locked first, so that nobody writes a person whose no was heard already.
            heard = read_state(self._db, lock=True).heard
            if heard >= size:
                return
            noes = [
                said
                for _, said in self._ledger.records(heard, size)
                if isinstance(said, Choice) and said.purpose == PURPOSE and not said.on
            ]
            if noes:
                take_out(self._db, self._about(noes))
                drop_unused(self._db)
            self._db.execute("UPDATE search_index SET heard = %s", [size])

    def _about(self, noes: Sequence[Choice]) -> list[int]:
        """Return the rows that show an item which somebody owns, wrote or is in, or that item."""
        people = [keyed(self._key, said.member_id) for said in noes]
        targets = (said.target for said in noes if said.scope == "item")
        items = [keyed(self._key, target) for target in targets if target]
        found = self._db.execute(
            "SELECT id FROM search_profile WHERE people && %s::bytea[] OR items && %s::bytea[]",
            [people, items],
        )
        return [row[0] for row in found]

    # What is in it

    def count_shown(self) -> int:
        """Return how many may be shown now."""
        with self._reading() as state:
            return state.profiles

    def row(self, member_id: MemberId) -> int | None:
        """Return the row of a member who may be shown now; None if they may not."""
        with self._reading():
            row = self._db.execute(
                "SELECT id FROM search_profile WHERE place = %s", [keyed(self._key, member_id)]
            ).fetchone()
        return None if row is None else int(row[0])

    def profile(self, row: int) -> Profile:
        """Return what may be shown of a member, with the facts.

        Raises:
            BusyError: they said no, or were written anew, since the row was asked for.
        """
        with self._reading():
            found = self._db.execute(
                "SELECT document FROM search_document WHERE profile = %s", [row]
            ).fetchone()
        if found is None:
            raise BusyError("the search index has changed meanwhile", todo="ask again")
        return read_document(found[0])

    def answer(self, brief: Brief, count: int, offset: int) -> Results:
        """Find the people who answer a brief best; see `vanne_assist.search.find`."""
        with self._reading() as state:
            sizes = asking.Sizes(state.profiles, state.words, state.titles)
            found = asking.ask(self._db, sizes, brief, count, offset)
        return Results(
            hits=found.hits,
            shown=state.profiles,
            passed=found.passed,
            nearly=found.nearly,
            offset=offset,
            facets=found.facets,
            index=self.made.sha256[:16],
            as_of=self.as_of,
            is_stale=self.is_stale(),
        )
