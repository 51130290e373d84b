"""Read where somebody lives from the line that says so.

A line has parts: `Carouge, Geneva, Switzerland`. Several places may share the name of a part, and
the right ones lie in each other. The first part that is a place is the nearest. If a name has
several places and nothing beside it says which, the biggest is meant if it is far bigger than the
next. Else the town is unknown; the country is known if all these places are in it.

A part that no table has says nothing. Parts that contradict each other give no country.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt

from vanne.places.names import bare, data, key
from vanne.terms import REGIONS

# The places of the world: their names, where they lie, and how many people live there.
#
# A place is a town, a division of a country (`CH.TI`), a country (`CH`), or an area of several
# (`romandie`). Its value is GeoNames' number of the town, or the code. `tools/make_places.py`
# makes the tables from GeoNames (CC BY 4.0) and Unicode's CLDR; what neither has is in
# `areas.toml`.


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

    >>> called("ginevra")[0].name, place_of("CH.TI").name
    ('Geneva', 'Ticino')
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


FAR_BIGGER = 5
"""So many times the inhabitants of the next place of its name has the one that is meant alone.

Birmingham in England has five times those of Birmingham in Alabama; Valencia in Venezuela has not
twice those of Valencia in Spain.
"""
_CITY = 100_000
"""Inhabitants from which a town gives its name to an area: «Dallas-Fort Worth»."""

_NESTED = re.compile(r"[,;()\n]")
_BESIDE = re.compile(r"[/|&·•]|\s[-–—]\s")
_POSTCODE = re.compile(r"\b(CH|D|F|A|I|B|L|FL)-(?=\d{4,5}\b)")
_CAR_SIGNS = {"D": "DE", "F": "FR", "A": "AT", "I": "IT", "B": "BE", "L": "LU", "FL": "LI"}
_FLAG_A = 0x1F1E6
"""Unicode writes a flag with two letters of an alphabet of its own; this is the A."""
_FLAG = re.compile(f"[{chr(_FLAG_A)}-{chr(_FLAG_A + 25)}]{{2}}")
_OWN_LETTERS = frozenset("äåæöøœü")
_LETTERS = re.compile(r"[A-Z]{2,3}")
_LAST_LETTERS = re.compile(r"(.+?)\s+([A-Z]{2,3})")


@dataclass(frozen=True, slots=True)
class Location:
    """A country, a region (a division or the country) and a town, each None if it is unknown."""

    country: str | None = None
    region: Place | None = None
    town: Place | None = None

    @property
    def place(self) -> Place | None:
        """The nearest that is known."""
        return self.town or self.region


@dataclass(frozen=True, slots=True)
class _Part:
    """The places that a part may be by its name, and those that may contain a place before it.

    It stands `beside` the part before it, if no comma says that one lies in the other, or `after`
    a part that no table has.
    """

    name: str
    places: tuple[Place, ...]
    containers: tuple[Place, ...]
    beside: bool = False
    after: bool = False


def locate(line: str) -> Location:
    """Return where a line says that somebody is.

    >>> locate("Greater Munich Metropolitan Area").town.name, locate("Kanton Zürich").region.value
    ('Munich', 'CH.ZH')
    """
    parts = _parts(line)
    if not parts:
        return Location()
    first, *others = parts
    fitting = [place for place in first.places if all(_fits(place, other) for other in others)]
    if fitting:
        depth = {
            place: sum(any(map(place.lies_in, other.containers)) for other in others)
            for place in fitting
        }
        deepest = max(depth.values())
        return _likeliest([place for place in fitting if depth[place] == deepest], first)
    last = parts[-1].places[0]
    if any(part.beside for part in parts) or last.is_town:
        countries = {place.country for part in parts for place in part.places[:1]}
        return Location(countries.pop() if len(countries) == 1 else None)
    return _at(last)  # the tables have no town of that name there: one that is too small


def _fits(place: Place, other: _Part) -> bool:
    """Say whether a place can stand before a part: in it, the same, or near it in its country."""
    return any(
        place.value == each.value
        or place.lies_in(each)
        or (each.is_town and place.is_town and each.country == place.country)
        for each in other.containers
    )


def _likeliest(places: Sequence[Place], part: _Part) -> Location:
    """Return which of the places of a name is meant; they come the likeliest first."""
    if part.after and any(not place.is_town for place in places):
        places = [place for place in places if not place.is_town]  # a small town, and its division
    best, *others = places
    rivals = [
        place
        for place in others
        if weight(best, part.name) < FAR_BIGGER * weight(place, part.name)
        and not (best.lies_in(place) or place.lies_in(best))
    ]
    if not rivals:
        return _at(best)
    countries = {place.country for place in (best, *rivals)}
    return Location(countries.pop() if len(countries) == 1 else None)


def _at(place: Place) -> Location:
    town = data()["city"].get(place.value)
    place = (place_of(town) if town else None) or place
    if place.is_town:
        region = next(filter(None, map(place_of, place.regions)), None)
        return Location(place.country, region, place)
    return Location(place.country, place)


# Parts


def _parts(line: str) -> list[_Part]:
    """Return the parts of a line that tables have, the nearest first."""
    signs = [
        "".join(chr(ord(letter) - _FLAG_A + ord("A")) for letter in flag)
        for flag in _FLAG.findall(line)
    ]
    signs += [_CAR_SIGNS.get(sign, sign) for sign in _POSTCODE.findall(line)]
    line = _POSTCODE.sub(" ", _FLAG.sub(" ", line))
    parts: list[_Part] = []
    is_after = False
    for nested in _NESTED.split(line):
        pieces = [nested] if _part(nested) else _BESIDE.split(nested)
        for nth, piece in enumerate(pieces):
            read = [part for each in _pieces(piece) if (part := _part(each))]
            if read:
                parts += [replace(read[0], beside=nth > 0, after=is_after), *read[1:]]
            elif len(pieces) == 1 and key(piece) and not any(map(str.isdigit, piece)):
                is_after = True
    for sign in dict.fromkeys(signs):
        if country := abbreviated(sign):
            parts.append(_Part(sign, country, country, beside=len(signs) > 1))
    return parts


def _pieces(piece: str) -> tuple[str, ...]:
    """Take the letters of a division from the end: «Lugano TI»."""
    plain = " ".join(word for word in piece.split() if not any(map(str.isdecimal, word)))
    match = _LAST_LETTERS.fullmatch(plain)
    if match and abbreviated(match[2]) and not called(key(plain)):
        return match[1], match[2]
    return (plain,)


def _part(text: str) -> _Part | None:
    """Return a part if a table has it."""
    name, letters = key(text), text.strip()
    places, within = called(name), with_part(name)
    if _LETTERS.fullmatch(letters):  # «EU» is not the town in Normandy, but «NYC» is New York
        others = (place for place in places if not place.is_town or key(place.name) != name)
        places = (*others, *abbreviated(letters))
    kind = None
    if not places and not within:
        name, kind = bare(name)
        if kind is None:
            return None
        places, within = called(name), with_part(name)
    if kind == "division":
        places = tuple(place for place in places if not place.is_town)
    elif kind == "town":
        places = tuple(place for place in places if place.is_town)
    elif kind == "area" and not places and not within:
        places = _first_city(name)
    places = places or within
    return _Part(name, _as_spelt(letters, places), (*places, *within)) if places else None


def _as_spelt(text: str, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the places whose own name is spelt like a text: Münster is not Munster.

    All of them, if none is, or if the text has no letter that is one of its own. An accent is none:
    San José is often San Jose.
    """
    spelt = text.casefold()
    if _OWN_LETTERS.isdisjoint(spelt):
        return places
    return tuple(place for place in places if place.name.casefold() == spelt) or places


def _first_city(name: str) -> tuple[Place, ...]:
    """Return the cities by which an area begins: «Dallas-Fort Worth»."""
    words = name.split()
    for size in range(len(words) - 1, 0, -1):
        cities = called(" ".join(words[:size]))
        if cities := tuple(each for each in cities if each.is_town and each.people >= _CITY):
            return cities
    return ()
