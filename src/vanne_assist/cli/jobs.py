"""`vanne jobs`: job offers for members, members for a job offer, and digests."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from vanne.cli.options import Kilometres, MomentParam, answer, as_json, counted, now, printable
from vanne.cli.options import home as home_option
from vanne.cli.outputs import OutputFolder
from vanne.config import Home
from vanne.errors import InputError, UsageError, storing
from vanne.terms import LANGUAGES

if TYPE_CHECKING:
    from vanne_assist.jobs.asking import Asked
    from vanne_assist.jobs.digest import Digest, Wish
    from vanne_assist.jobs.members import Candidates

_as_of = click.option(
    "--as-of", type=MomentParam(), help="The time that is asked about (default: now)."
)
_within = click.option("--within", "within_km", type=Kilometres(), metavar="KM",
                       help="How far away at most (default: 100).")  # fmt: skip
_anywhere = click.option("--anywhere", is_flag=True, help="However far away.")
_member = click.option("--member", required=True, help="Whose.")
_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="Default: that of their items.")


@click.group()
def command() -> None:
    """Match job offers and members, both ways, and write members' digests.

    What a member switched off for `job-matching` is not read.
    """


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@home_option
@_as_of
@as_json
def add(files: tuple[Path, ...], home: Home, as_of: datetime | None, as_json: bool) -> None:
    """Add job postings: JSON-LD (alone or in HTML), JSON arrays, JSON Lines.

    Every row is added or listed with its reason. A posting with an id that is there takes its
    place; those that are over are let go.
    """
    from vanne_assist.jobs import board
    from vanne_assist.jobs.reading import read_files

    found = read_files(list(files))
    new, replaced, over = board.add(home.require(), found.postings, as_of or now())
    flagged = [each for each in board.read(home) if each.flags]
    if as_json:
        listed = [{"file": x.file, "row": x.row, "reason": x.reason} for x in found.listed]
        document = {"schema": "vanne/jobs-added/1", "rows": found.rows, "new": new}
        flags = [_flagged(each) for each in flagged]
        answer(document | {"replaced": replaced, "over": over, "listed": listed, "flagged": flags})
        return
    click.echo(
        f"{counted(found.rows, 'row', 'rows')}: {new:,} new, {replaced:,} replaced, "
        f"{len(found.listed):,} listed; {over:,} let go as over"
    )
    for each in found.listed:
        click.echo(f"  {printable(each.file)}, row {each.row}: {each.reason}")
    for asked in flagged:
        for flag in asked.flags:
            where = printable(asked.posting.posting_id)
            click.echo(f"  {where} asks “{printable(flag.said)}”: {flag.reason}; not matched by")


def _flagged(asked: "Asked") -> dict[str, Any]:
    rows = [{"attribute": f.attribute, "said": f.said, "lawful": f.lawful} for f in asked.flags]
    return {"posting": asked.posting.posting_id, "flags": rows}


@command.command("list")
@home_option
@_as_of
def list_(home: Home, as_of: datetime | None) -> None:
    """List the postings that are open, one a line."""
    from vanne_assist.jobs import board

    for each in board.read(home.require()):
        posting = each.posting
        if posting.is_open(as_of or now()):
            parts = (posting.posting_id, posting.title, posting.employer, "; ".join(posting.sites))
            click.echo(printable(" · ".join(filter(None, parts))))


@command.command()
@home_option
@click.option("--member", help="Find offers for this member.")
@click.option("--posting", help="Find members for this posting, among those who may be found.")
@click.option("--count", type=click.IntRange(1, 200), default=10, show_default=True)
@_within
@_anywhere
@_lang
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
    from vanne_assist.jobs.digest import Wish
    from vanne_assist.jobs.match import FAR_KM

    if (member is None) == (posting is None):
        raise UsageError("name a member or a posting", todo="use --member or --posting, not both")
    reach = None if anywhere else FAR_KM if within_km is None else within_km
    at = as_of or now()
    if member is not None:
        _show(_digest(home, member, Wish(at, lang, reach, count)), as_json)
    elif posting is not None:
        _people(home.require(), posting, at, reach, count, as_json)


def _digest(home: Home, member: str, wish: "Wish") -> "Digest":
    from vanne_assist.jobs.board import open_board
    from vanne_assist.jobs.digest import opportunities
    from vanne_assist.jobs.members import up_to_date

    _require_member(home.require(), member)
    board = open_board(home)
    up_to_date(home, wish.as_of)
    return opportunities(home, board, member, wish)


def _require_member(home: Home, member: str) -> None:
    if member not in set(_members(home)):
        raise InputError(f"there is no member `{printable(member)}`", todo="check the id")


def _members(home: Home) -> list[str]:
    from vanne.corpus.contract import members_table
    from vanne.sources.tables import read_members

    return [each.member_id for each in read_members(str(members_table(home)))]


def _show(digest: "Digest", as_json: bool) -> None:
    from vanne_assist.report.opportunities import document, lines

    if as_json:
        answer(document(digest))
        return
    for line in lines(digest):
        indent = line[: len(line) - len(line.lstrip())]
        click.echo(indent + printable(line))


def _people(
    home: Home, posting: str, at: datetime, within_km: float | None, count: int, as_json: bool
) -> None:
    from vanne.errors import MissingError
    from vanne_assist.fairness.search import Asker
    from vanne_assist.jobs.board import read
    from vanne_assist.jobs.members import candidates, may_be_matched, up_to_date
    from vanne_assist.search.index import Index

    asked = next((x for x in read(home) if x.posting.posting_id == posting), None)
    if asked is None:
        todo = "see their ids: `vanne jobs list`"
        raise MissingError(f"there is no posting `{printable(posting)}`", todo=todo)
    matched = may_be_matched(home, up_to_date(home, at))
    with Index.open(home) as index:
        found = candidates(
            home, index, asked, matched, Asker("cli", "operator"), now(),
            within_km=within_km, count=count,
        )  # fmt: skip
    _show_people(asked, found, as_json)


def _show_people(asked: "Asked", found: "Candidates", as_json: bool) -> None:
    from vanne_assist.report.finding import SIGNS
    from vanne_assist.report.opportunities import judged_row

    if as_json:
        people = [
            {
                "member": each.hit.member_id,
                "score": each.hit.score,
                "parts": each.hit.parts,
                "away_km": each.away_km,
                "judgements": [judged_row(j) for j in each.judgements],
            }
            for each in found.people
        ]  # fmt: skip
        counts = {"shown": found.shown, "off": found.off, "far": found.far}
        answer({"schema": "vanne/jobs-people/1"} | _flagged(asked) | counts | {"people": people})
        return
    click.echo(
        f"{printable(asked.posting.title)}: {counted(found.shown, 'member', 'members')} may be "
        f"found; {found.far:,} too far, {found.off:,} without job matching"
    )
    for place, each in enumerate(found.people, 1):
        said = ", ".join(f"{SIGNS[j.state]} {j.criterion.said}" for j in each.judgements)
        click.echo(f"{place}. {printable(each.hit.member_id)}: {printable(said)}")


@command.command()
@click.argument("member", required=False)
@home_option
@click.option("--all", "everybody", is_flag=True, help="A digest for each member.")
@click.option("--out", type=OutputFolder(), metavar="DIR",
              help="Write text, page and document there.")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 50), default=10, show_default=True)
@_within
@_anywhere
@_lang
@_as_of
@as_json
def digest(
    member: str | None,
    home: Home,
    everybody: bool,
    out: Path | None,
    count: int,
    within_km: float | None,
    anywhere: bool,
    lang: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Write what is new for a member, or for everybody, and remember that it was shown.

    For everybody, files are written for those who have something new only.
    """
    from vanne_assist.jobs.digest import Wish
    from vanne_assist.jobs.match import FAR_KM

    if everybody == (member is not None) or (everybody and out is None):
        raise UsageError("name a member, or use --all with --out", todo="see --help")
    reach = None if anywhere else FAR_KM if within_km is None else within_km
    wish = Wish(as_of or now(), lang, reach, count, fresh=True)
    if member is not None:
        made = _digest(home, member, wish)
        if out is not None:
            _write(made, out)
        _show(made, as_json)
    elif out is not None:
        _everybody(home.require(), out, wish, as_json)


