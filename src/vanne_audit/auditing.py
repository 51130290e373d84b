"""The audit of one model: look through every adapter, ask the three questions, judge once.

people, canaries ─► each model in turn: scores, likelihoods, continuations ─► figures ─► verdict
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vanne.train.base import find_base
from vanne.train.model import Model
from vanne.train.tokens import Tokens
from vanne_audit.canaries import Canary
from vanne_audit.chance import holm
from vanne_audit.exposure import exposed, exposures
from vanne_audit.extraction import (
    SAMPLED,
    Attempt,
    attempts,
    concerns,
    extracted,
    extraction,
    secret_attempt,
)
from vanne_audit.looks import GROUND, MERGED, Look, stranger, through_all
from vanne_audit.membership import Crowd, Floats, membership, person_scores
from vanne_audit.people import Person, Standing
from vanne_audit.scores import likelihoods, text_scores

SCHEMA = "vanne/audit/1"
ALPHA = 0.05
"""What is called found would be so by chance in one of twenty audits of a model without memory."""
LEAST_DIFFERENCE = 0.05
"""An advantage in AUC below this is not called memory even where it is certain."""

_WRITING = 5
"""What a token costs that is written, in tokens that are read."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """How much is tried: people of each standing, items each, other secrets, texts to continue."""

    people: int = 120
    items: int = 4
    candidates: int = 200
    continued: int = 40
    draws: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Work:
    """What every model is asked, and how large it is in tokens read."""

    tokens: Tokens
    people: Sequence[Person]
    canaries: Sequence[tuple[Canary, Person]]
    tried: Sequence[Attempt]
    wish: Wish
    shards: int

    @cached_property
    def texts(self) -> list[str]:
        """All texts, person by person."""
        return [text for person in self.people for text in person.texts]

    @cached_property
    def read(self) -> int:
        """How many tokens they are."""
        return sum(map(len, self.tokens.encode(self.texts)))

    def size(self, look: Look) -> int:
        """Return about how many tokens a model reads; those that it writes cost more."""
        secrets = sum(self.probed(person, look) for _, person in self.canaries)
        tried = (a.new_tokens for a in self.tried if concerns(a, look, self.shards))
        written = sum(tried) * (1 + SAMPLED)
        return self.read + secrets * self.wish.candidates * 8 + _WRITING * written

    def probed(self, person: Person, look: Look) -> bool:
        """Say whether a canary's secret is looked for in a model."""
        return look in (person.shard, MERGED, stranger(person.shard, self.shards))


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said: scores by text, likelihoods by canary, attempts that succeeded."""

    scores: Floats
    likelihoods: list[Floats | None]
    extracted: dict[int, bool]


def prepare(
    model: Model, members: Sequence[Person], canaries: Sequence[tuple[Canary, Person]], wish: Wish
) -> Work:
    """Return what is to be asked."""
    tokens = Tokens(find_base(model.settings), model.settings.max_tokens)
    tried = [
        attempt
        for standing in (Standing.IN, Standing.FORGOTTEN)
        for attempt in attempts(_only(members, standing), tokens, wish.continued)
    ]
    for canary, person in canaries:
        if person.standing != Standing.NEVER:
            (probe,) = canary.probes([canary.secret])
            tried.append(secret_attempt(person, probe, canary.secret, tokens))
    people = [*members, *(person for _, person in canaries)]
    return Work(tokens, people, canaries, tried, wish, model.settings.shards)


def seconds_expected(model: Model, work: Work) -> float:
    """Return about how long it takes: reading is a third of training, whose speed is known."""
    each = model.seconds_total / max(model.tokens_total, 1)
    return each / 3 * sum(work.size(look) for look in _looks(model)) + 5


def _looks(model: Model) -> list[Look]:
    return [MERGED, GROUND, *model.shards]


def _only(people: Sequence[Person], standing: Standing) -> list[Person]:
    return [person for person in people if person.standing == standing]


def audit(
    store: Path, model: Model, work: Work, progress: Progress | None = None
) -> dict[str, Any]:
    """Ask every model and judge; return the document (`vanne/audit/1`) without time or home.

    Raises:
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    started = time.perf_counter()
    total, done = sum(work.size(look) for look in _looks(model)), 0

    def ask(look: Look, causal: Any) -> Answers:
        nonlocal done
        label = look if isinstance(look, str) else f"shard {look}"
        first = done

        def tell(count: int) -> None:
            nonlocal done
            done += count
            if progress:
                progress(min(done, total), total, label)

        answers = _asked(work, look, causal, tell)
        tell(first + work.size(look) - done)
        return answers

    answers = through_all(store, model, ask)
    found = _found(work, answers)
    found["verdict"] = judged(found)
    return {
        "schema": SCHEMA,
        "model": model.version,
        "corpus": model.corpus_version,
        "shards": model.settings.shards,
        "wish": asdict(work.wish),
        **found,
        "seconds": round(time.perf_counter() - started, 1),
    }


