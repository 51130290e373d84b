"""The proof of a certificate: train its shards again from nothing, and compare the bytes.

Which shards must be proven is asked of the corpora before and after, which the ledger names, and of
the secret that places members: those whose documents differ, and besides those of which the
certificate says that they changed. A shard that was touched and of which the certificate says that
it was not is a lie, and the step `touched` fails. Where the corpus before cannot be read any more,
every shard is proven.
"""

from dataclasses import dataclass

from vanne.config import Home
from vanne.corpus.document import Document
from vanne.errors import MissingError
from vanne.forget.certificate import Certificate, failed
from vanne.forget.interim import place
from vanne.forget.logged import place_of
from vanne.forget.proof import never_trained
from vanne.forget.verifying import Check, documents_of, held_by
from vanne.train.base import find_base
from vanne.train.environment import changed, environment
from vanne.train.fit import Progress
from vanne.train.ground import read_ground
from vanne.train.model import Model, current, load, salt_of
from vanne.train.shards import Plan, ground_key
from vanne.train.store import Store


@dataclass(frozen=True, slots=True)
class Task:
    """Which shards are to be proven, from which documents. `tokens` is what that trains.

    `why` says how the shards were found.
    """

    model: Model
    documents: tuple[Document, ...]
    shards: tuple[int, ...]
    why: str

    @property
    def tokens(self) -> int:
        """Tokens x epochs of the shards and of the ground, from which they set out."""
        notes = (note for shard in self.shards for note in self.model.shards[shard])
        return self.model.ground.tokens + sum(note.tokens for note in notes)

    @property
    def seconds(self) -> float:
        """What that took when the model was trained."""
        notes = (note for shard in self.shards for note in self.model.shards[shard])
        return self.model.ground.seconds + sum(note.seconds for note in notes)


def to_prove(certificate: Certificate, home: Home, *, everything: bool = False) -> Task:
    """Say which shards of a certified model must be trained again for its proof.

    Raises:
        VerificationError: a shard was touched, and the certificate says that it was not.
        MissingError: the model was replaced, or its corpus cannot be read any more.
    """
    model = load(home.model, certificate.after)
    todo = "prove the certificate of the model that serves"
    if current(home.model).version != model.version:
        raise MissingError("another model serves than the certified one", todo=todo)
    after = documents_of(home, certificate.corpus_after)
    if after is None:
        raise MissingError("the corpus after cannot be read any more", todo=todo)
    held = tuple(held_by(home.model, model, after))
    before = documents_of(home, place_of(certificate, home).before.corpus)
    if everything or before is None:
        why = "all of them" if everything else "all: the corpus before cannot be read any more"
        return Task(model, held, tuple(model.shards), why)
    store = Store(home.model)
    touched = _differing(place(store, model, before), place(store, model, held))
    if hidden := touched - certificate.changed:
        raise failed("touched", f"shard {min(hidden)} was touched, and it says that it was not")
    shards = tuple(sorted(touched | certificate.changed))
    return Task(model, held, shards, "those that the two corpora say were touched")


def _differing(before: Plan, after: Plan) -> set[int]:
    """Return the shards that do not hold the same documents."""
    return {
        shard
        for shard, steps in after.shards.items()
        if [step.key for step in steps] != [step.key for step in before.shards[shard]]
    }


def prove(task: Task, home: Home, progress: Progress | None = None) -> Check:
    """Train shards again from nothing, in another process, and compare the bytes.

    Raises:
        VerificationError: the bytes differ.
        MissingError: this machine differs from the one that trained.
    """
    model = task.model
    if len(model.environments) > 1:
        raise MissingError("the same bits are not claimed of a model of several environments",
                           todo="the other steps hold without it")  # fmt: skip
    facts = environment(model.settings, find_base(model.settings).digest)
    if different := changed(model.environment, facts):
        what = f"this machine differs from the one that trained: {', '.join(different)}"
        raise MissingError(what, todo="prove it on one like that: the bits may differ here")
    ground = read_ground(home.ground)
    if ground_key(ground, model.settings, facts) != model.ground.key:
        raise failed("proof", "the texts of the ground are not those that it was trained on")
    again = never_trained(
        task.documents,
        model.settings,
        ground=ground,
        salt=salt_of(Store(home.model)),
        shards=task.shards,
        corpus_version=model.corpus_version,
        progress=progress,
        folder=home.model,
    )
    false = [shard for shard in task.shards if again[shard] != model.digests[shard]]
    if false:
        what = f"training from nothing gives other bytes of shard {', '.join(map(str, false))}"
        raise failed("proof", what)
    shards = ", ".join(map(str, task.shards)) or "none"
    return Check("proof", f"trained from nothing, the same bytes: shards {shards} ({task.why})")
