"""What reading archives costs, beside Python's own CSV reader and DuckDB's.

`./run python benchmarks/sources`: a table of comments and one of messages, each reader in turn in
three rounds, CPU seconds of the process (DuckDB with one thread), the least of each. Ours also
makes the items. `--archive BYTES` also makes a zip of that size and runs `vanne inspect` on it to
its end, against reading every entry of the zip and the rows of its tables with `zipfile` and `csv`.
`--browser BYTES` makes a zip of that size too, and reads it in this Python and in that of a browser
(Pyodide in Node), one after the other. `--site BYTES` opens the page that `vanne site build` makes
in Debian's Chromium, which may use one core, with the example and with such a zip; its seconds
are those of the processor, of all its processes. Chromium's own throttling does not reach workers.
"""

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.page import PAGE, ROOT, table, write_section
from benchmarks.sources.archives import comments, messages, write_archive
from vanne.sources import survey

if TYPE_CHECKING:
    from playwright.sync_api import Page

RESULTS = ROOT / "benchmarks" / "results" / "sources.json"
INSPECT = """
import contextlib, sys, time
from pathlib import Path
from vanne.cli import main
with contextlib.suppress(SystemExit), open(sys.argv.pop(), 'w') as sys.stdout:
    main()
print(time.process_time(), Path('/proc/self/status').read_text(), file=sys.stderr)
"""


def by_python(path: Path) -> int:
    """Count the rows with the csv module."""
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def by_duckdb(path: Path) -> int:
    """Count the rows with DuckDB, every column read as text."""
    with duckdb.connect(config={"threads": 1}) as connection:
        said = f"SELECT count(COLUMNS(*)) FROM read_csv('{path}', all_varchar = true)"
        return int(max(connection.sql(said).fetchall()[0]))


def by_vanne(path: Path) -> int:
    """Make the items, and let them go."""
    with survey([path]) as found:
        return found.read(lambda _: None).rows


WAYS: dict[str, Callable[[Path], int]] = {
    "python": by_python,
    "duckdb": by_duckdb,
    "vanne": by_vanne,
}


def compared(path: Path) -> dict[str, Any]:
    """Read a table in every way, in turn; return the rows and the least CPU seconds of each."""
    seconds = dict.fromkeys(WAYS, float("inf"))
    counts: dict[str, int] = {}
    for _ in range(3):
        for name, way in WAYS.items():
            start = time.process_time()
            counts[name] = way(path)
            seconds[name] = min(seconds[name], time.process_time() - start)
    return {"table": path.name, "bytes": path.stat().st_size, "rows": counts, "seconds": seconds}


def of_zip(path: Path) -> float:
    """Return the CPU seconds of reading every entry of a zip, tables row by row."""
    start = time.process_time()
    with zipfile.ZipFile(path) as packed:
        for entry in packed.infolist():
            with packed.open(entry) as stream:
                if entry.filename.endswith(".csv"):
                    sum(1 for _ in csv.reader(io.TextIOWrapper(stream, "utf-8", newline="")))
                    continue
                while stream.read(1 << 18):
                    pass
    return time.process_time() - start


def inspected(size: int) -> dict[str, Any]:
    """Inspect an archive of that many bytes; return what came out, the peak of memory, the CPU."""
    with tempfile.TemporaryDirectory() as folder:
        path, said = Path(folder) / "archive.zip", Path(folder) / "said.json"
        write_archive(path, size)
        plain = of_zip(path)
        command = [
            sys.executable,
            "-c",
            INSPECT,
            "inspect",
            str(path),
            "--region",
            "CH",
            "--json",
            "--quiet",
        ]
        done = subprocess.run([*command, str(said)], capture_output=True, text=True, check=True)
        peak = re.search(r"VmHWM:\s+(\d+)", done.stderr)
        assert peak is not None
        totals = json.loads(said.read_text(encoding="utf-8"))["totals"]
        return {
            "bytes": sum(entry.file_size for entry in zipfile.ZipFile(path).infolist()),
            "totals": totals,
            "peak_mib": int(peak[1]) // 1024,
            "seconds": float(done.stderr.split()[0]),
            "plain_seconds": plain,
        }


