"""The reference verdict: the specification, in plain Python.

An item may be used for a purpose only if *no* rule denies it. `RULES` lists the rules in order; the
first that denies gives the reason. Each rule is one short function that returns a `Reason` to deny,
or `None` to leave the item to the next rule. An unknown value denies.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import http_sf

from vanne.decide.people import People
from vanne.policy.policy import VOCABULARY
from vanne.terms import REGIONS, Category, Item, Member, MemberId, Reason, word

Rule = Callable[[Item, People], Reason | None]

KNOWN_CATEGORIES = frozenset(category.value for category in Category)


def decide(item: Item, people: People) -> Reason:
    """Return `allowed`, or the first reason why the item may not be used."""
    for rule in RULES:
        if (reason := rule(item, people)) is not None:
            return reason
    return Reason.ALLOWED


def decide_member(member: Member, people: People) -> Reason:
    """Say where a member stands: an item is decided that nothing else speaks against."""
    rules = people.rules
    probe = Item(
        item_id="",
        owner=member.member_id,
        category=next(iter(sorted(rules.listed)), None),
        created_at=people.as_of,
        visibility=next(iter(sorted(rules.visibilities or ())), None),
    )
    return decide(probe, people)


# 1, 2: what kind of data it is


def never_used(item: Item, people: People) -> Reason | None:
    """Some categories are never used, whoever they belong to and whatever they chose."""
    return Reason.CATEGORY_NEVER if item.category in people.rules.never else None


def not_listed(item: Item, people: People) -> Reason | None:
    """Only the categories that the policy lists are used."""
    if item.category in people.rules.listed:
        return None
    known = item.category in KNOWN_CATEGORIES
    return Reason.CATEGORY_NOT_LISTED if known else Reason.CATEGORY_UNKNOWN


# 3, 4: whose it is, where they are, how old they are


def owner_unsuited(item: Item, people: People) -> Reason | None:
    """The owner must be known, in a region that has started, and of age, now and back then."""
    if item.owner is None or item.owner not in people.members:
        return Reason.MEMBER_UNKNOWN
    return _unsuited(people.members[item.owner], item, people)


def _unsuited(member: Member, item: Item, people: People) -> Reason | None:
    if member.region not in REGIONS:
        return Reason.REGION_UNKNOWN
    if people.rollout(member.region) is None:
        return Reason.REGION_NOT_STARTED
    if not people.rules.minor_signs.isdisjoint(map(word, member.signs)):
        return Reason.MINOR  # a sign outweighs a birth date: people write what they like there
    adult_at = people.adult_at(member)
    if adult_at is None:
        return Reason.AGE_UNKNOWN
    if people.as_of < adult_at:
        return Reason.MINOR
    made_before = item.created_at is not None and item.created_at < adult_at
    return Reason.MADE_AS_MINOR if made_before else None


# 5: when it was made, who may see it, what it is about


def outside_window(item: Item, people: People) -> Reason | None:
    """An item older than the policy's window is not used."""
    oldest = people.rules.oldest(people.as_of)
    if oldest is None or item.created_at is None:
        return None  # `unreadable` denies a time that is not known
    return Reason.OUTSIDE_WINDOW if item.created_at < oldest else None


def visibility_not_listed(item: Item, people: People) -> Reason | None:
    """Where the policy lists visibilities, others and unknown ones are not used."""
    listed = people.rules.visibilities
    return None if listed is None or item.visibility in listed else Reason.VISIBILITY_NOT_LISTED


def sensitive(item: Item, people: People) -> Reason | None:
    """An item that carries a sensitive tag is not used."""
    tagged = not people.rules.sensitive_tags.isdisjoint(map(word, item.tags))
    return Reason.SENSITIVE if tagged else None


# 6: what the owner said


def owner_off(item: Item, people: People) -> Reason | None:
    """Any off wins: whole, category or item; where off is the default an on is needed."""
    return _off(item.owner, item, people) if item.owner is not None else Reason.MEMBER_UNKNOWN


