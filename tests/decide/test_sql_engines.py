"""The SQL engines as programs: rows keep their own verdicts, servers fail in one line, nothing stays.

That their reasons are the right ones is the matter of `test_conformance` and `test_engines_agree`.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import CASES, Run
from tests.corpus.test_refresh import START, Network
from tests.decide.conftest import SMALL
from tests.decide.on_postgres import AnyEngine, decide_by
from tests.decide.test_sql import WORDS
from tests.decide.worlds import ASKED, World, world
from vanne.config import Home
from vanne.corpus import build, current, refresh, screen
from vanne.corpus.parts import Each, in_processes, in_turn
from vanne.corpus.parts import on_spark as on_cluster
from vanne.decide import cluster
from vanne.decide.bulk import EvaluationRequest, Tables
from vanne.decide.sql import on_spark
from vanne.decide.sql.staging import plain_files
from vanne.errors import InputError, MissingError
from vanne.ledger import Ledger
from vanne.ledger.kinds import problem_of
from vanne.policy import load
from vanne.settings import Settings
from vanne.sources.batches import SEVERAL
from vanne.sources.scan import connected
from vanne.sources.tables import read_choices
from vanne.terms import MAIN_PURPOSE, REASONS, Reason
from vanne.worker import Worker

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SQL_ENGINES = ("duckdb", "postgres", "spark")
TABLES = Path(__file__).parents[2] / "examples" / "tables"


NOT_SPARK = pytest.mark.parametrize("engine", ["duckdb", "postgres"], indirect=True)
"""For what is the same for all of them: a question takes Spark three to seven seconds."""


@pytest.fixture(params=SQL_ENGINES)
def engine(request: pytest.FixtureRequest) -> AnyEngine:
    """Each SQL engine, started."""
    if request.param != "duckdb":
        request.getfixturevalue(request.param)
    chosen: AnyEngine = request.param
    return chosen


def question(policy: str = "case-plain.toml") -> EvaluationRequest:
    return EvaluationRequest(load(str(CASES / "policy" / policy)), MAIN_PURPOSE, ASKED[0])


def codes(tables: Tables, asked: EvaluationRequest, engine: AnyEngine) -> pa.Table:
    return pa.Table.from_batches(decide_by(engine, tables, asked))


def small(number: int = 1, rows: int = 300) -> World:
    """A world whose times are stored as times, so that its items are plain but for what is odd."""
    return world(question(), number=number, rows=rows, people=40)


def plain(made: World) -> World:
    """Leave out the rows of a world that a reader would change: then its items are plain."""
    items = made.items
    keep = np.array([is_plain(row) for row in items.to_pylist()])
    items = items.filter(pa.array(keep))
    if items["created_at"].type == pa.string():
        times = [datetime(2026, 5, 1, tzinfo=UTC)] * len(items)
        place = items.column_names.index("created_at")
        items = items.set_column(place, "created_at", pa.array(times, pa.timestamp("us", tz="UTC")))
    return replace(made, items=items)


def is_plain(row: dict[str, object]) -> bool:
    people = [row["author"], *(row["subjects"] or [])]  # type: ignore[misc]
    texts = [row[name] for name in ("owner", "category", "visibility", "reservation")]
    return (
        "" not in texts
        and all(p is None or p == p.strip() for p in people)
        and not re.search(SEVERAL, str(row["author"]))
        and None not in people[1:]
    )


# The order of the rows: a join with two threads may hand rows each other's verdicts, silently

MANY = 30_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, EvaluationRequest, pa.Table]:
    """Plain items in many row groups, members in another order, and what the reference says of each."""
    made = plain(world(question(), number=62, rows=MANY, people=10_000))
    tables = made.write(tmp_path_factory.mktemp("many"), row_group=200)
    assert pq.ParquetFile(tables.items).num_row_groups > 100
    assert plain_files(tables.items) is not None  # read as it is: else it would be one row group
    return tables, question(), codes(tables, question(), "reference")


@pytest.mark.parametrize("engine", ["kernel", "duckdb", "spark"])
def test_no_row_gets_the_verdict_of_another(
    engine: AnyEngine,
    many: tuple[Tables, EvaluationRequest, pa.Table],
    request: pytest.FixtureRequest,
) -> None:
    if engine == "spark":
        request.getfixturevalue("spark")
    tables, asked, wanted = many
    given = codes(tables, asked, engine)
    assert given["item_id"].equals(wanted["item_id"])  # the order of the file
    assert given["code"].equals(wanted["code"])
    assert (
        len(set(wanted["code"].to_pylist())) > 10
    )  # else a row could not be seen to have another's


# Whose choices they are


def test_the_choices_of_a_ledger_count_whatever_their_times(
    engine: AnyEngine, tmp_path: Path
) -> None:
    made = small(rows=900)
    tables, asked = made.write(tmp_path), question("case-afterwards.toml")
    assert isinstance(tables.choices, str)
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        for choice in read_choices(tables.choices):
            if not problem_of(choice):
                ledger.append([replace(choice, at=choice.at + timedelta(hours=2))])
        by_ledger = replace(tables, choices=ledger)
        wanted, by_table = (codes(each, asked, "reference") for each in (by_ledger, tables))
        assert codes(by_ledger, asked, engine).equals(wanted) and not by_table.equals(wanted)


# Where the items lie


def test_several_files_in_a_folder_of_any_name_keep_their_order(
    engine: AnyEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = plain(small(rows=900))
    (folder := tmp_path / '[x] *? 名前 it\'s "quoted" 100%20 #1').mkdir()
    tables = made.write(folder)
    (parts := folder / "items [1]").mkdir()
    cuts = [0, 1, 400, 401, len(made.items)]
    names = ["b.parquet", "a'.parquet", "c[0-9].parquet", "a b%.parquet"]
    for part, first, last in zip(names, cuts, cuts[1:], strict=False):
        pq.write_table(made.items.slice(first, last - first), parts / part, row_group_size=70)
    tables = replace(tables, items=str(parts))
    assert plain_files(tables.items) is not None
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    given = codes(tables, made.question, engine)
    assert given.equals(codes(tables, made.question, "reference").cast(given.schema))
    assert len(given) == len(made.items)
    assert given["item_id"].to_pylist() != made.items["item_id"].to_pylist()  # names have an order


@NOT_SPARK
def test_a_plain_file_is_read_where_it_is_and_another_is_staged_with_the_same_verdicts(
    engine: AnyEngine, tmp_path: Path
) -> None:
    made = plain(small(number=2))
    tables = made.write(tmp_path)
    texts = made.items.set_column(
        made.items.column_names.index("created_at"),
        "created_at",
        pc.strftime(made.items["created_at"], "%Y-%m-%dT%H:%M:%SZ"),
    )
    pq.write_table(texts, tmp_path / "texts.parquet")
    other = replace(tables, items=str(tmp_path / "texts.parquet"))
    assert plain_files(tables.items) is not None
    assert plain_files(other.items) is None
    given = codes(tables, made.question, engine)
    assert given.equals(codes(other, made.question, engine))
    assert given.equals(codes(tables, made.question, "reference").cast(given.schema))
    assert len(set(given["code"].to_pylist())) > 5


UNPLAIN = {
    "an empty text": ("owner", pa.array(["", "p1"])),
    "space around a subject": ("subjects", pa.array([[" p1"], ["p1"]])),
    "a subject that is null": ("subjects", pa.array([[None], ["p1"]])),
    "a time as text": ("created_at", pa.array(["2026-01-01", "2026-01-02"])),
    "a time before our time": ("created_at", pa.array([-(10**17), 0], pa.timestamp("us"))),
    "a number for an id": ("item_id", pa.array([1, 2])),
    "an id that is null": ("item_id", pa.array([None, "b"])),
    "a list as text": ("tags", pa.array(["health;union", None])),
}


@pytest.mark.parametrize(("column", "values"), UNPLAIN.values(), ids=UNPLAIN)
def test_what_reading_would_change_is_not_plain(
    column: str, values: pa.Array, tmp_path: Path
) -> None:
    times = pa.array([0, 1], pa.timestamp("us", tz="UTC"))
    right = pa.table({"item_id": ["a", "b"], "owner": ["p1", "p2"], "category": ["post", "post"], "created_at": times, "subjects": [["p2"], None], "tags": [["health"], []]})  # fmt: skip
    path = tmp_path / "items.parquet"
    pq.write_table(right, path)
    assert plain_files(str(path)) is not None
    pq.write_table(right.set_column(right.column_names.index(column), column, values), path)
    try:
        assert plain_files(str(path)) is None
    except InputError:  # refused already
        assert values.null_count


@NOT_SPARK
def test_an_id_that_comes_twice_is_an_error_and_no_verdict(
    engine: AnyEngine, tmp_path: Path
) -> None:
    made = plain(small(number=3))
    twice = replace(made, items=pa.concat_tables([made.items, made.items.slice(7, 1)]))
    with pytest.raises(InputError, match=rf"row {len(made.items) + 1}"):
        codes(twice.write(tmp_path), made.question, engine)


@NOT_SPARK
def test_a_member_who_comes_twice_is_an_error_and_no_verdict(
    engine: AnyEngine, tmp_path: Path
) -> None:
    made = small(number=4)
    twice = replace(made, members=pa.concat_tables([made.members, made.members.slice(3, 1)]))
    with pytest.raises(InputError, match=f"members: row {len(made.members) + 1} repeats"):
        codes(twice.write(tmp_path), made.question, engine)


@NOT_SPARK
def test_tables_without_rows_are_tables(engine: AnyEngine, tmp_path: Path) -> None:
    made = plain(small(number=5))
    nobody = replace(made, members=made.members.slice(0, 0), choices=made.choices.slice(0, 0))
    tables = nobody.write(tmp_path)
    given = codes(tables, made.question, engine)
    assert given.equals(codes(tables, made.question, "reference").cast(given.schema))
    nothing = replace(made, items=made.items.slice(0, 0)).write(tmp_path)
    batches = list(decide_by(engine, replace(nothing, choices=None), made.question))
    assert sum(len(batch) for batch in batches) == 0


def test_a_word_of_the_policy_with_quotes_and_slashes_is_itself(
    engine: AnyEngine, tmp_path: Path
) -> None:
    asked = question()
    rules = replace(asked.rules, visibilities=frozenset(WORDS))
    asked = replace(asked, policy=asked.policy.with_purposes({MAIN_PURPOSE: rules}))
    values = [*WORDS, "public", "back/slash"]
    count = len(values)
    items = pa.table({"item_id": [f"i{n}" for n in range(count)], "owner": ["ada"] * count, "category": ["post"] * count, "created_at": pa.array([datetime(2026, 5, 1, tzinfo=UTC)] * count), "visibility": values})  # fmt: skip
    members = pa.table({"member_id": ["ada"], "region": ["CH"], "birth_date": ["1990-04-12"]})
    pq.write_table(items, tmp_path / "items.parquet")
    pq.write_table(members, tmp_path / "members.parquet")
    given = codes(
        Tables(str(tmp_path / "items.parquet"), str(tmp_path / "members.parquet")), asked, engine
    )
    said = dict(zip(values, [REASONS[code] for code in given["code"].to_pylist()], strict=True))
    not_listed = {value for value, reason in said.items() if reason is Reason.VISIBILITY_NOT_LISTED}
    assert not_listed == {"public", "back/slash"}
    assert {said[word] for word in WORDS} == {Reason.ALLOWED}


# Spark: Java, the master


def by_spark(vanne: Run, **changes: str) -> tuple[int, str]:
    """Ask Spark on the command line, in a process of its own with another environment."""
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    done = vanne(
        "decide", "--policy", "linkedin-2025-11-03", "--as-of", "2026-01-01", "--engine", "spark",
        "--items", TABLES / "items.csv", "--members", TABLES / "members.csv",
        env=environment | changes,
    )  # fmt: skip
    progress = re.compile(r"items decided: \S+\n")  # of ours, where Spark takes long to start
    return done.returncode, progress.sub("", done.stderr)


def test_java_is_missing(vanne: Run, tmp_path: Path) -> None:
    said = "vanne: Spark needs Java: install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME\n"
    assert by_spark(vanne, PATH=str(tmp_path)) == (69, said)


def test_java_does_not_start(vanne: Run, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'UnsupportedClassVersionError' >&2\nexit 1\n")
    java.chmod(0o755)
    said = "vanne: Spark did not start for `local[*]`: see that Java is 17 or newer and that VANNE_SPARK_MASTER is right\n"
    assert by_spark(vanne, PATH=f"{tmp_path}:{os.environ['PATH']}") == (69, said)


def test_a_session_that_runs_is_used_and_left_as_it_was(
    spark: "SparkSession", tables: Tables
) -> None:
    zone = "Asia/Kathmandu"
    spark.conf.set("spark.sql.session.timeZone", zone)
    given = codes(tables, question(), "spark")
    assert given["code"].equals(codes(tables, question(), "reference")["code"])
    assert spark.conf.get("spark.sql.session.timeZone") == zone
    assert spark.catalog.listTables() == []
    assert spark.range(3).count() == 3


def test_spark_is_started_and_stopped_for_one_question_and_says_nothing(
    spark: "SparkSession", tables: Tables, capfd: pytest.CaptureFixture[str]
) -> None:
    """It stops the session of the others, whose Java goes on: no other file asks for Spark later."""
    from pyspark import SparkContext

    spark.stop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VANNE_SPARK_MASTER", "nowhere")
        with pytest.raises(MissingError, match="did not start for `nowhere`"):
            codes(tables, question(), "spark")
        patch.setenv("VANNE_SPARK_MASTER", "local[1]")
        given = codes(tables, question(), "spark")
    assert given["code"].equals(codes(tables, question(), "reference")["code"])
    assert SparkContext._active_spark_context is None
    assert capfd.readouterr() == ("", "")


@pytest.fixture(scope="module")
def workers(spark: "SparkSession") -> Iterator["SparkSession"]:
    """Start two workers, each in a process of its own, after that test in the same Java."""
    spark.stop()
    settings = {
        "spark.executor.extraJavaOptions": SMALL["spark.driver.extraJavaOptions"],
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",  # it waits for both
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "10min",
    }
    session = on_spark.start("local-cluster[2,1,1024]", SMALL | settings)
    yield session
    session.stop()


def test_a_cluster_decides_a_table_of_its_own_and_writes_another(
    workers: "SparkSession",
    many: tuple[Tables, EvaluationRequest, pa.Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables, asked, wanted = many
    items = workers.read.parquet(re.sub(r"([\[\]])", r"\\\1", tables.items)).repartition(4)
    assert isinstance(tables.members, str)
    assert isinstance(tables.choices, str)
    people = (tables.members, tables.choices)
    monkeypatch.setattr(cluster, "codes_of", None)  # the driver itself cannot decide

    def decided(items: "DataFrame") -> "DataFrame":
        policy, purpose, as_of = asked.policy, asked.purpose, asked.as_of
        return cluster.decide_frame(items, *people, policy=policy, purpose=purpose, as_of=as_of)

    decided(items).write.parquet(f"file://{(out := tmp_path / 'verdicts')}")
    assert workers.sparkContext._jsc.sc().getExecutorMemoryStatus().size() == 3  # and the driver
    given = pq.read_table(out).sort_by("item_id")
    names = pa.array([reason.value for reason in REASONS])
    right = wanted.append_column("reason", names.take(wanted["code"].combine_chunks()))
    assert given.equals(right.drop_columns("code").sort_by("item_id"))
    with pytest.raises(InputError, match="column `subject` is not one"):
        decided(items.withColumnRenamed("subjects", "subject"))


def test_a_corpus_in_parts_is_that_of_one_process_to_the_byte(
    workers: "SparkSession", tmp_path: Path
) -> None:
    """Ten data files: built, refreshed with two new ones, and screened, in turn and shared out."""
    lake = Network(tmp_path / "lake", 5)
    for _ in range(8):
        lake.new_file()
        lake.choice()
    homes = [Home(copytree(lake.home.root, tmp_path / name)) for name in ("one", "two", "three")]
    with in_processes(2) as pool:
        ways: list[Each] = [in_turn, pool, on_cluster(workers)]
        for home, each in zip(homes, ways, strict=True):
            assert len(build(home, START, each=each).files) >= 10
        for happens in (lake.new_file, lake.new_file, lake.choice, lake.choice):
            happens()
        later = START + timedelta(days=30)
        for home, each in zip(homes, ways, strict=True):
            copytree(lake.home.root, home.root, dirs_exist_ok=True)
            if each is pool:  # the night and the worker take the setting
                worker = Worker(home, Settings(processes=2), lambda: later)
                assert [task.state for task in worker.do(["refresh"])] == ["done"]
            else:
                refresh(home, later, each=each)
            assert screen(home, current(home), each) >= 12
        assert kept(homes[0]) == kept(homes[1]) == kept(homes[2])
        rmtree(homes[0].corpus)
        assert build(homes[0], later) == current(homes[1])
        for home, each in zip(homes, ways, strict=True):
            (home.items / "items-9999.parquet").write_bytes(b"torn")
            with pytest.raises(InputError, match="items-9999"):
                refresh(home, later, each=each)


def kept(home: Home) -> dict[str, bytes]:
    """Return all that is kept beside the data, but for how its files looked on the disk."""
    files = (path for path in home.corpus.rglob("*") if path.is_file() and "seen" not in path.name)
    return {str(path.relative_to(home.corpus)): path.read_bytes() for path in files}


@pytest.fixture(autouse=True)
def no_temporary_folder_is_left(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Whatever happens, the folder of the staged tables goes."""
    with connected(1):  # the database that all share has the folder of all tests
        folder = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield
    assert [path.name for path in folder.iterdir() if path.name.startswith("vanne-")] == []
