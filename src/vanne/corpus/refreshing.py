"""Bring the corpus up to date for the price of what changed.

Whose verdicts may have changed is worked out first: who is in new entries of the ledger, who came
of age, joined, left or moved, and everybody where a region changed its rules. Then only the rows
that these people are in, as owner, author or subject, and the items that they objected to if they
are no members, are decided again, from the columns that are kept beside the corpus; no data file is
opened. The result is what building everything would give, to the byte.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from vanne.config import Home
from vanne.corpus import patch as patching
from vanne.corpus import sidecar as sidecars
from vanne.corpus.building import (
    ALLOWED,
    Inputs,
    Progress,
    ReasonTally,
    build,
    decide_file,
    decide_files,
    everybody,
    gather,
    locked,
    prune,
    refuse_another_ledger,
    refuse_going_back,
    refuse_repeats,
)
from vanne.corpus.choice_index import Segment, segments, sought
from vanne.corpus.contract import Accepting, admit
from vanne.corpus.contract import save as save_contract
from vanne.corpus.indexes import ItemIndex, item_index_of, member_table_of
from vanne.corpus.manifest import DataFile, Manifest, current, pointer_of, publish
from vanne.corpus.patch import LARGE, Patch, base_of, sidecar_of
from vanne.corpus.sidecar import Codes, Rows
from vanne.decide.item_columns import NEVER, Flags, ItemColumns
from vanne.decide.kernel import codes_of
from vanne.decide.member_columns import (
    DAY,
    MemberTable,
    birthdays,
    default_off,
    member_columns,
    micros,
    region_codes,
)
from vanne.decide.request import EvaluationRequest
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Purpose

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("vanne.corpus")

MOST = 0.25
"""The share of all rows from which on it is cheaper to decide everything."""


def refresh(
    home: Home,
    as_of: datetime,
    *,
    purpose: Purpose = MAIN_PURPOSE,
    progress: Progress | None = None,
    make_current: bool = True,
    force: bool = False,
    accepting: Accepting | None = None,
) -> Manifest:
    """Make a version as of that time from the current one; return it.

    Without a current version, or with one of another policy, of a later time (by `force`) or that
    is damaged, everything is decided; the facts of data files that were read before are not read
    again.

    Raises:
        InputError: a data file was replaced, a new one cannot be read, or it has not the shape of
            those before it (unless accepted).
        RefusedError: the current version is as of a later time (unless by `force`).
        VerificationError: the ledger is not the one that the current version was built from, or the
            table of the members was replaced.
    """
    if not pointer_of(home, purpose).exists():
        return build(home, as_of, purpose=purpose, progress=progress, make_current=make_current,
                     accepting=accepting)  # fmt: skip
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        inputs = gather(home, ledger, as_of, purpose, again=False)
        contract = admit(home, inputs.files, inputs.members_sha256, accepting)
        before, damage = _before(home, purpose)
        manifest = None
        if before:
            if make_current and not force:
                refuse_going_back(before, inputs.question)
            refuse_another_ledger(before, inputs, ledger)
            others = {file.path: file.sha256 for file in before.files}
            same_bytes = all(inputs.files.get(p, sha256) == sha256 for p, sha256 in others.items())
            same_policy = before.policy == inputs.question.policy.digest
            if same_bytes and same_policy and before.as_of <= inputs.question.as_of:
                try:
                    manifest = _changed(home, before, inputs, ledger, progress)
                except VerificationError as error:
                    damage = error
        if manifest is None:
            refuse_repeats(home, inputs, before.files if before else ())
            manifest = decide_files(home, inputs, everybody(home, inputs, ledger), progress)
            patching.drop(home, manifest.version)  # every sidecar of it is whole
        if make_current:
            save_contract(home, contract)
            publish(home, manifest)
            prune(home)
        if damage:
            log.warning("vanne: %s: everything was decided again", damage.title)
        return manifest


def _before(home: Home, purpose: Purpose) -> tuple[Manifest | None, VerificationError | None]:
    """Return the current version; None and what is wrong with it if it has to be made again."""
    try:
        return current(home, purpose), None
    except VerificationError as error:
        return None, error


def withdrawn(home: Home, manifest: Manifest, at: datetime) -> int:
    """Count the items that a version allows and that may not be used any more at that time.

    Nothing is written. The policy is the one of the version, and the time is not before its own.

    Raises:
        VerificationError: the ledger is not the one that the version was built from.
    """
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        inputs = gather(home, ledger, at, manifest.purpose, again=False)
        refuse_another_ledger(manifest, inputs, ledger)
        choices = segments(home.corpus / "choices", ledger, inputs.ledger_size)
        touched = _touched(home, manifest, inputs, choices)
        codes = _codes(home, inputs, choices, touched)
        return sum(
            int(np.count_nonzero((before == ALLOWED) & (codes[each.file.path] != ALLOWED)))
            for each in touched
            if len(each.rows)
            for before in [sidecar_of(home, manifest, each.file).codes[each.rows]]
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """A data file of both versions, and the rows of it to decide again (ascending)."""

    file: DataFile
    index: ItemIndex
    rows: Rows
    items: ItemColumns
    """The columns of those rows."""


def _changed(
    home: Home, before: Manifest, inputs: Inputs, ledger: Ledger, progress: Progress | None
) -> Manifest | None:
    """Decide again what may have changed; None if that is so much that all may as well be."""
    register_then = home.corpus / "facts" / f"members-{before.members_sha256}.arrow"
    if not register_then.exists():
        return None
    choices = segments(home.corpus / "choices", ledger, inputs.ledger_size)
    touched = _touched(home, before, inputs, choices)
    if sum(len(t.rows) for t in touched) > MOST * sum(file.rows for file in before.files):
        return None
    codes = _codes(home, inputs, choices, touched)
    return _patched(home, before, inputs, ledger, touched, codes, progress)


def _touched(home: Home, before: Manifest, inputs: Inputs, choices: list[Segment]) -> list[Touched]:
    """Return the files of both versions, with the rows whose verdict may have changed."""
    people = _people(home, before, inputs, choices)
    items = _objected(home, before, inputs, choices, people)
    return [
        Touched(file, index, rows, index.items.at(rows))
        for file in before.files
        if file.path in inputs.files and file.sidecar is not None
        for index in [item_index_of(home, file.path, file.sha256)]
        for rows in [_rows(index, people, items, before, inputs.question)]
    ]


def _codes(
    home: Home, inputs: Inputs, choices: list[Segment], touched: list[Touched]
) -> dict[str, Codes]:
    """Decide those rows again; give the codes by the path of the file."""
    import pyarrow as pa

    involved = _involved(touched, choices)
    batches = [segment.of(involved) for segment in choices]
    ids = [involved, *(batch["member_id"] for batch in batches)]  # also who has the same hash
    members = member_table_of(home, inputs.members_sha256).of(pa.concat_arrays(ids).unique())
    columns = member_columns(members, batches, inputs.question)
    return {
        each.file.path: codes_of(each.items, columns, inputs.question)
        for each in touched
        if len(each.rows)
    }


def _people(home: Home, before: Manifest, inputs: Inputs, choices: list[Segment]) -> "pa.Array":
    """Return everybody whose part in a verdict may have changed, each once."""
    import pyarrow as pa

    now, then = inputs.question, replace(inputs.question, as_of=before.as_of)
    recent = [segment.heard(before.ledger_size) for segment in choices]
    members = member_table_of(home, inputs.members_sha256)
    changed = [aged(members, then, now)]
    if before.members_sha256 != inputs.members_sha256:
        changed.append(moved(member_table_of(home, before.members_sha256), members))
    return pa.concat_arrays([pa.array([], pa.large_string()), *recent, *changed]).unique()


def _objected(
    home: Home,
    before: Manifest,
    inputs: Inputs,
    choices: list[Segment],
    people: "pa.Array",
) -> "pa.Array":
    """Return the items that those people chose for who are no members now, or were none then."""
    import pyarrow as pa

    versions = {inputs.members_sha256, before.members_sha256}
    places = [member_table_of(home, sha256).index.find(people) for sha256 in versions]
    strangers = people.filter(pa.array((np.array(places) < 0).any(axis=0)))
    return pa.concat_arrays(
        [pa.array([], pa.large_string()), *(segment.chosen(strangers) for segment in choices)]
    ).unique()


def _rows(
    index: ItemIndex,
    people: "pa.Array",
    items: "pa.Array",
    before: Manifest,
    question: EvaluationRequest,
) -> Rows:
    """Return the rows that the people are in, those items', and those that have left the window."""
    rows = index.rows_of(people)
    if len(items):
        rows = np.union1d(rows, index.rows_with(items))
    oldest, newest = (question.rules.oldest(at) for at in (before.as_of, question.as_of))
    if oldest == newest or oldest is None or newest is None:
        return rows
    created = index.items.created_at
    left = np.flatnonzero((created >= micros(oldest)) & (created < micros(newest)))
    return np.union1d(rows, left)


