"""How many members are on and off, where, for what and since when.

All is counted in one read of the members and of their choices, so that the tables agree.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.corpus.choice_index import kept_segments
from vanne.corpus.contract import members_table
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.report.tables import CountTable
from vanne.sources.scan import connected
from vanne.terms import MAIN_PURPOSE, Purpose

if TYPE_CHECKING:
    import pyarrow as pa

WEEKS = 26
STANDS = ("off", "partly", "on", "never")


@dataclass(frozen=True, slots=True)
class ChoiceCounts:
    """The counts of one purpose as of a time, and as of how many entries of the ledger.

    `choices` has one row for each way to stand: `off`, `partly`, `on`, `never`. `regions` has one
    row a region, `weeks` one a region and week, `categories` one a category. `turned_off` are the
    places in the ledger, ascending, at which a member turned the whole purpose off.
    """

    purpose: Purpose
    as_of: datetime
    entries: int
    choices: CountTable
    regions: CountTable
    weeks: CountTable
    categories: CountTable
    turned_off: tuple[tuple[int, datetime], ...]

    @property
    def members(self) -> int:
        """How many members there are."""
        return self.choices.total("members")

    def counted(self, stands: str) -> int:
        """Say how many members stand so: `off`, `partly`, `on` or `never`."""
        return self.choices.where({"stands": stands}).total("members")

    def turned_off_since(self, entry: int) -> int:
        """Say how often somebody turned it off from an entry on."""
        return sum(place >= entry for place, _ in self.turned_off)

    def turned_off_between(self, start: datetime, end: datetime) -> int:
        """Say how often somebody turned it off in a stretch of time."""
        return sum(start <= at < end for _, at in self.turned_off)


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


_TURNED = """
    SELECT position, since FROM turned WHERE NOT "on" AND before IS DISTINCT FROM false ORDER BY 1
"""


def count_choices(
    home: Home, as_of: datetime, purpose: Purpose = MAIN_PURPOSE, size: int | None = None
) -> ChoiceCounts:
    """Count the members of a network by where they stand for a purpose, as of a time.

    The ledger is read up to `size` entries, or to its end.

    Raises:
        ConfigError: the policy in force has no such purpose.
        MissingError: there is no network.
        VerificationError: an entry of the ledger does not open.
    """
    import pyarrow.parquet as pq

    policy_at(home.require(), as_of).purpose(purpose)
    choices, entries = _choices(home, size)
    members = pq.read_table(members_table(home), columns=["member_id", "region"])
    first = int(datetime.combine(weeks_of(as_of)[0], datetime.min.time(), UTC).timestamp() * 1e6)
    with connected(1) as db:
        db.register("choices", choices)
        db.register("members", members)
        for statement in filter(str.strip, _SQL.split(";")):
            needs = "$purpose" in statement
            db.execute(statement, {"purpose": purpose} if needs else None)
        counted = dict(db.execute("SELECT stands, count(*) FROM stand GROUP BY 1").fetchall())
        regions, categories, turned = (
            db.execute(sql).fetchall() for sql in (_REGIONS, _CATEGORIES, _TURNED)
        )
        weeks = db.execute(_WEEKS, {"first": first}).fetchall()
    stands = [(each, counted.get(each, 0)) for each in STANDS]
    return ChoiceCounts(
        purpose,
        as_of,
        entries,
        CountTable.of("choices", "stands members", stands, "members"),
        CountTable.of(
            "regions", "region members off partly chose", regions, "members off partly chose"
        ),
        CountTable.of("weeks", "region week off", weeks, "off"),
        CountTable.of("categories", "category members", categories, "members"),
        tuple((place, datetime.fromtimestamp(since / 1e6, UTC)) for place, since in turned),
    )


def weeks_of(as_of: datetime) -> list[date]:
    """Return the Mondays of the weeks that are counted, oldest first; the last is not over."""
    monday = as_of.date().toordinal() - as_of.weekday()
    return [date.fromordinal(monday - 7 * back) for back in reversed(range(WEEKS))]


def _choices(home: Home, size: int | None) -> tuple["pa.Table", int]:
    """Return all choices as columns, from the index beside the corpus as far as it goes."""
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    names = {"member_id": text, "purpose": text, "scope": text, "target": text, "on": pa.bool_()}
    schema = pa.schema({**names, "since": number, "position": number})
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size if size is None else size
        kept = [e for e in kept_segments(home.corpus / "choices", ledger) if e.end <= size]
        start = kept[-1].end if kept else 0
        batches = [each.batch for each in kept] + list(ledger.batches(start, size))
    tables = [pa.table(batch.select(schema.names)).cast(schema) for batch in batches]
    return pa.concat_tables([schema.empty_table(), *tables]), size
