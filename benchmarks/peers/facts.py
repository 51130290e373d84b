"""What a policy engine is told about one item: the facts, already joined.

The joining is not counted for these engines: they get it for nothing. Times are seconds, tags and
signs are folded, reservations are read; the rules themselves are the engine's.
"""

from argparse import Namespace
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import by_sql
import duckdb
import rules

Facts = dict[str, Any]

ITEMS = """
SELECT item_id, owner, author, subjects, category, epoch(created_at)::BIGINT, visibility, tags,
    reservation
FROM '{items}' WHERE substr(item_id, 2)::BIGINT % {step} = 0 ORDER BY item_id LIMIT {sample}
"""


def sampled(given: Namespace) -> list[Facts]:
    """Return the facts of about `--sample` items, spread over all."""
    tables = {"items": by_sql.files_of(given.items), "members": given.members}
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        as_of = by_sql.TIME.format(given.as_of)
        connection.execute(by_sql.SAID.format(choices=given.choices, as_of=as_of))
        total = connection.execute(f"SELECT count(*) FROM '{tables['items']}'").fetchall()[0][0]
        step = max(total // given.sample, 1)
        query = ITEMS.format(step=step, sample=given.sample, **tables)
        rows = connection.execute(query).fetchall()
        known = _people(
            connection, tables["members"], {person for row in rows for person in _in(row)}
        )
        stands = _stands(connection, known)
    return [_item(row, known, stands) for row in rows]


def _in(row: tuple[Any, ...]) -> Iterable[str]:
    return (person for person in (row[1], row[2], *(row[3] or ())) if person is not None)


def _people(connection: Any, members: str, wanted: set[str]) -> dict[str, Facts]:
    query = (
        f"SELECT member_id, region, birth_date, signs FROM '{members}' "
        "WHERE member_id IN (SELECT unnest(?))"
    )
    known: dict[str, Facts] = {person: {"member": False} for person in wanted}
    for person, region, born, signs in connection.execute(query, [sorted(wanted)]).fetchall():
        signed = rules.SIGN in {s.strip().lower().replace("_", "-") for s in signs or ()}
        known[person] = {"member": True, "signed": signed}
        if region is not None:
            known[person]["region"] = region
        if born is not None:
            day = rules.adult_on(born)
            known[person]["adult"] = int(
                datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
            )
    return known


def _stands(connection: Any, known: dict[str, Facts]) -> dict[tuple[str, str, str | None], bool]:
    query = "SELECT person, scope, target, is_on FROM said WHERE person IN (SELECT unnest(?))"
    rows = connection.execute(query, [sorted(known)]).fetchall()
    return {(person, scope, target): is_on for person, scope, target, is_on in rows}


def _item(row: tuple[Any, ...], known: dict[str, Facts], stands: dict[Any, bool]) -> Facts:
    item_id, owner, author, subjects, category, created, visibility, tags, reservation = row

    def person(who: str, **more: object) -> Facts:
        keys = (("all", None), ("category", category), ("item", item_id))
        whole, kind, item = (stands.get((who, *key)) for key in keys)
        return known[who] | more | {
            "off": whole is False, "off_category": kind is False, "off_item": item is False,
            "on": whole is True or kind is True or item is True,
        }  # fmt: skip

    said = rules.spoken(reservation)
    facts: Facts = {
        "id": item_id,
        "category": category,
        "tags": [tag.strip().lower().replace("_", "-") for tag in tags or ()],
        "reserved": said == rules.CODE["reservation"],
        "unclear": said == rules.CODE["unreadable"],
        "owner": person(owner) if owner is not None else {"member": False},
        "others": [person(author, wrote=True)] if author not in (None, owner) else [],
    }
    facts["others"] += [person(who, wrote=False) for who in subjects or () if who != owner]
    if created is not None:
        facts["created"] = created
    if visibility is not None:
        facts["visibility"] = visibility
    return facts


def write(out: str, sample: list[Facts], codes: list[int]) -> None:
    """Write `item_id, code` of the sample."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {"item_id": [item["id"] for item in sample], "code": pa.array(codes, pa.uint8())}
    )
    pq.write_table(table, out)
