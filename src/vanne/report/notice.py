"""Notices of a policy change: make one, publish it, and show a member what changes for them.

A notice lists the sentences of the policy that go and those that come. The list is made once, when
the notice is published, and stored beside it: everybody sees the same text for ever, and the ledger
holds its digest. The engine decides a member's own items under both policies, as of the day on
which the change takes effect. A notice asks for no answer: members' choices stay as they are.

A change is first announced in the ledger and takes effect after a waiting period. A change that
allows more must be accepted by its publisher, and waits for at least as many days as the policy in
force waited (thirty, if it names none). A change that only allows less may take effect at once.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import groupby
from typing import Any, Literal

import numpy as np
import rfc8785

from vanne.config import Home
from vanne.corpus.building import locked
from vanne.corpus.manifest import has_current
from vanne.corpus.simulation import Simulation, simulate
from vanne.decide.difference import PolicyChange, PolicyDifference, compare_policies, with_purpose
from vanne.decide.item_columns import firsts, refined
from vanne.errors import (
    BusyError,
    ConfigError,
    ConflictError,
    InputError,
    MissingError,
    RefusedError,
    VerificationError,
    did_you_mean,
)
from vanne.files import write_whole
from vanne.ledger import Ledger
from vanne.policy.load import parse
from vanne.policy.policy import Policy, PurposePolicy, midnight
from vanne.policy.schedule import (
    PublishedNotice,
    notice_at,
    notices,
    pending,
    policy_at,
    policy_named,
    policy_of,
    read_notice,
    text_of,
)
from vanne.policy.sentences import rules_in_words
from vanne.report.member import MemberReport, OwnItem, report_of
from vanne.report.member_items import load_member, open_ledger
from vanne.report.switches import PurposeSwitch, switch_of
from vanne.terms import MAIN_PURPOSE, Member, Notice, PolicyInForce, Purpose, Reason
from vanne.words import LANGUAGES, Words, purpose_words, words

SCHEMA = "vanne/notice-text/1"


# The text


def change_text(before: Policy, after: Policy, purposes: Iterable[Purpose]) -> bytes:
    """Return what people are told of a change, as canonical JSON (RFC 8785)."""
    texts: list[Any] = []
    for purpose in purposes:
        was, will = (with_purpose(policy, purpose).purpose(purpose) for policy in (before, after))
        named = (after if purpose in after.purposes else before).purpose(purpose)
        texts_by_lang = {}
        for lang in LANGUAGES:
            old, new = _sentences(was, lang), _sentences(_going_on(was, will), lang)
            texts_by_lang[lang] = {
                "title": purpose_words(purpose, named.words, lang).title,
                "goes": [text for text in old if text not in new],
                "comes": [text for text in new if text not in old],
            }
        texts.append({"purpose": purpose, "said": texts_by_lang})
    return rfc8785.dumps({"schema": SCHEMA, "purposes": texts})


def _going_on(before: PurposePolicy, after: PurposePolicy) -> PurposePolicy:
    """Return the new rules with the start of whatever only goes on.

    A waiting period lets nothing of the new policy start before its end, but what goes on under it
    as it was before has not stopped: to say that it starts then would mislead.
    """
    same = [
        next((old for old in before.rollouts if replace(old, start=new.start) == new), new)
        for new in after.rollouts
    ]
    going_on = tuple(
        min(o, n, key=lambda rollout: rollout.start)
        for o, n in zip(same, after.rollouts, strict=True)
    )
    return replace(
        after,
        rollouts=going_on,
        announced=before.announced,
        waiting_days=before.waiting_days,
    )


def _sentences(rules: PurposePolicy, lang: str) -> list[str]:
    """Return the rules in their order; how members read of the purpose is no rule."""
    in_order = rules_in_words(rules, words(lang))
    return [text for rule in in_order for where, text, _ in rule.sentences if where != "words"]


@dataclass(frozen=True, slots=True)
class PurposeChange:
    """What changes for one purpose, in one language."""

    purpose: Purpose
    title: str
    goes: Sequence[str]
    comes: Sequence[str]


Part = tuple[str, bool]
"""A piece of a sentence, and whether it is not in the sentence that it is held against."""


def marked(texts: Sequence[str], others: Sequence[str]) -> list[list[Part]]:
    """Mark in each sentence the words that are not in the one of the others which is most like it.

    What only stands elsewhere in it, as in a list that became longer, is not marked.

    >>> marked(["Used: Photos and Posts."], ["Used: Posts and CVs.", "Nothing else."])
    [[('Used: ', False), ('Photos', True), (' and Posts.', False)]]
    """
    marks = list[list[Part]]()
    for text in texts:
        near = get_close_matches(text, others, n=1)
        theirs = set(re.findall(r"\w+", near[0] if near else text))
        pieces = re.findall(r"\w+|\W+", text)
        parts = groupby(pieces, lambda piece: piece[0].isalnum() and piece not in theirs)  # noqa: B023
        marks.append([("".join(same), is_other) for is_other, same in parts])
    return marks


def changes_in(home: Home, notice: PublishedNotice, lang: str) -> list[PurposeChange]:
    """Return what a notice says, as it was published."""
    text: Any = text_of(home, notice)
    return [PurposeChange(p["purpose"], **p["said"][lang]) for p in text["purposes"]]


# For one member


@dataclass(frozen=True, slots=True)
class KindChange:
    """How many of a member's items of one kind go from no to yes, and from yes to no."""

    category: str | None
    to_yes: int
    to_no: int


