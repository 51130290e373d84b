"""Vanne's own training, as `vanne train` calls it: shards, slices, checkpoints, one optimizer each.

python -m benchmarks.train.vanne_fit JOB
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from vanne.corpus import Document
from vanne.train.base import prepare
from vanne.train.fit import FitOptions, fit
from vanne.train.settings import TrainingSettings

if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    prepare()
    import peft  # noqa: F401  what every way imports is not counted
    import torch  # noqa: F401
    import transformers  # noqa: F401

    start, cpu, wall = time.process_time(), time.process_time(), time.perf_counter()
    documents = [Document(*row) for row in job["documents"]]
    settings = TrainingSettings.of(job["settings"])
    with tempfile.TemporaryDirectory() as store:
        model = fit(documents, Path(store), settings, corpus_version="benchmark", ground=(),
                    options=FitOptions(salt=bytes.fromhex(job["salt"])))  # fmt: skip
    whole = time.process_time() - cpu, time.perf_counter() - wall
    notes = [note for chain in model.shards.values() for note in chain]
    losses = [loss for note in notes for loss in note.losses]
    said = {
        "start_cpu_s": start,
        "tokens": model.tokens_total,
        "cpu_s": sum(note.cpu_seconds for note in notes),
        "wall_s": sum(note.seconds for note in notes),
        "whole_cpu_s": whole[0],
        "whole_wall_s": whole[1],
        "loss": sum(losses) / len(losses),
    }
    print(json.dumps(said))
