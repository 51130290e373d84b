"""`vanne inspect ARCHIVE...`: which items of your archives may train generative AI, and why not.

The answer is one screen of 80 by 24, or a longer list.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from vanne.cli.compared import compared
from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    Day,
    OutputFile,
    Progress,
    ScreenLine,
    answer,
    as_json,
    as_of,
    lang,
    never_with,
    now,
    only_with,
    policy,
    printable,
    quiet,
    show,
    titled,
    wrapped,
)
from vanne.extras import missing, require
from vanne.report.comparison import comparing, inspect_both
from vanne.report.evaluate import NetworkPart
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import (
    advice,
    age_words,
    basis,
    by_category,
    headline,
    kind_words,
    network_name,
    not_in_archive,
    notes,
    refusals,
    region_words,
    seen_words,
    source_words,
    state_words,
    step_words,
    usable,
)
from vanne.report.states import AUDIENCES, Audience
from vanne.words import Message, Words, words

EXAMPLE = Path(__file__).parents[1] / "sources" / "example"


@click.command()
@click.argument(
    "archives",
    nargs=-1,
    metavar="ARCHIVES...",
    type=InputFile(folders=True),
)
@click.option("--example", is_flag=True, help="Read the small made-up archive that Vanne brings.")
@click.option("--region", help="Your country, such as CH (default: your profile's).")
@as_of()
@policy("that of each network")
@click.option("--birth-date", type=Day(), help="Your birth date: archives seldom say the year.")
@click.option(
    "--audience",
    type=click.Choice(AUDIENCES),
    default=AUDIENCES[0],
    show_default=True,
    help="Who sees your posts, where the archive does not say it.",
)
@lang
@click.option("--by", type=click.Choice(["category", "item"]), help="More than the first screen.")
@click.option("--files", "with_files", is_flag=True, help="Also show each file.")
@click.option(
    *("--items", "table"),
    type=OutputFile(".parquet"),
    help="Also write the items with their fields into this new Parquet file.",
)
@click.option("--compare", "as_pair", is_flag=True, help="Say what came in between two archives.")
@click.option("--open", "as_page", is_flag=True, help="Show it as a page that only you can see.")
@click.option("--no-browser", is_flag=True, help="With --open: print the address, open nothing.")
@quiet
@as_json
def command(
    archives: tuple[Path, ...],
    example: bool,
    region: str | None,
    as_of: datetime | None,
    policy_name: str | None,
    birth_date: date | None,
    audience: Audience,
    lang: str,
    by: str | None,
    with_files: bool,
    table: Path | None,
    as_pair: bool,
    as_page: bool,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Say what of your ARCHIVE may train generative AI, and why not the rest.

    ARCHIVE is the zip that LinkedIn, Facebook, Instagram, X, Mastodon, Bluesky or a Discourse forum
    sent, its unpacked folder, one file of it, a CV, or `-`; several are merged, also of several
    networks. Each network is judged by its own policy. Nothing leaves this machine.
    """
    from vanne.sources.tables import new_items

    if example:
        archives = (*archives, EXAMPLE)
    if not archives:
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    if not as_page:
        only_with("--open", "no_browser")
    if as_json:
        never_with("--json", "by", "with_files", "as_page")
    if as_page:
        never_with("--open", "by", "with_files")
    if as_pair:
        never_with("--compare", "by", "with_files", "table")
    w = words(lang)
    looking, reading = w("Looking through your archive"), w("Reading your archive")
    how: dict[str, Any] = {"region": region, "policy": policy_name, "birth_date": birth_date}
    how["as_of"] = as_of or now()
    with new_items(table) if table else nullcontext() as take, Progress(lang=w.lang) as progress:
        inspection = (inspect_both if as_pair else inspect)(
            archives,
            audience=audience,
            **how,
            progress=lambda done, total: progress(done, total, reading if done else looking),
            take=take,
        )
    if not inspection.item_count and any(
        why.code == "pdf-needs-extra" for file in inspection.reading.files for why in file.reasons
    ):
        raise missing("pypdf", "cv")
    if as_json:
        answer(inspection.document())
    elif as_page:
        import webbrowser

        require("web")
        from vanne.web.inspecting import serve

        def tell(address: str) -> None:
            note = w("(only on this machine; Ctrl-C ends it)")
            click.echo(f"{address}  {note}")
            if not no_browser and not webbrowser.open(address):
                click.echo(w("No browser was found: open this address yourself."), err=True)

        serve(replace(inspection, compare=comparing(archives, **how)), w.lang, tell)
    else:
        views: dict[str | None, Callable[[Inspection, Words], Iterable[ScreenLine]]]
        views = {None: summary, "category": categories, "item": items, "pair": compared}
        show(views["pair" if as_pair else by](inspection, w))
        if with_files:
            show(files(inspection, w))


