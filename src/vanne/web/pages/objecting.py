"""Pages for objections by people without an account: object, confirm, keep the receipt, withdraw.

The person types a name and an e-mail address, and gets a link by e-mail. Nothing is stored before
the person opens the link and presses the button on its page: a mail scanner that only opens links
changes nothing. The form gives the same answer for every name and address. A link carries its data
encrypted and authenticated (Fernet). Each kind of link has its own key, derived from the secret of
the home.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from vanne.errors import VanneError
from vanne.ledger import verify_receipt
from vanne.messages.mail import LimitedMail, is_address
from vanne.objections import object_to, standing, withdraw
from vanne.report.switches import objection_words
from vanne.secrets import keyed
from vanne.terms import MAIN_PURPOSE, Channel
from vanne.web.pages.access import fields
from vanne.web.pages.verifying import seal_of
from vanne.web.site import origin_of, page, site_of, words_of

CONFIRM, RECEIPT = timedelta(hours=48), timedelta(days=365)
LONGEST_NAME, LONGEST_PROFILE = 200, 300


class Links:
    """Makes and opens the links for one use, which hold for some time."""

    def __init__(self, secret: str, use: str, lasts: timedelta) -> None:
        info = f"vanne link {use}".encode()
        key = HKDF(SHA256(), 32, salt=None, info=info).derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._seconds = int(lasts.total_seconds())

    def seal(self, value: dict[str, Any], at: datetime) -> str:
        """Return the text of a link, fit for an address."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._fernet.encrypt_at_time(text, int(at.timestamp())).decode().rstrip("=")

    def open(self, text: str, at: datetime) -> tuple[dict[str, Any], datetime] | None:
        """Return what a link holds and when it was made, in whole seconds.

        None if it is not one of ours, was changed, or has ended.
        """
        token = text + "=" * (-len(text) % 4)
        try:
            sealed = self._fernet.decrypt_at_time(token, self._seconds, int(at.timestamp()))
            made_at = datetime.fromtimestamp(self._fernet.extract_timestamp(token), UTC)
        except (InvalidToken, ValueError):
            return None
        return json.loads(sealed), made_at


class Doors(NamedTuple):
    """What these pages need besides the site: where messages go, and the kinds of links.

    `address` confirms where a member wants mail (`vanne.web.pages.messages`).
    """

    mail: LimitedMail
    confirm: Links
    receipt: Links
    address: Links


def doors(secret: str, mail: LimitedMail) -> Doors:
    """Make what these pages need."""
    return Doors(
        mail,
        Links(secret, "confirm", CONFIRM),
        Links(secret, "receipt", RECEIPT),
        Links(secret, "address", CONFIRM),
    )


def doors_of(request: Request) -> Doors:
    """Return what these pages need."""
    doors: Doors = request.app.state.doors
    return doors


# The form


def form(request: Request) -> Response:
    """Show the form."""
    return _form(request, dict.fromkeys(("name", "profile", "email"), ""), [])


def _form(request: Request, typed: dict[str, str], wrong: list[str]) -> Response:
    shown = objection_words(words_of(request).lang)
    values = {"typed": typed, "wrong": wrong, "shown": shown}
    return page(request, "object.html", status=400 if wrong else 200, member=None, **values)


async def ask(request: Request) -> Response:
    """Send a message with the link that confirms; nothing is kept."""
    return await run_in_threadpool(_ask, request, await fields(request))


def _ask(request: Request, sent: dict[str, str]) -> Response:
    typed = {key: " ".join(sent.get(key, "").split()) for key in ("name", "profile", "email")}
    name, profile = typed["name"], typed["profile"]
    checks = {
        "name": name.isprintable() and 0 < len(name) <= LONGEST_NAME,
        "profile": profile.isprintable() and len(profile) <= LONGEST_PROFILE,
        "email": is_address(typed["email"]),
    }
    if wrong := [field for field, is_right in checks.items() if not is_right]:
        return _form(request, typed, wrong)
    now, w, doors = site_of(request).now(), words_of(request), doors_of(request)
    sealed = doors.confirm.seal({"name": name, "profile": profile or None}, now)
    # the message holds nothing that was typed: else it could be made to say anything
    paragraphs = (
        w("Somebody gave this address to say no to training AI on data about them. If it was you:"),
        f"{origin_of(request)}/object/confirm/{sealed}",
        w("The link holds for 48 hours. Nothing is recorded until you press the button there."),
        w("If it was not you, do nothing. This address is kept nowhere."),
    )
    text = "\n\n".join(paragraphs) + "\n"
    try:
        doors.mail.send(typed["email"], w("Confirm your objection"), text)
    except VanneError:
        return page(request, "object-failed.html", status=503, member=None, sent=False)
    return RedirectResponse("/object/sent", 303)


