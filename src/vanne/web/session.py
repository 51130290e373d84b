"""Who is signed in, in which language, and what to say once: kept in a signed cookie.

The cookie holds a member id, a language and the index of a receipt to announce, signed with a
secret that lies in the home folder. Nothing in it is secret; nobody can forge it.
"""

import os
import secrets
from pathlib import Path

from starlette.requests import Request

from vanne.errors import storing
from vanne.files import write_whole
from vanne.report.words import LANGUAGES, preferred

COOKIE = "vanne"
MAX_AGE_SECONDS = 12 * 60 * 60
SECRET_FILE = "web.secret"  # noqa: S105  the name of the file, not the secret


def secret_of(folder: Path) -> str:
    """Return the secret of a home, making it on first use, readable by its owner only.

    Raises:
        StorageError: it cannot be read or written.
    """
    path = folder / SECRET_FILE
    if not path.exists():
        write_whole(path, secrets.token_hex(32).encode(), mode=0o600)
    with storing(f"`{path.name}`"):
        os.chmod(path, 0o600)  # noqa: PTH101
        return path.read_text().strip()


def language_of(request: Request, default: str) -> str:
    """Choose the language: `?lang`, else the cookie, else what the browser asks for.

    A language chosen by link is remembered.
    """
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        if request.session.get("lang") != asked:
            request.session["lang"] = asked
        return asked
    remembered = request.session.get("lang")
    if remembered in LANGUAGES:
        return str(remembered)
    return preferred(request.headers.get("accept-language"), default)


def sign_in(request: Request, member_id: str) -> None:
    """Remember a member; what the cookie held of another member is forgotten."""
    lang = request.session.get("lang")
    request.session.clear()
    request.session["member"] = member_id
    if lang:
        request.session["lang"] = lang


def sign_out(request: Request) -> None:
    """Forget the member, and keep the language."""
    request.session.pop("member", None)
    request.session.pop("saved", None)


Saved = tuple[int, int]
"""The first receipt of what was saved at once, and how many they are."""


def announce(request: Request, saved: Saved) -> None:
    """Remember to say, on the next page and only there, that a choice was saved."""
    request.session["saved"] = saved


def announced(request: Request) -> Saved | None:
    """Return the receipts to announce, once."""
    saved = request.session.pop("saved", None)
    return tuple(saved) if isinstance(saved, list | tuple) else None
