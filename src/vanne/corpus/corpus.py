"""`Corpus`: the corpus of a network, by the folder that holds it.

The functions of this room take a home and a version of its corpus; a `Corpus` knows both.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from vanne.arguments import moment
from vanne.config import Home
from vanne.corpus.building import build
from vanne.corpus.compacting import Compacted, compact, prune
from vanne.corpus.contract import Accepting
from vanne.corpus.export import Export, ExportOptions, export
from vanne.corpus.history import ItemHistory, trace
from vanne.corpus.intake import Applied, apply
from vanne.corpus.lookup import Current
from vanne.corpus.manifest import Manifest, current
from vanne.corpus.reader import WHOLE, Document, Part, read_current
from vanne.corpus.refreshing import refresh
from vanne.corpus.verifying import verify
from vanne.terms import MAIN_PURPOSE, ItemId, Purpose, Reason


class Corpus:
    """The items that may be used for a purpose, of the network in a folder: a view of its files.

    A corpus has versions. `refresh` makes one as of a time and makes it the current one; `read` and
    `export` give what the current one holds. So what was chosen later is heard by a refresh.
    """

    def __init__(
        self, home: Home | str | os.PathLike[str], *, purpose: Purpose = MAIN_PURPOSE
    ) -> None:
        """Name the folder of a network (`vanne corpus init` or `vanne demo` makes one).

        Raises:
            MissingError: it holds no network.
        """
        self.home = Home.of(home)
        self.purpose = purpose
        self._current = Current(self.home, purpose)

    @property
    def manifest(self) -> Manifest:
        """The current version: what it rests on, and how many items it gives each reason.

        Raises:
            MissingError: none was built yet.
            VerificationError: it is damaged.
        """
        return current(self.home, self.purpose)

    def build(self, as_of: str | date, *, force: bool = False) -> Manifest:
        """Decide every item as of a time, and make the result the current version.

        Raises:
            InputError, RefusedError, VerificationError: as `vanne.corpus.build`.
        """
        return build(self.home, moment(as_of), purpose=self.purpose, force=force)

    def refresh(self, as_of: str | date, *, force: bool = False) -> Manifest:
        """Decide what may have changed until a time: the result is that of `build`, to the byte.

        Raises:
            InputError, RefusedError, VerificationError: as `vanne.corpus.refresh`.
        """
        return refresh(self.home, moment(as_of), purpose=self.purpose, force=force)

    def apply(self, changes: str, *, accept_schema: bool = False) -> Applied:
        """Insert, update and delete the items that a table of changes names.

        It takes effect with the next build or refresh.

        Raises:
            InputError, StorageError: as `vanne.corpus.intake.apply`.
        """
        return apply(self.home, changes, accepting=Accepting(datetime.now(UTC), accept_schema))

    def compact(self, *, merge_only: bool = False) -> Compacted:
        """Merge small data files, and take the bytes of deleted items out of all.

        Raises:
            StorageError: as `vanne.corpus.compacting.compact`.
        """
        return compact(self.home, merge_only=merge_only)

    def prune(self, keep: timedelta) -> int:
        """Remove versions that were replaced longer ago, and that nothing names; return how many.

        Raises:
            VerificationError: a current version is damaged.
        """
        return prune(self.home, keep, datetime.now(UTC))

    def read(
        self,
        *,
        max_age: timedelta = timedelta(0),
        part: Part = WHOLE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Iterator[Document]:
        """Yield the text of each allowed item, screened, and of no other.

        A version of at most `max_age` is read though it has not heard every choice. Of several
        readers each may read a `part`: (3, 8) is the fourth of eight.

        Raises:
            InputError: there is no such part.
            MissingError: no version was built yet.
            RefusedError: it is older, and does not know a choice, the members or the policy of now.
            VerificationError: a file is not the one that the version was built from.
        """
        return read_current(self.home, self.purpose, now(), max_age, part)

    def export(
        self,
        out: str | os.PathLike[str],
        options: ExportOptions | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Export:
        """Write the allowed items into a new folder of Parquet, with a card.

        Raises:
            RefusedError: a choice was not heard yet, or the folder is there already.
            StorageError: it cannot be written; nothing is left of it.
            VerificationError: a file is not the one that the version was built from.
        """
        return export(self.home, self.manifest, Path(out), now, options)

    def reason(self, item_id: ItemId) -> Reason | None:
        """Look up the verdict on an item in the version that is current now; None: no such item.

        Takes microseconds, and may be asked by many threads.

        Raises:
            MissingError, VerificationError: as `manifest`.
        """
        return self._current.get().reason(item_id)

    def trace(self, item_id: ItemId) -> ItemHistory:
        """Say in which versions an item was, and why not in the others.

        Raises:
            InputError: no version knows the item.
        """
        return trace(self.home, item_id)

    def verify(self) -> None:
        """Decide everything again, from the tables and the ledger alone, and compare.

        Raises:
            VerificationError: the current version is not what that gives.
        """
        verify(self.home, self.manifest)
