"""Texts that nobody can withdraw, of several kinds: what a model may set out from.

All have about as many characters as the demo's 150 job advertisements, so that a ground costs the
same whatever it is made of.
"""

import csv
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path

from babel.messages.pofile import read_po

from benchmarks.terminal import say
from vanne.demo.network import public_texts

SEED, ADS = 7, 150
LANGUAGES = {"en": "C", "fr": "fr", "de": "de", "it": "it"}
HELP = Path(os.environ.get("GNOME_HELP", "/usr/share/help"))
"""Debian's package gnome-user-docs (CC-BY-SA-3.0): how to use a desktop, in four languages."""
ESCO = Path(os.environ.get("ESCO", "esco"))
"""ESCO's `occupations_LANG.tsv` (European Commission, reuse with attribution)."""


def ads() -> Iterator[str]:
    """Yield the demo's job advertisements and company pages."""
    yield from public_texts(SEED, ADS)


def own() -> Iterator[str]:
    """Yield what Vanne itself says to people, ten sentences a text, in four languages."""
    catalogues = []
    for lang in LANGUAGES:
        with (files("vanne") / "locale" / f"{lang if lang != 'en' else 'fr'}.po").open(
            "rb"
        ) as file:
            messages = [m for m in read_po(file) if m.id and isinstance(m.id, str)]
        catalogues.append([str(m.id if lang == "en" else m.string) for m in messages])
    yield from chain.from_iterable(zip(*map(_tens, catalogues), strict=False))


def help_pages() -> Iterator[str]:
    """Yield the first paragraphs of the pages of GNOME's help, page by page in four languages."""
    for page in sorted(path.name for path in (HELP / "C/gnome-help").glob("*.page")):
        for folder in LANGUAGES.values():
            path = HELP / folder / "gnome-help" / page
            if path.exists():
                yield _page(path)


def esco() -> Iterator[str]:
    """Yield occupations with their other names: English, German (neither French nor Italian)."""
    tables = []
    for lang in ("en", "de"):
        with (ESCO / f"occupations_{lang}.tsv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        tables.append(
            [f"{row['preferred']}: {row['alternatives'].replace(' | ', ', ')}" for row in rows]
        )
    yield from chain.from_iterable(zip(*tables, strict=False))


KINDS: Mapping[str, Callable[[], Iterable[str]]] = {
    "none": lambda: (),
    "ads": ads,
    "own": own,
    "help": help_pages,
    "esco": esco,
    "more ads": lambda: public_texts(SEED, 3 * ADS),
}


def available() -> list[str]:
    """Return the kinds whose texts are on this machine, and say where the others come from."""
    absent = set()
    if not (HELP / "C/gnome-help").is_dir():
        absent.add("help")
        say("no ground `help`: GNOME_HELP names no usr/share/help of Debian's gnome-user-docs")
    if not ESCO.is_dir():
        absent.add("esco")
        say("no ground `esco`: ESCO names no folder with occupations_en.tsv and _de.tsv")
    return [kind for kind in KINDS if kind not in absent]


@cache
def texts_of(kind: str) -> tuple[str, ...]:
    """Return the texts of a kind: about as many characters as `ads` (`more ads`: three times)."""
    if kind == "more ads":
        return tuple(KINDS[kind]())
    room, found = sum(map(len, ads())), list[str]()
    for text in KINDS[kind]():
        room -= len(text)
        if room < 0:
            break
        found.append(text)
    return tuple(found)


def shared(kind: str, texts: Iterable[str], words: int) -> float:
    """Return the share of the texts' sequences of so many words that occur in a ground, too.

    >>> shared("none", ["one two three"], 2)
    0.0
    """
    known = {each for text in texts_of(kind) for each in _sequences(text, words)}
    wanted = [each for text in texts for each in _sequences(text, words)]
    return sum(each in known for each in wanted) / max(len(wanted), 1)


def _sequences(text: str, words: int) -> Iterator[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    return zip(*(found[start:] for start in range(words)), strict=False)


def _tens(messages: Sequence[str]) -> list[str]:
    return ["\n".join(messages[start : start + 10]) for start in range(0, len(messages), 10)]


def _page(path: Path, longest: int = 600) -> str:
    root = ET.parse(path).getroot()
    parts, length = list[str](), 0
    for element in root.iter():
        if element.tag.rpartition("}")[2] in ("title", "p"):
            text = " ".join("".join(element.itertext()).split())
            length += len(text)
            if length > longest:
                break
            parts.append(text)
    return "\n".join(parts)
