"""Whether the tools help, for people: numbers by week, steps of seconds, what an experiment found.

The figures are those of `vanne_assist.use.telling`; nothing is computed here but points of percent.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from vanne.report.words import Words, sentence, words
from vanne_assist.use.events import Event, Task

Told = Mapping[str, Any]

TASKS = {
    Task.FIND: sentence("Finding people"),
    Task.WRITE: sentence("Writing a post"),
    Task.PROFILE: sentence("Working on a profile"),
}
EVENTS = {
    Event.BRIEF_ASKED: sentence("briefs searched"),
    Event.PERSON_OPENED: sentence("people opened from a list"),
    Event.PERSON_KEPT: sentence("people kept in a list"),
    Event.WRITING_BEGUN: sentence("times the page to write was opened"),
    Event.DRAFT_KEPT: sentence("drafts kept"),
    Event.SUGGESTIONS_SHOWN: sentence("times suggestions were shown"),
    Event.SUGGESTION_ACCEPTED: sentence("suggestions accepted"),
    Event.SUGGESTION_REFUSED: sentence("suggestions refused"),
}


def event_words(event: str, lang: str) -> str:
    """Name what is counted."""
    return words(lang)(EVENTS[Event(event)])


def task_words(task: str, lang: str) -> str:
    """Name a task."""
    return words(lang)(TASKS[Task(task)])


def counted_words(what: str, value: str, lang: str) -> str:
    """Put a name and what is said of it on a line."""
    return words(lang)("%(what)s: %(value)s", what=what, value=value)


def step_words(step: Told, lang: str) -> str:
    """Name a step of seconds: «10 s to 2 min», «15 min or more»."""
    w = words(lang)
    low, high = step["from"], step["to"]
    if high is None:
        return w("%(low)s or more", low=_time(low, w))
    if not low:
        return w("less than %(high)s", high=_time(high, w))
    return w("%(low)s to %(high)s", low=_time(low, w), high=_time(high, w))


def _time(seconds: int, w: Words) -> str:
    if seconds < 60:
        return w("%(n)s s", n=w.number(seconds))
    return w("%(n)s min", n=w.number(seconds // 60))


def answered_words(task: Told, lang: str) -> str:
    """Say how often a task was begun, and how often something came of it."""
    w = words(lang)
    if task["begun"] is None:
        return w("Too few to be told.")
    said = w.plural("Begun %(n)s time.", "Begun %(n)s times.", task["begun"])
    if task["answered"] is None:
        return said + (" " + w("How often something came of it cannot be told: too few.")
                       if task["begun"] else "")  # fmt: skip
    share = w.number(round(100 * task["answered"] / task["begun"])) if task["begun"] else ""
    return said + (" " + w("In %(share)s %% of them something came of it.", share=share)
                   if share else "")  # fmt: skip


# Experiments


def stands_words(told: Told, lang: str) -> str:
    """Say where an experiment stands."""
    w, day = words(lang), words(lang).day(date.fromisoformat(told["ends"]))
    return {
        "registered": w("Registered, not started."),
        "missed": w("Registered, and never started."),
        "running": w("Running. What comes of it is told after %(day)s.", day=day),
        "over": w("Over since %(day)s.", day=day),
        "stopped": w("Stopped before its end. What was counted in it is deleted."),
    }[told["stands"]]


def hypothesis_words(hypothesis: Mapping[str, str], lang: str) -> tuple[str, str]:
    """Return a hypothesis in a language, else in the first in which it is said; and which it is."""
    said = lang if lang in hypothesis else next(iter(hypothesis))
    return hypothesis[said], said


def plan_words(told: Told, lang: str) -> str:
    """Say what was registered."""
    w = words(lang)
    values = {"part": told["part"], "usual": told["looks"][0], "other": told["looks"][1],
              "effect": _effect(told, told["effect"], w)}  # fmt: skip
    if told["measure"] == "share":
        return w("Varied: %(part)s, %(usual)s and %(other)s. Measured: the share of occasions "
                 "of which something came. A difference of %(effect)s points is looked for.",
                 **values)  # fmt: skip
    return w("Varied: %(part)s, %(usual)s and %(other)s. Measured: the seconds until something "
             "came of it. A difference of %(effect)s seconds is looked for.", **values)  # fmt: skip


def occasions_words(told: Told, lang: str) -> str:
    """Say how many occasions there were, and how many were planned."""
    w = words(lang)
    usual, other = map(w.number, told["occasions"])
    planned = w.number(told["planned"])
    if told["stands"] == "over":
        return w("Occasions: %(usual)s as usual, %(other)s otherwise; planned were %(planned)s "
                 "each.", usual=usual, other=other, planned=planned)  # fmt: skip
    return w("Occasions so far: at least %(usual)s as usual, %(other)s otherwise; planned are "
             "%(planned)s each.", usual=usual, other=other, planned=planned)  # fmt: skip


def result_words(told: Told, lang: str) -> list[str]:
    """Say what an experiment found; nothing before it is over."""
    w, result = words(lang), told["result"]
    if result is None:
        return []
    if not result["compared"]:
        usual, other = result["groups"]
        few = w(
            "Too few people took part to compare: of %(of)s groups there was somebody in %(usual)s "
            "and in %(other)s.",
            of=result["of"],
            usual=usual,
            other=other,
        )
        return [few]
    said = [
        w("A difference was found.")
        if result["found"]
        else w("No difference was found: there may be none, or one within the interval."),
        _figures(told, w),
    ]
    if result["fewer_than_planned"]:
        said.append(w("There were fewer occasions than planned: a difference of the planned size "
                      "can have been missed."))  # fmt: skip
    return said


def _figures(told: Told, w: Words) -> str:
    result = told["result"]
    usual, other = (_effect(told, result[arm]["value"], w) for arm in ("usual", "other"))
    value, low, high = (
        _signed(told, result["difference"][key], w) for key in ("value", "low", "high")
    )
    shown = {"usual": usual, "other": other, "value": value, "low": low, "high": high,
             "sure": w.number(round(100 * told["confidence"]))}  # fmt: skip
    if told["measure"] == "share":
        return w("Something came of %(usual)s %% of the occasions as usual, and of %(other)s %% "
                 "otherwise: %(value)s points (%(sure)s %% interval: %(low)s to %(high)s).",
                 **shown)  # fmt: skip
    return w("It took %(usual)s seconds on average as usual, and %(other)s otherwise: %(value)s "
             "seconds (%(sure)s %% interval: %(low)s to %(high)s).", **shown)  # fmt: skip


def _effect(told: Told, figure: float, w: Words) -> str:
    """Write a share in percent, seconds as they are."""
    return w.number(round(100 * figure if told["measure"] == "share" else figure, 1))


def _signed(told: Told, figure: float, w: Words) -> str:
    return ("+" if figure > 0 else "") + _effect(told, figure, w)


# On the command line


def lines(told: Told, lang: str) -> Iterator[str]:
    """Say it all, a line each."""
    w = words(lang)
    if not told["counts"]:
        yield w("The policy in force has no purpose `usage-measurement`: nobody is counted.")
    first, last = (w.day(date.fromisoformat(told["weeks"][place])) for place in (0, -1))
    yield w("Whole weeks from that of %(first)s to that of %(last)s, of those who said yes. "
            "Nothing below %(fewest)s is told.",
            first=first, last=last, fewest=told["fewest"])  # fmt: skip
    for task in told["tasks"]:
        yield ""
        yield counted_words(task_words(task["task"], lang), answered_words(task, lang), lang)
        for step in task["steps"]:
            yield "  " + counted_words(step_words(step, lang), w.number(step["count"]), lang)
        for row in task["events"]:
            yield "  " + counted_words(
                event_words(row["event"], lang), w.number(row["shown"]), lang
            )
    for each in told["experiments"]:
        yield ""
        yield from experiment_lines(each, lang)
    for name in told["damaged"]:
        yield ""
        yield w("%(name)s is not what was registered: its result is not told.", name=name)


def experiment_lines(told: Told, lang: str) -> Iterator[str]:
    """Say what may be known of an experiment."""
    yield counted_words(told["name"], stands_words(told, lang), lang)
    yield f"  {hypothesis_words(told['hypothesis'], lang)[0]}"
    yield f"  {plan_words(told, lang)}"
    if told["stands"] in ("running", "over"):
        yield f"  {occasions_words(told, lang)}"
    for said in result_words(told, lang):
        yield f"  {said}"
