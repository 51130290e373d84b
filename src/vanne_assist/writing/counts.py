"""What drafting costs and what its guard lets pass.

Tokens are counted by member and day; only today's are kept. What the guard found is counted by
model and prompt, without any member: that is how its rate of acceptance is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.errors import LimitError
from vanne_assist.tables import draft_tokens, guard_count
from vanne_assist.writing.guard import TO_CHECK, FindingKind

_ACCEPTED = "accepted"
_REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rate:
    """How many drafts of a model with a prompt the guard has let pass so far, and why not others.

    A draft may have several findings.
    """

    accepted: int
    judged: int
    kinds: tuple[tuple[str, int], ...] = ()


class Counts:
    """The counts of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def spend(self, member: str, day: date, tokens: int, most: int) -> None:
        """Take tokens from what a member may use in a day; 0 as the most is without a limit.

        Raises:
            LimitError: that would be too many.
        """
        if most == 0:
            return
        row = {"person_id": member, "day": day.isoformat(), "count": tokens}
        with Database.of(self._home).writing() as db:
            add_persons(db, [member])
            db.execute(delete(draft_tokens).where(draft_tokens.c.day < row["day"]))
            spent = db.execute(
                upsert(db, draft_tokens)
                .values(row)
                .on_conflict_do_update(
                    index_elements=["person_id", "day"],
                    set_={"count": draft_tokens.c.count + tokens},
                )
                .returning(draft_tokens.c.count)
            ).scalar_one()
            if spent > most:  # which rolls the row back
                raise LimitError(
                    f"today's {most:,} tokens for drafts are used up",
                    todo="ask tomorrow; the builder and the coach need none",
                )

    def judge(self, model: str, prompt: str, findings: Sequence[Sequence[FindingKind]]) -> None:
        """Count drafts: for each the kinds of what was found, and whether it was stopped."""
        rows = [
            {"model": model, "prompt": prompt, "kind": name, "count": 1}
            for kinds in findings
            for name in sorted({*kinds, _ACCEPTED if TO_CHECK.issuperset(kinds) else _REJECTED})
        ]
        if not rows:
            return
        with Database.of(self._home).writing() as db:
            counted = upsert(db, guard_count).on_conflict_do_update(
                index_elements=["model", "prompt", "kind"],
                set_={"count": guard_count.c.count + 1},
            )
            db.execute(counted, rows)

    def rate(self, model: str, prompt: str) -> Rate:
        """Return what the guard has said so far of a model with a prompt."""
        count = guard_count.c
        query = select(count.kind, count.count).where(count.model == model, count.prompt == prompt)
        with Database.of(self._home).reading() as db:
            rows = {row[0]: row[1] for row in db.execute(query)}
        accepted, rejected = rows.pop(_ACCEPTED, 0), rows.pop(_REJECTED, 0)
        return Rate(accepted, accepted + rejected, tuple(sorted(rows.items())))
