"""`vanne report`: what was used of one member, or of many in one scan of the data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from vanne.cli.options import MomentParam, OutputFolder, Progress, id_lines, now, terminal_language
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.words import LANGUAGES


@click.command()
@click.argument("member", required=False)
@click.option("--all", "everybody", is_flag=True, help="All members, in one scan of the data.")
@click.option(
    "--members",
    "file",
    type=click.Path(allow_dash=True, dir_okay=False, path_type=Path),
    help="The members of a file, one id a line (`-`: standard input), in one scan.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON document.")
@click.option("--jsonl", "as_lines", is_flag=True, help="JSON Lines, one report a line.")
@click.option("--html", "as_html", is_flag=True, help="One page by itself, to print or keep.")
@click.option(
    "--out",
    type=OutputFolder(),
    help="With several members: the folder for one file each (JSON, or --html).",
)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the terminal's language.")
@click.option("--as-of", "as_of", type=MomentParam(), help="The time of asking (default: now).")
@home_option
def command(
    member: str | None,
    everybody: bool,
    file: Path | None,
    as_json: bool,
    as_lines: bool,
    as_html: bool,
    out: Path | None,
    lang: str | None,
    as_of: datetime | None,
    home: Home,
) -> None:
    """Say what was used of a member: each item, what held it, and from when to when.

    Also what became of each no, by when models must have forgotten, and the certificates. With
    --all or --members the reports are made in one scan of the data and written to a folder, or to
    standard output as JSON Lines.
    """
    if [member is not None, everybody, file is not None].count(True) != 1:
        raise click.UsageError("name one MEMBER, or --all, or --members FILE")
    if [as_json, as_lines, as_html].count(True) > 1:
        raise click.UsageError("give one of --json, --jsonl and --html")
    home.require()
    moment, language = as_of or now(), lang or terminal_language()
    if member is not None:
        if out is not None:
            raise click.UsageError("--out is for several members; redirect the report of one")
        _one(home, member, (moment, as_of), as_json, as_lines, as_html, language)
        return
    if (out is None) != as_lines or as_json:
        raise click.UsageError("for several members give --out FOLDER (with --html for pages) "
                               "or --jsonl")  # fmt: skip
    _many(home, id_lines(file) if file else None, (moment, as_of), out, as_html, language)


When = tuple[datetime, datetime | None]
"""As of when, and until when choices count: all where nobody asks for the past."""


def _one(
    home: Home, member: str, when: When, json: bool, line: bool, html: bool, lang: str
) -> None:
    from vanne.report.document import report_file, report_line
    from vanne.report.usage import usage_report

    as_of, until = when
    report = usage_report(home, member, as_of, until=until)
    if json or line:
        click.echo((report_file if json else report_line)(report), nl=False)
    elif html:
        from vanne.web.pages.records import whole_page

        click.echo(whole_page(report, lang, alone=True), nl=False)
    else:
        from vanne.cli.report_lines import lines

        for row in lines(report, lang):
            click.echo(row)


def _many(
    home: Home,
    ids: list[str] | None,
    when: When,
    out: Path | None,
    html: bool,
    lang: str,
) -> None:
    from vanne.corpus.contract import members_table
    from vanne.files import write_whole
    from vanne.report.document import report_file, report_line
    from vanne.report.usage import usage_reports
    from vanne.sources.relation import row_count
    from vanne.web.pages.records import whole_page

    members = len(set(ids)) if ids is not None else row_count(str(members_table(home)))
    with (
        Progress("items read", row_count(str(home.items))) as read,
        Progress("reports made", members) as made,
        _writing(out) as folder,
    ):
        done, (as_of, until) = 0, when
        for report in usage_reports(home, ids, as_of, read, until=until):
            if folder is None:
                click.echo(report_line(report), nl=False)
            else:
                data = (
                    whole_page(report, lang, alone=True).encode() if html else report_file(report)
                )
                name = f"{file_name(report.member.member_id)}.{'html' if html else 'json'}"
                write_whole(folder / name, data, mode=0o600, durable=False)
            done += 1
            made(done)
    if out is not None:
        click.echo(f"{done:,} reports written to {out}", err=True)


@contextmanager
def _writing(out: Path | None) -> Iterator[Path | None]:
    """Make the folder, readable by its owner alone, and make all files durable at the end."""
    from vanne.errors import storing

    if out is None:
        yield None
        return
    with storing(f"`{out}`"):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield out
    os.sync()  # one for all: one for each file would take longer than the reports


LONGEST_NAME = 120


def file_name(member_id: str) -> str:
    """Return a name for a member's file, another one for each id, on every kind of disk.

    Small letters, digits, `-` and `_` stand for themselves, any other byte of the id (UTF-8) is
    `%` and two hex digits; of a name longer than that, the end is `~` and a digest of the id.

    >>> file_name("ada-1"), file_name("Ada"), file_name("../x")
    ('ada-1', '%41da', '%2E%2E%2Fx')
    """
    from hashlib import sha256

    plain = b"abcdefghijklmnopqrstuvwxyz0123456789-_"
    data = member_id.encode()
    name = "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in data)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 33]}~{sha256(data).hexdigest()[:32]}"
