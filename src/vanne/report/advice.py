"""What a person can do about what an inspection found, in order: what helps most comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vanne.report.guide import Link, load_guide
from vanne.report.inspection import Inspection
from vanne.report.networks import NETWORKS

Kind = Literal["region", "switch", "objection", "none", "unread"]
_FIRST = ("setting", "form")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: where (a network, an address, a guide), and how many items it is about."""

    kind: Kind
    count: int
    network: str | None = None
    url: str | None = None
    guide: str | None = None


def advice(inspection: Inspection) -> Sequence[Step]:
    """Return what to do, in order.

    A country that is not known comes first, because nothing is right without it; then the networks
    by how many items they may use, those with a switch before those with a form or neither; then
    the rows that gave no item.
    """
    steps = [Step("region", inspection.items)] if inspection.region_from == "unknown" else []
    switches = [_at(part.network, part.allowed) for part in inspection.networks if part.allowed]
    found = [step for step in switches if step]
    steps += sorted(found, key=lambda s: (s.kind != "switch", s.kind == "none", -s.count))
    unread = inspection.unread
    return [*steps, Step("unread", unread)] if unread else steps


def _at(key: str, allowed: int) -> Step | None:
    network = NETWORKS[key]
    if network.guide is None:
        return None
    guide = load_guide(network.guide)
    kind: Kind = "switch" if guide.kind == "switch" else "none"
    return Step(
        kind if guide.kind != "objection" else "objection",
        allowed,
        network.key,
        _address(guide.links),
        network.guide,
    )


def _address(links: Sequence[Link]) -> str | None:
    return next((link.url for link in links if link.role in _FIRST and link.url), None)