def sent(request: Request) -> Response:
    """Say that a message is on its way: the same to everybody."""
    local = doors_of(request).mail.server.is_local
    return page(request, "object-sent.html", member=None, local=local)


# The link in the message


def confirm(request: Request) -> Response:
    """Show what would be recorded, and the button; looking changes nothing."""
    opened = _opened(request, doors_of(request).confirm)
    if opened is None:
        return _ended(request)
    shown = objection_words(words_of(request).lang)
    return page(request, "object-confirm.html", member=None, objection=opened[0], shown=shown)


def confirmed(request: Request) -> Response:
    """Record the objection, once, and lead to its receipt."""
    site = site_of(request)
    opened = _opened(request, doors_of(request).confirm)
    if opened is None:
        return _ended(request)
    (name, profile), made_at = opened[0].values(), opened[1]
    try:
        with site.ledger() as ledger:
            index = object_to(
                ledger,
                name,
                profile,
                MAIN_PURPOSE,
                made_at,
                channel=Channel.WEB,
                notice="\n".join(objection_words(words_of(request).lang)),
                # what a link holds, so that one that is used twice is known again
                key=keyed(site.home.root, "objection", name, profile or "", made_at.isoformat()),
            )
    except VanneError:
        return page(request, "object-failed.html", status=503, member=None, sent=True)
    return _to_receipt(request, index)


def _to_receipt(request: Request, index: int) -> Response:
    link = doors_of(request).receipt.seal({"entry": index}, site_of(request).now())
    return RedirectResponse(f"/object/receipt/{link}", 303)


def _opened(request: Request, links: Links) -> tuple[dict[str, Any], datetime] | None:
    return links.open(request.path_params["link"], site_of(request).now())


def _ended(request: Request) -> Response:
    return page(request, "object-ended.html", status=404, member=None)


# The receipt


def _entry(request: Request) -> int | None:
    opened = _opened(request, doors_of(request).receipt)
    return None if opened is None else opened[0]["entry"]


def receipt(request: Request) -> Response:
    """Show what was recorded, whether it still holds, and how to take it back."""
    index = _entry(request)
    if index is None:
        return _ended(request)
    with site_of(request).ledger() as ledger:
        holds = index in standing(ledger)
        receipt = ledger.receipt(index)
    values = {"link": request.path_params["link"], "index": index, "holds": holds}
    values |= {"objection": verify_receipt(receipt).record, "said": receipt["objection"]}
    seal = seal_of(request, index)
    return page(request, "object-receipt.html", member=None, **values, **seal)


def download(request: Request) -> Response:
    """Send the receipt of one entry as a file that verifies without us."""
    index = request.path_params["index"]
    if index != _entry(request):
        raise HTTPException(404)
    with site_of(request).ledger() as ledger:
        receipt = ledger.receipt(index)
    name = f'attachment; filename="vanne-receipt-{index}.json"'
    return JSONResponse(receipt, headers={"Content-Disposition": name})


def take_back(request: Request) -> Response:
    """Record that the objection is taken back, once, and lead to the receipt of that."""
    site, entry = site_of(request), _entry(request)
    if entry is None:
        return _ended(request)
    try:
        with site.ledger() as ledger:
            key = f"taken back {entry}"
            index = withdraw(ledger, entry, site.now(), key=key, channel=Channel.WEB, only=True)
    except VanneError:
        return page(request, "object-failed.html", status=503, member=None, sent=True)
    return _to_receipt(request, index)
