"""Find in a brief what the law protects, and say how to ask for what the work needs instead.

Which attributes: article 21 of the EU's charter, directives 2000/43, 2000/78 and 2006/54, article 8
of the Swiss constitution, and the national laws that add union, appearance or family. A brief asks
for one openly («women only»), or by a stand-in that sorts people the same way: a native language
for an origin, «digital native» for an age. The words are data, a file for each language, and all
four are read whatever the language of the brief; phrases that only look alike («gender studies»,
«Old Street», an equal-opportunity clause) are data too. Titles in one gender are normal in German,
French and Italian and no ask.

>>> asks = protected_asks("Rust engineer, native Russian")
>>> [(ask.attribute.value, ask.said, ask.lawful) for ask in asks]
[('origin', 'native Russian', 'speaks Russian, C1')]
>>> protected_asks("gender studies researcher, cloud native stack")
()
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.folding import fold
from vanne.terms import LANGUAGES
from vanne.words import Message


class Attribute(StrEnum):
    """What of a person may not be asked for."""

    SEX = "sex"
    AGE = "age"
    ORIGIN = "origin"
    NATIONALITY = "nationality"
    RELIGION = "religion"
    DISABILITY = "disability"
    HEALTH = "health"
    PREGNANCY = "pregnancy"
    FAMILY = "family"
    ORIENTATION = "orientation"
    UNION = "union"
    POLITICS = "politics"
    APPEARANCE = "appearance"

    @property
    def reason(self) -> Message:
        """Why asking for it is stopped."""
        return _REASONS[self]


_REASONS = {
    Attribute.SEX: Message("asks-sex"),
    Attribute.AGE: Message("asks-age"),
    Attribute.ORIGIN: Message("asks-origin"),
    Attribute.NATIONALITY: Message("asks-nationality"),
    Attribute.RELIGION: Message("asks-religion"),
    Attribute.DISABILITY: Message("asks-disability"),
    Attribute.HEALTH: Message("asks-health"),
    Attribute.PREGNANCY: Message("asks-pregnancy"),
    Attribute.FAMILY: Message("asks-family"),
    Attribute.ORIENTATION: Message("asks-orientation"),
    Attribute.UNION: Message("asks-union"),
    Attribute.POLITICS: Message("asks-politics"),
    Attribute.APPEARANCE: Message("asks-appearance"),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a brief asks that the law protects.

    `span` is where (start and end in characters of the brief), `said` the words there, `lawful` how
    to ask for what the work needs instead, in the language of those words; None if there is none.
    """

    attribute: Attribute
    span: tuple[int, int]
    said: str
    lawful: str | None

    @property
    def reason(self) -> Message:
        """Why it is stopped."""
        return self.attribute.reason


@dataclass(frozen=True, slots=True)
class _AskRule:
    """One way of asking: a pattern of the lexicon, and how to put it lawfully."""

    attribute: Attribute
    pattern: re.Pattern[str]
    lawful: str | None
    classes: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Finding:
    """An ask, and the part of its place that does the asking: without the role that is kept."""

    ask: Ask
    core: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text with one space for many.

    `places[i]` is where its letter i stands in the original.

    >>> folded = Folded.of("Straße  «Élan»")
    >>> folded.text, folded.span(8, 14)
    ('strasse "elan"', (8, 14))
    """

    original: str
    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "Folded":
        """Fold a text letter by letter: `ß` becomes two letters of one place."""
        letters: list[str] = []
        places: list[int] = []
        for place, letter in enumerate(text):
            for plain in " " if letter.isspace() else fold(letter):
                if plain == " " and letters and letters[-1] == " ":
                    continue
                letters.append(plain)
                places.append(place)
        return cls(text, "".join(letters), tuple(places))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of a span that is not empty."""
        return self.places[start], self.places[end - 1] + 1


def protected_asks(text: str) -> tuple[Ask, ...]:
    """Return what a brief asks that the law protects, in the order of the brief.

    Of asks that overlap the longest stands: «native German speaker» is one ask.
    """
    folded = Folded.of(text)
    lexicons = [_lexicon(lang) for lang in LANGUAGES]
    traps = [
        match.span()
        for _, patterns in lexicons
        for trap in patterns
        for match in trap.finditer(folded.text)
    ]
    findings = []
    for rule in (rule for rules, _ in lexicons for rule in rules):
        for match in rule.pattern.finditer(folded.text):
            start, end = match.span()
            if start < end and not any(a < end and start < b for a, b in traps):
                findings.append(_finding(folded, rule, match))
    findings.sort(key=lambda each: (each.ask.span[0] - each.ask.span[1], each.ask.span[0],
                                    each.ask.lawful is None))  # fmt: skip
    distinct: list[_Finding] = []
    for finding in findings:
        if not any(_is_same(other, finding) for other in distinct):
            distinct.append(finding)
    return tuple(sorted((each.ask for each in distinct), key=lambda ask: (ask.span, ask.attribute)))


