"""The state of a person in sentences: the one place from which a person reads about themselves.

Each function gives messages (a code with parameters) that follow from a state, and from nothing
else. Pages, the report, the command, the API and mails show these messages, so they say the same.
The English of each code is in `vanne.words.person`.
"""

from collections.abc import Iterator

from vanne.report.person import PersonState, Step
from vanne.report.switches import PurposeSwitch
from vanne.report.usage import ChoiceOutcome, PurposeDeployment, Receiver
from vanne.report.usage_text import SHORT
from vanne.terms import MAIN_PURPOSE, Reason
from vanne.words import ZONE, Message, RegionCode, RelativeMoment

_CORRECT = {
    Reason.MINOR: "age",
    Reason.AGE_UNKNOWN: "age",
    Reason.REGION_UNKNOWN: "region",
    Reason.REGION_NOT_STARTED: "region",
    Reason.MEMBER_UNKNOWN: "member",
}
"""What a person can let the network correct, where one of these keeps them out."""
KEEP_NO, KEEP_NO_HELP = Message("person-keep-no"), Message("person-keep-no-help")
"""The one press that a person who is kept out is offered."""


# What is said first


def headline(person: PersonState) -> Message:
    """Answer the question of the page: is my data used?"""
    if person.switch.purpose != MAIN_PURPOSE:
        return Message(f"person-other-{'used' if person.held.allowed else 'off'}")
    held, state = person.held, person.state
    if state == "closing" and held.model_leaving:
        return _leaving(person)
    if state == "closing" and held.corpus_leaving:
        return Message("person-corpus-leaving")
    if state == "closed":
        return Message("person-closed")
    if person.kept_out:
        return Message("person-kept-out")
    if state in ("open", "opening") and held.model_unknown:
        return Message("person-open-unknown")
    if state == "opening" and any(each.items and not each.later for each in person.receivers):
        return Message("person-open-exported")
    if state == "never" and person.deployment.trains:
        return Message("person-never")
    if state in ("never", "off") and person.receivers:
        return Message("person-off-exported")
    if state in ("open", "opening", "partly", "earlier", "nothing"):
        return Message(f"person-{state}")
    return Message("person-off")


def _leaving(person: PersonState) -> Message:
    """Say when what may not be used any more is out of the model, as far as that is known."""
    stage = person.stage("model")
    if stage.due is None or person.is_late:
        return Message("person-model-leaving")
    if stage.expected is None or stage.expected.astimezone(ZONE.get()).date() > stage.due:
        return Message("person-model-leaves-by", day=stage.due)  # a later day would contradict it
    moment = RelativeMoment(stage.expected, person.as_of, in_sentence=True)
    return Message("person-model-leaves-at", moment=moment, day=stage.due)


def label(person: PersonState) -> Message:
    """Say the same in a word or two."""
    state = person.state
    if person.is_late:
        return Message("person-word-late")
    if state in ("closing", "closed", "partly", "earlier"):
        return Message(f"person-word-{state}")
    if person.kept_out or state == "nothing":
        return Message("person-word-not-used")
    if person.switch.state.by == "default":
        return Message(f"person-word-{'on' if person.is_open else 'off'}-by-default")
    return Message(f"person-word-turned-{'on' if person.is_open else 'off'}")


def value(switch: PurposeSwitch) -> Message:
    """Say whether a purpose is on or off, or that nothing is used, in a list of settings."""
    if switch.state.block:
        return Message("person-word-not-used")
    return Message(f"person-word-{'on' if switch.state.on else 'off'}")


def whose(switch: PurposeSwitch, region: str | None) -> Iterator[Message]:
    """Say who decided it and since when: a choice, a signal, a default, or what keeps one out."""
    state = switch.state
    if state.block:
        yield Message(f"reason-{state.block}")
        yield Message(f"person-correct-{_CORRECT[state.block]}")
        if state.by == "choice" and state.since:
            yield Message(
                f"person-kept-{'on' if state.on else 'off'}",
                moment=RelativeMoment(state.since, switch.as_of),
            )
    elif switch.by_signal and state.since:
        yield Message("person-by-signal", date=state.since)
    elif state.by == "choice" and state.since:
        yield Message("person-by-choice", moment=RelativeMoment(state.since, switch.as_of))
    elif state.since:
        place = RegionCode(region or "")
        yield Message(
            f"person-by-region-{'on' if state.on else 'off'}",
            region=place,
            day=state.since.date(),
        )
    else:
        yield Message("person-not-chosen")


def after_change(switch: PurposeSwitch, region: str | None) -> Iterator[Message]:
    """Say where a change of the policy leaves a member: what they chose stays."""
    state = switch.state
    if state.block:
        yield from whose(switch, region)
    elif state.by == "choice" and state.since:
        yield Message(f"person-chose-{'on' if state.on else 'off'}", date=state.since)
        yield Message("person-choice-stays")
    else:
        yield Message("person-not-chosen")
        if state.since:
            yield Message(f"person-default-{'on' if state.on else 'off'}")


