"""What a member is told of opportunities: as text, as a page to send, as a document.

Nothing is judged here. What is not said is called not said: it may well be there.
"""

from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from vanne.words import Words, sentence, words
from vanne_assist.brief.criteria import Criterion, Judgement, Kind, criteria_json
from vanne_assist.brief.judge import short_of
from vanne_assist.brief.lexicon import name_of
from vanne_assist.brief.wording import words_of
from vanne_assist.jobs.asking import Flag
from vanne_assist.jobs.board import posting_row
from vanne_assist.jobs.digest import Digest
from vanne_assist.jobs.match import Muted, Opportunity
from vanne_assist.jobs.posting import Pay

SCHEMA = "vanne/opportunities/1"
PATH = "/opportunities"
"""The member's page, below the address of the network's pages."""

_WHY = {
    "nothing-to-read": sentence(
        "Nothing of yours may be read for job offers: you switched it off, or have shown nothing."
    ),
    "nothing-fits": sentence("No open job offer fits what you show."),
    "nothing-new": sentence("Nothing new since the last time."),
}
_UNITS = {
    "year": sentence("a year"),
    "month": sentence("a month"),
    "week": sentence("a week"),
    "day": sentence("a day"),
    "hour": sentence("an hour"),
}
"""The periods of schema.org's `unitText`, as `vanne_assist.jobs.jobposting` writes them."""
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:1rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}h1{font-size:1.4rem}h2{font-size:1.15rem;margin-bottom:0}"
    "li{overflow-wrap:anywhere}code{overflow-wrap:anywhere}"
)


class Said(NamedTuple):
    """One opportunity in the words of a language."""

    title: str
    about: str
    why: list[str]
    missing: list[str]
    more: list[str]
    mute: list[tuple[str, str]]


def said_of(found: Opportunity, lang: str, is_new: bool) -> Said:
    """Say an opportunity."""
    w = words(lang)
    posting = found.posting
    where = w("remote") if posting.is_remote else "; ".join(posting.sites)
    about = " · ".join(filter(None, (posting.employer, where, w("new") if is_new else "")))
    return Said(
        posting.title,
        about,
        list(_why(found, w, lang)),
        [_missing(each, w, lang) for each in found.missing],
        list(_more(found, w)),
        [(each.code, muted_words(each, lang)) for each in _mutable(found)],
    )


def _why(found: Opportunity, w: Words, lang: str) -> Iterator[str]:
    if found.title is not None and found.is_fit:
        yield w("Your title “%(title)s” is close to what is offered.", title=found.title.value)
    for each in found.judgements:
        if each.state == "met" and each.criterion.kind is not Kind.TITLE:
            yield w("You show: %(what)s.", what=_named(each.criterion, lang))
    if found.away_km is not None:
        yield w("It is %(km)s km away.", km=w.number(round(found.away_km)))


def _named(criterion: Criterion, lang: str) -> str:
    if criterion.kind is Kind.SKILL:
        return name_of(Kind.SKILL, criterion.value, lang) or criterion.said
    return words_of([criterion], lang)


def _missing(judged: Judgement, w: Words, lang: str) -> str:
    what = _named(judged.criterion, lang)
    short = short_of(judged)
    if judged.criterion.kind is Kind.YEARS and short:
        return w("%(what)s: %(n)s years less than asked", what=what, n=w.number(short))
    if judged.criterion.kind is Kind.PLACE and short:
        return w("%(what)s: %(n)s km too far", what=what, n=w.number(round(short)))
    if judged.state == "unknown":
        return w("%(what)s: not said in what you show", what=what)
    if judged.state == "partly":
        return w("%(what)s: in part", what=what)
    return w("%(what)s: what you show says otherwise", what=what)


def _more(found: Opportunity, w: Words) -> Iterator[str]:
    posting = found.posting
    if posting.salary:
        yield w("Pay: %(pay)s (shown only; it matches nobody)", pay=said_pay(posting.salary, w))
    if posting.expires:
        yield w("Open until %(day)s", day=w.day(posting.expires.date()))
    for flag in found.asked.flags:
        yield flag_words(flag, w)
    if posting.url and posting.url.startswith(("https://", "http://")):
        yield posting.url


def said_pay(pay: Pay, w: Words) -> str:
    """Write what an offer says of pay with the language's numbers and the name of its period."""
    if pay.text:
        return pay.text
    bounds = [w.number(int(a)) if a.isdecimal() else a for a in (pay.least, pay.most)]
    amount = "–".join(dict.fromkeys(bounds))
    unit = w(_UNITS[pay.unit]) if pay.unit in _UNITS else pay.unit
    return " ".join(filter(None, (pay.currency, amount, unit)))


def flag_words(flag: Flag, w: Words) -> str:
    """Say that a posting asks for what the law protects."""
    return w(
        "This offer asks “%(said)s”: %(reason)s. It was not compared with you.",
        said=flag.said,
        reason=w.say(flag.reason),
    )


