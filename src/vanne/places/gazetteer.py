"""The places of the world: their names, where they lie, and how many people live there.

A place is a town, a division of a country (`CH.TI`), a country (`CH`), or an area of several
(`romandie`). Its value is GeoNames' number of the town, or the code. `tools/make_places.py` makes
the tables from GeoNames (CC BY 4.0) and Unicode's CLDR; what neither has is in `areas.toml`.

>>> called("ginevra")[0].name, place_of("CH.TI").name
('Geneva', 'Ticino')
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt

from vanne.places.names import data, key
from vanne.terms import REGIONS

EARTH_KM = 6371.0088
_SEAT = 20
"""So many times the inhabitants of a town has a division of its name, at most. Solothurn has 17."""
_FIRST_NAME = 5
LANGUAGES = ("fr", "en", "de", "it")
"""The languages of the names in `regions.tsv`, in their order."""


@dataclass(frozen=True, slots=True)
class Place:
    """A town or a region. `regions` are the codes that it lies in.

    `names` are those of a region in `LANGUAGES`.
    """

    value: str
    name: str
    regions: tuple[str, ...]
    people: int = 0
    names: tuple[str, ...] = ()

    @property
    def is_town(self) -> bool:
        """Whether its value is a number of GeoNames."""
        return self.value.isdecimal()

    @property
    def is_country(self) -> bool:
        """Whether its value is the code of a country."""
        return len(self.value) == 2 and self.value.isupper()

    @property
    def country(self) -> str | None:
        """The ISO code of the country; None of an area in several, and where there is none."""
        codes = {code[:2] for code in self.regions if code[:2] in REGIONS}
        return codes.pop() if len(codes) == 1 else None

    def lies_in(self, other: "Place") -> bool:
        """Say whether the place is part of another."""
        return other.value != self.value and other.value in self.regions


def place_of(value: str) -> Place | None:
    """Return a place by its number or code; None if no table has it."""
    return _town(value) or _tables().regions.get(value)


@lru_cache(maxsize=65536)
def called(name: str) -> tuple[Place, ...]:
    """Return the places that have a name, given as a key, the likeliest first.

    That is the one with the most `weight`. A town comes before the division that it lies in, as
    long as the division is not very much bigger: Zürich, but Brandenburg.
    """
    places = [place for value in _tables().names.get(name, ()) if (place := place_of(value))]
    towns = [place for place in places if place.is_town]

    def rank(place: Place) -> float:
        seats = [town for town in towns if town.lies_in(place)]
        most = max((town.people for town in seats), default=0)
        is_land = place.is_country and place.value not in data()["city"]
        is_after = not is_land and place.people < _SEAT * most
        return 0.5 - max(weight(town, name) for town in seats) if is_after else -weight(place, name)

    return tuple(sorted(places, key=lambda place: (rank(place), place.value)))


def weight(place: Place, name: str) -> int:
    """Return the inhabitants of a place, more of one that has the name first: not Amman, once
    Philadelphia.
    """
    is_first = not place.is_town or key(place.name) == name
    return place.people * (_FIRST_NAME if is_first else 1)


def with_part(name: str) -> tuple[Place, ...]:
    """Return the divisions that have a part of that key: Haute-Savoie, of Auvergne-Rhône-Alpes."""
    return _regions(_tables().parts.get(name, ()))


def abbreviated(letters: str) -> tuple[Place, ...]:
    """Return the countries and the divisions that people write with these capitals."""
    return _regions(_tables().short.get(letters, ()))


def all_names() -> Collection[str]:
    """Return the keys of all names."""
    return _tables().names.keys()


def begins_name(word: str) -> bool:
    """Say whether a key begins with a word, or with «canton»: most words of a text begin none."""
    return word in _first_words()


@cache
def _first_words() -> frozenset[str]:
    before = data()["before"]["division"]
    return frozenset(name.partition(" ")[0] for name in (*all_names(), *before))


def point_of(place: Place) -> tuple[float, float] | None:
    """Return the latitude and the longitude of a town; None of a region."""
    return _points().get(place.value)


def distance_km(one: Place, other: Place) -> float | None:
    """Return the distance of two towns as the crow flies; None if one is a region."""
    here, there = point_of(one), point_of(other)
    if here is None or there is None:
        return None
    (lat, lon), (other_lat, other_lon) = map(radians, here), map(radians, there)
    half = sin((other_lat - lat) / 2) ** 2
    turn = sin((other_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half + cos(lat) * cos(other_lat) * turn))


@dataclass(frozen=True, slots=True)
class _PlaceTables:
    """Both tables. Towns stay lines until one is asked for: nobody asks for most of them."""

    towns: dict[str, str]
    regions: dict[str, Place]
    names: dict[str, list[str]]
    parts: dict[str, list[str]]
    short: dict[str, list[str]]


@cache
def _tables() -> _PlaceTables:
    towns: dict[str, str] = {}
    regions: dict[str, Place] = {}
    indexes: list[defaultdict[str, list[str]]] = [defaultdict(list) for _ in range(3)]
    names, parts, short = indexes
    for line in _lines("towns"):
        number, name, _, _, others = line.split("\t")
        towns[number] = line
        names[key(name)].append(number)
        for other in others.split("|") if others else ():
            names[other].append(number)
    for line in _lines("regions"):
        code, shown, people, letters, called_, parts_ = line.split("\t")
        called_in = tuple(shown.split("|"))
        regions[code] = Place(
            code, called_in[1], _around(code), people=int(people), names=called_in
        )
        for index, values in ((short, letters), (names, called_), (parts, parts_)):
            for value in values.split("|") if values else ():
                index[value].append(code)
        if regions[code].is_country:
            short[code].append(code)
    made_of: dict[str, list[str]] = data()["made-of"]
    for area, codes in made_of.items():
        people_there = sum(regions[code].people for code in codes)
        within = tuple(dict.fromkeys((area, *(code[:2] for code in codes))))
        area_names = data()["areas"][area]
        regions[area] = Place(area, area_names[0], within, people=people_there)
    for also in (data()["areas"], data()["also"]):
        for value, others in also.items():
            for other in others:
                if value not in names[key(other)]:
                    names[key(other)].append(value)
    return _PlaceTables(towns, regions, names, parts, short)


def _lines(table: str) -> list[str]:
    return (files("vanne.places") / f"{table}.tsv").read_text("utf-8").splitlines()


def _regions(codes: Iterable[str]) -> tuple[Place, ...]:
    return tuple(_tables().regions[code] for code in codes)


def _around(code: str) -> tuple[str, ...]:
    """Return the codes that a division lies in: its own, its country's, and the areas of both."""
    codes = dict.fromkeys((code, code[:2]))
    areas = (area for area, parts in data()["made-of"].items() if codes.keys() & set(parts))
    return (*codes, *areas)


@lru_cache(maxsize=65536)
def _town(number: str) -> Place | None:
    line = _tables().towns.get(number)
    if line is None:
        return None
    _, name, code, people, _ = line.split("\t")
    return Place(number, name, _around(code), int(people))


@cache
def _points() -> dict[str, tuple[float, float]]:
    """Return where each town lies: a table of its own, which no reading of a line needs."""
    rows = (line.split("\t") for line in _lines("points"))
    return {number: (float(lat), float(lon)) for number, lat, lon in rows}
