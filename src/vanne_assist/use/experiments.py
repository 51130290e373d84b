"""Experiments that are registered before they begin: `HOME/experiments/NAME/`.

    plan.toml    what was registered, to the byte
    steps.json   when it was registered, started or stopped, and where the ledger says so

Each step is an entry of the public ledger with the digest of the plan: that a plan came before its
result, and which others were registered and never told of, can be checked by whoever follows the
log. A plan that is not the registered one is not used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from vanne.config import Home
from vanne.errors import (
    ConfigError,
    ConflictError,
    InputError,
    MissingError,
    VerificationError,
    storing,
)
from vanne.files import write_whole
from vanne.ledger import Ledger
from vanne.terms import ExperimentStep
from vanne_assist.use import store, trials
from vanne_assist.use.parts import Part
from vanne_assist.use.plan import NAME, Plan, read_plan

_SCHEMA = "vanne/experiment-steps/1"
Step = Literal["registered", "started", "stopped"]
Stands = Literal["registered", "missed", "running", "over", "stopped"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A registered plan, and for each step when it was, and its place in the ledger."""

    plan: Plan
    steps: Mapping[Step, tuple[datetime, int]]

    def stands(self, now: datetime) -> Stands:
        """Say where it stands: `missed` if its last day is over and it never began."""
        is_over = now.astimezone(UTC).date() > self.plan.ends
        if "stopped" in self.steps:
            return "stopped"
        if "started" in self.steps:
            return "over" if is_over else "running"
        return "missed" if is_over else "registered"


def register(home: Home, ledger: Ledger, text: str, file: str, now: datetime) -> Experiment:
    """Register a plan: from now on it cannot be changed. The same again is the same.

    Raises:
        ConfigError: the plan is wrong, too small for what it is to find, or ends too early.
        ConflictError: another plan was registered by this name.
        VanneError: it could not be written; it is not registered then.
    """
    plan = read_plan(text, file)
    if plan.occasions < plan.needed:
        raise ConfigError(
            f"{file}: `occasions` is {plan.occasions:,}",
            todo=f"to find that effect each arm needs {plan.needed:,}; plan for that, or say a "
            "larger effect",
        )
    if plan.ends <= now.astimezone(UTC).date():
        raise ConfigError(f"{file}: `ends` is {plan.ends}", todo="name a day that is to come")
    if (home.experiments / plan.name / "steps.json").exists():
        known = read(home, plan.name)
        if known.plan.digest != plan.digest:
            raise ConflictError(
                f"another plan is registered as `{plan.name}`",
                todo="a registered plan is not changed: give the new one another name",
            )
        return known
    return _step(home, ledger, Experiment(plan, {}), "registered", now)


def start(home: Home, ledger: Ledger, name: str, now: datetime) -> Experiment:
    """Start a registered experiment; from now on whoever said yes may be in it.

    Raises:
        MissingError: there is none.
        VerificationError: its plan is not the registered one.
        InputError: it was started before, or another one varies the same part now.
    """
    found = verified(ledger, read(home, name))
    if (stands := found.stands(now)) != "registered":
        raise InputError(f"`{name}` is {stands}", todo="register a new one by another name")
    for each in every(home):
        if each.plan.part is found.plan.part and each.stands(now) == "running":
            raise InputError(
                f"`{each.plan.name}` varies `{each.plan.part}` already", todo="wait for its end"
            )
    with store.opened(home.root) as db:
        trials.begin(db, name, found.plan.ends)
    return _step(home, ledger, found, "started", now)


def stop(home: Home, ledger: Ledger, name: str, now: datetime) -> Experiment:
    """Stop an experiment before its end. What was counted in it is deleted, and nobody sees it.

    Raises:
        MissingError: there is none.
        InputError: it is over, or was stopped before.
    """
    found = read(home, name)
    if (stands := found.stands(now)) in ("over", "stopped", "missed"):
        raise InputError(f"`{name}` is {stands}", todo="there is nothing to stop")
    with store.opened(home.root) as db:
        trials.drop(db, name)
    return _step(home, ledger, found, "stopped", now)


