"""The policy in DuckDB, as a careful engineer would write it by hand.

What depends on the person alone is folded into one small table; what other people in an item say is
worked out for the few items that have any; the rest is one scan with hash joins.
"""

from argparse import Namespace
from collections.abc import Iterable

import duckdb
import rules

START = rules.cpu_seconds()


def texts(values: Iterable[str]) -> str:
    """Return SQL for a list of texts."""
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


FOLDED = "list_transform({}, lambda t: replace(lower(trim(t)), '_', '-'))"
TIME = "TIMESTAMPTZ '{:%Y-%m-%d %H:%M:%S}+00'"
WINDOW = TIME.format(rules.WINDOW)

SAID = f"""
CREATE TEMP TABLE said AS
SELECT member_id AS person, scope, CASE WHEN scope <> 'all' THEN target END AS target,
    arg_max("on", epoch_us("at") * 2 + (NOT "on")::INT) AS is_on
FROM '{{choices}}' WHERE purpose = '{rules.PURPOSE}' AND "at" <= {{as_of}} GROUP BY ALL;
CREATE TEMP TABLE by_category AS SELECT person, target, is_on FROM said WHERE scope = 'category';
CREATE TEMP TABLE by_item AS SELECT person, target, is_on FROM said WHERE scope = 'item';
"""

PEOPLE = f"""
CREATE TEMP TABLE people AS
SELECT coalesce(m.member_id, s.person) AS person, m.member_id IS NOT NULL AS is_member,
    CASE WHEN region IS NULL OR region NOT IN {texts(rules.REGIONS)} THEN 5
        WHEN region IN {texts(rules.NOT_STARTED)} THEN 6
        WHEN list_contains({FOLDED.format("signs")}, '{rules.SIGN}') THEN 7
        WHEN birth_date IS NULL THEN 8
        WHEN {{as_of}} < adult_at THEN 7 ELSE 0 END::UTINYINT AS state,
    adult_at, region NOT IN {texts(rules.OFF_SINCE_2025)} AS default_on,
    s.is_on IS NOT NULL AND NOT s.is_on AS off, coalesce(s.is_on, false) AS chose_on
FROM (SELECT *, (birth_date + INTERVAL 18 YEAR + CASE WHEN month(birth_date) = 2
        AND day(birth_date) = 29 THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END)::TIMESTAMPTZ
        AS adult_at
    FROM '{{members}}') m
FULL JOIN (SELECT * FROM said WHERE scope = 'all') s ON m.member_id = s.person;
"""

OTHERS = """
CREATE TEMP TABLE others AS
SELECT item_id, bool_or(wrote AND refuses) AS author_refuses,
    bool_or(NOT wrote AND refuses) AS subject_refuses, bool_or(objects) AS objected
FROM (
    SELECT x.item_id, wrote,
        coalesce(p.is_member, false) AND (state <> 0 OR coalesce(created_at < adult_at, false)
            OR off OR no OR NOT (default_on OR chose_on OR yes)) AS refuses,
        NOT coalesce(p.is_member, false) AND (coalesce(off, false) OR no) AS objects
    FROM (
        SELECT w.*, coalesce(NOT c.is_on, false) OR coalesce(NOT i.is_on, false) AS no,
            coalesce(c.is_on, false) OR coalesce(i.is_on, false) AS yes
        FROM (
            SELECT item_id, owner, category, created_at, author AS person, true AS wrote
            FROM {items} WHERE author IS NOT NULL
            UNION ALL SELECT item_id, owner, category, created_at, unnest(subjects), false
            FROM {items} WHERE subjects IS NOT NULL
        ) w
        LEFT JOIN by_category c ON c.person = w.person AND c.target = w.category
        LEFT JOIN by_item i ON i.person = w.person AND i.target = w.item_id
        WHERE w.person IS DISTINCT FROM w.owner
    ) x LEFT JOIN people p ON p.person = x.person
) GROUP BY item_id HAVING author_refuses OR subject_refuses OR objected;
"""

