"""What the trained jobs are worth: every way of combining their shards, on the same texts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import ways
from benchmarks.quality.grounds import shared
from benchmarks.quality.held_out import Losses, Text, interval, texts
from benchmarks.quality.jobs import Job, documents_of, train_ground
from benchmarks.quality.scoring import Scorer
from benchmarks.terminal import say
from vanne.files import write_whole
from vanne.train.digests import digest
from vanne.train.model import current
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore

GAINS = (1.0, 1.25, 1.5, 2.0, 3.0)
SEQUENCES = (1, 3, 6)
"""How many words in a row are compared between a ground and the members' texts."""
LANGUAGES = ("de", "en", "fr", "it")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """The folder of the jobs, and the texts on which they are measured and gains are tuned."""

    work: Path
    settings: TrainingSettings
    rows: list[Text]
    measured: Scorer
    tuning: Scorer

    @classmethod
    def of(cls, work: Path, settings: TrainingSettings, count: int, tuning: int) -> "Bench":
        """Pass both sets of texts through the frozen layers."""
        rows = texts("measured", count)
        return cls(
            work,
            settings,
            rows,
            Scorer(settings, [row.text for row in rows]),
            Scorer(settings, [row.text for row in texts("tuning", tuning)]),
        )

    def parts(self, job: Job) -> ways.Parts:
        """Read what a job has trained."""
        store = ModelStore(job.store(self.work))
        model = current(store.root)
        chains = model.shards.values()
        return ways.Parts(
            store.load(model.ground.key, model.ground.sha256),
            [store.load(chain[-1].key, chain[-1].sha256) for chain in chains],
            [sum(note.documents for note in chain) for chain in chains],
        )

    def row(self, losses: Losses, single: Losses | None = None, **about: Any) -> Row:
        """Return one line of results: the loss, and how it compares with the single adapter."""
        found = {
            **about,
            "loss": round(losses.mean(), 4),
            "interval": _rounded(interval(losses, self.rows)),
            "languages": {k: round(v, 4) for k, v in losses.by_language(self.rows).items()},
        }
        if single:
            found["ratio"] = round(losses.mean() / single.mean(), 4)
            found["ratio_interval"] = _rounded(interval(losses, self.rows, single))
        say(f"{about}: {found['loss']} {found.get('ratio', '')}")
        return found

    def plain(self) -> Row:
        """Return the line of the base model alone."""
        return self.row(self.measured.losses({}), way="base")

    def ground(self, job: Job) -> Row:
        """Return the line of a job's ground alone, and what it shares with the members' texts."""
        store, model = train_ground(job, self.work)
        tensors = store.load(model.ground.key, model.ground.sha256)
        texts = [row.text for row in documents_of(job.members, self.work)]
        same = {str(words): round(shared(job.ground, texts, words), 4) for words in SEQUENCES}
        losses = self.measured.losses(ways.delta(tensors))
        return self.row(losses, way="ground", ground=job.ground, shared=same)

    def tuned(self, parts: ways.Parts) -> dict[str, float]:
        """Return the loss on the tuning texts for each gain; none is above the number of shards."""
        most = max(len(parts.shards), 2)
        return {
            str(gain): round(self.tuning.losses(ways.scaled(parts, gain)).mean(), 4)
            for gain in GAINS
            if gain <= most
        }

    def plainly(self, job: Job, single: Losses | None = None) -> tuple[Row, Losses]:
        """Measure the mean of a job's shards, against the single adapter (itself, if it is one)."""
        losses, shards = self.measured.losses(ways.mean(self.parts(job))), job.settings.shards
        single = losses if shards == 1 else single
        return self.row(losses, single, way="mean", shards=shards, ground=job.ground), losses

    def gained(self, job: Job, single: Losses | None = None) -> tuple[list[Row], Losses]:
        """Measure the mean, and the mean with the gain that is best on the tuning texts."""
        plain, losses = self.plainly(job, single)
        parts = self.parts(job)
        curve = self.tuned(parts)
        gain = min(GAINS, key=lambda gain: curve.get(str(gain), float("inf")))
        best = losses if gain == 1 else self.measured.losses(ways.scaled(parts, gain))
        single = losses if job.settings.shards == 1 else single
        about = {"shards": job.settings.shards, "gain": gain, "tuning": curve}
        return [plain, self.row(best, single, way="mean x gain", **about)], losses

    def every_way(self, job: Job, single: Losses) -> list[Row]:
        """Measure every other way of combining a job's shards; kept, since it takes minutes."""
        sizes = self.measured.count, self.tuning.count
        name = digest("measured", *sizes, *ways.MERGED, job.store(self.work).name)
        path = self.work / "measured" / f"{name[:16]}.json"
        if not path.exists():
            write_whole(path, json.dumps(list(self._every_way(job, single))).encode())
        rows: list[Row] = json.loads(path.read_text())
        return rows

    def _every_way(self, job: Job, single: Losses) -> Iterator[Row]:
        parts, shards = self.parts(job), job.settings.shards
        for way, combine in ways.MERGED.items():
            if way != "mean":
                yield self.row(self.measured.losses(combine(parts)), single, way=way, shards=shards)
        for way, losses in self.measured.mixed([ways.delta(one) for one in parts.shards]).items():
            yield self.row(losses, single, way=way, shards=shards)

    def routed(self, jobs: Mapping[str, Job], single: Losses) -> Iterator[Row]:
        """Measure shards that hold one language each: routed by the text's, and all merged."""
        parts = {lang: self.parts(job) for lang, job in jobs.items()}
        shards = sum(len(part.shards) for part in parts.values())
        everything = ways.Parts(
            parts[LANGUAGES[0]].ground,
            [one for part in parts.values() for one in part.shards],
            [count for part in parts.values() for count in part.documents],
        )
        losses = {lang: self.measured.losses(ways.mean(part)) for lang, part in parts.items()}
        yield self.row(self._by_language(losses), single, way="routed by language", shards=shards)
        merged = self.measured.losses(ways.mean(everything))
        yield self.row(merged, single, way="by language, merged", shards=shards)

    def _by_language(self, losses: Mapping[str, Losses]) -> Losses:
        """Return of each text the loss of the model of its language."""
        sums = [losses[row.lang].sums[number] for number, row in enumerate(self.rows)]
        return Losses(np.array(sums), losses[self.rows[0].lang].counts)


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 4) for value in values]
