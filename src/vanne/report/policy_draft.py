"""A change of policy that one account proposes and another one approves.

A draft waits in the database while whom it touches is counted. Another account than the one that
proposed it publishes it as a notice (`vanne.report.notice`), by the same rules as `vanne notice
publish`. At most one draft is open. Who proposed and who decided stay written down.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, insert, select, update

from vanne.config import Home
from vanne.corpus.simulation import Simulation, simulate
from vanne.database import Database
from vanne.database.tables import policy_draft as table
from vanne.decide.difference import with_purpose
from vanne.errors import ConflictError, InputError, MissingError, RefusedError, VanneError
from vanne.policy.load import text_of
from vanne.policy.schedule import PublishedNotice, notice_at, notices, policy_at
from vanne.report.notice import NoticeDraft, check, draft, publish
from vanne.report.tables import CountTable
from vanne.terms import Purpose

FILE = "policy.toml"
"""How messages call a text that was typed into a page."""
LONGEST = 200_000
"""The longest text of a policy: the longest that ships has a tenth of it."""


class Account(NamedTuple):
    """Somebody of the staff: `id` tells accounts apart and says no more, `name` is shown."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ProposedPolicy:
    """A draft as it is kept. `effects` is None until it is counted, or if that failed (`error`)."""

    id: int
    state: Literal["open", "published", "dropped"]
    toml: str
    digest: str
    replaces: str
    proposed_by: str
    proposed_name: str
    proposed_at: datetime
    effects: Mapping[Purpose, Simulation] | None
    error: str | None
    counted_at: datetime | None
    decided_by: str | None
    decided_name: str | None
    decided_at: datetime | None
    notice: str | None

    def read(self, home: Home, now: datetime) -> NoticeDraft:
        """Read it as a notice that would be published now.

        Raises:
            ConflictError: the policy in force is not the one that it was compared with.
            VanneError: the policy is wrong by now.
        """
        stale = ConflictError(
            "the policy changed since this was proposed", todo="drop it, and propose it again"
        )
        announced = notices(home)
        if any(each.published_at >= self.proposed_at for each in announced):
            raise stale
        made = _drafted(home, self.toml, now, policy_at(home, now).digest, len(announced))
        if made.before.digest != self.replaces:
            raise stale
        return made


@lru_cache(maxsize=4)
def _drafted(home: Home, toml: str, now: datetime, in_force: str, announced: int) -> NoticeDraft:
    """Read a draft; the same one is read once in a process for the same policy in force."""
    return draft(home, toml, FILE, now)


def drafts(home: Home, most: int = 20) -> list[ProposedPolicy]:
    """Return the drafts, the newest first."""
    with Database.of(home).reading() as db:
        rows = db.execute(select(table).order_by(table.c.id.desc()).limit(most)).mappings()
        return [_proposed(row) for row in rows]


def open_draft(home: Home) -> ProposedPolicy | None:
    """Return the draft that waits for a second account; None if none does."""
    with Database.of(home).reading() as db:
        return _open(db)


def propose(home: Home, toml: str, account: Account, now: datetime) -> ProposedPolicy:
    """Keep a draft, if it may be published now; the same account's draft before it is dropped.

    Raises:
        ConflictError: a draft of another account is open.
        InputError: nothing changes, or the text is too long.
        VanneError: the policy is wrong, or may not be published.
    """
    if len(toml) > LONGEST:
        raise InputError(f"a policy of more than {LONGEST:,} characters", todo="shorten it")
    made = draft(home, toml, FILE, now)
    check(made, FILE, accepted=True)
    with Database.of(home).writing() as db:
        if before := _open(db):
            if before.proposed_by != account.id:
                raise ConflictError(
                    f"a draft of {before.proposed_name} waits already",
                    todo="approve or drop it first",
                )
            _decide(db, before, "dropped", account, now)
        new = {"state": "open", "toml": toml, "digest": made.policy.digest}
        new |= {"proposed_by": account.id, "proposed_name": account.name}
        db.execute(insert(table).values(**new, replaces=made.before.digest, proposed_at=now))
        kept = _open(db)
    assert kept is not None
    return kept


