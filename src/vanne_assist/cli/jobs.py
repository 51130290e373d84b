"""`vanne jobs`: add job offers, and find those that fit a member."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    Kilometres,
    as_json,
    as_of,
    counted,
    lang_of,
    limit,
    member,
    never_with,
    now,
    printable,
    tell,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import MissingError
from vanne_assist.cli.find import indented


@click.group()
def command() -> None:
    """Add job offers, and find those that fit a member.

    What a member switched off for `job-matching` is not read.
    """


@command.command()
@click.argument("files", nargs=-1, required=True, type=InputFile(".html"))
@home_option
@as_of()
@as_json
def add(files: tuple[Path, ...], home: Home, as_of: datetime | None, as_json: bool) -> None:
    """Add job postings: JSON-LD (alone or in HTML), JSON arrays, JSON Lines; `-` is standard input.

    Every row is added or listed with its reason. A posting with an id that is there replaces it;
    those that are over are let go.
    """
    from vanne_assist.jobs import board
    from vanne_assist.jobs.posting import read_files

    files_read = read_files(list(files))
    new, replaced, over = board.add(home.require(), files_read.postings, as_of or now())
    flagged = [offer for offer in board.read(home) if offer.flags]
    rows = [
        {"posting": offer.posting.posting_id, "flags": list(map(asdict, offer.flags))}
        for offer in flagged
    ]
    listed = files_read.listed
    counts = {"rows": files_read.rows, "new": new, "replaced": replaced, "over": over}
    document = {"schema": "vanne/jobs-added/1", **counts, "listed": [asdict(row) for row in listed]}
    tell(
        document | {"flagged": rows},
        as_json,
        f"{counted(files_read.rows, 'row', 'rows')}: {new:,} new, {replaced:,} replaced, "
        f"{len(listed):,} listed; {over:,} let go as over",
        *(f"  {printable(row.file)}, row {row.row}: {row.reason}" for row in listed),
        *(
            f"  {printable(offer.posting.posting_id)} asks “{printable(flag.said)}”: "
            f"{flag.reason}; not matched by"
            for offer in flagged
            for flag in offer.flags
        ),
    )


@command.command()
@member
@home_option
@limit(200, 10)
@click.option("--within", "within_km", type=Kilometres(), metavar="KM",
              help="How far away at most (default: 100).")  # fmt: skip
@click.option("--anywhere", is_flag=True, help="However far away.")
@lang_of("the answer", "that of the member's items")
@as_of()
@as_json
def match(
    member: str,
    home: Home,
    limit: int,
    within_km: float | None,
    anywhere: bool,
    lang: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Match MEMBER with the offers; what comes of it is for them alone."""
    from vanne_assist.jobs import PURPOSE
    from vanne_assist.jobs.board import latest
    from vanne_assist.jobs.match import FAR_KM, offers_for
    from vanne_assist.own import passages_for
    from vanne_assist.report.opportunities import document, lines

    if anywhere:
        never_with("--anywhere", "within_km")
    at = as_of or now()
    board = latest(home.require())
    if not board.offers:
        todo = "add some: `vanne jobs add FILE`"
        raise MissingError(f"`{home.root}` has no job postings", todo=todo)
    offers = offers_for(
        board,
        member,
        passages_for(home, PURPOSE, member, at),
        at,
        lang=lang,
        within_km=None if anywhere else FAR_KM if within_km is None else within_km,
        count=limit,
    )
    tell(document(offers), as_json, *indented(lines(offers)))