def _involved(touched: list[Touched], choices: list[Segment]) -> "pa.Array":
    """Return everybody who is in the rows to decide again or chose for one of them, each once."""
    import pyarrow as pa

    people = [each.items.people for each in touched]
    items = [sought(each.items.item_ids) for each in touched]
    choosers = [part.about(some)["member_id"] for some in items for part in choices]
    return pa.concat_arrays([pa.array([], pa.large_string()), *people, *choosers]).unique()


# The new version


def _patched(
    home: Home,
    before: Manifest,
    inputs: Inputs,
    ledger: Ledger,
    touched: list[Touched],
    codes: dict[str, Codes],
    progress: Progress | None,
) -> Manifest:
    """Return the new version, its sidecars on top of those that are there; write the patches."""
    manifest, tally, files = inputs.manifest(), ReasonTally.of(before), list[DataFile]()
    there = {file.path: file for file in before.files}
    for file in before.files:
        if file.path in inputs.files:
            continue
        if file.sidecar is None:  # the file is gone: take its rows out of the counts
            tally.add_never(-file.rows)
        else:
            index = item_index_of(home, file.path, file.sha256)
            tally.add(sidecar_of(home, before, file).codes, index.has_text, -1)
    if added := [name for name in inputs.files if name not in there]:
        refuse_repeats(home, inputs, before.files)
        members = everybody(home, inputs, ledger)
        there |= {name: decide_file(home, inputs, name, members, tally) for name in added}
    layers = _Layers(home, before, manifest)
    changes = {each.file.path: each for each in touched}
    for name in inputs.files:
        change = changes.get(name)
        files.append(there[name] if change is None else layers.put(change, codes.get(name), tally))
        if progress:
            progress(sum(file.rows for file in files))
    manifest = tally.finish(manifest, files)
    layers.save(manifest.version)
    return manifest