def in_browser(size: int) -> dict[str, Any]:
    """Inspect an archive here and in Pyodide; return what came out, the CPU, the heap."""
    from vanne.site import bridge
    from vanne.site.build import compiled, program, pyodide

    package = pyodide()
    python = compiled(program(), package)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.zip").write_bytes(python.program)
        (folder / "stdlib.zip").write_bytes(python.stdlib)
        write_archive(folder / "small.zip", size // 100)
        write_archive(folder / "archive.zip", size)
        given = {"folder": name, "langs": ["en"]}
        pages = ([], ["/"], ["/items"], ["/items?page=2"], ["/items?page=400"], ["/items?q=river"])
        asked = [{**given, "paths": ["small.zip"], "pages": ["/", "/items"]}]
        asked += [{**given, "paths": ["archive.zip"], "pages": each} for each in pages]
        (folder / "cases.json").write_text(json.dumps(asked))
        command = ["node", ROOT / "tests/site/in_node.mjs", folder, package, folder / "cases.json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        here = list[float]()
        for _ in pages:
            start = time.process_time()
            bridge.read([str(folder / "archive.zip")], "CH", "2026-11-25")
            here.append(time.process_time() - start)
    _, *answers = json.loads(done.stdout)
    return {
        "bytes": size,
        "rows": answers[0]["document"]["totals"]["rows"],
        "seconds": min(answer["read"] for answer in answers),
        "seconds_here": min(here),
        "heap_mib": answers[-1]["heap"],
        "pages": {
            case["pages"][0]: answer["paged"]
            for case, answer in zip(asked[1:], answers, strict=True)
            if case["pages"]
        },
    }


def in_page(size: int) -> dict[str, Any]:
    """Open the page in Chromium three times, on one core; return its bytes, and the least CPU."""
    from playwright.sync_api import sync_playwright
    from tests.browser.conftest import CHROMIUM

    from vanne.site.build import build

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        built, archive = build(Path(name)), Path(name) / "archive.zip"
        write_archive(archive, size)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # what it starts has the same
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        rounds = [opened(browser.new_page(), built.path, archive) for _ in range(3)]
        browser.close()
    return {
        "archive_bytes": size,
        "bytes": built.size_bytes,
        "bytes_on_the_wire": built.wire_bytes,
        "seconds": {step: min(each[step] for each in rounds) for step in rounds[0]},
    }


def opened(page: "Page", site: Path, archive: Path) -> dict[str, float]:
    """Open the page, ask for the example, then for an archive; return the CPU of each step."""
    from tests.browser.site_tabs import ANSWERED, until

    seconds: dict[str, float] = {}

    def timed(step: str, begin: Callable[[], object], is_over: str) -> None:
        start = chromium_seconds()
        begin()
        until(lambda: page.evaluate(is_over), 1800)
        seconds[step] = chromium_seconds() - start

    timed("ready", lambda: page.goto(site.as_uri()), "ready")
    press = "(document.getElementById('example').click(), true)"
    timed("example", lambda: page.evaluate(press), ANSWERED)
    page.evaluate("(start(), document.getElementById('region').value = 'CH', true)")
    until(lambda: page.evaluate("ready"))  # Python begins anew for the next archive
    timed("archive", lambda: page.set_input_files("#files", archive), ANSWERED)
    page.close()
    return seconds


def chromium_seconds() -> float:
    """Return the CPU seconds of every process of Chromium that runs under this one."""
    parents, ticks = dict[int, int](), dict[int, int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            name, _, rest = path.read_text().partition("(")[2].rpartition(")")
            values, number = rest.split(), int(path.parts[2])
            parents[number] = int(values[1])
            ticks[number] = sum(map(int, values[11:13])) if "chrom" in name else 0

    def is_ours(number: int) -> bool:
        return number == os.getpid() or (number in parents and is_ours(parents[number]))

    return sum(ticks[each] for each in ticks if is_ours(each)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, keep what was measured, and write it into the docs."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000_000)
    parser.add_argument("--archive", type=int, default=0)
    parser.add_argument("--browser", type=int, default=0)
    parser.add_argument("--site", type=int, default=0)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--results", type=Path, default=RESULTS)
    wish = parser.parse_args()
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/sources/1",
        "command": machine.command("sources", sys.argv[1:]),
        "machine": machine.about(),
    }
    with tempfile.TemporaryDirectory() as folder:
        found["tables"] = []
        for name, lines in (("Comments.csv", comments), ("messages.csv", messages)):
            path = Path(folder) / name
            path.write_text("".join(lines(wish.size)), encoding="utf-8", newline="")
            found["tables"].append(compared(path))
    before = json.loads(wish.results.read_text()) if wish.results.exists() else {}
    found["archive"] = inspected(wish.archive) if wish.archive else before.get("archive")
    found["browser"] = in_browser(wish.browser) if wish.browser else before.get("browser")
    found["site"] = in_page(wish.site) if wish.site else before.get("site")
    wish.results.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_section(wish.page, "sources", section(found))


def section(found: dict[str, Any]) -> str:
    """Return what the page says of a run."""
    rows = [
        [
            one["table"],
            f"{one['rows']['vanne']:,}",
            *(f"{one['seconds']['vanne'] / one['seconds'][n]:.1f}" for n in ("python", "duckdb")),
            f"{1e6 * one['seconds']['vanne'] / one['rows']['vanne']:.0f} µs",
        ]
        for one in found["tables"]
    ]
    head = ("table", "rows", "× `csv`", "× DuckDB", "CPU a row")
    parts = [f"`{found['command']}`\n\n{machine.sentence(found['machine'])}.", table(head, rows)]
    if archive := found.get("archive"):
        totals, megabytes = archive["totals"], archive["bytes"] / 1e6
        parts.append(
            f"`vanne inspect` read a zip of {megabytes:,.0f} MB to its end: {totals['rows']:,} "
            f"rows, {totals['items']:,} items, {totals['listed']:,} listed. At its peak the "
            f"process held **{archive['peak_mib']} MiB**. It took "
            f"{archive['seconds'] / archive['plain_seconds']:.1f} times the CPU of `zipfile` and "
            f"`csv` on the same zip ({archive['seconds'] / megabytes:.2f} s a MB). It also makes "
            "each item and decides it."
            + (f" Measured {archive['measured']}." if "measured" in archive else "")
        )
    if browser := found.get("browser"):
        pages = ", ".join(f"`{page}` {cpu:.1f} s" for page, cpu in browser["pages"].items())
        parts.append(
            f"In the Python of a browser (Pyodide in Node) an archive of "
            f"{browser['bytes'] / 1e6:,.0f} MB and {browser['rows']:,} rows takes "
            f"{browser['seconds']:.1f} CPU s, "
            f"{browser['seconds'] / browser['seconds_here']:.1f} times as long as here in the "
            f"same run, and {browser['heap_mib']} MiB of heap. The pages after it take: {pages}. "
            "A search reads the whole archive again, a page that is far away reads up to there."
        )
    if site := found.get("site"):
        seconds = site["seconds"]
        parts.append(
            f"The page of `vanne site build` has {site['bytes'] / 1e6:.1f} MB, and "
            f"{site['bytes_on_the_wire'] / 1e6:.1f} MB on the wire (gzip). In Debian's Chromium it "
            f"is ready after {seconds['ready']:.1f} CPU s. The example takes "
            f"{seconds['example']:.1f} CPU s, and a zip of {site['archive_bytes'] / 1e6:.0f} MB "
            f"{seconds['archive']:.1f} CPU s: all processes of Chromium on one core, the least of "
            "three." + (f" Measured {site['measured']}." if "measured" in site else "")
        )
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
