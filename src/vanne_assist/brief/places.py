"""The places of the world: their names in four languages, where they lie, and their distances.

`benchmarks/search/make_places.py` made the list from GeoNames (CC BY 4.0). The value of a place is
its GeoNames number, that of a region or country its code (`CH.TI`, `IT`), that of a region which is
no administrative division a name (`romandie`). If several places have one name, the place with the
most inhabitants is meant. Swiss inhabitants are multiplied: a network's members live there.

>>> named("Ginevra")[0].name, named("Tessin")[0].value
('Geneva', 'CH.TI')
"""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt
from typing import Any

from vanne_assist.brief.text import folded_phrase

EARTH_KM = 6371.0088
HERE_KM = 25.0
"""How far «in Lausanne» and «near Lausanne» reach if no distance is said: what one commutes."""

_SWISS = 60
_ORDER = ("fr", "en", "de", "it")


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A town, or a region if it has no point. `regions` are the codes that it lies in."""

    value: str
    name: str
    regions: tuple[str, ...]
    lat: float | None = None
    lon: float | None = None
    people: int = 0

    @property
    def weight(self) -> int:
        """The inhabitants, Swiss ones counted up."""
        return self.people * (_SWISS if "CH" in self.regions else 1)


@cache
def place(value: str) -> NamedPlace | None:
    """Return a place by its number or code; None if it is not known."""
    return _towns().get(value) or _regions().get(value)


@lru_cache(maxsize=65536)
def named(name: str) -> tuple[NamedPlace, ...]:
    """Return the places of that name, the likeliest first."""
    return called(folded_phrase(name))


def called(phrase: str) -> tuple[NamedPlace, ...]:
    """Return the places of a name that is folded already."""
    return _names().get(phrase, ())


def name_in(value: str, lang: str) -> str:
    """Return what people of a language call a place; of one that is not known, its value.

    >>> [name_in(named("Ginevra")[0].value, lang) for lang in ("fr", "en", "de", "it")]
    ['Genève', 'Geneva', 'Genf', 'Ginevra']
    """
    found = place(value)
    if found is None:
        return value
    names = _data("places")["shown"].get(found.name if found.lat is not None else value, "")
    return str(names).split("|")[_ORDER.index(lang)] if names and lang in _ORDER else found.name


@cache
def around() -> dict[str, tuple[NamedPlace, float]]:
    """Return landscapes by their folded names: the town in their middle and their reach (km)."""
    known = _data("regions")["around"]
    return {name: (_by_name()[town], float(km)) for name, (town, km) in known.items()}


def is_word(name: str) -> bool:
    """Say whether a place is called like a word of our languages: Essen, Nice, Reading."""
    return folded_phrase(name) in _words()


def near_names(name: str, count: int = 3) -> tuple[str, ...]:
    """Return the names of places that are written most like a name that none has."""
    close = get_close_matches(folded_phrase(name), _names(), n=count, cutoff=0.8)
    return tuple(dict.fromkeys(_names()[each][0].name for each in close))


def distance_km(one: NamedPlace, other: NamedPlace) -> float | None:
    """Return the distance of two towns as the crow flies; None if one is a region."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    lat, other_lat = radians(one.lat), radians(other.lat)
    half = sin((other_lat - lat) / 2) ** 2
    turn = sin(radians(other.lon - one.lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half + cos(lat) * cos(other_lat) * turn))


@cache
def _rows() -> tuple[tuple[NamedPlace, str], ...]:
    """Return every town of the list, with its other names."""
    made_of = _data("regions")["made-of"]
    within: dict[str, list[str]] = {}
    for region, parts in made_of.items():
        for part in parts:
            within.setdefault(part, []).append(region)
    rows = []
    for line in (files("vanne_assist.brief") / "places.tsv").read_text("utf-8").splitlines():
        number, name, lat, lon, code, people, others = line.split("\t")
        country = code.partition(".")[0]
        regions = (code, country, *within.get(code, ()), *within.get(country, ()))
        rows.append(
            (NamedPlace(number, name, regions, float(lat), float(lon), int(people)), others)
        )
    return tuple(rows)


@cache
def _towns() -> dict[str, NamedPlace]:
    return {town.value: town for town, _ in _rows()}


@cache
def _regions() -> dict[str, NamedPlace]:
    return {
        code: NamedPlace(code, names[0], (code,), people=10**9)
        for code, names in _data("regions")["names"].items()
    }


@cache
def _names() -> dict[str, tuple[NamedPlace, ...]]:
    by_name: dict[str, dict[str, NamedPlace]] = {}
    for town, others in _rows():
        for name in (folded_phrase(town.name), *filter(None, others.split("|"))):
            by_name.setdefault(name, {})[town.value] = town
    for code, names in _data("regions")["names"].items():
        for name in names:
            by_name.setdefault(folded_phrase(name), {})[code] = _regions()[code]
    also = {name: (_by_name()[main],) for name, main in _data("places")["also"].items()}
    ordered = {name: tuple(sorted(each.values(), key=_weight)) for name, each in by_name.items()}
    return ordered | also


@cache
def _by_name() -> dict[str, NamedPlace]:
    return {each.name: each for each in sorted(_towns().values(), key=_weight, reverse=True)}


def _weight(each: NamedPlace) -> tuple[float, str]:
    return -each.weight, each.value


@cache
def _words() -> frozenset[str]:
    return frozenset(_data("places")["words"].split())


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((files("vanne_assist.brief") / f"{name}.toml").read_text("utf-8"))
