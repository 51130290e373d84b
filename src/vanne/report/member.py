"""A member's report: which choices hold, which items may be used and why, what holds them now.

The report adds no rule: verdicts come from `vanne.decide`, choices from the ledger as of now, and
the contents of a corpus or a model from the record that was made with it. The report leaves out
other people's texts, and the reasons why their items are not used: only their owners may know them.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from pathlib import Path
from typing import Literal

import numpy as np

from vanne.config import Home
from vanne.corpus import Manifest
from vanne.corpus.manifest import DataFile, current_version, has_current, load, load_for
from vanne.corpus.patch import sidecar_of
from vanne.decide import People, decide, decide_member
from vanne.decide.item_columns import Rows, firsts, refined
from vanne.decide.people import Stands
from vanne.errors import MissingError, VerificationError
from vanne.forget.history import TEXTS
from vanne.policy import Policy, PurposePolicy
from vanne.policy.policy import midnight
from vanne.policy.schedule import policy_at
from vanne.report.grouped_items import MemberItems
from vanne.report.member_items import MemberData, digest_of, load_member
from vanne.report.member_items import open_ledger as open_ledger  # part of what this room offers
from vanne.terms import (
    MAIN_PURPOSE,
    Choice,
    Fields,
    Item,
    Member,
    MemberId,
    Purpose,
    Reason,
)
from vanne.train.store import ModelStore

log = logging.getLogger("vanne.report")

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


# What a corpus or a model holds, read from what was recorded when it was made


HELD = (False, True, None)
"""Whether a version holds an item; None if that cannot be known any more."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One version of a corpus or a model. `at` is the time as of which its items were decided.

    `holds` says of each item whether it holds it, by a place in `HELD`. Where what was recorded of
    the version is damaged or gone, nothing is known of it, and `at` is None.
    """

    version: str
    at: datetime | None
    holds: Callable[[MemberItems], Rows]

    @classmethod
    def unknown(cls, version: str) -> "Holding":
        """Return a version that is there, and of which nothing is known."""
        return cls(version, None, lambda items: np.full(len(items), HELD.index(None)))

    @property
    def is_known(self) -> bool:
        """Say whether what was recorded of it can be read."""
        return self.at is not None


def in_corpus(home: Home, purpose: Purpose) -> Holding | None:
    """Return what the current corpus holds; None if there is none for that purpose."""
    if not has_current(home, purpose):
        return None
    version = current_version(home, purpose)
    try:
        manifest = _manifest(home, version, purpose)
    except (MissingError, VerificationError) as error:
        log.error("%s", error)
        return Holding.unknown(version)
    codes: dict[str, bytes | None] = {}  # of each data file; None for one that has changed since
    for file in manifest.files:
        if file.sidecar:
            is_same = digest_of(home, home.items / file.path) == file.sha256
            codes[file.path] = _codes_if_whole(home, version, file) if is_same else None

    def holds(items: MemberItems) -> Rows:
        held = np.zeros(len(items), np.int64)
        for name, (places, rows) in items.files.items():
            of_file = codes.get(name, b"")
            if of_file is None:
                held[places] = HELD.index(None)
            elif of_file:
                held[places] = np.frombuffer(of_file, np.uint8)[rows] == Reason.ALLOWED.code
        return held

    return Holding(version, manifest.as_of, holds)


def in_model(home: Home, purpose: Purpose) -> Holding | None:
    """Return what the current model was trained on; None if there is none for that purpose.

    Where the ledger says that one served and it is not here, nothing is known of it.
    """
    from vanne.train.model import load as load_model

    version = ModelStore(home.model).current_version()
    if version is None:
        with open_ledger(home) as ledger:
            has_served = any(each.series == TEXTS for _, each in ledger.models())
        return Holding.unknown("") if has_served else None
    try:
        model = load_model(home.model, version)
        manifest = load(home, model.corpus_version)
        if manifest.purpose != purpose:
            return None
        items = _items(home.model, version)
    except (MissingError, VerificationError) as error:
        log.error("%s", error)
        return Holding.unknown(version)
    return Holding(
        version,
        manifest.as_of,
        lambda theirs: np.array([item.item_id in items for item in theirs.each], np.int64),
    )


@lru_cache(maxsize=64)
def _manifest(home: Home, version: str, purpose: Purpose) -> Manifest:
    """Return the manifest of a version; it never changes, so it is read once."""
    return load_for(home, version, purpose)


def _codes_if_whole(home: Home, version: str, file: DataFile) -> bytes | None:
    try:
        return _codes(home, version, file)
    except (MissingError, VerificationError) as error:
        log.error("%s", error)
        return None


@lru_cache(maxsize=64)
def _codes(home: Home, version: str, file: DataFile) -> bytes:
    sidecar = sidecar_of(home, load(home, version), file)
    sidecar.check()
    return sidecar.codes.tobytes()


@lru_cache(maxsize=2)
def _items(store: Path, version: str) -> frozenset[str]:
    from vanne.train.model import items_in
    from vanne.train.model import load as load_model

    return frozenset(items_in(store, load_model(store, version)))


# The report


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
    `place` is that among all items of the report.
    """

    place: int
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

    place: int
    category: str | None
    created_at: datetime | None
    role: Literal["author", "subject"]
    allowed: bool
    in_corpus: bool | None
    in_model: bool | None


