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
    session      who is signed in, in which language
    mail         messages by e-mail, or into a folder
    pages, api   the pages, and the API
    readers      processes of their own for requests that read people's texts
    warm         what each of these processes loads first
    rendering    templates filled with words, without a server
    inspection_pages  the pages of an inspection, without a server
    inspecting   the server of these pages: `vanne inspect --open`
    templates    the HTML of the pages; `static` holds their style sheet, scripts and icon
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vanne.web.app import create_app
    from vanne.web.server import serve

__all__ = ["create_app", "serve"]


def __getattr__(name: str) -> object:
    """Load the server when it is asked for: the pages of an inspection need none."""
    if name == "create_app":
        from vanne.web.app import create_app

        return create_app
    if name == "serve":
        from vanne.web.server import serve

        return serve
    raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
