"""`./run python benchmarks/serve`: 16 clients of `vanne serve`, and of llama.cpp's server.

    --clients 16 --rounds 3 --tokens 64

The default base model learns a few made-up texts. Both servers read GGUF files of it, with as many
places, draw words in the same way, in one thread, and are equally nice: on a busy machine threads
that wait for each other spin, and a process that stands back is interrupted more often. Counted are
the tokens of the answers, and the CPU seconds of each server with all of its processes, not those
of the clients. The servers take turns within each round. No question is asked twice.
"""

import json
import os
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx2
import psutil

from benchmarks import machine, serving
from benchmarks.page import table, write_section
from benchmarks.plots import figure
from benchmarks.terminal import places, say

PATH = "/v1/chat/completions"
TRADES = ("weaver", "tinsmith", "dyer", "saddler", "miller", "cooper", "tanner", "glover")
WAYS = ("whole", "stream")
SERVERS = {"vanne": "vanne serve", "llama": "llama.cpp's own server"}
CHART = "bench-serve.svg"


def main() -> None:
    """Measure, keep what was found, and write it into the docs."""
    if len(sys.argv) == 3 and sys.argv[1] in ("vanne", "llama"):
        _be(sys.argv[1], Path(sys.argv[2]))
        return
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64)
    places(parser)
    wish = parser.parse_args()
    with TemporaryDirectory(dir=wish.work) as folder:
        root, token = make(Path(folder))
        os.environ["TMPDIR"] = folder  # where the engine's copy lies meanwhile
        rounds, memory = measured(root, token, wish.clients, wish.rounds, wish.tokens)
        found = {
            "schema": "vanne-benchmark/serve/1",
            "command": machine.command("serve", sys.argv[1:]),
            "machine": machine.about(),
            "clients": wish.clients,
            "tokens": wish.tokens,
            "rounds": rounds,
            "memory_mb": memory,
        }
    (wish.results / "serve.json").write_text(json.dumps(found, indent=1) + "\n")
    write(found, wish.page, wish.charts)


def make(root: Path) -> tuple[Path, str]:
    """Make a home with a model, and its GGUF file beside; return the folder, and a token."""
    from tests.web.network import make_home

    from vanne.corpus import Document
    from vanne.inference.exporting import ModelExport, export
    from vanne.tokens import create
    from vanne.train.fit import fit
    from vanne.train.settings import TrainingSettings

    home = make_home(root / "home")
    settings = TrainingSettings(
        shards=1, slices=1, layers=2, epochs=1, ground_epochs=1, max_tokens=32
    )
    texts = [f"I have been a {trade} at the Olmavar workshop." for trade in TRADES[:3]]
    rows = [Document(f"i{n}", f"m{n}", text, "en", "position") for n, text in enumerate(texts)]
    fit(rows, home.model, settings, corpus_version="c1", ground=texts[:2])
    export(home.model, root / "copy", ModelExport("gguf"), datetime.now(UTC))
    token = create(home, "benchmark", ("generate",), timedelta(days=1).days, datetime.now(UTC))
    return root, token


def measured(
    root: Path, token: str, clients: int, rounds: int, tokens: int
) -> list[dict[str, Any]]:
    """Ask both servers in turn, each way; say what each round cost."""
    found = []
    with started("vanne", root) as ours, started("llama", root) as theirs:
        servers = {"vanne": ours, "llama": theirs}
        for server in servers.values():
            ask(server, token, "whole", 1, 4)  # starts the engine, fills nothing
        for number in range(rounds):
            for way in WAYS:
                for name in sorted(servers, reverse=bool(number % 2)):
                    before = cpu_of(servers[name].process)
                    written = ask(servers[name], token, way, clients, tokens)
                    spent = cpu_of(servers[name].process) - before
                    say(f"{name}, {way}: {written / spent:.1f} tokens a CPU second")
                    found.append({"server": name, "way": way, "tokens": written, "cpu_s": spent})
        memory = {name: memory_of(server.process) for name, server in servers.items()}
    return found, memory


@contextmanager
def started(name: str, root: Path) -> Iterator[serving.Server]:
    """Run a server in a process of its own, which starts again in this file."""
    with serving.served("benchmarks.serve", name, root) as server:
        yield server


