"""The public page on which a browser verifies receipts and certificates, and what a paper asks for.

The code on a paper names an entry: its place, the hash of its leaf, and the ledger's key. With it
anybody gets the proof that the ledger contains that entry. Nobody gets one of an entry whose leaf
they cannot name, so nothing can be listed here.
"""

import base64
from typing import Any

import segno
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from vanne.errors import InputError
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.merkle import leaf_hash
from vanne.ledger.proof import prove_entry
from vanne.web.rendering import STATIC
from vanne.web.site import member_of, origin_of, page, rendered, site_of, words_of

SCRIPTS = ("proof.js", "verify.js")


def verify_page(request: Request) -> Response:
    """Show the page that checks what is given to it, in the browser alone."""
    return page(request, "verify.html", member=member_of(request))


def verify_file(request: Request) -> Response:
    """Send the same page as one file, to be kept: it works without a network."""
    w = words_of(request)
    html = rendered(
        w.lang,
        "verify-alone.html",
        style=(STATIC / "vanne.css").read_text(encoding="utf-8"),
        scripts=[(STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS],
    )
    name = 'attachment; filename="vanne-verify.html"'
    return HTMLResponse(html, headers={"Content-Language": w.lang, "Content-Disposition": name})


def entry_file(request: Request) -> Response:
    """Send the proof that an entry is in the log, to who can name its leaf."""
    index, leaf = (request.path_params[name] for name in ("index", "leaf"))
    with site_of(request).ledger() as ledger:
        try:
            proof = prove_entry(ledger, index)
        except (InputError, OverflowError):  # there is none
            raise HTTPException(404) from None
    if leaf_hash(proof["entry"].encode()).hex() != leaf:
        raise HTTPException(404)
    return JSONResponse(proof)


def seal_of(request: Request, index: int) -> dict[str, Any]:
    """Return what ties a paper to an entry of the ledger: its state now, the leaf, and the code.

    The code is a QR code as SVG. It holds an address, and nothing about anybody.
    """
    with site_of(request).ledger() as ledger:
        state = ledger.describe()
        (entry,) = ledger.entries(index + 1, start=index)
    leaf, vkey = leaf_hash(entry).hex(), Verifier.parse(state["vkey"])
    key = base64.urlsafe_b64encode(vkey.public).decode().rstrip("=")
    address = f"{origin_of(request)}/verify#{index}.{leaf}.{key}"
    w = words_of(request)
    code = segno.make(address, error="m", micro=False).svg_inline(
        border=2, light="#fff", title=w("Scan to verify"), omitsize=True,
        svgclass="code",
    )  # fmt: skip
    origin = {name: state[name] for name in ("origin", "size")}
    return {"code": code, "leaf": leaf, "sealed": origin | {"vkey": vkey.vkey}}
