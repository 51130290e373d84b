"""Print the verdict as SQL text in each dialect, for the warehouse that holds the data.

One form (`vanne.decide.sql.text`) is printed for each dialect. SQLGlot passes on functions that a
dialect lacks without a warning. So the form uses only what means the same in all six dialects, and
the printed texts are reviewed files (`tests/cases/sql`). Example:

>>> text = to_sql("linkedin-2025-11-03", dialect="trino", as_of="2026-01-01")
>>> text.splitlines()[3]
'WITH meaning AS ('
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Literal, cast, get_args

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from vanne.decide.reference import spoken
from vanne.decide.request import EvaluationRequest, PolicyOrName
from vanne.errors import ConfigError, InputError, did_you_mean
from vanne.policy.policy import PurposePolicy
from vanne.sources.scan import opened
from vanne.sources.schema import Column
from vanne.terms import MAIN_PURPOSE, REGIONS, Category, Purpose, Reason, word

# A verdict as one SELECT: the intermediate form of the SQL back ends.
#
# The file `verdict.sql` is the SELECT. This module fills in what a policy says of one purpose,
# and the time of asking. `docs/reference/sql.md` describes the tables that it reads. Values that
# depend only on the person are computed once (`stand`, `person`); values that only some items
# have are collected once (`mark`). Each item then needs only look-ups and the first rule that
# denies.
#
# Every date is compared as the whole number `yyyymmdd`. So in other years a birthday on 29
# February falls on 1 March without any date function: 20260229 lies between 20260228 and
# 20260301. The meaning of words (tags, signs, reservations) is read from the table `words`, which
# Python fills; a word that the table lacks denies.


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


# The tables that the SELECT reads: their columns, and the types that each dialect has for them


Dialect = Literal["duckdb", "spark", "postgres", "trino", "bigquery", "snowflake"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

ITEM_TYPES = {
    "item_id": "text",
    "owner": "text",
    "author": "text",
    "subjects": "texts",
    "category": "text",
    "created_at": "time",
    "visibility": "text",
    "tags": "texts",
    "reservation": "text",
    "unreadable": "flag",
}
MEMBER_TYPES = {"member_id": "text", "region": "text", "birth_date": "date", "signs": "texts"}
CHOICE_TYPES = {
    "member_id": "text",
    "purpose": "text",
    "scope": "text",
    "target": "text",
    "on": "flag",
    "at": "time",
}
WORD_TYPES = {"kind": "text", "value": "text", "says": "text"}
"""The columns of the tables and the kind of each."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "items": ITEM_TYPES,
    "members": MEMBER_TYPES,
    "choices": CHOICE_TYPES,
    "words": WORD_TYPES,
}

_KINDS = ("text", "texts", "time", "date", "flag")
_TYPES: Mapping[Dialect, tuple[str, ...]] = {
    "duckdb": ("VARCHAR", "VARCHAR[]", "TIMESTAMP", "DATE", "BOOLEAN"),
    "spark": ("STRING", "ARRAY<STRING>", "TIMESTAMP_NTZ", "DATE", "BOOLEAN"),
    "postgres": ("text", "text[]", "timestamp", "date", "bool"),
    "trino": ("VARCHAR", "ARRAY(VARCHAR)", "TIMESTAMP(6)", "DATE", "BOOLEAN"),
    "bigquery": ("STRING", "ARRAY<STRING>", "DATETIME", "DATE", "BOOL"),
    "snowflake": ("VARCHAR", "ARRAY", "TIMESTAMP_NTZ", "DATE", "BOOLEAN"),
}


def types_of(dialect: Dialect) -> dict[str, str]:
    """Return what a dialect calls each kind of column. A time has no zone: it is in UTC."""
    return dict(zip(_KINDS, _TYPES[known(dialect)], strict=True))


def create_tables(dialect: Dialect) -> str:
    """Return a CREATE TABLE for each table that the SELECT reads."""
    types = types_of(dialect)
    statements = []
    for table, kinds in TABLES.items():
        # Names that need quotes somewhere; the SELECT quotes them too.
        quotes = {"spark": "`{}`", "bigquery": "`{}`"}.get(dialect, '"{}"')
        names = {
            name: quotes.format(name.upper() if dialect == "snowflake" else name)
            for name in ("on", "at")
        }
        columns = [f"  {names.get(name, name)} {types[kind]}" for name, kind in kinds.items()]
        statements.append(f"CREATE TABLE {table} (\n" + ",\n".join(columns) + "\n);\n")
    return "\n".join(statements)


def known(dialect: Dialect) -> Dialect:
    """Return a dialect that there is.

    Raises:
        ConfigError: there is no such dialect.
    """
    if dialect not in DIALECTS:
        raise ConfigError(f"no SQL dialect `{dialect}`", todo=did_you_mean(dialect, list(DIALECTS)))
    return dialect


# The text


