"""Explain a verdict in sentences to the member whose item it is, in four languages.

A member who switched everything off reads, for example: «You switched this off.», «You have been
off since 3 November 2025, 08:00 UTC.»
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from vanne.decide.explain import Explanation, ExplanationFacts
from vanne.policy.policy import Policy, PolicySource
from vanne.terms import MAIN_PURPOSE, Reason
from vanne.words import Words, category_words, reason_words, sentence, words

SCHEMA = "vanne/explanation/1"


def explained(explanation: Explanation, policy: Policy, lang: str) -> list[str]:
    """Say a verdict, the facts that it stands on, and the place in the policy that rules it."""
    w = words(lang)
    at = w("Asked for the time %(at)s.", at=w.date(explanation.as_of))
    facts = _facts(explanation, w)
    reason = reason_words(explanation.reason, lang)
    if explanation.reason is Reason.ALLOWED and explanation.purpose != MAIN_PURPOSE:
        reason = w("It may be used for this purpose: %(purpose)s.", purpose=explanation.purpose)
    return [reason, *facts, at, *_grounds(explanation, policy, w)]


def document(explanation: Explanation, policy: Policy, lang: str) -> dict[str, Any]:
    """Return the public JSON document of an explanation."""
    cited = {source for clause in explanation.clauses for source in clause.sources}
    return {
        "schema": SCHEMA,
        "policy": policy.named(),
        "purpose": explanation.purpose,
        "as_of": explanation.as_of.isoformat(),
        "reason": explanation.reason.value,
        "rule": explanation.rule,
        "who": explanation.who,
        "clauses": explanation.places(),
        "sources": sorted(cited),
        "lang": lang,
        "sentences": explained(explanation, policy, lang),
    }


def source_words(source: PolicySource, w: Words) -> str:
    """Name a source in one line, where it can be found last."""
    return f"{source.publisher}, {source.title}, {w.day(source.date)}, {source.where}"


def _facts(explanation: Explanation, w: Words) -> Iterator[str]:
    facts = explanation.facts
    if explanation.who in ("author", "subject", "somebody"):
        yield w("Who it is, and why, stays with them.")
        return
    if explanation.reason in _KIND:
        yield w("Kind of data: %(kind)s.", kind=category_words(facts.category, w.lang))
    if facts.region is not None:
        yield from _region(facts, w)
    if facts.minimum_age is not None:
        yield w("The minimum age is %(age)s years.", age=w.number(facts.minimum_age))
        if facts.sign is not None:
            text = sentence("A sign says that you may be younger, at any birth date: %(sign)s.")
            yield w(text, sign=facts.sign)
        elif facts.of_age is not None:
            text = sentence("You reach it on %(day)s.")
            if facts.of_age <= explanation.as_of.date():
                text = sentence("You reached it on %(day)s.")
            yield w(text, day=w.day(facts.of_age))
    if facts.off_since is not None:
        yield w("You have been off since %(at)s.", at=w.date(facts.off_since))
    if facts.created_at is not None:
        yield w("The item was made on %(at)s.", at=w.date(facts.created_at))
    if facts.oldest is not None:
        yield w("Only what was made on %(at)s or later is used.", at=w.date(facts.oldest))
    if explanation.reason is Reason.VISIBILITY_NOT_LISTED:
        shared = facts.visibility or w("not known")
        yield w("Its visibility: %(visibility)s.", visibility=shared)
        listed = w.series(list(facts.visibilities)) if facts.visibilities else w("none")
        yield w("The visibilities that the policy lists: %(visibilities)s.", visibilities=listed)
    if facts.tags:
        yield w("It carries these tags: %(tags)s.", tags=w.series(list(facts.tags)))
    if facts.unreadable:
        names = w.series(list(facts.unreadable))
        yield w("What cannot be read: %(fields)s.", fields=names)


_KIND = (
    Reason.ALLOWED,
    Reason.CATEGORY_NEVER,
    Reason.CATEGORY_NOT_LISTED,
    Reason.CATEGORY_UNKNOWN,
    Reason.OFF_CATEGORY,
)


def _region(facts: ExplanationFacts, w: Words) -> Iterator[str]:
    place = w.region(facts.region or "")
    if facts.started is not None:
        yield w("%(place)s: this use started on %(day)s.", place=place, day=w.day(facts.started))
        if facts.chosen:
            yield w("You chose on.")
        elif facts.spared is not None:
            yield w(
                "You said no on %(day)s. That no covers what is made from then on, "
                "and this was made before.",
                day=w.day(facts.spared),
            )
        elif facts.default_on:
            yield w("You have not chosen, and the default there is on.")
        return
    if facts.ended is not None:
        last = facts.ended - timedelta(days=1)
        yield w("%(place)s: this use ended with %(day)s.", place=place, day=w.day(last))
    if facts.starts is not None:
        yield w("%(place)s: this use starts on %(day)s.", place=place, day=w.day(facts.starts))
    elif facts.ended is None:
        yield w("%(place)s: the policy names no day on which this use starts.", place=place)


def _grounds(explanation: Explanation, policy: Policy, w: Words) -> Iterator[str]:
    places = explanation.places()
    if not places:
        yield w("This is a rule of every policy: what is not known permits nothing.")
        return
    where = w.series(places)
    yield w("Where the policy %(policy)s says it: %(where)s.", policy=policy.name, where=where)
    cited = {source: None for clause in explanation.clauses for source in clause.sources}
    for source in cited:
        yield w("It cites: %(source)s", source=source_words(policy.sources[source], w))
    for clause in explanation.clauses:
        if clause.uncertain:
            yield w("Not certain: %(why)s", why=w(clause.uncertain))