def count(home: Home, number: int, clock: Callable[[], datetime]) -> None:
    """Count whom an open draft touches, and keep that, or why it could not be counted."""
    waiting = open_draft(home)
    if waiting is None or waiting.id != number:
        return
    changed: dict[str, Any] = {"effects": None, "error": None}
    try:
        effects = effects_of(home, waiting.read(home, clock()))
        changed["effects"] = json.dumps({name: each.as_json() for name, each in effects.items()})
    except VanneError as error:
        changed["error"] = f"{error.title}: {error.help()}"
    with Database.of(home).writing() as db:
        db.execute(update(table).where(table.c.id == number).values(**changed, counted_at=clock()))


def table_of(draft: ProposedPolicy) -> CountTable:
    """Return the rows of whom a draft touches: the empty table while they are not counted."""
    columns = "purpose before after region category items members"
    rows = [
        (name, each.before, each.after, each.region, each.category, each.items, each.members)
        for name, effect in (draft.effects or {}).items()
        for each in effect.groups
    ]
    return CountTable.of("effects", columns, rows)


def text_in_force(home: Home, now: datetime) -> str:
    """Return the TOML text of the policy in force.

    Raises:
        VanneError: it cannot be read.
    """
    notice = notice_at(home, now)
    file = home.notices / notice.notice / "policy.toml" if notice else home.policy
    return text_of(str(file))


def effects_of(home: Home, made: NoticeDraft) -> Mapping[Purpose, Simulation]:
    """Count what a change would do on the day on which it takes effect, by purpose."""
    at = made.notice.effective_at

    def touched(purpose: Purpose) -> Simulation:
        before, after = (with_purpose(each, purpose) for each in (made.before, made.policy))
        return simulate(home, before, after, purpose, at)

    return {purpose: touched(purpose) for purpose, each in made.found.items() if each.keys}


def approve(
    home: Home, number: int, account: Account, now: datetime, *, accepted: bool
) -> PublishedNotice:
    """Publish the open draft as a notice.

    Raises:
        ConflictError: the policy changed since it was proposed.
        MissingError: no draft of that number is open.
        RefusedError: the account proposed it itself, or whom it touches is not counted.
        VanneError: it may not be published.
    """
    waiting = _required(open_draft(home), number)
    if waiting.proposed_by == account.id:
        raise RefusedError(
            "who proposed a policy cannot approve it", todo="let another account approve it"
        )
    if waiting.effects is None:
        raise RefusedError("whom it touches is not counted yet", todo="wait until it is")
    notice = _published(home, waiting)
    if notice is None:
        made = waiting.read(home, now)
        check(made, FILE, accepted=accepted)
        notice = publish(home, made)
    with Database.of(home).writing() as db:
        _decide(db, waiting, "published", account, now, notice.notice)
    return notice


def drop(home: Home, number: int, account: Account, now: datetime) -> None:
    """Take the open draft back, or refuse it: any account may.

    Raises:
        MissingError: no draft of that number is open.
    """
    with Database.of(home).writing() as db:
        _decide(db, _required(_open(db), number), "dropped", account, now)


def _published(home: Home, waiting: ProposedPolicy) -> PublishedNotice | None:
    """Return the notice of a draft whose approval was killed before that was written down."""
    since = (each for each in notices(home) if each.published_at >= waiting.proposed_at)
    return next((each for each in since if each.digest == waiting.digest), None)


def _required(waiting: ProposedPolicy | None, number: int) -> ProposedPolicy:
    if waiting is None or waiting.id != number:
        raise MissingError("this draft is not open any more", todo="look which one is")
    return waiting


def _open(db: Connection) -> ProposedPolicy | None:
    row = db.execute(select(table).where(table.c.state == "open")).mappings().first()
    return _proposed(row) if row else None


def _decide(
    db: Connection,
    waiting: ProposedPolicy,
    state: str,
    account: Account,
    now: datetime,
    notice: str | None = None,
) -> None:
    decided = {"state": state, "decided_by": account.id, "decided_name": account.name}
    is_open = (table.c.id == waiting.id) & (table.c.state == "open")
    changed = update(table).where(is_open).values(**decided, decided_at=now, notice=notice)
    db.execute(changed)


def _proposed(row: RowMapping) -> ProposedPolicy:
    effects = json.loads(row["effects"]) if row["effects"] else None
    read = effects and {name: Simulation.of_json(each) for name, each in effects.items()}
    return ProposedPolicy(**{**row, "effects": read if effects is not None else None})
