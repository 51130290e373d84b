"""Read the criteria that a person edited in a form: each is a chip with words, force and bounds.

The kind of a chip decides how its words are read: «Genève» in a chip of a place is Geneva,
«infirmière» in a chip of a title is a title. An unknown place or language is reported. Other words
that cannot be read are looked for as text.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import get_args

from vanne.errors import InputError
from vanne_assist.brief.criteria import OF_WORK, BriefNotice, Criterion, Force, Kind, criteria_from
from vanne_assist.brief.job_titles import title_value
from vanne_assist.brief.language import LANGUAGE_LEVELS
from vanne_assist.brief.lexicon import order_of
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.places import named, near_names
from vanne_assist.brief.scan import terms_in
from vanne_assist.brief.text import folded_phrase, split

FORCES: tuple[Force, ...] = get_args(Force)
MOST_CHIPS = 40
"""More criteria than a page can show at once are no brief."""
LONGEST_VALUE = 120
FARTHEST_KM = 1000.0
MOST_YEARS = 60.0
"""Nobody works longer."""
MOST_AMOUNT = 10_000_000.0
"""No pay, team or employer of one brief is larger."""
_OPEN = (Kind.SKILL, Kind.COMPANY)
"""Kinds whose values no lexicon lists whole: what is typed is looked for as it is."""


def chips_in(
    form: Mapping[str, str], lang: str
) -> tuple[tuple[Criterion, ...], tuple[BriefNotice, ...]]:
    """Read the chips of a form: those that are left, those that changed, and one that is added.

    `c0` is the first criterion as it was, in JSON; `s0` its words, `f0` its force, `n0`, `m0` the
    bounds in years, `r0` the radius in km, `l0` the level, as they are now. `drop` leaves one out.
    `ak`, `as`, `af` add one.

    Raises:
        InputError: a criterion is none of ours.
    """
    chips: list[Criterion | BriefNotice] = []
    for at in map(str, range(MOST_CHIPS)):
        if f"c{at}" not in form or form.get("drop") == at:
            continue
        todo = "load the page again"
        try:
            (was,) = criteria_from([json.loads(form[f"c{at}"])])
        except (ValueError, RecursionError) as error:
            raise InputError("a criterion is none that there is", todo=todo) from error
        if was.kind is Kind.SENIORITY and was.value not in order_of("seniority"):
            raise InputError("a criterion is none that there is", todo=todo)
        force, said = _force(form.get(f"f{at}", "")), form.get(f"s{at}", was.said)
        chip = was if said == was.said else criterion_of(was.kind, said, lang, force)
        if isinstance(chip, Criterion):
            level = form.get(f"l{at}", "")
            chip = replace(
                chip,
                force=force,
                least=_number(form.get(f"n{at}", ""), _most_of(chip.kind)),
                most=_number(form.get(f"m{at}", ""), _most_of(chip.kind)),
                within_km=_number(form.get(f"r{at}", ""), FARTHEST_KM),
                level=level if level in LANGUAGE_LEVELS else None,
                is_past=was.is_past,
                either=was.either if force != "not" else None,
            )
        chips.append(chip)
    if typed := form.get("as", "").strip():
        (row,) = criteria_from([{"kind": form.get("ak"), "value": "", "said": ""}])
        chip = criterion_of(row.kind, typed, lang, _force(form.get("af", "")))
        if isinstance(chip, Criterion) and row.kind is Kind.YEARS:
            chip = replace(chip, least=_number(typed, MOST_YEARS))
        chips.append(chip)
    criteria = dict.fromkeys(chip for chip in chips if isinstance(chip, Criterion))
    return tuple(criteria), tuple(chip for chip in chips if isinstance(chip, BriefNotice))


def criterion_of(kind: Kind, said: str, lang: str, force: Force) -> Criterion | BriefNotice:
    """Read a value of a kind; say what is wrong where it is none."""
    said = " ".join(said[: 2 * LONGEST_VALUE].split())[:LONGEST_VALUE]
    if not any(letter.isalnum() for letter in said):
        return BriefNotice("criterion-empty", ())
    value: str | None = None
    if kind is Kind.TITLE:
        value = title_value(said, lang)
    elif kind is Kind.YEARS:
        value = "experience"
    elif kind is Kind.PLACE:
        value = next((town.value for town in named(said)), None)
    elif hits := terms_in(split(said), said, (kind,)):
        value = hits[0].value
    if value is None and kind is not Kind.WORDS:
        for each in read_brief(said, lang).criteria:
            if each.kind is kind:  # «near Geneva» in a chip of a place
                return replace(each, force=force, span=None)
    if value is None and kind is Kind.PLACE:
        return BriefNotice("place-unknown", (said,), near_names(said))
    if value is None and kind is Kind.LANGUAGE:
        return BriefNotice("no-language", (said,))
    if value is None and kind not in _OPEN:
        kind = Kind.WORDS
    return Criterion(kind, value or folded_phrase(said), said, force)


def _most_of(kind: Kind) -> float:
    return MOST_AMOUNT if kind in OF_WORK else MOST_YEARS


def _force(name: str) -> Force:
    return next((force for force in FORCES if force == name), "must")


def _number(text: str, most: float) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return min(most, number) if isfinite(number) and number >= 0 else None
