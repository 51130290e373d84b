"""What DuckDB and the operating system say reaches the person: input and the line that it gives."""

import gzip
import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.table import every
from vanne.errors import MissingError, VanneError
from vanne.sources import scan
from vanne.sources.batches import item_batches
from vanne.sources.relation import input_error
from vanne.sources.tables import read_items

ROWS = "item_id,owner,category,created_at,subjects\n1,ada,post,2025-01-01,\"bob;eve\"\n2,Anna Muster,post,2025-01-02,\n"  # fmt: skip
OTHERWISE = "give it the name of what it holds, or convert it"
INSTALL = "run `python -I -c \"import duckdb; duckdb.sql('INSTALL {0}')\"`"
LACKS = "the query: DuckDB's extension `{0}` is not installed: " + INSTALL
NOT_FIT = "the query: cannot be read as a table of items: a value does not fit its column: mend or replace it"  # fmt: skip
NOT_READ = "the query: cannot be read as a table of items: `{0}`: mend or replace it"

CASES = {
    # files that are called otherwise
    "fake.parquet": (65, f"fake.parquet: its name says .parquet, and it holds something else: {OTHERWISE}"),
    "packed.csv": (65, f"packed.csv: its name says .csv, and it holds data packed with gzip: {OTHERWISE}"),
    "plain.csv.gz": (65, f"plain.csv.gz: its name says .csv.gz, and it holds something else: {OTHERWISE}"),
    "parquet.csv": (65, f"parquet.csv: its name says .csv, and it holds a Parquet file: {OTHERWISE}"),
    "sheet.csv": (65, f"sheet.csv: its name says .csv, and it holds a workbook or a zip archive: {OTHERWISE}"),
    "sheet.jsonl": (65, f"sheet.jsonl: its name says .jsonl, and it holds a workbook or a zip archive: {OTHERWISE}"),
    "wide.csv": (65, f"wide.csv: its name says .csv, and it holds text in UTF-16: {OTHERWISE}"),
    "base.csv": (65, f"base.csv: its name says .csv, and it holds a database: {OTHERWISE}"),
    "cut.csv.gz": (65, "cut.csv.gz: what is packed in it is damaged or cut off: copy it again"),
    "short.parquet": (65, "short.parquet: cannot be read as a table of items: `too small to be a Parquet file`: mend or replace it"),
    "decimal.csv": (65, "decimal.csv: cannot be read as a table of items: `on Line: 3, Expected Number of Columns: 5 Found: 6`: put what holds the separator, such as a decimal comma, into quotes"),
    # places
    "gone.csv": (74, "no such file: `gone.csv`: check the path"),
    "nowhere/items.csv": (74, "no such folder: `nowhere`: make it, or check the path"),
    "lake": (65, "the folder `lake` holds the folder `dt=202601`: give a pattern: `lake/**/*.parquet`"),
    "none": (65, "the folder `none` holds no tables: give a folder with files of one kind: .parquet, .csv, .tsv, .jsonl, .ndjson"),
    "https://host/items.parquet": (65, "`https://host/items.parquet` is an address, and only files are read: copy it to this machine first"),
    "-": (65, "`-` is a stream, and a table is read more than once: write it to a file first"),
    "/dev/stdin": (65, "`/dev/stdin` is a stream, and a table is read more than once: write it to a file first"),
    # queries
    "SELECT * FROM delta_scan('lake')": (69, LACKS.format("delta")),
    "SELECT * FROM iceberg_scan('lake')": (69, LACKS.format("iceberg")),
    "SELECT * FROM read_parquet('s3://lake/x.parquet')": (69, LACKS.format("httpfs")),
    "SELECT * FROM 'https://host/x.parquet'": (69, LACKS.format("httpfs")),
    "FROM sqlite_scan('x.db', 't')": (69, LACKS.format("sqlite_scanner")),
    "FROM read_xlsx('x.xlsx')": (69, LACKS.format("excel")),
    "FROM st_read('x.shp')": (69, LACKS.format("spatial")),
    "SELECT * FROM 'gone.csv'": (74, "no such file: `gone.csv`: check the path"),
    "FROM 'x.duckdb'": (74, "no such file: `x.duckdb`: check the path"),
    "SELECT * FROM nothing": (65, NOT_READ.format("Table with name nothing does not exist!")),
    "SELECT * FRM x": (65, NOT_READ.format('syntax error at or near "x"')),
    "SELECT nope FROM 'good.csv'": (65, NOT_READ.format('Referenced column "nope" not found in FROM clause!')),
    "SELECT CAST(owner AS INT) AS owner, * EXCLUDE owner FROM 'good.csv'": (65, NOT_READ.format("on Line: 2")),
    "SELECT error(owner) AS owner, * EXCLUDE owner FROM 'good.csv'": (65, NOT_FIT),
}  # fmt: skip

