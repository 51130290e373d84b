"""Build a version of the corpus: decide every item, and write the sidecars and the manifest.

`vanne.corpus.refreshing` decides only the items whose verdict may have changed. Both give the same
version to the byte, and both gather their inputs, refuse and lock with the functions here.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vanne import files
from vanne.config import Home
from vanne.corpus import deletions
from vanne.corpus import sidecar as sidecars
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.choice_index import segments, taken_up
from vanne.corpus.contract import NEVER_PREFIX, Accepting, admit, data_files
from vanne.corpus.contract import load as load_contract
from vanne.corpus.contract import save as save_contract
from vanne.corpus.indexes import id_index_of, is_indexed, item_index_of, member_table_of
from vanne.corpus.manifest import DataFile, Manifest, ScreeningRules, current, currents, publish
from vanne.corpus.parts import Each, in_turn
from vanne.corpus.patch import sidecar_of
from vanne.corpus.redaction import is_outdated
from vanne.corpus.sidecar import GONE, Codes, Rows, Sidecar
from vanne.decide.item_columns import Flags, ItemColumns
from vanne.decide.kernel import codes_of
from vanne.decide.member_columns import member_columns
from vanne.decide.request import EvaluationRequest
from vanne.errors import (
    InputError,
    MissingError,
    RefusedError,
    StorageError,
    VerificationError,
    storing,
)
from vanne.files import make_folder, sync
from vanne.ids import UNKNOWN, Hashes, Uniqueness
from vanne.ledger import Ledger
from vanne.ledger.store import refuse_damage
from vanne.policy.schedule import policy_at
from vanne.screening import KINDS, rules_digest
from vanne.terms import MAIN_PURPOSE, REASONS, Purpose, Reason

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("vanne.corpus")

ALLOWED = Reason.ALLOWED.code
ADDED = ".added-"
"""The folder of data files that have been added together, until all are in their places."""
SLICE_ROWS = 262_144
"""How many rows are decided at once: their columns fit into a processor's cache."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a version is a function of.

    `files` gives the checksum of each data file by its path, `deleted` that of the list of its
    deleted rows.
    """

    question: EvaluationRequest
    members_sha256: str
    ledger_size: int
    ledger_root: str
    files: Mapping[str, str]
    deleted: Mapping[str, str]
    choices: tuple[Path, ...] = ()
    """Where the choices of that ledger are kept."""

    def deleted_rows(self, home: Home, name: str) -> Rows:
        """Return the rows of a data file that are deleted, ascending."""
        return deletions.read(home.items, name, self.deleted.get(name))

    def manifest(self) -> Manifest:
        """Return the manifest of a version in which nothing has been decided yet."""
        return Manifest(
            purpose=self.question.purpose,
            policy_name=self.question.policy.name,
            policy=self.question.policy.digest,
            as_of=self.question.as_of,
            members_sha256=self.members_sha256,
            ledger_size=self.ledger_size,
            ledger_root=self.ledger_root,
            files=(),
            counts={},
            documents=0,
            screening=ScreeningRules(
                tuple(kind for kind in KINDS if kind in self.question.rules.redact), rules_digest()
            ),
        )


def build(
    home: Home,
    as_of: datetime,
    *,
    purpose: Purpose = MAIN_PURPOSE,
    progress: Progress | None = None,
    make_current: bool = True,
    force: bool = False,
    accepting: Accepting | None = None,
    each: Each = in_turn,
) -> Manifest:
    """Decide every item as of that time and make the result the current version.

    The ledger is read up to its present size; the manifest says which. `progress` is told the
    number of items after each file. `each` may share the data files out (`corpus.parts`). A build
    that changes nothing gives the version that was there before. With `make_current` false the
    version is only looked at; the current one stays.

    Raises:
        InputError: a table cannot be read, a data file was replaced, or a new one has not the shape
            of those before it (unless accepted). The version that was current stays current.
        RefusedError: the current version is as of a later time (unless by `force`).
        VerificationError: it was built from another ledger (unless by `force`), or the table of
            the members was replaced.
    """
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        if not force:
            ledger.refuse_behind()
        inputs = gather(home, ledger, as_of, purpose, again=True, accepting=accepting)
        contract = admit(home, inputs.files, inputs.members_sha256, accepting)
        before = None
        if not force:
            with suppress(MissingError, StorageError, VerificationError):  # a build mends it
                before = current(home, purpose)
        if before and make_current:
            refuse_going_back(before, inputs.question)
            refuse_another_ledger(before, inputs, ledger)
        manifest = decide_all(home, inputs, progress, each, check=True)
        if before and is_unchanged(home, before, manifest):
            manifest = before
        if make_current:
            save_contract(home, contract)
            publish(home, manifest)
            tidy(home)
        return manifest


def is_unchanged(home: Home, before: Manifest, manifest: Manifest) -> bool:
    """Say whether a version differs from the one before it by a later time alone.

    Then it is none: the one before goes on holding.
    """
    if (
        before.as_of > manifest.as_of
        or replace(manifest, as_of=before.as_of, files=before.files) != before
    ):
        return False
    try:
        for old, new in zip(before.files, manifest.files, strict=True):
            then = sidecar_of(home, before, old) if old.sidecar else None
            now = sidecar_of(home, manifest, new) if new.sidecar else None
            if then and now:
                then.check()
            same = (then and then.digests) == (now and now.digests)
            if not same or replace(new, sidecar=old.sidecar) != old:
                return False
    except (ValueError, VerificationError):  # other files, or a damaged sidecar
        return False
    return True


def refuse_going_back(before: Manifest, question: EvaluationRequest) -> None:
    """Refuse to put a version of an earlier time in the place of one of a later.

    Raises:
        RefusedError: it is one; what was said in between would be forgotten.
    """
    if question.as_of < before.as_of:
        raise RefusedError(
            f"the current corpus is as of {before.as_of.isoformat()}, which is later than "
            f"{question.as_of.isoformat()}",
            todo="an earlier one does not hear what was said since: --force builds it anyway",
        )


def refuse_another_ledger(before: Manifest, inputs: Inputs, ledger: Ledger) -> None:
    """Refuse a ledger that does not go on from the one of a version.

    Raises:
        VerificationError: it is shorter, or another one.
    """
    shorter = inputs.ledger_size < before.ledger_size
    if shorter or ledger.root(before.ledger_size).hex() != before.ledger_root:
        raise VerificationError(
            "the ledger is not the one that the corpus was built from",
            todo="see what `vanne ledger fsck` says; `vanne corpus build --force` takes this one",
        )


def tidy(home: Home) -> None:
    """Remove what no current version has any more: data files that were compacted into others,
    lists of deleted rows, and what was kept of data files and members.
    """
    try:
        versions = currents(home)
    except VerificationError:
        return  # one is damaged: nobody knows what it had
    contract, named = load_contract(home), {file.path for each in versions for file in each.files}
    with storing(f"`{home.items}`"):
        for name in set(contract.superseded) - named:
            (home.items / name).unlink(missing_ok=True)
        lists = {(file.path, file.deleted) for each in versions for file in each.files}
        deletions.sweep(home, {*contract.deleted.items(), *lists})
    left = tuple(name for name in contract.superseded if name in named)
    if left != contract.superseded:
        save_contract(home, replace(contract, superseded=left))
    used = {file.sha256 for each in versions for file in each.files}
    used |= {f"members-{each.members_sha256}" for each in versions}
    used |= {f"all-{each.data}" for each in versions}
    with storing(f"`{home.corpus}`"):
        for path in (home.corpus / "facts").glob("[!.]*"):
            if path.name.split(".")[0] not in used or is_outdated(path):
                path.unlink(missing_ok=True)


# What is decided from


def gather(
    home: Home,
    ledger: Ledger,
    as_of: datetime,
    purpose: Purpose,
    *,
    again: bool,
    accepting: Accepting | None = None,
) -> Inputs:
    """Look at everything that a version is a function of; with `again`, at every byte of it."""
    question = EvaluationRequest(policy_at(home, as_of), purpose, as_of)
    _ = question.rules
    contract = load_contract(home, accepting)
    paths = data_files(home, contract)
    if not paths:
        raise InputError(f"no data files in `{home.items}`", todo="put Parquet files there")
    if home.database_url is None:
        refuse_damage(home.ledger)
    cache = ChecksumCache(home.corpus / "seen.json")
    size = ledger.size
    choices = segments(home.corpus / "choices", ledger, size, check=again)
    inputs = Inputs(
        question,
        cache.sha256(home.members, again=again),
        size,
        ledger.root(size).hex(),
        {path.name: cache.sha256(path, again=again) for path in paths},
        {path.name: pin for path in paths if (pin := contract.deleted.get(path.name))},
        tuple(segment.path for segment in choices),
    )
    cache.save()
    return inputs


def finish_adding(home: Home) -> None:
    """Put files that were added together in their places, also if that was cut short.

    The lists of deleted rows come first, then the contract that names them: nobody sees both an
    item and its successor.
    """
    with storing(f"`{home.items}`"):
        for folder in home.items.glob(f"{ADDED}*"):
            for path in sorted(folder.iterdir(), key=lambda path: _ORDER.index(path.suffix)):
                is_contract = path.name == home.contract.name
                path.replace(home.contract if is_contract else home.items / path.name)
                sync(home.root if is_contract else home.items)
            folder.rmdir()


_ORDER = (".npy", ".json", ".parquet")


def refuse_repeats(home: Home, inputs: Inputs) -> None:
    """Refuse an id that is in two data files, unless it is deleted in one of them.

    Raises:
        InputError: one is.
    """
    unique = Uniqueness()
    for name in inputs.files:
        unique.add(living_ids(home, inputs, name))
    if len(unique.suspects()):
        for name in inputs.files:
            refuse_known(home, inputs, name)


def refuse_known(home: Home, inputs: Inputs, name: str) -> None:
    """Refuse a data file that holds an id of another one.

    Raises:
        InputError: it does, and neither row is deleted.
    """
    ids = living_ids(home, inputs, name)
    for other, sha256 in inputs.files.items() if len(ids) else ():
        places = id_index_of(home, other, sha256).find(ids)
        places[np.isin(places, inputs.deleted_rows(home, other))] = UNKNOWN
        if other != name and (found := np.flatnonzero(places != UNKNOWN)).size:
            row = id_index_of(home, name, inputs.files[name]).find(ids.slice(int(found[0]), 1))[0]
            raise InputError(
                f"`{name}`: row {row + 1}: the item is in `{other}`, "
                f"row {places[found[0]] + 1}, too",
                todo="take one of the two files out, or mend it under another name",
            )


def living_ids(home: Home, inputs: Inputs, name: str) -> "pa.Array":
    """Return the ids of a data file's rows that are not deleted."""
    import pyarrow as pa

    ids = id_index_of(home, name, inputs.files[name]).ids
    if not len(rows := inputs.deleted_rows(home, name)):
        return ids
    living = np.ones(len(ids), np.bool_)
    living[rows] = False
    return ids.filter(pa.array(living))


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Let one process at a time make a version; readers need not wait."""
    with storing(f"`{home.corpus}`"):
        make_folder(home.corpus)
    with files.locked(home.corpus):
        finish_adding(home)
        yield


@dataclass
class ReasonTally:
    """Counts how many items each reason decided, and how many documents there are."""

    counts: Counter[int] = field(default_factory=Counter)
    documents: int = 0

    @classmethod
    def of(cls, manifest: Manifest) -> "ReasonTally":
        """Go on from a version."""
        counts = {Reason(name).code: count for name, count in manifest.counts.items()}
        return cls(Counter(counts), manifest.documents)

    @property
    def rows(self) -> int:
        """The number of items."""
        return self.counts.total()

    def add(self, codes: Codes, has_text: Flags, times: int = 1) -> None:
        """Count some rows; -1 times takes them away."""
        for code, count in enumerate(np.bincount(codes, minlength=1).tolist()):
            if code != GONE:
                self.counts[code] += times * count
        self.documents += times * int(np.count_nonzero(has_text & (codes == ALLOWED)))

    def join(self, other: "ReasonTally") -> None:
        """Count what another one counted."""
        self.counts.update(other.counts)
        self.documents += other.documents

    def add_never(self, rows: int) -> None:
        """Count rows of a file that is never used; less than none takes them away."""
        self.counts[Reason.CATEGORY_NEVER.code] += rows

    def finish(self, manifest: Manifest, files: Sequence[DataFile]) -> Manifest:
        """Return the manifest with everything that was decided."""
        counts = {REASONS[code].value: count for code, count in self.counts.items() if count}
        counts = dict(sorted(counts.items()))
        return replace(manifest, files=tuple(files), counts=counts, documents=self.documents)


# Deciding all of a file


@dataclass(frozen=True, slots=True)
class DecidedFile:
    """What was decided of a data file: its line in the manifest, and counts of its rows."""

    file: DataFile
    tally: ReasonTally


def decide_all(
    home: Home,
    inputs: Inputs,
    progress: Progress | None,
    each: Each = in_turn,
    *,
    check: bool = False,
) -> Manifest:
    """Decide every row of every file and write the sidecars whole.

    With `check` every byte of what is kept is looked at.
    """
    index_files(home, inputs, each)
    refuse_repeats(home, inputs)
    member_table_of(home, inputs.members_sha256, check=check)
    tally, files = ReasonTally(), list[DataFile]()
    for done in each(partial(decide_file, home, inputs, check=check), list(inputs.files)):
        files.append(done.file)
        tally.join(done.tally)
        if progress:
            progress(tally.rows)
    return tally.finish(inputs.manifest(), files)


def index_files(home: Home, inputs: Inputs, each: Each) -> None:
    """Index the data files that are new."""
    new = [name for name, sha in inputs.files.items() if not is_indexed(home, name, sha)]
    for _ in each(partial(_index, home, inputs), new):
        pass


def _index(home: Home, inputs: Inputs, name: str) -> None:
    id_index_of(home, name, inputs.files[name])


def decide_file(home: Home, inputs: Inputs, name: str, *, check: bool = False) -> DecidedFile:
    """Decide every row of a file and write its sidecar whole; one that is never used has none."""
    sha256, tally = inputs.files[name], ReasonTally()
    if name.startswith(NEVER_PREFIX):
        file = never_file(home, inputs, name, sha256)
        tally.add_never(living_rows(home, file))
        return DecidedFile(file, tally)
    index = item_index_of(home, name, sha256, check=check)
    (codes,) = decided(home, inputs, [(index.items, index.ids.hashes[:-1])])
    codes[inputs.deleted_rows(home, name)] = GONE
    tally.add(codes, index.has_text)
    file = DataFile(name, sha256, len(codes), None, inputs.deleted.get(name))
    return DecidedFile(written(home, inputs.manifest(), file, codes), tally)


def decided(home: Home, inputs: Inputs, parts: Sequence[tuple[ItemColumns, Hashes]]) -> list[Codes]:
    """Decide some items, given with the sorted hashes of their ids.

    Of the members and the choices only theirs are looked at: those of who is in an item, or chose
    for one.
    """
    import pyarrow as pa

    choices = [taken_up(path) for path in inputs.choices]
    people = [items.people for items, _ in parts]
    choosers = [each.about(hashes)["member_id"] for _, hashes in parts for each in choices]
    nobody = pa.array([], pa.large_string())
    involved = pa.concat_arrays([nobody, *people, *choosers]).unique()
    batches = [each.of(involved) for each in choices]
    ids = [involved, *(batch["member_id"] for batch in batches)]  # also who has the same hash
    table = member_table_of(home, inputs.members_sha256).of(pa.concat_arrays(ids).unique())
    members = member_columns(table, batches, inputs.question)
    result = []
    for items, _ in parts:
        places, codes = members.find(items.people), np.zeros(len(items), np.uint8)
        for first in range(0, len(items), SLICE_ROWS):
            last = min(first + SLICE_ROWS, len(items))
            rows = items.between(first, last)
            codes[first:last] = codes_of(rows, members, inputs.question, places)
        result.append(codes)
    return result


def written(home: Home, manifest: Manifest, file: DataFile, codes: Codes) -> DataFile:
    """Write a file's sidecar whole; return the file with its name."""
    name = sidecars.save(home.corpus / "sidecars", manifest.binding(file), Sidecar.of(codes))
    return replace(file, sidecar=name)


def never_file(home: Home, inputs: Inputs, name: str, sha256: str) -> DataFile:
    """Count a file of what is never used, by its categories alone: nothing else in it is read.

    Raises:
        InputError: it holds an item of a category that the policy does not call never used.
    """
    from vanne.sources.batches import categories_of

    rows = 0
    for category, count in categories_of(str(home.items / name)):
        if category not in inputs.question.rules.never:
            raise InputError(
                f"`{name}` holds items of the category `{category or ''}`, which the policy does "
                "not say is never used",
                todo="move them to a data file with another name",
            )
        rows += count
    return DataFile(name, sha256, rows, None, inputs.deleted.get(name))


def living_rows(home: Home, file: DataFile) -> int:
    """Count the rows of a data file that are not deleted."""
    return file.rows - len(deletions.read(home.items, file.path, file.deleted))
