"""Which corpora, models and copies are alive, with how many documents and members, since when.

A model that was replaced stays in the table, with the certificate that says so. A copy outside the
store is alive until a forgetting has deleted it or has found that it is not where it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from vanne.config import Home
from vanne.corpus.manifest import Manifest, current_version, has_current, load
from vanne.errors import VanneError
from vanne.forget.history import ServedModel, known_in, served_models
from vanne.report.oversight.standing import kept_standings, standings
from vanne.report.tables import Cell, CountTable
from vanne.terms import Purpose
from vanne.train.exports import recorded
from vanne.train.model import load as load_model

_NAME = 16  # as many letters of a digest as commands show
NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """What is alive and what was replaced.

    `versions` are corpora and models; a corpus is `current` or `learned-from`, a model `serves` or
    was `replaced`. `copies` are those outside the store: `serves` if their model does.
    """

    versions: CountTable
    copies: CountTable

    @property
    def not_reached(self) -> int:
        """How many copies of a model that was replaced still lie somewhere."""
        return len(self.copies.where({"state": NOT_REACHED}))


def count_versions(home: Home, purpose: Purpose) -> VersionCounts:
    """Say what is alive.

    Raises:
        VerificationError: a record is damaged.
    """
    models = served_models(home.model, known_in(home))
    serving = next((each for each in models if each.is_current), None)
    rows = [*_corpora(home, purpose, models), *(_model(home, each) for each in reversed(models))]
    copies = [
        (
            each.kind,
            each.model[:_NAME],
            each.at.date().isoformat(),
            "serves" if serving and each.model == serving.version else NOT_REACHED,
        )
        for each in recorded(home.model)
    ]
    return VersionCounts(
        CountTable.of(
            "versions",
            "version kind state since until documents members certificate",
            rows,
            "members",
        ),
        CountTable.of("copies", "kind model since state", copies),
    )


def _corpora(home: Home, purpose: Purpose, models: list[ServedModel]) -> Iterator[tuple[Cell, ...]]:
    now = current_version(home, purpose) if has_current(home, purpose) else None
    alive = [each.corpus for each in models if each.corpus and not each.until]
    for version in dict.fromkeys([now, *reversed(alive)]):
        if version is None or (manifest := _manifest(home, version)) is None:
            continue
        inside = standings(home, manifest).inside
        state = "current" if version == now else "learned-from"
        since = manifest.as_of.date().isoformat()
        yield version[:_NAME], "corpus", state, since, None, manifest.documents, inside, None


def _model(home: Home, model: ServedModel) -> tuple[Cell, ...]:
    manifest = _manifest(home, model.corpus) if model.corpus else None
    documents = manifest.documents if manifest else None
    known = kept_standings(home, model.corpus) if model.corpus else None
    if model.is_current and documents is not None:
        waiting = load_model(home.model, model.version).waiting
        documents -= waiting
        known = None if waiting else known  # whose documents it lacks is not counted
    return (
        model.version[:_NAME],
        "model",
        "serves" if model.is_current else "replaced",
        _day(model.since),
        _day(model.until),
        documents,
        known.inside if known else None,
        model.certificate.id[:_NAME] if model.certificate else None,
    )


def _manifest(home: Home, version: str) -> Manifest | None:
    try:
        return load(home, version)
    except VanneError:
        return None


def _day(at: datetime | None) -> str | None:
    return at.date().isoformat() if at else None
