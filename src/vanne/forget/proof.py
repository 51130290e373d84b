"""The proof: train without the member, from nothing, in another process, and compare digests."""

import json
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

from vanne.corpus.document import Document
from vanne.errors import VanneError, storing
from vanne.extras import require
from vanne.python import python
from vanne.train.fit import Progress
from vanne.train.settings import Settings
from vanne.train.store import PROOF


def never_trained(
    documents: Iterable[Document],
    settings: Settings,
    *,
    ground: Sequence[str],
    salt: bytes,
    shards: Collection[int],
    corpus_version: str,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[int, str]:
    """Train some shards in an empty store in a process of its own; return their adapters' digests.

    Nothing is shared with the model that is to be checked but the inputs: no checkpoint, no memory.
    The empty store is made in `folder` (by default the system's for temporary files) and removed.
    In a model's store `Store.prune` removes it, too, should this process be killed.
    """
    require("train")
    job = {
        "documents": [astuple(document) for document in documents],
        "settings": settings.as_dict(),
        "ground": list(ground),
        "salt": salt.hex(),
        "shards": sorted(shards),
        "corpus_version": corpus_version,
    }
    with (
        storing("the folder of the proof"),
        tempfile.TemporaryDirectory(prefix=PROOF, dir=folder) as empty,
    ):
        digests = _run(Path(empty), json.dumps(job), progress)
    return {int(shard): value for shard, value in digests.items()}


def _run(folder: Path, job: str, progress: Progress | None) -> dict[str, str]:
    command = python("vanne.train.apart", str(folder))
    answer: dict[str, dict[str, str]] = {}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it ended early: said below
            process.stdin.write(job)
            process.stdin.close()
        for line in process.stdout:
            answer = json.loads(line)
            if progress and "done" in answer:
                progress(answer["done"], answer["total"], answer["label"])  # type: ignore[arg-type]
    if "digests" not in answer:
        why = answer.get("error") or f"it ended with code {process.returncode}"
        raise VanneError(f"the separate training did not finish: {why}")
    return answer["digests"]