def read(home: Home, name: str) -> Experiment:
    """Return a registered experiment.

    Raises:
        MissingError: there is none.
        VerificationError: its files are not those that were registered.
    """
    folder = home.experiments / name
    if not NAME.fullmatch(name) or not (folder / "steps.json").exists():
        known = ", ".join(f"`{each.plan.name}`" for each in every(home)) or "none is registered"
        raise MissingError(f"no experiment `{name}` is registered", todo=f"there are: {known}")
    with storing(f"the experiment `{name}`"):
        data = (folder / "steps.json").read_bytes()
        text = (folder / "plan.toml").read_bytes().decode(errors="replace")
    try:
        said: dict[str, Any] = json.loads(data)
        steps: dict[Step, tuple[datetime, int]] = {
            step: (datetime.fromisoformat(at), int(entry))
            for step, (at, entry) in said["steps"].items()
        }
        digest = str(said["digest"])
        plan = read_plan(text, "plan.toml")
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise _changed(name) from error
    if plan.digest != digest or plan.name != name:
        raise _changed(name)
    return Experiment(plan, steps)


def every(home: Home) -> list[Experiment]:
    """Return every experiment whose files are whole, the first registered first."""
    found = []
    for path in sorted(home.experiments.glob("*/steps.json")):
        try:
            found.append(read(home, path.parent.name))
        except VerificationError:
            continue  # `damaged` names it; it takes part in nothing
    return sorted(found, key=lambda each: each.steps["registered"])


def damaged(home: Home) -> list[str]:
    """Return the names of experiments whose files are not those that were registered."""
    whole = {each.plan.name for each in every(home)}
    names = {path.parent.name for path in home.experiments.glob("*/steps.json")}
    return sorted(names - whole)


def verified(ledger: Ledger, found: Experiment) -> Experiment:
    """Return an experiment whose every step is in the ledger, as its files say.

    Raises:
        VerificationError: one is not.
    """
    plan = found.plan
    for step, (at, entry) in found.steps.items():
        said = ExperimentStep(plan.name, step, plan.digest, at)
        recorded = (
            next((r for _, r in ledger.records(entry, entry + 1)), None)
            if entry < ledger.size
            else None
        )
        if recorded != said:
            raise _changed(plan.name)
    return found


def running(home: Home, part: Part, now: datetime) -> Experiment | None:
    """Return the experiment that varies a part now."""
    if not home.experiments.exists():
        return None
    found = (e for e in every(home) if e.plan.part is part and e.stands(now) == "running")
    return next(found, None)


def _step(home: Home, ledger: Ledger, found: Experiment, step: Step, now: datetime) -> Experiment:
    """Write a step down: in the ledger, and then in the files, after which it counts."""
    plan, at = found.plan, now.astimezone(UTC).replace(microsecond=0)
    key = f"experiment/{plan.digest}/{step}"
    entry = ledger.append([ExperimentStep(plan.name, step, plan.digest, at)], key=key)[0]
    (recorded,) = (record for _, record in ledger.records(entry, entry + 1))
    assert isinstance(recorded, ExperimentStep)  # cut short before, it is found again by its key
    done = replace(found, steps={**found.steps, step: (recorded.at, entry)})
    folder = home.experiments / plan.name
    write_whole(folder / "plan.toml", plan.text.encode())
    steps = {name: [when.isoformat(), place] for name, (when, place) in done.steps.items()}
    document = {"schema": _SCHEMA, "digest": plan.digest, "steps": steps}
    write_whole(folder / "steps.json", json.dumps(document, indent=1).encode())
    return done


def _changed(name: str) -> VerificationError:
    return VerificationError(
        f"the experiment `{name}` is not what was registered",
        todo="its result is not told; put back `plan.toml` and `steps.json` as they were",
    )
