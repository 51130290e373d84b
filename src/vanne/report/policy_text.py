"""Explain a policy as a document: its sentences, and a table of examples.

The table shows the verdict for each country and choice. It is made of reference verdicts on
imaginary items, so that it always agrees with the engine.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from vanne.decide.witnesses import Chose, Situation, verdict
from vanne.policy.policy import Policy, PurposePolicy, Rollout, midnight
from vanne.policy.sentences import places, rules_in_words
from vanne.terms import REGIONS, Category, Purpose, Reason
from vanne.words import Words, purpose_words, words

SCHEMA = "vanne/policy-explain/1"


def explained_policy(
    policy: Policy, lang: str, purpose: Purpose | None = None, as_of: datetime | None = None
) -> dict[str, Any]:
    """Return the public JSON document: the policy in sentences and tables.

    Raises:
        ConfigError: it does not have the purpose.
    """
    w, purposes = words(lang), list(policy.purposes) if purpose is None else [purpose]
    return {
        "schema": SCHEMA,
        "policy": policy.named(),
        "title": policy.title and w(policy.title),
        "lang": lang,
        "as_of": as_of and as_of.isoformat(),
        "purposes": [_document(policy, policy.purpose(name), w, as_of) for name in purposes],
        "sources": {
            key: {
                "title": source.title,
                "publisher": source.publisher,
                "date": source.date.isoformat(),
                "where": source.where,
            }
            for key, source in policy.sources.items()
        },
    }


def _document(
    policy: Policy, rules: PurposePolicy, w: Words, as_of: datetime | None
) -> dict[str, Any]:
    is_own = partial(policy.is_own, rules)

    def cited(where: str | None) -> dict[str, Any]:
        """Say what a place cites and what is open: a policy of one's own speaks as written."""
        clause = rules.clause(where or "")
        doubt = clause.uncertain and w(clause.uncertain)
        return {"sources": list(clause.sources), "uncertain": doubt}

    answers = {
        category: "never"
        if category in rules.never
        else "listed"
        if category in rules.listed
        else "not-listed"
        for category in Category
    }
    return {
        "purpose": rules.purpose,
        "words": asdict(purpose_words(rules.purpose, rules.words, w.lang)),
        "rules": [
            {
                "reasons": [reason.value for reason in rule.reasons],
                "said": [
                    {"text": text, "where": where, "own": is_own} | cited(where)
                    for where, text, is_own in rule.sentences
                ],
            }
            for rule in rules_in_words(rules, w, is_own)
        ],
        "kinds": [
            {"category": category.value, "answer": answer, "own": is_own(f"{answer}.{category}")}
            | cited(f"{answer}.{category}")
            for category, answer in answers.items()
        ],
        "table": list(example_table(rules, w, as_of)),
    }


def example_table(
    rules: PurposePolicy, w: Words, as_of: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """Ask the reference verdict about each region and choice, at that time or at every one.

    A row is what is answered in some regions in one stretch of time. The choices are those that
    this policy tells apart; regions that it does not tell apart are one, in the order of rollouts.
    """
    chosen = [Chose.NEVER, Chose.OFF, Chose.OFF_LATER, Chose.ON]
    if rules.objection_covers == "everything":
        chosen.remove(Chose.OFF_LATER)
    kind = min(rules.listed, default=Category.POST).value
    alike: dict[tuple[Rollout, ...], list[str]] = {}
    for region in sorted(REGIONS):
        alike.setdefault(rules.rollouts_in(region), []).append(region)
    order = {rollout: number for number, rollout in enumerate(rules.rollouts)}
    for rollouts in sorted((r for r in alike if r), key=lambda r: min(order[each] for each in r)):
        regions = frozenset(alike[rollouts])
        if as_of is None:
            stretches = [
                (rollout, midnight(rollout.start) + timedelta(hours=12))
                for rollout in sorted(rollouts, key=lambda each: each.start)
            ]
        else:
            in_force = rules.rollout(min(regions), as_of)
            stretches = [(in_force, as_of)] if in_force else []
        place = w("every country that the policy does not name elsewhere")
        if any(regions & rollout.regions for rollout in rules.rollouts):
            place = places(regions, w)
        for rollout, moment in stretches:
            answers = {
                choice.value: verdict(rules, Situation(min(regions), moment, kind, choice)).value
                for choice in chosen
            }
            if Reason.REGION_NOT_STARTED.value not in answers.values():
                yield {
                    "place": place,
                    "regions": sorted(regions),
                    "from": rollout.start.isoformat(),
                    "until": rollout.end and rollout.end.isoformat(),
                    "answers": answers,
                }
