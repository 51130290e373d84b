"""The addresses of Assist's pages and API, and the menu links to them."""

from contextlib import suppress

from starlette.routing import BaseRoute, Route

from vanne.errors import VanneError
from vanne.plugins import MenuLink, Pages
from vanne.web.pages.save_choice import is_choice
from vanne.web.readers import elsewhere
from vanne.words import sentence
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.encoder import embed
from vanne_assist.web import appear, find, opportunities, suggestions, write
from vanne_assist.web.api import find as find_api
from vanne_assist.web.api import opportunities as opportunities_api
from vanne_assist.writing.coach import coach

_TEXTS = {
    "en": "Nurse in Bern since 2015, speaks French, earned CHF 90'000 in 2020.",
    "fr": "Infirmière à Berne depuis 2015, parle allemand, 90'000 francs en 2020.",
    "de": "Pflegefachfrau in Bern seit 2015, spricht Italienisch, 90'000 Franken 2020.",
    "it": "Infermiera a Berna dal 2015, parla francese, 90'000 franchi nel 2020.",
}


def warm_up() -> None:
    """Read the tables by which texts are read; who needs a missing package says so."""
    for lang, text in _TEXTS.items():
        read_brief(text, lang)
        coach(text, lang)
    with suppress(VanneError):
        embed([_TEXTS["en"]])


_ROUTES: tuple[BaseRoute, ...] = (
    Route("/find", elsewhere(find.begin)),
    Route("/find", elsewhere(find.ask), methods=["POST"]),
    Route("/find/results/{search}", elsewhere(find.results)),
    Route("/find/results/{search}", elsewhere(find.act), methods=["POST"]),
    Route("/find/people/{member:id}", elsewhere(find.person)),
    Route("/appear", elsewhere(appear.show)),
    Route("/appear", elsewhere(appear.save, but=is_choice), methods=["POST"]),
    Route("/appear/explanation.json", elsewhere(appear.download)),
    Route("/write", elsewhere(write.begin)),
    Route("/write", elsewhere(write.act, writes=True), methods=["POST"]),
    Route("/profile/suggestions", elsewhere(suggestions.show)),
    Route("/profile/suggestions", elsewhere(suggestions.save, but=is_choice), methods=["POST"]),
    Route("/opportunities", elsewhere(opportunities.show)),
    Route("/opportunities", elsewhere(opportunities.save, but=is_choice), methods=["POST"]),
)

_LINKS = (
    MenuLink("home", "/write", sentence("Write a post")),
    MenuLink(
        "home",
        "/profile/suggestions",
        sentence("Suggestions for my profile"),
        purpose="writing-help",
    ),
    MenuLink("home", "/opportunities", sentence("Job offers for you"), purpose="job-matching"),
    MenuLink("home", "/appear", sentence("How I appear to recruiters"), purpose="recruiter-search"),
    MenuLink("recruiter", "/find", sentence("Recruiter"), sentence("find people")),
)

PAGES = Pages(
    routes=_ROUTES,
    templates="vanne_assist.web",
    links=_LINKS,
    switches={
        "recruiter-search": "/appear",
        "job-matching": "/opportunities",
        "writing-help": suggestions.PATH,
    },
    api=(*find_api.router.routes, *opportunities_api.router.routes),
    api_tags=({"name": "people", "description": "People who may be found by recruiters."},),
    warm_up=warm_up,
)
