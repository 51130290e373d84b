"""A verdict as one SELECT: the intermediate form of the SQL back ends.

The file `verdict.sql` is the SELECT. This module fills in what a policy says of one purpose, and
the time of asking. `docs/reference/sql.md` describes the tables that it reads. Values that depend
only on the person are computed once (`stand`, `person`); values that only some items have are
collected once (`mark`). Each item then needs only look-ups and the first rule that denies.

Every date is compared as the whole number `yyyymmdd`. So in other years a birthday on 29 February
falls on 1 March without any date function: 20260229 lies between 20260228 and 20260301. The meaning
of words (tags, signs, reservations) is read from the table `words`, which Python fills; a word that
the table lacks denies.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from importlib.resources import files

from sqlglot import exp, parse_one

from vanne.policy.policy import PurposePolicy
from vanne.terms import REGIONS, Category, Reason

WRITTEN_IN = "duckdb"
"""The dialect of the form; `TIMESTAMP` has no zone in it."""

_CREATED = "CAST(i.created_at AS TIMESTAMP)"
_FIRST, _LAST = (
    f"CAST('{moment.isoformat(' ')}' AS TIMESTAMP)" for moment in (datetime.min, datetime.max)
)
_FIRST_DAY, _LAST_DAY = (f"CAST('{day.isoformat()}' AS DATE)" for day in (date.min, date.max))
"""What can be told: years 1 to 9999. DuckDB and PostgreSQL also have infinite times."""
_NOT_ON = (
    "(c.member_id IS NULL OR NOT c.off_since IS NULL)"
    " AND (t.member_id IS NULL OR NOT t.off_since IS NULL)"
)
_SIGNED = """signed AS (
    SELECT DISTINCT s.member_id FROM (
        SELECT m.member_id, CAST(s.sign AS TEXT) AS sign
        FROM {signs} AS m CROSS JOIN UNNEST(m.signs) AS s(sign)
    ) AS s LEFT JOIN meaning AS w ON w.kind = 'sign' AND w.value = s.sign
    WHERE COALESCE(w.says, 'minor') <> 'allowed'
),"""
"""The members with a sign of being a minor, or with one whose meaning is not known."""


def verdict_query(
    rules: PurposePolicy, as_of: datetime, key: str = "item_id", *, every_choice: bool = False
) -> "exp.Expr":
    """Return the SELECT that gives (key, code) for each of the `items`.

    `key` is the column that names an item. Choices count up to `as_of`, or all (`every_choice`).
    """
    rollouts = {region: rules.rollout(region, as_of) for region in sorted(REGIONS)}
    waiting = [region for region, rollout in rollouts.items() if rollout is None]
    off = [region for region, rollout in rollouts.items() if rollout and not rollout.default_on]
    day, has_signs = as_of.astimezone(UTC), bool(rules.minor_signs)
    adult_day = f"{_day('m.birth_date')} + {rules.minimum_age * 10_000}"
    unsuited = [
        (f"m.region IN ({_texts(waiting)})" if waiting else "", Reason.REGION_NOT_STARTED),
        (_outside("m.region", rollouts.keys() - {*waiting}), Reason.REGION_UNKNOWN),
        ("NOT g.member_id IS NULL" if has_signs else "", Reason.MINOR),
        (
            f"m.birth_date IS NULL OR m.birth_date < {_FIRST_DAY} OR m.birth_date > {_LAST_DAY}",
            Reason.AGE_UNKNOWN,
        ),
        (f"{adult_day} > {day.year * 10_000 + day.month * 100 + day.day}", Reason.MINOR),
    ]
    by_default = f"m.region IN ({_texts(off)}) AND (a.member_id IS NULL OR NOT a.off_since IS NULL)"
    other_off = " OR ".join(f"({_covers(rules, alias, 'i.created_at')})" for alias in "act")
    other_unsuited = f"NOT o.unsuited IS NULL OR {_day('i.created_at')} < o.adult_day"
    other_unsuited += f" OR {other_off}" + (f" OR (o.off_by_default AND {_NOT_ON})" if off else "")
    keys = tuple(dict.fromkeys((key, "item_id")))
    category = f"c.scope = 'category' AND c.target IN ({_texts(Category)})"
    at = 'CAST(c."at" AS TIMESTAMP)'
    fill = {
        "narrow": f"({category}) OR (c.scope = 'item' AND c.target <> '')",
        "known": f"{at} >= {_FIRST} AND {at} <= {_LAST}",
        "until": _LAST if every_choice else _time(as_of),
        "first": _FIRST,
        "purpose": _texts([rules.purpose]),
        "signed": _SIGNED.format(signs=_with_any("members", "signs", "member_id"))
        if has_signs
        else "",
        "join_signed": "LEFT JOIN signed AS g ON g.member_id = m.member_id" if has_signs else "",
        "unsuited": " ".join(f"WHEN {when} THEN {why.code}" for when, why in unsuited if when),
        "adult_day": adult_day,
        "off_by_default": by_default if off else "FALSE",
        "keys": ", ".join(f"i.{name}" for name in keys),
        "created": _CREATED,
        "author": Reason.AUTHOR_REFUSES.code,
        "subject": Reason.SUBJECT_REFUSES.code,
        "shared": _with_any("items", "subjects", *keys, "owner", "category", "created_at"),
        "key": key,
        "other_off": other_off,
        "other_unsuited": other_unsuited,
        "objection": Reason.OBJECTION.code,
        "stranger": " ELSE i.refusal" if rules.non_members == "deny" else "",
        "unreadable": Reason.UNREADABLE.code,
        "sensitive": Reason.SENSITIVE.code,
        "tagged": _with_any("items", "tags", key),
        "rules": " ".join(
            f"WHEN {when} THEN {code}" for when, code in _rules(rules, as_of, bool(off))
        ),
        "allowed": Reason.ALLOWED.code,
    }
    form = (files("vanne.decide.sql") / "verdict.sql").read_text(encoding="utf-8")
    form = re.sub(r"(?m)^\s*--.*$", "", form)  # before any word of a policy is in it
    return parse_one(form.format(**fill), dialect=WRITTEN_IN)


def _rules(
    rules: PurposePolicy, as_of: datetime, any_off_by_default: bool
) -> Iterator[tuple[str, object]]:
    """Yield (condition, code) in the order of `vanne.decide.reference.RULES`."""
    others = set(Category) - rules.listed - rules.never
    if rules.never:
        yield f"i.category IN ({_texts(rules.never)})", Reason.CATEGORY_NEVER.code
    if others:
        yield f"i.category IN ({_texts(others)})", Reason.CATEGORY_NOT_LISTED.code
    yield _outside("i.category", rules.listed), Reason.CATEGORY_UNKNOWN.code
    yield "o.member_id IS NULL", Reason.MEMBER_UNKNOWN.code
    yield "NOT o.unsuited IS NULL", "o.unsuited"
    yield f"{_day(_CREATED)} < o.adult_day", Reason.MADE_AS_MINOR.code
    if (oldest := rules.oldest(as_of)) is not None:
        yield f"{_CREATED} < {_time(oldest)}", Reason.OUTSIDE_WINDOW.code
    if (listed := rules.visibilities) is not None:
        yield _outside("i.visibility", listed), Reason.VISIBILITY_NOT_LISTED.code
    yield f"k.code = {Reason.SENSITIVE.code}", Reason.SENSITIVE.code
    yield _covers(rules, "o", _CREATED), Reason.OFF.code
    yield _covers(rules, "c", _CREATED), Reason.OFF_CATEGORY.code
    yield _covers(rules, "t", _CREATED), Reason.OFF_ITEM.code
    if any_off_by_default:
        yield f"o.off_by_default AND {_NOT_ON}", Reason.OFF_BY_DEFAULT.code
    yield f"k.code <= {Reason.OBJECTION.code}", "k.code"
    yield _covers(rules, "x", _CREATED), Reason.OBJECTION.code
    yield "r.says = 'reservation'", Reason.RESERVATION.code
    yield (
        f"COALESCE(i.unreadable, TRUE) OR {_CREATED} IS NULL OR {_CREATED} < {_FIRST}"
        f" OR {_CREATED} > {_LAST} OR NOT k.code IS NULL"
        " OR (NOT i.reservation IS NULL AND COALESCE(r.says, 'unreadable') <> 'allowed')",
        Reason.UNREADABLE.code,
    )


def vocabulary_query() -> "exp.Expr":
    """Return the SELECT of every text of the tables whose meaning `words` must say."""
    tags, signs = _with_any("items", "tags"), _with_any("members", "signs")
    text = f"""
    SELECT DISTINCT 'reservation' AS kind, i.reservation AS value
    FROM items AS i WHERE NOT i.reservation IS NULL
    UNION ALL
    SELECT DISTINCT 'tag' AS kind, CAST(t.tag AS TEXT) AS value
    FROM {tags} AS i CROSS JOIN UNNEST(i.tags) AS t(tag) WHERE NOT CAST(t.tag AS TEXT) IS NULL
    UNION ALL
    SELECT DISTINCT 'sign' AS kind, CAST(s.sign AS TEXT) AS value
    FROM {signs} AS m CROSS JOIN UNNEST(m.signs) AS s(sign) WHERE NOT CAST(s.sign AS TEXT) IS NULL
    """
    return parse_one(text, dialect=WRITTEN_IN)


def _with_any(table: str, column: str, *others: str) -> str:
    """Return some columns of those rows of a table whose list holds anything.

    Few do, and to take lists apart costs an engine far more than to count them (DuckDB: 11 CPU-s
    for 10M empty ones).
    """
    columns = ", ".join(f"x.{name}" for name in (*others, column))
    return f"(SELECT {columns} FROM {table} AS x WHERE ARRAY_LENGTH(x.{column}) > 0)"


def _texts(words: Iterable[str]) -> str:
    return ", ".join(exp.Literal.string(word).sql(WRITTEN_IN) for word in sorted(words))


def _outside(column: str, words: Iterable[str]) -> str:
    """Say that a value is none of the words; what is not known is none of them."""
    listed = _texts(words)
    return f"{column} IS NULL OR NOT {column} IN ({listed})" if listed else "TRUE"


def _time(moment: datetime) -> str:
    return f"CAST('{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ')}' AS TIMESTAMP)"


def _day(column: str) -> str:
    """Return a day as a whole number, yyyymmdd."""
    year, month, day = (f"EXTRACT({part} FROM {column})" for part in ("YEAR", "MONTH", "DAY"))
    return f"{year} * 10000 + {month} * 100 + {day}"


def _covers(rules: PurposePolicy, alias: str, created: str) -> str:
    """Say that an off covers an item: every one, or those made afterwards or nobody knows when."""
    off = f"NOT {alias}.off_since IS NULL"
    if rules.objection_covers == "everything":
        return off
    return f"{off} AND ({created} IS NULL OR {created} >= {alias}.off_since)"
