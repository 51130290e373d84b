"""The settings page as data: each switch, who decided its state, and what one press records.

A switch is shown only where it decides something. While an opt-out from everything covers a kind of
data, the kind has no switch (`on` is None), because any opt-out wins and a press would change
nothing. A form asks for a state, not for a change, so that sending it twice is harmless. A state
that the member already chose is not recorded again. A choice that equals the default is recorded,
because it is a choice.

A choice stores the words that stood beside its switch, in the language in which its member read
them. So the signature covers the words, and the receipt shows them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from vanne.config import Home
from vanne.decide import People
from vanne.decide.people import Stands, fold
from vanne.errors import InputError
from vanne.policy import Policy, PurposePolicy
from vanne.policy.schedule import notice_at, policy_at
from vanne.report.member import (
    CategoryCount,
    MemberReport,
    OwnItem,
    SwitchState,
    state_of,
)
from vanne.report.member_items import open_ledger
from vanne.terms import (
    MAIN_PURPOSE,
    Category,
    Channel,
    Choice,
    ItemId,
    Member,
    Purpose,
    Reason,
    Scope,
)
from vanne.words import purpose_words, sentence, words

History = Sequence[tuple[int, Choice]]
Place = tuple[Purpose, Scope, str | None]
"""What one choice decides: a purpose, and of it everything, one kind, or one item."""


@dataclass(frozen=True, slots=True)
class PurposeSwitch:
    """The switch of one purpose. `by_signal`: the member's browser said it, not they themselves."""

    purpose: Purpose
    rules: PurposePolicy
    state: SwitchState
    stands: Stands
    by_signal: bool
    as_of: datetime

    @property
    def covers_all(self) -> bool:
        """Say whether an opt-out for the purpose leaves the other switches nothing to decide."""
        return self.state.by == "choice" and not self.state.on

    @property
    def due(self) -> date:
        """The day by which the models have forgotten: of an opt-out, or of one that came now."""
        return self.off_at.date() + timedelta(days=self.rules.forget_days)

    @property
    def kinds_off(self) -> list[str]:
        """The kinds of data that are off by themselves, whatever holds for everything."""
        off = (place for place, stand in self.stands.items() if not stand.on)
        return sorted(target for scope, target in off if scope == "category" and target)

    @property
    def items_off(self) -> int:
        """How many items are off by themselves."""
        return sum(scope == "item" and not stand.on for (scope, _), stand in self.stands.items())

    @property
    def off_at(self) -> datetime:
        """When the opt-out was said; if it was not, the time of the page."""
        since = self.state.since
        return since if self.covers_all and since else self.as_of


@dataclass(frozen=True, slots=True)
class KindSwitch:
    """The switch of one kind of data. `on` is None where it has none; `own_off` is theirs alone."""

    count: CategoryCount
    on: bool | None
    own_off: bool


@dataclass(frozen=True, slots=True)
class SwitchChange:
    """The state that a member wants. `everything` is on for a purpose with all kinds and items.

    To be off for everything is one opt-out, which covers the rest.
    """

    on: bool
    scope: Scope | Literal["everything"]
    target: str | None = None


def kind_switches(report: MemberReport, switch: PurposeSwitch) -> Iterator[KindSwitch]:
    """Give the switch of each kind of data that a member has and for which a choice counts."""
    # The kinds come in the order of the closed list: a row stays where it is when it changes.
    order = {category.value: place for place, category in enumerate(Category)}
    decides = not switch.covers_all and switch.state.block is None
    for count in sorted(report.choosable, key=lambda count: order.get(count.category or "", 99)):
        own = switch.stands.get(("category", count.category))
        on = (own.on if own else switch.state.on) if decides else None
        yield KindSwitch(count, on, own_off=own is not None and not own.on)


def purpose_switches(
    member: Member, policy: Policy, history: History, as_of: datetime
) -> Iterator[PurposeSwitch]:
    """Give the switch of each purpose of a policy, the main purpose first."""
    for purpose in sorted(policy.purposes, key=lambda name: name != MAIN_PURPOSE):
        yield purpose_switch(member, policy, purpose, history, as_of)


def purpose_switch(
    member: Member, policy: Policy, purpose: Purpose, history: History, as_of: datetime
) -> PurposeSwitch:
    """Return the switch of one purpose of a policy."""
    people = People.of([member], [choice for _, choice in history], policy, purpose, as_of)
    stands = people.stands.get(member.member_id, {})
    state, by_signal = state_of(member, people), _by_signal(history, purpose)
    return PurposeSwitch(purpose, people.rules, state, stands, by_signal, as_of)


def switch_of(report: MemberReport) -> PurposeSwitch:
    """Return the switch of the purpose of a report."""
    return PurposeSwitch(
        report.purpose,
        report.rules,
        report.state,
        report.stands,
        _by_signal(report.history, report.purpose),
        report.as_of,
    )


def _by_signal(history: History, purpose: Purpose) -> bool:
    """Say whether the newest whole choice came from a browser's signal."""
    whole = [c.channel for _, c in history if (c.purpose, c.scope) == (purpose, "all")]
    return bool(whole) and whole[-1] == Channel.GPC


