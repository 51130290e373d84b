"""What has to be forgotten in a home, by when, and doing it: refresh, both phases, certificates.

A request is due `forget_days` after it was made, as the policy says. What leaves by itself
(somebody came of age or moved, a window ended, a file went) is due as long after the first version
of the corpus that may have lacked it. Whatever is due earliest decides for all: one run brings the
model to the whole of the new corpus, and costs less than one run for each.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from vanne.config import Home
from vanne.corpus import Document, Manifest, read, refresh
from vanne.corpus.manifest import load
from vanne.errors import BusyError, StorageError, VerificationError
from vanne.forget.certificate import Certificate, ForgetRequest, led_to
from vanne.forget.forgetting import at_once, forget
from vanne.forget.history import certificates, register
from vanne.forget.planning import ForgetPlan, RemovedItem, plan, removed_items
from vanne.forget.requests import RemovalRequest, requests_between, time_to_forget
from vanne.terms import Reason
from vanne.train.fit import Progress
from vanne.train.ground import read_ground
from vanne.train.model import Model, current, items_in, live
from vanne.train.store import ModelStore

ASKED = frozenset(
    {
        Reason.OFF,
        Reason.OFF_CATEGORY,
        Reason.OFF_ITEM,
        Reason.AUTHOR_REFUSES,
        Reason.SUBJECT_REFUSES,
        Reason.OBJECTION,
    }
)
"""The reasons for which an item leaves because somebody asked; for others it leaves by itself."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has to be done to bring a home's model to a version of its corpus.

    `before` is the version of the corpus that the model is of, and `requests` are those since then.
    What `served` asked for has left the serving model already and waits for the training. `left`
    are the items that the model holds and the corpus does not. `due_unasked` is the day by which
    those must be gone that nobody asked for, or a fallback model must be replaced.
    """

    model: Model
    before: Manifest
    after: Manifest
    documents: tuple[Document, ...]
    requests: tuple[RemovalRequest, ...]
    served: tuple[RemovalRequest, ...]
    left: tuple[RemovedItem, ...]
    due_unasked: datetime | None

    @property
    def due(self) -> datetime | None:
        """By when all must be done: the earliest of all; None if nothing has to be."""
        times = [each.due for each in (*self.served, *self.requests)]
        return min([*times, *([self.due_unasked] if self.due_unasked else [])], default=None)

    @property
    def openings(self) -> list[str]:
        """What a certificate holds of all who asked since the last whole model."""
        return [each.opening for each in (*self.served, *self.requests)]

    def plan(self, home: Home) -> ForgetPlan:
        """Say what it would cost."""
        return plan(home.model, self.model, self.documents, self.left)


@contextmanager
def one_at_a_time(home: Home) -> Iterator[None]:
    """Hold a home for one training or forgetting, from reading the corpus to the last certificate.

    Else one that read an earlier corpus could train in again what a later one has taken out.

    Raises:
        BusyError: another process is training or forgetting here.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(ModelStore(home.certificates).locked())
        except BusyError:
            raise BusyError(
                f"another `vanne train` or `vanne forget` of `{home.root}` is running",
                todo="wait until it has ended",
            ) from None
        yield


def find_backlog(home: Home, moment: datetime, *, make_current: bool = True) -> Backlog:
    """Refresh the corpus and say what the model has not heard yet.

    With `make_current` false the refreshed version is only looked at.

    Raises:
        MissingError: no network is here, or no model has been trained.
    """
    model = current(home.require().model)
    # What the oldest corpus of the models that are there had not heard is open.
    versions = {model.corpus_version, *(each.corpus_version for each in live(home.model))}
    before = min((load(home, each) for each in versions), key=lambda each: each.ledger_size)
    after = refresh(home, moment, purpose=before.purpose, make_current=make_current)
    documents = tuple(read(home, after))
    gone = items_in(home.model, model).keys() - {each.item_id for each in documents}
    left = tuple(removed_items(home, after, gone))
    requests = tuple(requests_between(home, before, after))
    step = led_to([model], certificates(home.certificates, home.model).values())
    whole = load(home, step.corpus_before) if step else before
    since = requests_between(home, whole, after) if step else requests
    days, unasked = time_to_forget(home, after), []
    if model.waiting and model.since:
        unasked.append(model.since + days)
    if any(each.reason not in ASKED for each in left):
        unasked.append(min(_later_than(home, before), default=after.as_of) + days)
    return Backlog(
        model=model,
        before=before,
        after=after,
        documents=documents,
        requests=requests,
        served=tuple(each for each in since if each not in requests),
        left=left,
        due_unasked=min(unasked, default=None),
    )


def forget_at_once(home: Home, work: Backlog, clock: Callable[[], datetime]) -> Certificate | None:
    """Do the first phase alone; None if nothing has left the model and nobody asked."""
    register(home, clock)
    done = at_once(work.documents, home.model, _request(home, work, clock), only_if_asked=True)
    register(home, clock)
    return done


def _request(home: Home, work: Backlog, clock: Callable[[], datetime]) -> ForgetRequest:
    before, after = work.model.corpus_version, work.after.version
    return ForgetRequest(before, after, clock, tuple(work.openings), home.certificates)


def forget_backlog(
    home: Home,
    work: Backlog,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    *,
    accept: bool = False,
    retrain_all: bool = False,
) -> Certificate:
    """Do what is pending, in both phases; return the last certificate.

    With `accept`, what another environment trained is kept where nothing has left it; with
    `retrain_all` it is trained again here.
    """
    register(home, clock)
    done = forget(
        work.documents,
        home.model,
        work.model.settings,
        _request(home, work, clock),
        ground=read_ground(home.ground),
        progress=progress,
        accept=work.model.environments if accept else (),
        retrain_all=retrain_all,
    )
    register(home, clock)
    return done


def _later_than(home: Home, before: Manifest) -> Iterator[datetime]:
    """Yield as of when each version of the corpus is that came after one."""
    for path in (home.corpus / "manifests").glob("*.json"):
        with suppress(VerificationError, StorageError):
            each = load(home, path.stem)
            if each.purpose == before.purpose and each.as_of > before.as_of:
                yield each.as_of
