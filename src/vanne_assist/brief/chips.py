"""Criteria that people change: a value typed into a chip is read again as one of its kind.

A chip is a criterion with its words, its force and its bounds. What somebody types need not be a
whole brief: «Genève» in a chip of a place is Geneva, «infirmière» in one of a title is a title.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import get_args

from vanne.errors import InputError
from vanne_assist.brief.criteria import Criterion, Force, Kind
from vanne_assist.brief.levels import LANGUAGE_LEVELS
from vanne_assist.brief.naming import title_value
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.places import named, near_names
from vanne_assist.brief.scan import terms_in
from vanne_assist.brief.text import folded_phrase, split

FORCES: tuple[Force, ...] = get_args(Force)
EMPTY = "A criterion is empty."
NO_PLACE = "No place is called «%(said)s» here."
NO_LANGUAGE = "No language is called «%(said)s» here."
"""English message ids: what can be wrong with a criterion."""
MOST_CHIPS = 40
"""More criteria than a page can show at once are no brief."""
LONGEST_VALUE = 120
FARTHEST_KM = 1000.0
MOST_YEARS = 60.0
"""Nobody works longer."""
_OPEN = (Kind.SKILL, Kind.COMPANY)
"""Kinds whose values no lexicon lists whole: what is typed is looked for as it is."""


@dataclass(frozen=True, slots=True)
class ChipFault:
    """Why a chip could not be used: which, in a sentence with holes, and what may have been meant.

    The sentence is an English message id.
    """

    said: str
    sentence: str
    near: tuple[str, ...] = ()


def criterion_of(kind: Kind, said: str, lang: str, force: Force = "must") -> Criterion | ChipFault:
    """Read a value of a kind; say what is wrong where it is none."""
    said = " ".join(said[: 2 * LONGEST_VALUE].split())[:LONGEST_VALUE]
    if not any(letter.isalnum() for letter in said):
        return ChipFault(said, EMPTY)
    value: str | None = None
    if kind is Kind.TITLE:
        value = title_value(said, lang)
    elif kind is Kind.YEARS:
        value = "experience"
    elif kind is Kind.PLACE:
        value = next((town.value for town in named(said)), None)
    elif hits := terms_in(split(said), said, (kind,)):
        value = hits[0].value
    if value is None:
        for each in read_brief(said, lang).criteria:
            if each.kind is kind:  # «near Geneva» in a chip of a place
                return replace(each, force=force, span=None)
    if value is None and kind is Kind.PLACE:
        return ChipFault(said, NO_PLACE, near_names(said))
    if value is None and kind is Kind.LANGUAGE:
        return ChipFault(said, NO_LANGUAGE)
    if value is None and kind not in _OPEN:
        kind = Kind.WORDS
    return Criterion(kind, value or folded_phrase(said), said, force)


# A form


def chips_in(
    form: Mapping[str, str], lang: str
) -> tuple[tuple[Criterion, ...], tuple[ChipFault, ...]]:
    """Read the chips of a form: those that are left, those that changed, and one that is added.

    `k0`, `v0`, `o0`, `s0` are kind, value and the words before and after of the first; `f0` its
    force, `n0`, `m0` the bounds in years, `r0` the radius in km, `l0` the level, `p0` past or now,
    `b0` where it stands in the brief, `e0` which alternatives it belongs to.
    `drop` leaves one out. `ak`, `as`, `af` add one; `facet` one that was offered.
    """
    chips = [
        _chip(form, str(place), lang)
        for place in range(MOST_CHIPS)
        if f"k{place}" in form and form.get("drop") != str(place)
    ]
    if form.get("as", "").strip():
        kind, force = _kind(form.get("ak", "")), _force(form.get("af", ""))
        chip = criterion_of(kind, form["as"], lang, force)
        if isinstance(chip, Criterion) and kind is Kind.YEARS:
            chip = replace(chip, least=_number(form["as"], MOST_YEARS))
        chips.append(chip)
    if facet := form.get("facet"):
        chips.append(facet_chip(facet))
    criteria = dict.fromkeys(chip for chip in chips if isinstance(chip, Criterion))
    return tuple(criteria), tuple(chip for chip in chips if isinstance(chip, ChipFault))


def _chip(form: Mapping[str, str], at: str, lang: str) -> Criterion | ChipFault:
    kind, force = _kind(form[f"k{at}"]), _force(form.get(f"f{at}", ""))
    said = form.get(f"s{at}", "")[:LONGEST_VALUE]
    if said == form.get(f"o{at}", "")[:LONGEST_VALUE] and form.get(f"v{at}"):
        read: Criterion | ChipFault = Criterion(kind, form[f"v{at}"][:LONGEST_VALUE], said, force)
        span = _span(form.get(f"b{at}", ""))
    else:
        read, span = criterion_of(kind, said, lang, force), None
    if isinstance(read, ChipFault):
        return read
    level, either = form.get(f"l{at}", ""), form.get(f"e{at}", "")
    return replace(
        read,
        span=span,
        least=_number(form.get(f"n{at}", ""), MOST_YEARS),
        most=_number(form.get(f"m{at}", ""), MOST_YEARS),
        within_km=_number(form.get(f"r{at}", ""), FARTHEST_KM),
        level=level if level in LANGUAGE_LEVELS else None,
        is_past={"1": True, "0": False}.get(form.get(f"p{at}", "")),
        either=int(either) if _is_digits(either) and len(either) < 4 and force != "not" else None,
    )


def facet_chip(facet: str) -> Criterion | ChipFault:
    """Read a facet that was offered, `kind:value:words`, as something that must be."""
    kind, _, rest = facet.partition(":")
    value, _, said = rest[-2 * LONGEST_VALUE :].rpartition(":")
    if not value or not said:
        return ChipFault(facet, EMPTY)
    read = Criterion(_kind(kind), value, said[:LONGEST_VALUE], "must")
    if read.kind is not Kind.YEARS:
        return read
    least, _, most = value.partition("-")
    bounds = _number(least, MOST_YEARS), _number(most, MOST_YEARS)
    return replace(read, value="experience", least=bounds[0], most=bounds[1])


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise InputError("a criterion is of no kind that there is", todo="load it again") from error


def _force(name: str) -> Force:
    return next((force for force in FORCES if force == name), "must")


def _number(text: str, most: float) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return min(most, number) if isfinite(number) and number >= 0 else None


def _span(text: str) -> tuple[int, int] | None:
    start, _, end = text.partition("-")
    is_span = _is_digits(start) and _is_digits(end) and len(text) < 20
    return (int(start), int(end)) if is_span else None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
