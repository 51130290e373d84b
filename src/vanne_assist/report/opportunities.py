"""Job offers for a member in words: for the page, as text, and as a JSON document.

Nothing is judged here. A criterion that no item of the member mentions is called «not said», since
the member may well meet it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from vanne.words import Words, sentence, words
from vanne_assist.brief.criteria import Criterion, Judgement, Kind
from vanne_assist.brief.lexicon import name_of
from vanne_assist.fairness.protected import Attribute
from vanne_assist.jobs.board import ProtectedFlag
from vanne_assist.jobs.match import FAR_KM, MemberOffers, OfferMatch
from vanne_assist.jobs.posting import Pay
from vanne_assist.report.finding import Say

_OFFERS = TypeAdapter(MemberOffers)

_WHY = {
    "nothing-to-read": sentence(
        "Nothing of yours may be read for job offers: you switched it off, or have shown nothing."
    ),
    "nothing-fits": sentence("No open job offer fits what you show."),
}
_UNITS = {
    "year": sentence("a year"),
    "month": sentence("a month"),
    "week": sentence("a week"),
    "day": sentence("a day"),
    "hour": sentence("an hour"),
}
"""The periods of schema.org's `unitText`, as `vanne_assist.jobs.posting` writes them."""


class OfferWords(NamedTuple):
    """One offer in the words of a language."""

    title: str
    about: str
    why: list[str]
    missing: list[str]
    more: list[str]


def offer_words(found: OfferMatch, lang: str) -> OfferWords:
    """Say an offer: why it fits, and what it asks besides."""
    w, posting = words(lang), found.posting
    where = w("remote") if posting.is_remote else "; ".join(posting.sites)
    met = [each for each in found.judgements if each.state == "met"]
    why = [
        w("You show: %(what)s.", what=_named(each.criterion, lang))
        for each in met
        if each.criterion.kind is not Kind.TITLE
    ]
    if found.title is not None and found.is_fit:
        near = w("Your title “%(title)s” is close to what is offered.", title=found.title)
        why.insert(0, near)
    more = [flag_words(flag, w) for flag in found.flags]
    if found.away_km is not None:
        is_too_far = found.away_km > FAR_KM or any(
            each.criterion.kind is Kind.PLACE and each.short for each in found.judgements
        )
        away = w("It is %(km)s km away.", km=w.number(round(found.away_km)))
        (more if is_too_far else why).append(away)
    if posting.expires:
        more.insert(0, w("Open until %(day)s", day=w.day(posting.expires.date())))
    if pay := posting.salary:
        more.insert(0, w("Pay: %(pay)s (shown only; it matches nobody)", pay=pay_words(pay, w)))
    if posting.url and posting.url.startswith(("https://", "http://")):
        more.append(posting.url)
    return OfferWords(
        posting.title,
        " · ".join(filter(None, (posting.employer, where))),
        why,
        [_missing(each, w, lang) for each in found.judgements if each.state != "met"],
        more,
    )


def _named(criterion: Criterion, lang: str) -> str:
    if criterion.kind is Kind.SKILL:
        return name_of(Kind.SKILL, criterion.value, lang) or criterion.said
    return Say(lang).criterion(replace(criterion, force="must"))


def _missing(judged: Judgement, w: Words, lang: str) -> str:
    what = _named(judged.criterion, lang)
    if judged.criterion.kind is Kind.YEARS and judged.short:
        return w("%(what)s: %(n)s years less than asked", what=what, n=w.number(judged.short))
    if judged.criterion.kind is Kind.PLACE and judged.short:
        return w("%(what)s: %(n)s km too far", what=what, n=w.number(round(judged.short)))
    if judged.state == "unknown":
        return w("%(what)s: not said in what you show", what=what)
    if judged.state == "partly":
        return w("%(what)s: in part", what=what)
    return w("%(what)s: what you show says otherwise", what=what)


def pay_words(pay: Pay, w: Words) -> str:
    """Write what an offer says of pay with the language's numbers and the name of its period."""
    if pay.text:
        return pay.text
    bounds = [w.number(int(a)) if a.isdecimal() else a for a in (pay.least, pay.most)]
    amount = "–".join(dict.fromkeys(bounds))
    unit = w(_UNITS[pay.unit]) if pay.unit in _UNITS else pay.unit
    return " ".join(filter(None, (pay.currency, amount, unit)))


def flag_words(flag: ProtectedFlag, w: Words) -> str:
    """Say that a posting asks for what the law protects."""
    return w(
        "This offer asks “%(said)s”: %(reason)s. It was not compared with you.",
        said=flag.said,
        reason=w.say(Attribute(flag.attribute).reason),
    )


def lines(found: MemberOffers) -> Iterator[str]:
    """Yield what fits a member as text."""
    w = words(found.lang)
    offers = found.opportunities
    if found.why_none:
        yield w(_WHY[found.why_none])
    else:
        count = w.plural("%(n)s job offer fits what you show.",
                         "%(n)s job offers fit what you show.", len(offers))  # fmt: skip
        used = w.plural("%(n)s item of yours was read.", "%(n)s items of yours were read.",
                        len(found.items_read))  # fmt: skip
        yield f"{count} {used}"
    for number, each in enumerate(offers, 1):
        offer = offer_words(each, found.lang)
        yield from ("", f"{number}. {offer.title}", f"   {offer.about}")
        for sign, parts in (("✓", offer.why), ("?", offer.missing), ("·", offer.more)):
            yield from (f"   {sign} {part}" for part in parts)
    yield ""
    yield w("Only you are shown this. Switching it off changes nothing else.")


def document(found: MemberOffers) -> dict[str, Any]:
    """Return what fits a member as a JSON document."""
    rows: dict[str, Any] = _OFFERS.dump_python(found, mode="json")
    return rows
