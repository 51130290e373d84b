"""Writes criteria as words of a language, and as a Boolean query that recruiters know.

What is written reads back as the same criteria: a brief can be edited as criteria or as words.

>>> from vanne_assist.brief.parse import read_brief
>>> criteria = read_brief("Rust engineer near Lausanne, ideally French B2, no agencies").criteria
>>> words_of(criteria, "fr")
'Rust engineer, Rust, près de Lausanne, idéalement français B2, pas de agence'
"""

from collections.abc import Sequence
from dataclasses import replace

from vanne_assist.brief.criteria import Criterion, Kind, together
from vanne_assist.brief.lexicon import name_of
from vanne_assist.brief.places import name_in, place

_SAID = {
    "not": {"fr": "pas de", "en": "no", "de": "ohne", "it": "senza"},
    "nice": {"fr": "idéalement", "en": "ideally", "de": "idealerweise", "it": "idealmente"},
    "or": {"fr": "ou", "en": "or", "de": "oder", "it": "o"},
    "past": {"fr": "anciennement", "en": "formerly", "de": "früher", "it": "in passato"},
    "now": {"fr": "actuellement", "en": "currently", "de": "derzeit", "it": "attualmente"},
    "near": {"fr": "près de", "en": "near", "de": "in der Nähe von", "it": "vicino a"},
    "in": {"fr": "en", "en": "in", "de": "in", "it": "in"},
    "within": {
        "fr": "dans un rayon de {km} km autour de",
        "en": "within {km} km of",
        "de": "im Umkreis von {km} km von",
        "it": "nel raggio di {km} km da",
    },
    "least": {"fr": "au moins", "en": "at least", "de": "mindestens", "it": "almeno"},
    "most": {"fr": "au plus", "en": "at most", "de": "höchstens", "it": "al massimo"},
    "years": {"fr": "ans", "en": "years", "de": "Jahre", "it": "anni"},
    "experience": {
        "fr": "d'expérience",
        "en": "of experience",
        "de": "Erfahrung",
        "it": "di esperienza",
    },
    "tenure": {
        "fr": "dans le même poste",
        "en": "in the same job",
        "de": "in der aktuellen Funktion",
        "it": "nello stesso ruolo",
    },
    "people": {"fr": "personnes", "en": "employees", "de": "Mitarbeitende", "it": "dipendenti"},
    "native": {
        "fr": "langue maternelle",
        "en": "native",
        "de": "Muttersprache",
        "it": "madrelingua",
    },
}


def words_of(criteria: Sequence[Criterion], lang: str) -> str:
    """Write criteria as a brief that reads back as the same."""
    joined = f" {_SAID['or'][lang]} "
    return ", ".join(
        joined.join(
            _words(criteria[at] if not n else replace(criteria[at], force="must"), lang)
            for n, at in enumerate(places)
        )
        for places in together(criteria)
    )


def boolean_of(criteria: Sequence[Criterion]) -> str:
    """Write criteria as a Boolean query: must AND (this OR that) AND NOT not; wishes are OR.

    >>> rust, go = Criterion(Kind.SKILL, "rust", "Rust"), Criterion(Kind.SKILL, "go", "Go", "not")
    >>> boolean_of((rust, go))
    '"Rust" AND NOT "Go"'
    """
    asked = [each for each in criteria if each.force == "must"]
    must = [_one_of([f'"{_plain(asked[at], "en")}"' for at in each]) for each in together(asked)]
    wishes = [f'"{_plain(each, "en")}"' for each in criteria if each.force == "nice"]
    banned = [f'NOT "{_plain(each, "en")}"' for each in criteria if each.force == "not"]
    wished = [_one_of(wishes)] if wishes else []
    return " AND ".join([*must, *wished, *banned])


def _one_of(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _words(criterion: Criterion, lang: str) -> str:
    parts = [_SAID[criterion.force][lang]] if criterion.force in ("nice", "not") else []
    if criterion.is_past is not None:
        parts.append(_SAID["past" if criterion.is_past else "now"][lang])
    return " ".join([*parts, _plain(criterion, lang)])


def _plain(criterion: Criterion, lang: str) -> str:
    """Write a criterion without what is said of it."""
    if criterion.kind is Kind.PLACE:
        known = place(criterion.value)
        town = name_in(criterion.value, lang) if known else criterion.said
        if criterion.within_km is not None:
            return f"{_SAID['within'][lang].format(km=f'{criterion.within_km:g}')} {town}"
        return f"{_SAID['in' if known and known.lat is None else 'near'][lang]} {town}"
    if criterion.kind is Kind.YEARS:
        what = "tenure" if criterion.value == "tenure" else "experience"
        bounds = _bounds(criterion.least, criterion.most, lang)
        return f"{bounds} {_SAID['years'][lang]} {_SAID[what][lang]}"
    if criterion.kind is Kind.WORDS:
        return f'"{criterion.said}"'
    if criterion.kind is Kind.COMPANY and criterion.value.startswith("size:"):
        low, _, high = criterion.value.removeprefix("size:").partition("-")
        bounds = _bounds(float(low) if low else None, float(high) if high else None, lang)
        return f"{bounds} {_SAID['people'][lang]}"
    name = criterion.said
    if criterion.kind is not Kind.TITLE:
        name = name_of(criterion.kind, criterion.value, lang) or criterion.said
    if criterion.level:
        level = criterion.level
        return f"{name} {_SAID['native'][lang] if level == 'native' else level.upper()}"
    return name


def _bounds(least: float | None, most: float | None, lang: str) -> str:
    if least is not None and most is not None:
        return f"{least:g}-{most:g}"
    role, number = ("least", least) if least is not None else ("most", most)
    return f"{_SAID[role][lang]} {number:g}"
