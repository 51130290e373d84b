"""Which place a name in a brief means, and what people call a place.

The places are those of `vanne.places`. Swiss ones count more here: the members of our networks live
there. So «Freiburg» is Fribourg, and «Geneva» is never the one in Illinois.

>>> named("Ginevra")[0].name, named("Tessin")[0].value
('Geneva', 'CH.TI')
"""

from difflib import get_close_matches
from functools import cache, lru_cache

from vanne.places import LANGUAGES, Place, all_names, bare, called, key, place_of
from vanne_assist.brief.text import folded_phrase
from vanne_assist.shipped import table

HERE_KM = 25.0
"""How far «in Lausanne» and «near Lausanne» reach if no distance is said: what one commutes."""

_SWISS = 60


@lru_cache(maxsize=65536)
def named(name: str) -> tuple[Place, ...]:
    """Return the places of that name, the likeliest first."""
    places = called(key(name))
    core, kind = bare(key(name))
    if not places and kind == "division":  # «canton of Bern»
        places = tuple(place for place in called(core) if not place.is_town)

    def is_further(place: Place) -> bool:
        return "CH" not in place.regions or weight(place) < places[0].people

    return tuple(sorted(places, key=is_further))


def weight(place: Place) -> int:
    """Return the inhabitants of a place, Swiss ones counted up."""
    return place.people * (_SWISS if "CH" in place.regions else 1)


def name_in(value: str, lang: str) -> str:
    """Return what people of a language call a place; of one that is not known, its value.

    >>> [name_in(named("Ginevra")[0].value, lang) for lang in ("fr", "en", "de", "it")]
    ['Genève', 'Geneva', 'Genf', 'Ginevra']
    """
    place = place_of(value)
    if place is None:
        return value
    names = (
        table("brief", "places")["shown"].get(place.name if place.is_town else value, "").split("|")
    )
    names = names if any(names) else place.names
    return str(names[LANGUAGES.index(lang)]) if names and lang in LANGUAGES else place.name


@cache
def around() -> dict[str, tuple[Place, float]]:
    """Return landscapes by their folded names: the town in their middle and their reach (km)."""
    known = table("brief", "places")["around"]
    return {name: (named(town)[0], float(km)) for name, (town, km) in known.items()}


def is_word(name: str) -> bool:
    """Say whether a place is called like a word of our languages: Essen, Nice, Reading."""
    return folded_phrase(name) in _words()


def near_names(name: str) -> tuple[str, ...]:
    """Return the names of places that are written most like a name that none has."""
    close = get_close_matches(key(name), all_names(), n=3, cutoff=0.8)
    return tuple(dict.fromkeys(named(each)[0].name for each in close))


@cache
def _words() -> frozenset[str]:
    return frozenset(table("brief", "places")["words"].split())
