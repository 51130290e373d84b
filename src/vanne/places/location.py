"""Read where somebody lives from the line that says so.

A line has parts: `Carouge, Geneva, Switzerland`. Several places may share the name of a part, and
the right ones lie in each other. The first part that is a place is the nearest. If a name has
several places and nothing beside it says which, the biggest is meant if it is far bigger than the
next. Else the town is unknown; the country is known if all these places are in it.

A part that no table has says nothing. Parts that contradict each other give no country.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vanne.places.gazetteer import Place, abbreviated, called, place_of, weight, with_part
from vanne.places.names import bare, data, key

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
