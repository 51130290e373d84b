"""Fail closed: what is taken away, emptied or misspelt denies or is an error, and never lets in.

Each test changes one thing of a made-up world that uses every column and every key, and holds the
items that are allowed against those that were allowed before. What may be left out on purpose is
listed by name: a limit that a policy does not set is no limit, and an item without a column for
other people has no other people.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import CASES
from tests.decide.worlds import World, world
from tests.table import every
from vanne.decide.bulk import Engine, EvaluationRequest, Tables, decide_tables
from vanne.errors import ConfigError, InputError, VanneError
from vanne.policy.load import parse
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS
from vanne.terms import MAIN_PURPOSE, REASONS

ENGINES: tuple[Engine, ...] = ("reference", "kernel")
WHOLE = (CASES / "policy" / "whole.toml").read_text()
TEXT = WHOLE.split("# A second purpose")[0].replace('"unless-objected"', '"deny"')
"""A policy that uses every key, strangers denied, of one purpose."""
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)

COLUMNS = {"items": ITEMS, "members": MEMBERS, "choices": CHOICES}
NO_PART = {"lang", "fields", "text", "media", "source", "joined_at", "channel", "notice"}
"""The columns that no rule reads."""
USED = [(table, c.name) for table in COLUMNS for c in COLUMNS[table] if c.name not in NO_PART]

NULL_DENIES = {
    ("items", "owner"): "member-unknown",
    ("items", "category"): "category-unknown",
    ("items", "created_at"): "unreadable",
    ("items", "visibility"): "visibility-not-listed",
    ("members", "region"): "region-unknown",
    ("members", "birth_date"): "age-unknown",
}
MAY_BE_LATER = {"off", "off-category", "off-item", "author-refuses", "subject-refuses"}
"""What is said of an item without a time where a no covers what is made after it."""
SAYS_NOTHING = {("items", c) for c in ("author", "subjects", "tags", "reservation")} | {("members", "signs")}  # fmt: skip
"""The columns that say nothing where they are null: who leaves them out has nothing to say."""


# The world as it is


@cache
def base() -> World:
    return world(
        EvaluationRequest(parse(TEXT, "whole.toml"), MAIN_PURPOSE, AS_OF), 6, rows=500, people=50
    )


def decided(tables: Tables, question: EvaluationRequest, engine: Engine) -> dict[str, str]:
    whole = pa.Table.from_batches(decide_tables(tables, question, engine))
    words = (REASONS[code].value for code in whole["code"].to_pylist())
    return dict(zip(whole["item_id"].to_pylist(), words, strict=True))


def allowed(said: dict[str, str]) -> set[str]:
    return {item_id for item_id, reason in said.items() if reason == "allowed"}


@pytest.fixture(scope="module", params=ENGINES)
def before(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Engine, Tables, dict[str, str]]:
    """An engine, the tables of the world, and what was decided before anything was changed."""
    tables = base().write(tmp_path_factory.mktemp("before"))
    return request.param, tables, decided(tables, base().question, request.param)


def test_the_world_has_enough_to_lose(before: tuple[Engine, Tables, dict[str, str]]) -> None:
    said = before[2]
    assert len(allowed(said)) > 50
    assert set(said.values()) >= {"off", "sensitive", "minor", "reservation"}


Change = Callable[[pa.Table, str], pa.Table]


def changed(tables: Tables, folder: Path, table: str, column: str, change: Change) -> Tables:
    """Write one of the tables again, changed."""
    paths = {name: getattr(tables, name) for name in COLUMNS}
    paths[table] = str(folder / f"{table}.parquet")
    pq.write_table(change(getattr(base(), table), column), paths[table])
    return Tables(**paths)


def outcome(
    tables: Tables, engine: Engine, question: EvaluationRequest | None = None
) -> dict[str, str] | VanneError:
    """Decide, or return the error: one line that names no one."""
    try:
        return decided(tables, question or base().question, engine)
    except (InputError, ConfigError) as error:
        said = f"{error} {error.help()}"
        for path in (tables.items, tables.members, tables.choices):
            said = said.replace(str(Path(str(path)).parent), "")  # it may have a name like theirs
        assert "\n" not in said and error.todo
        names = {*base().members["member_id"].to_pylist(), *base().items["item_id"].to_pylist()}
        assert not names & set(re.findall(r"\b[pqi]\d+\b", said))
        return error


# The columns


def dropped(table: pa.Table, column: str) -> pa.Table:
    return table.drop_columns([column])


def nulled(table: pa.Table, column: str) -> pa.Table:
    place = table.schema.get_field_index(column)
    return table.set_column(place, column, pa.nulls(len(table), table.schema.field(place).type))


def renamed(name: str) -> Change:
    def rename(table: pa.Table, column: str) -> pa.Table:
        return table.rename_columns([name if c == column else c for c in table.column_names])

    return rename


def misspellings(name: str) -> Iterator[str]:
    yield from (name.upper(), name.capitalize(), f" {name}", f"{name} ", name[:-1], f"{name}s")
    yield from (name[1] + name[0] + name[2:], f"{name}_")
    if "_" in name:
        yield from (name.replace("_", ""), name.replace("_", " "), name.title().replace("_", ""))
    else:
        yield f"{name[:-1]}{name[-1] * 2}"


def no_more(after: dict[str, str] | VanneError, said: dict[str, str]) -> set[str]:
    """Return which items an outcome lets in that were out before."""
    return set() if isinstance(after, VanneError) else allowed(after) - allowed(said)


def test_only_columns_that_may_be_empty_let_in_when_they_are_taken_away(
    before: tuple[Engine, Tables, dict[str, str]], tmp_path: Path
) -> None:
    engine, tables, said = before
    for change in (dropped, nulled):
        letting_in = {
            (table, column)
            for table, column in USED
            if no_more(outcome(changed(tables, tmp_path, table, column, change), engine), said)
        }
        assert letting_in == SAYS_NOTHING


@every(("table", "column"), NULL_DENIES)
def test_a_null_denies_with_its_own_reason(
    before: tuple[Engine, Tables, dict[str, str]], table: str, column: str, tmp_path: Path
) -> None:
    engine, tables, said = before
    after = outcome(changed(tables, tmp_path, table, column, nulled), engine)
    assert isinstance(after, dict)
    assert allowed(after) == set()
    reasons = {after[item_id] for item_id in allowed(said)}
    assert reasons - (MAY_BE_LATER if column == "created_at" else set()) == {
        NULL_DENIES[table, column]
    }


@every(
    ("table", "column"),
    [part for part in USED if part not in SAYS_NOTHING and part not in NULL_DENIES],
)
def test_what_is_needed_to_know_whose_row_it_is_may_not_be_null(
    before: tuple[Engine, Tables, dict[str, str]], table: str, column: str, tmp_path: Path
) -> None:
    engine, tables, _ = before
    for change in (nulled, dropped):
        after = outcome(changed(tables, tmp_path, table, column, change), engine)
        assert isinstance(after, InputError) and f"`{column}`" in str(after)


@every(("table", "column"), USED)
def test_a_misspelt_column_is_an_error(
    before: tuple[Engine, Tables, dict[str, str]], table: str, column: str, tmp_path: Path
) -> None:
    engine, tables, _ = before
    for name in dict.fromkeys(misspellings(column)):
        after = outcome(changed(tables, tmp_path, table, column, renamed(name)), engine)
        assert isinstance(after, InputError), name
        assert f"`{column}`" in f"{after} {after.help()}", name


@every("name", ["Subjects", "SUBJECTS", "subject", "subjects "])
def test_a_key_misspelt_on_one_line_is_an_error(
    before: tuple[Engine, Tables, dict[str, str]], name: str, tmp_path: Path
) -> None:
    engine, tables, _ = before
    rows = [{"item_id": "i0", "owner": "p1", "category": "post", "created_at": "2024-05-01"}] * 2
    lines = [rows[0] | {"subjects": ["p2"]}, rows[1] | {"item_id": "i1", name: ["p2"]}]
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in lines))
    after = outcome(Tables(str(path), tables.members, tables.choices), engine)
    assert isinstance(after, InputError) and "subjects" in f"{after} {after.help()}"


# The values: (table, column, how each is written, what comes of it)

VALUES: list[tuple[str, str, Callable[[str], str], str]] = [
    ("items", "owner", str.upper, "member-unknown"),
    ("items", "owner", lambda v: f"{v} ", "member-unknown"),
    ("items", "owner", lambda v: f"{v}x", "member-unknown"),
    ("items", "owner", lambda v: "", "member-unknown"),
    ("items", "author", lambda v: f" {v}", "author-refuses"),
    ("items", "author", lambda v: f"{v}x", "author-refuses"),
    ("items", "category", str.upper, "category-unknown"),
    ("items", "category", lambda v: f"{v} ", "category-unknown"),
    ("items", "category", lambda v: f"{v}s", "category-unknown"),
    ("items", "category", lambda v: "", "category-unknown"),
    ("items", "created_at", lambda v: "soon", "unreadable"),
    ("items", "created_at", lambda v: f"{v[:4]}-13-01", "unreadable"),
    ("items", "created_at", lambda v: f"{v[:10]} a.m.", "unreadable"),
    ("items", "created_at", lambda v: "epoch", "unreadable"),
    ("items", "visibility", str.upper, "visibility-not-listed"),
    ("items", "visibility", lambda v: f"{v} ", "visibility-not-listed"),
    ("items", "visibility", lambda v: "", "visibility-not-listed"),
    ("items", "reservation", str.upper, "unreadable"),
    ("items", "reservation", lambda v: f"{v}o", "unreadable"),
    ("items", "reservation", lambda v: v.replace("=", ":"), "unreadable"),
    ("items", "reservation", lambda v: "noai", "unreadable"),
    ("members", "region", str.lower, "region-unknown"),
    ("members", "region", lambda v: f"{v} ", "region-unknown"),
    ("members", "region", lambda v: "UK", "region-unknown"),
    ("members", "region", lambda v: "", "region-unknown"),
    ("members", "birth_date", lambda v: "unknown", "age-unknown"),
    ("members", "birth_date", lambda v: f"{v[:4]}-02-30", "age-unknown"),
    ("members", "birth_date", lambda v: v[:4], "age-unknown"),
    ("members", "birth_date", lambda v: "epoch", "age-unknown"),
    ("members", "member_id", lambda v: f"{v}x", "member-unknown"),
    ("members", "member_id", lambda v: f" {v}", "an error"),
    ("members", "member_id", lambda v: "p1", "an error"),
    ("choices", "member_id", lambda v: f"{v} ", "an error"),
    ("choices", "purpose", str.upper, "an error"),
    ("choices", "purpose", lambda v: f"{v} ", "an error"),
    ("choices", "purpose", lambda v: v.replace("-", "_"), "an error"),
    ("choices", "purpose", lambda v: v[1:], "an error"),
    ("choices", "scope", str.upper, "an error"),
    ("choices", "scope", lambda v: f"{v}s", "an error"),
    ("choices", "scope", lambda v: "", "an error"),
    ("choices", "target", lambda v: "", "an error"),
    ("choices", "on", lambda v: "maybe", "an error"),
    ("choices", "on", lambda v: "", "an error"),
    ("choices", "at", lambda v: "soon", "an error"),
    ("choices", "at", lambda v: f"{v[:4]}-02-30", "an error"),
    ("choices", "at", lambda v: "epoch", "an error"),
    ("choices", "at", lambda v: "", "an error"),
]


def written(how: Callable[[str], str]) -> Change:
    def write(table: pa.Table, column: str) -> pa.Table:
        place = table.schema.get_field_index(column)
        texts = pc.cast(table[column], pa.string()).to_pylist()
        values = [text if text is None else how(text) for text in texts]
        return table.set_column(place, column, pa.array(values, pa.string()))

    return write


@every(("table", "column", "how", "what"), VALUES)
def test_a_misspelt_value_denies_or_is_an_error(
    before: tuple[Engine, Tables, dict[str, str]],
    table: str,
    column: str,
    how: Callable[[str], str],
    what: str,
    tmp_path: Path,
) -> None:
    engine, tables, said = before
    after = outcome(changed(tables, tmp_path, table, column, written(how)), engine)
    if what == "an error":
        assert isinstance(after, InputError) and "row" in str(after)
        return
    assert isinstance(after, dict)
    assert no_more(after, said) == set()
    given = dict(zip(base().items["item_id"].to_pylist(), _said_in(table, column), strict=True))
    lost = {item_id for item_id in allowed(said) - allowed(after) if given[item_id]}
    reasons = {after[item_id] for item_id in lost}
    assert reasons - (MAY_BE_LATER if column == "created_at" else set()) == {what}


def _said_in(table: str, column: str) -> list[bool]:
    """Say of each item whether that column said something about it."""
    if table == "items":
        return [value is not None for value in base().items[column].to_pylist()]
    return [True] * len(base().items)


@every("column", ["subjects", "tags"])
def test_a_list_that_is_written_wrongly_denies(
    before: tuple[Engine, Tables, dict[str, str]], column: str, tmp_path: Path
) -> None:
    engine, tables, said = before
    for wrong in ("x, y", '["x"', '{"x": 1}', "[x]"):
        listed = written(lambda _, wrong=wrong: wrong)

        def change(table: pa.Table, column: str, listed: Change = listed) -> pa.Table:
            place = table.schema.get_field_index(column)
            texts = pa.array(["?"] * len(table), pa.string())
            return listed(table.set_column(place, column, texts), column)

        after = outcome(changed(tables, tmp_path, "items", column, change), engine)
        assert isinstance(after, dict) and allowed(after) == set()
        assert {after[item_id] for item_id in allowed(said)} == {"unreadable"}


def test_without_its_member_an_item_is_nobodys(
    before: tuple[Engine, Tables, dict[str, str]], tmp_path: Path
) -> None:
    engine, tables, said = before
    none = changed(tables, tmp_path, "members", "", lambda table, _: table.slice(0, 0))
    after = outcome(none, engine)
    assert isinstance(after, dict) and allowed(after) == set()
    assert {after[item_id] for item_id in allowed(said)} == {"member-unknown"}


def test_without_choices_nobody_is_on_where_off_is_the_default(
    before: tuple[Engine, Tables, dict[str, str]],
) -> None:
    engine, tables, said = before
    silent = Tables(tables.items, tables.members, None)
    text = TEXT.replace('default = "on"', 'default = "off"')
    after = outcome(silent, engine, EvaluationRequest(parse(text, "off.toml"), MAIN_PURPOSE, AS_OF))
    assert isinstance(after, dict) and allowed(after) == set()
    assert {after[item_id] for item_id in allowed(said)} == {"off-by-default"}


# The keys of the policy

LINES = TEXT.splitlines()
KEYS = [(n, line) for n, line in enumerate(LINES) if re.match(r"[a-z_]+ = ", line)]
HEADERS = [(n, line) for n, line in enumerate(LINES) if line.startswith("[")]

NO_LIMIT = {"until", "signs", "days", "since", "uncertain", "sources"}
"""Keys that set a limit, or say where it comes from, and may be left out where there is none."""


def with_line(number: int, *lines: str) -> str:
    return "\n".join([*LINES[:number], *lines, *LINES[number + 1 :]])


def outcome_of_policy(text: str, before: tuple[Engine, Tables, dict[str, str]]) -> set[str]:
    """Return which items a changed policy lets in; of an error say nothing but see that it helps."""
    engine, tables, said = before
    try:
        policy = parse(text, "changed.toml")
        question = EvaluationRequest(policy, MAIN_PURPOSE, AS_OF)
        return no_more(decided(tables, question, engine), said)
    except ConfigError as error:
        assert "\n" not in str(error) and error.help()
        return set()


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(text, "changed.toml")
    assert "\n" not in str(caught.value) and caught.value.todo
    return caught.value


@every(("number", "line"), KEYS, ids=lambda part: str(part).split(" =")[0])
def test_a_misspelt_key_is_refused_with_its_line(number: int, line: str) -> None:
    key, value = line.split(" = ", 1)
    for name in dict.fromkeys((key.upper(), key[:-1], f"x{key}", f'"{key} "')):
        assert ", line " in str(refused(with_line(number, f"{name} = {value}")))
    said = refused(with_line(number, f"{key}s = {value}"))
    assert f"line {number + 1}:" in str(said) and f"`{key}`" in said.help()


@every(("number", "line"), KEYS, ids=lambda part: str(part).split(" =")[0])
def test_a_value_of_another_kind_is_refused(number: int, line: str) -> None:
    key = line.split(" = ")[0]
    for value in ("true", "-1", "1.5", "{ x = 1 }", "[1]", "[[]]", "2026-01-01T00:00:00Z"):
        refused(with_line(number, f"{key} = {value}"))


@every(("number", "line"), KEYS, ids=lambda part: str(part).split(" =")[0])
def test_an_empty_value_lets_nothing_in(
    number: int, line: str, before: tuple[Engine, Tables, dict[str, str]]
) -> None:
    key = line.split(" = ")[0]
    for value in ('""', "[]", '[""]', "0", "{}"):
        text = with_line(number, f"{key} = {value}")
        assert outcome_of_policy(text, before) == set(), value


def test_only_limits_that_may_be_absent_let_in_when_they_are_taken_away(
    before: tuple[Engine, Tables, dict[str, str]],
) -> None:
    letting_in = {
        line.split(" =")[0] for n, line in KEYS if outcome_of_policy(with_line(n), before)
    }
    assert letting_in <= NO_LIMIT


@every(("number", "line"), HEADERS, ids=lambda part: str(part).strip("[]"))
def test_a_misspelt_table_is_refused(number: int, line: str) -> None:
    name = line.strip("[]").rsplit(".", 1)[-1]
    if line.startswith("[sources."):
        refused(with_line(number, line.replace(name, f"{name}s")))
        return
    for wrong in (name.upper(), f"{name}s", name[:-1], f"x-{name}"):
        refused(with_line(number, line.replace(name, wrong)))


@every(("number", "line"), HEADERS, ids=lambda part: str(part).strip("[]"))
def test_a_table_without_its_header_lets_nothing_in(
    number: int, line: str, before: tuple[Engine, Tables, dict[str, str]]
) -> None:
    assert outcome_of_policy(with_line(number), before) == set()


WORDS: list[tuple[str, tuple[str, ...]]] = [
    ('default = "on"', ("On", "yes", "true", "onn", "")),
    ('default = "off"', ("Off", "no", "of", "")),
    ('covers = "afterwards"', ("Afterwards", "after", "all", "")),
    ('non_members = "deny"', ("Deny", "unless_objected", "allow", "denied")),
    ('regions = ["EEA"]', ("EAA", "eea", "Europe", " EEA", "")),
    ('regions = ["CH"]', ("ch", "CHE", "UK", "XX", "CH ")),
    ('regions = ["WORLD"]', ("world", "World", "*", "ALL")),
    ('regions = ["CN", "GB"]', ("cn", "CHN", "UK", "WORLD")),
    ("minimum = 16", ('"16"', "0", "-16", "160", "16.0", "1_600")),
    ("days = 3650", ("0", "-1", '"3650"', "3650.5")),
    ("days = 61", ("0", "-1", '"61"', "61.5")),
    ("from = 2026-03-01", ('"2026-03-01"', "2026-03-01T00:00:00", "2026", "0026-03-01")),
    ("until = 2026-07-01", ('"2026-07-01"', "2026-02-01", "2026-01-31", "2026-07-01T00:00:00Z")),
    ("announced = 2026-01-05", ('"2026-01-05"', "20260105", "0026-01-05")),
    ('keys = ["train-ai", ', ("train_ai", "TRAIN-AI", "train-ais", "")),
]


@every(("line", "word"), [(line, word) for line, words in WORDS for word in words])
def test_a_misspelt_word_of_the_policy_is_refused(line: str, word: str) -> None:
    assert line in TEXT
    key, value = line.split(" = ", 1)
    first = re.match(r'\["[^"]*"|"[^"]*"|\S+', value)
    assert first
    quoted: Any = {"[": f'["{word}"', '"': f'"{word}"'}.get(value[0], word)
    refused(TEXT.replace(line, f"{key} = {quoted}{value[first.end() :]}", 1))
