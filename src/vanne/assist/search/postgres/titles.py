"""How near each title is to what a brief asks, as SQL; see `vanne.assist.search.match`.

It stands in the statement after `passed`, and gives `meaning`: of each profile the score of its
nearest title. Vectors are compared exactly: an index of pgvector gives the nearest before any
filter, and a few of them, where scores are stretched among all who passed.
"""

from typing import TYPE_CHECKING, Any

from vanne.assist.brief.criteria import Brief
from vanne.assist.search.find import meant
from vanne.assist.search.letters import runs, weighed
from vanne.assist.search.match import ALIKE, LETTERS_WEIGHT
from vanne.assist.search.meaning import embed
from vanne.assist.search.postgres.rows import sparse_text, vector_text
from vanne.assist.search.postgres.server import RUNS
from vanne.assist.titles import neutral

if TYPE_CHECKING:
    from vanne.assist.search.postgres.server import Connection


def stretched(score: str) -> str:
    """Return a score between the bounds `low` and `high` as `vanne.assist.search.match` does."""
    return (
        f"CASE WHEN high - low < {ALIKE} THEN least(greatest({score}, 0), 1) "
        f"ELSE ({score} - low) / (high - low) END"
    )


NONE = """
meaning AS (SELECT 0 AS profile, 0::double precision AS score WHERE false),"""
RATED = f"""
near AS MATERIALIZED (
    SELECT value, -(meaning <#> %(meaning)s::vector) AS meaning,
        -(letters <#> %(letters)s::sparsevec) AS letters
    FROM search_title
),
rated AS (
    SELECT value, {stretched("meaning")} + %(by_letters)s * letters AS score
    FROM near, (SELECT min(meaning) AS low, max(meaning) AS high FROM near) AS bounds
),
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
        "by_letters": LETTERS_WEIGHT,
    }
