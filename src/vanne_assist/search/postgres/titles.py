"""How near each title is to what a brief asks, as SQL; see `vanne_assist.search.match`.

It stands in the statement after `passed`, and gives `meaning`: of each profile the score of its
nearest title. Vectors are compared exactly: an index of pgvector gives the nearest before any
filter, and a few of them, where scores are stretched among the titles of those who passed.
"""

from typing import TYPE_CHECKING, Any

from vanne_assist.brief.criteria import Brief
from vanne_assist.search.find import meant
from vanne_assist.search.letters import runs, weighed
from vanne_assist.search.match import (
    ALIKE,
    LETTERS_POWER,
    LETTERS_WEIGHT,
    NEAREST,
    NEAREST_LETTERS,
    TOWARDS,
    TRUST,
)
from vanne_assist.search.meaning import embed
from vanne_assist.search.postgres.rows import sparse_text, vector_text
from vanne_assist.search.postgres.server import RUNS
from vanne_assist.titles import neutral

if TYPE_CHECKING:
    from vanne_assist.search.postgres.server import Connection


def stretched(score: str) -> str:
    """Return a score between the bounds `low` and `high` as `vanne_assist.search.match` does."""
    return (
        f"CASE WHEN high - low < {ALIKE} THEN least(greatest({score}, 0), 1) "
        f"ELSE ({score} - low) / (high - low) END"
    )


NONE = """
meaning AS (SELECT 0 AS profile, 0::double precision AS score WHERE false),"""


def _stretched(score: str, of: str) -> str:
    """Return the query of scores brought to 0 to 1: `value`, `score` and what else there is."""
    return f"""
    SELECT {of}.*, {stretched(score)} AS score
    FROM {of}, (SELECT min({score}) AS low, max({score}) AS high FROM {of}) AS bounds"""


def _all(number: str) -> str:
    """Return a vector that has a number everywhere: pgvector multiplies vectors alone."""
    return f"array_fill(({number})::real, ARRAY[vector_dims(%(meaning)s::vector)])::vector"


RATED = f"""
near AS MATERIALIZED (
    SELECT value, meaning AS vector, -(meaning <#> %(meaning)s::vector) AS meaning,
        -(letters <#> %(letters)s::sparsevec) AS letters
    FROM search_title WHERE value IN
        (SELECT unnest(titles) FROM passed)
),
first AS ({_stretched("meaning", "near")}),
nearest AS (
    SELECT vector, power(near, {TRUST}) AS weight FROM
        (SELECT *, score + {NEAREST_LETTERS} * letters * letters AS near FROM first) AS both_parts
    ORDER BY near DESC, value LIMIT {NEAREST}
),
moved AS (
    SELECT CASE WHEN (SELECT max(meaning) - min(meaning) FROM near) < {ALIKE}
        THEN %(meaning)s::vector ELSE l2_normalize(%(meaning)s::vector
            + l2_normalize(sum(vector * {_all("weight")})) * {_all(str(TOWARDS))}) END AS sought
    FROM nearest
),
again AS (SELECT value, letters, -(vector <#> sought) AS meaning FROM near, moved),
second AS ({_stretched("meaning", "again")}),
fused AS (
    SELECT value, score + {LETTERS_WEIGHT} * power(letters, {LETTERS_POWER}) AS fused FROM second
),
rated AS ({_stretched("fused", "fused")}),
meaning AS (
    SELECT passed.id AS profile, max(score) AS score
    FROM passed, unnest(passed.titles) AS value JOIN rated USING (value) GROUP BY passed.id
),"""


def given(db: "Connection", brief: Brief, titles: int) -> dict[str, Any]:
    """Return what `RATED` is given: a title as meaning and as letters; nothing if none is asked."""
    text = meant(brief)
    if not text or not titles:
        return {}
    form = neutral(text, brief.lang) or text
    found = db.execute(
        "SELECT run, number, rare FROM search_run WHERE run = ANY(%s)",
        [[run.encode() for run in set(runs(form))]],
    )
    there = {bytes(run).decode(): (number, rare) for run, number, rare in found}
    weight = weighed(form, {run: rare for run, (_, rare) in there.items()}, titles)
    letters = sorted((there[run][0], each) for run, each in weight.items())
    return {
        "meaning": vector_text(embed([form])[0]),
        "letters": sparse_text(letters, RUNS),
    }
