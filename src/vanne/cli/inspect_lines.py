"""How `vanne inspect` writes what it found: a screen of 80 by 24, and the longer lists."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from vanne.cli.options import ScreenLine, printable, wrapped
from vanne.report.evaluate import NetworkPart
from vanne.report.inspection import Inspection
from vanne.report.inspection_words import (
    advice,
    age_words,
    basis,
    by_category,
    category_name,
    headline,
    network_name,
    notes,
    refusals,
    region_words,
    seen_words,
    step_words,
)
from vanne.terms import REASONS, Reason
from vanne.words import Message, Words, reason_words, screened_words

COLUMNS, ROWS = 80, 23
"""A terminal as it opens, and a line for the prompt."""
BAR = 20
_NAME, _NETWORK = 30, 20
_FULL, _EMPTY = "█", "░"
_FEWEST, _MOST = (3, 3, 1, 1), 12
"""How many kinds of data are named: as many as there is room for, the fewer the tighter it is."""
_TIGHTEST = len(_FEWEST) - 1
_FEW = 3
"""How many networks, reasons and steps are named: those that weigh most."""
_SHOWN = 4
"""How many files and notes are named."""


def bar(part: int, whole: int, width: int = BAR) -> str:
    """Draw a part of a whole; what is there at all, and what is left, is at least one cell.

    >>> bar(1, 1000, 5), bar(999, 1000, 5), bar(0, 7, 5), bar(7, 7, 5)
    ('█░░░░', '████░', '░░░░░', '█████')
    """
    full = round(width * part / whole) if whole else 0
    if 0 < part < whole:
        full = min(max(full, 1), width - 1)
    return _FULL * full + _EMPTY * (width - full)


# The first screen


def summary(inspection: Inspection, w: Words) -> list[ScreenLine]:
    """Say what may be used, where, why not the rest, and what to do first: on one screen."""
    for tight in range(_TIGHTEST):
        screen = _summary(inspection, w, tight)
        if _height(screen) <= ROWS:
            return screen
    return _summary(inspection, w, _TIGHTEST)


def _summary(inspection: Inspection, w: Words, tight: int) -> list[ScreenLine]:
    """Say it, the tighter the briefer: switches without a name, one reason, no empty lines."""
    parts = inspection.networks
    top = [*_top(inspection, w, _shown(len(parts))), *_left(len(parts), w)]
    why = [*_why(inspection, w, _FEW if tight < 2 else 1), *_redacted(inspection, w)]
    bottom = [*why, *_first(inspection, w, briefly=tight > 0)]
    if not inspection.items and not inspection.is_pages and inspection.unread:
        bottom = [ScreenLine("", ""), *_unread(inspection, w), *bottom]
    used = {c: r for c, r in by_category(inspection.counts).items() if r[Reason.ALLOWED]}
    if tight == _TIGHTEST:
        top, bottom = _packed(top), _packed(bottom)
    room = ROWS - _height([*top, *bottom, *_kinds(used, 0, w)])
    kinds = list(_kinds(used, max(_FEWEST[tight], min(room, _MOST)), w))
    return [*top, *(_packed(kinds) if tight == _TIGHTEST else kinds), *bottom]


def _packed(lines: Sequence[ScreenLine]) -> list[ScreenLine]:
    return [line for line in lines if line.text]


def _height(lines: Sequence[ScreenLine]) -> int:

    return sum(wrapped(line, COLUMNS).count("\n") + 1 for line in lines)


def _shown(rows: int) -> int:
    """Return how many of some rows are named: to say that one is left takes as much room as it."""
    return rows if rows <= _FEW + 1 else _FEW


def _left(rows: int, w: Words) -> Iterator[ScreenLine]:
    """Say how many were not named."""
    if left := rows - _shown(rows):
        text = w.plural("and %(n)s more: --by category", "and %(n)s more: --by category", left)
        yield ScreenLine("    ", text, "dim")


def _top(inspection: Inspection, w: Words, most: int) -> Iterator[ScreenLine]:
    yield ScreenLine("", headline(inspection, w), "bold")
    yield ScreenLine("", basis(inspection, w), "dim")
    for note in islice(notes(inspection, w, strangers=True), 1):
        yield ScreenLine("", w("Note: %(note)s", note=note), "bold")
    parts = inspection.networks
    if len(parts) > 1:
        yield ScreenLine("", "")
        first = sorted(parts, key=lambda part: -part.allowed)[:most]
        rows = [(network_name(part.network, w), part.allowed, part.items) for part in first]
        for row, part in zip(_bars(rows, w, _NETWORK), first, strict=True):
            yield ScreenLine("  ", f"{row}  {part.policy.name}")


def _kinds(used: dict[str, Counter[Reason]], most: int, w: Words) -> Iterator[ScreenLine]:
    if not used:
        return
    yield ScreenLine("", "")
    yield ScreenLine("", w("What may be used, the most first"), "bold")
    rows = [
        (category_name(category, w), reasons[Reason.ALLOWED], reasons.total())
        for category, reasons in islice(used.items(), most)
    ]
    yield from (ScreenLine("  ", row) for row in _bars(rows, w))


def _bars(rows: Sequence[tuple[str, int, int]], w: Words, most: int = _NAME) -> Iterator[str]:
    names = [_cut(name, most) for name, _, _ in rows]
    wide = max(map(len, names), default=0)
    left = max((len(w.number(part)) for _, part, _ in rows), default=0)
    right = max((len(w.number(whole)) for _, _, whole in rows), default=0)
    for name, (_, part, whole) in zip(names, rows, strict=True):
        yield (
            f"{name:<{wide}}  {bar(part, whole)}  "
            f"{w.number(part):>{left}} / {w.number(whole):>{right}}"
        )


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _why(inspection: Inspection, w: Words, most: int) -> Iterator[ScreenLine]:
    counts = refusals(inspection.counts)
    if not counts:
        return
    yield ScreenLine("", "")
    yield ScreenLine("", w("Why not the rest, the most frequent first"), "bold")
    wide = max(len(w.number(count)) for count in counts.values())
    for reason, count in counts.most_common(most):
        yield ScreenLine(f"  {w.number(count):>{wide}}  ", reason_words(reason, w.lang))
    unsure = [network_name(part.network, w) for part in inspection.networks if part.unsure]
    if unsure:
        named = ", ".join(unsure[:_FEW]) + "…" * (len(unsure) > _FEW)
        yield ScreenLine("  ", w("Not certain for your country: %(why)s", why=named))


def _redacted(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say what is taken out of the texts that may be used, and how often."""
    if inspection.redacted:
        kinds = ", ".join(
            f"{screened_words(kind, w.lang)} ({w.number(count)})"
            for kind, count in inspection.redacted.items()
        )
        yield ScreenLine("", "")
        text = w(
            "Taken out of the texts that may be used before they are read: %(found)s.", found=kinds
        )
        yield ScreenLine("", text, "dim")


