"""`./run python benchmarks/lookup`: what a verdict over HTTP costs, against an empty response.

A corpus of the made-up network with the categories that are never used apart. Each way is a server
in a process of its own; in each round each is asked in turn over eight kept connections, and the
CPU time that its process used is divided by the number of requests. Every answer is compared with
the sidecars, row by row. All is done twice: with what `vanne serve` installs, and with uvloop and
httptools, with which uvicorn costs less, so that what is ours weighs more.
"""

import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.lookup import client, network, report
from benchmarks.lookup.network import Known
from benchmarks.lookup.servers import PATH, TOKEN
from benchmarks.page import PAGE, millions
from benchmarks.serving import Server, served
from benchmarks.terminal import say

from benchmarks import machine

RESULTS = Path(__file__).parents[1] / "results"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
IDS = 1000
URL = PATH.rstrip("/")

Right = Callable[[bytes, list[str]], int]
"""Returns how many of the reasons in an answer are not those expected."""


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked of a server: so many ids at once, in some form."""

    name: str
    server: str
    ids: int
    share: float = 1.0
    kind: str | None = None
    near: bool = False


WAYS = (
    Way("floor", "floor", 1),
    Way("bodiless", "bodiless", 1),
    Way("one", "vanne", 1),
    Way("floor-text", "floor", IDS, 0.1, "text/plain"),
    Way("text", "vanne", IDS, 0.1, "text/plain"),
    Way("text-near", "vanne", IDS, 0.1, "text/plain", near=True),
    Way("json", "vanne", IDS, 0.1, "application/json"),
    Way("starlette", "starlette", 1),
    Way("sqlite", "sqlite", 1),
)


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    about = machine.about()
    with tempfile.TemporaryDirectory(dir=wish.work, prefix="vanne-bench-") as folder:
        known = network.make(Path(folder), wish.items)
        found = {
            "schema": "vanne-benchmark/lookup/1",
            "command": machine.command("lookup", sys.argv[1:]),
            "machine": about,
            "items": wish.items,
            "files": known.files,
            "ids_at_once": IDS,
            "opening": known.opening,
            "loops": {name: _loop(Path(folder), name, known, wish) for name in wish.loops},
        }
    path = wish.results / f"lookup-{millions(wish.items)}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page)


def _loop(folder: Path, name: str, known: Known, wish: Namespace) -> dict[str, Any]:
    """Measure every way with one event loop and parser of HTTP."""
    path = _installed(folder / "fast") if name == "fast" else None
    with ExitStack() as stack:
        servers = {
            server: stack.enter_context(
                served("benchmarks.lookup.servers", server, known.home.root, path)
            )
            for server in dict.fromkeys(way.server for way in WAYS)
        }
        runs: dict[str, list[dict[str, float]]] = {way.name: [] for way in WAYS}
        for number in range(wish.rounds + 1):  # the first warms up and is not counted
            for way in WAYS:
                figures = _measured(way, servers[way.server], known, wish.requests, number)
                if number:
                    runs[way.name].append(figures)
            say(f"{name} {number}: " + _short(runs))
        said = servers["vanne"].said
        return {"http": said["http"], "loop": said["loop"], "runs": runs}


def _measured(way: Way, server: Server, known: Known, most: int, seed: int) -> dict[str, float]:
    count = max(round(most * way.share), client.CONNECTIONS)
    random = np.random.default_rng(1000 * seed + len(way.name))
    batches = [known.some(random, way.ids, near=way.near) for _ in range(count)]
    asked = client.ask(server.port, server.process, [_request(way, ids) for ids, _ in batches])
    wrong = 0
    if way.server not in ("floor", "bodiless"):
        pairs = zip(asked.bodies, batches, strict=True)
        wrong = sum(_wrong(way, body, ids, reasons) for body, (ids, reasons) in pairs)
    return {
        "cpu_us": asked.cpu_s / count * 1e6,
        "wall_us": asked.wall_s / count * 1e6,
        "requests": count,
        "wrong": wrong,
    }


def _request(way: Way, ids: list[str]) -> bytes:
    if way.kind is None:
        return client.get(PATH + ids[0], TOKEN)
    body = json.dumps({"ids": ids}) if "json" in way.kind else "\n".join(ids)
    return client.post(URL, TOKEN, way.kind, body.encode())


def _wrong(way: Way, body: bytes, ids: list[str], reasons: list[str]) -> int:
    if way.kind is None:
        said = json.loads(body)
        return int((said["item_id"], said["reason"]) != (ids[0], reasons[0]))
    listed = json.loads(body)["reasons"] if "json" in way.kind else body.decode().splitlines()
    return sum(a != b for a, b in zip(listed, reasons, strict=True))


def _installed(folder: Path) -> Path:
    """Install what makes uvicorn faster, for this run alone."""
    base = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(folder)]
    command = [base, "-m", "pip", "install", *quiet, "-r", str(REQUIREMENTS)]
    subprocess.run(command, check=True)
    return folder


def _short(runs: dict[str, list[dict[str, float]]]) -> str:
    return ", ".join(f"{name} {found[-1]['cpu_us']:.1f}" for name, found in runs.items() if found)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/lookup", description=__doc__)
    add = parser.add_argument
    add("--items", type=network.number, default=1_000_000, help="how many: 1M, 10M")
    add("--rounds", type=int, default=7)
    add("--requests", type=int, default=4000, help="single ones in a round; batches: a tenth")
    add("--loops", nargs="+", choices=("plain", "fast"), default=["plain", "fast"])
    add("--work", type=Path, help="where the data lies meanwhile (default: the system's)")
    add("--results", type=Path, default=RESULTS, help="where the measurements are kept")
    add("--page", type=Path, default=PAGE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