ReportItem = OwnItem | OthersItem


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
    """What Vanne tells one member about one purpose, as of a time.

    Items are decided by groups, and made one by one only where they are shown.
    """

    member: Member
    as_of: datetime
    purpose: Purpose
    policy: Policy
    state: SwitchState
    stands: Stands
    data: MemberItems
    groups: Rows
    """The group of each item: what one group holds differs by its time and its words alone."""
    verdicts: tuple[tuple[Reason, bool | None, bool | None], ...]
    """Of each group the verdict, and whether the corpus and the model hold it."""
    samples: tuple[ReportItem, ...]
    """One item of each group."""
    categories: tuple[CategoryCount, ...]
    history: tuple[tuple[int, Choice], ...]
    corpus: Holding | None
    model: Holding | None

    @property
    def sized(self) -> Iterator[tuple[ReportItem, int]]:
        """One item of each group, and how many it has."""
        return zip(self.samples, np.bincount(self.groups).tolist(), strict=True)

    def count(self, counts: Callable[[OwnItem], object] = lambda item: True) -> int:
        """How many of the member's own items count."""
        own = ((item, size) for item, size in self.sized if isinstance(item, OwnItem))
        return sum(size for item, size in own if counts(item))

    def places(self, *shown: Callable[[ReportItem], object]) -> list[int]:
        """The places of the items to show, newest first: those of the first test, then the next."""
        order = self.data.newest_first
        groups = self.groups[order]
        tests = (np.array([bool(test(item)) for item in self.samples], np.bool_) for test in shown)
        return [place for test in tests for place in order[test[groups]].tolist()]

    def item(self, place: int) -> ReportItem:
        """Make one item of the report."""
        verdict = self.verdicts[self.groups[place]]
        return _item(place, self.data.each[place], self.member.member_id, *verdict)

    @property
    def items(self) -> tuple[OwnItem, ...]:
        """All of the member's own items, newest first."""
        each = map(self.item, self.places(lambda item: isinstance(item, OwnItem)))
        return tuple(item for item in each if isinstance(item, OwnItem))

    @property
    def others(self) -> tuple[OthersItem, ...]:
        """All items of other people that they wrote or are in, newest first."""
        each = map(self.item, self.places(lambda item: isinstance(item, OthersItem)))
        return tuple(item for item in each if isinstance(item, OthersItem))

    @property
    def allowed(self) -> int:
        """How many of the member's items may be used."""
        return sum(count.allowed for count in self.categories)

    @property
    def rules(self) -> PurposePolicy:
        """What the policy says of the purpose."""
        return self.policy.purpose(self.purpose)

    @property
    def time_to_forget(self) -> timedelta:
        """How long models may take to forget what was switched off."""
        return timedelta(days=self.rules.forget_days)

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
) -> MemberReport:
    """Make the report of one member, with all that was chosen.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    data = load_member(home, member_id)
    return report_of(home, data, policy_at(home, as_of), purpose, as_of)


def report_of(
    home: Home, data: MemberData, policy: Policy, purpose: Purpose, as_of: datetime
) -> MemberReport:
    """Make the report of a member from what was gathered about them."""
    member_id = data.member.member_id
    people = People.of(data.people, data.choices, policy, purpose, as_of)
    corpus, model = in_corpus(home, purpose), in_model(home, purpose)
    held = [
        each.holds(data.items) if each else np.zeros(len(data.items), np.int64)
        for each in (corpus, model)
    ]
    groups = reduce(refined, held, data.items.groups(people))
    verdicts, samples = list[tuple[Reason, bool | None, bool | None]](), list[ReportItem]()
    for place in firsts(groups).tolist():
        item, (by_corpus, by_model) = data.items.each[place], (HELD[each[place]] for each in held)
        verdicts.append((decide(item, people), by_corpus, by_model))
        samples.append(_item(place, item, member_id, *verdicts[-1]))
    return MemberReport(
        member=data.member,
        as_of=as_of,
        purpose=purpose,
        policy=policy,
        state=state_of(data.member, people),
        stands=people.stands.get(member_id, {}),
        data=data.items,
        groups=groups,
        verdicts=tuple(verdicts),
        samples=tuple(samples),
        categories=_counts(samples, np.bincount(groups).tolist()),
        history=tuple(entry for entry in data.history if entry[1].purpose == purpose),
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


def _item(
    place: int,
    item: Item,
    member_id: MemberId,
    reason: Reason,
    in_corpus: bool | None,
    in_model: bool | None,
) -> ReportItem:
    if item.owner != member_id:
        return OthersItem(
            place=place,
            category=item.category,
            created_at=item.created_at,
            role="author" if item.author == member_id else "subject",
            allowed=reason is Reason.ALLOWED,
            in_corpus=in_corpus,
            in_model=in_model,
        )
    theirs = item.author in (None, member_id)
    return OwnItem(
        place=place,
        item_id=item.item_id,
        category=item.category,
        created_at=item.created_at,
        text=item.text if theirs else None,
        fields=item.fields if theirs else {},
        reason=reason,
        in_corpus=in_corpus,
        in_model=in_model,
    )


def _counts(samples: Sequence[ReportItem], sizes: Sequence[int]) -> tuple[CategoryCount, ...]:
    """Count by category: what is used comes first, what no choice could change comes last."""
    groups: dict[str | None, list[tuple[OwnItem, int]]] = {}
    for item, size in zip(samples, sizes, strict=True):
        if isinstance(item, OwnItem):
            groups.setdefault(item.category, []).append((item, size))
    counts = []
    for category, group in groups.items():
        reasons = Counter[Reason]()
        for item, size in group:
            reasons[item.reason] += size
        only = next(iter(reasons)) if len(reasons) == 1 else Reason.ALLOWED
        counts.append(
            CategoryCount(
                category=category,
                items=reasons.total(),
                allowed=reasons[Reason.ALLOWED],
                in_corpus=sum(size for item, size in group if item.in_corpus),
                in_model=sum(size for item, size in group if item.in_model),
                why_not=only if only is not Reason.ALLOWED else None,
            )
        )

    def rank(count: CategoryCount) -> tuple[int, bool, bool, int, str]:
        ruled_out = count.why_not in RULED_OUT
        never = count.why_not is Reason.CATEGORY_NEVER
        return -count.allowed, ruled_out, never, -count.items, count.category or ""

    return tuple(sorted(counts, key=rank))