def _asked(work: Work, look: Look, causal: Any, tell: Callable[[int], None]) -> Answers:
    scores = text_scores(causal, work.tokens, work.texts, tell)
    secrets: list[Floats | None] = []
    for canary, person in work.canaries:
        probes = canary.probes([canary.secret, *canary.candidates(work.wish.candidates)])
        probed = work.probed(person, look)
        secrets.append(likelihoods(causal, work.tokens, probes) if probed else None)
        tell(8 * work.wish.candidates if probed else 0)
    mine = [n for n, attempt in enumerate(work.tried) if concerns(attempt, look, work.shards)]
    tried = [work.tried[n] for n in mine]
    done = extracted(causal, work.tokens, tried, work.wish.seed) if tried else []
    return Answers(scores, secrets, dict(zip(mine, done, strict=True)))


def _found(work: Work, answers: Mapping[Look, Answers]) -> dict[str, Any]:
    scores = person_scores(work.people, {look: each.scores for look, each in answers.items()})
    count = len(work.people) - len(work.canaries)
    crowds = {
        "members": Crowd(work.people[:count], {k: v[:count] for k, v in scores.items()}),
        "canaries": Crowd(work.people[count:], {k: v[count:] for k, v in scores.items()}),
    }
    secrets = {look: each.likelihoods for look, each in answers.items()}
    hidden = [person for _, person in work.canaries]
    rows = exposures(hidden, secrets, work.shards)
    said = {look: each.extracted for look, each in answers.items()}
    asked = (Standing.IN, Standing.FORGOTTEN)
    return {
        "people": {name: _counts(crowd.people) for name, crowd in crowds.items()},
        "membership": [
            {"who": name} | row
            for name, crowd in crowds.items()
            for standing in asked
            if crowd.standing(standing).any()
            for row in membership(crowd, standing, work.wish.draws, work.wish.seed)
        ],
        "canaries": rows,
        "exposure": [row for standing in Standing for row in exposed(rows, standing)],
        "extraction": [
            row for standing in asked for row in extraction(work.tried, said, standing, work.shards)
        ],
        "losses": _losses(crowds, work.shards),
    }


def _counts(people: Sequence[Person]) -> dict[str, int]:
    return {str(s): sum(person.standing == s for person in people) for s in Standing}


def _losses(crowds: Mapping[str, Crowd], shards: int) -> list[dict[str, Any]]:
    """Return each person's loss in their own shard's adapter and in one that never saw them."""
    return [
        {
            "who": name,
            "standing": str(person.standing),
            "shard": person.shard,
            "own": round(-float(crowd.scores[person.shard][n, 0]), 4),
            "unseen": round(-float(crowd.scores[stranger(person.shard, shards)][n, 0]), 4),
        }
        for name, crowd in crowds.items()
        for n, person in enumerate(crowd.people)
    ]


def judged(found: Mapping[str, Any]) -> dict[str, Any]:
    """Say for those who are in, forgotten and never were whether memory of them was found.

    All questions about people of one standing are corrected together (Holm), so the worst adapter
    decides and the number of questions does not. Each row is given its corrected p.
    """
    verdict: dict[str, Any] = {"alpha": ALPHA, "least_difference": LEAST_DIFFERENCE}
    for standing in Standing:
        rows = [
            row
            for part in ("membership", "exposure", "extraction")
            for row in found[part]
            if row["standing"] == standing and "p" in row
        ]
        corrected = holm([row["p"] for row in rows])
        for row, p in zip(rows, corrected, strict=True):
            large = row.get("difference", {"value": math.inf})["value"] >= LEAST_DIFFERENCE
            row["p_corrected"], row["found"] = p, p < ALPHA and large
        verdict[str(standing)] = {
            "questions": len(rows),
            "found": sum(row["found"] for row in rows),
            "remembered": any(row["found"] for row in rows) if rows else None,
        }
    return verdict
