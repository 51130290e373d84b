"""One size of the dial in one process: what a step costs, what it needs, what the model learns.

`python -m benchmarks.sizes.one train SIZE TEXTS`, or `full SIZE`: one optimizer step of a batch
whose texts all reach `max_tokens`, for the memory. The last line on stdout is JSON.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import cpu_seconds

from vanne.corpus import Document
from vanne.demo.network import held_out_texts, public_texts
from vanne.train.base import find_base, load_base
from vanne.train.ensemble import LanguageModel, merge
from vanne.train.fit import fit
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer

SEED, HELD_OUT, READ = 1, 24, 256


def train(size: str, count: int) -> dict[str, object]:
    """Train one slice on texts that are nobody's; measure the loss on texts of people unseen."""
    texts = public_texts(SEED, count)
    rows = [Document(f"i{n}", "owner", text, None, "post") for n, text in enumerate(texts)]
    settings = TrainingSettings.of({"size": size, "shards": 1, "slices": 1})
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        model = fit(rows, store, settings, corpus_version="none", ground=())
        note = model.shards[0][-1]
        adapter = ModelStore(store).load(note.key, note.sha256)
        size_bytes = ModelStore(store).checkpoint(note.key).stat().st_size
    return {
        "tokens": note.tokens,
        "epochs": settings.epochs,
        "work_cpu_s": note.cpu_seconds,
        "checkpoint_bytes": size_bytes,
        "loss": _loss(settings, [adapter]),
    }


def full(size: str) -> dict[str, object]:
    """Make one step of a batch as large as the size allows."""
    wanted = {"size": size, "shards": 1, "slices": 1, "epochs": 1}
    settings = TrainingSettings.of(wanted)
    text = " ".join(public_texts(SEED, 40))
    rows = [Document(f"i{n}", "owner", text, None, "post") for n in range(settings.batch_size)]
    with tempfile.TemporaryDirectory() as folder:
        model = fit(rows, Path(folder), settings, corpus_version="none", ground=())
    return {"tokens": model.tokens_total}


def _loss(settings: TrainingSettings, adapters: list[dict[str, object]]) -> float:
    base = find_base(settings)
    causal = load_base(base)
    merge(causal, [(each, 1) for each in adapters])
    reader = LanguageModel(causal, BaseTokenizer(base, READ), settings)
    return reader.loss(held_out_texts(SEED, HELD_OUT))


def main() -> None:
    """Do what the command line says."""
    started = cpu_seconds()
    said = full(sys.argv[2]) if sys.argv[1] == "full" else train(sys.argv[2], int(sys.argv[3]))
    print(json.dumps({"start_cpu_s": started, **said}))


if __name__ == "__main__":
    main()
