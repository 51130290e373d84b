"""What is the same for every member: the versions of the corpus, the models, the certificates."""

from collections.abc import Mapping
from dataclasses import dataclass

from vanne.config import Home
from vanne.corpus.lifetimes import Lifetimes, lifetimes
from vanne.forget.certificate import Certificate
from vanne.forget.serving import Served, certificates, served
from vanne.report.datafiles import files_of
from vanne.terms import Purpose


@dataclass(frozen=True, slots=True)
class Past:
    """What is the same for everybody: the versions of the corpus of a purpose, and the models."""

    lifetimes: Lifetimes
    files: Mapping[str, str]
    models: tuple[tuple[Served, int | None], ...]
    """Each with the place of the version of the corpus that it was trained on, if that is known."""
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(cls, home: Home, purpose: Purpose) -> "Past":
        """Read what was recorded; what never changes is read once in a process."""
        files, known = files_of(home), certificates(home.certificates, home.model)
        past = lifetimes(home, purpose, files)
        models = [(model, past.place(model.corpus or "")) for model in served(home.model, known)]
        ours = [
            (model, place)
            for model, place in models
            if place is not None or not _exists(home, model.corpus)  # else of another purpose
        ]
        proofs = sorted(known.values(), key=lambda each: (each.at, len(each.steps), each.id))
        return cls(past, files, tuple(ours), tuple(proofs))

    def place(self, corpus: str) -> int | None:
        """Return the place of a version of the corpus in the order of all."""
        return self.lifetimes.place(corpus)

    def completed(self, proof: Certificate) -> Certificate | None:
        """Return the certificate that what was beside what left was trained again, if it was."""
        if not proof.waiting:
            return proof
        later = (each for each in self.certificates if proof.id in each.steps)
        return next((each for each in later if not each.waiting), None)


def _exists(home: Home, corpus: str | None) -> bool:
    return (home.corpus / "manifests" / f"{corpus}.json").exists()