class _Layers:
    """Lays what changed over the sidecars that are there already."""

    def __init__(self, home: Home, before: Manifest, manifest: Manifest) -> None:
        self._home, self._before, self._manifest = home, before, manifest
        self._folder = home.corpus / "sidecars"
        self._old = patching.patches_of(home, before.version)
        self._new: dict[str, Patch] = {}

    def put(self, change: Touched, codes: Codes | None, tally: ReasonTally) -> DataFile:
        """Give some rows of a file other codes; return the file with its sidecar's name now."""
        path, rows = change.file.path, change.rows
        before = sidecar_of(self._home, self._before, change.file)
        before.check()
        whole = (self._folder / (change.file.sidecar or "")).exists()
        base = self._before.version if whole else self._old[path].base
        after, patch = before, Patch(base, rows[:0], np.zeros(0, np.uint8))
        if not whole:
            patch = self._old[path]
        if codes is not None and (codes != before.codes[rows]).any():
            has_text = change.index.has_text[rows]
            tally.add(before.codes[rows], has_text, -1)
            tally.add(codes, has_text)
            after = before.changed(rows, codes)
            below = before if whole else base_of(self._home, base, path)
            patch = Patch.between(base, below, after)
        binding = self._manifest.binding(change.file)
        if len(patch.rows) > LARGE * change.file.rows:
            sidecars.save(self._folder, binding, after)
        elif not (self._folder / after.name(binding)).exists():
            self._new[path] = patch
        return replace(change.file, sidecar=after.name(binding))

    def save(self, version: str) -> None:
        """Write the patches of the new version."""
        if self._new:
            patching.save(self._home, version, self._new)


# Who may have another verdict though they chose nothing: time passed, or they moved. Too many
# people may be named but never too few: whoever is named is decided again.


def aged(register: MemberTable, before: EvaluationRequest, after: EvaluationRequest) -> "pa.Array":
    """Return the members who came of age between two times, or whose region changed its rules."""
    import pyarrow as pa

    first, last = sorted((micros(before.as_of), micros(after.as_of)))
    known = register.birth_day != NEVER
    age_days = int(after.rules.minimum_age * 365.2425)
    # Three days more on each side than can reach the minimum age in between: leap days.
    earliest, latest = first // DAY - age_days - 3, last // DAY - age_days + 3
    near = np.flatnonzero(known & (register.birth_day >= earliest) & (register.birth_day <= latest))
    at = birthdays(register.birth_day[near], after.rules.minimum_age)
    of_age = near[(at > first) & (at <= last)]
    changed = (region_codes(register, after) != region_codes(register, before)) | (
        default_off(register, after) != default_off(register, before)
    )
    started = np.flatnonzero(changed[register.region])
    return register.index.ids.take(pa.array(np.union1d(of_age, started)))


def moved(before: MemberTable, after: MemberTable) -> "pa.Array":
    """Return who joined, left, moved, or is known to be of another age, between two registers."""
    import pyarrow as pa

    place = after.index.find(before.index.ids)
    stayed = place >= 0
    old, new = np.flatnonzero(stayed), place[stayed]
    same = before.birth_day[old] == after.birth_day[new]
    same &= _regions_of(before)[old] == _regions_of(after)[new]
    same &= ~(_signed(before)[old] | _signed(after)[new])
    left = before.index.ids.take(pa.array(np.concatenate((old[~same], np.flatnonzero(~stayed)))))
    was_there = np.zeros(len(after), np.bool_)
    was_there[new] = True
    joined = after.index.ids.take(pa.array(np.flatnonzero(~was_there)))
    return pa.concat_arrays([left, joined]).unique()


def _signed(register: MemberTable) -> Flags:
    """Say who has any sign: they are few, so all of them count as changed."""
    signed = np.zeros(len(register), np.bool_)
    signed[register.sign_of] = True
    return signed


def _regions_of(register: MemberTable) -> "np.typing.NDArray[np.object_]":
    return np.array([*register.regions, None], np.object_)[register.region]
