"""What forgetting would cost, known before anything is trained."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vanne.corpus.document import Document
from vanne.train.base import find_base
from vanne.train.environment import changed, environment
from vanne.train.model import Model
from vanne.train.shards import Slot, Step, make_plan
from vanne.train.store import Note, Store
from vanne.train.tokens import Tokens


@dataclass(frozen=True, slots=True)
class ForgetPlan:
    """Which slices will be trained again, and what share of a full training that is.

    `environment_changed` names what differs from the machine that trained the model: then the old
    checkpoints have other keys and everything is trained again, the ground included.
    """

    slices: tuple[Slot, ...]
    tokens_to_train: int
    tokens_full: int
    seconds_expected: float
    dropped: tuple[str, ...]
    environment_changed: tuple[str, ...]

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that are touched."""
        return tuple(sorted({shard for shard, _ in self.slices}))

    @property
    def share(self) -> float:
        """Tokens to train as a share of a full training on the same documents."""
        return self.tokens_to_train / self.tokens_full if self.tokens_full else 0.0


def plan(store: Path, model: Model, documents_after: Iterable[Document]) -> ForgetPlan:
    """Say what bringing the model to these documents would train, without training it."""
    place, settings = Store(store), model.settings
    base = find_base(settings)
    differences = changed(model.environment, environment(settings, base.digest))
    steps = make_plan(documents_after, settings, model.ground.key, place.salt()).steps()
    known = {} if differences else {step.key: place.note(step.key) for step in steps}
    tokens = Tokens(base, settings.max_tokens)
    sizes = {step.key: _size(step, known.get(step.key), tokens, settings.epochs) for step in steps}
    work = [step for step in steps if known.get(step.key) is None]
    to_train = sum(sizes[step.key] for step in work)
    kept = {step.key for step in steps} - {step.key for step in work}
    kept |= set() if differences else {model.ground.key}
    return ForgetPlan(
        slices=tuple((step.shard, step.slice) for step in work),
        tokens_to_train=to_train,
        tokens_full=sum(sizes.values()),
        seconds_expected=to_train * model.seconds_total / max(model.tokens_total, 1),
        dropped=tuple(sorted(model.keys.keys() - kept)),
        environment_changed=differences,
    )


def _size(step: Step, note: Note | None, tokens: Tokens, epochs: int) -> int:
    if note is not None:
        return note.tokens
    return epochs * sum(len(example.tokens) for example in tokens.examples(step.documents))
