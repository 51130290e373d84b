"""The pages of auditors: counts of members, and the state of the log.

Every figure of the auditor's page leads to its rows: a page of one table, with a filter in its
address, and the same rows as CSV and JSON. No page names a member. The pictures of the page are
places and lengths from 0 to 1, made here; the template holds their words.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.errors import StorageError
from vanne.plugins import ModelAudit
from vanne.report import oversight
from vanne.report.member import open_ledger
from vanne.report.oversight import FIVE, Counted, LogState, Look, Overseer, weeks_of
from vanne.report.tables import CountTable
from vanne.secrets import keyed
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, paged, site_of

MOST_REGIONS, MOST_POLICIES, MOST_CERTIFICATES, MOST_LIFELINES = 12, 6, 7, 10
ROWS_A_PAGE, DUE_DAYS = 100, 30


@staff_only("auditor")
def auditor(request: Request, person: Person) -> Response:
    """Show what needs a person, what came since they last looked, and the state of everything."""
    site = site_of(request)
    counted, log = _state(request)
    before = None
    with suppress(StorageError):  # who looks is not kept from looking
        account = keyed(site.home.root, "look", person.subject)
        before = oversight.look(site.home, account, site.now(), counted.entries)
    return page(
        request,
        "auditor.html",
        member=None,
        counted=counted,
        log=log,
        tables={**counted.tables, **log.tables},
        needs=oversight.needs(counted, log),
        since=_since(counted, before) if before else None,
        tables_open=request.query_params.get("tables") == "open",
        **_pictures(counted),
    )


@staff_only("auditor")
def auditor_rows(request: Request, person: Person) -> Response:
    """Show the rows of one table that an address asks for, or send them as CSV or JSON."""
    name, dot, kind = request.path_params["table"].partition(".")
    counted, log = _state(request)
    tables = {**counted.tables, **log.tables}
    about: dict[str, Any] = {"schema": "vanne/oversight/1", "purpose": counted.purpose}
    about |= {"as_of": counted.as_of.isoformat(), "entries": counted.entries}
    if (name, kind) == ("oversight", "json"):
        return JSONResponse(about | {each: table.as_json() for each, table in tables.items()})
    table = tables.get(name)
    if table is None or (dot and kind not in ("csv", "json")):
        raise HTTPException(404)
    asked = {key: text for key, text in request.query_params.items() if key in table.columns}
    rows = table.where(asked)
    if kind == "json":
        return JSONResponse(about | {name: rows.as_json()})
    if kind == "csv":
        headers = {"Content-Disposition": f'attachment; filename="vanne-{name}.csv"'}
        return PlainTextResponse(rows.as_csv(), headers=headers, media_type="text/csv")
    return page(
        request,
        "auditor-rows.html",
        member=None,
        counted=counted,
        table=rows,
        asked=asked,
        query="?" + urlencode(asked) if asked else "",
        shown=paged(request, list(rows), ROWS_A_PAGE),
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
        log = oversight.log_state(site.home, ledger, site.now())
    return site.part(Overseer).counted(site.now(), log.about["size"]), log


def _since(counted: Counted, before: Look) -> dict[str, Any]:
    """Count what came since an account last looked."""
    day = before.at.date().isoformat()
    return {
        "at": before.at,
        "off": FIVE * sum(entry >= before.entries for entry, _ in counted.turned_off),
        "entries": counted.entries - before.entries,
        "certificates": sum(str(row["day"]) >= day for row in counted.tables["certificates"]),
        "policies": sum(str(r["published"] or "") >= day for r in counted.tables["policies"]),
    }


def _pictures(counted: Counted) -> dict[str, Any]:
    """Return what the pictures of the page are drawn from."""
    mondays, today, told = weeks_of(counted.as_of), counted.as_of.date(), counted.tables
    regions = _regions(told["regions"], told["weeks"], mondays)
    starts = [_day(row["effective"]) for row in counted.tables["policies"] if row["effective"]]
    places = [(day - mondays[0]).days / (7 * len(mondays)) for day in starts]
    return {
        "falls": _falls(told["standing"]) if "standing" in told else [],
        "regions": regions[:MOST_REGIONS],
        "more_regions": len(regions) - MOST_REGIONS,
        "tallest": max((rate for row in regions for rate in row["rates"] if rate), default=0),
        "mondays": mondays,
        "changes": [place for place in places if 0 <= place <= 1],
        "due_days": _due_days(counted.tables["requests"], today),
        "lifelines": _lifelines(told["versions"], today),
        "accuracies": _accuracies(counted.audit) if counted.audit else [],
        "policies": list(told["policies"])[:MOST_POLICIES],
        "certificates": list(told["certificates"])[:MOST_CERTIFICATES],
    }


def _falls(standing: CountTable) -> list[dict[str, Any]]:
    """Return the steps from all members down to those who are in."""
    left = total = standing.total("members")
    steps = []
    for row in standing:
        count, is_in = int(row["members"] or 0), row["standing"] == "in"
        left = count if is_in else left - count
        at, share = (0 if is_in else left) / (total or 1), count / (total or 1)
        steps.append({**row, "at": float(at), "share": share})
    return steps


def _regions(table: CountTable, weeks: CountTable, mondays: Sequence[date]) -> list[dict[str, Any]]:
    """Return the regions with how many of 10,000 members turned it off in each week."""
    off = {(row["region"], row["week"]): row["off"] for row in weeks}
    rows = []
    for row in table:
        counts = [off.get((row["region"], day.isoformat()), 0) for day in mondays]
        members = float(row["members"] or 0)
        rates = [1e4 * float(n or 0) / members for n in counts]
        rows.append({**row, "rates": rates})
    return rows


def _due_days(requests: CountTable, today: date) -> list[dict[str, Any]]:
    """Return the days around today, with what was and is due on each."""
    due = Counter[tuple[str, str]]()
    for row in requests:
        state = "done" if row["state"] == "done-late" else str(row["state"])
        due[str(row["due"]), state] += int(row["requests"] or 0)
    rows = []
    for day in (today + timedelta(days=n) for n in range(-DUE_DAYS, DUE_DAYS + 1)):
        counts = {state: due[day.isoformat(), state] for state in ("done", "waiting", "late")}
        rows.append({"day": day, **counts, "total": sum(counts.values())})
    return rows


def _lifelines(versions: CountTable, today: date) -> list[dict[str, Any]]:
    """Return the versions with where their lives begin and how long they are, up to today."""
    rows = list(versions)[:MOST_LIFELINES]
    first = min((_day(row["since"]) for row in rows if row["since"]), default=today)
    span, lines = max((today - first).days, 1), []
    for row in rows:
        since = _day(row["since"] or first)
        share = (_day(row["until"] or today) - since).days / span
        lines.append({"row": row, "at": min((since - first).days / span, 0.98),
                      "share": max(share, 0.02)})  # fmt: skip
    return lines


def _day(text: object) -> date:
    return date.fromisoformat(str(text))


def _accuracies(audit: ModelAudit) -> list[Mapping[str, Any]]:
    """Return how often an attack is right, on one scale around one half (`chance`)."""
    low = min([0.4, *(row.low for row in audit.found)])
    span = max([0.6, *(row.high for row in audit.found)]) - low
    return [
        {name: (value - low) / span for name, value in
         (("low", row.low), ("value", row.value), ("high", row.high), ("chance", 0.5))}
        for row in audit.found
    ]  # fmt: skip
