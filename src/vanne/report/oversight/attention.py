"""What needs a person first, and which sums do not agree.

Counts that must agree come from different places: where they do not, the page says so in its first
lines, and hides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vanne.report.oversight.counted import Counted
from vanne.report.oversight.log import LogState

Concern = Literal[
    "requests-late", "log-failed", "log-never", "log-old", "copies", "objections", "memory"
]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: how many, since when, and where the rows are."""

    concern: Concern
    kind: Literal["late", "wait"]
    count: int
    since: str | None
    href: str


@dataclass(frozen=True, slots=True)
class BrokenSum:
    """Two counts that should be the same: what they count, and each of them."""

    what: Literal["regions", "off", "chose", "standing", "documents", "certificates", "entries"]
    one: int
    other: int


def needs(counted: Counted, log: LogState) -> list[Need]:
    """Return what waits for a person; what is late or failed comes first."""
    return sorted(_needs(counted, log), key=lambda each: each.kind != "late")


def _needs(counted: Counted, log: LogState) -> Iterator[Need]:
    if late := counted.requests.counted("late"):
        days = (str(r["due"]) for r in counted.requests.requests if r["state"] == "late")
        yield Need("requests-late", "late", late, min(days), "/auditor/requests?state=late")
    if log.last and not log.last.ok:
        since = log.last.at.date().isoformat()
        yield Need("log-failed", "late", len(log.last.problems), since, "/auditor/checks")
    if log.last is None:
        yield Need("log-never", "wait", 1, None, "/auditor/checks")
    elif not log.is_fresh:
        yield Need("log-old", "wait", 1, log.last.at.date().isoformat(), "/auditor/checks")
    if counted.audit and (found := [r for r in counted.audit.found if r.is_memory]):
        since = counted.audit.at.date().isoformat()
        yield Need("memory", "late", len(found), since, "/auditor/audit")
    if copies := counted.versions.not_reached:
        yield Need("copies", "wait", copies, None, "/auditor/copies?state=not-reached")
    if len(counted.objections):
        since = min(str(row["received"]) for row in counted.objections)
        yield Need("objections", "wait", len(counted.objections), since, "/auditor/objections")


def broken_sums(counted: Counted) -> list[BrokenSum]:
    """Return the sums that do not agree."""
    choices, requests = counted.choices, counted.requests
    regions, members = choices.regions, choices.members
    pairs: list[BrokenSum] = [
        BrokenSum("regions", regions.total("members"), members),
        BrokenSum("off", regions.total("off"), choices.counted("off")),
        BrokenSum("chose", regions.total("chose"), members - choices.counted("never")),
        BrokenSum("entries", counted.kinds.total("entries"), counted.entries),
        BrokenSum(
            "certificates",
            requests.certificates.total("requests"),
            requests.counted("done", "done-late"),
        ),
    ]
    if counted.standing and counted.corpus:
        stood = sum(counted.standing.counts.values())
        pairs.append(BrokenSum("standing", stood, counted.standing.members))
        documents = counted.standing.documents, counted.corpus.documents
        pairs.append(BrokenSum("documents", *documents))
    return [each for each in pairs if each.one != each.other]
