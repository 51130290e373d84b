"""Stopped briefs in words: what a brief asks that the law protects, and how to put it."""

from collections.abc import Sequence

from vanne.words import Words, words
from vanne_assist.fairness.protected import Ask, Attribute
from vanne_assist.fairness.wording import offered


def stopped(text: str, asks: Sequence[Ask], lang: str) -> list[str]:
    """Say why a brief is stopped and how to put it; one sentence if nothing stops it."""
    w = words(lang)
    if not asks:
        return [w("Nothing in this brief asks for what the law protects.")]
    sentences = [told(w, ask) for ask in asks]
    if whole := offered(text):
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
