"""One step of `benchmarks/forget`, in a process of its own; the last line says what it did.

    python -m benchmarks.forget.steps train HOME SETTINGS
    python -m benchmarks.forget.steps forget HOME [OPTION...]

Forgetting is the command as an operator gives it, with all that belongs to it: the interpreter, the
imports, the refresh of the corpus, and the certificate.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Do the step that the command line names."""
    step, home, *more = sys.argv[1:]
    said = train(Path(home), json.loads(more[0])) if step == "train" else forget(home, more)
    print(json.dumps({"start_cpu_s": 0.0} | said))


def train(root: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Train everything, as `vanne train` does."""
    from vanne import corpus
    from vanne.config import Home
    from vanne.train.fit import fit
    from vanne.train.settings import TrainingSettings
    from vanne.train.tokens import read_ground

    home = Home(root)
    manifest = corpus.current(home)
    model = fit(
        corpus.read(home, manifest),
        home.model,
        TrainingSettings.of(settings),
        corpus_version=manifest.version,
        ground=read_ground(home.ground),
        at=manifest.as_of,
    )
    slices_cpu = sum(note.cpu_seconds for notes in model.shards.values() for note in notes)
    return {
        "tokens": model.tokens_total,
        "training_cpu_s": slices_cpu,
        "training_wall_s": model.seconds_total,
        "ground_cpu_s": model.ground.cpu_seconds,
        "ground_tokens": model.ground.tokens,
        "documents": model.documents,
    }


def forget(home: str, options: list[str]) -> dict[str, Any]:
    """Run `vanne forget`; say what it trained, and what the new slices took."""
    from vanne.config import Home
    from vanne.train.model import current

    started = time.perf_counter()
    command = [sys.executable, "-m", "vanne", "forget", "--home", home, "--json", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    model = current(Home(Path(home)).model)
    sizes = {"tokens": model.run.tokens, "tokens_full": model.tokens_total}
    return sizes | {"vanne_wall_s": wall}


if __name__ == "__main__":
    main()
