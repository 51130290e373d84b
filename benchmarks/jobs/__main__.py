"""`./run python benchmarks/jobs`: offers for members, with known relevance.

    --members 300 --offers 120 --seed 1

An offer is right for whoever has its occupation. Offers are scored in the product's order and in
that of each part of the score alone; by whether both are of one language or of two; and of what a
page calls a fit it is counted how often it is right. Of each skill that an offer of the member's
own occupation asks, it is counted whether it is told rightly as shown or as not said.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.jobs.network import AS_OF, Truth, make, skill_names
from benchmarks.page import PAGE, ROOT, table, write_section
from benchmarks.terminal import say
from vanne.config import Home
from vanne_assist.brief.criteria import Judgement, Kind, Passage, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.text import folded_phrase
from vanne_assist.jobs import PURPOSE, board
from vanne_assist.jobs.match import OfferMatch, match
from vanne_assist.own import passages_for

TOP = 10
WAYS = ("all", "meaning", "words", "criteria")
Scores = dict[str, list[tuple[float, float, float]]]


def main() -> None:
    """Run, keep what was measured, and write it into the docs."""
    wish = _arguments()
    with TemporaryDirectory(dir=wish.work) as folder:
        say(f"{wish.members} members, {wish.offers} offers")
        home, truth = make(Path(folder), wish.members, wish.offers, wish.seed)
        found = {
            "schema": "vanne-benchmark/jobs/1",
            "command": machine.command("jobs", sys.argv[1:]),
            "machine": machine.about(),
            "members": wish.members,
            "to_offers": for_members(home, truth),
        }
    wish.results.mkdir(parents=True, exist_ok=True)
    (wish.results / "jobs.json").write_text(json.dumps(found, indent=1) + "\n")
    write_section(wish.page, "jobs", report(found))


def for_members(home: Home, truth: Truth) -> dict[str, Any]:
    """Score the offers that are found for each member of whom anything may be read."""
    scores: Scores = defaultdict(list)
    fits, skills = _Fits(), _Skills()
    opened = board.latest(home)
    for member in sorted(truth.members):
        if not (passages := passages_for(home, PURPOSE, member, AS_OF)):
            continue
        profile = Profile(member, passages, facts_of(passages, AS_OF))
        offers = match(opened, profile, AS_OF, within_km=None, count=1000).offers
        wanted = [_is_right(truth, member, each) for each in offers]
        same = [truth.member_langs[member] == each.posting.lang for each in offers]
        parts = {"all": [each.score for each in offers]} | {
            way: [each.parts[way] for each in offers] for way in WAYS[1:]
        }
        _score(scores, parts, wanted, same)
        fits.add([is_right for is_right, each in zip(wanted, offers, strict=True) if each.is_fit],
                 any(wanted))  # fmt: skip
        own = (each for is_right, each in zip(wanted, offers, strict=True) if is_right)
        for each in own:
            skills.add(truth.members[member], each.judgements, passages)
    return {
        "queries": len(scores["all"]),
        "scores": _means(scores),
        "fits": vars(fits),
        "skills": vars(skills),
    }


def _is_right(truth: Truth, member: str, offer: OfferMatch) -> bool:
    return truth.offers[offer.posting.posting_id] == truth.members[member]


class _Fits:
    """What the page calls a fit: how much of it is right, and for how many there is anything."""

    def __init__(self) -> None:
        self.called = self.right = self.members = self.with_right = 0

    def add(self, called: Sequence[bool], is_there: bool) -> None:
        self.called += len(called)
        self.right += sum(called)
        self.members += is_there
        self.with_right += is_there and any(called[:TOP])


class _Skills:
    """What is told of the skills that an offer asks, against what the member's items hold."""

    def __init__(self) -> None:
        self.asked = self.shown = self.told_shown = self.told_wrongly = 0

    def add(self, right: str, judged: Iterable[Judgement], passages: Sequence[Passage]) -> None:
        texts = [f" {folded_phrase(each.text)} " for each in passages]
        for each in judged:
            names = each.criterion.kind is Kind.SKILL and skill_names(right, each.criterion.said)
            if not names:
                continue
            has = any(f" {name} " in text for name in names for text in texts)
            self.asked += 1
            self.shown += has
            self.told_shown += has and each.state == "met"
            self.told_wrongly += not has and each.state == "met"


