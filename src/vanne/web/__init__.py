"""The members' pages: a thin edge, in which no rule lives.

In come requests from a browser, out come whole pages in four languages that work without
JavaScript. Always true: nothing is shown as saved before the ledger said so; a member sees only
what is theirs; no other site can act in a member's name; on and off are one click each.

An identity provider says who people are (OpenID Connect). Without one the pages are a demonstration
that asks for no password, and `serve` refuses every address that other machines could reach.

`server` listens; `app` names every page and what guards it (`guard`, `limits`); `site` is what a
page is made with; `oidc` and `session` know who asks; `pages` and `api` answer; `workers` do so in
processes of their own; `mail` sends; `inspecting` is the page of `vanne inspect --open`.
"""

from vanne.web.app import create_app
from vanne.web.server import serve

__all__ = ["create_app", "serve"]
