"""The conformance cases: policy, people, items, and the reason that each item must get.

A case is one small file. Engines that take seconds to start are not started for each: cases that
ask one question (policy, purpose, time) are put together in a batch, every id with the number of
its case before it, so that nobody of one case is anybody of another.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from tests.decide.on_postgres import AnyEngine, decide_by
from vanne.decide.bulk import EvaluationRequest, Tables
from vanne.ledger.kinds import time_of
from vanne.ledger.writing import in_order
from vanne.policy import load
from vanne.terms import MAIN_PURPOSE, REASONS, Choice

CASES = Path(__file__).parents[1] / "cases"
DEFAULTS = {"owner": "ada", "category": "post", "created_at": "2024-05-01T12:00:00Z"}
ADA = {"member_id": "ada", "region": "CH", "birth_date": "1990-04-12"}

Row = dict[str, Any]
Kind = Literal["jsonl", "csv", "tsv", "parquet"]
KINDS: tuple[Kind, ...] = ("jsonl", "csv", "tsv", "parquet")


@dataclass(frozen=True)
class Case:
    """One conformance case, as JSON rows of the public tables."""

    name: str
    about: str
    policy: str
    purpose: str
    as_of: datetime
    keep_ids: bool
    members: list[Row]
    choices: list[Row]
    items: list[Row]
    expected: list[str]

    @property
    def group(self) -> str:
        """The folder that the case lies in: the rule or the policy that it is about."""
        return self.name.split("/")[0]

    @property
    def asks(self) -> tuple[str, str, str]:
        """What is asked, in the order in which questions are put together."""
        return self.policy, self.purpose, self.as_of.isoformat()

    @property
    def has_zero_byte(self) -> bool:
        """Say whether a text in it holds a zero byte, which PostgreSQL does not take."""
        return "\\u0000" in json.dumps((self.members, self.choices, self.items))

    def write(self, folder: Path, kind: Kind = "jsonl") -> Tables:
        """Write the three tables into a folder."""
        rows = (("items", self.items), ("members", self.members), ("choices", self.choices))
        paths = {table: folder / f"{table}.{kind}" for table, _ in rows}
        for table, values in rows:
            _WRITERS[kind](values, COLUMNS[table], paths[table])
        return Tables(**{table: str(path) for table, path in paths.items()})

    def question(self) -> EvaluationRequest:
        """Return the question as the engines take it."""
        return EvaluationRequest(load(self.policy), self.purpose, self.as_of)


@dataclass(frozen=True)
class Batch:
    """Cases with one question, as one case with their rows one after the other."""

    cases: tuple[Case, ...]
    whole: Case

    def split(self, reasons: Sequence[str]) -> dict[str, list[str]]:
        """Return by case the reasons that were given for the whole."""
        left = iter(reasons)
        return {case.name: [next(left) for _ in case.items] for case in self.cases}


# Loading


def load_cases() -> list[Case]:
    root = CASES / "decide"
    return [_load(path, root) for path in sorted(root.rglob("*.json"))]


def _load(path: Path, root: Path) -> Case:
    case = json.loads(path.read_text())
    items = [DEFAULTS | {"item_id": f"item-{n}"} | row for n, row in enumerate(case["items"])]
    expected = [item.pop("expect") for item in items]
    listed = {row["member_id"] for row in case["members"]}
    policy = case["policy"]
    as_of, choices = datetime.fromisoformat(case["as_of"]).astimezone(UTC), case["choices"]
    if case.get("ledger"):
        choices = _through_a_ledger(choices)
        as_of = max([as_of, *(datetime.fromisoformat(row["at"]) for row in choices)])
    return Case(
        name=str(path.relative_to(root).with_suffix("")),
        about=case["about"],
        policy=str(CASES / "policy" / policy) if policy.endswith(".toml") else policy,
        purpose=case.get("purpose", MAIN_PURPOSE),
        as_of=as_of,
        keep_ids=case.get("keep_ids", False),
        members=case["members"] + ([] if "ada" in listed else [ADA]),
        choices=choices,
        items=items,
        expected=expected,
    )


def _through_a_ledger(rows: list[Row]) -> list[Row]:
    """Give choices in the order of their entries the times that a ledger gives them."""
    said = [Choice(**row | {"at": datetime.fromisoformat(row["at"])}) for row in rows]
    times = [time_of(record).isoformat() for record in in_order(said, None)]
    return [row | {"at": at} for row, at in zip(rows, times, strict=True)]


# Putting together


def batches(cases: Iterable[Case]) -> list[Batch]:
    """Put cases with one question together; one whose ids must stay as they are stays alone."""
    together: list[Batch] = []
    ordered = sorted(cases, key=lambda case: (case.asks, case.name))
    for _, group in groupby(ordered, key=lambda case: case.asks):
        same = list(group)
        apart = [case for case in same if case.keep_ids]
        together += [Batch((case,), case) for case in apart]
        if rest := tuple(case for case in same if case not in apart):
            together.append(Batch(rest, _joined(rest)))
    return together


def _joined(cases: tuple[Case, ...]) -> Case:
    members, choices, items = [], [], []
    for number, case in enumerate(cases):
        members += [_renamed(row, number, "member_id") for row in case.members]
        choices += [_renamed(row, number, *_ids_of(row)) for row in case.choices]
        items += [_renamed(row, number, "item_id", "owner", "author") for row in case.items]
    first, expected = cases[0], [reason for case in cases for reason in case.expected]
    about = f"{len(cases)} cases"
    return Case(about, about, first.policy, first.purpose, first.as_of, True, members, choices, items, expected)  # fmt: skip


def _ids_of(choice: Row) -> tuple[str, ...]:
    return ("member_id", "target") if choice["scope"] == "item" else ("member_id",)


def _renamed(row: Row, number: int, *columns: str) -> Row:
    named = {column: _name(row[column], number) for column in columns if column in row}
    if isinstance(row.get("subjects"), list):
        named["subjects"] = [_name(name, number) for name in row["subjects"]]
    return row | named


def _name(name: Any, number: int) -> Any:
    """Put the number before an id, but after the space before it; what is empty stays empty."""
    return re.sub(r"^(\s*)(?=\S)", rf"\g<1>{number}/", name) if name else name


# Writing

COLUMNS = {
    "items": ("item_id", "owner", "author", "subjects", "category", "created_at", "visibility", "tags", "reservation", "lang", "text", "media", "source"),
    "members": ("member_id", "region", "birth_date", "signs", "joined_at"),
    "choices": ("member_id", "purpose", "scope", "target", "on", "at", "channel", "notice"),
}  # fmt: skip
LISTS, TIMES = ("subjects", "tags", "signs"), ("created_at", "joined_at", "at")


def _write_json_lines(rows: list[Row], columns: Sequence[str], path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _write_csv(rows: list[Row], columns: Sequence[str], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerow(columns)
        writer.writerows([_as_text(row.get(column)) or "" for column in columns] for row in rows)


def _write_parquet(rows: list[Row], columns: Sequence[str], path: Path) -> None:
    """Write each column in its own type where every value has it, and else as text."""
    arrays = {column: _array(column, [row.get(column) for row in rows]) for column in columns}
    pq.write_table(pa.table(arrays), path, row_group_size=64)


def _array(column: str, values: list[Any]) -> pa.Array:
    if column in LISTS and all(v is None or (isinstance(v, list) and all(isinstance(x, str | None) for x in v)) for v in values):  # fmt: skip
        return pa.array(values, pa.list_(pa.string()))
    if column in TIMES and all(v is None or _is_plain_time(v) for v in values):
        times = [v and datetime.fromisoformat(v).astimezone(UTC) for v in values]
        return pa.array(times, pa.timestamp("us", tz="UTC"))
    if column == "on" and all(isinstance(v, bool) for v in values):
        return pa.array(values, pa.bool_())
    return pa.array([_as_text(value) for value in values], pa.string())


def _is_plain_time(text: str) -> bool:
    return bool(re.fullmatch(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", text))


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


_WRITERS = {
    "jsonl": _write_json_lines,
    "csv": _write_csv,
    "tsv": _write_csv,
    "parquet": _write_parquet,
}


# Deciding


def reasons(
    tables: Tables, question: EvaluationRequest, engine: AnyEngine
) -> Iterator[tuple[str, str]]:
    """Yield (item id, reason) as an engine gives them."""
    for batch in decide_by(engine, tables, question):
        words = [REASONS[code].value for code in batch["code"].to_pylist()]
        yield from zip(batch["item_id"].to_pylist(), words, strict=True)