def reworded(text: str, asks: tuple[Ask, ...]) -> str:
    """Return the brief with each ask in its lawful wording, or without it where there is none.

    >>> brief = "Rust, native Russian, women only"
    >>> reworded(brief, protected_asks(brief))
    'Rust, speaks Russian, C1'
    """
    pieces, done = [], 0
    for ask in sorted(asks, key=lambda ask: ask.span):
        start, end = ask.span
        if start >= done:
            pieces += [text[done:start], ask.lawful or ""]
            done = end
    lawful = re.sub(r"[ \t]{2,}", " ", "".join([*pieces, text[done:]]))
    lawful = re.sub(r"[ \t]+(?=[,;.])|(?:[,;][ \t]*)+(?=[,;.])", "", lawful).strip(" ,;\t\n")
    left = protected_asks(lawful)
    return reworded(lawful, left) if left and lawful != text else lawful


def _is_same(longer: _Finding, other: _Finding) -> bool:
    """Say whether two findings are one ask: of one attribute, or one within what the other asks."""
    (start, end), (a, b) = other.ask.span, longer.core
    if longer.ask.attribute is other.ask.attribute:
        return start < longer.ask.span[1] and longer.ask.span[0] < end
    return a <= start and end <= b


def _finding(folded: Folded, rule: _AskRule, match: re.Match[str]) -> _Finding:
    span = core = folded.span(*match.span())
    if "role" in match.re.groupindex:
        start, end = folded.span(*match.span("role"))
        core = (span[0], start) if end == span[1] else (end, span[1])
    said = folded.original[slice(*span)]
    return _Finding(Ask(rule.attribute, span, said, _lawful(folded, rule, match)), core)


def _lawful(folded: Folded, rule: _AskRule, match: re.Match[str]) -> str | None:
    """Fill the lawful wording with what was matched; None if there is nothing to fill it with."""
    if rule.lawful is None:
        return None
    values: dict[str, str] = {}
    for name in re.findall(r"\{([a-z]+)\}", rule.lawful):
        if name not in match.re.groupindex or match[name] is None:
            return None
        plain = (key for key, words in rule.classes.get(name, {}).items()
                 if re.fullmatch(words, match[name]))  # fmt: skip
        said = folded.original[slice(*folded.span(*match.span(name)))]
        values[name] = next(plain, "") or said
    return rule.lawful.format(**values)


@cache
def _lexicon(lang: str) -> tuple[tuple[_AskRule, ...], tuple[re.Pattern[str], ...]]:
    source = files("vanne_assist.fairness") / "lexicon" / f"{lang}.toml"
    data: dict[str, Any] = tomllib.loads(source.read_text("utf-8"))
    words = {
        name: {key: _compilable(value) for key, value in entry.items()}
        if isinstance(entry, dict)
        else {"": _compilable(entry)}
        for name, entry in data["words"].items()
    }
    rules = tuple(
        _AskRule(Attribute(ask["attribute"]), _compiled(pattern, words), ask.get("lawful"), words)
        for ask in data["ask"]
        for pattern in ask["patterns"]
    )
    return rules, tuple(_compiled(pattern, words) for pattern in data["traps"]["patterns"])


_PIECES = re.compile(r"\[[^\]]*\]|\(\?<[=!][^)]*\)|\{[a-z]+\}| |[^ \[({]+|[({]")
"""A class of letters, a look-behind, a class of words, a space, anything else."""


def _compiled(pattern: str, words: dict[str, dict[str, str]]) -> re.Pattern[str]:
    """Compile a pattern of the lexicon, for whole words only."""
    named: set[str] = set()

    def piece(match: re.Match[str]) -> str:
        text = match[0]
        if not re.fullmatch(r"\{[a-z]+\}", text):
            return text
        name = text[1:-1]
        group = "(?:" if name in named else f"(?P<{name}>"
        named.add(name)
        return group + "|".join(words[name].values()) + ")"

    whole = re.sub(r"\{[a-z]+\}", piece, _compilable(pattern))
    return re.compile(rf"(?<!\w)(?:{whole})(?!\w)")


def _compilable(pattern: str) -> str:
    """Fold a pattern like the text, and let a space stand for spaces or hyphens."""

    def piece(match: re.Match[str]) -> str:
        return "(?:[ -]{1,3})" if match[0] == " " else match[0]

    return _PIECES.sub(piece, Folded.of(pattern).text).replace("(?p<", "(?P<")
