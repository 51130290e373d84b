"""The pages of auditors: counts of members, and the state of the log.

Every figure of the auditor's page leads to its rows: a page of one table, with a filter in its
address, and the same rows as CSV and JSON. No page names a member.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.errors import StorageError
from vanne.report.member import open_ledger
from vanne.report.oversight.attention import broken_sums, needs
from vanne.report.oversight.choices import weeks_of
from vanne.report.oversight.counted import Counted, Overseer
from vanne.report.oversight.log import LogState, log_state
from vanne.report.oversight.looks import Look, look
from vanne.report.tables import CountTable
from vanne.secrets import keyed
from vanne.web.pages import pictures
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, paged, site_of

MOST_REGIONS, MOST_POLICIES, MOST_CERTIFICATES = 12, 6, 7
ROWS_A_PAGE = 100


@staff_only("auditor")
def auditor(request: Request, person: Person) -> Response:
    """Show what needs a person, what came since they last looked, and the state of everything."""
    site = site_of(request)
    counted, log = _state(request)
    before = None
    with suppress(StorageError):  # who looks is not kept from looking
        account = keyed(site.home.root, "look", person.subject)
        before = look(site.home, account, site.now(), counted.entries)
    return page(
        request,
        "auditor.html",
        member=None,
        counted=counted,
        log=log,
        tables=_tables(counted, log),
        needs=needs(counted, log),
        broken=broken_sums(counted),
        since=_since(counted, before),
        tables_open=request.query_params.get("tables") == "open",
        **_pictures(counted),
    )


@staff_only("auditor")
def auditor_rows(request: Request, person: Person) -> Response:
    """Show the rows of one table that an address asks for, or send them as CSV or JSON."""
    name, dot, kind = request.path_params["table"].partition(".")
    counted, log = _state(request)
    tables = _tables(counted, log)
    if (name, kind) == ("oversight", "json"):
        everything = {each: table.as_json() for each, table in tables.items()}
        return JSONResponse(_about(counted) | everything)
    table = tables.get(name)
    if table is None or (dot and kind not in ("csv", "json")):
        raise HTTPException(404)
    asked = {key: text for key, text in request.query_params.items() if key in table.columns}
    rows = table.where(asked)
    if kind == "json":
        return JSONResponse(_about(counted) | {name: rows.as_json()})
    if kind == "csv":
        about = {"Content-Disposition": f'attachment; filename="vanne-{name}.csv"'}
        return PlainTextResponse(rows.as_csv(), headers=about, media_type="text/csv")
    shown = paged(request, list(rows), ROWS_A_PAGE)
    return page(
        request,
        "auditor-rows.html",
        member=None,
        counted=counted,
        table=rows,
        asked=asked,
        query="?" + urlencode(asked) if asked else "",
        shown=shown,
    )


@staff_only("auditor")
def checkpoint(request: Request, person: Person) -> Response:
    """Send the last signed checkpoint (a C2SP note) as a file."""
    with open_ledger(site_of(request).home) as ledger:
        note = ledger.checkpoint()
    name = 'attachment; filename="vanne-checkpoint.txt"'
    return PlainTextResponse(note, headers={"Content-Disposition": name})


def _state(request: Request) -> tuple[Counted, LogState]:
    site = site_of(request)
    with open_ledger(site.home) as ledger:
        log = log_state(site.home, ledger, site.now())
    return site.part(Overseer).counted(site.now(), log.about["size"]), log


def _tables(counted: Counted, log: LogState) -> Mapping[str, CountTable]:
    return {**counted.tables, "nights": log.nights, "checks": log.checks}


def _about(counted: Counted) -> dict[str, Any]:
    as_of = counted.as_of.isoformat()
    facts = {"purpose": counted.purpose, "as_of": as_of, "entries": counted.entries}
    return {"schema": "vanne/oversight/1", **facts}


def _since(counted: Counted, before: Look | None) -> dict[str, Any] | None:
    """Count what came since an account last looked; None the first time."""
    if before is None:
        return None
    day = before.at.date().isoformat()
    certificates = [row for row in counted.requests.certificates if str(row["day"]) >= day]
    published = (str(row["published"] or "") for row in counted.policies.policies)
    return {
        "at": before.at,
        "off": counted.choices.turned_off_since(before.entries),
        "entries": counted.entries - before.entries,
        "certificates": len(certificates),
        "policies": sum(each >= day for each in published),
    }


def _pictures(counted: Counted) -> dict[str, Any]:
    """Return what the pictures of the page are drawn from."""
    mondays, today, told = weeks_of(counted.as_of), counted.as_of.date(), counted.tables
    regions = pictures.regions(told["regions"], told["weeks"], mondays)
    rates = [rate for row in regions for rate in row.rates if rate]
    standing = counted.standing
    starts = [
        date.fromisoformat(str(r["effective"])) for r in counted.policies.policies if r["effective"]
    ]
    return {
        "falls": pictures.falls(told["standing"], standing.members) if standing else [],
        "regions": regions[:MOST_REGIONS],
        "more_regions": len(regions) - MOST_REGIONS,
        "tallest": max(rates, default=0),
        "mondays": mondays,
        "changes": [p for day in starts if (p := pictures.week_place(day, mondays)) is not None],
        "due_days": pictures.due_days(counted.requests.requests, today),
        "lifelines": pictures.lifelines(told["versions"], today),
        "accuracies": pictures.accuracies(counted.audit) if counted.audit else [],
        "policies": list(told["policies"])[:MOST_POLICIES],
        "certificates": list(told["certificates"])[:MOST_CERTIFICATES],
    }