def _everybody(home: Home, out: Path, wish: "Wish", as_json: bool) -> None:
    from vanne_assist.jobs.board import open_board
    from vanne_assist.jobs.digest import everybodys
    from vanne_assist.jobs.members import up_to_date

    board = open_board(home)
    up_to_date(home, wish.as_of)
    written = asked = 0
    for made in everybodys(home, board, _members(home), wish):
        asked += 1
        if made.opportunities:
            _write(made, out)
            written += 1
    if as_json:
        answer({"schema": "vanne/digests/1", "members": asked, "written": written})
        return
    click.echo(f"{counted(written, 'digest', 'digests')} for {counted(asked, 'member', 'members')}")


def _write(made: "Digest", out: Path) -> None:
    import json

    from vanne.files import make_folder, write_whole
    from vanne_assist.report.opportunities import document, lines, page

    name = quote(made.member, safe="").replace(".", "%2E")
    texts = {
        "txt": "\n".join(lines(made)) + "\n",
        "html": page(made),
        "json": json.dumps(document(made), ensure_ascii=False, indent=2) + "\n",
    }
    with storing("the digests"):
        make_folder(out)
        for ending, text in texts.items():
            write_whole(out / f"{name}.{ending}", text.encode(), mode=0o600, durable=False)


@command.command()
@click.argument("reason")
@home_option
@_member
@click.option("--undo", is_flag=True, help="Let it count again.")
def mute(reason: str, home: Home, member: str, undo: bool) -> None:
    """Mute a reason for a member: `skill:rust`, `title:cook`, `employer:NAME`, `posting:ID`.

    What is muted is not read in their items, and its postings are not shown.
    """
    from vanne_assist.jobs import memory

    _require_member(home.require(), member)
    what = memory.muted_of(reason)
    if undo:
        memory.unmute(home, member, what)
    else:
        memory.mute(home, member, what, now())
    click.echo("counts again" if undo else "muted")
