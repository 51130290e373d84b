"""`./run python benchmarks/http`: what a choice and a page of settings cost over HTTP.

A choice that is posted is held against an empty response (raw ASGI) with a bare insert into SQLite
that is as durable; a page against an empty response. Each way is a server in a process of its own;
in each round each is asked in turn, and the CPU time that its process used is divided by the
number of requests. What single verdicts cost is in `benchmarks/lookup`, by the same client.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.http import report
from benchmarks.http.servers import vanne
from benchmarks.lookup import client
from benchmarks.lookup.network import number
from benchmarks.network import AS_OF, PURPOSE
from benchmarks.page import PAGE, millions
from benchmarks.serving import Server, served
from starlette.testclient import TestClient

from benchmarks import machine, measure
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.report.member_items import members_of
from vanne.report.switches import purpose_switch
from vanne.tokens import create

RESULTS = Path(__file__).parents[1] / "results"
SWITCH = "/settings/data-privacy/generative-ai"
HOST = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked of a server, over so many connections at once."""

    name: str
    server: str
    at_once: int
    posts: bool = False
    share: float = 1.0


WAYS = (
    Way("floor", "floor", 1),
    Way("settings", "vanne", 1, share=0.25),
    Way("ledger", "vanne", 1),
    *(
        Way(f"{server}-{at_once}", server, at_once, posts=True)
        for at_once in (1, 16, 64)
        for server in ("floor", "insert", "vanne")
    ),
)
PATHS = {"floor": "/", "settings": SWITCH, "ledger": "/v1/ledger"}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a program with a token and a member with a cookie; and who the members are."""

    token: str
    cookie: str
    members: list[str]

    def request(self, way: Way, turn: int) -> bytes:
        """Return the request of a turn."""
        if not way.posts:
            return client.get(PATHS[way.name], self.token, self.cookie)
        member = self.members[turn % len(self.members)]
        body = json.dumps({"member_id": member, "on": turn % 2 == 0}).encode()
        return client.post("/v1/choices", self.token, "application/json", body)


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    about = machine.about()
    with tempfile.TemporaryDirectory(dir=wish.work, prefix="vanne-bench-") as folder:
        home = _network(Path(folder), wish.items)
        before = _size(home)
        found = {
            "schema": "vanne-benchmark/http/1",
            "command": machine.command("http", sys.argv[1:]),
            "machine": about,
            "items": wish.items,
            "runs": _runs(home, wish),
            "recorded": _size(home) - before,
        }
        found["wrong"] = _posted(found["runs"]) - found["recorded"]
    path = wish.results / f"http-{millions(wish.items)}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page)


def _network(folder: Path, items: int) -> Home:
    home = Home(folder / "home")
    for step in (
        ("prepare", str(home.root), str(items), "2"),
        ("build", str(home.root), AS_OF),
    ):
        measure.run([sys.executable, "-m", "benchmarks.corpora", *step])
    return home


def _runs(home: Home, wish: Namespace) -> dict[str, list[dict[str, float]]]:
    """Measure every way in every round."""
    asker = _asker(home)
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(served("benchmarks.http.servers", name, home.root))
            for name in dict.fromkeys(way.server for way in WAYS)
        }
        runs: dict[str, list[dict[str, float]]] = {way.name: [] for way in WAYS}
        for turn in range(wish.rounds + 1):  # the first warms up
            for way in WAYS:
                figures = _measured(way, servers[way.server], asker, wish.requests)
                runs[way.name].append(figures | {"counts": turn > 0})
            print(f"{turn}: {report.short(runs)}", file=sys.stderr, flush=True)
    return runs


def _measured(way: Way, server: Server, asker: Asker, most: int) -> dict[str, float]:
    count = max(round(most * way.share), way.at_once)
    requests = [asker.request(way, turn) for turn in range(count)]
    asked = client.ask(server.port, server.process, requests, way.at_once)
    waits = sorted(asked.waits_s)
    return {
        "cpu_us": asked.cpu_s / count * 1e6,
        "wall_us": asked.wall_s / count * 1e6,
        "p50_ms": waits[len(waits) // 2] * 1e3,
        "p95_ms": waits[int(len(waits) * 0.95)] * 1e3,
        "bytes": len(asked.bodies[-1]),
        "requests": count,
    }


def _asker(home: Home) -> Asker:
    """Make a token, and sign a member in: the cookie is good for every server of the home."""
    scopes = ("choices", "ledger")
    token = create(home, "benchmark", scopes, 1, datetime.now(UTC))
    members = _members(home)
    with TestClient(vanne(home), base_url=HOST) as browser:
        browser.post("/sign-in", data={"member": members[0]})
        assert browser.get(SWITCH, follow_redirects=False).status_code == 200
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return Asker(token, cookie, members)


def _members(home: Home) -> list[str]:
    """Return the first thousand members who may be on: who is kept out is refused."""
    now = datetime.now(UTC)
    policy = policy_at(home, now)
    ids = pq.read_table(home.members, columns=["member_id"])["member_id"].slice(0, 10_000)
    members = members_of(home, set(ids.to_pylist()))
    switches = ((each, purpose_switch(each, policy, PURPOSE, (), now)) for each in members)
    return sorted(each.member_id for each, switch in switches if not switch.state.block)[:1000]


def _posted(runs: dict[str, list[dict[str, float]]]) -> float:
    posts = [way.name for way in WAYS if way.posts and way.server == "vanne"]
    return sum(run["requests"] for name in posts for run in runs[name])


def _size(home: Home) -> int:
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.fsck().ok
        return ledger.size


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/http", description=__doc__)
    add = parser.add_argument
    add("--items", type=number, default=1_000_000, help="how many: 1M, 10M")
    add("--rounds", type=int, default=7)
    add("--requests", type=int, default=1000, help="of each way in a round; pages: a quarter")
    add("--work", type=Path, help="where the data lies meanwhile (default: the system's)")
    add("--results", type=Path, default=RESULTS, help="where the measurements are kept")
    add("--page", type=Path, default=PAGE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
