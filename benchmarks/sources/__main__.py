"""What reading a table of an archive costs, beside Python's own CSV reader and DuckDB's.

`python -m benchmarks.sources --size BYTES`: one file, each reader three times in turn, CPU seconds
of the process (DuckDB with one thread), the least of each. Ours also makes the items.
"""

import csv
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.sources.archives import comments
from vanne.sources import survey


def by_python(path: Path) -> int:
    """Count the rows with the csv module."""
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def by_duckdb(path: Path) -> int:
    """Count the rows with DuckDB, every column read as text."""
    with duckdb.connect(config={"threads": 1}) as connection:
        said = f"SELECT sum(length(Message) >= 0) FROM read_csv('{path}', all_varchar = true)"
        return int(connection.sql(said).fetchall()[0][0])


def by_vanne(path: Path) -> int:
    """Make the items, and let them go."""
    return survey([path]).read(lambda _: None).rows


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser()
    parser.add_argument("--size", type=int, default=20_000_000)
    size = parser.parse_args().size
    ways: dict[str, Callable[[Path], int]] = {
        "python": by_python,
        "duckdb": by_duckdb,
        "vanne": by_vanne,
    }
    seconds = dict.fromkeys(ways, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Comments.csv"
        path.write_text("".join(comments(size)), encoding="utf-8")
        counts = set()
        for _ in range(3):
            for name, way in ways.items():
                start = time.process_time()
                counts.add(way(path))
                seconds[name] = min(seconds[name], time.process_time() - start)
    assert len(counts) == 1, counts
    for name, least in seconds.items():
        print(f"{name:8} {least:7.2f} s  {seconds['vanne'] / least:6.1f} x")
    print(f"{counts.pop():,} rows, {size:,} bytes")


if __name__ == "__main__":
    main()
