"""An index that can be asked, wherever it lies: in files of the home, or in PostgreSQL."""

from datetime import datetime
from types import TracebackType
from typing import Protocol

from vanne.config import Home
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Profile
from vanne_assist.search.find import Results
from vanne_assist.search.index import Index, Made


class Searchable(Protocol):
    """An open index. Whoever said no is heard before it answers anything."""

    @property
    def made(self) -> Made:
        """What it was made from."""

    @property
    def as_of(self) -> datetime:
        """The time of the corpus that was indexed."""

    @property
    def where(self) -> str:
        """Where it lies, as people are told; never a password."""

    def __len__(self) -> int:
        """Return how many profiles were indexed."""

    def __enter__(self) -> "Searchable":
        """Give it back."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """Close it."""

    def close(self) -> None:
        """Let go of what it holds open."""

    def is_current(self) -> bool:
        """Say whether no other version has taken its place."""

    def is_stale(self) -> bool:
        """Say whether the corpus has another version than the one that was indexed."""

    def count_shown(self) -> int:
        """Return how many may be shown now."""

    def row(self, member_id: MemberId) -> int | None:
        """Return the row of a member who may be shown now; None if they may not."""

    def profile(self, row: int) -> Profile:
        """Return what may be shown of a member, with the facts."""

    def answer(self, brief: Brief, count: int, offset: int) -> Results:
        """Find the people who answer a brief best."""


def open_index(home: Home) -> Searchable:
    """Open the current index of a home, in the database if the home names one.

    Raises:
        MissingError: none has been made.
        VerificationError: it is damaged, or was made from another ledger or by another encoder.
        ConfigError, StorageError: the database cannot be used, or not be reached.
    """
    if home.search_url:
        from vanne_assist.search.postgres.index import PostgresIndex

        return PostgresIndex.open(home, home.search_url)
    return Index.open(home)