Kind = Literal["reservation", "tag", "sign"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def to_sql(
    policy: PolicyOrName,
    *,
    dialect: Dialect,
    as_of: str | date,
    purpose: Purpose = MAIN_PURPOSE,
    tables: Mapping[str, str] | None = None,
) -> str:
    """Return a policy as SQL: one SELECT of `item_id` and `code`, where 0 is allowed.

    It reads the tables `items`, `members`, `choices` and `words` (docs/reference/sql.md).

    Args:
        policy: A policy, the name of a built-in one, or the path of a TOML file.
        dialect: Whose SQL: `duckdb`, `spark`, `postgres`, `trino`, `bigquery` or `snowflake`.
        as_of: The time of asking: a day, or a time with its zone.
        purpose: What the items would be used for.
        tables: What the tables are called, if otherwise: `{"items": "raw.items"}`. A name is
            quoted as the dialect does; one in braces, `{{ ref('items') }}`, stays as it is.

    Raises:
        ConfigError: there is no such policy, purpose or dialect; or a text of the policy that a
            dialect cannot say.
        InputError: the time is none, or a table has a name that cannot be one.
    """
    question = EvaluationRequest.of(policy, as_of, purpose)
    about = question.policy
    # What a text is of, as a comment; no name may lead out of it.
    name, version = (" ".join(each.split()) for each in (about.name, about.version))
    return (
        f"-- {name}, version {version}, {purpose}, as of {question.as_of.isoformat()}\n"
        f"-- policy {about.digest}\n"
        "-- code 0 is allowed; times are in UTC; see docs/reference/sql.md\n"
    ) + verdict_sql(question, dialect, tables=tables)


def verdict_sql(
    question: EvaluationRequest,
    dialect: Dialect,
    *,
    key: str = "item_id",
    tables: Mapping[str, str] | None = None,
    every_choice: bool = False,
) -> str:
    """Return the SELECT that gives (key, code) for each item: `REASONS[code]` is the reason.

    Choices count up to the time of asking; or all, if `every_choice` says so.

    Raises:
        ConfigError, InputError: as `to_sql`.
    """
    query = verdict_query(question.rules, question.as_of, key, every_choice=every_choice)
    return _printed(query, dialect, tables)


def vocabulary_sql(dialect: Dialect, tables: Mapping[str, str] | None = None) -> str:
    """Return the SELECT of every (kind, value) whose meaning the table `words` must say."""
    return _printed(vocabulary_query(), dialect, tables)


def says(rules: PurposePolicy, kind: Kind, value: str) -> str:
    """Return what a text means to a policy: the name of the reason why not, or `allowed`.

    >>> from vanne.policy import load
    >>> rules = load("linkedin-2025-11-03").purpose("generative-ai-training")
    >>> says(rules, "reservation", "train-ai=n"), says(rules, "tag", "travel")
    ('reservation', 'allowed')
    """
    reason: Reason | None = None
    if kind == "reservation":
        reason = spoken(value, rules.reservation_keys)
    elif kind == "sign":
        reason = Reason.MINOR if word(value) in rules.minor_signs else None
    elif word(value) in rules.sensitive_tags:
        reason = Reason.SENSITIVE
    elif not value or value != value.strip():  # reading does not understand it either
        reason = Reason.UNREADABLE
    return (reason or Reason.ALLOWED).value


# Printing


def _printed(query: "exp.Expr", dialect: Dialect, tables: Mapping[str, str] | None = None) -> str:
    """Print a form in a dialect, and use it up; its texts and numbers must read back as they are.

    Raises:
        ConfigError: there is no such dialect, or a text of the policy cannot be said in it.
    """
    texts, numbers = _literals(query)
    for rewrite in _REWRITES.get(known(dialect), ()):
        query = query.transform(rewrite, copy=False)
    templates = _rename_tables(query, tables or {}, dialect)
    try:
        text = query.sql(dialect, copy=False, pretty=True, unsupported_level=ErrorLevel.RAISE)
        text = _LIST.sub(_filled, text)
        texts_back, numbers_back = _literals(parse_one(text, dialect=dialect))
    except SqlglotError:
        texts_back = None
    if texts != texts_back or not numbers <= numbers_back:
        raise ConfigError(
            f"a word of the policy cannot be said in {dialect}", todo="decide with another engine"
        )
    for place, template in templates.items():
        text = text.replace(place, template)
    return text


def _rename_tables(
    query: "exp.Expr", tables: Mapping[str, str], dialect: Dialect
) -> dict[str, str]:
    """Give tables other names; return what stands in the text for each that is a template."""
    templates, renamed = dict[str, str](), dict[str, exp.Table]()
    own = {each.alias.casefold() for each in query.find_all(exp.CTE)}
    for table, name in tables.items():
        if table not in TABLES:
            todo = did_you_mean(table, list(TABLES))
            raise InputError(f"the SELECT reads no table `{table}`", todo=todo)
        if "{{" in name:
            place = f"vanne_template_{table}"
            templates[place], renamed[table] = name, exp.to_table(place)
            continue
        renamed[table] = _table_called(name, dialect)
        if len(renamed[table].parts) == 1 and renamed[table].name.casefold() in own:
            problem = f"`{name}` is a name that the SELECT has for something else"
            raise InputError(problem, todo=f"name its schema: `schema.{name}`")
    for each in list(query.find_all(exp.Table)):
        if each.name in renamed and not each.db:
            called = renamed[each.name].copy()
            for part in ("catalog", "db", "this"):  # `this` last: it is the name
                each.set(part, called.args.get(part))
    return templates


def _table_called(name: str, dialect: Dialect) -> exp.Table:
    """Return a table by its name, quoted; a part without quotes is what the dialect takes it for.

    Raises:
        InputError: it is no name of a table.
    """
    try:
        table = parse_one(name, into=exp.Table, dialect=dialect)
        others = {key for key, value in table.args.items() if value} - {"this", "db", "catalog"}
        if others or not all(isinstance(part, exp.Identifier) for part in table.parts):
            raise ValueError
    except (SqlglotError, ValueError):
        raise InputError(
            f"`{name}` is no name of a table in {dialect}",
            todo="give `name`, `schema.name` or `{{ ref('name') }}`",
        ) from None
    normalize_identifiers(table, dialect=dialect)
    for part in table.parts:
        part.set("quoted", True)
    return table


def _literals(query: "exp.Expr") -> tuple[Counter[str], set[str]]:
    """Return the texts and the numbers in a query."""
    literals = list(query.find_all(exp.Literal))
    texts = Counter(literal.name for literal in literals if literal.is_string)
    return texts, {literal.name for literal in literals if not literal.is_string}


_LIST = re.compile(r" IN \(\n((?:\s+'[^'\n]*',?\n)+)\s*\)")
"""A list of words, as SQLGlot prints one that is long: a word on each line."""


def _filled(long: re.Match[str]) -> str:
    """Print a list of words in full lines."""
    before = long.string[: long.start()].rpartition("\n")[2]
    indent = " " * (len(before) - len(before.lstrip()))
    line, lines = "", []
    for text in long[1].split("\n"):
        if len(line) + len(text.strip()) > _WIDTH:
            lines.append(line)
            line = ""
        line = f"{line} {text.strip()}".strip()
    body = f"\n{indent}  ".join([*lines, line])
    return f" IN (\n{indent}  {body}\n{indent})"


_WIDTH = 88


def _in_microseconds(node: "exp.Expr") -> "exp.Expr":
    """Trino's TIMESTAMP counts milliseconds unless it is told more, and rounds."""
    if isinstance(node, exp.DataType) and node.this is exp.DataType.Type.TIMESTAMPNTZ:
        return exp.DataType.build("TIMESTAMP(6)", dialect="trino")
    return node


def _apart_in_place(node: "exp.Expr") -> "exp.Expr":
    """DuckDB takes lists apart in a third of the time where no join says so."""
    if not isinstance(node, exp.Select):
        return node
    for join in node.args.get("joins") or ():
        if isinstance(unnest := join.this, exp.Unnest):
            inner, alias = node.args["from_"].this, unnest.args["alias"]
            value, taken = alias.columns[0], unnest.expressions[0]
            parts = exp.alias_(exp.Explode(this=exp.column(taken.name, "x")), value)
            inner.this.select(parts, copy=False)
            for column in node.find_all(exp.Column):
                if column.table == alias.name:
                    column.set("table", exp.to_identifier(inner.alias))
            join.pop()
    return node


def _in_capitals(node: "exp.Expr") -> "exp.Expr":
    """Snowflake reads a name without quotes in capitals; one that needs quotes is like the rest."""
    if isinstance(node, exp.Identifier) and node.quoted:
        return exp.to_identifier(node.name.upper(), quoted=True)
    return node


_REWRITES = {
    "trino": (_in_microseconds,),
    "duckdb": (_apart_in_place,),
    "snowflake": (_in_capitals,),
}
"""What is said otherwise in one dialect, and means the same."""


# What the words in a warehouse's tables mean, for the table `words`: the warehouse runs
# `vocabulary_sql` and writes the rows to a file, this says what each means to a policy, and the
# warehouse loads the answer. Only Python ever reads texts such as reservations.


COLUMNS = (Column("kind", required=True), Column("value", required=True))


def read_vocabulary(source: str) -> Iterator[tuple[Kind, str]]:
    """Yield (kind, value) from a file, a folder or a query; a value that is null is left out.

    Raises:
        InputError: it cannot be read, a column is missing, or a kind is not known.
    """
    with opened(source, COLUMNS, "words", threads=1) as (connection, relation, _):
        query = f"SELECT CAST(kind AS VARCHAR), CAST(value AS VARCHAR) FROM {relation}"
        rows = connection.execute(query)
        number = 0
        while batch := rows.fetchmany(10_000):
            for kind, value in batch:
                number += 1
                if kind not in KINDS:
                    raise InputError(
                        f"{source}: row {number}: the kind is not known",
                        todo=did_you_mean(str(kind), list(KINDS)),
                    )
                if value is not None:
                    yield cast(Kind, kind), value


def meanings(
    rules: PurposePolicy, words: Iterable[tuple[Kind, str]]
) -> Iterator[tuple[Kind, str, str]]:
    """Yield (kind, value, says): the rows of the table `words`."""
    for kind, value in words:
        yield kind, value, says(rules, kind, value)
