"""What a notice says: which sentences of the policy go, which come, and what that is for a member.

The words are made once, when the notice is published, from the sentences in which both policies are
explained, and kept beside it: everybody is shown the same text, for ever, and the ledger holds its
digest. What it means for a member's own items is asked of the engine under both policies, as of the
day on which the change takes effect. A notice asks nothing: what a member chose stays.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from itertools import groupby
from typing import Any

import rfc8785

from vanne.config import Home
from vanne.decide.difference import with_purpose
from vanne.errors import MissingError, did_you_mean
from vanne.policy.policy import Policy, PurposePolicy
from vanne.policy.schedule import (
    PublishedNotice,
    notice_at,
    notices,
    pending,
    policy_named,
    policy_of,
    text_of,
)
from vanne.report.member import MemberReport, report_of
from vanne.report.member_items import load_member, open_ledger
from vanne.report.policy_text import rules_in_words
from vanne.terms import Member, Purpose, Reason
from vanne.words import LANGUAGES, purpose_words, words

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
    return [text for rule in in_order for where, text in rule.sentences if where != "words"]


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
    after: MemberReport


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
        effects.append(PurposeEffect(change, _kinds(old, new), new))
    return effects


def _kinds(old: MemberReport, new: MemberReport) -> list[KindChange]:
    allowed = {item.item_id for item in old.items if item.reason is Reason.ALLOWED}
    to_yes: Counter[str | None] = Counter()
    to_no: Counter[str | None] = Counter()
    for item in new.items:
        if (item.reason is Reason.ALLOWED) != (item.item_id in allowed):
            (to_no if item.item_id in allowed else to_yes)[item.category] += 1
    kinds = sorted(to_yes | to_no, key=lambda kind: (-to_yes[kind], -to_no[kind], kind or ""))
    return [KindChange(kind, to_yes[kind], to_no[kind]) for kind in kinds]


# Which notices, and who has seen them


def to_show(home: Home, now: datetime) -> list[PublishedNotice]:
    """Return the notices that concern people now: those that wait, then the one in force."""
    in_force = notice_at(home, now)
    return [*pending(home, now), *([in_force] if in_force else [])]


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
