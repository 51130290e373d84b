"""Make the ledger say what the objections in force ask: what is missing is added, once.

* Whoever is at the address that an objector gave, and is no member, is off for everything.
* What only a name connects with them is off item by item, in the name of the objection, from then
  on and until a person has looked at it and says that it is somebody else.
* What followed from an objection that was taken back is on again, unless another one asks for the
  same.

What was recorded before is not recorded again, so that running it twice changes nothing; new items
are found by running it again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from vanne.config import Home
from vanne.corpus.checksum_cache import ChecksumCache
from vanne.corpus.contract import members_table
from vanne.files import write_whole
from vanne.ledger import Ledger
from vanne.objections.record import Objector, objectors
from vanne.objections.scan import Found, Progress, scan
from vanne.policy import Policy
from vanne.terms import Channel, Choice, ItemId, MemberId, Scope

_SCHEMA = "vanne/objections-matched/1"


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
    with Ledger.of(home, read_only=dry_run, create=False) as ledger:
        said, looked_at = objectors(ledger), _present(home, policy, ledger.size)
        found = scan(home, said, policy, progress)
        in_force = [each for each in said if each.in_force]
        certain = [choice for each in in_force for choice in _certain(ledger, each, found, now)]
        doubts = [choice for each in in_force for choice in _doubts(ledger, each, found, now)]
        lifted = [c for each in said for c in _lifted(ledger, each, in_force, found, now)]
        if not dry_run:
            ledger.append([*certain, *doubts, *lifted])
            _remember(home, looked_at)
    by_hand = sum(not found.is_sought(each.index) for each in in_force)
    counts = len(certain), len(doubts), len(lifted)
    return Matching(len(in_force), found.items, *counts, by_hand)


def unmatched(home: Home, policy: Policy) -> int:
    """Count what people who are no members said and the present data was not looked through for."""
    with Ledger.of(home, read_only=True) as ledger:
        said = [index for index, _ in ledger.objections()]
        if not said:
            return 0
        now = _present(home, policy, ledger.size)
    then = _looked_at(home)
    same = then.policy == now.policy and now.files.items() <= then.files.items()
    return sum(index >= then.size for index in said) if same else len(said)


# What follows from an objection and is not in the ledger yet


def _certain(
    ledger: Ledger, each: Objector, found: Found, now: datetime | None
) -> Iterator[Choice]:
    for person in sorted(found.certain.get(each.index, ())):
        if not any(said.notice == each.notice for _, said in ledger.history(person)):
            yield _choice(each, person, None, on=False, at=now or each.objection.at)


def _doubts(ledger: Ledger, each: Objector, found: Found, now: datetime | None) -> Iterator[Choice]:
    if not found.is_sought(each.index):
        return
    known = {said.target for _, said in ledger.history(each.member_id)}
    for item in sorted(found.uncertain.get(each.index, set()) - known):
        yield _choice(each, each.member_id, item, on=False, at=now or each.objection.at)


def _lifted(
    ledger: Ledger, each: Objector, in_force: Sequence[Objector], found: Found, now: datetime | None
) -> Iterator[Choice]:
    """Yield an on for what an objection that was taken back still holds off."""
    if each.until is None:
        return
    purpose = each.objection.purpose
    others = [o.index for o in in_force if o.objection.purpose == purpose]
    asked_by_others = {p for index in others for p in found.certain.get(index, ())}
    people = {each.member_id} | found.certain.get(each.index, set()) - asked_by_others
    for person in sorted(people):
        for target, last in _last(ledger, person, each).items():
            if not last.on:
                yield _choice(each, person, target, on=True, at=now or each.until)


def _last(ledger: Ledger, person: MemberId, each: Objector) -> dict[ItemId | None, Choice]:
    """Return the last of what followed from an objection for each item, or for everything."""
    said = (choice for _, choice in ledger.history(person) if choice.notice == each.notice)
    return {choice.target: choice for choice in said}


def _choice(
    each: Objector, person: MemberId, item: ItemId | None, *, on: bool, at: datetime
) -> Choice:
    scope: Scope = "all" if item is None else "item"
    purpose = each.objection.purpose
    claimed_at = None if on else each.objection.since  # the no is as old as the objection
    return Choice(person, purpose, scope, on, at, item, Channel.OBJECTION, each.notice, claimed_at)


# What was looked at


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The entries, the policy and the files (with their checksums) that a run took into account."""

    size: int
    policy: str
    files: Mapping[str, str]


def _present(home: Home, policy: Policy, size: int) -> LookedAt:
    seen = ChecksumCache(home.corpus / "seen.json")
    paths = (members_table(home), *sorted(home.items.glob("*.parquet")))
    files = {path.name: seen.sha256(path) for path in paths}
    seen.save()
    return LookedAt(size, policy.digest, files)


def _state(home: Home) -> Path:
    return home.corpus / "objections.json"


def _remember(home: Home, looked_at: LookedAt) -> None:
    write_whole(_state(home), json.dumps({"schema": _SCHEMA, **asdict(looked_at)}).encode())


def _looked_at(home: Home) -> LookedAt:
    """Return what the last run took into account: nothing if there was none."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = json.loads(_state(home).read_bytes())
        if kept["schema"] == _SCHEMA:
            return LookedAt(int(kept["size"]), str(kept["policy"]), dict(kept["files"]))
    return LookedAt(0, "", {})