def _off(person: MemberId, item: Item, people: People) -> Reason | None:
    for scope, target, reason in (
        ("all", None, Reason.OFF),
        ("category", item.category, Reason.OFF_CATEGORY),
        ("item", item.item_id, Reason.OFF_ITEM),
    ):
        if _covers(people.off_since(person, scope, target), item, people):
            return reason
    member = people.members.get(person)
    if member is None or member.region is None:
        return None
    rollout = people.rollout(member.region)
    on_by_default = rollout is not None and rollout.default_on
    return None if on_by_default or people.is_on(person, item) else Reason.OFF_BY_DEFAULT


def _covers(off_since: datetime | None, item: Item, people: People) -> bool:
    """Say whether an off since that time covers the item: all, or what was made afterwards."""
    if off_since is None:
        return False
    everything = people.rules.objection_covers == "everything"
    return everything or item.created_at is None or item.created_at >= off_since


# 7: what the other people in it said


def author_refuses(item: Item, people: People) -> Reason | None:
    """Who wrote it, if not the owner, permits it by the same rules."""
    author = item.author
    if author is None or author == item.owner or not _refuses(author, item, people):
        return None
    return Reason.AUTHOR_REFUSES


def subject_refuses(item: Item, people: People) -> Reason | None:
    """Everybody else in it permits it by the same rules."""
    subjects = (person for person in item.subjects if person != item.owner)
    refused = any(_refuses(person, item, people) for person in subjects)
    return Reason.SUBJECT_REFUSES if refused else None


def _refuses(person: MemberId, item: Item, people: People) -> bool:
    if person in people.members:
        member = people.members[person]
        return (_unsuited(member, item, people) or _off(person, item, people)) is not None
    return people.rules.non_members == "deny" and not _objects(person, item, people)


def objection(item: Item, people: People) -> Reason | None:
    """Nobody who is not a member has objected: to this very item, or to what they are in.

    Whom an item is about may stand in its text alone: who objects to it need not be listed in it.
    """
    if _covers(people.objected.get(item.item_id), item, people):
        return Reason.OBJECTION
    others = [
        person for person in (item.author, *item.subjects) if person not in (None, item.owner)
    ]
    strangers = (person for person in others if person not in people.members)
    return Reason.OBJECTION if any(_objects(p, item, people) for p in strangers) else None


def _objects(person: MemberId, item: Item, people: People) -> bool:
    keys = (("all", None), ("category", item.category), ("item", item.item_id))
    return any(_covers(people.off_since(person, *key), item, people) for key in keys)


# 8: what the item says of itself


def reservation(item: Item, people: People) -> Reason | None:
    """The item's own reservation (IETF AIPREF vocabulary, `train-ai=n`) is respected."""
    stated = spoken(item.reservation, people.rules.reservation_keys)
    return Reason.RESERVATION if stated is Reason.RESERVATION else None


def unreadable(item: Item, people: People) -> Reason | None:
    """A value that could not be read, or a time that is not known, denies."""
    if item.unreadable or item.created_at is None:
        return Reason.UNREADABLE
    return spoken(item.reservation, people.rules.reservation_keys)


def spoken(text: str | None, keys: frozenset[str]) -> Reason | None:
    """Return what a Content-Usage value (RFC 9651) says under those keys: no, unclear, or nothing.

    Any no is a no; a value that is not one, or a word that no version of the vocabulary knows, may
    be one and denies as unreadable.
    """
    if text is None:
        return None
    try:
        stated: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary")
    except (ValueError, UnicodeEncodeError):
        return Reason.UNREADABLE
    values = [stated[key][0] for key in stated.keys() & keys]
    words = {str(value) if isinstance(value, http_sf.Token) else "?" for value in values}
    if "n" in words:
        return Reason.RESERVATION
    understood = words <= {"y"} and stated.keys() <= VOCABULARY | keys
    return None if understood else Reason.UNREADABLE


RULES: tuple[Rule, ...] = (
    never_used,
    not_listed,
    owner_unsuited,
    outside_window,
    visibility_not_listed,
    sensitive,
    owner_off,
    author_refuses,
    subject_refuses,
    objection,
    reservation,
    unreadable,
)
"""The order of the rules: that of `vanne.terms.Reason`."""
