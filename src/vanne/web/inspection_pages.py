"""The pages of an inspection, by path and query: `vanne inspect --open` serves them.

Always true: a page is made of the inspection and the address alone, and no module is imported that
listens, connects or needs compiled code of its own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
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
    besides_words,
    headline,
    kind_words,
    listed_words,
    network_name,
    not_in_archive,
    notes,
    region_words,
    seen_words,
    step_words,
)
from vanne.report.state_words import (
    STATE_NAMES,
    by_category,
    count_words,
    in_texts_words,
    present,
    source_words,
    state_words,
    states_words,
    unread_words,
    usable,
    warnings,
)
from vanne.report.states import AUDIENCES, STATES, Audience
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
            "said_of": lambda state, policy: state_words(state, policy, w),
            "source_of": lambda state, policy: source_words(policy, [state], w),
            "state_name": lambda state: w(STATE_NAMES[state]),
            "usable": usable,
            "answer": f"?audience={self.audience}" if self.audience else "",
            "present": present,
            "count_words": lambda states, state: count_words(states, state, w),
        }
        environment: Environment = _templates(w.lang, "vanne.web")
        return environment.get_template(template).render(shared | values)


def answer(inspection: Inspection, visit: Visit) -> tuple[int, str]:
    """Return an HTTP status and the page that is asked for, or the one that says why there is none.

    Items are read again, and the archive may not be there any more.
    """
    try:
        html = page_of(inspection, visit)
    except VanneError as error:
        return error.status, closed_page(visit, error.status, error.said(visit.w))
    return (404, closed_page(visit, 404)) if html is None else (200, html)


def page_of(inspection: Inspection, visit: Visit) -> str | None:
    """Return the page that is asked for; None if there is no such page."""
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
    besides = not_in_archive(inspection, w)
    return visit.page(
        "inspect.html",
        headline=headline(inspection, w),
        basis=basis(inspection, w),
        ages=age_words(inspection, w),
        answers=list(_answers(inspection, w)),
        warnings=[*warnings(inspection, w), *notes(inspection, w, strangers=True)],
        shown=present(inspection.totals),
        unread=unread_words(inspection, w),
        in_texts=in_texts_words(inspection, w),
        besides=besides_words(inspection, ", ".join(besides), w) if besides else "",
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


def _answers(inspection: Inspection, w: Words) -> Iterator[tuple[str, str, str, Counter[str]]]:
    """Yield each state that some items have: its name, how many, who says so, and why."""
    is_briefly = len(inspection.networks) > 1  # each kind of data names all, below
    for state in STATES:
        reasons = states_words(inspection, state, w)
        if reasons:
            sources = (
                source_words(part.policy, part.of_state(state), w, newest=is_briefly)
                for part in inspection.networks
                if state != "not-known"
            )
            source = "; ".join(dict.fromkeys(filter(None, sources)))
            count = count_words(inspection.totals, state, w)
            yield w(STATE_NAMES[state]), count, source, reasons


def _items(inspection: Inspection, visit: Visit) -> str:
    w, query = visit.w, dict(visit.query)
    filters = {key: query.get(key, "") for key in ("q", "category", "network", "state")}
    kept = filters | {"audience": visit.audience}
    state = next((each for each in STATES if each == filters["state"]), None)
    wanted = ItemFilter(filters["q"], filters["category"] or None, filters["network"], state)
    matches = inspection.search(wanted)
    is_whole = query.get("page") == "all"  # to print, or to keep as PDF
    length = max(1, len(matches)) if is_whole else PAGE_ITEMS
    return visit.page(
        "inspect-items.html",
        asked=filters,
        audience=visit.audience,
        states=[(state, w(STATE_NAMES[state])) for state in STATES],
        shown=list_page(matches, length, query.get("page")),
        is_whole=is_whole,
        here="?" + urlencode([*((key, text) for key, text in kept.items() if text), ("page", "")]),
        kinds=list(by_category(inspection.states)),
        networks=[part.network for part in inspection.networks],
    )
