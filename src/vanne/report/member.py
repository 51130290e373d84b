"""A member's report: where they stand, what of theirs may be used and why, what holds it now.

It asks the other rooms and adds no rule: verdicts come from `decide`, choices from the ledger as
it is now, what a corpus or a model holds from what was recorded when it was made. Other people's
texts, and why their items are not used, are not in it: those are theirs to know.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vanne.config import Home
from vanne.decide import People, decide, decide_member
from vanne.decide.people import Stands
from vanne.policy import Policy
from vanne.policy.policy import midnight
from vanne.policy.schedule import policy_at
from vanne.report.item_usage import Holding, in_corpus, in_model
from vanne.report.load_member import MemberData, load_member
from vanne.report.load_member import open_ledger as open_ledger  # part of what this room offers
from vanne.report.member_items import Row
from vanne.terms import MAIN_PURPOSE, Choice, Fields, Item, Member, MemberId, Purpose, Reason

BLOCKS = (
    Reason.MEMBER_UNKNOWN,
    Reason.REGION_UNKNOWN,
    Reason.REGION_NOT_STARTED,
    Reason.MINOR,
    Reason.AGE_UNKNOWN,
)
"""Why nothing of a member is used, whatever they chose."""


RULED_OUT = (Reason.CATEGORY_NEVER, Reason.CATEGORY_NOT_LISTED, Reason.CATEGORY_UNKNOWN)
"""Why a kind of data is not used, whatever anybody chose."""


@dataclass(frozen=True, slots=True)
class SwitchState:
    """What the switch says, whose state that is and since when, and what overrides it."""

    on: bool
    by: Literal["choice", "default"]
    since: datetime | None
    block: Reason | None

    @property
    def used(self) -> bool:
        """Say whether the member's data may be used at all."""
        return self.on and self.block is None


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One of the member's items. `text` is None, and `fields` are empty, if somebody else wrote it.

    `in_corpus` and `in_model` are None where that cannot be known: the data file has changed since.
    """

    row: Row
    item_id: str
    category: str | None
    created_at: datetime | None
    text: str | None
    fields: Fields
    reason: Reason
    in_corpus: bool | None
    in_model: bool | None

    @property
    def allowed(self) -> bool:
        """Say whether it may be used."""
        return self.reason is Reason.ALLOWED


@dataclass(frozen=True, slots=True)
class OthersItem:
    """Somebody else's item that the member wrote or is in: no text, and not why."""

    row: Row
    category: str | None
    created_at: datetime | None
    role: Literal["author", "subject"]
    allowed: bool
    in_corpus: bool | None
    in_model: bool | None


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How many items of a kind the member has, and how many are allowed and held.

    `why_not` is the reason if none is allowed and all have the same one.
    """

    category: str | None
    items: int
    allowed: int
    in_corpus: int
    in_model: int
    why_not: Reason | None


@dataclass(frozen=True, slots=True)
class MemberReport:
    """What Vanne tells one member about one purpose, as of a time."""

    member: Member
    as_of: datetime
    purpose: Purpose
    policy: Policy
    state: SwitchState
    stands: Stands
    items: tuple[OwnItem, ...]
    others: tuple[OthersItem, ...]
    categories: tuple[CategoryCount, ...]
    history: tuple[tuple[int, Choice], ...]
    corpus: Holding | None
    model: Holding | None

    @property
    def allowed(self) -> int:
        """How many of the member's items may be used."""
        return sum(count.allowed for count in self.categories)

    @property
    def choosable(self) -> list[CategoryCount]:
        """The kinds of data for which a choice counts."""
        return [count for count in self.categories if count.why_not not in RULED_OUT]

    @property
    def unlisted(self) -> list[CategoryCount]:
        """The kinds of data that the policy neither lists nor names as never used."""
        outside = (Reason.CATEGORY_NOT_LISTED, Reason.CATEGORY_UNKNOWN)
        return [count for count in self.categories if count.why_not in outside]

    @property
    def in_corpus(self) -> int:
        """How many of the member's items the current corpus holds."""
        return sum(count.in_corpus for count in self.categories)

    @property
    def in_model(self) -> int:
        """How many of the member's items the current model was trained on."""
        return sum(count.in_model for count in self.categories)


