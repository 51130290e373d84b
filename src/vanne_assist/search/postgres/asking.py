"""A brief as one statement: who may be shown, who passes the filters, in which order.

The scores are those of `vanne_assist.search.find`: the same vectors compared exactly, the same
weights of letters and words, stretched among those who passed. A server adds floats in any order,
so that totals are compared to four places, and of equal ones the place decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING, Any

from vanne_assist.brief.criteria import Brief, Criterion, Kind, together
from vanne_assist.search.find import (
    FACET_VALUES,
    FACETS,
    PARTLY_WEIGHT,
    SHOWN_AS,
    STATES,
    YEARS,
    Facet,
    Hit,
    shares,
    worded,
)
from vanne_assist.search.postgres import titles
from vanne_assist.search.postgres.document import read_document
from vanne_assist.search.postgres.fits import Fit, fits
from vanne_assist.search.postgres.rows import known
from vanne_assist.search.table import MET, NOT_MET, PARTLY
from vanne_assist.search.words import LENGTH, SATURATION, asked, is_common

if TYPE_CHECKING:
    from vanne_assist.search.postgres.server import Connection

_WORDS = f"""
SELECT p.profile, sum(rare * count * {SATURATION + 1} / (count + {SATURATION}
    * ({1 - LENGTH} + {LENGTH} * length / %(mean)s::double precision))) AS score
FROM search_posting p JOIN unnest(%(stems)s::integer[], %(rare)s::double precision[])
    AS asked(value, rare) USING (value)
GROUP BY p.profile"""
_ASK = """
WITH words AS ({words}){criteria},
judged AS (
    SELECT p.id, p.place, p.titles, p.facets, coalesce(words.score, 0) AS words{codes}
    FROM search_profile p LEFT JOIN words ON words.profile = p.id{joins}
),
passing AS MATERIALIZED (SELECT *, {partly} AS partly FROM judged WHERE {passing}),
passed AS MATERIALIZED (SELECT *, {met} AS met FROM passing WHERE NOT partly),{titles}
meant AS (
    SELECT id, place, words, met{names}, coalesce(meaning.score, 0) AS meaning
    FROM passed LEFT JOIN meaning ON meaning.profile = passed.id
),
bounds AS (
    SELECT count(*) AS passed, max(words) AS most
    FROM meant
),
scored AS (
    SELECT id, place{names}, met,
        %(by_meaning)s * meaning AS meaning,
        %(by_words)s * words / greatest(most, 1e-9) AS words
    FROM meant, bounds
),
best AS (
    SELECT *, floor((meaning + words + met) * {places} + 0.5) AS total FROM scored
    ORDER BY total DESC, place LIMIT %(count)s OFFSET %(offset)s
),
counted AS MATERIALIZED (
    SELECT v.kind, v.value, had.held FROM (
        SELECT value, count(*) AS held FROM passed, unnest(passed.facets) AS value GROUP BY value
    ) AS had JOIN search_value v ON v.number = had.value
),
facet AS (
    SELECT asked.kind, top.* FROM unnest(%(facets)s::text[]) AS asked(kind),
        LATERAL (SELECT value, held FROM counted WHERE counted.kind = asked.kind
                 ORDER BY held DESC, value LIMIT %(values)s) AS top
),
years AS (
    SELECT least(width_bucket(f.number, %(edges)s::double precision[]), %(bands)s) AS band,
        count(*) AS held
    FROM search_fact f JOIN passed ON passed.id = f.profile
    WHERE f.value = %(experience)s AND f.number BETWEEN %(from)s AND %(to)s GROUP BY band
)
SELECT (SELECT passed FROM bounds), (SELECT count(*) FROM passing WHERE partly),
    (SELECT json_agg(json_build_array(kind, encode(value, 'hex'), held) ORDER BY held DESC, value)
     FROM facet),
    (SELECT json_agg(json_build_array(band, held) ORDER BY band) FROM years),
    (SELECT json_agg(json_build_array(id, meaning, words, met{names}) ORDER BY total DESC, place)
     FROM best)
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many profiles there are, words in all of them, and titles when letters were weighed."""

    profiles: int
    words: int
    titles: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement found; see `vanne_assist.search.find.Results`."""

    hits: tuple[Hit, ...]
    passed: int
    nearly: int
    facets: Mapping[str, tuple[Facet, ...]]


