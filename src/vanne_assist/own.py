"""Read what a purpose allows of one member now; drafts and job offers are made from it.

The texts are those that the purpose's corpus holds after a refresh, but they are decided when
somebody asks. So an opt-in or an opt-out counts at once, without a refresh. While the member has
opted out of the purpose, nothing is read. Items that somebody else wrote or is in are always left
out: no other member's words go into a draft.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.decide import People, decide
from vanne.errors import ConfigError, MissingError
from vanne.fields import DATES, as_json
from vanne.policy.schedule import policy_at
from vanne.report.member_items import find_member, load_member
from vanne.report.switches import PurposeSwitch, standing
from vanne.screening import KINDS, Span, find, redact
from vanne.screening.screen import replaced
from vanne.terms import Item, Member, MemberId, Purpose, Reason
from vanne_assist.brief.criteria import Passage


def passages_for(
    home: Home, purpose: Purpose, member_id: MemberId, as_of: datetime
) -> tuple[Passage, ...]:
    """Return what may be read of a member for a purpose, by their id.

    Raises:
        MissingError: there is no such member.
        ConfigError: the policy in force does not know the purpose.
    """
    member = find_member(home, member_id)
    if member is None:
        raise MissingError(f"there is no member `{member_id}`", todo="check the id")
    switch = standing(home, member, purpose, as_of)
    if switch is None:
        raise ConfigError(f"the policy in force has no purpose `{purpose}`")
    return passages_of(home, member, switch)


def may_be_read(switch: PurposeSwitch) -> bool:
    """Say whether anything of a member can be allowed: else nothing of theirs is opened."""
    if switch.state.block or switch.covers_all:
        return False
    return switch.state.on or any(stand.on for stand in switch.stands.values())


def passages_of(home: Home, member: Member, switch: PurposeSwitch) -> tuple[Passage, ...]:
    """Return what may be read of a member for the purpose of a switch, screened, in file order.

    Items that somebody else wrote or is in are left out, allowed or not.

    Raises:
        MissingError: there is no ledger.
    """
    if not may_be_read(switch):
        return ()
    found, policy = load_member(home, member.member_id), policy_at(home, switch.as_of)
    people = People.of(found.people, found.choices, policy, switch.purpose, switch.as_of)
    kinds = tuple(kind for kind in KINDS if kind in switch.rules.redact)
    return tuple(
        Passage.of(screened(item, kinds))
        for item in found.items.each
        if (item.text or item.fields)
        and {item.owner, item.author or item.owner, *item.subjects} == {member.member_id}
        and decide(item, people) is Reason.ALLOWED
    )


def screened(item: Item, kinds: Collection[str]) -> dict[str, Any]:
    """Return the row of an item as it may be read.

    Its fields are screened as one text: what a line says may be told by the line above.
    """
    fields, start = dict(item.fields), 0
    names = [name for name in fields if name not in DATES]
    spans = find("\n".join(item.fields[name] for name in names), kinds)
    for name in names:
        end = start + len(item.fields[name])
        inside = [
            Span(max(each.start, start) - start, min(each.end, end) - start, each.kind)
            for each in spans
            if each.start < end and each.end > start
        ]
        fields[name] = replaced(item.fields[name], inside)[0]
        start = end + 1
    return {
        "item_id": item.item_id,
        "category": item.category,
        "fields": as_json(fields),
        "text": redact(item.text or "", kinds)[0],
        "lang": item.lang,
    }
