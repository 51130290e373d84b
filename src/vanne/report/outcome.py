"""What holds once a choice is in the ledger: the answer to whoever made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vanne.decide.people import fold
from vanne.terms import Choice, Purpose, Scope


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where somebody stands on what a choice of theirs was for.

    `changed` says whether that choice moved it. `whole_off` says that they are off for everything
    of the purpose, so that an on for a category or an item permits nothing.
    """

    purpose: Purpose
    scope: Scope
    target: str | None
    on: bool
    since: datetime
    changed: bool
    whole_off: bool


def outcome_of(history: Sequence[tuple[int, Choice]], index: int) -> Outcome:
    """Return what holds after a member's whole history for what the entry at `index` was for."""
    choice = dict(history)[index]
    place, whole = (choice.scope, choice.target), ("all", None)
    before = fold((c for n, c in history if n < index), choice.purpose).get(choice.member_id, {})
    now = fold((c for _, c in history), choice.purpose)[choice.member_id]
    return Outcome(
        purpose=choice.purpose,
        scope=choice.scope,
        target=choice.target,
        on=now[place].on,
        since=now[place].since,
        changed=place not in before or before[place].on != choice.on,
        whole_off=whole in now and not now[whole].on,
    )