# The first screen


COLUMNS, ROWS = 80, 23
"""A terminal as it opens, and a line for the prompt."""
_NAME, _NETWORK = 30, 20
_MOST_KINDS = 12
_FEW = 3
"""How many networks, reasons and steps are named: those that weigh most."""
_SHOWN = 4
"""How many files and notes are named."""


def summary(inspection: Inspection, w: Words) -> list[ScreenLine]:
    """Say what may be used, where, why not the rest, and what to do first: on one screen.

    What does not fit is said more briefly: switches without a name, one reason, no empty lines.
    Kinds of data are named as many as there is room for.
    """
    network = inspection.networks[0].network if len(inspection.networks) == 1 else None
    used = {c: r for c, r in by_category(inspection.states).items() if usable(r)}
    screen: list[ScreenLine] = []
    for tight, fewest in ((False, 3), (True, 1)):
        top = [
            *_top(inspection, w, _named(len(inspection.networks))),
            *_more(len(inspection.networks), w),
        ]
        bottom = [*_why(inspection, w, 1 if tight else _FEW), *_first(inspection, w, briefly=tight)]
        if not inspection.item_count and not inspection.is_pages and inspection.unread:
            bottom = [ScreenLine("", ""), *_unread(inspection, w), *bottom]
        if tight:
            top, bottom = ([line for line in part if line.text] for part in (top, bottom))
        room = ROWS - _height([*top, *bottom]) - (1 if tight else 2)
        kinds: list[ScreenLine] = []
        if used:
            rows = [
                (kind_words(category, network, w), usable(r), r.total())
                for category, r in islice(used.items(), max(fewest, min(room, _MOST_KINDS)))
            ]
            kinds = [ScreenLine("", "")] * (not tight)
            kinds.append(ScreenLine("", w("What may be used, the most first"), "bold"))
            kinds += [ScreenLine("  ", row) for row in _bars(rows, w)]
        screen = [*top, *kinds, *bottom]
        if _height(screen) <= ROWS:
            break
    return screen


def _height(lines: Iterable[ScreenLine]) -> int:
    return sum(wrapped(line, COLUMNS).count("\n") + 1 for line in lines)


def _named(rows: int) -> int:
    """Return how many of some rows are named: to say that one is left takes as much room as it."""
    return rows if rows <= _FEW + 1 else _FEW


def _more(rows: int, w: Words) -> Iterator[ScreenLine]:
    """Say how many were not named."""
    if left := rows - _named(rows):
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
        first = sorted(parts, key=lambda part: -part.may_be_used)[:most]
        rows = [(network_name(part.network, w), part.may_be_used, part.items) for part in first]
        for row, part in zip(_bars(rows, w, _NETWORK), first, strict=True):
            yield ScreenLine("  ", f"{row}  {part.policy.name}")


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