def _first(inspection: Inspection, w: Words, *, briefly: bool) -> Iterator[ScreenLine]:
    steps = advice(inspection)
    yield ScreenLine("", "")
    if steps:
        yield ScreenLine("", w("What to do, in this order"), "bold")
    for number, step in enumerate(steps[: _shown(len(steps))], 1):
        how = f"vanne guide {step.guide}" if step.guide else ""
        how = "--files" if step.kind in ("unread", "format") else how
        text = step_words(step, w, briefly=briefly)
        whole = w.explained(text, how) if how else text
        fits = briefly or len(whole) <= COLUMNS - 4
        yield ScreenLine(f" {number}. ", whole if fits else text)
        if not fits:
            yield ScreenLine("    ", how)
    yield from _left(len(steps), w)
    more = "--by category, --by item, --files, --open"
    yield ScreenLine("", w.explained(w("More"), more), "dim")


# By category


def categories(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say of every kind of data how many may be used, and why not the rest."""
    yield from _top(inspection, w, len(inspection.networks))
    for text in age_words(inspection, w)[:_FEW]:
        yield ScreenLine(" • ", text, "dim")
    for part in inspection.networks:
        yield ScreenLine("", "")
        if len(inspection.networks) > 1:
            name = network_name(part.network, w)
            yield ScreenLine("", w.explained(name, part.policy.name), "bold")
        if doubt := region_words(part, w):
            yield ScreenLine("", doubt)
        yield from _used(part, w)
        # Say each reason why whole categories may not be used, and after it those categories.
        kinds: dict[Reason, list[str]] = {}
        for category, reasons in by_category(part.counts).items():
            if not reasons[Reason.ALLOWED]:
                for reason, count in reasons.items():
                    kinds.setdefault(reason, []).append(
                        f"{category_name(category, w)} ({w.number(count)})"
                    )
        for reason in sorted(kinds, key=REASONS.index):
            why = reason_words(reason, w.lang).rstrip(".")
            yield ScreenLine("", w.explained(why, ", ".join(kinds[reason])))
    if unread := list(_unread(inspection, w)):
        yield from (ScreenLine("", ""), *unread)
    # Say all that there is to do, with addresses and when they were last seen.
    steps = advice(inspection)
    if steps:
        yield ScreenLine("", "")
        yield ScreenLine("", w("What to do, in this order"), "bold")
    for number, step in enumerate(steps, 1):
        yield ScreenLine(f" {number}. ", step_words(step, w))
        if step.url:
            yield ScreenLine("    ", step.url, "cyan")
            yield ScreenLine("    ", seen_words(step, w), "dim")
        if step.guide:
            yield ScreenLine("    ", f"vanne guide {step.guide}")


def _used(part: NetworkPart, w: Words) -> Iterator[ScreenLine]:
    categories = {c: r for c, r in by_category(part.counts).items() if r[Reason.ALLOWED]}
    if not categories:
        return
    titles = w("Kind of data"), w("May be used"), w("Items"), w("Why not")
    rows = [
        (
            category_name(category, w) + "?" * (category in part.doubts),
            w.number(reasons[Reason.ALLOWED]),
            w.number(reasons.total()),
            " ".join(reason_words(r, w.lang) for r in sorted(reasons) if r is not Reason.ALLOWED),
        )
        for category, reasons in categories.items()
    ]
    wide = max(len(row[0]) for row in [*rows, titles])
    left, right = max(7, len(titles[1])), max(7, len(titles[2]))
    name, allowed, total, why = titles
    yield ScreenLine("  ", f"{name:<{wide}}  {allowed:>{left}}   {total:<{right}}  {why}", "bold")
    for name, allowed, total, why in rows:
        cells = f"{name:<{wide}}  {allowed:>{left}} / {total:<{right}}"
        yield ScreenLine(f"  {cells}  ", why) if why else ScreenLine("  ", cells.rstrip())
    if part.doubts:
        yield ScreenLine("", w("Not certain (with a question mark above)"), "dim")
    for category, doubt in part.doubts.items():
        yield ScreenLine("  ", w.explained(category_name(category, w), w(doubt)), "dim")
    yield ScreenLine("", "")


# By item, by file


def items(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say of every item what it is, whether it may be used, and why not."""
    yield ScreenLine("", headline(inspection, w), "bold")
    for each in inspection.decided:
        item = each.item
        day = item.created_at.date().isoformat() if item.created_at else "          "
        kind = f"{network_name(each.network, w)}, {category_name(item.category, w)}"
        text = printable(item.text or item.media or "")
        used = each.reason is Reason.ALLOWED
        why = w("May be used.") if used else reason_words(each.reason, w.lang)
        about = w.explained(kind, _cut(text, 60)) if text else kind
        yield ScreenLine(f"{'*' if used else ' '} {day}  ", about)
        yield ScreenLine("              ", why, "" if used else "dim")


def files(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say of every file which reader it had, and how many rows gave how many items."""
    titles = w("File"), w("Reader"), w("Rows"), w("Items"), w("Not read")
    yield ScreenLine("", "")
    yield ScreenLine("  ", "{}  [{}]  {} = {} + {}".format(*titles), "bold")
    for file in inspection.reading.files:
        counts = map(w.number, (file.rows, file.item_count, len(file.listed)))
        yield ScreenLine(
            "  ", "{}  [{}]  {} = {} + {}".format(printable(file.path), file.reader, *counts)
        )
    yield ScreenLine("", "")
    yield from _unread(inspection, w)


def _unread(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say what could not be read."""
    listed = [(file, file.reasons) for file in inspection.reading.files if len(file.listed)]
    repeated = sum(entry[1].pop(Message("duplicate"), 0) for entry in listed)
    if repeated:
        text = w.plural(
            "%(n)s row is in another archive too and counts once.",
            "%(n)s rows are in another archive too and count once.",
            repeated,
        )
        yield ScreenLine("", text)
    unread = [(file, reasons) for file, reasons in listed if reasons]
    if unread:
        count = sum(entry[1].total() for entry in unread)
        yield ScreenLine("", w.plural("%(n)s row gave no item:", "%(n)s rows gave no item:", count))
        for file, reasons in unread[:_SHOWN]:
            why = (f"{w.number(n)} × {w.say(reason)}" for reason, n in reasons.most_common(3))
            yield ScreenLine("  ", w.explained(file.path, "; ".join(why)))
        if len(unread) > _SHOWN:
            yield ScreenLine("  ", w("and more files: see --files or --json"))
    for note in islice(notes(inspection, w), _SHOWN):
        yield ScreenLine("", w("Note: %(note)s", note=note))
