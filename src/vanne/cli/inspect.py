"""`vanne inspect ARCHIVE...`: what of your own archive may train generative AI, and why not."""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.options import Day, Moment, answer, as_json, now, terminal_language
from vanne.report.words import (
    LANGUAGES,
    Words,
    category_words,
    reason_words,
    screened_words,
    sentence,
)
from vanne.terms import REASONS, Reason

if TYPE_CHECKING:
    from rich.table import Table

    from vanne.report.inspection import Inspection
    from vanne.sources import FileReading

DEFAULT_POLICY = "linkedin-2025-11-03"
_SHOWN = 4
"""How many files and notes are named: the answer of a usual archive fits in 40 lines."""
_REPEATED = "duplicate of another archive"
_CUT_OFF = "cut off, the last row is not whole"
_AGES = {
    "given": sentence("by the birth date that you gave"),
    "profile": sentence("by the birth date in your profile"),
    "verified-year": sentence("by the year of birth in your verification"),
    "school-sign": sentence("perhaps under age: your profile names a secondary school"),
    "assumed-adult": sentence("assumed to be of age, because the archive does not say it"),
}

_HEADLINES = {
    True: (
        sentence("Your one item may train generative AI at LinkedIn on %(day)s."),
        sentence("Your one item may not train generative AI at LinkedIn on %(day)s."),
    ),
    False: (
        sentence("By the policy %(policy)s, your one item may train generative AI on %(day)s."),
        sentence("By the policy %(policy)s, your one item may not train generative AI on %(day)s."),
    ),
}
_NONE = {
    True: sentence("None of your %(items)s items may train generative AI at LinkedIn on %(day)s."),
    False: sentence(
        "By the policy %(policy)s, none of your %(items)s items may train generative AI on %(day)s."
    ),
}


