"""Criteria as SQL: of each a query for who is not `UNKNOWN`, with the code of how they stand.

The rules are those of `vanne_assist.search.table`. What compares two values (places, degrees, steps
of seniority) is asked there, once for each value that anybody has; the server does the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vanne_assist.brief.criteria import Criterion, Kind
from vanne_assist.brief.judge import occupations_of
from vanne_assist.brief.levels import degree_rank, seniority_rank
from vanne_assist.search.gate import NEAR, named_code, vector_of
from vanne_assist.search.postgres.rows import known, vector_text
from vanne_assist.search.table import (
    MET,
    NEARLY,
    NOT_MET,
    PARTLY,
    TIMED,
    UNKNOWN,
    CodeOf,
    degree_code,
    is_exact,
    place_code,
    reaches,
    years_of,
)
from vanne_assist.search.words import asked as asked_words

if TYPE_CHECKING:
    from vanne_assist.search.postgres.server import Connection

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fit:
    """A query with the columns `profile` and `code`, what it is given, and everybody else's code.

    The names of what it is given begin with `p`, the name of the criterion.
    """

    sql: str
    given: Given
    default: int = UNKNOWN


def fit(db: "Connection", asked: Criterion, lang: str, p: str) -> Fit:
    """Return the query of a criterion; `p` begins the names of what it is given."""
    if asked.kind is Kind.TITLE and asked.force != "not":
        return _near_title(asked, lang, p)
    made = _FITS.get(asked.kind)
    return made(db, asked, p) if made else _same(db, asked, p)


def _of_time(asked: Criterion) -> str:
    """Return the condition for facts of the time that is asked for."""
    if asked.is_past is None or asked.kind not in TIMED:
        return ""
    return "AND f.ended" if asked.is_past else "AND NOT f.ended"


def _same(db: "Connection", asked: Criterion, p: str) -> Fit:
    number, _ = known(db, asked.kind, [asked.value]).get(asked.value, (0, 0))
    sql = (
        f"SELECT DISTINCT f.profile, {MET} AS code FROM search_fact f "
        f"WHERE f.value = %({p}_value)s {_of_time(asked)}"
    )
    return Fit(sql, {f"{p}_value": number})


def _title(_: "Connection", asked: Criterion, p: str) -> Fit:
    """Return the query for who holds a title that must not be held: by its words alone."""
    sql = (
        f"SELECT DISTINCT f.profile, {MET} AS code FROM search_fact f JOIN search_title t "
        f"ON t.value = f.value WHERE t.words @> %({p}_words)s::bytea[] {_of_time(asked)}"
    )
    return Fit(sql, {f"{p}_words": _words_of(asked)})


def _near_title(asked: Criterion, lang: str, p: str) -> Fit:
    """Return the query for who holds a title or one near it; see `vanne_assist.search.gate`."""
    sql = (
        f"SELECT f.profile, max(CASE WHEN t.is_it {_of_time(asked)} THEN {MET} ELSE t.code END) "
        f"AS code FROM search_fact f JOIN (SELECT value, words @> %({p}_words)s::bytea[] AS is_it, "
        f"CASE WHEN occupations && %({p}_occupations)s::text[] THEN {named_code(asked)} "
        f"WHEN -(meaning <#> %({p}_vector)s::vector) >= {NEAR} THEN {PARTLY} ELSE {NOT_MET} END "
        "AS code FROM search_title) AS t ON t.value = f.value GROUP BY f.profile"
    )
    given = {
        f"{p}_words": _words_of(asked),
        f"{p}_occupations": sorted(occupations_of(asked.value)),
        f"{p}_vector": vector_text(vector_of(asked, lang)),
    }
    return Fit(sql, given)


def _words_of(asked: Criterion) -> list[bytes]:
    return [word.encode() for word in asked.value.split()]


def _coded(
    db: "Connection", asked: Criterion, p: str, code_of: CodeOf, time: str, code: str
) -> Fit:
    """Return a query over the values of a kind, each with a code of our own."""
    found = db.execute("SELECT number, value FROM search_value WHERE kind = %s", [asked.kind])
    codes = [(number, code_of(bytes(value).decode())) for number, value in found]
    sql = (
        f"SELECT f.profile, {code} AS code FROM search_fact f "
        f"JOIN unnest(%({p}_values)s::integer[], %({p}_codes)s::integer[]) AS v(value, code) "
        f"ON v.value = f.value WHERE true {time} GROUP BY f.profile"
    )
    return Fit(sql, {f"{p}_values": [n for n, _ in codes], f"{p}_codes": [c for _, c in codes]})


def _told(code_of: CodeOf) -> CodeOf:
    """Return codes in which what tells nothing is less than any that tells something."""
    return lambda value: _NOTHING if (code := code_of(value)) == UNKNOWN else code


_NOTHING = NOT_MET - 1
_BEST = f"coalesce(nullif(max(v.code), {_NOTHING}), {UNKNOWN})"


def _place(db: "Connection", asked: Criterion, p: str) -> Fit:
    return _coded(db, asked, p, _told(place_code(asked)), "AND NOT f.ended", _BEST)


def _education(db: "Connection", asked: Criterion, p: str) -> Fit:
    if degree_rank(asked.value) is None:
        return _same(db, asked, p)
    return _coded(db, asked, p, _told(degree_code(asked)), _of_time(asked), _BEST)


def _language(db: "Connection", asked: Criterion, p: str) -> Fit:
    number, _ = known(db, asked.kind, [asked.value]).get(asked.value, (0, 0))
    enough = [at for at, is_enough in enumerate(reaches(asked)[:-1]) if is_enough]
    without = "true" if reaches(asked)[-1] else "false"
    sql = (
        "SELECT f.profile, max(CASE WHEN CASE WHEN f.level IS NULL THEN "
        f"{without} ELSE f.level = ANY(%({p}_levels)s::integer[]) END THEN {MET} ELSE {PARTLY} "
        f"END) AS code FROM search_fact f WHERE f.value = %({p}_value)s GROUP BY f.profile"
    )
    return Fit(sql, {f"{p}_levels": enough, f"{p}_value": number})


def _years(db: "Connection", asked: Criterion, p: str) -> Fit:
    """Return the query for years: of each person the first fact tells."""
    number, _ = known(db, Kind.YEARS, [asked.value]).get(asked.value, (0, 0))
    sql = (
        f"SELECT profile, CASE WHEN number > %({p}_most)s THEN "
        f"CASE WHEN number * {NEARLY} <= %({p}_most)s THEN {PARTLY} ELSE {NOT_MET} END "
        f"WHEN number < %({p}_least)s THEN "
        f"CASE WHEN number >= %({p}_nearly)s THEN {PARTLY} ELSE {NOT_MET} END "
        f"ELSE {MET} END AS code FROM (SELECT DISTINCT ON (f.profile) f.profile, f.number "
        f"FROM search_fact f WHERE f.value = %({p}_value)s ORDER BY f.profile, f.position) AS told "
        "WHERE number IS NOT NULL"
    )
    least = float("-inf") if asked.least is None else asked.least
    most = float("inf") if asked.most is None else asked.most
    given = {"value": number, "least": least, "nearly": least * NEARLY, "most": most}
    return Fit(sql, {f"{p}_{name}": value for name, value in given.items()})


def _seniority(db: "Connection", asked: Criterion, p: str) -> Fit:
    rank = seniority_rank(asked.value)
    is_met = f"max(v.code) {'=' if is_exact(asked) else '>='} {rank}"
    code = f"CASE WHEN {is_met} THEN {MET} ELSE {NOT_MET} END"
    told = _coded(db, asked, p, seniority_rank, "AND NOT f.ended", code)
    if not (years := years_of(asked)):
        return told
    stand_in = _years(db, years, f"{p}_years")
    sql = (
        f"SELECT profile, CASE WHEN told.code IS NOT NULL THEN told.code ELSE {PARTLY} END AS code "
        f"FROM ({told.sql}) AS told FULL JOIN "
        f"(SELECT profile FROM ({stand_in.sql}) AS y WHERE code = {MET}) AS years USING (profile)"
    )
    return Fit(sql, told.given | stand_in.given)


def _words(db: "Connection", asked: Criterion, p: str) -> Fit:
    """Return the query for who has every word of a text, in any of its forms."""
    words = asked_words(asked.value)
    there = known(db, Kind.WORDS, set().union(*words))
    pairs = [(at, there[s][0]) for at, stems in enumerate(words) for s in stems if s in there]
    sql = (
        f"SELECT p.profile, {MET} AS code FROM search_posting p "
        f"JOIN unnest(%({p}_words)s::integer[], %({p}_stems)s::integer[]) AS w(word, stem) "
        "ON w.stem = p.value GROUP BY p.profile "
        f"HAVING count(DISTINCT w.word) = {len(words)}"
    )
    given = {f"{p}_words": [at for at, _ in pairs], f"{p}_stems": [stem for _, stem in pairs]}
    return Fit(sql, given, NOT_MET if words else MET)


_FITS: dict[Kind, Callable[["Connection", Criterion, str], Fit]] = {
    Kind.TITLE: _title,
    Kind.PLACE: _place,
    Kind.LANGUAGE: _language,
    Kind.YEARS: _years,
    Kind.SENIORITY: _seniority,
    Kind.EDUCATION: _education,
    Kind.WORDS: _words,
}


def fits(db: "Connection", criteria: Sequence[Criterion], lang: str) -> list[Fit]:
    """Return the queries of all criteria; they are named `c0`, `c1` and so on."""
    return [fit(db, asked, lang, f"c{at}") for at, asked in enumerate(criteria)]
