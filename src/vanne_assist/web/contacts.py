"""The pages of what recruiters and members write to each other: one of each."""

from collections.abc import Sequence
from urllib.parse import quote as quoted

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.terms import Member
from vanne.web.pages.access import members_form, members_only, staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of
from vanne.worker.tasks import enqueue
from vanne_assist.recruiting import contacts
from vanne_assist.recruiting.contacts import ContactDraft
from vanne_assist.web.desk import ROLE, Finder, back, desk_of, desk_page, recruiting, told
from vanne_assist.web.find import recorded_of

SENT = "/find/messages"
INBOX = "/appear/messages"
LONGEST_FORM, MOST_FIELDS = 30_000, 10


@recruiting
def send(request: Request, account: Person, sent: dict[str, str]) -> Response:
    """Send a message to somebody who may be found; whoever may not is not there."""
    member, search = str(request.path_params["member"]), sent.get("search", "")
    with site_of(request).part(Finder).use() as index:
        if index.row(member) is None:
            raise HTTPException(404)
    met: Sequence[str] = ()
    if search:
        hits = recorded_of(request, account, search).hits
        met = next((hit.met for hit in hits if hit.member_id == member), ())
    now = site_of(request).now()
    try:
        draft = ContactDraft(*(sent.get(name, "") for name in ("subject", "text", "link")))
    except ValidationError:
        done = "unwritten"
    else:
        with desk_of(request, to_change=True) as db:
            done = contacts.write(db, account.subject, account.name, member, draft, met, now)
        if done == "sent":
            enqueue(site_of(request).home, "tell", now, now)  # the mail, if they want one
    person = f"/find/people/{quoted(member, safe='')}" + (f"?from={search}" if search else "")
    return back(request, SENT if done == "sent" else person, done)


@staff_only(ROLE)
def sent_to(request: Request, account: Person) -> Response:
    """Show a recruiter what was written, and the answers of those who may be found still."""
    with desk_of(request) as db:
        rows = contacts.conversations(db, account=account.subject)
    shown = set[str]()
    if rows:  # without an index there is nobody to write to
        with site_of(request).part(Finder).use() as index:
            shown = {row.person_id for row in rows if index.row(row.person_id) is not None}
    return desk_page(request, "find-messages.html", rows=rows, shown=shown)


def _inbox(request: Request, member: Member) -> Response:
    """Show a member who wrote, by which search, and what they answered."""
    with desk_of(request) as db:
        rows = contacts.conversations(db, person_id=member.member_id)
    return page(request, "appear-messages.html", member=member, rows=rows, said=told(request))


inbox = members_only(_inbox)


def _act(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Answer or decline."""
    now = site_of(request).now()
    with desk_of(request, to_change=True) as db:
        own = {each.id: each for each in contacts.conversations(db, person_id=member.member_id)}
        talk = own.get(sent.get("contact", ""))
        if talk is None:
            raise HTTPException(400)
        if sent.get("do") == "decline":
            done = contacts.decline(db, talk, now)
        else:
            done = contacts.answer(db, talk, sent.get("text", ""), now)
    return back(request, INBOX, done)


act = members_form(_act, LONGEST_FORM, MOST_FIELDS)