def member_report(
    home: Home,
    member_id: MemberId,
    as_of: datetime,
    *,
    purpose: Purpose = MAIN_PURPOSE,
    until: datetime | None = None,
) -> MemberReport:
    """Make the report of one member, with all that was chosen, or what was `until` a time.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    data = load_member(home, member_id, until)
    return report_of(home, data, policy_at(home, as_of), purpose, as_of)


def report_of(
    home: Home, found: MemberData, policy: Policy, purpose: Purpose, as_of: datetime
) -> MemberReport:
    """Make the report of a member from what was gathered about them."""
    member_id, items = found.member.member_id, found.items.items()
    people = People.of(found.people, found.choices, policy, purpose, as_of)
    corpus, model = in_corpus(home, purpose), in_model(home, purpose)
    holdings = {row: (_held(corpus, row, item), _held(model, row, item)) for row, item in items}
    own = [_own(r, i, member_id, people, *holdings[r]) for r, i in items if i.owner == member_id]
    others = [
        _others(r, i, member_id, people, *holdings[r]) for r, i in items if i.owner != member_id
    ]
    return MemberReport(
        member=found.member,
        as_of=as_of,
        purpose=purpose,
        policy=policy,
        state=state_of(found.member, people),
        stands=people.stands.get(member_id, {}),
        items=tuple(sorted(own, key=_newest_first)),
        others=tuple(sorted(others, key=_newest_first)),
        categories=_counts(own),
        history=tuple(entry for entry in found.history if entry[1].purpose == purpose),
        corpus=corpus,
        model=model,
    )


def state_of(member: Member, people: People) -> SwitchState:
    """Say where a member stands: what decides, since when, and what blocks it."""
    rules, reason = people.rules, decide_member(member, people)
    block = reason if reason in BLOCKS else None
    whole = people.stands.get(member.member_id, {}).get(("all", None))
    if whole is not None:
        return SwitchState(whole.on, "choice", whole.since, block)
    rollout = rules.rollout(member.region, people.as_of) if member.region else None
    if rollout is None:
        return SwitchState(on=False, by="default", since=None, block=block)
    return SwitchState(rollout.default_on, "default", midnight(rollout.start), block)


# One item


def _own(
    row: Row,
    item: Item,
    member_id: MemberId,
    people: People,
    corpus: bool | None,
    model: bool | None,
) -> OwnItem:
    theirs = item.author in (None, member_id)
    return OwnItem(
        row=row,
        item_id=item.item_id,
        category=item.category,
        created_at=item.created_at,
        text=item.text if theirs else None,
        fields=item.fields if theirs else {},
        reason=decide(item, people),
        in_corpus=corpus,
        in_model=model,
    )


def _others(
    row: Row,
    item: Item,
    member_id: MemberId,
    people: People,
    corpus: bool | None,
    model: bool | None,
) -> OthersItem:
    return OthersItem(
        row=row,
        category=item.category,
        created_at=item.created_at,
        role="author" if item.author == member_id else "subject",
        allowed=decide(item, people) is Reason.ALLOWED,
        in_corpus=corpus,
        in_model=model,
    )


def _held(holding: Holding | None, row: Row, item: Item) -> bool | None:
    return False if holding is None else holding.holds(row, item)


def _newest_first(item: OwnItem | OthersItem) -> float:
    return -item.created_at.timestamp() if item.created_at else 0.0


def _counts(items: Iterable[OwnItem]) -> tuple[CategoryCount, ...]:
    """Count by category: what is used comes first, what no choice could change comes last."""
    groups: dict[str | None, list[OwnItem]] = {}
    for item in items:
        groups.setdefault(item.category, []).append(item)
    counts = []
    for category, group in groups.items():
        reasons = Counter(item.reason for item in group)
        only = next(iter(reasons)) if len(reasons) == 1 else Reason.ALLOWED
        counts.append(
            CategoryCount(
                category=category,
                items=len(group),
                allowed=reasons[Reason.ALLOWED],
                in_corpus=sum(item.in_corpus is True for item in group),
                in_model=sum(item.in_model is True for item in group),
                why_not=only if only is not Reason.ALLOWED else None,
            )
        )

    def rank(count: CategoryCount) -> tuple[int, bool, bool, int, str]:
        ruled_out = count.why_not in RULED_OUT
        never = count.why_not is Reason.CATEGORY_NEVER
        return -count.allowed, ruled_out, never, -count.items, count.category or ""

    return tuple(sorted(counts, key=rank))
