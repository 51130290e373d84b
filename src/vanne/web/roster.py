"""The made-up members whom a visitor of the demonstration may sign in as."""

from dataclasses import dataclass

from vanne.config import Home
from vanne.corpus.contract import members_table
from vanne.sources.scan import connected

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Person:
    """A member as the list shows them. `lang` is the language that most of their items are in."""

    member_id: str
    region: str | None
    lang: str | None


_QUERY = """
WITH found AS (
  SELECT member_id, region, row_number() OVER (PARTITION BY region ORDER BY member_id) AS nth
  FROM read_parquet($members) WHERE starts_with(lower(member_id), lower($prefix))
), shown AS (SELECT * FROM found ORDER BY nth, region, member_id LIMIT $limit),
spoken AS (
  SELECT owner, mode(lang) AS lang FROM read_parquet($items, union_by_name = true)
  WHERE owner IN (SELECT member_id FROM shown) GROUP BY owner
)
SELECT member_id, region, lang FROM shown LEFT JOIN spoken ON owner = member_id
ORDER BY region, member_id
"""


def people(home: Home, prefix: str = "") -> list[Person]:
    """Return some members whose id starts so, of as many regions as there are."""
    values = {
        "members": str(members_table(home)),
        "items": str(home.items / "*.parquet"),
        "prefix": prefix,
        "limit": SHOWN,
    }
    with connected(1) as connection:
        rows = connection.execute(_QUERY, values).fetchall()
    return [Person(*row) for row in rows]
