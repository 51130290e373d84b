"""Who has seen how much of the log: a ledger that was put back signs nothing.

A ledger that is restored from a backup is consistent with itself. Only what others have seen shows
that entries are missing:

    checkpoint   `HOME/checkpoint`: the newest checkpoint that this home signed
    corpus       each current version of the corpus, by its manifest
    model        the corpus that the current model was trained on
    published    the checkpoint in each folder that the log was published to (`HOME/published`)
    witness      a checkpoint that the caller brings

INVARIANT: nothing is signed unless the stored tree begins with every tree that was seen, or an
entry of the log (`Loss`) says that the tree was lost. So nobody holds two histories by accident.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from vanne.config import Home
from vanne.errors import VerificationError
from vanne.files import write_whole
from vanne.ledger.checkpoint import read_checkpoint
from vanne.ledger.kinds import Loss
from vanne.ledger.merkle import root
from vanne.ledger.reading import open_row
from vanne.ledger.store import Transaction, read_head, read_rows_of, read_tiles

Observer = Literal["checkpoint", "corpus", "model", "published", "witness"]
_TODO = (
    "restore the newest ledger; if its end is lost for good, `vanne ledger accept-loss` records it"
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A tree of the log that somebody has seen: its size and root, by whom, and where that is."""

    by: Observer
    place: str
    size: int
    root: bytes

    @classmethod
    def of_note(cls, by: Observer, place: str, note: str) -> "Sighting":
        """Return what a checkpoint says; who signed it is not checked.

        Raises:
            VerificationError: it is no checkpoint.
        """
        checkpoint = read_checkpoint(note)
        return cls(by, place, checkpoint.size, checkpoint.root)

    def line(self, size: int) -> str:
        """Say in one line that a ledger of `size` entries does not begin with it."""
        what = f"the {self.by} `{self.place}` has seen {self.size:,} entries"
        if size < self.size:
            return f"the ledger was put back: it has {size:,} entries, and {what}"
        return f"the ledger is another one: {what} with another history"


def sightings(home: Home) -> list[Sighting]:
    """Return what the home, and the folders that it published to, have seen of its log."""
    return [*_notes(home), *_manifests(home)]


def _notes(home: Home) -> Iterator[Sighting]:
    places: list[tuple[Observer, Path]] = [("checkpoint", home.checkpoint)]
    with suppress(OSError):
        folders = home.published.read_text(encoding="utf-8").splitlines()
        places += [("published", Path(folder, "checkpoint")) for folder in folders]
    for by, path in places:
        # of a file that was never made durable nothing may be left after a crash
        with suppress(OSError, VerificationError):
            note = path.read_text(encoding="utf-8", errors="replace")
            yield Sighting.of_note(by, str(path), note)


def _manifests(home: Home) -> Iterator[Sighting]:
    """Give the trees that the corpus and the model rest on; others name a damaged file."""
    for pointer in home.corpus.glob("CURRENT*"):
        yield from _manifest(home, "corpus", _line_of(pointer))
    lineage = home.model / "models" / f"{_line_of(home.model / 'CURRENT')}.json"
    yield from _manifest(home, "model", _corpus_of(lineage))


def _line_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


@lru_cache(maxsize=4)  # what a version says never changes
def _corpus_of(lineage: Path) -> str:
    try:
        return str(json.loads(lineage.read_bytes())["corpus_version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _manifest(home: Home, by: Observer, version: str) -> Iterator[Sighting]:
    if seen := version and _tree_of(home.corpus / "manifests" / f"{version}.json"):
        yield Sighting(by, version[:12], *seen)


@lru_cache(maxsize=16)
def _tree_of(manifest: Path) -> tuple[int, bytes] | None:
    try:
        document = json.loads(manifest.read_bytes())
        return int(document["ledger_size"]), bytes.fromhex(document["ledger_root"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def lacking(db: Transaction, seen: Iterable[Sighting]) -> list[Sighting]:
    """Return the trees that were seen, and that the stored tree does not begin with.

    The largest comes first. A tree of which the log itself records the loss is none of them.
    """
    size, node = read_head(db).size, read_tiles(db).node
    others = [each for each in seen if each.size > size or root(each.size, node) != each.root]
    if not others:
        return []
    rows = (row for row in read_rows_of(db, None) if row[1].endswith(b',"kind":"loss","v":1}'))
    records = (open_row(row, frozenset()) for row in rows)
    lost = {(each.size, each.root) for each in records if isinstance(each, Loss)}
    left = [each for each in others if (each.size, each.root.hex()) not in lost]
    return sorted(left, key=lambda each: -each.size)


def refuse_behind(db: Transaction, home: Home | None) -> None:
    """Refuse a log that lacks what its home has seen of it.

    Raises:
        VerificationError: it does; who has seen more.
    """
    head = read_head(db)
    if not home or root(head.size, read_tiles(db).node) != read_checkpoint(head.note).root:
        return  # it is damaged, which is said before anything is signed
    if lost := lacking(db, sightings(home)):
        raise VerificationError(lost[0].line(head.size), todo=_TODO)


def keep(home: Home | None, note: str) -> None:
    """Keep the newest checkpoint in the home.

    It waits for no disk: after a crash an older one says less, and nothing that is wrong.
    """
    if home:
        write_whole(home.checkpoint, note.encode(), durable=False)


def keep_published(home: Home, folder: Path) -> None:
    """Keep where the log was published, so that the checkpoint there is compared from now on."""
    known = home.published.read_text(encoding="utf-8") if home.published.exists() else ""
    if (line := str(folder.resolve())) not in known.splitlines():
        write_whole(home.published, f"{known}{line}\n".encode())
