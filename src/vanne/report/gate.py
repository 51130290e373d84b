"""The gate: where one member stands for one purpose, and what happens after their last choice.

A member's data goes from them to the training set and from there to the model. The gate says which
of the three hold it now, and how that came to be:

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
stands where an earlier model may have held something, and a step is done when a version of the
corpus, a model or a certificate says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from vanne.config import Home
from vanne.forget.certificate import Certificate
from vanne.policy.schedule import policy_at
from vanne.report.member import MemberReport, report_of
from vanne.report.member_items import load_member
from vanne.report.switches import (
    History,
    KindSwitch,
    PurposeSwitch,
    kind_switches,
    purpose_switch,
)
from vanne.report.usage import ChoiceOutcome, PurposeUsage, usage_of
from vanne.terms import MAIN_PURPOSE, Member, Reason
from vanne.worker import Task, alive, next_for

GateState = Literal[
    "open", "opening", "partly", "earlier", "closing", "closed", "never", "off", "nothing"
]
StepName = Literal["recorded", "corpus-out", "model-out", "retrained", "corpus-in", "model-in"]
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
    def of(cls, report: MemberReport) -> "Held":
        """Count the member's own items."""
        count, off = report.count, (Reason.OFF_CATEGORY, Reason.OFF_ITEM)
        return cls(
            items=count(),
            allowed=report.allowed,
            off=count(lambda item: item.reason in off),
            in_corpus=report.in_corpus,
            corpus_leaving=count(lambda item: item.in_corpus and not item.allowed),
            unknown=count(lambda item: item.in_corpus is None),
            in_model=report.in_model,
            model_leaving=count(lambda item: item.in_model and not item.allowed),
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


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a member stands, and the steps after their last choice (`receipt` is its place)."""

    state: GateState
    switch: PurposeSwitch
    held: Held
    receipt: int | None
    on: bool
    """What the last choice wants."""
    whole: bool
    """Whether it is for everything of the purpose."""
    steps: tuple[Step, ...]
    certificate: Certificate | None
    closed_at: datetime | None
    due: date | None
    """By when the model must have forgotten what may not be used any more."""
    is_late: bool
    has_model: bool
    has_worker: bool
    as_of: datetime

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
        return self.has_worker and any(step.state != "done" for step in near)

    @property
    def waits(self) -> bool:
        """Say whether a step is not done yet."""
        return any(step.state != "done" for step in self.steps)


@dataclass(frozen=True, slots=True)
class MemberPage:
    """What the page of the main purpose shows: nothing of it is of another purpose.

    `history` holds all choices of the member, for whatever purpose.
    """

    gate: Gate
    report: MemberReport
    kinds: tuple[KindSwitch, ...]
    history: History


def page_of(home: Home, member: Member, as_of: datetime) -> MemberPage:
    """Put the page of the main purpose together, for one member.

    Raises:
        MissingError: there is no such member, or no ledger.
        StorageError: the database cannot be read.
    """
    data, policy = load_member(home, member.member_id), policy_at(home, as_of)
    report = report_of(home, data, policy, MAIN_PURPOSE, as_of)
    switch = purpose_switch(member, policy, MAIN_PURPOSE, data.history, as_of)
    gate = gate_of(home, switch, usage_of(home, data, report))
    return MemberPage(gate, report, tuple(kind_switches(report, switch)), data.history)


def gate_of(home: Home, switch: PurposeSwitch, usage: PurposeUsage) -> Gate:
    """Say where a member stands for a purpose, and what happens now.

    Raises:
        StorageError: the database cannot be read.
    """
    report, held = usage.report, Held.of(usage.report)
    answer = usage.answers[-1] if usage.answers else None
    has_worker = alive(home, report.as_of).is_alive
    tasks = next_for(home) if has_worker else {}
    proof = _proof(usage) if not held.allowed and not held.model_unknown else None
    due = switch.due if switch.covers_all else usage.due.date() if usage.due else None
    return Gate(
        state=_state(switch, held, usage, proof),
        switch=switch,
        held=held,
        receipt=answer.index if answer else None,
        on=answer.choice.on if answer else switch.state.on,
        whole=answer is None or answer.choice.scope == "all",
        steps=tuple(_steps(answer, held, usage, tasks, has_worker)) if answer else (),
        certificate=proof,
        closed_at=usage.past.served_since(proof.after) if proof else None,
        due=due if held.leaves or held.unknown or held.model_unknown else None,
        is_late=bool(held.model_leaving and due and report.as_of.date() > due),
        has_model=report.model is not None,
        has_worker=has_worker,
        as_of=report.as_of,
    )


def _state(
    switch: PurposeSwitch, held: Held, usage: PurposeUsage, proof: Certificate | None
) -> GateState:
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


def _steps(
    answer: ChoiceOutcome,
    held: Held,
    usage: PurposeUsage,
    tasks: Mapping[str, Task],
    has_worker: bool,
) -> Iterator[Step]:
    """Yield the steps after a choice. What it asks for is known to the worker a moment later.

    The model is trained again and then replaced; where that would take too long, the other way.
    """
    past, index = usage.past, answer.index
    heard = past.heard_at(index)
    is_busy = any(task.state == "running" for task in tasks.values())
    soon = usage.report.as_of if has_worker and heard is None and not is_busy else None
    refresh, retrain = tasks.get("refresh"), tasks.get("retrain")
    yield Step("recorded", "done", answer.choice.at)
    if answer.choice.on:
        yield _done("corpus-in", heard) or _waiting("corpus-in", refresh, soon)
        yield _done("model-in", past.learnt_at(index)) or _waiting("model-in", retrain)
        return
    covers_all = usage.report.rules.objection_covers == "everything"
    is_out = not covers_all or not (held.corpus_leaving or held.unknown)
    yield _done("corpus-out", heard if is_out else None) or _waiting("corpus-out", refresh, soon)
    if not covers_all or usage.report.model is None:
        return
    proof, again = answer.certificate, answer.retrained
    if held.model_leaving or heard is None or (held.model_unknown and not proof):
        yield _waiting("retrained", retrain)
        yield Step("model-out", "waiting", expected=_end(retrain, usage.report.as_of))
        return
    if proof is None:  # the model held nothing of what the choice covers
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
