"""What the guard and the coach know of a language: data files beside this one, read once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.folding import fold
from vanne.terms import LANGUAGES

Patterns = tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """One language: words are folded, so that they are compared as tokens are."""

    lang: str
    small: dict[str, float]
    units: dict[str, float]
    tens: Mapping[str, float]
    compounds: tuple[str, ...]
    hundreds: Mapping[str, float]
    joints: tuple[str, ...]
    scales: Mapping[str, float]
    bare_scales: frozenset[str]
    and_words: frozenset[str]
    glued_thousands: tuple[str, ...]
    disguised: Mapping[str, frozenset[float]]
    ambiguous: frozenset[str]
    before_numbers: frozenset[str]
    unit_words: Mapping[str, str]
    unit_after: re.Pattern[str]
    scales_after: re.Pattern[str]
    up: tuple[str, ...]
    down: tuple[str, ...]
    from_words: frozenset[str]
    to_words: frozenset[str]
    function: frozenset[str]
    usual: frozenset[str]
    at: frozenset[str]
    nouns: frozenset[str]
    noun_ends: tuple[str, ...]
    determiners: frozenset[str]

    def unit_at(self, text: str, place: int) -> str | None:
        """Return the class of the unit that stands at a place, if it is known."""
        match = self.unit_after.match(text, place)
        return self.unit_words.get(_joined(match["word"])) if match else None

    def direction(self, folded: list[str]) -> str | None:
        """Say whether words speak of more or of less; None if of neither or of both."""
        is_up = any(word.startswith(self.up) for word in folded)
        is_down = any(word.startswith(self.down) for word in folded)
        return None if is_up == is_down else "up" if is_up else "down"


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Something that can be claimed: its kind (`degree`), its class, and how it is said."""

    kind: str
    name: str
    patterns: Mapping[str, Patterns]

    def find(self, text: str, lang: str | None) -> re.Match[str] | None:
        """Return where a text of a language claims it first; in any language if that is None."""
        return next(self.every(text, lang), None)

    def every(self, text: str, lang: str | None) -> Iterator[re.Match[str]]:
        """Yield each place where a text claims it."""
        langs = LANGUAGES if lang is None else (lang,)
        for key in ("any", *langs):
            for pattern in self.patterns.get(key, ()):
                yield from pattern.finditer(text)


@cache
def lexicon(lang: str) -> Lexicon:
    """Return what is known of a language: `fr`, `en`, `de` or `it`."""
    data = read(lang)
    numbers, moves, names = data["numbers"], data["moves"], data["names"]
    unit_words = {
        _joined(word): kind for kind, words in data["units"].items() for word in words.split()
    }
    scales = _worth(numbers["scales"])
    return Lexicon(
        lang=lang,
        small=_worth(numbers["small"]),
        units=_worth(numbers["units"]),
        tens=_worth(numbers["tens"]),
        compounds=tuple(numbers["compounds"]),
        hundreds=_worth(numbers["hundreds"]),
        joints=tuple(numbers["joints"]),
        scales=scales,
        bare_scales=_folded(numbers["bare_scales"]),
        and_words=_folded("and et und e"),
        glued_thousands=tuple(sorted(_folded(numbers["glued_thousands"]))),
        disguised=_disguised(numbers["disguised"]),
        ambiguous=_folded(numbers["ambiguous"]),
        before_numbers=_folded(numbers["before_numbers"]),
        unit_words=unit_words,
        unit_after=_after(data["units"].values()),
        scales_after=_after([" ".join(scales)]),
        up=tuple(sorted(_folded(moves["up"]))),
        down=tuple(sorted(_folded(moves["down"]))),
        from_words=_folded(moves["from"]),
        to_words=_folded(moves["to"]),
        function=_folded(data["language"]["function"]),
        usual=_folded(" ".join((names["usual"], names["starts"], names["title"]))),
        at=_folded(names["at"]),
        nouns=_folded(names["nouns"]),
        noun_ends=tuple(sorted(_folded(names["noun_ends"]))),
        determiners=_folded(names["determiners"]),
    )


@cache
def claims() -> tuple[Claim, ...]:
    """Return what can be claimed of a person, of every kind: facts, and judgements of them."""
    facts = (
        Claim(kind, name, {lang: _compiled(patterns) for lang, patterns in said.items()})
        for kind, classes in read("claims").items()
        for name, said in classes.items()
    )
    return (*facts, *ratings())


@cache
def ratings() -> tuple[Claim, ...]:
    """Return how a person is judged in plain words; in any language, whatever that of a draft."""
    data = read("ratings")
    return tuple(
        Claim("rating", name, {"any": _compiled(_filled(patterns, data[lang]["words"]))})
        for lang in LANGUAGES
        for name, patterns in data[lang]["patterns"].items()
    )


def _compiled(patterns: Iterable[str]) -> Patterns:
    return tuple(re.compile(each, re.IGNORECASE) for each in patterns)


def _filled(patterns: Iterable[str], words: Mapping[str, str]) -> Iterator[str]:
    """Put its class of words in the place of each `{word}`."""
    holes = {"few": r"(?: \w+(?:[’'-]\w+)?){0,3}", **words}
    for pattern in patterns:
        yield re.sub(r"\{([a-z]+)\}", lambda hole: holes[hole[1]], pattern)


@cache
def talk() -> re.Pattern[str]:
    """Return what finds a machine that speaks of itself, or a gap that it left to be filled."""
    parts = (part for each in read("talk").values() for part in each)
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE)


@cache
def known_names() -> Mapping[str, str]:
    """Return names that are known however they are written, and of which kind each is."""
    data = read("names")
    kinds = {"employer": "employers", "degree": "schools", "place": "cities", "name": "given"}
    return {
        " ".join(fold(word) for word in re.findall(r"[^\W_]+", name)): kind
        for kind, key in kinds.items()
        for name in data[key].split(";")
    }


@cache
def company_suffixes() -> frozenset[str]:
    """Return what makes the words before it the name of an organisation, as it is written."""
    return frozenset(read("names")["suffixes"].split(";"))


@cache
def read(name: str) -> dict[str, Any]:
    """Read a data file of words."""
    path = files("vanne_assist.writing") / "words" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _worth(words: str) -> dict[str, float]:
    pairs = (word.split("=") for word in words.split())
    return {_joined(word): float(value) for word, value in pairs}


def _disguised(words: str) -> dict[str, frozenset[float]]:
    pairs = (word.split("=") for word in words.split())
    return {fold(word): frozenset(map(float, values.split(","))) for word, values in pairs}


def _folded(words: str) -> frozenset[str]:
    return frozenset(_joined(word) for word in words.split())


def _joined(word: str) -> str:
    """Return a word as it is compared; `_` stands for the blank within it."""
    return fold(re.sub(r"[_\s]+", " ", word))


def _after(lists: Any) -> re.Pattern[str]:
    """Return what finds one of the words right after a number."""
    words = sorted((word for each in lists for word in each.split()), key=len, reverse=True)
    either = "|".join(re.escape(word).replace("_", r"[ \u00a0]") for word in words)
    return re.compile(rf"[ \u00a0\u202f-]?(?P<word>{either})(?!\w)", re.IGNORECASE)