def _score(
    scores: Scores, parts: dict[str, list[float]], wanted: Sequence[bool], same: Sequence[bool]
) -> None:
    """Add nDCG, precision of the first five and reciprocal rank, for each way."""
    here = np.array(wanted, bool)
    if not here.any():
        return
    one = np.array(same, bool)
    for way, values in parts.items():
        scores[way].append(_of(here, values))
    for name, kept in (("one language", one), ("across", ~one)):
        if here[kept].any():
            values = np.array(parts["all"])[kept].tolist()
            scores[name].append(_of(here[kept], values))


def _of(wanted: "np.ndarray[Any, Any]", values: Sequence[float]) -> tuple[float, float, float]:
    order = np.argsort(-np.array(values), kind="stable")
    ranks = np.flatnonzero(wanted[order]) + 1
    first = ranks[ranks <= TOP]
    ideal = (1 / np.log2(np.arange(2, min(TOP, len(ranks)) + 2))).sum()
    precision = (ranks <= 5).sum() / min(5, len(ranks))
    return float((1 / np.log2(first + 1)).sum() / ideal), float(precision), float(1 / ranks[0])


def _means(scores: Scores) -> dict[str, Any]:
    names = ("ndcg10", "precision5", "mrr")
    return {
        way: {"queries": len(rows)} | dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))
        for way, rows in scores.items()
    }


# What is told


def report(found: dict[str, Any]) -> str:
    """Write what was found as a section of the page."""
    head = ("", "queries", "nDCG@10", "precision@5", "MRR")
    parts = [
        f"## Job offers and members\n\n`{found['command']}`, {found['machine']['day']}. {_WHAT}",
        "Offers for a member:",
        table(head, _rows(found["to_offers"]["scores"])),
        _told(found["to_offers"]["fits"], found["to_offers"]["skills"]),
    ]
    return "\n\n".join(parts)


def _told(fits: dict[str, int], skills: dict[str, int]) -> str:
    right = _share(fits["right"], fits["called"])
    served = _share(fits["with_right"], fits["members"])
    shown = _share(skills["told_shown"], skills["shown"])
    return (
        f"- Of {fits['called']:,} offers that were called a fit, {right} were of the member's "
        f"occupation.\n- Of {fits['members']:,} members with a right offer, {served} had one "
        f"among the first {TOP}.\n- The right offers asked {skills['asked']:,} skills. Members' "
        f"items name {skills['shown']:,} of them, and {shown} of these were shown as met. "
        f"{skills['told_wrongly']:,} more were shown as met, and stand nowhere in so many words."
    )


_WHAT = (
    "The demo network and its made-up offers are in four languages. An offer is right for the "
    "people of its occupation, which stands in no field. *Across* counts only pairs of two "
    "languages. The texts of one occupation share their phrases, so the figures are too high. "
    "Only compare the ways."
)
_NAMES = {"all": "the product's order", "meaning": "titles alone", "words": "words alone",
          "criteria": "criteria alone", "one language": "its order, one language",
          "across": "its order, across"}  # fmt: skip


def _rows(scores: dict[str, Any]) -> list[list[str]]:
    return [
        [name, str(row["queries"]), *(f"{row[k]:.3f}" for k in ("ndcg10", "precision5", "mrr"))]
        for way, name in _NAMES.items()
        if (row := scores.get(way))
    ]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=300)
    parser.add_argument("--offers", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="where the network lies meanwhile")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
