"""The pages of what recruiters and members write to each other: one of each."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote as quoted

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError
from vanne.terms import Member, MemberId
from vanne.web.pages.access import members_form, members_only, staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of
from vanne.worker.tasks import enqueue
from vanne_assist.recruiting import contacts
from vanne_assist.recruiting.contacts import ContactDraft
from vanne_assist.web.desk import ROLE, Finder, desk_of, recruiting, tell, told
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
        draft = ContactDraft.of(*(sent.get(name, "") for name in ("subject", "text", "link")))
    except InputError:
        done = "unwritten"
    else:
        with desk_of(request, to_change=True) as db:
            done = contacts.write(db, account.subject, account.name, member, draft, met, now)
        if done == "sent":
            enqueue(site_of(request).home, "tell", now, now)  # the mail, if they want one
    tell(request, done)
    back = f"/find/people/{quoted(member, safe='')}" + (f"?from={search}" if search else "")
    return RedirectResponse(SENT if done == "sent" else back, 303)


@staff_only(ROLE)
def sent_to(request: Request, account: Person) -> Response:
    """Show a recruiter what was written, and the answers of those who may be found still."""
    with desk_of(request) as db:
        rows = contacts.conversations(db, account=account.subject)
    shown = set[str]()
    if rows:  # without an index there is nobody to write to
        with site_of(request).part(Finder).use() as index:
            shown = {row.person_id for row in rows if index.row(row.person_id) is not None}
    return page(
        request, "find-messages.html", member=None, rows=rows, shown=shown, said=told(request)
    )


def _inbox(request: Request, member: Member) -> Response:
    """Show a member who wrote, by which search, and what they answered."""
    with desk_of(request) as db:
        rows = contacts.conversations(db, person_id=member.member_id)
    return page(request, "appear-messages.html", member=member, rows=rows, said=told(request))


inbox = members_only(_inbox)


def _done(db: Connection, member: MemberId, sent: dict[str, str], now: datetime) -> str:
    """Do what a member's form says; return the name of what to say."""
    do, contact_id = sent.get("do", ""), sent.get("contact", "")
    if contact_id not in {each.id for each in contacts.conversations(db, person_id=member)}:
        raise HTTPException(400)
    try:
        if do == "decline":
            contacts.decline(db, member, contact_id, now)
        else:
            contacts.answer(db, member, contact_id, sent.get("text", ""), now)
    except InputError:
        return "nothing"
    return "declined" if do == "decline" else "answered"


def _act(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Answer or decline."""
    with desk_of(request, to_change=True) as db:
        tell(request, _done(db, member.member_id, sent, site_of(request).now()))
    return RedirectResponse(INBOX, 303)


act = members_form(_act, LONGEST_FORM, MOST_FIELDS)
