"""Build a version of the corpus: decide every item, or only those whose verdict may have changed.

Both give the same version to the byte: what a refresh does not decide again cannot have changed.
"""

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from vanne.config import Home
from vanne.corpus import choices, kept, register
from vanne.corpus import sidecar as sidecars
from vanne.corpus.manifest import DataFile, Manifest, publish
from vanne.corpus.seen import Seen
from vanne.corpus.sidecar import Codes, Sidecar
from vanne.decide.facts import Flags
from vanne.decide.kernel import codes_of
from vanne.decide.question import Question
from vanne.decide.states import Register, States, roll_of, states_of
from vanne.errors import BusyError, InputError, storing
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.terms import MAIN_PURPOSE, REASONS, Purpose, Reason

ALLOWED = Reason.ALLOWED.code
NEVER_PREFIX = "never-"
SLICE_ROWS = 262_144
"""How many rows are decided at once: their columns fit into a processor's cache."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a version is a function of. `files` gives the checksum of each data file by its path."""

    question: Question
    members_sha256: str
    ledger_size: int
    ledger_root: str
    files: Mapping[str, str]

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
        )


def build(
    home: Home,
    as_of: datetime,
    *,
    purpose: Purpose = MAIN_PURPOSE,
    progress: Progress | None = None,
    make_current: bool = True,
) -> Manifest:
    """Decide every item as of that time and make the result the current version.

    The ledger is read up to its present size; the manifest says which. `progress` is told the
    number of items after each file. A build that changes nothing gives the version that was there
    before. With `make_current` false the version is only looked at: sidecars are written, no more.

    Raises:
        InputError: a table cannot be read. The version that was current stays current.
    """
    with locked(home), Ledger.open(home.ledger, read_only=True) as ledger:
        inputs = gather(home, ledger, as_of, purpose, again=True)
        states = everybody(home, inputs, ledger)
        manifest = decide_files(home, inputs, states, progress)
        if make_current:
            publish(home, manifest)
        return manifest


# What is decided from


def gather(home: Home, ledger: Ledger, as_of: datetime, purpose: Purpose, *, again: bool) -> Inputs:
    """Look at everything that a version is a function of; with `again`, at every byte of it."""
    question = Question(load(str(home.policy)), purpose, as_of)
    _ = question.rules
    seen = Seen(home.corpus / "seen.json")
    size = ledger.size
    inputs = Inputs(
        question,
        seen.sha256(home.members, again=again),
        size,
        ledger.root(size).hex(),
        {path.name: seen.sha256(path, again=again) for path in data_files(home)},
    )
    seen.save()
    return inputs


def data_files(home: Home) -> list[Path]:
    """Return the data files by name.

    Raises:
        InputError: there is none.
    """
    paths = sorted(home.items.glob("*.parquet"))
    if not paths:
        raise InputError(f"no data files in `{home.items}`", todo="put Parquet files there")
    return paths


def members_of(home: Home, members_sha256: str) -> Register:
    """Return the register of the members; make it from the table if it is not there yet."""
    path = home.corpus / "facts" / f"members-{members_sha256}.arrow"
    if not path.exists():
        with unchanged(home.members, members_sha256):
            register.keep(home.members, path)
    return register.load(path)


def facts_of_file(home: Home, name: str, sha256: str) -> kept.Kept:
    """Return the facts of a data file; make them from the file if they are not there yet."""
    path = home.corpus / "facts" / f"{sha256}.arrow"
    if not path.exists():
        with unchanged(home.items / name, sha256):
            kept.keep(home.items / name, path)
    return kept.load(path)


def everybody(home: Home, inputs: Inputs, ledger: Ledger) -> States:
    """Fold everybody."""
    members = members_of(home, inputs.members_sha256)
    said = choices.segments(home.corpus / "choices", ledger, inputs.ledger_size)
    batches = [segment.batch for segment in said]
    return states_of(roll_of(members, batches, inputs.question), inputs.question)


@contextmanager
def unchanged(path: Path, sha256: str | None = None) -> Iterator[str]:
    """Yield a file's sha256, and refuse if it has another one before or afterwards.

    Raises:
        BusyError: somebody wrote to the file meanwhile.
    """
    before = sha256 or sha256_of(path)
    yield before
    if sha256_of(path) != before:
        raise BusyError(f"`{path.name}` was changed while it was read", todo="run this again")


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Let one process at a time make a version; readers need not wait."""
    with storing(f"`{home.corpus}`"):
        home.corpus.mkdir(parents=True, exist_ok=True)
        handle = os.open(home.corpus, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@dataclass
class Tally:
    """Counts how many items each reason decided, and how many documents there are."""

    counts: Counter[int] = field(default_factory=Counter)
    documents: int = 0

    @classmethod
    def of(cls, manifest: Manifest) -> "Tally":
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
            self.counts[code] += times * count
        self.documents += times * int(np.count_nonzero(has_text & (codes == ALLOWED)))

    def add_never(self, rows: int) -> None:
        """Count rows of a file that is never used; less than none takes them away."""
        self.counts[Reason.CATEGORY_NEVER.code] += rows

    def finish(self, manifest: Manifest, files: Sequence[DataFile]) -> Manifest:
        """Return the manifest with everything that was decided."""
        counts = {REASONS[code].value: count for code, count in self.counts.items() if count}
        counts = dict(sorted(counts.items()))
        return replace(manifest, files=tuple(files), counts=counts, documents=self.documents)


# Deciding all of a file


def decide_files(home: Home, inputs: Inputs, states: States, progress: Progress | None) -> Manifest:
    """Decide every row of every file and write the sidecars whole."""
    tally, files = Tally(), list[DataFile]()
    for name in inputs.files:
        files.append(decide_file(home, inputs, name, states, tally))
        if progress:
            progress(tally.rows)
    return tally.finish(inputs.manifest(), files)


def decide_file(home: Home, inputs: Inputs, name: str, states: States, tally: "Tally") -> DataFile:
    """Decide every row of a file and write its sidecar whole; one that is never used has none."""
    sha256 = inputs.files[name]
    if name.startswith(NEVER_PREFIX):
        file = never_file(home, inputs, name, sha256)
        tally.add_never(file.rows)
        return file
    facts = facts_of_file(home, name, sha256)
    codes = codes_of_file(facts, states, inputs.question)
    tally.add(codes, facts.has_text)
    return written(home, inputs.manifest(), DataFile(name, sha256, len(codes), None), codes)


def codes_of_file(facts: kept.Kept, states: States, question: Question) -> Codes:
    """Decide every row of a file, slice by slice."""
    places = states.find(facts.facts.people)
    parts = [np.zeros(0, np.uint8)]
    for first in range(0, len(facts), SLICE_ROWS):
        rows = facts.facts.between(first, min(first + SLICE_ROWS, len(facts)))
        parts.append(codes_of(rows, states, question, places))
    return np.concatenate(parts)


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
    return DataFile(name, sha256, rows, None)
