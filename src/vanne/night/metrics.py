"""The numbers that an operator watches, in the text format of Prometheus. None is of a person.

A server answers them at `/v1/metrics`; a night writes them to the `textfile` of its file, for the
text file collector of Prometheus' node exporter. What has not been made yet has no line.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from vanne.night.health import NetworkHealth

Metric = tuple[str, str, str, Mapping[str, float]]
"""Name, kind, what it is, and the values by their labels."""


def metrics(state: NetworkHealth) -> str:
    """Return the numbers as text."""
    lines = list[str]()
    for name, kind, help, values in _measured(state):
        lines += [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{label} {value}" for label, value in values.items()]
    return "\n".join([*lines, ""])


def _measured(state: NetworkHealth) -> Iterator[Metric]:
    yield "vanne_ledger_entries_total", "counter", "Entries of the ledger.", {"": state.entries}
    for name, help, value in _gauges(state):
        yield name, "gauge", help, {"": value}
    if state.corpus:
        reasons = {f'{{reason="{name}"}}': n for name, n in state.corpus.counts.items()}
        yield "vanne_corpus_items", "gauge", "Items by the reason of their verdict.", reasons


def _gauges(state: NetworkHealth) -> Iterator[tuple[str, str, float]]:
    now = state.as_of
    if corpus := state.corpus:
        yield "vanne_corpus_documents", "Items that may be used.", corpus.documents
        age = _seconds(corpus.as_of, now)
        yield "vanne_corpus_age_seconds", "Since when the corpus is what it is.", age
        behind = state.entries - corpus.ledger_size
        yield "vanne_corpus_entries_behind", "Entries that it has not heard.", behind
        unheard = len(state.unheard)
        yield "vanne_opt_outs_unheard", "Opt-outs that the corpus has not heard.", unheard
        oldest = _seconds(state.unheard[0].at, now) if state.unheard else 0
        yield "vanne_opt_outs_unheard_seconds", "Since when the first of them waits.", oldest
    if state.due:
        text = "Seconds until the model must have forgotten; below 0 it is late."
        yield "vanne_forget_due_seconds", text, _seconds(now, state.due)
    if state.last:
        is_good = int(state.last.state == "done")
        yield "vanne_night_good", "1 if the last night was good, else 0.", is_good
        alerts = len(state.last.facts.get("alerts", ()))
        yield "vanne_night_alerts", "What a person should know of the last night.", alerts
        cpu = round(state.last.cpu_seconds or 0, 3)
        yield "vanne_night_cpu_seconds", "CPU seconds of the last night.", cpu
    if state.good:
        age = _seconds(state.night_at, now)
        yield "vanne_night_good_age_seconds", "Seconds since the last good night.", age


def _seconds(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds())
