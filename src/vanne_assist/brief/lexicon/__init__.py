"""The lexicon: names of skills, languages, industries, titles and more, in four languages.

Names are data: a file per kind, each entry with its names in French, English, German, Italian. A
name is found whatever its case, accents, hyphens and endings. A few skills are also common words
(Go, Rust, Swift): these are found only as they are written.

The words around a criterion (not, ideally, at least, near, fluent...) are data too: a file per
language (`grammar/*.toml`), each entry a role with its phrases. A brief may mix languages, so the
phrases of all are looked for together.

>>> [(term.kind.value, term.value) for term in book().exact("bases de données")]
[('skill', 'databases')]
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.text import Word, folded_phrase
from vanne_assist.shipped import table

LANGS = ("fr", "en", "de", "it")
"""The order in which an entry has its names."""

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
    tools = data("tools")
    careful = frozenset(tools["careful"]["names"].split())
    acronyms = frozenset(tools["acronyms"]["names"].split())
    terms = [
        (name, Term(Kind.SKILL, folded_phrase(name), name if name in careful else None, True))
        for name in tool_names("software", "names")
    ]
    terms += [
        (other, Term(Kind.SKILL, folded_phrase(name), is_tool=True))
        for other, name in tools["also"].items()
    ]
    terms += [
        (name, Term(kind, value, name if name in acronyms else None))
        for file, kind in _KINDS.items()
        for value, names in data(file).items()
        for name in dict.fromkeys("|".join(names).split("|"))
    ]
    for name, term in terms:
        for spelling in {folded_phrase(name), folded_phrase(name.lower().translate(_UMLAUTS))}:
            places = [(phrases, spelling)]
            # «train» is no «trainee», «allemande» no «allemand»
            is_exact = term.kind in (Kind.LANGUAGE, Kind.SENIORITY) or term.is_tool
            if term.exact is None and not is_exact:
                places.append((stems, stemmed(spelling)))
            for where, phrase in places:
                if term not in where.setdefault(phrase, []):
                    where[phrase].append(term)
    sizes: dict[str, int] = {}
    for phrase in (*phrases, *stems):
        size = phrase.count(" ") + 1
        first = phrase.split(" ")[0]
        sizes[first] = max(size, sizes.get(first, 0))
    return Book(
        {phrase: tuple(terms) for phrase, terms in phrases.items()},
        {stem: tuple(terms) for stem, terms in stems.items()},
        sizes,
    )


@cache
def tool_names(*lists: Literal["software", "names"]) -> tuple[str, ...]:
    """Return the names of tools as they are written."""
    names = (name.strip() for each in lists for name in re.split("[;\n]", data("tools")[each]))
    return tuple(filter(None, names))


@cache
def name_of(kind: Kind, value: str, lang: str) -> str | None:
    """Return what people of a language call something; None if it has no entry."""
    if kind is Kind.SKILL:
        for name in tool_names("software", "names"):
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


def data(name: str) -> dict[str, Any]:
    """Return a file of names."""
    return table("brief", "lexicon", name)


# The words around a criterion


def grammar(name: Literal["codes", "numbers", "work"]) -> dict[str, Any]:
    """Return a file of the words around a criterion."""
    return table("brief", "grammar", name)


@cache
def names_in(
    part: Literal["joined", "capitals", "cantons", "abbreviations", "meant"],
) -> dict[str, str]:
    """Return of each short name in a part of the codes under which entry it stands, the last."""
    entries = grammar("codes")[part].items()
    return {name: entry for entry, names in entries for name in names.split()}


@cache
def phrases_of(role: str, lang: str) -> tuple[str, ...]:
    """Return the folded phrases of a role in a language."""
    phrases = table("brief", "grammar", lang).get(role, "").split(";")
    said = (each.strip().removesuffix("'") for each in phrases)  # «si l'» is two words
    return tuple(folded_phrase(each) or each for each in said if each)


@cache
def any_of(*roles: str) -> frozenset[str]:
    """Return the phrases of some roles in all languages."""
    return frozenset(each for role in roles for lang in LANGS for each in phrases_of(role, lang))


@cache
def alternatives(role: str) -> str:
    """Return a group, for a regular expression, of the phrases of a role, the longest first."""
    phrases = sorted(any_of(role), key=lambda each: (-len(each), each))
    return "(?:" + "|".join(map(re.escape, phrases)) + ")"


@dataclass(frozen=True, slots=True)
class FoldedLine:
    """Words with one space between them, in which regular expressions find phrases."""

    line: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, words: Sequence[Word]) -> "FoldedLine":
        """Join words."""
        starts, place = [], 0
        for word in words:
            starts.append(place)
            place += len(word.folded) + 1
        return cls(" ".join(word.folded for word in words), tuple(starts))

    def words(self, start: int, end: int) -> tuple[int, int]:
        """Return which words stand between two places of the line."""
        return bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(start, end - 1))

    def find(self, role: str) -> Iterator[tuple[int, int]]:
        """Yield where phrases of a role stand, as words, the longest at each place."""
        for match in re.finditer(rf"(?<!\S){alternatives(role)}(?!\S)", self.line):
            yield self.words(match.start(), match.end())
