"""What a person can do about what an inspection found, in order: what helps most comes first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from vanne.report.guide import is_stale, load_guide
from vanne.report.inspection import Inspection
from vanne.report.networks import NETWORKS

Kind = Literal["region", "switch", "objection", "none", "unread"]
_FIRST = ("setting", "form")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: where (a network, an address, a guide), and how many items it is about.

    `seen` is when the address was last seen; it `is_old` if that is more than a year ago.
    """

    kind: Kind
    count: int
    network: str | None = None
    url: str | None = None
    guide: str | None = None
    seen: str | None = None
    is_old: bool = False
    is_certain: bool = True


def advice(inspection: Inspection) -> Sequence[Step]:
    """Return what to do, in order.

    A country that is not known comes first, because nothing is right without it; then the networks
    by how many items they may use, those with a switch before those with a form or neither; then
    the rows that gave no item.
    """
    steps = [Step("region", inspection.items)] if inspection.region_from == "unknown" else []
    today = inspection.as_of.date()
    used = [part for part in inspection.networks if part.allowed]
    switches = [_at(part.network, part.allowed, today) for part in used]
    found = [step for step in switches if step]
    steps += sorted(found, key=lambda s: (s.kind != "switch", s.kind == "none", -s.count))
    unread = inspection.unread
    return [*steps, Step("unread", unread)] if unread else steps


def _at(key: str, allowed: int, today: date) -> Step | None:
    network = NETWORKS[key]
    if network.guide is None:
        return None
    guide = load_guide(network.guide)
    kinds: dict[str, Kind] = {"switch": "switch", "objection": "objection"}
    step = Step(kinds.get(guide.kind, "none"), allowed, network.key, guide=network.guide)
    link = next((one for one in guide.links if one.role in _FIRST and one.url), None)
    if link is None:
        return step
    is_old, seen = is_stale(link, today), link.date.isoformat()
    return replace(step, url=link.url, seen=seen, is_old=is_old, is_certain=link.certain)
