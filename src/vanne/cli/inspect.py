"""`vanne inspect ARCHIVE...`: which items of your archives may train generative AI, and why not.

The answer is one screen of 80 by 24, or a longer list.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import click

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
from vanne.report.evaluate import Decided, NetworkPart
from vanne.report.inspected_items import ItemFilter
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import (
    advice,
    age_words,
    basis,
    besides_words,
    headline,
    kind_words,
    network_name,
    not_in_archive,
    notes,
    region_words,
    seen_words,
    step_words,
)
from vanne.report.state_words import (
    STATE_NAMES,
    by_category,
    claimed_words,
    count_words,
    in_texts_words,
    present,
    source_words,
    state_words,
    states_words,
    unread_words,
    usable,
    warnings,
)
from vanne.report.states import AUDIENCES, CLAIMED, Audience, ItemState, State
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
@click.option("--find", "sought", help="With --by item: only those in which these words stand.")
@click.option("--files", "with_files", is_flag=True, help="Also show each file.")
@click.option(
    *("--items", "table"),
    type=OutputFile(".parquet", ".csv"),
    help="Also write the items into this new file: .parquet with their fields, or .csv to keep.",
)
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
    sought: str | None,
    with_files: bool,
    table: Path | None,
    as_page: bool,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Say what of your ARCHIVE may train generative AI, and why not the rest.

    ARCHIVE is the zip that a network sent (LinkedIn, Facebook, Instagram, X, TikTok, Reddit,
    Snapchat, Pinterest, Slack, Mastodon, Bluesky, Discourse), its unpacked folder, one file of it,
    a CV, or `-`; several are merged, also of several networks. Each network is judged by its own
    policy. Nothing leaves this machine.
    """
    if example:
        archives = (*archives, EXAMPLE)
    if not archives:
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    if not as_page:
        only_with("--open", "no_browser")
    if as_json:
        never_with("--json", "with_files", "as_page", *(["by"] if by == "category" else []))
    if by != "item":
        only_with("--by item", "sought")
    if as_page:
        never_with("--open", "by", "with_files")
    w = words(lang)
    looking, reading = w("Looking through your archive"), w("Reading your archive")
    with _file(table, w) as take, Progress(lang=w.lang) as progress:
        inspection = inspect(
            archives,
            region=region,
            policy=policy_name,
            birth_date=birth_date,
            as_of=as_of or now(),
            audience=audience,
            progress=lambda done, total: progress(done, total, reading if done else looking),
            take=take,
        )
    if not inspection.item_count and any(
        why.code == "pdf-needs-extra" for file in inspection.reading.files for why in file.reasons
    ):
        raise missing("pypdf", "cv")
    if as_json:
        answer(inspection.document(ItemFilter(sought or "") if by == "item" else None))
    elif as_page:
        import webbrowser

        require("web")
        from vanne.web.inspecting import serve

        def tell(address: str) -> None:
            note = w("(only on this machine; Ctrl-C ends it)")
            click.echo(f"{address}  {note}")
            if not no_browser and not webbrowser.open(address):
                click.echo(w("No browser was found: open this address yourself."), err=True)

        serve(inspection, w.lang, tell)
    else:
        if by == "item":
            show(items(inspection, sought or "", w))
        else:
            show((categories if by else summary)(inspection, w))
        if with_files:
            show(files(inspection, w))


@contextmanager
def _file(path: Path | None, w: Words) -> Iterator[Callable[[Decided], None] | None]:
    """Give what writes each item into a new file, if there is to be one."""
    if path is None:
        yield None
    elif path.suffix.lower() == ".csv":
        from vanne.report.item_file import new_csv

        with new_csv(path, w) as add:
            yield add
    else:
        from vanne.sources.tables import new_items

        with new_items(path) as add_item:
            yield lambda each: add_item(each.item)


# By category


