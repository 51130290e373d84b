"""Knows what skills, languages, industries, titles... are called in four languages.

Names are data: a file per kind, each entry with its names in French, English, German, Italian.
Names are found whatever their case, accents, hyphens and endings. A few skills are words too (Go,
Rust, Swift): they are found only as they are written, or where a tool is expected.

>>> [(term.kind.value, term.value) for term in book().exact("bases de données")]
[('skill', 'databases')]
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.text import folded_phrase

LANGS = ("fr", "en", "de", "it")
"""The order in which an entry has its names."""

File = Literal[
    "skills", "tools", "languages", "industries", "companies", "careers", "educations", "seniority"
]

_KINDS = {
    "skills": Kind.SKILL,
    "languages": Kind.LANGUAGE,
    "industries": Kind.INDUSTRY,
    "companies": Kind.COMPANY,
    "careers": Kind.CAREER,
    "educations": Kind.EDUCATION,
    "seniority": Kind.SENIORITY,
    "occupations": Kind.TITLE,
}
_ENDINGS = "aeiosnx"
_SHORTEST_STEM = 4
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Term:
    """What a phrase stands for. `exact` is how it must be written, if its case matters."""

    kind: Kind
    value: str
    exact: str | None = None
    is_tool: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """All names by phrase, and by phrase without endings."""

    phrases: dict[str, tuple[Term, ...]]
    stems: dict[str, tuple[Term, ...]]
    longest: int
    sizes: dict[str, int]
    """How many words the longest phrase has that begins with a word, or with its stem."""

    def longest_from(self, word: str) -> int:
        """Return how many words the longest phrase has that may begin with a folded word."""
        return max(self.sizes.get(word, 0), self.sizes.get(_stem(word), 0))

    def exact(self, phrase: str) -> tuple[Term, ...]:
        """Return what a phrase stands for as it is written."""
        return self.phrases.get(folded_phrase(phrase), ())

    def look(self, phrase: str) -> tuple[Term, ...]:
        """Return what a folded phrase stands for, whatever its endings."""
        return self.phrases.get(phrase) or self.stems.get(stemmed(phrase), ())


def stemmed(phrase: str) -> str:
    """Return a folded phrase without the endings of number, gender and case.

    >>> stemmed("bancaria"), stemmed("startups"), stemmed("banken")
    ('bancar', 'startup', 'bank')
    """
    return " ".join(map(_stem, phrase.split()))


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    short = word.rstrip(_ENDINGS)
    return short if len(short) >= _SHORTEST_STEM else word[: max(_SHORTEST_STEM, len(short))]


@cache
def book() -> Book:
    """Return the names of everything but places."""
    phrases: dict[str, list[Term]] = {}
    stems: dict[str, list[Term]] = {}
    for name, term in _all():
        for spelling in {folded_phrase(name), folded_phrase(name.lower().translate(_UMLAUTS))}:
            _put(phrases, spelling, term)
            if term.exact is None and term.kind is not Kind.LANGUAGE and not term.is_tool:
                _put(stems, stemmed(spelling), term)
    sizes: dict[str, int] = {}
    for phrase in (*phrases, *stems):
        size = phrase.count(" ") + 1
        first = phrase.split(" ")[0]
        sizes[first] = max(size, sizes.get(first, 0))
    return Book(_frozen(phrases), _frozen(stems), max(sizes.values()), sizes)


def _put(where: dict[str, list[Term]], phrase: str, term: Term) -> None:
    if term not in where.setdefault(phrase, []):
        where[phrase].append(term)


def _frozen(phrases: dict[str, list[Term]]) -> dict[str, tuple[Term, ...]]:
    return {phrase: tuple(terms) for phrase, terms in phrases.items()}


def _all() -> Iterator[tuple[str, Term]]:
    yield from _tools()
    careful = frozenset(data("tools")["acronyms"]["names"].split())
    for file, kind in _KINDS.items():
        for value, names in data(file).items():
            for name in dict.fromkeys("|".join(names).split("|")):
                yield name, Term(kind, value, name if name in careful else None)


def _tools() -> Iterator[tuple[str, Term]]:
    tools = data("tools")
    careful = frozenset(tools["careful"]["names"].split())
    for name in tool_names():
        exact = name if name in careful else None
        yield name, Term(Kind.SKILL, folded_phrase(name), exact, is_tool=True)
    for other, name in tools["also"].items():
        yield other, Term(Kind.SKILL, folded_phrase(name), is_tool=True)


@cache
def tool_names() -> tuple[str, ...]:
    """Return the names of tools as they are written."""
    names = data("tools")["names"].replace("\n", " ").split(";")
    return tuple(name.strip() for name in names if name.strip())


@cache
def name_of(kind: Kind, value: str, lang: str) -> str | None:
    """Return what people of a language call something; None if it has no entry."""
    if kind is Kind.SKILL:
        for name in tool_names():
            if folded_phrase(name) == value:
                return name
    for file, each in _KINDS.items():
        if each is kind and value in (entries := data(file)):
            return str(entries[value][LANGS.index(lang)]).split("|")[0]
    return None


@cache
def order_of(file: str) -> tuple[str, ...]:
    """Return the entries of a file in their order."""
    return tuple(data(file))


@cache
def data(name: str) -> dict[str, Any]:
    """Return a file of names."""
    return tomllib.loads(
        (files("vanne_assist.brief") / "lexicon" / f"{name}.toml").read_text("utf-8")
    )
