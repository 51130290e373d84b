"""Each policy that was, is or will be in force: who was told, what it did, who then opted out.

What a change does is counted once it is in force, by deciding every item by both policies
(`vanne.corpus.simulation`), and kept in `corpus/effects`. A change that still waits is counted
again each day.
"""

import json
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from vanne.config import Home
from vanne.corpus.simulation import Simulation, simulate
from vanne.decide.difference import with_purpose
from vanne.errors import VanneError
from vanne.files import write_whole
from vanne.policy import Policy
from vanne.policy.schedule import PublishedNotice, notices, policies, policy_at
from vanne.report.oversight.choices import ChoiceCounts
from vanne.report.tables import Cell, CountTable
from vanne.terms import Purpose

log = logging.getLogger("vanne.report")

AFTER = timedelta(days=14)
"""So long after a change somebody who opts out is counted with it."""
_COLUMNS = (
    "policy state published effective notice_days seen off_within_14_days "
    "opened_members opened_items closed_members closed_items"
)
_PEOPLE = "seen off_within_14_days opened_members closed_members"


@dataclass(frozen=True, slots=True)
class PolicyCounts:
    """`policies` has one row for each policy, the newest first; `reasons` says what changed how.

    `reasons` has one row for each change of policy and pair of reasons, and counts items.
    """

    policies: CountTable
    reasons: CountTable


def count_policies(
    home: Home, seen: Counter[str], choices: ChoiceCounts, now: datetime
) -> PolicyCounts:
    """Count what each change of policy did.

    Raises:
        VerificationError: a notice was changed after it was published.
    """
    every, in_force = policies(home), policy_at(home, now).digest
    rows: list[tuple[Cell, ...]] = [(every[0].version, _state(every[0], in_force), *(None,) * 9)]
    reasons = list[tuple[Cell, ...]]()
    for before, policy, notice in zip(every, every[1:], notices(home), strict=False):
        effect = _effect(home, before, policy, choices.purpose, notice, now)
        start, is_planned = notice.effective_at, notice.effective_at > now
        row = (
            policy.version,
            "planned" if is_planned else _state(policy, in_force),
            notice.published_at.date().isoformat(),
            start.date().isoformat(),
            (start - notice.published_at).days,
            seen[notice.notice],
            None if is_planned else choices.turned_off_between(start, start + AFTER),
            *_touched(effect),
        )
        rows.append(row)
        reasons += _reasons(policy.version, effect)
    return PolicyCounts(
        CountTable.of("policies", _COLUMNS, rows[::-1], _PEOPLE),
        CountTable.of("policy-reasons", "policy before after items", reasons),
    )


def _state(policy: Policy, in_force: str) -> str:
    return "in-force" if policy.digest == in_force else "ended"


def _touched(effect: Simulation | None) -> tuple[Cell, ...]:
    if effect is None:
        return (None,) * 4
    opened, closed = effect.opened_members, effect.closed_members
    return opened, effect.opened_items, closed, effect.closed_items


def _reasons(version: str, effect: Simulation | None) -> list[tuple[Cell, ...]]:
    items = Counter[tuple[str, str]]()
    for group in effect.groups if effect else ():
        items[group.before, group.after] += group.items
    return [(version, before, after, count) for (before, after), count in items.most_common()]


def _effect(
    home: Home,
    before: Policy,
    after: Policy,
    purpose: Purpose,
    notice: PublishedNotice,
    now: datetime,
) -> Simulation | None:
    """Return what a change does, from what is kept or counted anew; None if it cannot be said."""
    path = home.corpus / "effects" / f"{notice.notice}-{purpose}.json"
    if known := _kept(path, after, min(notice.effective_at, now - timedelta(days=1))):
        return known
    old, new = (with_purpose(policy, purpose) for policy in (before, after))
    try:
        effect = simulate(home, old, new, purpose, max(notice.effective_at, now))
        about = {"digest": after.digest, "counted_at": now.isoformat()}
        write_whole(path, json.dumps({**about, "effect": effect.as_json()}).encode())
    except VanneError as error:
        log.error("what a change of policy does was not counted: %s", error)
        return None
    return effect


def _kept(path: Path, policy: Policy, since: datetime) -> Simulation | None:
    """Return what was counted of a policy after a time, if it was."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document = json.loads(path.read_bytes())
        is_new = datetime.fromisoformat(document["counted_at"]) >= since
        if document["digest"] == policy.digest and is_new:
            return Simulation.of_json(document["effect"])
    return None
