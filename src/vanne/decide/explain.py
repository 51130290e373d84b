"""Explain one verdict to the person whose item it is.

The rules are those of `vanne.decide.reference`, asked in the same order, so that an explanation
cannot differ from the verdict; what is added is what the rule stood on. Of other people it is never
said who refused, nor why: that they do not permit is all that the owner may know.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from vanne.decide.people import People, meant, until
from vanne.decide.reference import RULES
from vanne.decide.request import EvaluationRequest, Tables
from vanne.errors import InputError
from vanne.policy.policy import Clause, Rollout
from vanne.terms import Item, Member, Purpose, Reason, Scope, word

Who = Literal["owner", "author", "subject", "somebody"]


@dataclass(frozen=True, slots=True)
class ExplanationFacts:
    """What the rule that spoke stood on; of an allowed item, why nothing spoke. None: no part."""

    category: str | None = None
    region: str | None = None
    started: date | None = None
    ended: date | None = None
    """The first day on which it was no longer in force there."""
    starts: date | None = None
    """When it will start in that region, if the policy says."""
    chosen: bool | None = None
    """True: the owner chose on. False: nobody chose, the default counts."""
    default_on: bool | None = None
    minimum_age: int | None = None
    of_age: date | None = None
    """The day on which the owner reaches the minimum age."""
    sign: str | None = None
    created_at: datetime | None = None
    oldest: datetime | None = None
    visibility: str | None = None
    visibilities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    off_since: datetime | None = None
    spared: datetime | None = None
    """Since when the owner is off for what is made from then on, if the item is older."""
    scope: Scope | None = None
    unreadable: tuple[str, ...] = ()
    """The names of the fields that could not be read."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict, the rule that spoke (None: none did), of whom, on what, by which clauses."""

    reason: Reason
    rule: str | None
    who: Who | None
    facts: ExplanationFacts
    purpose: Purpose
    as_of: datetime
    clauses: tuple[Clause, ...]

    def places(self) -> list[str]:
        """Return where in the policy the clauses stand, as in its messages."""
        return [f"purposes.{self.purpose}.{clause.where}" for clause in self.clauses]


def explain(item: Item, people: People) -> Explanation:
    """Say why an item may be used, or the first reason why not."""
    for rule in RULES:
        if (reason := rule(item, people)) is not None:
            return _explained(reason, rule.__name__, item, people)
    return _explained(Reason.ALLOWED, None, item, people)


def explain_item(tables: Tables, question: EvaluationRequest, item_id: str) -> Explanation:
    """Explain the verdict on one item of some tables; only who is in it or chose for it is kept.

    Raises:
        InputError: a table cannot be read, or has no such item.
    """
    from vanne.sources.tables import read_choices, read_items, read_members

    items = read_items(tables.items, with_text=False)
    item = next((item for item in items if item.item_id == item_id), None)
    if item is None:
        raise InputError(f"{tables.items}: no item has that id", todo="check the id")
    there = {item.owner, item.author, *item.subjects}
    choices = () if tables.choices is None else read_choices(tables.choices)
    relevant = [
        choice
        for choice in until(meant(choices, question.policy), question.as_of)
        if choice.member_id in there or (choice.scope, choice.target) == ("item", item_id)
    ]
    there |= {choice.member_id for choice in relevant}
    members = (m for m in read_members(tables.members) if m.member_id in there)
    context = (question.policy, question.purpose, question.as_of)
    return explain(item, People.of(members, relevant, *context))


_WHO: dict[Reason, Who] = {
    Reason.AUTHOR_REFUSES: "author",
    Reason.SUBJECT_REFUSES: "subject",
    Reason.OBJECTION: "somebody",
}
_OF_THE_ITEM = (
    Reason.CATEGORY_NEVER,
    Reason.CATEGORY_NOT_LISTED,
    Reason.CATEGORY_UNKNOWN,
    Reason.OUTSIDE_WINDOW,
    Reason.VISIBILITY_NOT_LISTED,
    Reason.SENSITIVE,
    Reason.RESERVATION,
    Reason.UNREADABLE,
)


def _explained(reason: Reason, rule: str | None, item: Item, people: People) -> Explanation:
    who = None if reason in _OF_THE_ITEM else _WHO.get(reason, "owner")
    return Explanation(
        reason=reason,
        rule=rule,
        who=who,
        facts=_facts(reason, item, people),
        purpose=people.rules.purpose,
        as_of=people.as_of,
        clauses=tuple(people.rules.clause(where) for where in _cited(reason, item, people)),
    )


# On what it stands


