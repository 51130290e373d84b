"""How many members are on and off, where, for what and since when: counts, and no name.

The tables are drawn on the auditor's page and handed out as CSV and JSON. All are counted in one
read of the members and of their choices, so they agree with one another. Outside the house a count
of 1 to 4 people is not told (`handed_out`), because together with other knowledge it could tell
about one of them.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from vanne.config import Home
from vanne.corpus.choice_index import kept_segments
from vanne.corpus.contract import members_table
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.sources.scan import connected
from vanne.terms import MAIN_PURPOSE, Purpose

if TYPE_CHECKING:
    import pyarrow as pa

WEEKS = 26
SMALL = 5
"""A smaller count of people than this is not told outside the house, unless it is 0."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class CountTable:
    """Rows of counts. `people` names the columns that count people."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    people: frozenset[str]

    def __iter__(self) -> Iterator[Mapping[str, Cell]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def handed_out(self) -> "CountTable":
        """Return the table without small counts of people; what is not told is None."""
        hides = [name in self.people for name in self.columns]
        rows = tuple(
            tuple(
                None if hide and isinstance(cell, int) and 0 < cell < SMALL else cell
                for cell, hide in zip(row, hides, strict=True)
            )
            for row in self.rows
        )
        return CountTable(self.name, self.columns, rows, self.people)

    def as_csv(self) -> str:
        """Return the table as CSV (RFC 4180), without small counts."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows(self.handed_out().rows)
        return text.getvalue()


@dataclass(frozen=True, slots=True)
class Overview:
    """The counts of one purpose as of a time, and as of how many entries of the ledger.

    `choices` has one row for each way to stand: `off`, `partly`, `on`, `never`. `regions` has one
    row a region, `weeks` one a region and week, `categories` one a category.
    """

    purpose: Purpose
    as_of: datetime
    entries: int
    choices: CountTable
    regions: CountTable
    weeks: CountTable
    categories: CountTable

    @property
    def tables(self) -> Mapping[str, CountTable]:
        """Each table by its name."""
        every = (self.choices, self.regions, self.weeks, self.categories)
        return {table.name: table for table in every}

    @property
    def members(self) -> int:
        """How many members there are."""
        return sum(int(row["members"] or 0) for row in self.choices)

    def counted(self, stands: str) -> int:
        """Say how many members stand so: `off`, `partly`, `on` or `never`."""
        return next(int(row["members"] or 0) for row in self.choices if row["stands"] == stands)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON document, without small counts."""
        tables = {name: list(table.handed_out()) for name, table in self.tables.items()}
        facts = {"purpose": self.purpose, "as_of": self.as_of.isoformat(), "entries": self.entries}
        return {"schema": "vanne/overview/1", **facts, **tables}


STANDS = ("off", "partly", "on", "never")

_SQL = """
CREATE TEMP TABLE latest AS
    SELECT member_id, scope, target, "on"  -- the index has '' where there is no target
    FROM choices WHERE purpose = $purpose
    QUALIFY row_number() OVER (
        PARTITION BY member_id, scope, coalesce(target, '') ORDER BY position DESC
    ) = 1;
CREATE TEMP TABLE stand AS
    SELECT m.member_id, m.region, CASE
        WHEN bool_or(l.scope = 'all' AND NOT l."on") THEN 'off'
        WHEN bool_or(NOT l."on") THEN 'partly'
        WHEN count(l.member_id) > 0 THEN 'on'
        ELSE 'never' END AS stands
    FROM members m LEFT JOIN latest l USING (member_id) GROUP BY ALL;
CREATE TEMP TABLE turned AS
    SELECT member_id, position, since, "on", lag("on") OVER (
        PARTITION BY member_id ORDER BY position
    ) AS before
    FROM choices WHERE purpose = $purpose AND scope = 'all';
"""

_REGIONS = """
    SELECT region, count(*), count(*) FILTER (stands = 'off'),
        count(*) FILTER (stands = 'partly'), count(*) FILTER (stands <> 'never')
    FROM stand GROUP BY region ORDER BY 2 DESC, region
"""
_WEEKS = """
    SELECT region, strftime(date_trunc('week', make_timestamp(since)), '%Y-%m-%d'), count(*)
    FROM turned JOIN members USING (member_id)
    WHERE NOT "on" AND before IS DISTINCT FROM false AND since >= $first
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_CATEGORIES = """
    SELECT target, count(*) FROM latest JOIN stand USING (member_id)
    WHERE scope = 'category' AND NOT "on" AND stands = 'partly' GROUP BY 1 ORDER BY 2 DESC, 1
"""


def overview(home: Home, as_of: datetime, purpose: Purpose = MAIN_PURPOSE) -> Overview:
    """Count the members of a network by where they stand for a purpose, as of a time.

    Raises:
        ConfigError: the policy in force has no such purpose.
        MissingError: there is no network.
        VerificationError: an entry of the ledger does not open.
    """
    import pyarrow.parquet as pq

    policy_at(home.require(), as_of).purpose(purpose)
    choices, entries = _choices(home)
    members = pq.read_table(members_table(home), columns=["member_id", "region"])
    monday = date.fromordinal(as_of.date().toordinal() - as_of.weekday() - 7 * (WEEKS - 1))
    first = int(datetime.combine(monday, datetime.min.time(), UTC).timestamp() * 1e6)
    with connected(1) as db:
        db.register("choices", choices)
        db.register("members", members)
        for statement in filter(str.strip, _SQL.split(";")):
            needs = "$purpose" in statement
            db.execute(statement, {"purpose": purpose} if needs else None)
        counted = dict(db.execute("SELECT stands, count(*) FROM stand GROUP BY 1").fetchall())
        regions, categories = (db.execute(sql).fetchall() for sql in (_REGIONS, _CATEGORIES))
        weeks = db.execute(_WEEKS, {"first": first}).fetchall()
    return Overview(
        purpose,
        as_of,
        entries,
        _table("choices", "stands members", [(each, counted.get(each, 0)) for each in STANDS]),
        _table("regions", "region members off partly chose", regions),
        _table("weeks", "region week off", weeks),
        _table("categories", "category members", categories),
    )


def _table(name: str, columns: str, rows: Sequence[Sequence[Cell]]) -> CountTable:
    names = tuple(columns.split())
    people = frozenset(names) - {"stands", "region", "week", "category"}
    return CountTable(name, names, tuple(map(tuple, rows)), people)


def _choices(home: Home) -> tuple["pa.Table", int]:
    """Return all choices as columns, from the index beside the corpus as far as it goes."""
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    names = {"member_id": text, "purpose": text, "scope": text, "target": text, "on": pa.bool_()}
    schema = pa.schema({**names, "since": number, "position": number})
    with Ledger.of(home, read_only=True) as ledger:
        kept, size = kept_segments(home.corpus / "choices", ledger), ledger.size
        start = kept[-1].end if kept else 0
        batches = [each.batch for each in kept] + list(ledger.batches(start, size))
    tables = [pa.table(batch.select(schema.names)).cast(schema) for batch in batches]
    return pa.concat_tables([schema.empty_table(), *tables]), size
