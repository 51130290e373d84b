"""The messages of a member: that what they asked for is done; and whether it is mailed, too.

Who wants mail gives an address and gets a link by it. Nothing is written before the button on the
page of the link is pressed. Each mail has a link that withdraws the address by one click, without
signing in (RFC 8058).
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import VanneError
from vanne.messages import (
    address_of,
    mark_read,
    messages_of,
    put_address,
    stop_mail,
    stopped_by,
)
from vanne.messages.mail import is_address
from vanne.report.messages import message_text
from vanne.terms import Member
from vanne.web.pages.access import members_form, members_only
from vanne.web.pages.objecting import doors_of
from vanne.web.site import origin_of, page, paged, site_of, words_of

MESSAGES = "/messages"
ON_A_PAGE = 20


@members_only
def show(request: Request, member: Member) -> Response:
    """Show the messages, the last one first; what was shown is read."""
    return _show(request, member)


def _show(request: Request, member: Member, *, wrong: str | None = None) -> Response:
    site, w = site_of(request), words_of(request)
    listed = paged(request, messages_of(site.home, member.member_id), ON_A_PAGE)
    if any(each.read is None for each in listed.rows):
        mark_read(site.home, member.member_id, site.now())
    return page(
        request,
        "messages-page.html",
        status=200 if wrong is None else 400,
        member=member,
        listed=listed,
        said={each.id: message_text(each, w) for each in listed.rows},
        address=address_of(site.home, member.member_id),
        is_sent="sent" in request.query_params,
        local=doors_of(request).mail.server.is_local,
        wrong=wrong,
        new_messages=0,
    )


@members_form
def save(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Send a link to the address that a member gives; or send them no mail any more."""
    site, w, doors = site_of(request), words_of(request), doors_of(request)
    if "stop" in sent:
        stop_mail(site.home, member.member_id)
        return RedirectResponse(MESSAGES, 303)
    address = sent.get("email", "").strip()
    if not is_address(address):
        return _show(request, member, wrong=address)
    wish = {"member": member.member_id, "address": address, "lang": w.lang}
    paragraphs = (
        w("Somebody gave this address to hear when there is a message for them. If it was you:"),
        f"{origin_of(request)}{MESSAGES}/confirm/{doors.address.seal(wish, site.now())}",
        w("The link holds for 48 hours. Nothing is recorded until you press the button there."),
        w("If it was not you, do nothing. This address is kept nowhere."),
    )
    try:
        doors.mail.send(address, w("Confirm your address"), "\n\n".join(paragraphs) + "\n")
    except VanneError:
        return page(request, "object-failed.html", status=503, member=member, sent=False)
    return RedirectResponse(f"{MESSAGES}?sent", 303)


def confirm(request: Request) -> Response:
    """Show the address and the button; looking changes nothing."""
    return _link(request, "confirm", _wish(request)["address"])


def confirmed(request: Request) -> Response:
    """Send mail to the address from now on."""
    wish = _wish(request)
    put_address(site_of(request).home, **wish, origin=origin_of(request))
    return _link(request, "confirmed", wish["address"])


def stop(request: Request) -> Response:
    """Show the button that withdraws the address; a scanner that opens links changes nothing."""
    found = stopped_by(site_of(request).home, request.path_params["link"])
    return _link(request, "stop" if found else "stopped")


def stopped(request: Request) -> Response:
    """Withdraw the address; the answer is the same where it was withdrawn already."""
    home = site_of(request).home
    if found := stopped_by(home, request.path_params["link"]):
        stop_mail(home, found.member)
    return _link(request, "stopped")


def _link(request: Request, state: str, address: str = "") -> Response:
    return page(request, "message-link.html", member=None, state=state, address=address)


def _wish(request: Request) -> dict[str, str]:
    """Return what a link holds.

    Raises:
        HTTPException: it has ended, or is none of ours (404).
    """
    opened = doors_of(request).address.open(request.path_params["link"], site_of(request).now())
    if opened is None:
        raise HTTPException(404)
    return opened[0]
