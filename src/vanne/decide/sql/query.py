"""A verdict as one SELECT: the intermediate form of the SQL back ends.

It is made from what a policy says of one purpose and the time of asking, and from nothing else;
the tables that it reads are described in `docs/reference/sql.md`. Whatever depends only on the
person is folded once (`stand`, `person`), whatever only some items have is gathered once (`mark`),
and what is left to do for each item is to look things up and to take the first rule that speaks.

Everything that is a date is compared as the whole number `yyyymmdd`, so that a birthday on
29 February comes on 1 March in other years without any date function: 20260229 lies between
20260228 and 20260301. What words mean (tags, signs, reservations) is read from the table `words`,
which Python fills: a word that is missing there denies.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlglot import exp, parse_one

from vanne.policy.policy import PurposePolicy
from vanne.terms import REGIONS, Category, Reason

WRITTEN_IN = "duckdb"
"""The dialect of the fragments below; `TIMESTAMP` has no zone in it."""


@dataclass(frozen=True, slots=True)
class QueryInputs:
    """What the form is made from; `key` is the column that names an item."""

    rules: PurposePolicy
    as_of: datetime
    key: str = "item_id"

    @property
    def today(self) -> int:
        day = self.as_of.astimezone(UTC)
        return day.year * 10_000 + day.month * 100 + day.day

    @property
    def started(self) -> list[str]:
        """The regions in which the purpose is in force."""
        return [r for r in sorted(REGIONS) if self.rules.rollout(r, self.as_of) is not None]

    @property
    def off_by_default(self) -> list[str]:
        """Those of them in which nobody is on who has not chosen it."""
        rollouts = {region: self.rules.rollout(region, self.as_of) for region in self.started}
        return [
            region for region, rollout in rollouts.items() if rollout and not rollout.default_on
        ]


def verdict_query(inputs: QueryInputs) -> exp.Select:
    """Return the SELECT that gives (key, code) for each of the `items`."""
    case = exp.Case(default=exp.Literal.number(Reason.ALLOWED.code))
    for condition, code in _rules(inputs):
        when = exp.condition(condition, dialect=WRITTEN_IN)
        case = case.when(when, exp.condition(code), copy=False)
    query = exp.select(f"i.{inputs.key}", exp.alias_(case, "code"))
    query = query.from_("items AS i", dialect=WRITTEN_IN)
    for table, condition in (
        ("person AS o", "o.member_id = i.owner"),
        ("stand AS c", "c.scope = 'category' AND c.member_id = i.owner AND c.target = i.category"),
        ("stand AS t", "t.scope = 'item' AND t.member_id = i.owner AND t.target = i.item_id"),
        ("mark AS k", f"k.{inputs.key} = i.{inputs.key}"),
        ("objected AS x", "x.item_id = i.item_id"),
        ("meaning AS r", "r.kind = 'reservation' AND r.value = i.reservation"),
    ):
        query = query.join(table, on=condition, join_type="left", dialect=WRITTEN_IN)
    for name, part in PARTS.items():
        if (text := part(inputs)) is not None:
            query = query.with_(name, as_=parse_one(text, dialect=WRITTEN_IN), copy=False)
    return query


def vocabulary_query() -> exp.Expr:
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


_CREATED = "CAST(i.created_at AS TIMESTAMP)"
_FIRST, _LAST = (
    f"CAST('{moment.isoformat(' ')}' AS TIMESTAMP)" for moment in (datetime.min, datetime.max)
)
_FIRST_DAY, _LAST_DAY = (f"CAST('{day.isoformat()}' AS DATE)" for day in (date.min, date.max))
"""What can be told: years 1 to 9999. DuckDB and PostgreSQL also have infinite times."""


# The rules, in the order of `vanne.decide.reference.RULES`


def _rules(inputs: QueryInputs) -> Iterator[tuple[str, str]]:
    """Yield (condition, code): i item, o owner, c and t the owner's choices
    for the category and for the item, k what is marked, x who objected, r the reservation."""
    rules = inputs.rules
    others = set(Category) - rules.listed - rules.never
    if rules.never:
        yield f"i.category IN ({_texts(rules.never)})", _code(Reason.CATEGORY_NEVER)
    if others:
        yield f"i.category IN ({_texts(others)})", _code(Reason.CATEGORY_NOT_LISTED)
    yield _outside("i.category", rules.listed), _code(Reason.CATEGORY_UNKNOWN)
    yield "o.member_id IS NULL", _code(Reason.MEMBER_UNKNOWN)
    yield "NOT o.unsuited IS NULL", "o.unsuited"
    yield f"{_day(_CREATED)} < o.adult_day", _code(Reason.MADE_AS_MINOR)
    if (oldest := rules.oldest(inputs.as_of)) is not None:
        yield f"{_CREATED} < {_time(oldest)}", _code(Reason.OUTSIDE_WINDOW)
    if (listed := rules.visibilities) is not None:
        code = _code(Reason.VISIBILITY_NOT_LISTED)
        yield _outside("i.visibility", listed), code
    yield f"k.code = {Reason.SENSITIVE.code}", _code(Reason.SENSITIVE)
    yield _covers(inputs, "o", _CREATED), _code(Reason.OFF)
    yield _covers(inputs, "c", _CREATED), _code(Reason.OFF_CATEGORY)
    yield _covers(inputs, "t", _CREATED), _code(Reason.OFF_ITEM)
    if inputs.off_by_default:
        yield f"o.off_by_default AND {_NOT_ON}", _code(Reason.OFF_BY_DEFAULT)
    yield f"k.code <= {Reason.OBJECTION.code}", "k.code"
    yield _covers(inputs, "x", _CREATED), _code(Reason.OBJECTION)
    yield "r.says = 'reservation'", _code(Reason.RESERVATION)
    yield _UNREADABLE, _code(Reason.UNREADABLE)


_UNREADABLE = f"""
COALESCE(i.unreadable, TRUE) OR {_CREATED} IS NULL OR {_CREATED} < {_FIRST} OR {_CREATED} > {_LAST}
OR NOT k.code IS NULL
OR (NOT i.reservation IS NULL AND COALESCE(r.says, 'unreadable') <> 'allowed')
"""
_NOT_ON = (
    "(c.member_id IS NULL OR NOT c.off_since IS NULL)"
    " AND (t.member_id IS NULL OR NOT t.off_since IS NULL)"
)


# What is folded before


def _meaning(inputs: QueryInputs) -> str:
    """What each word says; told twice, `allowed` gives way: it sorts before every other word."""
    return """
    SELECT w.kind, w.value, MAX(COALESCE(w.says, 'unreadable')) AS says
    FROM words AS w GROUP BY w.kind, w.value
    """


def _chosen(inputs: QueryInputs) -> str:
    """The choices for this purpose until now.

    Our own reader refuses a choice that it does not understand. Here nothing can be refused, so an
    off that is not understood is an off for everything, if its time is not known since ever and
    after every on; and an on that is not understood counts for nothing.
    """
    purpose = exp.Literal.string(inputs.rules.purpose).sql(WRITTEN_IN)
    at, as_of = 'CAST(c."at" AS TIMESTAMP)', _time(inputs.as_of)
    known = f"{at} >= {_FIRST} AND {at} <= {_LAST}"
    category = f"c.scope = 'category' AND c.target IN ({_texts(Category)})"
    narrow = f"({category}) OR (c.scope = 'item' AND c.target <> '')"
    is_on = 'COALESCE(c."on", FALSE)'
    return f"""
    SELECT c.member_id,
        CASE WHEN {narrow} THEN c.scope WHEN c.scope = 'all' OR NOT {is_on} THEN 'all' END AS scope,
        CASE WHEN {narrow} THEN c.target ELSE '' END AS target,
        CASE WHEN {known} THEN {at} ELSE {as_of} END AS since,
        CASE WHEN {known} THEN {at} ELSE {_FIRST} END AS covers,
        CASE WHEN {is_on} THEN 1 ELSE 0 END AS is_on
    FROM choices AS c
    WHERE c.purpose = {purpose} AND CASE WHEN {known} THEN {at} <= {as_of} ELSE NOT {is_on} END
    """


def _said_at(inputs: QueryInputs) -> str:
    """What was said at each moment; an on at the very time of an off was never there."""
    return """
    SELECT c.member_id, c.scope, c.target, c.since, MIN(c.covers) AS covers, MIN(c.is_on) AS is_on
    FROM chosen AS c GROUP BY c.member_id, c.scope, c.target, c.since
    """


def _stand(inputs: QueryInputs) -> str:
    """Where somebody stands on one (scope, target): off since the first off after the last on."""
    return """
    SELECT n.member_id, n.scope, n.target,
        MIN(CASE WHEN n.is_on = 0 AND (n.last_on IS NULL OR n.since > n.last_on) THEN n.covers END)
            AS off_since
    FROM (
        SELECT c.member_id, c.scope, c.target, c.since, c.covers, c.is_on,
            MAX(CASE WHEN c.is_on = 1 THEN c.since END)
                OVER (PARTITION BY c.member_id, c.scope, c.target) AS last_on
        FROM said_at AS c
    ) AS n
    GROUP BY n.member_id, n.scope, n.target
    """


def _signed(inputs: QueryInputs) -> str | None:
    """The members with a sign of being a minor, or with one whose meaning is not known."""
    if not inputs.rules.minor_signs:
        return None
    return f"""
    SELECT DISTINCT s.member_id FROM (
        SELECT m.member_id, CAST(s.sign AS TEXT) AS sign
        FROM {_with_any("members", "signs", "member_id")} AS m CROSS JOIN UNNEST(m.signs) AS s(sign)
    ) AS s LEFT JOIN meaning AS w ON w.kind = 'sign' AND w.value = s.sign
    WHERE COALESCE(w.says, 'minor') <> 'allowed'
    """


def _person(inputs: QueryInputs) -> str:
    """One row for each member: why not suited, when they come of age, whether they are off."""
    waiting = sorted(REGIONS - set(inputs.started))
    years = inputs.rules.minimum_age
    adult_day = f"{_day('m.birth_date')} + {years * 10_000}"
    unsuited = [
        (f"m.region IN ({_texts(waiting)})", Reason.REGION_NOT_STARTED) if waiting else None,
        (_outside("m.region", inputs.started), Reason.REGION_UNKNOWN),
        ("NOT g.member_id IS NULL", Reason.MINOR) if inputs.rules.minor_signs else None,
        (
            f"m.birth_date IS NULL OR m.birth_date < {_FIRST_DAY} OR m.birth_date > {_LAST_DAY}",
            Reason.AGE_UNKNOWN,
        ),
        (f"{adult_day} > {inputs.today}", Reason.MINOR),
    ]
    cases = " ".join(f"WHEN {when} THEN {_code(why)}" for when, why in filter(None, unsuited))
    off = inputs.off_by_default
    default = (
        f"m.region IN ({_texts(off)}) AND (a.member_id IS NULL OR NOT a.off_since IS NULL)"
        if off
        else "FALSE"
    )
    signs = "LEFT JOIN signed AS g ON g.member_id = m.member_id" if inputs.rules.minor_signs else ""
    return f"""
    SELECT m.member_id, CASE {cases} END AS unsuited, {adult_day} AS adult_day,
        a.off_since, {default} AS off_by_default
    FROM members AS m
    LEFT JOIN stand AS a ON a.scope = 'all' AND a.member_id = m.member_id {signs}
    """


def _other(inputs: QueryInputs) -> str:
    """The other people in items, and the reason if they refuse.

    The text is inputs whether it is null: Snowflake's lists hold JSON's null, which is a value.
    """
    keys = tuple(dict.fromkeys((inputs.key, "item_id")))
    columns = f"{', '.join(f'i.{key}' for key in keys)}, i.category, {_CREATED} AS created_at"
    shared = _with_any("items", "subjects", *keys, "owner", "category", "created_at")
    return f"""
    SELECT {columns}, i.author AS person, {_code(Reason.AUTHOR_REFUSES)} AS refusal
    FROM items AS i WHERE NOT i.author IS NULL AND i.author <> i.owner
    UNION ALL
    SELECT {columns}, CAST(s.person AS TEXT) AS person, {_code(Reason.SUBJECT_REFUSES)} AS refusal
    FROM {shared} AS i CROSS JOIN UNNEST(i.subjects) AS s(person)
    WHERE CAST(s.person AS TEXT) IS NULL OR CAST(s.person AS TEXT) <> i.owner
    """


def _objected(inputs: QueryInputs) -> str:
    """The items for which somebody who is no member is off, be they in them or not."""
    return """
    SELECT s.target AS item_id, MIN(s.off_since) AS off_since
    FROM stand AS s LEFT JOIN members AS m ON m.member_id = s.member_id
    WHERE s.scope = 'item' AND NOT s.off_since IS NULL AND m.member_id IS NULL
    GROUP BY s.target
    """


def _mark(inputs: QueryInputs) -> str:
    """The first reason that the other people in an item, or its tags, give."""
    return f"""
    SELECT j.{inputs.key}, MIN(j.code) AS code
    FROM ({_judged(inputs)} UNION ALL {_tagged(inputs)}) AS j
    WHERE NOT j.code IS NULL GROUP BY j.{inputs.key}
    """


def _judged(inputs: QueryInputs) -> str:
    """i: an item and one of the other people in it; a, c, t: their choices, widest first."""
    created = "i.created_at"
    off = " OR ".join(f"({_covers(inputs, alias, created)})" for alias in "act")
    unsuited = f"NOT o.unsuited IS NULL OR {_day(created)} < o.adult_day OR {off}"
    if inputs.off_by_default:
        unsuited += f" OR (o.off_by_default AND {_NOT_ON})"
    stranger = " ELSE i.refusal" if inputs.rules.non_members == "deny" else ""
    return f"""
    SELECT i.{inputs.key}, CASE
        WHEN i.person IS NULL OR i.person = '' THEN {_code(Reason.UNREADABLE)}
        WHEN NOT o.member_id IS NULL THEN CASE WHEN {unsuited} THEN i.refusal END
        WHEN {off} THEN {_code(Reason.OBJECTION)}{stranger} END AS code
    FROM other AS i LEFT JOIN person AS o ON o.member_id = i.person
    LEFT JOIN stand AS a ON a.scope = 'all' AND a.member_id = i.person
    LEFT JOIN stand AS c
        ON c.scope = 'category' AND c.member_id = i.person AND c.target = i.category
    LEFT JOIN stand AS t ON t.scope = 'item' AND t.member_id = i.person AND t.target = i.item_id
    """


def _tagged(inputs: QueryInputs) -> str:
    return f"""
    SELECT t.{inputs.key}, CASE WHEN w.says = 'allowed' THEN NULL
        WHEN w.says = 'sensitive' THEN {_code(Reason.SENSITIVE)}
        ELSE {_code(Reason.UNREADABLE)} END AS code
    FROM (
        SELECT i.{inputs.key}, CAST(t.tag AS TEXT) AS tag
        FROM {_with_any("items", "tags", inputs.key)} AS i CROSS JOIN UNNEST(i.tags) AS t(tag)
    ) AS t LEFT JOIN meaning AS w ON w.kind = 'tag' AND w.value = t.tag
    """


PARTS: dict[str, Callable[[QueryInputs], str | None]] = {
    "meaning": _meaning,
    "chosen": _chosen,
    "said_at": _said_at,
    "stand": _stand,
    "signed": _signed,
    "person": _person,
    "other": _other,
    "mark": _mark,
    "objected": _objected,
}
"""What is folded before the rules are asked, in order."""


# Small words


def _code(reason: Reason) -> str:
    return str(reason.code)


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


def _covers(inputs: QueryInputs, alias: str, created: str) -> str:
    """Say that an off covers an item: every one, or those made afterwards or nobody knows when."""
    off = f"NOT {alias}.off_since IS NULL"
    if inputs.rules.objection_covers == "everything":
        return off
    return f"{off} AND ({created} IS NULL OR {created} >= {alias}.off_since)"
