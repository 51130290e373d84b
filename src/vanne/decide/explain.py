"""Explain one verdict to the person whose item it is.

The explanation asks the rules of `vanne.decide.reference` in the same order, so it cannot differ
from the verdict. It adds the facts that the rule used. About other people it says only that they do
not permit the use; it names none of them and gives no reason of theirs.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from vanne.decide.people import People
from vanne.decide.reference import RULES
from vanne.decide.request import EvaluationRequest, Tables
from vanne.errors import InputError
from vanne.policy.policy import Clause
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
    reason, name = Reason.ALLOWED, None
    for rule in RULES:
        if (against := rule(item, people)) is not None:
            reason, name = against, rule.__name__
            break
    who = None if reason in _OF_THE_ITEM else _WHO.get(reason, "owner")
    facts, places = _grounds(reason, item, people)
    known = {clause.where for clause in people.rules.clauses}
    clauses = tuple(
        people.rules.clause(where)
        for where in places
        # An absent table cites nothing: what the policy need not write down is left out.
        if where in known or where in ("listed", "rollout")
    )
    about = people.rules.purpose, people.as_of
    return Explanation(reason, name, who, facts, *about, clauses)


def explain_item(tables: Tables, question: EvaluationRequest, item_id: str) -> Explanation:
    """Explain the verdict on one item of some tables; only who is in it or chose for it is kept.

    Raises:
        InputError: a table cannot be read, or has no such item.
    """
    from vanne.sources.relation import named
    from vanne.sources.tables import read_items, read_members

    items = read_items(tables.items, with_text=False)
    item = next((item for item in items if item.item_id == item_id), None)
    if item is None:
        raise InputError(f"{named(tables.items)}: no item has that id", todo="check the id")
    there = {item.owner, item.author, *item.subjects}
    relevant = [
        choice
        for choice in question.counted(tables)
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


def _grounds(
    reason: Reason, item: Item, people: People
) -> tuple[ExplanationFacts, tuple[str, ...]]:
    """Return what the rule stood on, and where the policy says so."""
    rules, owner = people.rules, people.members.get(item.owner or "")
    facts, made = ExplanationFacts(category=item.category), item.created_at
    match reason:
        case Reason.CATEGORY_NEVER:
            return facts, (f"never.{item.category}",)
        case Reason.CATEGORY_NOT_LISTED | Reason.CATEGORY_UNKNOWN:
            return facts, ("listed",)
        case Reason.REGION_UNKNOWN:
            return facts, ("rollout",)
        case Reason.REGION_NOT_STARTED | Reason.OFF_BY_DEFAULT | Reason.ALLOWED if owner:
            return _of_region(reason, owner, item, people)
        case Reason.MINOR | Reason.MADE_AS_MINOR | Reason.AGE_UNKNOWN if owner:
            signs = sorted(set(map(word, owner.signs)) & rules.minor_signs)
            adult_at = people.adult_at(owner)
            facts = replace(
                facts,
                minimum_age=rules.minimum_age,
                sign=signs[0] if signs else None,
                of_age=adult_at.date() if adult_at and not signs else None,
                created_at=made,
            )
            return facts, ("age",)
        case Reason.OUTSIDE_WINDOW:
            return replace(facts, created_at=made, oldest=rules.oldest(people.as_of)), ("window",)
        case Reason.VISIBILITY_NOT_LISTED:
            listed = tuple(sorted(rules.visibilities or ()))
            facts = replace(facts, visibility=item.visibility, visibilities=listed)
            return facts, ("visibility",)
        case Reason.SENSITIVE:
            tags = sorted(set(map(word, item.tags)) & rules.sensitive_tags)
            return replace(facts, tags=tuple(tags)), ("sensitive",)
        case Reason.OFF | Reason.OFF_CATEGORY | Reason.OFF_ITEM:
            scopes: dict[Reason, tuple[Scope, str | None]] = {
                Reason.OFF: ("all", None),
                Reason.OFF_CATEGORY: ("category", item.category),
                Reason.OFF_ITEM: ("item", item.item_id),
            }
            scope, target = scopes[reason]
            since = people.off_since(item.owner or "", scope, target)
            return replace(facts, scope=scope, off_since=since, created_at=made), ("objection",)
        case Reason.AUTHOR_REFUSES | Reason.SUBJECT_REFUSES:
            return facts, ("people",)
        case Reason.OBJECTION:
            return facts, ("people", "objection")
        case Reason.RESERVATION:
            return facts, ("reservation",)
        case Reason.UNREADABLE:
            unread = item.unreadable or (("created_at",) if made is None else ("reservation",))
            places = ("reservation",) if "reservation" in unread else ()
            return replace(facts, unreadable=unread), places
    return facts, ()


def _of_region(
    reason: Reason, owner: Member, item: Item, people: People
) -> tuple[ExplanationFacts, tuple[str, ...]]:
    """Say where the purpose is in force, and since when; or when it ended or will start there."""
    rules, region, now = people.rules, owner.region or "", people.as_of
    rollout = rules.rollout(region, now)
    if rollout is not None:
        # Since when the owner is off where that does not count: the item is older.
        offs = (
            people.off_since(owner.member_id, "all"),
            people.off_since(owner.member_id, "category", item.category),
            people.off_since(owner.member_id, "item", item.item_id),
        )
        spared = min((since for since in offs if since is not None), default=None)
        facts = ExplanationFacts(
            category=item.category,
            region=region,
            started=rollout.start,
            default_on=rollout.default_on,
            chosen=people.is_on(owner.member_id, item),
            spared=spared,
            created_at=item.created_at if spared else None,
        )
        listed = (f"listed.{item.category}",) if reason is Reason.ALLOWED else ()
        return facts, (*listed, rules.place(rollout))
    rollouts = rules.rollouts_in(region)
    past = [r.end for r in rollouts if r.end and not r.in_force(now) and r.end <= now.date()]
    coming = min((r for r in rollouts if r.start > now.date()), key=lambda r: r.start, default=None)
    facts = ExplanationFacts(
        category=item.category,
        region=region,
        ended=max(past, default=None),
        starts=coming.start if coming else None,
    )
    if region in rules.not_started:
        return facts, ("not-started",)
    return facts, ("rollout",) if coming is None else (rules.place(coming), "waiting")