def ask(db: "Connection", sizes: Sizes, brief: Brief, count: int, offset: int) -> Found:
    """Ask for the people who answer a brief best."""
    criteria = fits(db, brief.criteria, brief.lang)
    given = titles.given(db, brief, sizes.titles)
    sql = statement(brief.criteria, criteria, has_meaning=bool(given))
    for each in criteria:
        given |= each.given
    by_meaning, by_words = shares(brief)
    given |= _stems(db, sizes, brief) | _facets_of(db)
    given |= {"by_meaning": by_meaning, "by_words": by_words, "count": count, "offset": offset}
    row = db.execute(sql, given).fetchone()
    if row is None:
        raise AssertionError
    passed, nearly, facets, years, hits = row
    return Found(_hits(db, hits or []), passed, nearly, _facets(facets or [], years or []))


def statement(criteria: Sequence[Criterion], queries: Sequence[Fit], *, has_meaning: bool) -> str:
    """Return the statement for some criteria."""
    names = [f"c{at}" for at in range(len(criteria))]
    passing, partly, met = ["true"], ["false"], []
    for places in together(criteria):
        first, code = criteria[places[0]], f"greatest({', '.join(names[at] for at in places)})"
        if first.force == "not":
            passing.append(f"{code} <> {MET}")
            continue
        if first.force == "must":
            passing.append(f"{code} <> {NOT_MET}")
        if first.force == "must" and first.kind is not Kind.TITLE:
            partly.append(f"{code} = {PARTLY}")
        met.append(f"CASE {code} WHEN {MET} THEN 1 WHEN {PARTLY} THEN {PARTLY_WEIGHT} ELSE 0 END")
    pairs = list(zip(names, queries, strict=True))
    joined = {
        "titles": titles.RATED if has_meaning else titles.NONE,
        "words": _WORDS,
        "criteria": "".join(f",\n{name} AS ({query.sql})" for name, query in pairs),
        "codes": "".join(f", coalesce({n}.code, {query.default}) AS {n}" for n, query in pairs),
        "joins": "".join(f"\n    LEFT JOIN {n} ON {n}.profile = p.id" for n in names),
        "names": "".join(f", {name}" for name in names),
        "passing": " AND ".join(passing),
        "partly": f"({' OR '.join(partly)})",
        "met": f"({' + '.join(['0', *met])})::double precision / {max(len(met), 1)}",
        "places": SHOWN_AS,
    }
    return _ASK.format(**joined)


def _stems(db: "Connection", sizes: Sizes, brief: Brief) -> dict[str, Any]:
    """Return the stems of a brief's words, and how rare each is (BM25)."""
    words = asked(worded(brief))
    there = known(db, Kind.WORDS, set().union(*words))
    often = Counter(there[each] for stems in words for each in stems if each in there)
    rare = {
        number: times * log1p((sizes.profiles - held + 0.5) / (held + 0.5))
        for (number, held), times in often.items()
        if not is_common(held, sizes.profiles)
    }
    mean = max(sizes.words / max(sizes.profiles, 1), 1.0)
    return {"stems": list(rare), "rare": list(rare.values()), "mean": mean}


def _facets_of(db: "Connection") -> dict[str, Any]:
    experience, _ = known(db, Kind.YEARS, ["experience"]).get("experience", (0, 0))
    edges = [float(low) for low, _ in YEARS] + [float(YEARS[-1][1])]
    return {
        "facets": [str(kind) for kind in FACETS],
        "values": FACET_VALUES,
        "experience": experience,
        "edges": edges,
        "bands": len(YEARS),
        "from": edges[0],
        "to": edges[-1],
    }


def _facets(
    values: Sequence[tuple[str, str, int]], years: Sequence[tuple[int, int]]
) -> dict[str, tuple[Facet, ...]]:
    found: dict[str, list[Facet]] = {kind.value: [] for kind in (*FACETS, Kind.YEARS)}
    for kind, value, held in values:
        found[kind].append(Facet(bytes.fromhex(value).decode(), held))
    for band, held in years:
        low, high = YEARS[band - 1]
        found[Kind.YEARS].append(Facet(f"{low}-{high}", held))
    return {kind: tuple(each) for kind, each in found.items()}


def _hits(db: "Connection", rows: Sequence[Sequence[Any]]) -> tuple[Hit, ...]:
    kept = db.execute(
        "SELECT profile, document FROM search_document WHERE profile = ANY(%s::integer[])",
        [[row[0] for row in rows]],
    )
    profiles = {row: read_document(document) for row, document in kept}
    return tuple(_hit(profiles[row[0]], *row[1:]) for row in rows)


def _hit(profile: Any, meaning: float, words: float, met: float, *codes: int) -> Hit:
    return Hit(
        member_id=profile.member_id,
        score=round(meaning + words + met, 4),
        meaning=round(meaning, 4),
        words=round(words, 4),
        criteria=round(met, 4),
        states=tuple(STATES[code] for code in codes),
        profile=profile,
    )
