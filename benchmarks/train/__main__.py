"""`./run python benchmarks/train`: tokens a second of Vanne's training against a bare loop and TRL.

One corpus of the demo network, the same rows in the same batches with the same LoRA and threads.
Each way runs in a process of its own, and the ways take turns. Vanne's is the whole of `fit` with
its shards, slices, checkpoints and deterministic algorithms; the bare loop goes through the same
batches once and keeps nothing.
"""

import json
import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from dataclasses import astuple
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.environment import python_of_peers
from benchmarks.terminal import amount, places, say
from benchmarks.train import report
from benchmarks.training import Corpus, demo_corpus

from benchmarks import machine, measure
from vanne.train.adapter import SCALE
from vanne.train.base import find_base
from vanne.train.environment import prepare
from vanne.train.loop import batches
from vanne.train.settings import TrainingSettings, read_settings
from vanne.train.shards import make_plan
from vanne.train.tokens import BaseTokenizer

HERE = Path(__file__).parent
SALT = bytes(range(32))


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    peers = None
    if not wish.no_peers:
        peers = wish.peers or python_of_peers(HERE / ".venv", HERE / "requirements.txt")
    prepare()
    settings = read_settings(wish.config, {"epochs": 1})
    os.environ.setdefault("OMP_NUM_THREADS", str(settings.threads))
    with (
        demo_corpus(wish.members, work=wish.work) as corpus,
        tempfile.TemporaryDirectory(dir=wish.work) as folder,
    ):
        job = Path(folder, "job.json")
        job.write_text(json.dumps(_job(corpus, settings)))
        runs = _run(_ways(job, peers), wish.rounds)
    found = {
        "schema": "vanne-benchmark/train/1",
        "command": machine.command("train", sys.argv[1:]),
        "machine": machine.about(),
        "members": wish.members,
        "documents": len(corpus.documents),
        "shards": settings.shards,
        "slices": settings.slices,
        "threads": settings.threads,
        "runs": runs,
    }
    path = wish.results / f"train-{wish.members}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def _job(corpus: Corpus, settings: TrainingSettings) -> dict[str, Any]:
    """Return what all ways are given: the documents, and the batches that Vanne makes of them."""
    base = find_base(settings)
    tokens = BaseTokenizer(base, settings.max_tokens)
    steps = make_plan(corpus.documents, settings, "", SALT).steps()
    slices = [(step.place, tokens.examples(step.documents)) for step in steps]
    return {
        "documents": [astuple(document) for document in corpus.documents],
        "batches": [
            [example.tokens for example in batch]
            for place, examples in slices
            for batch in batches(examples, settings, place, 0)
        ],
        "settings": settings.as_dict(),
        "salt": SALT.hex(),
        "base": str(base.folder),
        "end": _token(base.folder, tokens.end),
        "lora": {
            "r": settings.rank, "lora_alpha": round(SCALE * settings.rank), "lora_dropout": 0.0,
            "bias": "none", "task_type": "CAUSAL_LM",
        },
    }  # fmt: skip


def _token(folder: Path, number: int) -> str:
    from tokenizers import Tokenizer

    return str(Tokenizer.from_file(str(folder / "tokenizer.json")).id_to_token(number))


def _ways(job: Path, peers: Path | None) -> dict[str, list[str]]:
    bare = [sys.executable, str(HERE / "bare.py"), str(job)]
    ways = {
        "vanne": [sys.executable, "-m", "benchmarks.train.vanne_fit", str(job)],
        "bare": bare,
        "tight": [*bare, "tight"],
    }
    if peers is not None:
        ways["trl"] = [str(peers), str(HERE / "by_trl.py"), str(job)]
    return ways


def _run(ways: dict[str, list[str]], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Run every way in turn, in the other order every second round."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways) if number % 2 == 0 else reversed(ways):
            said = measure.run(ways[name]).said
            runs[name].append(said)
            say(f"round {number + 1}: {name}: {said['tokens'] / said['cpu_s']:,.0f} tokens a CPU s")
    return runs


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/train", description=__doc__)
    add = parser.add_argument
    add("--members", type=amount, default=40, help="of the demo network")
    add("--rounds", type=int, default=2)
    add("--peers", type=Path, help="a Python that has TRL (default: one made for it)")
    add("--no-peers", action="store_true", help="leave TRL out")
    add("--config", type=Path, help="settings in TOML, as `vanne train` takes them")
    places(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
