"""A night reads its sources where they lie, and a store that fails costs a line and no row."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from shutil import copytree
from socket import socket

import deltalake
import psycopg
import pyarrow as pa
import pyarrow.fs as fs
import pyarrow.parquet as pq
import pytest
from pyiceberg import catalog
from pyiceberg.utils.config import Config

from tests.night.test_drifts import FIRST, SECOND, documents, lake, night
from tests.night.test_night import LATER, made
from vanne.config import Home
from vanne.corpus import current, read, verify
from vanne.corpus.intake import apply
from vanne.errors import VanneError
from vanne.night import NightReport

PLAN = """
policy = "linkedin-2025-11-03"

[[sources]]
name = "people"
table = "members"
from = "{postgresql}#public.people"

[[sources]]
name = "switches"
table = "choices"
from = "iceberg:test/social.choices"

[[sources]]
name = "posts"
table = "items"
from = "SELECT * EXCLUDE updated_at FROM 'delta-changes:s3://lake/posts'"
watermark = "_commit_version"

[[sources]]
name = "more"
table = "items"
from = "SELECT * FROM 's3://lake/more/*/*.parquet' WHERE item_id IS NOT NULL"
watermark = "updated_at"
"""


class Store:
    """SeaweedFS: a real object store in a process of its own that dies and is started again."""

    PORTS = ("master.port", "volume.port", "filer.port", "s3.port")

    def __init__(self, folder: Path) -> None:
        with ExitStack() as stack:
            free = [stack.enter_context(socket()) for _ in range(8)]
            for each in free:
                each.bind(("127.0.0.1", 0))
            self.ports = [each.getsockname()[1] for each in free]
        names = (*self.PORTS, *(f"{name}.grpc" for name in self.PORTS))
        there = [f"-{name}={port}" for name, port in zip(names, self.ports, strict=True)]
        self.command = [
            Path(sys.executable).with_name("weed"), "server", f"-dir={folder}", "-ip=127.0.0.1",
            "-filer", "-s3", "-s3.port.lance=0", "-s3.port.iceberg=0", *there,
            "-volume.minFreeSpace=1MiB", "-master.volumeSizeLimitMB=64",
        ]  # fmt: skip
        self.log, self.address = folder / "log", f"http://127.0.0.1:{self.ports[3]}"

    def start(self) -> None:
        with self.log.open("a") as log:
            self.server = subprocess.Popen(self.command, stdout=log, stderr=log)
        self.files, _ = fs.FileSystem.from_uri("s3://lake?allow_bucket_creation=true")
        for _ in range(100):
            if self.server.poll() is not None:
                break
            with suppress(OSError):
                self.files.create_dir("lake")
                self.files.get_file_info("lake")
                return
            time.sleep(0.3)
        raise AssertionError(self.log.read_text()[-2000:])

    def kill(self) -> None:
        self.server.kill()
        self.server.wait()
        for port in self.ports:
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    store = Store(folder)
    settings = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": store.address,
        "PYICEBERG_CATALOG__TEST__URI": f"sqlite:///{folder}/catalogue.sqlite",
        "PYICEBERG_CATALOG__TEST__WAREHOUSE": "s3://lake/iceberg",
        "PYICEBERG_CATALOG__TEST__S3__ENDPOINT": store.address,
        "PYICEBERG_CATALOG__TEST__S3__REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setattr(catalog, "_ENV_CONFIG", Config())  # it was read when it was imported
        store.start()
        try:
            catalog.load_catalog("test").create_namespace("social")
            yield store
        finally:
            store.kill()


def put(store: Store, postgres: str, folder: Path) -> None:
    """Put what a folder holds into the stores: a third of the items as files, the rest in Delta."""
    items = pq.read_table(folder / "items.parquet")
    third = items.take(list(range(0, len(items), 3)))
    rest = items.take([row for row in range(len(items)) if row % 3])
    pq.write_table(third, f"lake/more/day/{folder.name}.parquet", filesystem=store.files)
    feed = {"delta.enableChangeDataFeed": "true"}
    where = "s3://lake/posts"
    deltalake.write_deltalake(where, rest, mode="append", configuration=feed)
    choices = pq.read_table(folder / "choices.parquet")
    choices = choices.cast(pa.schema([
        each.with_type(pa.timestamp("us", "UTC")) if pa.types.is_timestamp(each.type) else each
        for each in choices.schema
    ]))  # fmt: skip
    name = "social.choices"
    catalog.load_catalog("test").create_table_if_not_exists(name, choices.schema).append(choices)
    members = pq.read_table(folder / "members.parquet").to_pylist()
    with psycopg.connect(postgres) as connection:
        create = "CREATE TABLE IF NOT EXISTS people (member_id text, region text, birth_date date)"
        connection.execute(f"{create}; TRUNCATE people")
        rows = [tuple(each.values()) for each in members]
        connection.cursor().executemany("INSERT INTO people VALUES (%s, %s, %s)", rows)


@pytest.fixture(scope="module")
def plan(store: Store, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "night.toml"
    path.write_text(PLAN.format(postgresql=postgres))
    return path


def states(report: NightReport) -> dict[str, tuple[str, int]]:
    return {each.name: (each.state, each.rows) for each in report.sources}


def test_a_night_reads_the_lake_as_it_reads_files(
    store: Store, postgres: str, plan: Path, tmp_path: Path
) -> None:
    ours, theirs = Home(tmp_path / "lake"), Home(tmp_path / "files")
    for number, at in ((1, FIRST), (2, SECOND)):
        files = lake(tmp_path / str(number), number, {})
        put(store, postgres, files.parent)
        report, right = night(ours, plan, at), night(theirs, files, at)
        assert report.exit_code == 0, report.line
        assert report.rows("items") == right.rows("items") and report.after and right.after
        assert report.after.counts == right.after.counts
        assert documents(ours) == documents(theirs)
    verify(ours, current(ours))
    posts = report.as_json()["sources"][2]
    assert posts["snapshots"] == {"delta-changes:s3://lake/posts": "1"}
    quiet = night(ours, plan, SECOND)
    assert {state for state, _ in states(quiet).values()} == {"nothing-new"}, states(quiet)


@pytest.fixture(scope="module")
def after(
    store: Store, postgres: str, plan: Path, tmp_path_factory: pytest.TempPathFactory
) -> Home:
    """A network after a night with the lake as it is."""
    folder = tmp_path_factory.mktemp("after")
    if "people" not in tables(postgres):
        put(store, postgres, lake(folder / "first", 1, {}).parent)
    home = Home(folder / "home")
    assert night(home, plan, SECOND).exit_code == 0
    return home


@pytest.fixture
def home(after: Home, tmp_path: Path) -> Home:
    return Home(Path(copytree(after.root, tmp_path / "home")))


def tables(postgres: str) -> set[str]:
    with psycopg.connect(postgres) as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables")}


def test_what_a_commit_of_delta_changes_and_deletes_is_heard(home: Home, plan: Path) -> None:
    there = sorted(documents(home) & {f"i{n}" for n in range(1000) if n % 3})
    gone, reserved, replaced = there[:3]
    posts = deltalake.DeltaTable("s3://lake/posts")
    posts.delete(f"item_id = '{gone}'")
    posts.update({"reservation": "'train-ai=n'"}, predicate=f"item_id = '{reserved}'")
    row = pa.table(posts.scan(predicate=f"item_id = '{replaced}'"))
    new = row.set_column(row.schema.get_field_index("text"), "text", pa.array(["Other words"]))
    deltalake.write_deltalake(posts, new, mode="overwrite", predicate=f"item_id = '{replaced}'")
    report = night(home, plan, LATER)
    assert report.sources[2].changes == {"inserted": 0, "updated": 2, "deleted": 1}, report.line
    assert documents(home) == set(there) - {gone, reserved} | documents(home) - set(there)
    texts = {each.item_id: each.text for each in read(home, current(home))}
    assert texts[replaced] == "Other words"


def test_a_store_that_is_away_or_torn_costs_a_line_and_no_row(
    store: Store, home: Home, plan: Path
) -> None:
    before = made(home)
    store.kill()
    report = night(home, plan, LATER)
    store.start()
    assert (report.exit_code, made(home)) == (74, before)
    assert "cannot be reached" in report.line and "\n" not in report.line
    where = "lake/more/day/torn.parquet"
    with store.files.open_output_stream(where) as file:
        file.write(b"PAR1 and no more")
    report = night(home, plan, LATER)
    assert (report.exit_code, states(report)["more"]) == (65, ("failed", 0))
    assert "`s3://lake/more/*/*.parquet` holds a file that is torn" in report.line
    store.files.delete_file(where)
    assert night(home, plan, LATER).exit_code == 0


def test_an_address_that_cannot_be_read_is_told_in_one_line(home: Home, postgres: str) -> None:
    cases = {
        "delta:s3://lake/nothing": (74, "cannot be reached"),
        "delta:s3://lake/posts?version=x": (65, "give a number: `?version=`"),
        "delta:s3://lake/posts?at=3": (65, "`at` cannot be `3`"),
        "iceberg:test/social.nothing": (74, "cannot be reached"),
        "s3://lake/nothing": (74, "no such file"),
        postgres: (65, "names no table"),
        f"{postgres}#public.nothing": (74, "cannot be reached"),
        "postgresql://me:secret@localhost/x#t": (65, "holds a password"),
    }
    for address, (code, words) in cases.items():
        with pytest.raises(VanneError) as told:
            apply(home, address)
        assert told.value.exit_code == code and words in str(told.value), (address, told.value)
        assert "\n" not in str(told.value) and "secret" not in str(told.value)
