"""What an operator's home knows of a model beside its lineage, for the card of an export.

How the texts that it was trained on were screened, and what an audit of it found.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from vanne.config import Home
from vanne.corpus import read
from vanne.corpus.export.marks import marks_in, screening_of
from vanne.corpus.manifest import Screening, load
from vanne.errors import VanneError
from vanne.train.model import Model


@dataclass(frozen=True, slots=True)
class Told:
    """`screening` is None where the corpus of the model is no longer there, and `marks` where it
    can no longer be read. `audited` are sentences of an audit of this version; none: there is none.
    """

    screening: Screening | None = None
    marks: Mapping[str, int] | None = None
    audited: tuple[str, ...] = ()


def told_of(home: Home, model: Model, audited: tuple[str, ...]) -> Told:
    """Look what was taken out of the texts of a model; its corpus is read once, and counted."""
    screening, marks = None, None
    with suppress(VanneError):  # a corpus that is gone, or was made by other rules: not known
        manifest = load(home, model.corpus_version)
        screening = screening_of(manifest)
        marks = marks_in((each.text for each in read(home, manifest)), screening.redact)
    return Told(screening, marks, audited)
