"""How `vanne policy` writes a policy's explanation and the difference of two on a terminal."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vanne.cli.options import WIDTH, ScreenLine
from vanne.terms import GROUPS, REGIONS, Reason
from vanne.words import Words, category_words, sentence

if TYPE_CHECKING:
    from vanne.decide.compare import Shift
    from vanne.decide.difference import PolicyChange, PolicyDifference
    from vanne.policy import Policy

# A policy in sentences

_ANSWERS = {
    "listed": sentence("may be used"),
    "never": sentence("never used"),
    "not-listed": sentence("not listed"),
}
_CHOSEN = {
    "never": sentence("Never chose"),
    "off": sentence("Chose off"),
    "off-later": sentence("Off, made before"),
    "on": sentence("Chose on"),
}


class Explained:
    """An explained policy as paragraphs; sources get numbers in the order of being cited."""

    def __init__(self, told: dict[str, Any], w: Words) -> None:
        self.told, self.w = told, w
        self.numbers: dict[str, int] = {}
        self.doubts: list[tuple[str, str]] = []

    def lines(self) -> Iterator[ScreenLine]:
        yield ScreenLine("", self.told["title"], "bold")
        policy = self.told["policy"]
        yield ScreenLine(
            "", self.w("Policy %(name)s, version %(version)s, digest %(digest)s.", **policy)
        )
        for purpose in self.told["purposes"]:
            yield from self.purpose(purpose)
        yield from self.uncertain()
        yield from self.sources()

    def purpose(self, purpose: dict[str, Any]) -> Iterator[ScreenLine]:
        w = self.w
        yield ScreenLine("", "")
        yield ScreenLine("", w("Purpose: %(purpose)s", purpose=purpose["purpose"]), "bold")
        yield ScreenLine(
            "", w("An item may be used only if none of these rules speaks against it.")
        )
        yield ScreenLine(
            "", w("They are asked in this order; the first that speaks is the reason.")
        )
        for number, rule in enumerate(purpose["rules"], 1):
            yield ScreenLine(f"{number:>2}. ", " · ".join(rule["reasons"]), "bold")
            for line in rule["said"]:
                yield ScreenLine("    ", line["text"] + self.cited(line, purpose, line["where"]))
        yield from self.table(purpose)
        yield from self.kinds(purpose)

    def table(self, purpose: dict[str, Any]) -> Iterator[ScreenLine]:
        w = self.w
        yield ScreenLine("", "")
        yield ScreenLine("", w("What each country and choice gives"), "bold")
        if self.told["as_of"]:
            at = datetime.fromisoformat(self.told["as_of"])
            yield ScreenLine("", w("Asked for the time %(at)s.", at=w.date(at)))
        yield ScreenLine(
            "", w("For a listed kind of data of an owner of age, if no other rule speaks:")
        )
        rows = purpose["table"]
        chosen = [w(_CHOSEN[name]) for name in (rows[0]["answers"] if rows else ())]
        cells = [[w("From"), w("Before"), *chosen], *map(self.row, rows)]
        head, *aligned = _aligned(cells)
        if rows:
            yield ScreenLine("    ", head)
        for number, (row, line) in enumerate(zip(rows, aligned, strict=True)):
            if number == 0 or row["place"] != rows[number - 1]["place"]:
                yield ScreenLine("  ", row["place"])
            yield ScreenLine("    ", line)
        rest = w("no: %(reason)s", reason=Reason.REGION_NOT_STARTED.value)
        text = sentence("At any other time, and in every other country: %(answer)s")
        yield ScreenLine("  ", w(text, answer=rest))

    def row(self, row: dict[str, Any]) -> list[str]:
        answers = (self.answer(reason) for reason in row["answers"].values())
        return [row["from"] or "", row["until"] or "", *answers]

    def answer(self, reason: str) -> str:
        return self.w("yes") if reason == "allowed" else self.w("no: %(reason)s", reason=reason)

    def kinds(self, purpose: dict[str, Any]) -> Iterator[ScreenLine]:
        w = self.w
        yield ScreenLine("", "")
        yield ScreenLine("", w("Kinds of data"), "bold")
        rows = []
        for kind in purpose["kinds"]:
            category, answer = kind["category"], kind["answer"]
            cited = self.cited(kind, purpose, f"{answer}.{category}")
            rows.append([category_words(category, w.lang), w(_ANSWERS[answer]) + cited])
        yield from (ScreenLine("  ", line) for line in _aligned(rows))

    def cited(self, row: dict[str, Any], purpose: dict[str, Any], where: str | None) -> str:
        """Return the numbers of the sources, and a mark if there is a doubt."""
        numbers = [self.numbers.setdefault(s, len(self.numbers) + 1) for s in row["sources"]]
        if row["uncertain"]:
            self.doubts.append((f"{purpose['purpose']}.{where}", row["uncertain"]))
        mark = "?" if row["uncertain"] else ""
        cited = ",".join(map(str, sorted(numbers)))
        return f" [{cited}{mark}]" if cited or mark else ""

    def uncertain(self) -> Iterator[ScreenLine]:
        if self.doubts:
            yield ScreenLine("", "")
            yield ScreenLine("", self.w("Not certain (with a question mark above)"), "bold")
        for where, why in self.doubts:
            yield ScreenLine("  ", self.w.explained(where, why))

    def sources(self) -> Iterator[ScreenLine]:
        if self.numbers:
            yield ScreenLine("", "")
            yield ScreenLine("", self.w("Sources"), "bold")
        for source, number in self.numbers.items():
            of = self.told["sources"][source]
            text = f"{of['publisher']}: {of['title']}. {of['date']}. {of['where']}"
            yield ScreenLine(f"{number:>2} ", text, "dim")


def _aligned(rows: Sequence[list[str]]) -> list[str]:
    """Make all cells of a column as wide as its widest."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


