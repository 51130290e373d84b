"""Stopped briefs and audits of the search, in words.

The figures and the findings are those of `vanne_assist.fairness`; nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vanne.words import Words, words
from vanne_assist.fairness.protected import Ask, Attribute, reworded

Document = Mapping[str, Any]


def stopped(text: str, asks: Sequence[Ask], lang: str) -> list[str]:
    """Say why a brief is stopped and how to put it; one sentence if nothing stops it."""
    w = words(lang)
    if not asks:
        return [w("Nothing in this brief asks for what the law protects.")]
    sentences = [told(w, ask) for ask in asks]
    if whole := reworded(text, tuple(asks)):
        sentences.append(w("The brief without it: %(brief)s", brief=whole))
    return sentences


def told(w: Words, ask: Ask) -> str:
    """Say what a brief asks that the law protects, what to ask instead, and the law."""
    reason = w("“%(words)s” – %(reason)s.", words=ask.said, reason=w.say(ask.reason))
    return " ".join([reason, *instead_of(w, ask.attribute, ask.lawful)])


def instead_of(w: Words, about: Attribute, lawful: str | None = None) -> tuple[str, str]:
    """Say what to ask instead of an attribute, and where the law protects it."""
    wording = w.quoted(lawful) if lawful else w.say(about.instead)
    return w("Instead: %(lawful)s.", lawful=wording), w("The law: %(law)s", law=about.law)


def audited(document: Document, lang: str) -> list[str]:
    """Say what an audit of the search found."""
    w = words(lang)
    sentences = [
        w("Briefs run: %(briefs)s. People found: %(people)s. Briefs stopped for what they ask: "
          "%(stopped)s.", briefs=w.number(document["briefs"]),
          people=w.number(document["people"]), stopped=w.number(document["stopped"])),
    ]  # fmt: skip
    for about in document["attributes"]:
        rows = [row for row in about["selection"]["categories"] if row["ratio"] is not None]
        if rows:
            worst = min(rows, key=lambda row: float(row["ratio"]))
            sentences.append(
                w(
                    "%(attribute)s: the lowest impact ratio is %(ratio)s (%(category)s).",
                    attribute=about["attribute"].capitalize(),
                    ratio=w.number(worst["ratio"]),
                    category=worst["category"],
                )
            )
    sentences.append(
        w(
            "A ratio below 0.8 is a sign to look closer; it proves nothing by itself, and a higher "
            "one excuses nothing. No figure is about fewer than %(fewest)s people.",
            fewest=document["fewest"],
        )
    )
    return sentences
