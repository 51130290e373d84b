"""Criteria that people change: by the command line, by a JSON document, by the chips of a form.

What somebody adds is read as a brief of its own; what nothing reads is looked for as words. It
takes the place of a criterion about the same. A chip is a criterion with its words, its force and
its bounds: «Genève» in a chip of a place is Geneva, «infirmière» in one of a title is a title.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from math import isfinite
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from vanne.errors import InputError
from vanne_assist.brief.criteria import Brief, Criterion, Force, Kind, renumbered
from vanne_assist.brief.job_titles import title_value
from vanne_assist.brief.levels import LANGUAGE_LEVELS
from vanne_assist.brief.lexicon import order_of
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.places import named, near_names, place
from vanne_assist.brief.scan import terms_in
from vanne_assist.brief.text import folded_phrase, split

MOST_CRITERIA = 100
_TOO_MUCH = 1e6
"""No number of years or kilometres is as large."""
_JSON_FORM = "as `vanne find --json` prints them"


def added(brief: Brief, texts: Iterable[str], force: Force) -> Brief:
    """Return a brief with what the texts ask, all of it with one force.

    Raises:
        InputError: one of them says nothing, or too much.
    """
    for text in texts:
        if not any(letter.isalnum() for letter in text):
            raise InputError("a criterion that is added is empty", todo="say what it asks")
        read = read_brief(text, brief.lang).criteria
        words = Criterion(Kind.WORDS, folded_phrase(text), text.strip())
        taken = [each.either for each in brief.criteria if each.either is not None]
        new = [
            replace(each, force=force, span=None, either=None if force == "not" else each.either)
            for each in renumbered(read or (words,), 1 + max(taken, default=-1))
        ]
        about = {(each.kind, each.value) for each in new}
        kept = [each for each in brief.criteria if (each.kind, each.value) not in about]
        brief = replace(brief, criteria=(*kept, *new))
    return brief


def within(brief: Brief, km: float) -> Brief:
    """Return a brief whose towns reach that far."""
    criteria = []
    for each in brief.criteria:
        town = place(each.value) if each.kind is Kind.PLACE else None
        is_town = town is not None and town.lat is not None  # a region has no point
        criteria.append(replace(each, within_km=km) if is_town else each)
    return replace(brief, criteria=tuple(criteria))


def criteria_of(document: str) -> tuple[Criterion, ...]:
    """Read criteria from a JSON document: a list of them, or an object with a list `criteria`.

    Raises:
        InputError: it is none.
    """
    try:
        read = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "the criteria are no JSON document", todo=f"write them {_JSON_FORM}"
        ) from error
    rows = read.get("criteria") if isinstance(read, dict) else read
    if not isinstance(rows, list) or len(rows) > MOST_CRITERIA:
        raise InputError(
            f"the criteria are no list of at most {MOST_CRITERIA}", todo=f"write them {_JSON_FORM}"
        )
    return tuple(_criterion(row, number) for number, row in enumerate(rows, 1))


@cache
def _criteria_adapter() -> TypeAdapter[Criterion]:
    return TypeAdapter(Criterion)


def _criterion(row: object, number: int) -> Criterion:
    names = {field.name for field in fields(Criterion)}
    if not isinstance(row, dict) or not {"kind", "value"} <= set(row) <= names:
        raise InputError(f"criterion {number} is not one", todo=f"write it {_JSON_FORM}")
    wrong = ""
    try:
        document = json.dumps({"said": row["value"]} | row)
        read = _criteria_adapter().validate_json(document, strict=True)
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
    else:
        numbers = {"least": read.least, "most": read.most, "within_km": read.within_km}
        far = [name for name, n in numbers.items() if n is not None and not 0 <= n < _TOO_MUCH]
        if far:
            wrong = far[0]
        elif read.level not in (None, *LANGUAGE_LEVELS):
            wrong = "level"
        elif (
            not read.value
            or (read.kind is Kind.PLACE and place(read.value) is None)
            or (read.kind is Kind.SENIORITY and read.value not in order_of("seniority"))
            or (read.kind is Kind.YEARS and read.value not in ("experience", "tenure"))
        ):
            wrong = "value"
    if wrong == "kind":
        kinds = ", ".join(f"`{each.value}`" for each in Kind)
        raise InputError(f"criterion {number} has no known kind", todo=f"use {kinds}")
    if wrong:
        raise InputError(
            f"criterion {number} has no usable `{wrong}`", todo=f"write it {_JSON_FORM}"
        )
    return read


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
