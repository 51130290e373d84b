"""Find which kind of record the rows of a file are: by its keys, columns, name and folder."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from vanne.packs import Pack, shared, working
from vanne.sources.csvtext import normal
from vanne.sources.jsontext import ANY_KEY, KeyPath
from vanne.sources.readers import FORMS, NetworkRecord, record_kinds

CARDS = "cards"
"""The key of the cards of an HTML page."""
_NUMBER = re.compile(r"_\d+$")
_APOSTROPHES = str.maketrans(dict.fromkeys("'\N{RIGHT SINGLE QUOTATION MARK}`", "_"))


def kinds_by_keys(
    keys: Iterable[KeyPath], first: Callable[[KeyPath], Any], path: str = ""
) -> dict[str, NetworkRecord]:
    """Return for each place of a document the kind of record that lies there, of one network.

    `first` gives the fields of the first rows at a place. Kinds that want fields outweigh others.
    """

    def fits(kind: NetworkRecord, names: Iterable[str] | None) -> bool:
        known = set(names or ())
        if not known:  # no row to look at
            return not kind.has and not kind.any
        has_any = not kind.any or bool(known.intersection(kind.any))
        return known.issuperset(kind.has) and has_any and known.isdisjoint(kind.lacks)

    fitting: dict[str, list[NetworkRecord]] = {}
    below: dict[KeyPath, list[str]] = {}
    for key in (keys := tuple(keys)):
        below.setdefault(key[:-1], []).append(key[-1])
    for key in keys:
        under = first(key)
        names = below.get(key) if under is None else under  # an object has keys of its own
        for place, kind in _kinds_at(key):
            is_alike = not (kind.alone and under is not None) and fits(kind, names)
            if is_alike and is_named(kind, path):
                fitting.setdefault(place, []).append(kind)
    each = (dict.fromkeys(kind.network for kind in kinds) for kinds in fitting.values())
    counts = Counter(chain.from_iterable(each))
    if not counts:
        return {}
    ((best, _),) = counts.most_common(1)  # of several that fit alike, the first of the packs
    chosen = {
        place: max(own, key=lambda kind: (bool(kind.folders), len(kind.has)))
        for place, kinds in fitting.items()
        if (own := [kind for kind in kinds if kind.network == best])
    }
    is_enough = any(len(chosen) >= kind.together for kind in chosen.values())
    return chosen if is_enough else {}


def kind_of_page(path: str, network: str) -> NetworkRecord | None:
    """Return the kind of the records that the cards of an HTML page are.

    A page is known by its folder or its name: one that is named whole counts before one whose name
    begins so. Of networks that share a download, the one that the page seems to be of comes first.
    """
    sharing = {network}
    for records, networks in shared().items():
        if network in networks:
            sharing |= {records, *networks}
    named = [kind for kind in record_kinds() if CARDS in kind.keys and is_named(kind, path)]
    name = _file_name(path)

    def rank(kind: NetworkRecord) -> tuple[bool, bool, bool, bool]:
        is_whole = name in map(_one_apostrophe, kind.files)
        return not kind.folders, kind.network != network, kind.network not in sharing, not is_whole

    return min(named, key=rank, default=None)


def is_named(described: NetworkRecord, path: str) -> bool:
    """Say whether a file is called as those of a kind are, and lies where they do."""
    place, name = PurePosixPath(path), _file_name(path)
    around = {place.parent.name}
    in_folder = not described.folders or any(
        _begins(folder, part)
        for folder in described.folders
        for part in (around if folder.endswith(ANY_KEY) else place.parts[:-1])
    )
    written = map(_one_apostrophe, described.files)
    return in_folder and (not described.files or any(_begins(file, name) for file in written))


def _file_name(path: str) -> str:
    """Return the name of a file without its number; of a mere number that of its folder."""
    place = PurePosixPath(path)
    name = _one_apostrophe(_NUMBER.sub("", place.stem.casefold()))
    return place.parent.name.casefold() if name.isdigit() else name


def _one_apostrophe(name: str) -> str:
    """Return a name with `_` for its apostrophes: packers write them in several ways."""
    return name.translate(_APOSTROPHES)


def _begins(name: str, written: str) -> bool:
    """Say whether a name is the one written; one that ends with `_` or `*` is a beginning."""
    beginning = name.removesuffix(ANY_KEY)
    is_whole = name == beginning and not name.endswith("_")
    return written == name if is_whole else written.startswith(beginning)


@lru_cache(maxsize=8)
def _by_place(_of: tuple[Pack, ...]) -> Mapping[KeyPath, Sequence[NetworkRecord]]:
    places: dict[KeyPath, list[NetworkRecord]] = {}
    for kind in record_kinds():
        for place in kind.keys:
            places.setdefault(tuple(place.split(".")), []).append(kind)
    return places


@lru_cache(maxsize=8)
def _any_places(of: tuple[Pack, ...]) -> Sequence[KeyPath]:
    return [place for place in _by_place(of) if ANY_KEY in place]


def _kinds_at(key: KeyPath) -> Iterator[tuple[str, NetworkRecord]]:
    """Yield each kind whose rows may lie at a path, with the place that it gives."""
    kinds, places = _by_place(working()), [key]
    if ".".join(key) not in FORMS:
        places += [place for place in _any_places(working()) if _is_at(key, place)]
    for place in places:
        yield from ((".".join(place), kind) for kind in kinds.get(place, ()))


def _is_at(key: KeyPath, place: KeyPath) -> bool:
    return len(key) == len(place) and all(
        step in (ANY_KEY, part) for step, part in zip(place, key, strict=True)
    )


def with_others(kinds: Mapping[str, NetworkRecord]) -> dict[str, NetworkRecord]:
    """Add the kinds of the same network that may lie further down in the document."""
    networks = {kind.network for kind in kinds.values()}
    others = {
        key: kind
        for kind in record_kinds()
        if kind.network in networks and not kind.has and not kind.any
        for key in kind.keys
        if key not in FORMS
    }
    return others | dict(kinds)


def kind_by_columns(header: Iterable[str], path: str) -> NetworkRecord | None:
    """Return the kind of record of a CSV file by its columns."""
    columns = {normal(name) for name in header}
    fitting = [
        kind
        for kind in record_kinds()
        if "csv" in kind.keys and columns.issuperset(map(normal, kind.has)) and is_named(kind, path)
    ]
    return max(fitting, key=lambda kind: len(kind.has), default=None)
