"""The pages of an inspection, by path and query: `vanne inspect --open` serves them.

Always true: a page is made of the inspection and the address alone, and no module is imported that
listens, connects or needs compiled code of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment

from vanne.errors import VanneError
from vanne.report.done import done_values
from vanne.report.guide import guide_values
from vanne.report.inspected_items import ItemFilter
from vanne.report.inspection import Inspection
from vanne.report.inspection_words import (
    advice,
    age_words,
    basis,
    by_category,
    headline,
    kind_words,
    listed_words,
    network_name,
    not_in_archive,
    notes,
    region_words,
    seen_words,
    source_words,
    state_words,
    step_words,
    usable,
)
from vanne.report.states import AUDIENCES, Audience, ItemState
from vanne.web.rendering import environment_of, list_page
from vanne.words import LANGUAGES, Words, sentence

PAGE_ITEMS = 50
_AUDIENCES: dict[Audience, str] = {
    "public": sentence("Yes, everybody may see them"),
    "friends": sentence("No, only friends or followers may"),
    "unknown": sentence("I do not know, or it is not the same for all"),
}
_templates = cache(environment_of)


@dataclass(frozen=True, slots=True)
class Visit:
    """Which page is asked for: the path, what follows the `?` of the address, and the words.

    `agent` is what the browser says of itself.
    """

    path: str
    query: Sequence[tuple[str, str]]
    w: Words
    agent: str = ""

    @property
    def audience(self) -> Audience | None:
        """Who sees the member's posts, as the address says it."""
        asked = dict(self.query).get("audience")
        return next((audience for audience in AUDIENCES if audience == asked), None)

    def page(self, template: str, **values: Any) -> str:
        """Return a whole page."""
        w = self.w
        query = [(key, value) for key, value in self.query if key != "lang"]
        shared = {
            "member": None,
            "path": self.path,
            "switches": {each: "?" + urlencode([*query, ("lang", each)]) for each in LANGUAGES},
            "demonstration": False,
            "network": lambda key: network_name(key, w),
            "kind_words": lambda category, network: kind_words(category, network, w),
            "said_of": lambda state: state_words(state.state, state.reason, w),
            "usable": usable,
            "answer": f"?audience={self.audience}" if self.audience else "",
        }
        environment: Environment = _templates(w.lang, "vanne.web")
        return environment.get_template(template).render(shared | values)


def page_of(inspection: Inspection, visit: Visit) -> tuple[int, str]:
    """Return an HTTP status and the page that is asked for, or the one that says why there is none.

    Items are read again, and the archive may not be there any more.
    """
    try:
        html = _page_of(inspection, visit)
    except VanneError as error:
        return error.status, closed_page(visit, error.status, error.said(visit.w))
    return (404, closed_page(visit, 404)) if html is None else (200, html)


def _page_of(inspection: Inspection, visit: Visit) -> str | None:
    if visit.audience and visit.audience != inspection.audience:
        inspection = inspection.answered(visit.audience)
    if visit.path == "/":
        return _overview(inspection, visit)
    if visit.path == "/items":
        return _items(inspection, visit)
    network = visit.path.removeprefix("/guide/")
    values = guide_values(network, visit.w.lang, inspection.as_of.date())
    if network == visit.path or values is None:
        return None
    return visit.page("guide.html", layout="inspect-base.html", **values)


def closed_page(visit: Visit, code: int, why: str = "") -> str:
    """Return the page that says why there is none: an HTTP status, and what is wrong if known."""
    return visit.page("inspect-closed.html", code=code, why=why)


def _overview(inspection: Inspection, visit: Visit) -> str:
    w = visit.w
    kinds = {part.network: by_category(part.states) for part in inspection.networks}
    return visit.page(
        "inspect.html",
        source_of=_source_of(inspection, w),
        headline=headline(inspection, w),
        basis=basis(inspection, w),
        ages=age_words(inspection, w),
        strangers=list(notes(inspection, w, strangers=True)),
        besides=not_in_archive(inspection, w),
        steps=[
            (step, step_words(step, w), seen_words(step, w))
            for step in advice(inspection)
            if step.kind != "audience"  # the page asks it
        ],
        asked=inspection.asked,
        audiences=[(each, w(_AUDIENCES[each]), each == inspection.audience) for each in AUDIENCES],
        networks=[
            (part, kinds[part.network], region_words(part, w)) for part in inspection.networks
        ],
        most=max((r.total() for each in kinds.values() for r in each.values()), default=1),
        files=[(file, listed_words(file, w)) for file in inspection.reading.files],
        notes=list(notes(inspection, w)),
        **done_values(inspection, visit.query, visit.agent, w),
    )


def _items(inspection: Inspection, visit: Visit) -> str:
    query = dict(visit.query)
    filters = {key: query.get(key, "") for key in ("q", "category", "network", "used")}
    kept = filters | {"audience": visit.audience}
    wanted = ItemFilter(
        filters["q"],
        filters["category"] or None,
        filters["network"],
        {"yes": True, "no": False}.get(filters["used"]),
    )
    matches = inspection.search(wanted)
    return visit.page(
        "inspect-items.html",
        source_of=_source_of(inspection, visit.w),
        asked=filters,
        audience=visit.audience,
        shown=list_page(matches, PAGE_ITEMS, query.get("page")),
        here="?" + urlencode([*((key, text) for key, text in kept.items() if text), ("page", "")]),
        kinds=list(by_category(inspection.states)),
        networks=[part.network for part in inspection.networks],
    )


def _source_of(inspection: Inspection, w: Words) -> Callable[[ItemState, str], str]:
    policies = {part.network: part.policy for part in inspection.networks}
    return lambda state, network: source_words(policies[network], state, w)