@click.command()
@click.argument(
    "archives", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option("--region", help="Your country, such as CH (default: your profile's).")
@click.option("--as-of", "as_of", type=Moment(), help="The time of asking (default: now).")
@click.option("--policy", "policy_name", default=DEFAULT_POLICY, show_default=True)
@click.option("--birth-date", type=Day(), help="Your birth date: archives seldom say the year.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the locale's, else English.")
@click.option("--files", "with_files", is_flag=True, help="Also show each file.")
@as_json
def command(
    archives: tuple[Path, ...],
    region: str | None,
    as_of: datetime | None,
    policy_name: str,
    birth_date: date | None,
    lang: str | None,
    with_files: bool,
    as_json: bool,
) -> None:
    """Say what of your LinkedIn ARCHIVE may train generative AI, and why not the rest.

    ARCHIVE is a zip from LinkedIn, its unpacked folder, or one CSV file; give several (Basic and
    Complete) and they are merged. Nothing leaves this machine.
    """
    from vanne.policy import load
    from vanne.report.inspection import inspect
    from vanne.report.words import words

    w = words(lang or terminal_language())
    policy = load(policy_name)
    with _reading(w) as progress:
        inspection = inspect(
            archives,
            region=region,
            as_of=as_of or now(),
            policy=policy,
            birth_date=birth_date,
            progress=progress,
        )
    if as_json:
        answer(inspection.document())
    elif sys.stdout.isatty():
        _show(inspection, w, with_files)
    else:
        for line in _lines(inspection, w, with_files):
            click.echo(line)


@contextmanager
def _reading(w: Words) -> Iterator[Callable[[int, int], None]]:
    """Say on a terminal's stderr how far the reading is, from the third second on."""
    started, shown = time.monotonic(), False

    def tell(done: int, total: int) -> None:
        nonlocal shown
        if time.monotonic() - started > 2 and sys.stderr.isatty():
            shown = True
            percent = 100 * done // max(total, 1)
            line = _explained(w, w("Reading your archive"), f"{percent}\u00a0%")
            click.echo(f"\r{line}", err=True, nl=False)

    yield tell
    if shown:
        click.echo("", err=True)


def _lines(inspection: "Inspection", w: Words, with_files: bool) -> Iterator[str]:
    """Write the answer as plain lines."""
    yield from _head(inspection, w)
    if rows := _used_rows(inspection, w):
        yield ""
        name, allowed, total, why = _titles(w)
        wide = max(len(row[0]) for row in [*rows, (name,)])
        left, right = max(7, len(allowed)), max(7, len(total))
        yield f"  {name:<{wide}}  {allowed:>{left}}   {total:<{right}}  {why}"
        for name, allowed, total, why in rows:
            yield f"  {name:<{wide}}  {allowed:>{left}} / {total:<{right}}  {why}".rstrip()
    if unused := _unused(inspection, w):
        yield ""
        yield from (why + kinds for why, kinds in unused)
    if with_files:
        yield ""
        file, reader, count, items, listed = _file_titles(w)
        yield f"  {file}  [{reader}]  {count} = {items} + {listed}"
        for file, reader, count, items, listed in _file_rows(inspection, w):
            yield f"  {file}  [{reader}]  {count} = {items} + {listed}"
    yield ""
    yield from _foot(inspection, w)


def _show(inspection: "Inspection", w: Words, with_files: bool) -> None:
    """Write the answer with rich, for a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    first, *rest = _head(inspection, w)
    console.print(Text(first, style="bold"))
    for line in rest:
        console.print(Text(line, style="dim"))
    if rows := _used_rows(inspection, w):
        console.print()
        kind, used, _, reason = _titles(w)
        counted = [(name, f"{n} / {total}", why) for name, n, total, why in rows]
        console.print(_table((kind, used, reason), counted, unwrapped=2))
    if unused := _unused(inspection, w):
        console.print()
        for why, kinds in unused:
            console.print(Text.assemble((why, "bold"), (kinds, "dim")))
    if with_files:
        console.print()
        console.print(_table(_file_titles(w), _file_rows(inspection, w)))
    console.print()
    for line in _foot(inspection, w):
        console.print(Text(line))


def _titles(w: Words) -> tuple[str, str, str, str]:
    return w("Kind of data"), w("May be used"), w("Items"), w("Why not")


def _file_titles(w: Words) -> tuple[str, str, str, str, str]:
    return w("File"), w("Reader"), w("Rows"), w("Items"), w("Not read")


def _explained(w: Words, what: str, why: str) -> str:
    """Put a colon between two texts, as the language does."""
    return w("%(what)s: %(why)s", what=what, why=why)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]], *, unwrapped: int = 0) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for at, title in enumerate(titles):
        table.add_column(title, no_wrap=at < unwrapped)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _head(inspection: "Inspection", w: Words) -> Iterator[str]:
    """Say the answer in one sentence, then on what it rests."""
    yield _headline(inspection, w)
    region = inspection.member.region
    yield w(
        "Policy: %(policy)s. Region: %(region)s. Age: %(age)s.",
        policy=inspection.policy.name,
        region=w.region(region) if region else w("not known (give it with --region)"),
        age=w(_AGES[inspection.age_from]),
    )


def _headline(inspection: "Inspection", w: Words) -> str:
    items, allowed = len(inspection.decided), inspection.allowed
    day, policy = w.day(inspection.as_of.date()), inspection.policy.name
    is_linkedin = policy == DEFAULT_POLICY
    if not items:
        return w("No item was found in what you gave.")
    if not allowed and items > 1:
        return w(_NONE[is_linkedin], items=w.number(items), day=day, policy=policy)
    if items == 1:
        return w(_HEADLINES[is_linkedin][0 if allowed else 1], day=day, policy=policy)
    if is_linkedin:
        return w.plural(
            "%(n)s of your %(items)s items may train generative AI at LinkedIn on %(day)s.",
            "%(n)s of your %(items)s items may train generative AI at LinkedIn on %(day)s.",
            allowed,
            items=w.number(items),
            day=day,
        )
    return w.plural(
        "By the policy %(policy)s, %(n)s of your %(items)s items may train generative AI "
        "on %(day)s.",
        "By the policy %(policy)s, %(n)s of your %(items)s items may train generative AI "
        "on %(day)s.",
        allowed,
        items=w.number(items),
        day=day,
        policy=policy,
    )


def _by_category(inspection: "Inspection") -> dict[str, Counter[Reason]]:
    """Count the verdicts of each category, the one with most allowed items first."""
    found: dict[str, Counter[Reason]] = {}
    for (category, reason), count in inspection.counts.items():
        found.setdefault(category, Counter())[reason] += count
    return dict(sorted(found.items(), key=lambda entry: -entry[1][Reason.ALLOWED]))


def _used_rows(inspection: "Inspection", w: Words) -> list[tuple[str, str, str, str]]:
    """Return a row per category that may be used: its name, how many, of how many, and why not."""
    return [
        (
            category_words(category, w.lang),
            w.number(reasons[Reason.ALLOWED]),
            w.number(reasons.total()),
            " ".join(reason_words(r, w.lang) for r in sorted(reasons) if r is not Reason.ALLOWED),
        )
        for category, reasons in _by_category(inspection).items()
        if reasons[Reason.ALLOWED]
    ]


def _unused(inspection: "Inspection", w: Words) -> list[tuple[str, str]]:
    """Return each reason why whole categories may not be used, and after it those categories."""
    kinds: dict[Reason, list[str]] = {}
    for category, reasons in _by_category(inspection).items():
        if not reasons[Reason.ALLOWED]:
            for reason, count in reasons.items():
                name = f"{category_words(category, w.lang)} ({w.number(count)})"
                kinds.setdefault(reason, []).append(name)
    ordered = sorted(kinds, key=REASONS.index)
    return [_split(w, reason_words(reason, w.lang), ", ".join(kinds[reason])) for reason in ordered]


def _split(w: Words, why: str, kinds: str) -> tuple[str, str]:
    """Lead from a reason to what it is about with a colon in place of the full stop."""
    said = _explained(w, why.rstrip("."), kinds)
    return said.removesuffix(f" {kinds}"), f" {kinds}"


def _file_rows(inspection: "Inspection", w: Words) -> Iterator[tuple[str, str, str, str, str]]:
    for file in inspection.reading.files:
        numbers = (file.rows, len(file.items), len(file.listed))
        rows, items, listed = map(w.number, numbers)
        yield file.path, file.reader, rows, items, listed


def _foot(inspection: "Inspection", w: Words) -> Iterator[str]:
    """Say what could not be read, and what to do next."""
    listed = [(file, _reasons(file)) for file in inspection.reading.files if file.listed]
    repeated = sum(entry[1].pop(_REPEATED, 0) for entry in listed)
    if repeated:
        yield w.plural(
            "%(n)s row is in another archive too and counts once.",
            "%(n)s rows are in another archive too and count once.",
            repeated,
        )
    unread = [(file, reasons) for file, reasons in listed if reasons]
    if unread:
        yield w.plural(
            "%(n)s row gave no item:",
            "%(n)s rows gave no item:",
            sum(entry[1].total() for entry in unread),
        )
        for file, reasons in unread[:_SHOWN]:
            yield "  " + _explained(w, file.path, _why_listed(reasons, w))
        if len(unread) > _SHOWN:
            yield "  " + w("and more files: see --files or --json")
    for warning in islice(_notes(inspection), _SHOWN):
        yield w("Note: %(note)s", note=_warning_words(warning, w))
    if inspection.redacted:
        found = ", ".join(
            f"{screened_words(kind, w.lang)} ({w.number(count)})"
            for kind, count in inspection.redacted.items()
        )
        yield w(
            "Taken out of the texts that may be used before they are read: %(found)s.", found=found
        )
    yield w("To switch it off: vanne guide linkedin")


def _notes(inspection: "Inspection") -> Iterator[str]:
    """Yield the warnings of the reading that the list of rows without an item does not say."""
    said = {
        (file.path, _CUT_OFF if listed.reason == "truncated" else listed.reason)
        for file in inspection.reading.files
        for listed in file.listed
    }
    for warning in inspection.reading.warnings:
        path, _, what = warning.rpartition(": ")
        if (path, what) not in said:
            yield warning


def _warning_words(warning: str, w: Words) -> str:
    """Say what is odd about a file; a warning is `path: what`."""
    path, _, what = warning.rpartition(": ")
    if match := re.fullmatch(r"column (.*) is not known and left out", what):
        said = w("column %(column)s is not known and left out", column=match[1])
    elif match := re.fullmatch(r"seems to be of another member than (.*)", what):
        said = w("seems to be of another member than %(archive)s", archive=match[1])
    else:
        said = w(what)
    return _explained(w, path, said)


def _reasons(file: "FileReading") -> Counter[str]:
    return Counter(listed.reason for listed in file.listed)


def _why_listed(reasons: Counter[str], w: Words) -> str:
    return "; ".join(
        f"{w.number(count)} × {_listed_words(reason, w)}"
        for reason, count in reasons.most_common(3)
    )


def _listed_words(reason: str, w: Words) -> str:
    """Say why a row gave no item; the JSON document has the reason in English."""
    if match := re.fullmatch(r"row has (\d+) fields, header has (\d+)", reason):
        return w("row has %(n)s fields, header has %(m)s", n=match[1], m=match[2])
    if match := re.fullmatch(r"date not understood in column (.+)", reason):
        return w("date not understood in column %(column)s", column=match[1])
    return w(reason)
