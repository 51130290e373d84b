"""Every engine, the command line and the API on every conformance case and every kind of file.

The reference and the kernel read each kind; what takes long to start gets the cases in batches. A
failure is reported by case.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tests.conftest import Run
from tests.decide.conformance import Batch, Kind, batches, load_cases, reasons
from tests.decide.on_postgres import AnyEngine
from tests.decide.through_api import by_api
from tests.table import every
from vanne.cli import cli
from vanne.decide import People
from vanne.decide.people import until
from vanne.decide.reference import RULES
from vanne.policy import load
from vanne.sources.tables import read_choices, read_items, read_members
from vanne.terms import REASONS

CASES = load_cases()
GROUPS = sorted({case.group for case in CASES})
BATCHES = batches(CASES)

SHARED = [batch for batch in BATCHES if len(batch.cases) >= 3]
"""The questions that several cases share: enough where each costs a second, or tells little new."""

LARGEST = max(BATCHES, key=lambda batch: len(batch.cases))
"""Half of the cases in one question: each costs Spark seconds, and its SELECT is DuckDB's."""

STORABLE = [
    batch for batch in batches(c for c in CASES if not c.has_zero_byte) if len(batch.cases) >= 3
]
"""Those of them that PostgreSQL can store: it takes no text with a zero byte, and the engine says so."""

WAYS: tuple[tuple[str, Kind, list[Batch]], ...] = (
    ("reference", "jsonl", BATCHES),
    ("kernel", "parquet", BATCHES),
    ("kernel", "tsv", SHARED),
    ("duckdb", "parquet", SHARED),
    ("postgres", "parquet", STORABLE),
    ("spark", "parquet", [LARGEST]),
    ("command", "csv", SHARED),
    ("api", "parquet", SHARED),
)
SERVERS = ("postgres", "spark")
"""The engines that need a server or a session, which a fixture of that name starts once."""

Pairs = list[tuple[str, str]]
"""Of each item its id and its reason."""

Decide = Callable[[Batch, Path, Kind], Pairs]


class Verdicts:
    """What one way of deciding said of each case; each batch is decided once, when first asked."""

    def __init__(self, decide: Decide, folder: Path, kind: Kind, asked: list[Batch]) -> None:
        self.decide, self.folder, self.kind = decide, folder, kind
        self.batch_of = {case.name: batch for batch in asked for case in batch.cases}
        self.said: dict[str, dict[str, list[str]]] = {}

    def of(self, case: str) -> list[str]:
        batch = self.batch_of[case]
        first = batch.cases[0].name
        if first not in self.said:
            self.said[first] = self._said(batch, self.folder / str(len(self.said)))
        return self.said[first][case]

    def _said(self, batch: Batch, folder: Path) -> dict[str, list[str]]:
        folder.mkdir()
        given = self.decide(batch, folder, self.kind)
        wanted = [row["item_id"] for row in batch.whole.items]
        assert sorted(item_id for item_id, _ in given) == sorted(wanted)
        by_id = dict(given)
        return batch.split([by_id[item_id] for item_id in wanted])


def by_engine(engine: AnyEngine) -> Decide:
    def decide(batch: Batch, folder: Path, kind: Kind) -> Pairs:
        return list(reasons(batch.whole.write(folder, kind), batch.whole.question(), engine))

    return decide


def by_command(batch: Batch, folder: Path, kind: Kind) -> Pairs:
    done = CliRunner().invoke(cli, arguments(batch, folder, kind), catch_exceptions=False)
    assert done.exit_code == 0
    given, answer = verdicts(folder), json.loads(done.stdout)
    assert not done.stderr
    counted = {row["reason"]: row["count"] for row in answer["counts"]}
    assert counted == Counter(reason for _, reason in given)
    return given


