"""`vanne jobs`: job offers for members, and members for a job offer."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from vanne.cli.options import (
    Kilometres,
    MomentParam,
    answer,
    as_json,
    counted,
    now,
    printable,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import UsageError
from vanne.terms import LANGUAGES

_as_of = click.option(
    "--as-of", type=MomentParam(), help="The time that is asked about (default: now)."
)


@click.group()
def command() -> None:
    """Match job offers and members, both ways.

    What a member switched off for `job-matching` is not read.
    """


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@home_option
@_as_of
@as_json
def add(files: tuple[Path, ...], home: Home, as_of: datetime | None, as_json: bool) -> None:
    """Add job postings: JSON-LD (alone or in HTML), JSON arrays, JSON Lines.

    Every row is added or listed with its reason. A posting with an id that is there replaces it;
    those that are over are let go.
    """
    from vanne_assist.jobs import board
    from vanne_assist.jobs.posting import read_files
    from vanne_assist.report.opportunities import flag_row

    files_read = read_files(list(files))
    new, replaced, over = board.add(home.require(), files_read.postings, as_of or now())
    flagged = [offer for offer in board.read(home) if offer.flags]
    if as_json:
        answer(
            {
                "schema": "vanne/jobs-added/1",
                "rows": files_read.rows,
                "new": new,
                "replaced": replaced,
                "over": over,
                "listed": [asdict(row) for row in files_read.listed],
                "flagged": [
                    {
                        "posting": offer.posting.posting_id,
                        "flags": [flag_row(flag) for flag in offer.flags],
                    }
                    for offer in flagged
                ],
            }
        )
        return
    click.echo(
        f"{counted(files_read.rows, 'row', 'rows')}: {new:,} new, {replaced:,} replaced, "
        f"{len(files_read.listed):,} listed; {over:,} let go as over"
    )
    for row in files_read.listed:
        click.echo(f"  {printable(row.file)}, row {row.row}: {row.reason}")
    for offer in flagged:
        for flag in offer.flags:
            where = printable(offer.posting.posting_id)
            click.echo(f"  {where} asks “{printable(flag.said)}”: {flag.reason}; not matched by")


@command.command()
@home_option
@click.option("--member", help="Find offers for this member.")
@click.option("--posting", help="Find members for this posting, among those who may be found.")
@click.option("--count", type=click.IntRange(1, 200), default=10, show_default=True)
@click.option("--within", "within_km", type=Kilometres(), metavar="KM",
              help="How far away at most (default: 100).")  # fmt: skip
@click.option("--anywhere", is_flag=True, help="However far away.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Default: that of their items.")
@_as_of
@as_json
def match(
    home: Home,
    member: str | None,
    posting: str | None,
    count: int,
    within_km: float | None,
    anywhere: bool,
    lang: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Match one member with the offers, or one offer with the members.

    What comes of a member's own matching is for them alone. For a posting, members are searched as
    recruiters search: who may be found (`recruiter-search`; run `vanne search index` first) and has
    not switched `job-matching` off. The search is written to the record of searches.
    """
    from vanne_assist.jobs.match import FAR_KM

    if (member is None) == (posting is None):
        raise UsageError("name a member or a posting", todo="use --member or --posting, not both")
    reach = None if anywhere else FAR_KM if within_km is None else within_km
    at = as_of or now()
    if member is not None:
        _offers(home.require(), member, at, lang, reach, count, as_json)
    elif posting is not None:
        _people(home.require(), posting, at, reach, count, as_json)


def _offers(
    home: Home,
    member: str,
    at: datetime,
    lang: str | None,
    within_km: float | None,
    count: int,
    as_json: bool,
) -> None:
    """Show the offers for a member."""
    from vanne_assist.jobs import PURPOSE
    from vanne_assist.jobs.board import open_board
    from vanne_assist.jobs.match import offers_for
    from vanne_assist.own import passages_for
    from vanne_assist.report.opportunities import document, lines

    board = open_board(home)
    passages = passages_for(home, PURPOSE, member, at)
    offers = offers_for(
        home, board, member, passages, at, lang=lang, within_km=within_km, count=count
    )
    if as_json:
        answer(document(offers))
        return
    for line in lines(offers):
        indent = line[: len(line) - len(line.lstrip())]
        click.echo(indent + printable(line))


def _people(
    home: Home, posting: str, at: datetime, within_km: float | None, count: int, as_json: bool
) -> None:
    """Show the people for an offer."""
    from vanne_assist.fairness.search import Asker
    from vanne_assist.jobs import board
    from vanne_assist.jobs.members import candidates, may_be_matched, up_to_date
    from vanne_assist.report.finding import SIGNS
    from vanne_assist.report.opportunities import flag_row, judged_row
    from vanne_assist.search.index import Index

    offer = board.find(board.read(home), posting)
    matched = may_be_matched(home, up_to_date(home, at))
    with Index.open(home) as index:
        found = candidates(
            home, index, offer, matched, Asker("cli", "operator"), now(),
            within_km=within_km, count=count,
        )  # fmt: skip
    if as_json:
        answer(
            {
                "schema": "vanne/jobs-people/1",
                "posting": posting,
                "flags": [flag_row(flag) for flag in offer.flags],
                "shown": found.shown,
                "off": found.off,
                "far": found.far,
                "people": [
                    {
                        "member": each.hit.member_id,
                        "score": each.hit.score,
                        "parts": each.hit.parts,
                        "away_km": each.away_km,
                        "judgements": [judged_row(judged) for judged in each.judgements],
                    }
                    for each in found.people
                ],
            }
        )
        return
    click.echo(
        f"{printable(offer.posting.title)}: {counted(found.shown, 'member', 'members')} may be "
        f"found; {found.far:,} too far, {found.off:,} without job matching"
    )
    for place, each in enumerate(found.people, 1):
        states = ", ".join(f"{SIGNS[j.state]} {j.criterion.said}" for j in each.judgements)
        click.echo(f"{place}. {printable(each.hit.member_id)}: {printable(states)}")