@dataclass(frozen=True, slots=True)
class PurposeEffect:
    """What a change does to one member's items for one purpose, and where they stand after it."""

    change: PurposeChange
    kinds: Sequence[KindChange]
    after: PurposeSwitch


def effects_of(
    home: Home, member: Member, notice: PublishedNotice, now: datetime, lang: str
) -> list[PurposeEffect]:
    """Say what a notice means for a member, from the day on which it takes effect.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    data, as_of = load_member(home, member.member_id), max(now, notice.effective_at)
    before, after = policy_named(home, notice.replaces), policy_of(home, notice)
    effects = []
    for change in changes_in(home, notice, lang):
        old, new = (
            report_of(home, data, with_purpose(policy, change.purpose), change.purpose, as_of)
            for policy in (before or after, after)
        )
        effects.append(PurposeEffect(change, _kinds(old, new), switch_of(new)))
    return effects


def _kinds(old: MemberReport, new: MemberReport) -> list[KindChange]:
    to_yes: Counter[str | None] = Counter()
    to_no: Counter[str | None] = Counter()
    both = refined(old.groups, new.groups)
    for place, size in zip(firsts(both).tolist(), np.bincount(both).tolist(), strict=True):
        before, after = old.item(place), new.item(place)
        if isinstance(after, OwnItem) and before.allowed != after.allowed:
            (to_no if before.allowed else to_yes)[after.category] += size
    kinds = sorted(to_yes | to_no, key=lambda kind: (-to_yes[kind], -to_no[kind], kind or ""))
    return [KindChange(kind, to_yes[kind], to_no[kind]) for kind in kinds]


# Which notices, and who has seen them


def to_show(home: Home, now: datetime) -> list[PublishedNotice]:
    """Return the notices that concern people now: those that wait, then the one in force."""
    in_force = notice_at(home, now)
    return [*pending(home, now), *([in_force] if in_force else [])]


NoticeState = Literal["waits", "in force", "replaced"]


def state_of(home: Home, notice: PublishedNotice, now: datetime) -> NoticeState:
    """Say where a notice stands."""
    if notice not in to_show(home, now):
        return "replaced"
    return "waits" if notice.effective_at > now else "in force"


def state_text(w: Words, notice: PublishedNotice, state: NoticeState) -> str:
    """Say in a sentence where a notice stands."""
    day = w.day(notice.effective_at)
    if state == "replaced":
        return w("A later notice stands in its place.")
    if state == "waits":
        return w("This holds from %(day)s on. Until then, nothing changes.", day=day)
    return w("This holds since %(day)s.", day=day)


def unseen(home: Home, member: Member, now: datetime) -> PublishedNotice | None:
    """Return the first notice that concerns people now and that a member was not shown yet.

    Raises:
        MissingError: there is a notice, and no ledger.
    """
    current = to_show(home, now)
    if not current:
        return None
    with open_ledger(home) as ledger:
        names = {showing.notice for _, showing in ledger.seen(member.member_id)}
    return next((each for each in current if each.notice not in names), None)


def find_notice(home: Home, name: str) -> PublishedNotice:
    """Return a notice that was announced.

    Raises:
        MissingError: there is none of that id.
    """
    known = {each.notice: each for each in notices(home)}
    if name not in known:
        todo = did_you_mean(name, sorted(known)) if known else "see `vanne notice publish`"
        raise MissingError(f"no notice `{name}` was published", todo=todo)
    return known[name]


# Publishing


WAITING_DAYS = 30
"""How long a change waits where the policy in force does not say (EDPB Opinion 28/2024, 102a)."""
AHEAD_DAYS = 30
"""How far ahead of being published a change may be said to be announced."""

SAID_NO = frozenset((Reason.OFF, Reason.OFF_CATEGORY, Reason.OFF_ITEM, Reason.OBJECTION))
"""The reasons that are somebody's own word: no change of policy may turn one into a yes."""

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
        RefusedError: it would use what somebody switched off or objected to.
        VerificationError: something goes from no to yes, and nobody accepted that.
        ConfigError: it does, and does not wait, or not for long enough.
    """
    for purpose, changes in draft.permits.items():
        if any(change.before in SAID_NO for change in changes):
            raise RefusedError(
                f"{file}: `purposes.{purpose}` would use what people switched off",
                todo="leave `objection.covers` as it is: a choice is undone by who made it alone",
            )
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


def touched(home: Home, draft: NoticeDraft) -> dict[Purpose, Simulation]:
    """Count what a change would do on the day it takes effect; nothing before a first corpus.

    Raises:
        VanneError: the data or what is stored beside the corpus is damaged.
    """
    if not has_current(home, MAIN_PURPOSE):
        return {}
    effects = {}
    for purpose in (purpose for purpose, each in draft.found.items() if each.keys):
        before, after = (with_purpose(each, purpose) for each in (draft.before, draft.policy))
        effects[purpose] = simulate(home, before, after, purpose, draft.notice.effective_at)
    return effects


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
        with Ledger.of(home) as ledger:
            entries = ledger.append([*records, in_force], key=f"notice/{notice.notice}")
        announced = replace(notice, entry=entries[0])
        _write(home, announced)
        return announced


def _write(home: Home, notice: PublishedNotice) -> None:
    document = json.dumps(notice.as_json(), indent=2, sort_keys=True).encode() + b"\n"
    write_whole(home.notices / notice.notice / "notice.json", document)
