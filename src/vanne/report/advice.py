"""What a person can do about what an inspection found, in order: what helps most comes first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from vanne.report.guide import is_stale, load_guide
from vanne.report.inspection import Inspection
from vanne.report.networks import NETWORKS
from vanne.terms import Reason

ActionKind = Literal["region", "format", "switch", "objection", "none", "unread"]
_FIRST = ("setting", "form")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: where (a network, an address, a guide), and how many items it is about.

    `seen` is when the address was last seen; it `is_old` if that is more than a year ago. What is a
    `precaution` is about items that the policy does not let be used, and is not certain of it or
    names the day on which that `begins`, or about pages that nobody read.
    """

    kind: ActionKind
    count: int
    network: str | None = None
    url: str | None = None
    guide: str | None = None
    seen: str | None = None
    is_old: bool = False
    is_certain: bool = True
    precaution: bool = False
    begins: str | None = None


def advice(inspection: Inspection) -> Sequence[Action]:
    """Return what to do, in order.

    A country that is not known comes first, because nothing is right without it, and a download
    that hardly says anything; then the networks by how many items they may use, those with a switch
    before those with a form or neither, and after them those of which it is not certain; then the
    rows that gave no item.
    """
    denied = sum(n for (_, why), n in inspection.counts.items() if why is Reason.REGION_UNKNOWN)
    pages = [Action("format", count, network) for network, count in inspection.pages.most_common()]
    steps = (Action("region", denied), *pages, *_networks(inspection))
    return [step for step in (*steps, Action("unread", inspection.unread)) if step.count]


def _networks(inspection: Inspection) -> Sequence[Action]:
    steps = []
    for part in inspection.networks:
        count = part.allowed or part.unsure or part.coming
        step = _at(part.network, count, inspection.as_of.date())
        if step and step.count:
            begins = part.begins.isoformat() if part.begins and part.coming else None
            steps.append(replace(step, precaution=not part.allowed, begins=begins))
    said = {step.network for step in steps}
    for network, count in inspection.pages.items():  # what they hold may be used all the same
        step = None if network in said else _at(network, count, inspection.as_of.date())
        steps += [replace(step, precaution=True)] if step else []
    order = ("switch", "objection", "none")
    return sorted(steps, key=lambda s: (s.precaution, order.index(s.kind), -s.count))


def _at(key: str, count: int, today: date) -> Action | None:
    network = NETWORKS[key]
    if network.guide is None:
        return None
    guide = load_guide(network.guide)
    kinds: dict[str, ActionKind] = {"switch": "switch", "objection": "objection"}
    step = Action(kinds.get(guide.kind, "none"), count, network.key, guide=network.guide)
    link = next((one for one in guide.links if one.role in _FIRST and one.url), None)
    if link is None:
        return step
    is_old, seen = is_stale(link, today), link.date.isoformat()
    return replace(step, url=link.url, seen=seen, is_old=is_old, is_certain=link.certain)