def arguments(batch: Batch, folder: Path, kind: Kind) -> list[str]:
    tables, asked = batch.whole.write(folder, kind), batch.whole
    return [
        "decide", "--policy", asked.policy, "--purpose", asked.purpose,
        "--as-of", asked.as_of.isoformat(), "--items", tables.items, "--members", tables.members,
        "--choices", str(tables.choices), "--verdicts", str(folder / "out.parquet"), "--json",
    ]  # fmt: skip


def verdicts(folder: Path) -> Pairs:
    table = pq.read_table(folder / "out.parquet").to_pydict()
    return list(zip(table["item_id"], table["reason"], strict=True))


OTHERS: dict[str, Decide] = {"command": by_command, "api": by_api}
"""The ways that are no engine."""


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """One way of deciding, a kind of file, and what is asked."""
    name, kind, asked = request.param
    if name in SERVERS:
        request.getfixturevalue(name)
    decide = OTHERS[name] if name in OTHERS else by_engine(name)
    return Verdicts(decide, tmp_path_factory.mktemp(f"{name}-{kind}"), kind, asked)


@every("group", GROUPS)
def test_every_item_of_every_case_gets_its_reason(way: Verdicts, group: str) -> None:
    wrong = {}
    for case in (case for case in CASES if case.group == group and case.name in way.batch_of):
        rows = zip(case.items, way.of(case.name), case.expected, strict=True)
        if differing := [row for row in rows if row[1] != row[2]]:
            wrong[case.name] = differing
    assert wrong == {}  # by case: (item, what was said, what should be)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_command_as_a_person_types_it(kind: Kind, vanne: Run, tmp_path: Path) -> None:
    batch = max(BATCHES, key=lambda batch: len(batch.whole.items))
    done = vanne(*arguments(batch, tmp_path, kind))
    assert done.returncode == 0
    assert all("older AIPREF drafts" in line for line in done.stderr.splitlines())
    wanted = [row["item_id"] for row in batch.whole.items]
    assert verdicts(tmp_path) == list(zip(wanted, batch.whole.expected, strict=True))


# The cases themselves


def test_there_are_cases_enough_and_each_says_what_it_is_about() -> None:
    assert len(CASES) >= 150
    assert len({case.about for case in CASES}) == len(CASES)
    assert all(case.about.endswith(".") for case in CASES)


def test_every_reason_is_met_three_times_and_in_three_cases() -> None:
    met = Counter(reason for case in CASES for reason in set(case.expected))
    assert {reason.value: met[reason] for reason in REASONS if met[reason] < 3} == {}


def test_every_rule_speaks_and_is_silent_after_all_before_it_were(tmp_path: Path) -> None:
    heard = {(rule.__name__, speaks): 0 for rule in RULES for speaks in (True, False)}
    for number, batch in enumerate(BATCHES):
        folder = tmp_path / str(number)
        folder.mkdir()
        whole, tables = batch.whole, batch.whole.write(folder)
        people = People.of(
            read_members(tables.members),
            until(read_choices(str(tables.choices)), whole.as_of),
            load(whole.policy),
            whole.purpose,
            whole.as_of,
        )
        for item in read_items(tables.items):
            for rule in RULES:
                speaks = rule(item, people) is not None
                heard[rule.__name__, speaks] += 1
                if speaks:
                    break
    assert {rule: count for rule, count in heard.items() if count < 3} == {}


def test_a_case_is_small() -> None:
    root = Path(__file__).parents[1] / "cases" / "decide"
    assert [path.name for path in root.rglob("*.json") if path.stat().st_size > 12_000] == []


def test_cases_that_share_a_question_are_put_together_and_nothing_is_lost() -> None:
    assert sorted(case.name for batch in BATCHES for case in batch.cases) == sorted(
        case.name for case in CASES
    )
    assert len(BATCHES) < len(CASES) / 3
    assert len(LARGEST.cases) >= 140
    for batch in BATCHES:
        ids = [row["item_id"] for row in batch.whole.items]
        assert len(set(ids)) == len(ids)