def item_switch(item: OwnItem, rules: PurposePolicy) -> bool | None:
    """Say whether an item is on or off; None where no choice about it alone would change anything.

    Where an opt-out takes only what comes after it, an item that is there stays in.
    """
    if item.reason is Reason.ALLOWED:
        return True if rules.objection_covers == "everything" else None
    return False if item.reason in (Reason.OFF_ITEM, Reason.OFF_BY_DEFAULT) else None


def wished(
    wish: SwitchChange, switch: PurposeSwitch, owns: Callable[[ItemId], bool]
) -> tuple[list[Place], list[Place]]:
    """Return the places of the ledger that a wish moves, and those where it is already so.

    All of them are of the purpose of the switch. `owns` says whether an item is the member's own.

    Raises:
        InputError: the wish is for something that the member does not have.
    """
    moved, unchanged = list[Place](), list[Place]()
    targets: list[tuple[Scope, str | None]] = [("all", None)]
    if wish.scope != "everything":
        targets = [(wish.scope, wish.target)]
    else:  # each opt-out is lifted
        for (scope, target), chosen in switch.stands.items():
            if scope != "all" and not chosen.on:
                targets.append(("category" if scope == "category" else "item", target))
    for scope, target in targets:
        stand = switch.stands.get((scope, target))
        if stand is None and scope != "all":
            known = target in switch.rules.listed if scope == "category" else owns(target or "")
            if not known:
                raise InputError(f"there is no such {scope} of theirs", todo="load the page again")
        place = (switch.purpose, scope, target)
        (unchanged if stand and stand.on == wish.on else moved).append(place)
    return moved, unchanged


def receipt_of(history: History, places: Collection[Place]) -> int | None:
    """Return the index of the newest entry that speaks of one of those places."""
    indices = (index for index, c in history if (c.purpose, c.scope, c.target) in places)
    return max(indices, default=None)


def signalled(policy: Policy, history: History, member: Member, at: datetime) -> list[Choice]:
    """Return the opt-outs of Global Privacy Control, for each purpose whose policy counts it.

    It speaks only for who has not spoken: after one whole choice, on or off, it is not heard again.
    """
    purposes = {choice.purpose for _, choice in history if choice.scope == "all"}
    return [
        Choice(member.member_id, purpose, "all", on=False, at=at, channel=Channel.GPC)
        for purpose, rules in policy.purposes.items()
        if rules.gpc and purpose not in purposes
    ]


def standing(home: Home, member: Member, purpose: Purpose, as_of: datetime) -> PurposeSwitch | None:
    """Return where a member stands for a purpose; None if the policy in force does not know it.

    Raises:
        MissingError: there is no ledger.
    """
    policy = policy_at(home, as_of)
    if purpose not in policy.purposes:
        return None
    with open_ledger(home) as ledger:
        history = ledger.history(member.member_id)
    switches = purpose_switches(member, policy, history, as_of)
    return next(switch for switch in switches if switch.purpose == purpose)


_CHANGES_NOTHING_ELSE = sentence(
    "Your choice does not change how you are ranked or shown to others."
)
"""True of training alone: `test_one_purpose.py` of assist searches before and after an opt-out."""


def words_shown(home: Home, switch: PurposeSwitch, lang: str) -> tuple[str, ...]:
    """Return what the page of a purpose says of it beside its switch: first what it is called.

    The last line names the notice by which the policy came into force, if one did.
    """
    w, purpose = words(lang), purpose_words(switch.purpose, switch.rules.words, lang)
    notice = notice_at(home, switch.as_of)
    of_training = (_CHANGES_NOTHING_ELSE,) if switch.purpose == MAIN_PURPOSE else ()
    lines = (
        purpose.title,
        purpose.help,
        *map(w, of_training),
        w("Notice %(name)s", name=notice.notice) if notice else "",
    )
    return tuple(line for line in lines if line)


def objection_words(lang: str) -> tuple[str, ...]:
    """Return what people who are no members say no to, as the page and the message put it."""
    w = words(lang)
    return (
        w("No to training AI on data about me"),
        w("It covers what members wrote about me, and what is found under the address I give."),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where somebody stands on what a choice of theirs was for.

    `changed` says whether that choice moved it. `whole_off` says that they are off for everything
    of the purpose, so that an on for a category or an item permits nothing.
    """

    purpose: Purpose
    scope: Scope
    target: str | None
    on: bool
    since: datetime
    changed: bool
    whole_off: bool


def outcome_of(history: Sequence[tuple[int, Choice]], index: int) -> Outcome:
    """Return what holds after a member's whole history for what the entry at `index` was for."""
    choice = dict(history)[index]
    place, whole = (choice.scope, choice.target), ("all", None)
    before = fold((c for n, c in history if n < index), choice.purpose).get(choice.member_id, {})
    now = fold((c for _, c in history), choice.purpose)[choice.member_id]
    return Outcome(
        purpose=choice.purpose,
        scope=choice.scope,
        target=choice.target,
        on=now[place].on,
        since=now[place].since,
        changed=place not in before or before[place].on != choice.on,
        whole_off=whole in now and not now[whole].on,
    )
