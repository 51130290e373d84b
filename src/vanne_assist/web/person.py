"""One person, as a recruiter may see them: items that this purpose allows, evidence, notes."""

from urllib.parse import quote as quoted

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of
from vanne_assist.fairness.search import brief_of
from vanne_assist.recruiting import lists
from vanne_assist.recruiting.evidence import person_of
from vanne_assist.web.desk import ROLE, desk_of, recruiting, say_of, tell, told
from vanne_assist.web.finder import Finder
from vanne_assist.web.found import recorded_of


@staff_only(ROLE)
def show(request: Request, person: Person) -> Response:
    """Show somebody who may be found; whoever may not is not there."""
    search = request.query_params.get("from", "")
    brief = brief_of(recorded_of(request, person, search)) if search else None
    member = str(request.path_params["member"])
    with site_of(request).part(Finder).use() as index:
        found = person_of(index, member, brief)
        row = index.row(member)
        if found is None or row is None:
            raise HTTPException(404)
        profile = index.profile(row)
    with desk_of(request) as db:
        noted = lists.notes(db, person.subject, member)
        own = lists.lists(db, person.subject)
    return page(
        request,
        "find-person.html",
        member=None,
        person=found,
        passages=profile.passages,
        search=search,
        notes=noted,
        lists=own,
        say=say_of(request),
        said=told(request),
    )


def _act(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Keep a note, delete one, or put the person in a list."""
    member = str(request.path_params["member"])
    with site_of(request).part(Finder).use() as index:
        if index.row(member) is None:
            raise HTTPException(404)
    done = _done(request, person.subject, member, sent)
    tell(request, done)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/find/people/{quoted(member, safe='')}{query}", 303)


def _done(request: Request, account: str, member: str, sent: dict[str, str]) -> str:
    """Do what a form asks; return the name of what to say."""
    now = site_of(request).now()
    with desk_of(request, to_change=True) as db:
        if "delete" in sent:
            lists.delete_note(db, account, sent["delete"])
            return "deleted"
        if sent.get("do") == "keep" and (kept := lists.one(db, account, sent.get("list", ""))):
            lists.put(db, kept.id, member, request.query_params.get("from", "")[:40], now)
            return "kept"
        try:
            lists.add_note(db, account, member, sent.get("note", ""), now)
        except InputError:
            return "empty"
        return "noted"


act = recruiting(_act)
