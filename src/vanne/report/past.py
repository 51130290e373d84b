"""What is the same for every member: the versions of the corpus, the models, the certificates."""

from collections.abc import Callable, Mapping
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
        return cls(past, files, tuple(ours), tuple(sorted(known.values(), key=_order(past))))

    def place(self, corpus: str) -> int | None:
        """Return the place of a version of the corpus in the order of all."""
        return self.lifetimes.place(corpus)

    def asked(self, proof: Certificate) -> range:
        """Return the entries of the ledger that the corpus after had heard and the one before not.

        None where one of them is not known any more, or of another purpose.
        """
        places = self.place(proof.corpus_before), self.place(proof.corpus_after)
        sizes = [self.lifetimes.versions[n].ledger_size for n in places if n is not None]
        return range(*sizes) if len(sizes) == 2 else range(0)

    def has_heard(self, proof: Certificate, index: int) -> bool:
        """Say whether the corpus after knew an entry of the ledger."""
        place = self.place(proof.corpus_after)
        return place is not None and index < self.lifetimes.versions[place].ledger_size

    def completed(self, proof: Certificate) -> Certificate | None:
        """Return the certificate that what was beside what left was trained again, if it was."""
        if not proof.waiting:
            return proof
        later = (each for each in self.certificates if proof.id in each.steps)
        return next((each for each in later if not each.waiting), None)


def _order(past: Lifetimes) -> Callable[[Certificate], tuple[int, int, str]]:
    """Order certificates as the corpora of their models came, and by the steps that led to them."""

    def key(proof: Certificate) -> tuple[int, int, str]:
        place = past.place(proof.corpus_after)
        return -1 if place is None else place, len(proof.steps), proof.id

    return key


def _exists(home: Home, corpus: str | None) -> bool:
    return (home.corpus / "manifests" / f"{corpus}.json").exists()
