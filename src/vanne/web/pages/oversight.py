"""The pages of auditors: counts of members, and the state of the log.

Each table of the auditor's page is also a CSV file and a JSON document. No page names a member.
"""

from datetime import date, timedelta
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.report.member import open_ledger
from vanne.report.overview import WEEKS, Overview, overview
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of

MOST_REGIONS = 12


class RegionRow(NamedTuple):
    """A region on the page: `weeks` are how many turned it off in each of the last weeks."""

    region: str
    members: int
    off: int
    chose: int
    weeks: tuple[int, ...]


@staff_only("auditor")
def auditor(request: Request, person: Person) -> Response:
    """Show who is on and off, and what the ledger last signed and how to check it without us."""
    site = site_of(request)
    with open_ledger(site.home) as ledger:
        about = ledger.describe()
    counted = overview(site.home, site.now())
    regions = _regions(counted)
    return page(
        request,
        "auditor.html",
        member=None,
        about=about,
        counted=counted,
        regions=regions[:MOST_REGIONS],
        more_regions=len(regions) - MOST_REGIONS,
        most_in_a_week=max((max(row.weeks) for row in regions), default=0),
        first_week=_weeks(counted)[0],
    )


@staff_only("auditor")
def auditor_table(request: Request, person: Person) -> Response:
    """Send one table of the page as CSV, or all as JSON; small counts are left out."""
    site, name = site_of(request), request.path_params["table"]
    counted = overview(site.home, site.now())
    if name == "overview.json":
        return JSONResponse(counted.as_json())
    table = counted.tables.get(name.removesuffix(".csv"))
    if table is None or not name.endswith(".csv"):
        raise HTTPException(404)
    about = {"Content-Disposition": f'attachment; filename="vanne-{name}"'}
    return PlainTextResponse(table.as_csv(), headers=about, media_type="text/csv")


@staff_only("auditor")
def checkpoint(request: Request, person: Person) -> Response:
    """Send the last signed checkpoint (a C2SP note) as a file."""
    with open_ledger(site_of(request).home) as ledger:
        note = ledger.checkpoint()
    name = 'attachment; filename="vanne-checkpoint.txt"'
    return PlainTextResponse(note, headers={"Content-Disposition": name})


def _weeks(counted: Overview) -> list[date]:
    today = counted.as_of.date()
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]


def _regions(counted: Overview) -> list[RegionRow]:
    weeks = [day.isoformat() for day in _weeks(counted)]
    off = {(row["region"], row["week"]): int(row["off"] or 0) for row in counted.weeks}
    rows = []
    for row in counted.regions:
        region, (members, now, chose) = (
            str(row["region"]),
            (int(row[name] or 0) for name in ("members", "off", "chose")),
        )
        by_week = tuple(off.get((region, day), 0) for day in weeks)
        rows.append(RegionRow(region, members, now, chose, by_week))
    return rows
