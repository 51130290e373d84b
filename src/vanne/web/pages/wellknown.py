"""What machines ask of every site: what may be crawled, for what, and which signal is heeded.

A crawler combines all that is said of a page, and one no outweighs every yes (AIPREF vocabulary).
So the site says no for all of it but the public items, which say for themselves (`Content-Usage`):
for those the longest path of `robots.txt` is the one without a word on training.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.policy.schedule import in_force_since, policy_at
from vanne.web.site import site_of

ROBOTS = """\
# Members' pages are nobody else's. Public items say by themselves, in the field
# Content-Usage, whether AI may be trained on them: `by-item` is no preference.
User-agent: *
Allow: /$
Allow: /guide
Allow: /items/
Allow: /object$
Allow: /static/
Allow: /.well-known/
Disallow: /
Content-Usage: / train-ai=n
Content-Usage: /items/ by-item
"""
"""RFC 9309 with the rule of draft-ietf-aipref-attach: what is not named is not crawled."""

HEADERS = {"Cache-Control": "public, max-age=3600"}


def robots(request: Request) -> Response:
    """Say what may be crawled, and for what it may be used."""
    return PlainTextResponse(ROBOTS, headers=HEADERS)


def gpc(request: Request) -> Response:
    """Say whether Global Privacy Control is heeded (W3C): as the policy in force says."""
    site = site_of(request)
    now = site.now()
    heeded = any(rules.gpc for rules in policy_at(site.home, now).purposes.values())
    since = in_force_since(site.home, now).date().isoformat()
    return JSONResponse({"gpc": heeded, "lastUpdate": since}, headers=HEADERS)