def _facts(reason: Reason, item: Item, people: People) -> ExplanationFacts:
    rules, owner = people.rules, people.members.get(item.owner or "")
    facts = ExplanationFacts(category=item.category)
    if reason in (Reason.REGION_NOT_STARTED, Reason.OFF_BY_DEFAULT, Reason.ALLOWED) and owner:
        return _of_region(facts, owner, item, people)
    if reason in (Reason.MINOR, Reason.MADE_AS_MINOR, Reason.AGE_UNKNOWN) and owner:
        return _of_age(facts, owner, item, people)
    if reason in _SCOPES:
        scope = _SCOPES[reason]
        target = {"all": None, "category": item.category, "item": item.item_id}[scope]
        since = people.off_since(item.owner or "", scope, target)
        return replace(facts, scope=scope, off_since=since, created_at=item.created_at)
    if reason is Reason.OUTSIDE_WINDOW:
        return replace(facts, created_at=item.created_at, oldest=rules.oldest(people.as_of))
    if reason is Reason.VISIBILITY_NOT_LISTED:
        listed = tuple(sorted(rules.visibilities or ()))
        return replace(facts, visibility=item.visibility, visibilities=listed)
    if reason is Reason.SENSITIVE:
        tags = sorted(set(map(word, item.tags)) & rules.sensitive_tags)
        return replace(facts, tags=tuple(tags))
    return replace(facts, unreadable=_unread(item)) if reason is Reason.UNREADABLE else facts


def _of_region(
    facts: ExplanationFacts, owner: Member, item: Item, people: People
) -> ExplanationFacts:
    region, now = owner.region or "", people.as_of
    rollout = people.rules.rollout(region, now)
    if rollout is not None:
        # Since when the owner is off where that does not count: the item is older.
        offs = (
            people.off_since(owner.member_id, "all"),
            people.off_since(owner.member_id, "category", item.category),
            people.off_since(owner.member_id, "item", item.item_id),
        )
        spared = min((since for since in offs if since is not None), default=None)
        return replace(
            facts,
            region=region,
            started=rollout.start,
            default_on=rollout.default_on,
            chosen=people.is_on(owner.member_id, item),
            spared=spared,
            created_at=item.created_at if spared else None,
        )
    rollouts = people.rules.rollouts_in(region)
    ended = [r.end for r in rollouts if r.end and not r.in_force(now)]
    coming = _next(people, region)
    past = [day for day in ended if day <= now.date()]
    starts = coming.start if coming else None
    return replace(facts, region=region, ended=max(past, default=None), starts=starts)


def _next(people: People, region: str) -> Rollout | None:
    """Return the rollout that will start next in a region, if one is to."""
    coming = (r for r in people.rules.rollouts_in(region) if r.start > people.as_of.date())
    return min(coming, key=lambda r: r.start, default=None)


def _of_age(facts: ExplanationFacts, owner: Member, item: Item, people: People) -> ExplanationFacts:
    signs = sorted(set(map(word, owner.signs)) & people.rules.minor_signs)
    adult_at = people.adult_at(owner)
    return replace(
        facts,
        minimum_age=people.rules.minimum_age,
        sign=signs[0] if signs else None,
        of_age=adult_at.date() if adult_at and not signs else None,
        created_at=item.created_at,
    )


_SCOPES: dict[Reason, Scope] = {
    Reason.OFF: "all",
    Reason.OFF_CATEGORY: "category",
    Reason.OFF_ITEM: "item",
}


def _unread(item: Item) -> tuple[str, ...]:
    if item.unreadable:
        return item.unreadable
    return ("created_at",) if item.created_at is None else ("reservation",)


# By which clauses of the policy


_PLACES: dict[Reason, tuple[str, ...]] = {
    Reason.MEMBER_UNKNOWN: (),
    Reason.CATEGORY_NOT_LISTED: ("listed",),
    Reason.CATEGORY_UNKNOWN: ("listed",),
    Reason.REGION_UNKNOWN: ("rollout",),
    Reason.MINOR: ("age",),
    Reason.AGE_UNKNOWN: ("age",),
    Reason.MADE_AS_MINOR: ("age",),
    Reason.OUTSIDE_WINDOW: ("window",),
    Reason.VISIBILITY_NOT_LISTED: ("visibility",),
    Reason.SENSITIVE: ("sensitive",),
    Reason.OFF: ("objection",),
    Reason.OFF_CATEGORY: ("objection",),
    Reason.OFF_ITEM: ("objection",),
    Reason.AUTHOR_REFUSES: ("people",),
    Reason.SUBJECT_REFUSES: ("people",),
    Reason.OBJECTION: ("people", "objection"),
    Reason.RESERVATION: ("reservation",),
}


def _cited(reason: Reason, item: Item, people: People) -> list[str]:
    """Return where the policy says so.

    An absent table cites nothing: what the policy need not write down and does not is left out.
    """
    rules, owner = people.rules, people.members.get(item.owner or "")
    region = owner.region if owner and owner.region else ""
    places = _PLACES.get(reason, ())
    if reason is Reason.CATEGORY_NEVER:
        places = (f"never.{item.category}",)
    elif reason is Reason.REGION_NOT_STARTED:
        coming = _next(people, region)
        places = ("rollout",) if coming is None else (rules.place(coming), "waiting")
        places = ("not-started",) if region in rules.not_started else places
    elif reason is Reason.UNREADABLE:
        places = ("reservation",) if "reservation" in _unread(item) else ()
    elif reason not in _PLACES:
        rollout = rules.rollout(region, people.as_of)
        listed = () if reason is not Reason.ALLOWED else (f"listed.{item.category}",)
        places = listed + (() if rollout is None else (rules.place(rollout),))
    known = {clause.where for clause in rules.clauses}
    return [where for where in places if where in known or where in ("listed", "rollout")]