def _mutable(found: Opportunity) -> Iterator[Muted]:
    """Yield what can be muted of an opportunity."""
    if found.title is not None:
        yield Muted("title", found.title.value)
    for each in found.judgements:
        if each.state == "met" and each.criterion.kind is Kind.SKILL:
            yield Muted("skill", each.criterion.value)
    if found.posting.employer:
        yield Muted("employer", found.posting.employer)
    yield Muted("posting", found.posting.posting_id)


def muted_words(muted: Muted, lang: str) -> str:
    """Name what is muted, or can be."""
    w = words(lang)
    value = muted.value
    if muted.kind in list(Kind):
        value = name_of(Kind(muted.kind), value, lang) or value
    return w.explained(w(_MUTABLE[muted.kind]), value)


_MUTABLE = {
    "title": sentence("Title"),
    "skill": sentence("Skill"),
    "language": sentence("Language"),
    "place": sentence("Place"),
    "years": sentence("Years"),
    "education": sentence("Education"),
    "employer": sentence("Employer"),
    "posting": sentence("Offer"),
}


def _head(digest: Digest, w: Words) -> list[str]:
    if digest.why:
        return [w(_WHY[digest.why])]
    count = w.plural(
        "%(n)s job offer fits what you show.",
        "%(n)s job offers fit what you show.",
        len(digest.opportunities),
    )
    used = w.plural("%(n)s item of yours was read.", "%(n)s items of yours were read.",
                    len(digest.read))  # fmt: skip
    return [count, used]


def _foot(w: Words) -> list[str]:
    return [
        w(
            "To mute a reason, or to switch this off: the page “%(title)s” (%(path)s).",
            title=w("Job offers for you"),
            path=PATH,
        ),
        w("Only you are shown this. Switching it off changes nothing else."),
    ]


def lines(digest: Digest) -> Iterator[str]:
    """Yield a digest as text."""
    w = words(digest.lang)
    yield " ".join(_head(digest, w))
    for number, found in enumerate(digest.opportunities, 1):
        said = said_of(found, digest.lang, found.posting.posting_id in digest.new)
        yield ""
        yield f"{number}. {said.title}"
        yield f"   {said.about}"
        for sign, parts in (("✓", said.why), ("?", said.missing), ("·", said.more)):
            yield from (f"   {sign} {part}" for part in parts)
    yield ""
    yield from _foot(w)


def page(digest: Digest) -> str:
    """Return a digest as a page that stands alone: no script, no picture, nothing fetched."""
    w = words(digest.lang)
    title = escape(w("Job offers for you"))
    parts = [f"<p>{escape(line)}</p>" for line in _head(digest, w)]
    for found in digest.opportunities:
        said = said_of(found, digest.lang, found.posting.posting_id in digest.new)
        parts += [f"<h2>{escape(said.title)}</h2>", f"<p>{escape(said.about)}</p>"]
        for heading, rows in ((w("Why"), said.why), (w("What is missing"), said.missing)):
            if rows:
                parts.append(f"<h3>{escape(heading)}</h3><ul>{_rows(rows)}</ul>")
        if said.more:
            parts.append(f"<ul>{_rows(said.more)}</ul>")
    parts += [f"<p>{escape(line)}</p>" for line in _foot(w)]
    return (
        f'<!doctype html><html lang="{digest.lang}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><main><h1>{title}</h1>"
        + "\n".join(parts)
        + "</main></html>\n"
    )


def _rows(rows: list[str]) -> str:
    return "".join(f"<li>{_linked(row)}</li>" for row in rows)


def _linked(row: str) -> str:
    shown = escape(row)
    return f'<a href="{shown}">{shown}</a>' if row.startswith(("https://", "http://")) else shown


def document(digest: Digest) -> dict[str, Any]:
    """Return a digest as a JSON document."""
    return {
        "schema": SCHEMA,
        "member": digest.member,
        "lang": digest.lang,
        "as_of": digest.as_of.isoformat(),
        "open": digest.open,
        "far": digest.far,
        "why_none": digest.why,
        "items_read": [each.item_id for each in digest.read],
        "muted": [each.code for each in digest.muted],
        "opportunities": [
            _opportunity(each, each.posting.posting_id in digest.new)
            for each in digest.opportunities
        ],
    }


def _opportunity(found: Opportunity, is_new: bool) -> dict[str, Any]:
    return {
        "posting": posting_row(found.posting),
        "new": is_new,
        "score": found.score,
        "parts": {"meaning": found.meaning, "words": found.words, "criteria": found.criteria},
        "likeness": found.likeness,
        "away_km": found.away_km,
        "title": found.title.value if found.title else None,
        "judgements": [judged_row(each) for each in found.judgements],
        "flags": [
            {"attribute": f.attribute, "said": f.said, "reason": str(f.reason), "lawful": f.lawful}
            for f in found.asked.flags
        ],
        "mute": [each.code for each in _mutable(found)],
    }


def judged_row(judged: Judgement) -> dict[str, Any]:
    """Return a judgement with its evidence as JSON holds it."""
    return {
        "criterion": criteria_json([judged.criterion])[0],
        "state": judged.state,
        "short": short_of(judged),
        "evidence": [
            {"item_id": fact.item_id, "value": fact.value, "span": list(fact.span)}
            for fact in judged.evidence
        ],
    }
