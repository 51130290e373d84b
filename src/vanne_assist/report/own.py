"""What of a member a purpose may read at this moment, for a page that they look at themselves.

The same texts as `vanne_assist.own` reads through the corpus of the purpose, but decided when the
page is asked for: a yes counts as soon as a no does, and nobody waits for a refresh. Nothing of
theirs is read while the purpose is off for them.
"""

from vanne.config import Home
from vanne.decide import People, decide
from vanne.policy.schedule import policy_at
from vanne.report.gathering import gather
from vanne.report.settings import PurposeSwitch
from vanne.screening import KINDS, redact
from vanne.terms import Item, Member, Reason
from vanne_assist.brief.criteria import Passage


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
    found, policy = gather(home, member.member_id), policy_at(home, switch.as_of)
    people = People.of(found.people, found.choices, policy, switch.purpose, switch.as_of)
    kinds = tuple(kind for kind in KINDS if kind in switch.rules.redact)
    return tuple(
        Passage(item.item_id, item.category or "", redact(item.text, kinds)[0], item.lang)
        for item in found.items.values()
        if item.text and _is_theirs_alone(item, member) and decide(item, people) is Reason.ALLOWED
    )


def _is_theirs_alone(item: Item, member: Member) -> bool:
    people = {item.author or item.owner, *item.subjects}
    return item.owner == member.member_id and people <= {member.member_id}