READ = ("good.csv", "semicolons.csv", "tabs.csv", "bars.csv", "good.csv.gz", "good.jsonl.gz",
        "lake/**/*.parquet", "lake/*/*.parquet")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake" / "dt=202601").mkdir(parents=True)
    (tmp_path / "none").mkdir()
    texts = {
        "good.csv": ROWS,
        "semicolons.csv": ROWS.replace(",", ";"),
        "tabs.csv": ROWS.replace(",", "\t"),
        "bars.csv": ROWS.replace(",", "|"),
        "decimal.csv": ROWS.replace("2025-01-02", "1,5"),
        "fake.parquet": ROWS,
        "plain.csv.gz": ROWS,
    }
    for name, text in texts.items():
        Path(name).write_text(text)
    good = duckdb.sql("FROM read_csv('good.csv', all_varchar = true)")
    good.write_parquet("lake/dt=202601/x.parquet")
    duckdb.sql("COPY good TO 'good.jsonl' (FORMAT json)")
    packed = gzip.compress(ROWS.encode())
    data = {
        "good.csv.gz": packed,
        "packed.csv": packed,
        "cut.csv.gz": packed[:40],
        "good.jsonl.gz": gzip.compress(Path("good.jsonl").read_bytes()),
        "parquet.csv": Path("lake/dt=202601/x.parquet").read_bytes(),
        "sheet.csv": b"PK\3\4" + bytes(40),
        "sheet.jsonl": b"PK\3\4" + bytes(40),
        "wide.csv": ROWS.encode("utf-16"),
        "short.parquet": b"PAR1",
    }
    for name, content in data.items():
        Path(name).write_bytes(content)
    with sqlite3.connect("base.csv") as base:
        base.execute("CREATE TABLE t (x)")
    base.close()
    return tmp_path


@every("source", CASES)
def test_cause_is_said_in_one_line(folder: Path, source: str) -> None:
    code, line = CASES[source]
    with pytest.raises(VanneError) as caught:
        list(item_batches(source))
    assert (caught.value.exit_code, str(caught.value)) == (code, line)
    assert "Anna" not in str(caught.value)


@every("source", READ)
def test_table_is_read_whatever_separates_or_packs_it(folder: Path, source: str) -> None:
    first, second = read_items(source)
    assert (first.item_id, first.owner, first.subjects) == ("1", "ada", ("bob", "eve"))
    assert (second.owner, second.subjects) == ("Anna Muster", ())


def test_row_with_one_field_too_many_is_refused_even_if_that_is_empty(tmp_path: Path) -> None:
    """A comma that is not quoted shifts what follows: a reservation would be read as a language."""
    path = tmp_path / "items.csv"
    head = "item_id,owner,author,category,created_at,tags,reservation,lang"
    path.write_text(f"{head}\n1,ada,Lovelace, Ada,post,2025-01-01,,train-ai=n,\n")
    with pytest.raises(VanneError, match="Expected Number of Columns: 8 Found: 9"):
        list(item_batches(str(path)))


def test_what_may_not_be_read_is_said_to_be_so(folder: Path) -> None:
    error = PermissionError(13, "Permission denied", "good.csv")
    assert str(input_error(error, "good.csv", "items")) == "no permission for `good.csv`: check its owner and mode"  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('IO Error: Could not write file "/d/spill": No space left on device', "no space left on the disk while writing `/d/spill`"),
        ("IO Error: No space left on device", "no space left on the disk while writing a file"),
        ('IO Error: Cannot open file "x.csv": Too many open files', 'good.csv: `Cannot open file "x.csv": Too many open files`'),
    ],
)  # fmt: skip
def test_disk_that_is_full_was_written_and_not_read(text: str, line: str) -> None:
    assert str(input_error(duckdb.IOException(text), "good.csv", "items")).startswith(line)


def test_memory_that_is_full_is_called_so() -> None:
    error = duckdb.OutOfMemoryException("Out of Memory Error: Anna")
    assert str(input_error(error, "x.csv", "items")).startswith("out of memory while reading x.csv")


def test_error_of_a_kind_that_nobody_foresaw_shows_its_kind_and_no_value() -> None:
    error = duckdb.NotImplementedException("Not implemented Error: Anna Muster")
    line = str(input_error(error, "x.csv", "items"))
    assert line == "x.csv: cannot be read as a table of items: DuckDB stopped (NotImplementedException): mend or replace it"  # fmt: skip


def test_query_fetches_no_extension(folder: Path) -> None:
    with pytest.raises(MissingError):
        list(item_batches("SELECT * FROM delta_scan('lake')"))
    with scan.connected(1) as one, scan.connected(2) as two:
        for ours in (one, two):
            setting = "SELECT current_setting('autoinstall_known_extensions')"
            assert ours.sql(setting).fetchall() == [(False,)]


def test_full_disk_is_written_and_not_read(folder: Path) -> None:
    """A real one: the process may write no file of more than 1 kB."""
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)); import sys; "
        # else Python would write its bytecode cut at the limit, and later runs would read that
        "sys.dont_write_bytecode = True; from vanne.cli import main; main()"
    )
    asked = "decide --policy linkedin-2025-11-03 --as-of 2026-01-01 --items texts.csv --members members.csv --out out.parquet"
    Path("members.csv").write_text("member_id,region,birth_date\na,CH,1990-01-01\n")
    command = [sys.executable, "-c", program, *asked.split()]
    Path("texts.csv").write_text("item_id,owner,category,created_at,text\n" + "".join(f"{n},a,post,2025-01-01,{os.urandom(40).hex()}\n" for n in range(2000)))  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 74, done
    assert "reading" not in done.stderr and "file too large" in done.stderr.lower(), done
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1024
    assert not Path("out.parquet").exists()