def bar(part: int, whole: int, width: int = 20) -> str:
    """Draw a part of a whole; what is there at all, and what is left, is at least one cell.

    >>> bar(1, 1000, 5), bar(999, 1000, 5), bar(0, 7, 5), bar(7, 7, 5)
    ('█░░░░', '████░', '░░░░░', '█████')
    """
    full = round(width * part / whole) if whole else 0
    if 0 < part < whole:
        full = min(max(full, 1), width - 1)
    return "█" * full + "░" * (width - full)


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _why(inspection: Inspection, w: Words, most: int) -> Iterator[ScreenLine]:
    """Say why not the rest, and what is used besides that no archive holds."""
    if counts := refusals(inspection.states):
        yield from titled(w("Why not the rest, the most frequent first"))
        wide = max(len(w.number(count)) for count in counts.values())
        for why, count in counts.most_common(most):
            yield ScreenLine(f"  {w.number(count):>{wide}}  ", state_words(*why, w))
        unsure = [network_name(part.network, w) for part in inspection.networks if part.unsure]
        if unsure:
            named = ", ".join(unsure[:_FEW]) + "…" * (len(unsure) > _FEW)
            yield ScreenLine("  ", w("Not certain for your country: %(why)s", why=named))
    if besides := not_in_archive(inspection, w):
        most = _named(len(besides))
        named = ", ".join(besides[:most]) + " …" * (len(besides) > most)
        text = w("Also used, but not found in your archive: %(what)s", what=named)
        yield ScreenLine("", text, "bold")


def _first(inspection: Inspection, w: Words, *, briefly: bool) -> Iterator[ScreenLine]:
    steps = advice(inspection)
    yield ScreenLine("", "")
    if steps:
        yield ScreenLine("", w("What to do, in this order"), "bold")
    for number, step in enumerate(steps[: _named(len(steps))], 1):
        how = f"vanne guide {step.guide}" if step.guide else ""
        how = "--files" if step.kind in ("unread", "format") else how
        text = step_words(step, w, briefly=briefly)
        whole = w.explained(text, how) if how else text
        fits = briefly or len(whole) <= COLUMNS - 4
        yield ScreenLine(f" {number}. ", whole if fits else text)
        if not fits:
            yield ScreenLine("    ", how)
    yield from _more(len(steps), w)
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
        kinds: dict[str, list[str]] = {}
        for category, states in by_category(part.states).items():
            if not usable(states):
                for each, count in states.items():
                    kinds.setdefault(state_words(each.state, each.reason, w), []).append(
                        f"{kind_words(category, part.network, w)} ({w.number(count)})"
                    )
        for why, names in kinds.items():
            yield ScreenLine("", w.explained(why.rstrip("."), ", ".join(names)))
    if unread := list(_unread(inspection, w)):
        yield from (ScreenLine("", ""), *unread)
    # Say all that there is to do, with addresses and when they were last seen.
    steps = advice(inspection)
    if steps:
        yield from titled(w("What to do, in this order"))
    for number, step in enumerate(steps, 1):
        yield ScreenLine(f" {number}. ", step_words(step, w))
        if step.url:
            yield ScreenLine("    ", step.url, "cyan")
            yield ScreenLine("    ", seen_words(step, w), "dim")
        if step.guide:
            yield ScreenLine("    ", f"vanne guide {step.guide}")


def _used(part: NetworkPart, w: Words) -> Iterator[ScreenLine]:
    categories = {c: r for c, r in by_category(part.states).items() if usable(r)}
    if not categories:
        return
    titles = w("Kind of data"), w("May be used"), w("Items"), w("Why not")
    rows = [
        (
            kind_words(category, part.network, w) + "?" * (category in part.doubts),
            w.number(usable(states)),
            w.number(states.total()),
            " ".join(state_words(e.state, e.reason, w) for e in states if e.state != "used"),
        )
        for category, states in categories.items()
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
        yield ScreenLine("  ", w.explained(kind_words(category, part.network, w), w(doubt)), "dim")
    yield ScreenLine("", "")


# By item, by file


def items(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say of every item what it is, what its network says of it, and where."""
    policies = {part.network: part.policy for part in inspection.networks}
    yield ScreenLine("", headline(inspection, w), "bold")
    for each in inspection.decided:
        item = each.item
        day = item.created_at.date().isoformat() if item.created_at else "          "
        kind = f"{network_name(each.network, w)}, {kind_words(item.category, each.network, w)}"
        text = printable(item.text or item.media or "")
        used = each.state.may_be_used
        why = state_words(each.state.state, each.state.reason, w)
        source = source_words(policies[each.network], each.state, w)
        about = w.explained(kind, _cut(text, 60)) if text else kind
        yield ScreenLine(f"{'*' if used else ' '} {day}  ", about)
        why = f"{why} [{source}]" if source else why
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
    for entry in listed:
        entry[1].pop(Message("photo-counted"), 0)
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
