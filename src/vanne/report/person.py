"""The state of a person for one purpose at one time: every sentence about a person follows from it.

A person's data goes from them to the training set and from there to the model, or to the receivers
of exports. The state says which of these hold it now, who decided that, and what happens next:

    open       it may be used, and the model holds some of it
    opening    it may be used, and the model holds none of it yet
    partly     some of it may be used: the member turned off kinds of data, or single items
    earlier    an opt-out that covers only what comes after it: what was there before is used
    closing    it may not be used, and the training set or the model still holds some of it
    closed     it may not be used, and a certificate proves that it left the model
    never      it may not be used, and no model has ever held any of it
    off        it may not be used; whether a model held any of it, or still does, is not known
    nothing    the member said nothing against it, and none of it may be used

Nothing is decided here. Verdicts come from the report, what was held and certified from the usage
report, and what is to come from the tasks of the worker. What is not known is never claimed: `off`
stands where an earlier model may have held something. A step out is done when the version of today
holds nothing of what left, a step in when it holds an item of theirs. `vanne.report.person_words`
says a state in sentences.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from vanne.config import Home
from vanne.forget.certificate import Certificate
from vanne.policy.schedule import policy_at
from vanne.report.member import MemberReport, OwnItem, report_of
from vanne.report.member_items import load_member
from vanne.report.switches import (
    History,
    KindSwitch,
    PurposeSwitch,
    kind_switches,
    switch_of,
)
from vanne.report.usage import ChoiceOutcome, PurposeDeployment, PurposeUsage, Receiver, usage_of
from vanne.terms import MAIN_PURPOSE, Choice, Member, MemberId, Purpose, Reason
from vanne.worker import Task

Standing = Literal[
    "open", "opening", "partly", "earlier", "closing", "closed", "never", "off", "nothing"
]
StepName = Literal[
    "recorded",
    "corpus-out",
    "model-out",
    "retrained",
    "export-out",
    "corpus-in",
    "model-in",
    "export-in",
]
StageName = Literal["corpus", "model", "proof", "exports"]
StageState = Literal["in", "leaving", "out", "done", "due", "not-known", "not-here"]
Level = Literal["full", "low", "leaving", "dry"]
"""How much water stands in a basin of the picture."""

_SECONDS: tuple[StepName, ...] = ("corpus-out", "corpus-in")
SOON = timedelta(minutes=10)
"""A page waits for what is expected within this time: it asks again by itself."""


@dataclass(frozen=True, slots=True)
class Held:
    """How many items the member has, how many may be used, and how many are held.

    `off` were turned off one by one or by their kind. `corpus_leaving` and `model_leaving` are held
    and may not be used any more. `unknown` may or may not be in the training set, `model_unknown`
    in the model.
    """

    items: int
    allowed: int
    off: int
    in_corpus: int
    corpus_leaving: int
    unknown: int
    in_model: int
    model_leaving: int
    model_unknown: int

    @property
    def leaves(self) -> bool:
        """Say whether something is held that may not be used any more."""
        return bool(self.corpus_leaving or self.model_leaving)

    @classmethod
    def of(cls, usage: PurposeUsage) -> "Held":
        """Count the member's own items, and those held that are not theirs any more."""
        report, count = usage.report, usage.report.count
        off = Reason.OFF_CATEGORY, Reason.OFF_ITEM
        in_corpus, in_model = usage.departed_in_corpus, usage.departed_in_model
        return cls(
            items=count(),
            allowed=report.allowed,
            off=count(lambda item: item.reason in off),
            in_corpus=report.in_corpus + in_corpus,
            corpus_leaving=in_corpus + count(lambda item: item.in_corpus and not item.allowed),
            unknown=count(lambda item: item.in_corpus is None),
            in_model=report.in_model + in_model,
            model_leaving=in_model + count(lambda item: item.in_model and not item.allowed),
            model_unknown=count(lambda item: item.in_model is None),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step after a choice: done `at` a time, under way, or waiting until it is `expected`.

    `day` is known where the time may not be. `is_failing` says that the last try failed, and
    `items` how many of theirs left with the certificate.
    """

    name: StepName
    state: Literal["done", "now", "waiting"]
    at: datetime | None = None
    day: date | None = None
    expected: datetime | None = None
    is_failing: bool = False
    certificate: Certificate | None = None
    items: int = 0
    receiver: Receiver | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Whether one place that may hold a person's data does: `in`, `leaving` or `out` of it.

    What leaves is out at `expected`, by `due` at the latest; what is out left at `at`, if known. A
    proof is `done` or `due`. What this deployment does not have is `not-here`.
    """

    name: StageName
    state: StageState
    at: datetime | date | None = None
    expected: datetime | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class PersonState:
    """Where a person stands, and the steps after their last choice (`receipt` is its place)."""

    state: Standing
    switch: PurposeSwitch
    region: str | None
    held: Held
    receipt: int | None
    steps: tuple[Step, ...]
    stages: tuple[Stage, ...]
    certificate: Certificate | None
    closed_at: datetime | None
    due: date | None
    """By when the model must have forgotten what may not be used any more."""
    is_late: bool
    receivers: tuple[Receiver, ...]
    """Of the exports that held something of theirs, or may have."""
    deployment: PurposeDeployment
    as_of: datetime

    @property
    def kept_out(self) -> Reason | None:
        """Why nothing of theirs is used, whatever they choose; None if that is not so."""
        return self.switch.state.block

    def stage(self, name: StageName) -> Stage:
        """Return the stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)

    @property
    def is_open(self) -> bool:
        """Say whether something may be used: the answer to the question is yes."""
        return self.state in ("open", "opening", "partly", "earlier")

    @property
    def is_up(self) -> bool:
        """Say whether the gate of the picture is up: what comes next is let through."""
        return self.is_open and self.state != "earlier"

    @property
    def corpus(self) -> Level:
        """The level of the middle basin."""
        if self.is_open:
            return "full" if self.held.in_corpus else "low" if self.is_up else "dry"
        return "leaving" if self.held.corpus_leaving else "dry"

    @property
    def model(self) -> Level:
        """The level of the last basin."""
        if not self.held.in_model:
            return "dry"
        return "full" if self.is_open else "leaving"

    @property
    def is_moving(self) -> bool:
        """Say whether a page waits: for a step that runs or is expected soon, or a fresh press."""
        by = self.as_of + SOON
        is_fresh = any(step.at and step.at > self.as_of - SOON for step in self.steps[:1])
        return (self.waits and is_fresh) or any(
            step.state == "now" or (step.expected is not None and step.expected <= by)
            for step in self.steps
        )

    @property
    def is_near(self) -> bool:
        """Say whether what a worker does next is a matter of seconds, and no training."""
        near = (step for step in self.steps if step.name in _SECONDS)
        return self.deployment.has_worker and any(step.state != "done" for step in near)

    @property
    def waits(self) -> bool:
        """Say whether a step is not done yet."""
        return any(step.state != "done" for step in self.steps)


@dataclass(frozen=True, slots=True)
class MemberPage:
    """What the page of the main purpose shows: nothing of it is of another purpose.

    `history` holds all choices of the member, for whatever purpose.
    """

    person: PersonState
    report: MemberReport
    kinds: tuple[KindSwitch, ...]
    history: History


def state_of_member(
    home: Home, member_id: MemberId, purpose: Purpose, as_of: datetime
) -> PersonState:
    """Say where a member stands for a purpose of the policy that is in force.

    Raises:
        MissingError: there is no such member, or no ledger.
        StorageError: the database cannot be read.
    """
    data, policy = load_member(home, member_id), policy_at(home, as_of)
    return person_state(usage_of(home, data, report_of(home, data, policy, purpose, as_of)))


def page_of(home: Home, member: Member, as_of: datetime) -> MemberPage:
    """Put the page of the main purpose together, for one member.

    Raises:
        MissingError: there is no such member, or no ledger.
        StorageError: the database cannot be read.
    """
    data, policy = load_member(home, member.member_id), policy_at(home, as_of)
    report = report_of(home, data, policy, MAIN_PURPOSE, as_of)
    person = person_state(usage_of(home, data, report))
    return MemberPage(person, report, tuple(kind_switches(report, person.switch)), data.history)


def person_state(usage: PurposeUsage) -> PersonState:
    """Say where a member stands for the purpose of a usage report, and what happens now."""
    report, held = usage.report, Held.of(usage)
    switch = switch_of(report)
    answer = usage.answers[-1] if usage.answers else None
    proof = _proof(usage) if not held.allowed and not held.model_unknown else None
    due = switch.due if switch.covers_all else usage.due.date() if usage.due else None
    steps = tuple(_steps(answer, held, usage)) if answer else ()
    due = due if held.leaves or held.unknown or held.model_unknown else None
    return PersonState(
        state=_state(switch, held, usage, proof),
        switch=switch,
        region=report.member.region,
        held=held,
        receipt=answer.index if answer else None,
        steps=steps,
        stages=tuple(_stages(held, usage, due, steps, proof)),
        certificate=proof,
        closed_at=usage.past.served_since(proof.after) if proof else None,
        due=due,
        is_late=bool(held.model_leaving and due and report.as_of.date() > due),
        receivers=usage.receivers,
        deployment=usage.deployment,
        as_of=report.as_of,
    )


def _stages(
    held: Held,
    usage: PurposeUsage,
    due: date | None,
    steps: Iterable[Step],
    proof: Certificate | None,
) -> Iterator[Stage]:
    """Yield what holds their data now, and until when what may not be used is there."""
    tasks, now = usage.deployment.tasks, usage.report.as_of
    done = {step.name: step.at for step in steps if step.state == "done"}
    corpus = _stage_state(held.unknown, held.corpus_leaving, held.in_corpus)
    refresh = tasks.get("refresh")
    expected = refresh.due if refresh and corpus == "leaving" else None
    at = done.get("corpus-in" if corpus == "in" else "corpus-out")
    yield Stage("corpus", corpus if usage.report.corpus else "not-here", at, expected, due)
    if not usage.deployment.trains:
        yield from (Stage("model", "not-here"), Stage("proof", "not-here"))
    else:
        model = _stage_state(held.model_unknown, held.model_leaving, held.in_model)
        expected = _end(tasks.get("retrain"), now) if model == "leaving" else None
        at = done.get("model-in" if model == "in" else "model-out")
        yield Stage("model", model, at, expected, due)
        state: StageState = "done" if proof else "due" if model == "leaving" else "not-here"
        yield Stage("proof", state, proof.day if proof else None, due=due)
    if not usage.deployment.exports:
        yield Stage("exports", "not-here")
    elif any(each.items is None for each in usage.receivers):
        yield Stage("exports", "not-known")
    else:
        holds = [each for each in usage.receivers if each.later is None]
        yield Stage("exports", "in" if holds else "out")


def _stage_state(unknown: int, leaving: int, held: int) -> StageState:
    return "not-known" if unknown else "leaving" if leaving else "in" if held else "out"


def _state(
    switch: PurposeSwitch, held: Held, usage: PurposeUsage, proof: Certificate | None
) -> Standing:
    if held.allowed:
        if not switch.state.used:
            # allowed although it is off: kinds or items were turned on, or it was there before
            covers = switch.rules.objection_covers
            return "earlier" if switch.covers_all and covers == "afterwards" else "partly"
        narrow = switch.kinds_off or switch.items_off
        if held.off or (narrow and switch.rules.objection_covers == "afterwards"):
            return "partly"
        last = usage.answers[-1].index if usage.answers else -1
        knows_all = usage.past.is_caught_up and usage.past.learnt_at(last)
        return "open" if held.in_model or held.model_unknown or knows_all else "opening"
    if held.leaves or held.unknown:
        return "closing"
    if proof:
        return "closed"
    if switch.state.used:
        return "nothing"
    had = any(count for _, count in usage.models)
    return "off" if had or usage.gaps[1] or held.model_unknown else "never"


def _proof(usage: PurposeUsage) -> Certificate | None:
    """Return the certificate with which the last model that held items of theirs was replaced."""
    holders = [model for model, items in usage.models if items]
    return holders[-1].certificate if holders else None


# What happens after a choice


def _waiting(name: StepName, task: Task | None, expected: datetime | None = None) -> Step:
    """Say when a step that is not done is expected: when its task is due, if not before."""
    if task and task.state == "running":
        return Step(name, "now")
    if task:
        expected = min(task.due, expected) if expected else task.due
    return Step(name, "waiting", expected=expected, is_failing=bool(task and task.error))


def _steps(answer: ChoiceOutcome, held: Held, usage: PurposeUsage) -> Iterator[Step]:
    """Yield the steps after a choice. What it asks for is known to the worker a moment later.

    A person who is kept out waits for nothing: only what is held of them all the same has a step.
    """
    yield Step("recorded", "done", answer.choice.at)
    if answer.choice.on:
        if usage.report.state.block is None:
            yield from _steps_in(answer, usage)
    elif (
        usage.report.state.block is None
        or held.leaves
        or usage.receivers
        or answer.outcome == "done"
    ):
        yield from _steps_out(answer, held, usage)


def _soon(usage: PurposeUsage, heard: datetime | None) -> datetime | None:
    """Return when a choice is known to the corpus: now, where a worker has nothing else to do."""
    deployment = usage.deployment
    is_busy = any(task.state == "running" for task in deployment.tasks.values())
    is_soon = deployment.has_worker and heard is None and not is_busy
    return usage.report.as_of if is_soon else None


def _steps_in(answer: ChoiceOutcome, usage: PurposeUsage) -> Iterator[Step]:
    """Yield the steps of an opt-in: those of what it covers and the policy permits."""
    past, report = usage.past, usage.report
    own = [item for item in report.samples if isinstance(item, OwnItem)]
    covered = [item for item in own if item.allowed and _covers(answer.choice, item)]
    if not covered:
        return
    heard, learnt = past.heard_at(answer.index), past.learnt_at(answer.index)
    tasks, soon = usage.deployment.tasks, _soon(usage, heard)

    def is_in(place: Literal["in_corpus", "in_model"], heard: datetime | None) -> bool:
        """Say whether the place holds all of it, or what it can hold once the choice is heard."""
        states = [getattr(item, place) for item in covered]
        return all(states) or (heard is not None and any(states))

    if is_in("in_corpus", heard):
        yield Step("corpus-in", "done", heard)
    else:
        yield _waiting("corpus-in", tasks.get("refresh"), soon)
    if usage.deployment.trains:
        if is_in("in_model", learnt):
            yield Step("model-in", "done", learnt)
        else:
            yield _waiting("model-in", tasks.get("retrain"))
    if usage.deployment.exports:
        given = max((each.at for each in usage.receivers if each.later is None), default=None)
        yield _done("export-in", given) or Step("export-in", "waiting")


def _covers(choice: Choice, item: OwnItem) -> bool:
    targets = {"all": None, "category": item.category, "item": item.item_id}
    return targets[choice.scope] == choice.target


def _steps_out(answer: ChoiceOutcome, held: Held, usage: PurposeUsage) -> Iterator[Step]:
    """Yield the steps of an opt-out.

    The model is trained again and then replaced; where that would take too long, the other way.
    """
    past, index, tasks = usage.past, answer.index, usage.deployment.tasks
    heard = past.heard_at(index)
    covers_all = usage.report.rules.objection_covers == "everything"
    is_out = not covers_all or not (held.corpus_leaving or held.unknown)
    out_of_corpus = _done("corpus-out", heard if is_out else None)
    yield out_of_corpus or _waiting("corpus-out", tasks.get("refresh"), _soon(usage, heard))
    if not covers_all:
        return
    if usage.deployment.trains:
        yield from _steps_of_model(answer, held, usage, heard)
    for each in usage.receivers:
        if each.items:
            state: Literal["done", "waiting"] = "done" if each.later else "waiting"
            yield Step("export-out", state, each.later, receiver=each)


def _steps_of_model(
    answer: ChoiceOutcome, held: Held, usage: PurposeUsage, heard: datetime | None
) -> Iterator[Step]:
    past, retrain = usage.past, usage.deployment.tasks.get("retrain")
    proof, again = answer.certificate, answer.retrained
    if held.model_leaving or heard is None or (held.model_unknown and not proof):
        yield _waiting("retrained", retrain)
        yield Step("model-out", "waiting", expected=_end(retrain, usage.report.as_of))
        return
    if proof is None:  # the model held nothing of it
        yield Step("model-out", "done", heard)
        return
    items = sum(each.items for each in usage.proofs if each.certificate == proof)
    at = past.served_since(proof.after)
    out = Step("model-out", "done", at, proof.day, certificate=proof, items=items)
    if again == proof:  # trained first, then replaced
        yield Step("retrained", "done", at, proof.day)
        yield out
        return
    yield out
    if again:
        at = past.served_since(again.after)
        yield Step("retrained", "done", at, again.day, certificate=again)
    else:
        yield _waiting("retrained", retrain)


def _end(training: Task | None, now: datetime) -> datetime | None:
    """Return when a training is expected to have ended; None where nothing tells."""
    if training is None or "seconds_expected" not in training.facts:
        return None
    begins = training.started or training.due
    end = begins + timedelta(seconds=training.facts["seconds_expected"])
    return end if end > now else None


def _done(name: StepName, at: datetime | None) -> Step | None:
    return Step(name, "done", at) if at else None
