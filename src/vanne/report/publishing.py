"""Publish a change of policy: announced in the ledger first, in force after its waiting period.

What must be true of it: whatever goes from no to yes was accepted by whoever publishes it, and
waits for at least as many days as the policy in force waited itself (thirty, if it names none).
What only takes away may hold at once.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vanne.config import Home
from vanne.corpus.building import locked
from vanne.decide.difference import PolicyChange, PolicyDifference, compare_policies, with_purpose
from vanne.errors import BusyError, ConfigError, ConflictError, InputError, VerificationError
from vanne.files import write_whole
from vanne.ledger import Ledger
from vanne.policy.load import parse
from vanne.policy.policy import Policy, midnight
from vanne.policy.schedule import PublishedNotice, pending, policy_at, read_notice
from vanne.report.notice import change_text
from vanne.terms import Notice, PolicyInForce, Purpose

WAITING_DAYS = 30
"""How long a change waits where the policy in force does not say (EDPB Opinion 28/2024, 102a)."""
AHEAD_DAYS = 30
"""How far ahead of being published a change may be said to be announced."""

NOTICE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A change of policy that may be published, and what it does."""

    notice: PublishedNotice
    policy: Policy
    before: Policy
    found: Mapping[Purpose, PolicyDifference]
    """What changes once it holds."""
    text: bytes
    toml: str
    overtaken: Sequence[PublishedNotice]
    """Notices that will never take effect if this one is published."""

    @property
    def permits(self) -> Mapping[Purpose, Sequence[PolicyChange]]:
        """What goes from no to yes, by purpose."""
        yes = {
            purpose: [change for change in each.changes if change.permits]
            for purpose, each in self.found.items()
        }
        return {purpose: changes for purpose, changes in yes.items() if changes}


def draft(home: Home, toml: str, file: str, now: datetime, name: str | None = None) -> NoticeDraft:
    """Read a new policy and say what publishing it would do; `file` is its name in messages.

    Raises:
        ConfigError: the policy is wrong.
        InputError: it is the one in force already, or the name is none.
    """
    new, current = parse(toml, file), policy_at(home, now)
    # It takes effect when the last purpose that changes has waited, or at once.
    changing = compare_policies(current, new)
    ready = [
        midnight(rules.announced + timedelta(days=rules.waiting_days))
        for purpose, rules in new.purposes.items()
        if changing[purpose].keys and rules.announced is not None
    ]
    effective = max([now, *ready])
    before = policy_at(home, effective)
    if new.digest == before.digest:
        when = f"the policy in force on {effective.date()}"
        raise InputError(f"{file}: is {when} already", todo="change it first")
    differences = {}
    for purpose, each in compare_policies(before, new).items():
        # Until it holds the old policy is asked: what would have changed before is left out.
        since = effective.date()
        changes = tuple(c for c in each.changes if c.end is None or c.end > since)
        differences[purpose] = replace(each, changes=changes)
    changed = [purpose for purpose, each in differences.items() if each.keys] or list(new.purposes)
    text = change_text(before, new, changed)
    if name is None:
        plain = re.sub(r"[^a-z0-9]+", "-", new.name.lower()).strip("-")
        name = f"{effective.date()}-{plain}"[:64].rstrip("-")
    if not NOTICE_ID.fullmatch(name):
        todo = "use up to 64 small letters, digits and hyphens"
        raise InputError(f"`{name}` is no id of a notice", todo=todo)
    notice = PublishedNotice(
        notice=name,
        policy=new.name,
        digest=new.digest,
        replaces=before.digest,
        published_at=now,
        effective_at=effective,
        text_sha256=hashlib.sha256(text).hexdigest(),
        entry=None,
    )
    overtaken = [each for each in pending(home, now) if each.effective_at >= effective]
    return NoticeDraft(notice, new, before, differences, text, toml, overtaken)


def check(draft: NoticeDraft, file: str, *, accepted: bool) -> None:
    """Refuse what may not be published.

    Raises:
        VerificationError: something goes from no to yes, and nobody accepted that.
        ConfigError: it does, and does not wait, or not for long enough.
    """
    if draft.permits and not accepted:
        raise VerificationError(
            "the new policy permits what the old one does not",
            todo="read what goes from no to yes; if it is meant, give --accept-no-to-yes",
        )
    for purpose in draft.permits:
        rules, today = draft.policy.purpose(purpose), draft.notice.published_at.date()
        where = f"{file}: `purposes.{purpose}.waiting`"
        before = with_purpose(draft.before, purpose).purpose(purpose)
        least = before.waiting_days or WAITING_DAYS
        if rules.announced is None:
            todo = f"add `announced = {today}` and `days = {least}`: something goes from no to yes"
            raise ConfigError(f"{where} is missing", todo=todo)
        if rules.waiting_days < least:
            raise ConfigError(
                f"{where}: {rules.waiting_days} days", todo=f"wait {least} days or more"
            )
        last = today + timedelta(days=AHEAD_DAYS)
        if not today <= rules.announced <= last:
            when = "before today" if rules.announced < today else "too far ahead"
            todo = f"name a day from {today} to {last}: it is announced when it is published"
            raise ConfigError(f"{where}: announced on {rules.announced}, {when}", todo=todo)


def publish(home: Home, draft: NoticeDraft) -> PublishedNotice:
    """Announce it: its files, its entries in the ledger, and then it counts.

    If that is cut short, the same again finishes it, and until then nothing was announced.

    Raises:
        BusyError: another notice was published since the draft was made.
        ConflictError: another notice has that id.
        VanneError: it could not be written; the policy in force stays.
    """
    folder = home.notices / draft.notice.notice
    with locked(home):
        if policy_at(home, draft.notice.effective_at).digest != draft.notice.replaces:
            raise BusyError("another notice was published meanwhile", todo="run this again")
        notice, path = draft.notice, folder / "notice.json"
        if path.exists():  # an earlier run left it
            there = read_notice(path)
            same = (there.digest, there.replaces, there.text_sha256)
            if same == (notice.digest, notice.replaces, notice.text_sha256):
                notice = there
            elif there.entry is not None:
                raise ConflictError(
                    f"the notice `{there.notice}` is published, with another policy",
                    todo="name this one with --id",
                )
        if notice.entry is not None:
            return notice
        changed = [purpose for purpose, each in draft.found.items() if each.keys]
        records: list[Notice | PolicyInForce] = [
            Notice(
                notice=notice.notice,
                purpose=purpose,
                policy=notice.policy,
                digest=notice.digest,
                published_at=notice.published_at,
                effective_at=notice.effective_at,
                text_sha256=notice.text_sha256,
            )
            for purpose in changed or draft.policy.purposes
        ]
        version, since = draft.policy.version, notice.effective_at
        in_force = PolicyInForce(notice.policy, version, notice.digest, since, notice.published_at)
        write_whole(folder / "policy.toml", draft.toml.encode())
        write_whole(folder / "text.json", draft.text)
        _write(home, notice)
        with Ledger.of(home, create=False) as ledger:
            entries = ledger.append([*records, in_force], key=f"notice/{notice.notice}")
        announced = replace(notice, entry=entries[0])
        _write(home, announced)
        return announced


def _write(home: Home, notice: PublishedNotice) -> None:
    document = json.dumps(notice.as_json(), indent=2, sort_keys=True).encode() + b"\n"
    write_whole(home.notices / notice.notice / "notice.json", document)
