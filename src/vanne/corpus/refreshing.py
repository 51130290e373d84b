"""Refresh the corpus incrementally: decide again only what may have changed.

First the people whose verdicts may have changed are found: those in new entries of the ledger,
those who came of age, joined, left or moved, and everybody where a region changed its rules. Then
only the rows that these people are in (as owner, author or subject) and the items to which
non-members objected are decided again, from the columns that are stored beside the corpus. No data
file is opened. The result is the same as that of a full build, to the byte.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus import deletions
from vanne.corpus import patch as patching
from vanne.corpus import sidecar as sidecars
from vanne.corpus.building import (
    ALLOWED,
    DecidedFile,
    Inputs,
    Progress,
    ReasonTally,
    build,
    decide_all,
    decide_file,
    decided,
    gather,
    index_files,
    is_unchanged,
    living_rows,
    locked,
    refuse_another_ledger,
    refuse_known,
    tidy,
)
from vanne.corpus.choice_index import sought, taken_up
from vanne.corpus.contract import NEVER_PREFIX, Accepting, admit
from vanne.corpus.contract import save as save_contract
from vanne.corpus.indexes import ItemIndex, item_index_of, member_table_of
from vanne.corpus.manifest import DataFile, Manifest, current, pointer_of, publish
from vanne.corpus.parts import Each, in_turn
from vanne.corpus.patch import LARGE, Patch, base_of, sidecar_of
from vanne.corpus.sidecar import GONE, REFRESH, Codes, Rows, Sidecar
from vanne.decide.item_columns import NEVER, Flags, ItemColumns
from vanne.decide.member_columns import (
    DAY,
    MemberTable,
    birthdays,
    default_off,
    micros,
    region_codes,
)
from vanne.decide.request import EvaluationRequest
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
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
    each: Each = in_turn,
) -> Manifest:
    """Make a version as of that time from the current one; return it.

    A clock that is behind the current version holds up no choice: the version keeps its time, and
    hears every entry of the ledger.

    Without a current version, or with one of another policy, of a later time (by `force`) or that
    is damaged, everything is decided; the facts of data files that were read before are not read
    again. `each` may share out the data files that are new, or all (`corpus.parts`).

    Raises:
        InputError: a data file was replaced, a new one cannot be read, or it has not the shape of
            those before it (unless accepted).
        VerificationError: the ledger is not the one that the current version was built from, or the
            table of the members was replaced.
    """
    if not pointer_of(home, purpose).exists():
        return build(home, as_of, purpose=purpose, progress=progress, make_current=make_current,
                     accepting=accepting, each=each)  # fmt: skip
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        if not force:
            ledger.refuse_behind()
        inputs = gather(home, ledger, as_of, purpose, again=False, accepting=accepting)
        contract = admit(home, inputs.files, inputs.members_sha256, accepting)
        before, damage, manifest = None, None, None
        try:
            before = current(home, purpose)
        except VerificationError as error:  # it has to be made again
            damage = error
        if before:
            if as_of < before.as_of and not force:
                inputs = at_the_time_of(before, home, inputs)
            refuse_another_ledger(before, inputs, ledger)
            others = {file.path: file.sha256 for file in before.files}
            same_bytes = all(inputs.files.get(p, sha256) == sha256 for p, sha256 in others.items())
            same_policy = before.policy == inputs.question.policy.digest
            if same_bytes and same_policy and before.as_of <= inputs.question.as_of:
                try:
                    manifest = _again(home, before, inputs, progress, each)
                except VerificationError as error:
                    damage = error
        if manifest is None:
            manifest = decide_all(home, inputs, progress, each)
            patching.drop(home, manifest.version)  # every sidecar of it is whole
            if before and not force and is_unchanged(home, before, manifest):
                manifest = before
        if make_current:
            save_contract(home, contract)
            if manifest is not before:
                publish(home, manifest)
            tidy(home)
        if damage:
            log.warning("vanne: %s: everything was decided again", damage.title)
        return manifest


def at_the_time_of(before: Manifest, home: Home, inputs: Inputs) -> Inputs:
    """Return inputs as of the time of a version, to which this clock is behind."""
    log.warning(
        "vanne: the corpus is as of %s, which is later than %s, and stays so: --force goes back",
        before.as_of.isoformat(),
        inputs.question.as_of.isoformat(),
    )
    policy, purpose = policy_at(home, before.as_of), inputs.question.purpose
    return replace(inputs, question=EvaluationRequest(policy, purpose, before.as_of))


def _again(
    home: Home, before: Manifest, inputs: Inputs, progress: Progress | None, each: Each
) -> Manifest | None:
    """Decide again what may have changed; None if that is so much that all may as well be."""
    if not (home.corpus / "facts" / f"members-{before.members_sha256}.arrow").exists():
        return None
    touched = _touched(home, before, inputs)
    if sum(len(t.rows) for t in touched) > MOST * sum(file.rows for file in before.files):
        return None
    new = [name for name in inputs.files if name not in {file.path for file in before.files}]
    index_files(home, inputs, each)
    for name in new:
        refuse_known(home, inputs, name)
    codes = _codes(home, inputs, touched)
    if _is_unchanged(before, inputs, touched, codes):
        return before
    added = list(each(partial(decide_file, home, inputs), new))
    return _patched(home, before, inputs, touched, codes, added, progress)


def withdrawn(home: Home, manifest: Manifest, at: datetime) -> int:
    """Count the items that a version allows and that may not be used any more at that time.

    Nothing is written. The policy is the one of the version, and the time is not before its own.

    Raises:
        VerificationError: the ledger is not the one that the version was built from.
    """
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        inputs = gather(home, ledger, at, manifest.purpose, again=False)
        refuse_another_ledger(manifest, inputs, ledger)
        touched = _touched(home, manifest, inputs)
        codes = _codes(home, inputs, touched)
        return sum(
            int(np.count_nonzero((before == ALLOWED) & (codes[each.file.path] != ALLOWED)))
            for each in touched
            if len(each.rows)
            for before in [each.before.codes[each.rows]]
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """A data file, what the version before decided, and the rows to decide again (ascending)."""

    file: DataFile
    before: Sidecar
    index: ItemIndex
    rows: Rows
    deleted: npt.NDArray[np.bool_]
    """Which of those rows are deleted."""
    items: ItemColumns
    """The columns of those rows."""


def _touched(home: Home, before: Manifest, inputs: Inputs) -> list[Touched]:
    """Return the files that were read before, with the rows whose verdict may have changed.

    Those are the rows that were deleted, the rows that somebody is in whose
    part in a verdict may have changed, the items for which such people chose who are no members
    now, or were none then, and those that have left the window.
    """
    import pyarrow as pa

    nobody, choices = pa.array([], pa.large_string()), [taken_up(path) for path in inputs.choices]
    now, then = inputs.question, replace(inputs.question, as_of=before.as_of)
    members = member_table_of(home, inputs.members_sha256)
    earlier = members
    if before.members_sha256 != inputs.members_sha256:
        earlier = member_table_of(home, before.members_sha256)
    recent = [segment.heard(before.ledger_size) for segment in choices]
    recent.append(aged(members, then, now))
    if earlier is not members:
        recent.append(moved(earlier, members))
    people = pa.concat_arrays([nobody, *recent]).unique()
    places = np.array([table.index.find(people) for table in (members, earlier)])
    strangers = people.filter(pa.array((places < 0).any(axis=0)))
    items = pa.concat_arrays([nobody, *(part.chosen(strangers) for part in choices)]).unique()
    oldest, newest = (now.rules.oldest(at) for at in (before.as_of, now.as_of))
    there, patches = {f.path: f for f in before.files}, patching.patches_of(home, before.version)
    touched = []
    for name, sha256 in inputs.files.items():
        if name.startswith(NEVER_PREFIX) or (file := there.get(name)) is None:
            continue
        index, deleted = item_index_of(home, name, sha256), inputs.deleted_rows(home, name)
        codes = sidecar_of(home, before, file, patches)
        codes.check()
        rows = index.rows_of(people)
        if len(items):
            rows = np.union1d(rows, index.rows_with(items))
        if oldest != newest and oldest is not None and newest is not None:
            created = index.items.created_at
            left = np.flatnonzero((created >= micros(oldest)) & (created < micros(newest)))
            rows = np.union1d(rows, left)
        rows = np.setdiff1d(rows, deleted)
        if file.deleted != inputs.deleted.get(name):
            rows = np.union1d(rows, _newly_deleted(home, file, deleted))
        is_gone = np.isin(rows, deleted)
        touched.append(Touched(file, codes, index, rows, is_gone, index.items.at(rows)))
    return touched


def _newly_deleted(home: Home, file: DataFile, deleted: Rows) -> Rows:
    """Return the rows that were deleted since a version.

    Raises:
        VerificationError: rows that were deleted are there again.
    """
    then = deletions.read(home.items, file.path, file.deleted)
    if len(np.setdiff1d(then, deleted)):
        raise VerificationError(
            f"rows of `{file.path}` that were deleted are there again", todo=REFRESH
        )
    return np.setdiff1d(deleted, then)


def _codes(home: Home, inputs: Inputs, touched: list[Touched]) -> dict[str, Codes]:
    """Decide those rows again; give the codes by the path of the file."""
    some = [each for each in touched if len(each.rows)]
    codes = decided(home, inputs, [(each.items, sought(each.items.item_ids)) for each in some])
    return {
        each.file.path: np.where(each.deleted, np.uint8(GONE), now)
        for each, now in zip(some, codes, strict=True)
    }


def _is_unchanged(
    before: Manifest, inputs: Inputs, touched: list[Touched], codes: dict[str, Codes]
) -> bool:
    """Say whether nothing is different but the time: then the version before goes on holding."""
    files = {name: (sha256, inputs.deleted.get(name)) for name, sha256 in inputs.files.items()}
    same = replace(
        inputs.manifest(),
        as_of=before.as_of,
        files=before.files,
        counts=before.counts,
        documents=before.documents,
    )
    return (
        same == before
        and files == {file.path: (file.sha256, file.deleted) for file in before.files}
        and all(
            (codes[each.file.path] == each.before.codes[each.rows]).all()
            for each in touched
            if len(each.rows)
        )
    )


# The new version


def _patched(
    home: Home,
    before: Manifest,
    inputs: Inputs,
    touched: list[Touched],
    codes: dict[str, Codes],
    added: list[DecidedFile],
    progress: Progress | None,
) -> Manifest:
    """Return the new version, its sidecars on top of those that are there; write the patches."""
    manifest, tally, files = inputs.manifest(), ReasonTally.of(before), list[DataFile]()
    old = patching.patches_of(home, before.version)
    for file in before.files:
        if file.sidecar is None:
            tally.add_never(-living_rows(home, file))
        elif file.path not in inputs.files:  # the file is gone: take its rows out of the counts
            index = item_index_of(home, file.path, file.sha256)
            tally.add(sidecar_of(home, before, file, old).codes, index.has_text, -1)
    changes, new = {each.file.path: each for each in touched}, {e.file.path: e for e in added}
    never = {file.path: file for file in before.files if file.sidecar is None}
    folder, patches = home.corpus / "sidecars", dict[str, Patch]()
    for name in inputs.files:
        deleted = inputs.deleted.get(name)
        if change := changes.get(name):
            then, after, now = change.before, change.before, codes.get(name)
            is_whole = (folder / (change.file.sidecar or "-")).exists()
            patch = None if is_whole else old.get(name)
            if now is not None and (now != then.codes[change.rows]).any():
                has_text = change.index.has_text[change.rows]
                tally.add(then.codes[change.rows], has_text, -1)
                tally.add(now, has_text)
                after = then.changed(change.rows, now)
                if patch:
                    patch = Patch.between(patch.base, base_of(home, patch.base, name), after)
            if is_whole:
                nothing = Patch(before.version, change.rows[:0], np.zeros(0, np.uint8))
                is_same = after is then
                patch = nothing if is_same else Patch.between(before.version, then, after)
            binding = manifest.binding(change.file)
            file = replace(change.file, sidecar=after.name(binding), deleted=deleted)
            if patch is None or len(patch.rows) > LARGE * file.rows:
                sidecars.save(folder, binding, after)
            elif not (folder / after.name(binding)).exists():
                patches[name] = patch
        elif name in never:
            file = replace(never[name], deleted=deleted)
            tally.add_never(living_rows(home, file))
        else:
            file = new[name].file
            tally.join(new[name].tally)
        files.append(file)
        if progress:
            progress(sum(file.rows for file in files))
    manifest = tally.finish(manifest, files)
    if patches:
        patching.save(home, manifest.version, patches)
    return manifest


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
