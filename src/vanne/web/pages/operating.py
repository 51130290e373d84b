"""The page of an operator: what needs a person, what runs, and what the last runs did.

The page names no member. Each figure's rows are also a CSV file and a JSON document.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.report.operations import operations
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of


@staff_only("operator")
def operator(request: Request, person: Person) -> Response:
    """Show what needs a person, what runs, what the last runs did, and what is in force."""
    site = site_of(request)
    now = operations(site.home, site.now())
    return page(request, "operator.html", member=None, now=now, wide=True)


@staff_only("operator")
def operator_table(request: Request, person: Person) -> Response:
    """Send the rows of one figure as CSV or as JSON."""
    site, asked = site_of(request), request.path_params["table"]
    name, _, kind = asked.partition(".")
    table = operations(site.home, site.now()).tables.get(name)
    if table is None or kind not in ("csv", "json"):
        raise HTTPException(404)
    if kind == "json":
        return JSONResponse({"schema": f"vanne/operator-{table.name}/1", "rows": table.as_json()})
    about = {"Content-Disposition": f'attachment; filename="vanne-{asked}"'}
    return PlainTextResponse(table.as_csv(), headers=about, media_type="text/csv")