def categories(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say of every kind of data how many have which state, and who says so."""
    yield from top_lines(inspection, w, len(inspection.networks))
    for text in age_words(inspection, w)[:FEW]:
        yield ScreenLine(" • ", text, "dim")
    for part in inspection.networks:
        yield ScreenLine("", "")
        if len(inspection.networks) > 1:
            name = network_name(part.network, w)
            yield ScreenLine("", w.explained(name, part.policy.name), "bold")
        if doubt := region_words(part, w):
            yield ScreenLine("", doubt)
        yield from _kinds(part, w)
    if unread := list(unread_lines(inspection, w)):
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


def _kinds(part: NetworkPart, w: Words) -> Iterator[ScreenLine]:
    """Say of each kind of data at a network how many have which state, why, and who says so."""
    if not part.items:
        return
    reasons: dict[str, list[str]] = {}
    shown = present(part.totals)
    rows = [[w("Kind of data"), *(w(STATE_NAMES[state]) for state in shown)]]
    for category, states in by_category(part.states).items():
        name = kind_words(category, part.network, w)
        for each, count in states.items():
            source = source_words(part.policy, [each], w)
            why = state_words(each, part.policy, w).rstrip(".")
            why = f"{why} [{source}]" if source else why
            reasons.setdefault(why, []).append(f"{name} ({w.number(count)})")
        doubtful = name + "?" * (category in part.doubts)
        rows.append([doubtful, *(count_words(states, state, w) for state in shown)])
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, (name, *numbers) in enumerate(rows):
        right = (f"{cell:>{most}}" for cell, most in zip(numbers, wide[1:], strict=True))
        yield ScreenLine("  ", f"{name:<{wide[0]}}  {'  '.join(right)}", "" if number else "bold")
    yield ScreenLine("", "")
    for why, names in reasons.items():
        yield ScreenLine("", w.explained(why, ", ".join(names)))
    if part.doubts:
        yield from titled(w("Not certain (with a question mark above)"))
    for category, doubt in part.doubts.items():
        yield ScreenLine("  ", w.explained(kind_words(category, part.network, w), w(doubt)), "dim")


# By item, by file


def items(inspection: Inspection, sought: str, w: Words) -> Iterator[ScreenLine]:
    """Say of every item in which some words stand what it is, its state, why, and who says so."""
    yield ScreenLine("", headline(inspection, w), "bold")
    matches = inspection.search(ItemFilter(sought))
    for each in matches:
        day = each.at.date().isoformat() if each.at else " " * 10
        kind = f"{network_name(each.network, w)}, {kind_words(each.item.category, each.network, w)}"
        text = printable(each.item.text or each.item.media or "")
        about = w.explained(kind, cut(text, 60)) if text else kind
        used = each.state.may_be_used
        yield ScreenLine(f"{'*' if used else ' '} {day}  ", about)
        label, why = w(STATE_NAMES[each.state.state]), state_words(each.state, each.policy, w)
        source = source_words(each.policy, [each.state], w)
        why = w.explained(label, f"{why} [{source}]" if source else why)
        yield ScreenLine(" " * 14, why, "" if used else "dim")
    if sought:
        text = w.plural("%(n)s item holds this", "%(n)s items hold this", len(matches))
        yield ScreenLine("", text)


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
    yield from unread_lines(inspection, w)


# The first screen of `vanne inspect`: what may be used, where, what is not, and what to do first.
#
# It fits a terminal of 80 by 24. What does not fit is said more briefly, and counted.


COLUMNS, ROWS = 80, 23
"""A terminal as it opens, and a line for the prompt."""
_NAME, _NETWORK = 30, 20
_MOST_KINDS = 12
FEW = 3
"""How many networks, reasons and steps are named: those that weigh most."""
_SHOWN = 4
"""How many files and notes are named."""


_WAYS = ((FEW, False, False, 3), (FEW, True, False, 3), (1, True, True, 3), (0, True, True, 1))
"""How many reasons are named, whether steps are brief, whether lines are tight, fewest kinds."""


def summary(inspection: Inspection, w: Words) -> list[ScreenLine]:
    """Say what may be used, where, what is not, and what to do first: on one screen.

    What does not fit is said more briefly: switches without a name, then one reason and no empty
    lines, then no reason. Kinds of data are named as many as there is room for.
    """
    screen: list[ScreenLine] = []
    for reasons, briefly, tight, fewest in _WAYS:
        top = [
            *top_lines(inspection, w, _named(len(inspection.networks))),
            *_more(len(inspection.networks), w),
        ]
        bottom = [
            *(_reasons(inspection, w, reasons) if reasons else _counts(inspection, w)),
            *_besides(inspection, w, 1 if tight else FEW),
            *_first(inspection, w, briefly=briefly),
        ]
        if not inspection.item_count and not inspection.is_pages and inspection.unread:
            bottom = [ScreenLine("", ""), *unread_lines(inspection, w), *bottom]
        if tight:
            top, bottom = ([line for line in part if line.text] for part in (top, bottom))
        kinds = _kinds_read(inspection, w, ROWS - _height([*top, *bottom]), fewest)
        screen = [*top, *([line for line in kinds if line.text] if tight else kinds), *bottom]
        if _height(screen) <= ROWS:
            break
    return screen


def _kinds_read(inspection: Inspection, w: Words, room: int, fewest: int) -> list[ScreenLine]:
    """Say which kinds of data may be used, the most sensitive first, in so many lines."""
    network = inspection.networks[0].network if len(inspection.networks) == 1 else None
    used = {c: r for c, r in by_category(inspection.states).items() if usable(r)}
    if not used:
        return []
    claims = [state for state in present(inspection.totals) if state in CLAIMED]
    counts = [count_words(inspection.totals, state, w) for state in claims]
    counts[-1] = w("%(n)s, the most sensitive first", n=counts[-1])
    titles = (_title(*each, inspection, w) for each in zip(claims, counts, strict=True))
    lines = titled("; ".join(titles))
    if in_texts := in_texts_words(inspection, w):
        named = ", ".join(in_texts[:FEW]) + " …" * (len(in_texts) > FEW)
        lines.append(ScreenLine("  ", w("Found in their texts: %(what)s", what=named)))
    left = min(max(fewest, room - _height(lines)), _MOST_KINDS)
    shown = len(used) if len(used) <= left else max(fewest, left - 1)
    rows = [(kind_words(category, network, w), r) for category, r in islice(used.items(), shown)]
    lines += [ScreenLine("  ", row) for row in _bars(rows, w)]
    if len(used) > shown:
        lines.append(_rest(len(used) - shown, w))
    return lines


def _title(state: State, count: str, inspection: Inspection, w: Words) -> str:
    """Say how many items have a state, and in square brackets which network says so, and when."""
    title = w.explained(w(STATE_NAMES[state]), count)
    if state == "not-known" or len(inspection.networks) > 1:
        return title
    (part,) = inspection.networks
    source = source_words(part.policy, part.of_state(state), w, newest=True)
    return f"{title} [{source}]" if source else title


def _height(lines: Iterable[ScreenLine]) -> int:
    return sum(wrapped(line, COLUMNS).count("\n") + 1 for line in lines)


def _named(rows: int) -> int:
    """Return how many of some rows are named: to say that one is left takes as much room as it."""
    return rows if rows <= FEW + 1 else FEW


def _more(rows: int, w: Words) -> Iterator[ScreenLine]:
    """Say how many were not named."""
    if left := rows - _named(rows):
        yield _rest(left, w)


def _rest(left: int, w: Words) -> ScreenLine:
    text = w.plural("and %(n)s more: --by category", "and %(n)s more: --by category", left)
    return ScreenLine("    ", text, "dim")


def top_lines(inspection: Inspection, w: Words, most: int) -> Iterator[ScreenLine]:
    yield ScreenLine("", headline(inspection, w), "bold")
    yield ScreenLine("", basis(inspection, w), "dim")
    for note in islice(notes(inspection, w, strangers=True), 1):
        yield ScreenLine("", w("Note: %(note)s", note=note), "bold")
    for warning in warnings(inspection, w):
        yield ScreenLine("", warning, "bold")
    parts = inspection.networks
    if len(parts) > 1:
        yield ScreenLine("", "")
        first = sorted(parts, key=lambda part: -part.may_be_used)[:most]
        rows = [(network_name(part.network, w), part.totals) for part in first]
        for row, part in zip(_bars(rows, w, _NETWORK, 10), first, strict=True):
            source = source_words(part.policy, (state for _, state in part.states), w, newest=True)
            yield ScreenLine("  ", f"{row}  [{source}]" if source else row)


def _bars(
    rows: Sequence[tuple[str, Counter[ItemState]]], w: Words, most: int = _NAME, width: int = 20
) -> Iterator[str]:
    """Draw how much of each of some things is used."""
    names = [cut(name, most) for name, _ in rows]
    used = [claimed_words(states, w) for _, states in rows]
    whole = [w.number(states.total()) for _, states in rows]
    wide, left, right = (max(map(len, texts), default=0) for texts in (names, used, whole))
    for name, part, of, (_, states) in zip(names, used, whole, rows, strict=True):
        drawn = bar(usable(states), states.total(), width)
        yield f"{name:<{wide}}  {drawn}  {part:>{left}} / {of:>{right}}"


def bar(part: int, whole: int, width: int = 20) -> str:
    """Draw a part of a whole; what is there at all, and what is left, is at least one cell.

    >>> bar(1, 1000, 5), bar(999, 1000, 5), bar(0, 7, 5), bar(7, 7, 5)
    ('█░░░░', '████░', '░░░░░', '█████')
    """
    full = round(width * part / whole) if whole else 0
    if 0 < part < whole:
        full = min(max(full, 1), width - 1)
    return "█" * full + "░" * (width - full)


def cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


_OTHERS: tuple[State, ...] = ("not-used", "not-known")


def _reasons(inspection: Inspection, w: Words, most: int) -> Iterator[ScreenLine]:
    """Say what is not used and what is not known, and why."""
    yield ScreenLine("", "")
    for state in _OTHERS:
        reasons = states_words(inspection, state, w)
        if not reasons:
            continue
        count = count_words(inspection.totals, state, w)
        yield ScreenLine("", _title(state, count, inspection, w), "bold")
        wide = max(len(w.number(number)) for number in reasons.values())
        shown = most if len(reasons) > most + 1 else len(reasons)
        for why, number in reasons.most_common(shown):
            yield ScreenLine(f"  {w.number(number):>{wide}}  ", why)
        if len(reasons) > shown:
            yield _rest(len(reasons) - shown, w)
    if unread := unread_words(inspection, w):
        yield ScreenLine("", unread)


def _counts(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say how much is not used and not known."""
    shown = [state for state in present(inspection.totals) if state in _OTHERS]
    parts = [
        w.explained(w(STATE_NAMES[state]), count_words(inspection.totals, state, w))
        for state in shown
    ]
    parts += [unread] if (unread := unread_words(inspection, w)) else []
    if parts:
        yield ScreenLine("", "; ".join([*parts, "--by category"]), "bold")


def _besides(inspection: Inspection, w: Words, most: int) -> Iterator[ScreenLine]:
    """Say where the country is in doubt, and what is used that no archive holds."""
    unsure = [network_name(part.network, w) for part in inspection.networks if part.unsure]
    if unsure:
        named = ", ".join(unsure[:most]) + " …" * (len(unsure) > most)
        yield ScreenLine("", w("Not certain for your country: %(why)s", why=named))
    if besides := not_in_archive(inspection, w):
        most = most if len(besides) > most + 1 else len(besides)
        named = ", ".join(besides[:most]) + " …" * (len(besides) > most)
        yield ScreenLine("", besides_words(inspection, named, w), "bold")


def _first(inspection: Inspection, w: Words, *, briefly: bool) -> Iterator[ScreenLine]:
    steps = advice(inspection)
    yield ScreenLine("", "")
    if steps:
        yield ScreenLine("", w("What to do, in this order"), "bold")
    for number, step in enumerate(steps[: _named(len(steps))], 1):
        how = f"vanne guide {step.guide}" if step.guide else ""
        how = "--files" if step.kind in ("unread", "format") else how
        how = "--region" if step.kind == "region" else how
        text = step_words(step, w, briefly=briefly)
        whole = w.explained(text, how) if how else text
        fits = briefly or len(whole) <= COLUMNS - 4
        yield ScreenLine(f" {number}. ", whole if fits else text)
        if not fits:
            yield ScreenLine("    ", how)
    yield from _more(len(steps), w)
    more = "--by category, --by item, --files, --open"
    yield ScreenLine("", w.explained(w("More"), more), "dim")


def unread_lines(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
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
