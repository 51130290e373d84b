"""Match items with the objections in force, and record the opt-outs that the ledger lacks.

* A person at the address that an objector gave, who is no member, is off for everything.
* An item that only a name connects with an objector is off in the name of the objection, until a
  person has reviewed it and says that it is about somebody else.
* What followed from an objection that was taken back is on again, unless another objection asks
  for the same.

Nothing is recorded twice, so a second run changes nothing. A run after new items finds those.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from vanne.config import Home
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.contract import data_files, members_table
from vanne.files import write_whole
from vanne.ledger import Ledger
from vanne.objections.record import Objector, objectors
from vanne.objections.scan import Progress, ScanResult, scan
from vanne.policy import Policy
from vanne.terms import Channel, Choice, ItemId, MemberId, Scope

_SCHEMA, _STATE = "vanne/objections-matched/1", "objections.json"


@dataclass(frozen=True, slots=True)
class Matching:
    """What one run did, in numbers: nobody and no item is named.

    `by_hand` counts the objections whose name finds nothing or too much: a person has to look.
    """

    objections: int
    items: int
    certain: int
    uncertain: int
    lifted: int
    by_hand: int


def match(
    home: Home,
    policy: Policy,
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Matching:
    """Look through all items once and record what follows; with `dry_run` only count it.

    `now` dates the entries; without it they are dated as what they follow from.

    Raises:
        InputError: a table cannot be read.
    """
    with Ledger.of(home, read_only=dry_run) as ledger:
        everybody, extent = objectors(ledger), _present(home, policy, ledger.size)
        matches = scan(home, everybody, policy, progress)
        in_force = [each for each in everybody if each.in_force]
        certain, doubts, lifted = list[Choice](), list[Choice](), list[Choice]()
        for each in in_force:
            at = now or each.objection.at
            for person in sorted(matches.certain.get(each.index, ())):
                if not any(choice.notice == each.notice for _, choice in ledger.history(person)):
                    certain.append(_choice(each, person, None, on=False, at=at))
            if matches.is_sought(each.index):
                known = {choice.target for _, choice in ledger.history(each.member_id)}
                for item in sorted(matches.uncertain.get(each.index, set()) - known):
                    doubts.append(_choice(each, each.member_id, item, on=False, at=at))
        for each in everybody:
            lifted += _lifted(ledger, each, in_force, matches, now)
        if not dry_run:
            ledger.append([*certain, *doubts, *lifted])
            document = {"schema": _SCHEMA, **asdict(extent)}
            write_whole(home.corpus / _STATE, json.dumps(document).encode())
    by_hand = sum(not matches.is_sought(each.index) for each in in_force)
    counts = len(certain), len(doubts), len(lifted)
    return Matching(len(in_force), matches.items, *counts, by_hand)


def unmatched(home: Home, policy: Policy) -> int:
    """Count the objections for which the present data was not looked through."""
    with Ledger.of(home, read_only=True) as ledger:
        entries = [index for index, _ in ledger.objections()]
        if not entries:
            return 0
        now = _present(home, policy, ledger.size)
    then = Extent(0, "", {})  # nothing, if there was no run before
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        state = json.loads((home.corpus / _STATE).read_bytes())
        if state["schema"] == _SCHEMA:
            then = Extent(int(state["size"]), str(state["policy"]), dict(state["files"]))
    same = then.policy == now.policy and now.files.items() <= then.files.items()
    return sum(index >= then.size for index in entries) if same else len(entries)


def _lifted(
    ledger: Ledger,
    each: Objector,
    in_force: Sequence[Objector],
    matches: ScanResult,
    now: datetime | None,
) -> Iterator[Choice]:
    """Yield an on for what an objection that was taken back still holds off."""
    if each.until is None:
        return
    purpose = each.objection.purpose
    others = [o.index for o in in_force if o.objection.purpose == purpose]
    asked_by_others = {p for index in others for p in matches.certain.get(index, ())}
    people = {each.member_id} | matches.certain.get(each.index, set()) - asked_by_others
    for person in sorted(people):
        followed = (c for _, c in ledger.history(person) if c.notice == each.notice)
        last = {choice.target: choice for choice in followed}  # for each item, or for everything
        for target, choice in last.items():
            if not choice.on:
                yield _choice(each, person, target, on=True, at=now or each.until)


def _choice(
    each: Objector, person: MemberId, item: ItemId | None, *, on: bool, at: datetime
) -> Choice:
    scope: Scope = "all" if item is None else "item"
    purpose = each.objection.purpose
    claimed_at = None if on else each.objection.since  # the opt-out is as old as the objection
    return Choice(person, purpose, scope, on, at, item, Channel.OBJECTION, each.notice, claimed_at)


@dataclass(frozen=True, slots=True)
class Extent:
    """The entries, the policy and the files (with their checksums) that a run took into account."""

    size: int
    policy: str
    files: Mapping[str, str]


def _present(home: Home, policy: Policy, size: int) -> Extent:
    cache = ChecksumCache(home.corpus / "seen.json")
    paths = (members_table(home), *data_files(home))
    files = {path.name: cache.sha256(path) for path in paths}
    cache.save()
    return Extent(size, policy.digest, files)
