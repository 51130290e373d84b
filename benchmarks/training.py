"""The corpus of a demo network with its ground: what the benchmarks of training are run on."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vanne import corpus
from vanne.config import Home
from vanne.corpus import Document
from vanne.demo.demo import DemoOptions, build_network
from vanne.train.base import find_base
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer, read_ground

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a demo network may be trained on, and the ground that nobody can withdraw."""

    home: Home
    version: str
    documents: tuple[Document, ...]
    ground: tuple[str, ...]
    as_of: datetime = AS_OF

    def tokens(self, settings: TrainingSettings | None = None) -> list[int]:
        """Return how many tokens each document has for the base model."""
        settings = settings or TrainingSettings()
        rows = BaseTokenizer(find_base(settings), settings.max_tokens).encode(
            [document.text for document in self.documents]
        )
        return [len(row) for row in rows]

    def owners(self) -> list[str]:
        """Return who has documents in it, in order."""
        return sorted({document.owner for document in self.documents})

    def without(self, members: Sequence[str]) -> list[Document]:
        """Return the documents of the others."""
        gone = set(members)
        return [document for document in self.documents if document.owner not in gone]


@contextmanager
def demo_corpus(
    members: int, seed: int = 1, work: Path | None = None, as_of: datetime = AS_OF
) -> Iterator[Corpus]:
    """Build the demo network of so many members, decide it, and read what may be used."""
    with tempfile.TemporaryDirectory(dir=work, prefix="vanne-bench-") as folder:
        home = Home(Path(folder, "home"))
        home.root.mkdir()
        build_network(home, DemoOptions(seed, members, as_of), _Silent())
        manifest = corpus.build(home, as_of)
        documents = tuple(corpus.read(home, manifest))
        yield Corpus(home, manifest.version, documents, tuple(read_ground(home.ground)), as_of)


class _Silent:
    """Says nothing while the network is made."""

    def step(self, text: str, /, **values: object) -> None:
        pass

    def found(self, text: str, /, **values: object) -> None:
        pass

    def progress(self, done: int, total: int, label: str, /) -> None:
        pass
