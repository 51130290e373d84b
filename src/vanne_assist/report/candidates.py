"""What a search for people says: what was understood, how many there are, each with evidence.

No single number stands for anybody: the parts of the score are shown, and for each criterion the
words that somebody wrote themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vanne.words import Words, words
from vanne_assist.brief.criteria import (
    Brief,
    Criterion,
    Fact,
    Judgement,
    Kind,
    Profile,
    criteria_json,
)
from vanne_assist.brief.judge import short_of
from vanne_assist.brief.notices import notices_of
from vanne_assist.brief.wording import boolean_of, words_of
from vanne_assist.report.finding import SIGNS, Say

if TYPE_CHECKING:
    from vanne_assist.search.find import Results

_AROUND, _MORE_AROUND = 24, 70
_FACETS = 5

Judged = Sequence[Sequence[Judgement]]


def lines(
    brief: Brief, results: "Results | None", judged: Judged, lang: str, more: bool = False
) -> Iterator[str]:
    """Say what was understood and whom it found, a line each."""
    w = words(lang)
    yield from _understood(brief, w)
    if more and brief.criteria:
        yield w("As a Boolean query: %(query)s", query=boolean_of(brief.criteria))
    if results is None:
        return
    yield ""
    yield from _counts(results, w)
    for number, (hit, states) in enumerate(
        zip(results.hits, judged, strict=True), results.offset + 1
    ):
        yield ""
        yield _score(number, hit, w)
        yield from (_evidence(each, hit.profile, w, more) for each in states)
    if more:
        yield from _facets(results, w)


def document(brief: Brief, results: "Results | None", judged: Judged) -> dict[str, Any]:
    """Return the same as a JSON document."""
    found: dict[str, Any] = {
        "brief": brief.text,
        "lang": brief.lang,
        "criteria": criteria_json(brief.criteria),
        "rest": brief.rest,
        "words": words_of(brief.criteria, brief.lang),
        "boolean": boolean_of(brief.criteria),
        "notices": [
            {"trouble": each.trouble, "said": list(each.said), "near": list(each.near)}
            for each in notices_of(brief)
        ],
    }
    if results is None:
        return found
    return found | {
        "index": results.index,
        "as_of": results.as_of.isoformat(),
        "is_stale": results.is_stale,
        "shown": results.shown,
        "passed": results.passed,
        "nearly": results.nearly,
        "offset": results.offset,
        "hits": [_hit(*pair) for pair in zip(results.hits, judged, strict=True)],
        "facets": {
            kind: [{"value": each.value, "count": each.count} for each in facets]
            for kind, facets in results.facets.items()
        },
    }


def _understood(brief: Brief, w: Words) -> Iterator[str]:
    language = w.language(brief.lang)
    yield w("Understood (brief in %(language)s):", language=language)
    force = {"must": w("must be"), "nice": w("wish"), "not": w("must not be")}
    for each in brief.criteria:
        came = w("from «%(words)s»", words=each.said) if each.span else w("added")
        yield f"  {force[each.force]} · {_named(each, w)} ({came})"
    if not brief.criteria:
        yield "  " + w("nothing: the search goes by the words alone")
    if brief.rest:
        yield w("Not understood, searched as words: %(words)s", words=brief.rest)
    for notice in notices_of(brief):
        if notice.trouble != "nothing-understood":
            yield Say(w.lang).notice(notice)


def _named(criterion: Criterion, w: Words) -> str:
    """Name a criterion; how much it is wanted is said beside it."""
    return Say(w.lang).criterion(replace(criterion, force="must"))


def _counts(results: "Results", w: Words) -> Iterator[str]:
    counted = (
        w.plural("%(n)s person may be found", "%(n)s people may be found", results.shown),
        w.plural("%(n)s passes what must be", "%(n)s pass what must be", results.passed),
        w.plural("%(n)s more only in part", "%(n)s more only in part", results.nearly),
    )
    yield " · ".join(counted)
    if results.is_stale:
        yield w("The index is older than the corpus: run `vanne search index`.")
    if not results.hits and results.passed:
        yield w("Nobody is left at this place of the list: it is shorter.")
    elif not results.hits:
        yield w("Nobody: leave something out, or turn what must be into a wish.")


def _score(number: int, hit: Any, w: Words) -> str:
    parts = w(
        "meaning %(meaning)s + words %(words)s + criteria %(criteria)s",
        meaning=w.number(round(hit.meaning, 2)),
        words=w.number(round(hit.words, 2)),
        criteria=w.number(round(hit.criteria, 2)),
    )
    return f"{number}. {hit.member_id}  {parts}"


def _evidence(each: Judgement, profile: Profile, w: Words, more: bool) -> str:
    quotes = [_quoted(fact, profile, _MORE_AROUND if more else _AROUND) for fact in each.evidence]
    said = f"   {SIGNS[each.state]} {_named(each.criterion, w)}"
    if each.criterion.force == "not":
        said += " " + w("(must not be)")
    if kept := list(dict.fromkeys(filter(None, quotes)))[: 3 if more else 1]:
        said += " – " + " ".join(f"«{quote}»" for quote in kept)
    if missing := short_of(each):
        unit = (
            w("%(n)s years short", n=w.number(missing))
            if each.criterion.kind is Kind.YEARS
            else w("%(n)s km too far", n=w.number(missing))
        )
        said += f" ({unit})"
    return said


def _quoted(fact: Fact, profile: Profile, around: int) -> str:
    """Quote the words of a fact with some around them, whole words only."""
    text = next((p.text for p in profile.passages if p.item_id == fact.item_id), "")
    start, end = fact.span
    first, last = max(0, start - around), min(len(text), end + around)
    while 0 < first < start and not text[first - 1].isspace():
        first += 1
    while end < last < len(text) and not text[last].isspace():
        last -= 1
    middle = " ".join(text[first:last].split())
    return ("…" if first else "") + middle + ("…" if last < len(text) else "") if middle else ""


def _facets(results: "Results", w: Words) -> Iterator[str]:
    """Say how those who pass are spread."""
    yield ""
    for kind, facets in results.facets.items():
        if facets:
            said = ", ".join(
                f"{Say(w.lang).facet(Kind(kind), each.value)} {w.number(each.count)}"
                for each in facets[:_FACETS]
            )
            yield f"{Say(w.lang).kind(Kind(kind))} · {said}"


def _hit(hit: Any, states: Sequence[Judgement]) -> dict[str, Any]:
    return {
        "member_id": hit.member_id,
        "score": hit.score,
        "parts": hit.parts,
        "criteria": [
            {
                "criterion": number,
                "state": each.state,
                "short": short_of(each),
                "evidence": [
                    {
                        "item_id": fact.item_id,
                        "span": list(fact.span),
                        "quote": _quoted(fact, hit.profile, _AROUND),
                    }
                    for fact in each.evidence
                ],
            }
            for number, each in enumerate(states)
        ],
    }
