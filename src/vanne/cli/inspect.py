"""`vanne inspect ARCHIVE...`: which items of your archives may train generative AI, and why not.

The answer is one screen of 80 by 24, or a longer list.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click

from vanne.cli.first_screen import FEW, cut, summary, top_lines, unread_lines
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
)
from vanne.extras import missing, require
from vanne.report.evaluate import Decided, NetworkPart
from vanne.report.inspected_items import ItemFilter
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import (
    advice,
    age_words,
    headline,
    kind_words,
    network_name,
    region_words,
    seen_words,
    step_words,
)
from vanne.report.state_words import (
    STATE_NAMES,
    by_category,
    count_words,
    present,
    source_words,
    state_words,
)
from vanne.report.states import AUDIENCES, Audience
from vanne.words import Words, words

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
