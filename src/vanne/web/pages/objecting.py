"""Pages for people who have no account: object, confirm by a link, keep the receipt, withdraw.

Nothing that is typed is stored before the link in the message was followed and its button pressed:
a mail scanner that only looks at a link changes nothing. The form answers the same whatever was
typed. A link holds sealed what it is for: encrypted and authenticated (Fernet), with a key for each
use that is derived from the secret of the home.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from vanne.errors import VanneError
from vanne.ledger import verify_receipt
from vanne.objections import object_to, standing, withdraw
from vanne.report.switches import objection_words
from vanne.terms import MAIN_PURPOSE, Channel
from vanne.web.mail import LimitedMail, is_address
from vanne.web.pages.access import fields
from vanne.web.site import origin_of, page, site_of, words_of

CONFIRM, RECEIPT = timedelta(hours=48), timedelta(days=365)
LONGEST_NAME, LONGEST_PROFILE = 200, 300


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link holds, and when it was made (in whole seconds)."""

    value: dict[str, Any]
    made_at: datetime


class Links:
    """Makes and opens the links for one use, which hold for some time."""

    def __init__(self, secret: str, use: str, lasts: timedelta) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=f"vanne link {use}".encode()).derive(
            secret.encode()
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self.lasts = lasts

    def seal(self, value: dict[str, Any], at: datetime) -> str:
        """Return the text of a link, fit for an address."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._fernet.encrypt_at_time(text, int(at.timestamp())).decode().rstrip("=")

    def open(self, text: str, at: datetime) -> Opened | None:
        """Return what a link holds; None if it is not one of ours, was changed, or has ended."""
        token = _padded(text)
        if token is None:
            return None
        try:
            seconds = int(self.lasts.total_seconds())
            sealed = self._fernet.decrypt_at_time(token, seconds, int(at.timestamp()))
            made_at = datetime.fromtimestamp(self._fernet.extract_timestamp(token), UTC)
        except InvalidToken:
            return None
        return Opened(json.loads(sealed), made_at)


def _padded(text: str) -> str | None:
    """Return a token with its end; None if it is spelt as we never would.

    Base64 can be read from many spellings: a link has one, so that used twice it is known again.
    """
    token = text + "=" * (-len(text) % 4)
    try:
        spelt = base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)).decode()
    except ValueError:
        return None
    return token if token == spelt else None


@dataclass(frozen=True, slots=True)
class Doors:
    """What these pages need besides the site: where messages go, and the two kinds of links."""

    mail: LimitedMail
    confirm: Links
    receipt: Links


def doors(secret: str, mail: LimitedMail) -> Doors:
    """Make what these pages need."""
    return Doors(mail, Links(secret, "confirm", CONFIRM), Links(secret, "receipt", RECEIPT))


def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors


# The form


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed; `wrong` names the fields that cannot be used."""

    name: str = ""
    profile: str = ""
    email: str = ""

    @property
    def wrong(self) -> list[str]:
        """Name the fields that cannot be used."""
        name, profile = self.name, self.profile
        checks = {
            "name": name.isprintable() and 0 < len(name) <= LONGEST_NAME,
            "profile": profile.isprintable() and len(profile) <= LONGEST_PROFILE,
            "email": is_address(self.email),
        }
        return [field for field, is_right in checks.items() if not is_right]


def form(request: Request) -> Response:
    """Show the form."""
    return _form(request, Typed())


def _form(request: Request, typed: Typed, status: int = 200) -> Response:
    wrong = typed.wrong if status != 200 else []
    return page(
        request,
        "object.html",
        status=status,
        member=None,
        typed=typed,
        wrong=wrong,
        shown=objection_words(words_of(request).lang),
    )


async def ask(request: Request) -> Response:
    """Send a message with the link that confirms; nothing is kept."""
    return await run_in_threadpool(_ask, request, await fields(request))


def _ask(request: Request, sent: dict[str, str]) -> Response:
    name, profile, email = (" ".join(sent.get(f, "").split()) for f in ("name", "profile", "email"))
    typed = Typed(name, profile, email)
    if typed.wrong:
        return _form(request, typed, 400)
    now, w, doors = site_of(request).now(), words_of(request), _doors(request)
    objection = {"name": typed.name, "profile": typed.profile or None}
    link = f"{origin_of(request)}/object/confirm/{doors.confirm.seal(objection, now)}"
    # the message holds nothing that was typed: else it could be made to say anything
    paragraphs = (
        w("Somebody gave this address to say no to training AI on data about them. If it was you:"),
        link,
        w("The link holds for 48 hours. Nothing is recorded until you press the button there."),
        w("If it was not you, do nothing. This address is kept nowhere."),
    )
    try:
        doors.mail.send(typed.email, w("Confirm your objection"), "\n\n".join(paragraphs) + "\n")
    except VanneError:
        return page(request, "object-failed.html", status=503, member=None, sent=False)
    return RedirectResponse("/object/sent", 303)


def sent(request: Request) -> Response:
    """Say that a message is on its way: the same to everybody."""
    local = _doors(request).mail.server.is_local
    return page(request, "object-sent.html", member=None, local=local)


# The link in the message


def confirm(request: Request) -> Response:
    """Show what would be recorded, and the button; looking changes nothing."""
    opened = _opened(request, _doors(request).confirm)
    if opened is None:
        return _ended(request)
    shown = objection_words(words_of(request).lang)
    return page(request, "object-confirm.html", member=None, said=opened.value, shown=shown)


def confirmed(request: Request) -> Response:
    """Record the objection, once, and lead to its receipt."""
    site, doors = site_of(request), _doors(request)
    opened = _opened(request, doors.confirm)
    if opened is None:
        return _ended(request)
    who = (opened.value["name"], opened.value["profile"])
    notice = "\n".join(objection_words(words_of(request).lang))
    key = "objection " + hashlib.sha256(request.path_params["link"].encode()).hexdigest()
    try:
        with site.ledger() as ledger:
            index = object_to(
                ledger,
                *who,
                MAIN_PURPOSE,
                opened.made_at,
                channel=Channel.WEB,
                notice=notice,
                key=key,
            )
    except VanneError:
        return page(request, "object-failed.html", status=503, member=None, sent=True)
    return _to_receipt(request, index)


def _to_receipt(request: Request, index: int) -> Response:
    link = _doors(request).receipt.seal({"entry": index}, site_of(request).now())
    return RedirectResponse(f"/object/receipt/{link}", 303)


def _opened(request: Request, links: Links) -> Opened | None:
    return links.open(request.path_params["link"], site_of(request).now())


def _ended(request: Request) -> Response:
    return page(request, "object-ended.html", status=404, member=None)


# The receipt


def receipt(request: Request) -> Response:
    """Show what was recorded, whether it still holds, and how to take it back."""
    opened = _opened(request, _doors(request).receipt)
    if opened is None:
        return _ended(request)
    index = opened.value["entry"]
    with site_of(request).ledger() as ledger:
        holds = index in standing(ledger)
        record = verify_receipt(ledger.receipt(index)).record
    return page(
        request,
        "object-receipt.html",
        member=None,
        link=request.path_params["link"],
        index=index,
        said=record,
        holds=holds,
    )


def download(request: Request) -> Response:
    """Send the receipt of one entry as a file that verifies without us."""
    opened = _opened(request, _doors(request).receipt)
    index = request.path_params["index"]
    if opened is None or index != opened.value["entry"]:
        raise HTTPException(404)
    with site_of(request).ledger() as ledger:
        receipt: dict[str, Any] = ledger.receipt(index)
    name = f'attachment; filename="vanne-receipt-{index}.json"'
    return JSONResponse(receipt, headers={"Content-Disposition": name})


def take_back(request: Request) -> Response:
    """Record that the objection is taken back, once, and lead to the receipt of that."""
    site, opened = site_of(request), _opened(request, _doors(request).receipt)
    if opened is None:
        return _ended(request)
    entry = opened.value["entry"]
    try:
        with site.ledger() as ledger:
            key = f"taken back {entry}"
            index = withdraw(ledger, entry, site.now(), key=key, channel=Channel.WEB, only=True)
    except VanneError:
        return page(request, "object-failed.html", status=503, member=None, sent=True)
    return _to_receipt(request, index)
