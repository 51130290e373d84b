"""Training apart: in a process of its own and an empty store, for the proof of forgetting.

    python -m vanne.train.worker FOLDER < job.json

A private entry. The job comes through standard input, so that no text touches the disk; one JSON
line per step goes out, and last the digests of the shards' adapters.
"""

import json
import sys
from pathlib import Path
from typing import Any

from vanne.corpus import Document
from vanne.errors import VanneError
from vanne.train.fit import FitOptions, fit
from vanne.train.settings import TrainingSettings


def main() -> int:
    """Train what the job says and print the digests."""
    try:
        say({"digests": train_job(Path(sys.argv[1]), json.load(sys.stdin))})
    except VanneError as error:
        say({"error": error.title, "todo": str(error.todo)})
        return error.exit_code
    except Exception as error:  # its message could hold a text
        say({"error": f"a fault of ours ({type(error).__name__})", "todo": ""})
        return VanneError.exit_code
    return 0


def train_job(folder: Path, job: dict[str, Any]) -> dict[int, str]:
    """Train some shards on the documents of a job and return their digests."""
    model = fit(
        [Document(*row) for row in job["documents"]],
        folder,
        TrainingSettings.of(job["settings"]),
        corpus_version=job["corpus_version"],
        ground=job["ground"],
        progress=lambda done, total, label: say({"done": done, "total": total, "label": label}),
        options=FitOptions(shards=job["shards"], salt=bytes.fromhex(job["salt"])),
    )
    return model.digests


def say(document: dict[str, Any]) -> None:
    """Print one line of JSON at once."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