# The difference of two policies


def diff_lines(
    old: "Policy",
    new: "Policy",
    as_of: datetime | None,
    differences: "Mapping[str, PolicyDifference]",
    moved: "Mapping[str, list[Shift]]",
) -> Iterator[str]:
    """Yield what `vanne policy diff` prints."""
    yield f"from {old.name} ({old.digest[:16]}) to {new.name} ({new.digest[:16]})"
    when = "at every time of asking" if as_of is None else f"asked as of {as_of.isoformat()}"
    for purpose, difference in differences.items():
        yield f"{purpose}, {when}"
        yield from _wrapped("  they differ in: ", difference.keys or ("nothing",))
        for change in difference.changes:
            way = "no → yes" if change.permits else "yes → no"
            yield f"  {way}  {change.before.value} → {change.after.value}"
            if change.regions:
                yield from _wrapped("      region: ", region_names(change.regions))
                yield from _wrapped("      category: ", change.categories)
                yield from _wrapped(
                    "      chosen: ", [_SAID[chosen.value] for chosen in change.chosen]
                )
            if change.trait:
                yield from _wrapped(f"      {change.trait}: ", change.values)
            if change.start or change.end:
                start = f"from {change.start} " if change.start else ""
                end = (
                    f"until the day before {change.end}"
                    if change.end
                    else "on"
                    if change.start
                    else ""
                )
                yield f"      asked: {start}{end}".rstrip()
        if not difference.changes:
            yield "  nothing goes from no to yes or from yes to no"
        elif any(change.regions for change in difference.changes):
            yield "  The same holds for whoever else wrote an item or is in it."
        if purpose in moved:
            yield from _moved(moved[purpose])


_SAID = {
    "never": "never",
    "on": "on",
    "off": "off",
    "off-later": "off after it was made",
    "mixed": "off after it was made, on for a part",
}


def region_names(regions: Sequence[str]) -> list[str]:
    """Name regions by their codes, as briefly as a policy could."""
    named, left = [], set(regions)
    if len(left) > len(REGIONS) / 2:
        return ["everywhere but " + ", ".join(region_names(sorted(REGIONS - left)) or ["nowhere"])]
    for group in ("EEA", "EU"):
        if left >= GROUPS[group]:
            named.append(group)
            left -= GROUPS[group]
    return named + sorted(left)


def _wrapped(label: str, values: Sequence[str]) -> Iterator[str]:
    yield from textwrap.wrap(
        ", ".join(values),
        WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _moved(shifts: "list[Shift]") -> Iterator[str]:
    yield f"  {'items':>14} {'members':>12}  in these tables"
    for shift in shifts:
        way = "no → yes" if shift.permits else "yes → no" if shift.forbids else "no → no "
        reasons = f"{shift.before.value} → {shift.after.value}"
        yield f"  {shift.items:>14,} {shift.members:>12,}  {way}  {reasons}"
    if not shifts:
        yield f"  {0:>14} {0:>12}  nothing changes"


def diff_document(
    old: "Policy",
    new: "Policy",
    as_of: datetime | None,
    differences: "Mapping[str, PolicyDifference]",
    moved: "Mapping[str, list[Shift]]",
) -> dict[str, Any]:
    """Return the public JSON document of `vanne policy diff`."""
    return {
        "schema": "vanne/policy-diff/1",
        "before": {"name": old.name, "version": old.version, "digest": old.digest},
        "after": {"name": new.name, "version": new.version, "digest": new.digest},
        "as_of": as_of and as_of.isoformat(),
        "purposes": [
            {
                "purpose": purpose,
                "keys": list(difference.keys),
                "changes": [_told(change) for change in difference.changes],
            }
            | ({"shifts": [_counted(s) for s in moved[purpose]]} if purpose in moved else {})
            for purpose, difference in differences.items()
        ],
    }


def _told(change: "PolicyChange") -> dict[str, Any]:
    return {
        "answer": "no-to-yes" if change.permits else "yes-to-no",
        "before": change.before.value,
        "after": change.after.value,
        "regions": list(change.regions),
        "categories": list(change.categories),
        "chosen": [chosen.value for chosen in change.chosen],
        "from": change.start and change.start.isoformat(),
        "until": change.end and change.end.isoformat(),
        "trait": change.trait,
        "values": list(change.values),
    }


def _counted(shift: "Shift") -> dict[str, Any]:
    way = "no-to-yes" if shift.permits else "yes-to-no" if shift.forbids else "no-to-no"
    return {
        "answer": way,
        "before": shift.before.value,
        "after": shift.after.value,
        "items": shift.items,
        "members": shift.members,
    }