def details(person: PersonState) -> Iterator[Message]:
    """Say what else is so: when it left, what must still leave, what is not known."""
    held, due = person.held, person.due
    if person.state == "closed" and person.certificate:
        yield Message("person-left-on", day=person.certificate.day)
    elif held.model_unknown:
        yield Message("person-model-unknown")
    elif person.state == "off":
        yield Message("person-past-unknown")
    elif due and held.leaves:
        place, n = ("model", held.model_leaving) if held.model_leaving else ("corpus", 0)
        yield Message(f"person-must-leave-{place}", n=n or held.corpus_leaving, day=due)
        if person.is_late:
            yield Message("person-late")


def exports(person: PersonState) -> Iterator[Message]:
    """Say of each receiver what the last export that held something of theirs held."""
    return map(_export, person.receivers)


def _export(receiver: Receiver) -> Message:
    who = receiver.name or Message("person-receiver-unnamed")
    day = receiver.at.date()
    if receiver.items is None:
        return Message("person-export-unknown", day=day, receiver=who)
    if receiver.later is None:
        return Message("person-export-holds", n=receiver.items, day=day, receiver=who)
    later = receiver.later.date()
    return Message("person-export-left", n=receiver.items, day=day, receiver=who, later=later)


def statements(person: PersonState) -> list[Message]:
    """Return all that is said of a state, in the order in which a person reads it."""
    first = [headline(person), *whose(person.switch, person.region)]
    return [*first, *details(person), *exports(person)]


def outcome(answer: ChoiceOutcome, deployment: PurposeDeployment) -> Iterator[Message]:
    """Say what became of an opt-out in the models; nothing of an opt-in, or without a model."""
    if not deployment.trains or answer.outcome is None:
        return
    proof, again, due = answer.certificate, answer.retrained, answer.due
    if answer.outcome == "done" and proof and due:
        name = proof.id[:SHORT]
        yield Message("person-forgotten", date=proof.day, name=name, day=due.date())
        if again is None:
            yield Message("person-rest-waits")
        elif again != proof:
            yield Message("person-rest-trained", date=again.day, name=again.id[:SHORT])
    elif answer.outcome == "nothing" or due is None:
        yield Message("person-forget-nothing")
    else:
        yield Message(f"person-forget-{answer.outcome}", day=due.date())


# What happens after a choice, and what a press would do


def title(step: Step) -> Message:
    """Name a step."""
    return Message(f"person-step-{step.name}")


def plan(person: PersonState) -> Iterator[tuple[Message, Message]]:
    """Yield what a press does, step by step; nothing where it changes nothing."""
    if person.kept_out:
        return
    does, covers = person.deployment, person.switch.rules.objection_covers
    steps = [("recorded", Message("person-plan-recorded"))]
    if not person.switch.state.on:
        steps.append(("corpus-in", Message("person-plan-corpus-in")))
        if does.trains:
            steps.append(("model-in", Message("person-plan-model-in")))
        if does.exports:
            steps.append(("export-in", Message("person-plan-export-in")))
    elif covers != "everything":
        steps.append(("corpus-out", Message("person-plan-afterwards")))
    else:
        steps.append(("corpus-out", Message(f"person-plan-corpus-out-{does.does}")))
        if does.trains:
            steps.append(("retrained", Message("person-plan-retrained")))
            steps.append(("model-out", Message("person-plan-model-out", day=person.switch.due)))
        if does.exports:
            steps.append(("export-out", Message("person-plan-export-out")))
    for name, text in steps:
        yield Message(f"person-step-{name}"), text


def if_on(person: PersonState) -> Iterator[Message]:
    """Say what it means that the setting is on."""
    yield Message(f"person-on-{person.deployment.does}")
    if not person.is_open:
        yield Message(f"person-on-again-{'model' if person.deployment.trains else 'corpus'}")
        if person.certificate:
            yield Message("person-certificate-stays")


def if_off(person: PersonState) -> Iterator[Message]:
    """Say what it means that the setting is off."""
    if person.switch.rules.objection_covers != "everything":
        yield Message("person-off-afterwards")
        return
    deployment = person.deployment
    if deployment.trains:
        yield Message("person-off-trains", day=person.switch.due)
    if deployment.exports:
        yield Message("person-off-exports")
    if deployment.does == "nothing":
        yield Message("person-off-nothing")


def caption(person: PersonState) -> Iterator[Message]:
    """Say what the picture shows."""
    if person.held.model_unknown:
        yield Message(f"person-gate-{'open' if person.is_up else 'closed'}")
        yield Message("person-model-unknown")
    elif person.is_up and not person.deployment.trains:
        yield Message("person-gate-open")
    elif person.is_up:
        yield Message(f"person-gate-{'flows' if person.model == 'full' else 'none-yet'}")
    elif person.state == "earlier":
        yield Message("person-gate-earlier")
    elif "leaving" in (person.model, person.corpus):
        place = "model" if person.model == "leaving" else "corpus"
        yield Message(f"person-gate-{place}-emptied")
    else:
        yield Message("person-gate-empty")
