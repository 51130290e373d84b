"""Fair search, for people: what a brief may not ask, what an audit found, why somebody was shown.

The figures and the findings are those of `vanne_assist.fairness`; nothing is computed here.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vanne.words import Words, words
from vanne_assist.fairness.protected import Ask, reworded

Found = Mapping[str, Any]

LAYOUT = (
    "attribute", "category", "people", "selected", "rate", "impact_ratio", "remark",
)  # fmt: skip
"""The columns of the table in the layout of New York City's Local Law 144."""


def stopped(text: str, asks: Sequence[Ask], lang: str) -> list[str]:
    """Say why a brief is stopped and how to put it; one sentence if nothing stops it."""
    w = words(lang)
    if not asks:
        return [w("Nothing in this brief asks for what the law protects.")]
    said = [_ask(ask, w) for ask in asks]
    if whole := reworded(text, tuple(asks)):
        said.append(w("The brief without it: %(brief)s", brief=whole))
    return said


def _ask(ask: Ask, w: Words) -> str:
    said = w("«%(words)s» – %(reason)s.", words=ask.said, reason=w.say(ask.reason))
    if ask.lawful:
        return said + " " + w("Ask instead: %(lawful)s", lawful=ask.lawful)
    return said


def _looked(looked: Found, w: Words) -> str:
    accounts = w.number(looked["accounts"])
    if not looked["organisations"]:  # none is named where accounts have none
        return w("Accounts that looked: %(accounts)s.", accounts=accounts)
    count = w.number(looked["organisations"])
    return w("Accounts that looked: %(accounts)s, from organisations: %(organisations)s.",
             accounts=accounts, organisations=count)  # fmt: skip


def explained(document: Found, lang: str) -> list[str]:
    """Say to a member which searches showed them, and why."""
    w, looked = words(lang), document["looked"]
    if not document["searches"]:
        return [w("No search that is still recorded has shown you.")]
    said = [
        w.plural("%(n)s search showed you.", "%(n)s searches showed you.", looked["searches"]),
        _looked(looked, w),
    ]
    said += [_search(search, w) for search in document["searches"]]
    said.append(
        w(
            "The search ranks and refuses nobody: a person decides whom to write to. What you "
            "switched off was not read."
        )
    )
    return said


def _search(search: Found, w: Words) -> str:
    said = w("%(day)s: place %(place)s of %(of)s.", day=search["day"],
             place=w.number(search["place"]), of=w.number(search["of"]))  # fmt: skip
    if search["met"]:
        said += " " + w("You met: %(criteria)s.", criteria=", ".join(search["met"]))
    return said


def audited(document: Found, lang: str) -> list[str]:
    """Say what an audit of the search found."""
    w = words(lang)
    said = [
        w("Briefs run: %(briefs)s. People found: %(people)s. Briefs stopped for what they ask: "
          "%(stopped)s.", briefs=w.number(document["briefs"]),
          people=w.number(document["people"]), stopped=w.number(document["stopped"])),
    ]  # fmt: skip
    for about in document["attributes"]:
        if worst := _worst(about):
            said.append(
                w(
                    "%(attribute)s: the lowest impact ratio is %(ratio)s (%(category)s).",
                    attribute=about["attribute"].capitalize(),
                    ratio=w.number(worst["ratio"]),
                    category=worst["category"],
                )
            )
    said.append(
        w(
            "A ratio below 0.8 is a sign to look closer; it proves nothing by itself, and a higher "
            "one excuses nothing. No figure is about fewer than %(fewest)s people.",
            fewest=document["fewest"],
        )
    )
    return said


def _worst(about: Found) -> Found | None:
    rows = [row for row in about["selection"]["categories"] if row["ratio"] is not None]
    return min(rows, key=lambda row: row["ratio"], default=None)


def page(document: Found, lang: str) -> str:
    """Return the report of an audit as a page of Markdown."""
    w = words(lang)
    lines = ["# " + w("Audit of the search for people"), ""]
    source = document["source"]
    lines += [f"{document['at']}, {source['index']}, {source['encoder']}", ""]
    lines += [f"* {said}" for said in audited(document, lang)]
    for about in [*document["attributes"], *document["intersections"]]:
        lines += ["", f"## {about['attribute'].capitalize()}", ""]
        lines += _table(about, w)
    return "\n".join([*lines, ""])


def _table(about: Found, w: Words) -> Iterator[str]:
    head = [w("Category"), w("Could be found"), w("Among the first"), w("Rate"), w("Impact ratio")]
    yield from (f"| {' | '.join(head)} |", "| --- " * len(head) + "|")
    for row in about["selection"]["categories"]:
        ratio = "–" if row["ratio"] is None else f"{row['ratio']:.3f}{_between(row)}"
        cells = [row["category"], w.number(row["people"]), w.number(row["selected"])]
        rate = f"{row['rate']:.3f}"
        yield f"| {' | '.join([*cells, rate, ratio])} |"
    unknown = (w("Unknown"), w.number(about["selection"]["unknown"]))
    yield f"| {' | '.join(unknown)} | | | |"


def _between(row: Found) -> str:
    if not row["ratio_interval"]:
        return ""
    low, high = row["ratio_interval"]
    return f" ({low:.3f}–{high:.3f})"


def layout(document: Found) -> str:
    """Return the rates as CSV in the layout of Local Law 144, with the number of unknown."""
    sink = io.StringIO()
    table = csv.writer(sink, lineterminator="\n")
    table.writerow(LAYOUT)
    for about in [*document["attributes"], *document["intersections"]]:
        name = about["attribute"]
        for row in about["selection"]["categories"]:
            ratio = "" if row["ratio"] is None else row["ratio"]
            counts = (row["people"], row["selected"], row["rate"], ratio)
            table.writerow([name, row["category"], *counts, row.get("left_out", "")])
        unknown = about["selection"]["unknown"]
        table.writerow([name, "(unknown)", unknown, "", "", "", "not in any ratio"])
    return sink.getvalue()
