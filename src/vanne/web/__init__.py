"""The web server: pages for members, staff and everybody, and the API for programs.

In come requests. Out go whole pages in four languages, which work without JavaScript, and the
documents of the API. Always true: no rule is decided here; a page shows a choice as saved only once
the ledger has returned; a member sees only what is theirs; no other site can act in a member's
name; on and off are one click each.

An identity provider says who people are (OpenID Connect). Without one the pages are a demonstration
that asks for no password, and `serve` refuses every address that other machines could reach.

    server       listens, and closes slow or surplus connections
    app          the address of every page, and the middleware around the pages
    guard        security headers, the check for cross-site requests, faults
    limits       rate limits of the API and of the pages
    site         what every page is made with
    oidc         sign-in with an identity provider
    session      the signed cookie: who is signed in, in which language
    mail         messages by e-mail, or into a folder
    pages, api   the pages, and the API
    workers      processes of their own for requests that read people's texts
    warm         what each of these processes loads first
    inspecting   the page of `vanne inspect --open`
    templates    the HTML of the pages; `static` holds their style sheet, scripts and icon
"""

from vanne.web.app import create_app
from vanne.web.server import serve

__all__ = ["create_app", "serve"]