DECIDED = f"""
SELECT {{columns}}, CASE
    WHEN category IN {texts(rules.NEVER)} THEN 1
    WHEN category IN {texts(rules.NOT_LISTED)} THEN 2
    WHEN category IS NULL OR category NOT IN {texts(rules.LISTED)} THEN 3
    WHEN p.is_member IS NULL OR NOT p.is_member THEN 4
    WHEN p.state <> 0 THEN p.state
    WHEN created_at < p.adult_at THEN 9
    WHEN created_at < {WINDOW} THEN 10
    WHEN visibility IS NULL OR visibility NOT IN {texts(rules.VISIBLE)} THEN 11
    WHEN tags IS NOT NULL AND list_has_any({FOLDED.format("tags")}, {list(rules.SENSITIVE)}) THEN 12
    WHEN p.off THEN 13
    WHEN NOT c.is_on THEN 14
    WHEN NOT o.is_on THEN 15
    WHEN NOT (p.default_on OR p.chose_on OR coalesce(c.is_on, false) OR coalesce(o.is_on, false))
        THEN 16
    WHEN x.author_refuses THEN 17
    WHEN x.subject_refuses THEN 18
    WHEN x.objected THEN 19
    WHEN r.code = 20 THEN 20
    WHEN created_at IS NULL OR r.code = 21 THEN 21
    ELSE 0 END::UTINYINT AS code
FROM {{items}} i
LEFT JOIN people p ON p.person = i.owner
LEFT JOIN by_category c ON c.person = i.owner AND c.target = i.category
LEFT JOIN by_item o ON o.person = i.owner AND o.target = i.item_id
LEFT JOIN others x ON x.item_id = i.item_id
LEFT JOIN reservations r ON r.reservation = i.reservation
"""


AGAIN = """
CREATE TEMP TABLE again AS
SELECT item_id, owner, author, subjects, category, created_at, visibility, tags, reservation
FROM '{files}' WHERE owner IN (SELECT member_id FROM '{only}')
    OR author IN (SELECT member_id FROM '{only}')
    OR item_id IN (SELECT item_id FROM (SELECT item_id, unnest(subjects) AS person FROM '{files}'
        WHERE subjects IS NOT NULL) WHERE person IN (SELECT member_id FROM '{only}'));
"""


def files_of(folder: str) -> str:
    """Return the pattern of the item files."""
    return f"{folder}/*.parquet"


OPTIONAL = {"author": "VARCHAR", "subjects": "VARCHAR[]", "tags": "VARCHAR[]",
            "reservation": "VARCHAR"}  # fmt: skip


def whole(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the SQL of the items with every column: what a lean table lacks is null."""
    there = {name for name, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    lacking = "".join(f", NULL::{OPTIONAL[n]} AS {n}" for n in OPTIONAL if n not in there)
    return f"(SELECT *{lacking} FROM {source})" if lacking else source


def prepared(given: Namespace) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Return a connection with the small tables in it, and the SQL of the items."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    files = files_of(given.items)
    items = whole(connection, f"'{files}'")
    if given.only:
        connection.execute(AGAIN.format(files=files, only=given.only))
        items = "again"
    as_of = TIME.format(given.as_of)
    connection.execute(SAID.format(choices=given.choices, as_of=as_of))
    connection.execute(PEOPLE.format(members=given.members, as_of=as_of))
    connection.execute(OTHERS.format(items=items))
    connection.execute("CREATE TEMP TABLE reservations (reservation VARCHAR, code UTINYINT)")
    found = connection.execute(f"SELECT DISTINCT reservation FROM {items}").fetchall()
    rows = [(text, rules.spoken(text)) for (text,) in found if text is not None]
    if rows:
        connection.executemany("INSERT INTO reservations VALUES (?, ?)", rows)
    return connection, items


def main() -> None:
    """Write `item_id, code`, the reasons in words in file order, or every column and the reason."""
    given = rules.arguments()
    connection, items = prepared(given)
    with connection:
        query = DECIDED.format(columns="i.item_id", items=items)
        if given.shape == "whole":
            words = list(rules.REASONS)
            inner = DECIDED.format(columns="i.*", items=items)
            query = f"SELECT * EXCLUDE (code), {words}[code + 1] AS reason FROM ({inner})"
        elif given.shape == "ordered":
            files = f"'{files_of(given.items)}', filename=true, file_row_number=true"
            placed = whole(connection, f"read_parquet({files})")
            columns = "i.item_id, filename, file_row_number"
            inner = DECIDED.format(columns=columns, items=placed)
            words = list(rules.REASONS)
            query = (
                f"SELECT item_id, {words}[code + 1] AS reason FROM ({inner}) "
                "ORDER BY filename, file_row_number"
            )
            connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"COPY ({query}) TO '{given.out}' (FORMAT parquet)")
    rules.say(start_cpu_s=START)


if __name__ == "__main__":
    main()
