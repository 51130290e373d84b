"""Make what a version leaves behind: a home with corpus, ledger and model, a receipt, a certificate, an export.

    python -m tests.made_by tests/fixtures/0.3.0

A release makes it once. `tests/test_versions.py` opens what each version made.
"""

import json
import sys
import tarfile
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from tests.forget.homes import hours, make_home, say, train
from tests.train.tiny import save_tiny_model, tiny_settings
from vanne import __version__
from vanne.cli import cli
from vanne.corpus import current, read
from vanne.forget.backlog import find_backlog, forget_backlog
from vanne.ledger import Ledger


def make(folder: Path) -> None:
    """Write a folder as this version does; the home is packed, with the modes of its files."""
    with TemporaryDirectory() as name:
        home = make_home(Path(name) / "home")
        train(home, tiny_settings(save_tiny_model(Path(name) / "base")))
        index = say(home, 2, False, hours(1))
        certificate = forget_backlog(home, find_backlog(home, hours(2)), lambda: hours(2))
        with Ledger.of(home) as ledger:
            write(folder / "receipt.json", ledger.receipt(index))
        write(folder / "certificate.json", certificate.document)
        rows = (
            {name: getattr(each, name) for name in ("item_id", "owner", "shared", "text")}
            for each in read(home, current(home))
        )
        (folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        words = ["corpus", "export", "--home", str(home.root), "--out", str(folder / "export")]
        cli.main(words, standalone_mode=False)
        write(folder / "made.json", {"version": __version__, "documents": current(home).documents})
        with tarfile.open(folder / "home.tar.gz", "w:gz") as archive:
            archive.add(home.root, "home", filter=without_shared_memory)


def without_shared_memory(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.endswith(("-shm", "-wal")) else member


def write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    make(target)
