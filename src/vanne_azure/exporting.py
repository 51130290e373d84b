"""Write what would be sent to Azure into a folder, to look at it or to send it another way."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus.export.folder import whole_folder
from vanne.corpus.export.heard import check_heard
from vanne.corpus.manifest import Manifest
from vanne.errors import RefusedError, storing
from vanne_azure.checking import check_file
from vanne_azure.examples import NAME, describe, write_examples


def export(
    home: Home,
    manifest: Manifest,
    out: Path,
    content: str,
    clock: Callable[[], datetime],
    *,
    limit: int | None = None,
) -> dict[str, Any]:
    """Write `train.jsonl` and `export.json` into a new folder: whole, or not at all.

    Raises:
        RefusedError: a choice has not been heard; `out` is there already, or in the home.
        InputError: there is too little or too much.
        StorageError: the disk is full.
    """
    if Path(os.path.realpath(out)).is_relative_to(home.root.resolve()):
        raise RefusedError(
            "an export in the home would be taken for the network's own data",
            todo="name a folder outside it",
        )
    todo = "run `vanne corpus refresh` first"
    check_heard(home, manifest, clock(), todo=todo)
    with whole_folder(out, may_replace=lambda _: False) as folder, storing("the export"):
        exported = write_examples(home, manifest, folder / NAME, content, limit)
        check_file(exported.path)
        document = describe(exported, manifest, content)
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (folder / "export.json").write_text(text, encoding="utf-8")
        # INVARIANT: no export appears that has not heard a choice made while it was written.
        check_heard(home, manifest, clock(), todo=todo)
    return document