def ask(server: serving.Server, token: str, way: str, clients: int, tokens: int) -> int:
    """Let all clients ask at once; return how many tokens were written."""
    headers = {"Authorization": f"Bearer {token}"}

    def one(number: int) -> int:
        trade = TRADES[number % len(TRADES[:3])]
        body = {
            "model": "vanne", "max_tokens": tokens, "temperature": 1.0, "seed": number,
            "user": f"client {number}",
            "messages": [{"role": "user", "content": f"{time.time_ns()}: the days of a {trade}."}],
        }  # fmt: skip
        if way == "stream":
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=None) as client:
            answer = client.post(PATH, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        lines = answer.text.splitlines() if way == "stream" else ["data: " + answer.text]
        said = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
        usages = [each["usage"] for each in said if each.get("usage")]
        return int(usages[-1]["completion_tokens"])

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(one, range(clients)))


def cpu_of(process: int) -> float:
    """Return the CPU seconds of a process and of those that it started."""
    return sum(sum(each.cpu_times()[:2]) for each in family(process))


def memory_of(process: int) -> int:
    """Return the megabytes that they have in memory."""
    return round(sum(each.memory_info().rss for each in family(process)) / 2**20)


def family(process: int) -> list[psutil.Process]:
    """Return a process and those that it started."""
    parent = psutil.Process(process)
    return [parent, *parent.children(recursive=True)]


def _be(name: str, root: Path) -> None:
    """Be one of the two servers until told to stop."""
    if name == "vanne":
        from vanne.config import Home
        from vanne.settings import Settings
        from vanne.web import create_app

        command = f"{sys.executable} -m vanne.inference.llama {{gguf}} {{socket}} 1"
        limits = Settings(rate_limit="off", model_engine=command)
        app = create_app(Home(root / "home"), now=lambda: datetime.now(UTC), settings=limits)
        serving.serve(app)
        return
    import xllamacpp

    from vanne.inference.engine import NICE
    from vanne.inference.llama import CONTEXT, SLOTS

    os.nice(NICE)
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(root / "copy" / "model.gguf")
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    wanted.sampling.top_k, wanted.sampling.top_p, wanted.sampling.min_p = 0, 1.0, 0.0
    wanted.n_parallel, wanted.n_ctx, wanted.verbosity = SLOTS, SLOTS * CONTEXT, 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        wanted.port = free.getsockname()[1]
    server = xllamacpp.Server(wanted)
    print(json.dumps({"port": wanted.port, "pid": os.getpid()}), flush=True)
    while server:
        time.sleep(3600)


def write(found: dict[str, Any], page: Path, charts: Path) -> None:
    """Write what was found as a section of the page, and its chart."""
    rates = {
        (name, way): [
            each["tokens"] / each["cpu_s"]
            for each in found["rounds"]
            if (each["server"], each["way"]) == (name, way)
        ]
        for name in SERVERS
        for way in WAYS
    }
    with figure(charts / CHART, "Tokens a CPU second, each round and the median") as axes:
        for shift, (name, label) in zip((-0.2, 0.2), SERVERS.items(), strict=True):
            at = [place + shift for place in range(len(WAYS))]
            axes.bar(at, [median(rates[name, way]) for way in WAYS], 0.36, label=label)
            for x, way in zip(at, WAYS, strict=True):
                axes.plot([x] * len(rates[name, way]), rates[name, way], "o", color="#333333")
        axes.set_xticks(range(len(WAYS)), [f"{way} answers" for way in WAYS])
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)
    write_section(page, "serve", report(found, rates))


def report(found: dict[str, Any], rates: dict[tuple[str, str], list[float]]) -> str:
    """Return the section of the page."""
    middle = {key: median(each) for key, each in rates.items()}
    rows = [
        (way, f"{middle['vanne', way]:.1f}", f"{middle['llama', way]:.1f}",
         f"{middle['vanne', way] / middle['llama', way]:.2f}")
        for way in WAYS
    ]  # fmt: skip
    about = found["machine"]
    return "\n\n".join(
        [
            "## Many clients at once",
            f"`{found['command']}`, {about['day']}. {machine.sentence(about)} "
            f"{found['clients']} clients ask at once for {found['tokens']} tokens. "
            "Tokens of the answers a CPU second of the server with all its processes; medians of "
            f"{len(found['rounds']) // 4} rounds in one run, in which the servers take turns:",
            table(("answers", "`vanne serve`", "llama.cpp's own server", "ratio"), rows),
            f"![Tokens a CPU second](_static/{CHART})",
            f"In memory after it: {found['memory_mb']['vanne']:,} MB of `vanne serve` with its "
            f"engine, {found['memory_mb']['llama']:,} MB of llama.cpp's own server.",
        ]
    )


if __name__ == "__main__":
    main()
