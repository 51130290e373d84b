"""The grammar of the made-up texts: templates, the words of each language, and how they agree.

A template is plain text with three marks, read in this order:

    [this|that]       one of them; they nest, and one may be empty
    {infirmier/-ère}  the first for a man, the second for a woman
    {10-40}           a number
    {task}, {de:topic}  the next value of that name; before the colon, how it contracts

>>> from vanne.demo.dice import Dice
>>> TextWriter("fr", Dice(1), {"topic": "le travail de nuit"}).say("Parlons {de:topic}.")
'Parlons du travail de nuit.'

The finished text is set as printers of its language would set it. French puts a narrow no-break
space (U+202F) before `;`, `!`, `?` and in large numbers, a no-break space (U+00A0) before `:` and
inside guillemets (Imprimerie nationale, Lexique des règles typographiques); German a no-break space
before `%` (DIN 5008), and in Switzerland `ss`, guillemets and an apostrophe in large numbers
(Bundeskanzlei, Schreibweisungen); Italian no space before `%`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.demo.dice import Dice

LANGUAGES = ("fr", "en", "de", "it")

_OPTIONS = re.compile(r"\[([^\[\]]*)\]")
_VALUE = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Occupation:
    """What one job is about, in one language."""

    key: str
    title: tuple[str, str]
    field: str
    degree: str
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DemoLexicon:
    """The words and templates of one language."""

    lang: str
    occupations: Mapping[str, Occupation]
    label: Mapping[str, Any]
    text: Mapping[str, Any]


@cache
def read(name: str) -> dict[str, Any]:
    """Return a data file of the lexicon."""
    return tomllib.loads((files("vanne.demo") / "lexicon" / f"{name}.toml").read_text("utf-8"))


@cache
def lexicon(lang: str) -> DemoLexicon:
    """Return the lexicon of a language."""
    data = read(lang)
    names = ("task", "ach", "skill", "tool", "topic", "insight")
    occupations = {}
    for key, entry in data["occupation"].items():
        man, woman = entry["title"]
        lists = {name: tuple(entry[name]) for name in names}
        occupations[key] = Occupation(key, (man, woman), entry["field"], entry["degree"], lists)
    return DemoLexicon(lang, occupations, data["label"], data["text"])


@dataclass(slots=True)
class TextWriter:
    """Somebody who fills templates in: fixed words, lists to draw from, and chance.

    What is drawn from a list does not come again before the list is used up.
    """

    lang: str
    dice: Dice
    words: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_woman: bool = False
    region: str | None = None
    _left: dict[str, list[str]] = field(default_factory=dict)

    def say(self, template: str) -> str:
        """Return the finished text of a template."""
        return typeset(self.fill(template), self.lang, self.region)

    def say_one(self, kind: str) -> str:
        """Return the finished text of one of the templates of a kind that fit."""
        return self.say(self.pick(kind))

    def pick(self, kind: str) -> str:
        """Return one of the templates of a kind that fit."""
        return self.dice.choice(self.templates(kind))

    def templates(self, kind: str) -> list[str]:
        """Return the templates of a kind that fit."""
        return [each for each in lexicon(self.lang).text[kind] if self.fits(each)]

    def fits(self, template: str) -> bool:
        """Say whether a template can be filled: who has just begun says nothing about years."""
        return "years" in self.words or "{years}" not in template

    def fill(self, template: str) -> str:
        """Return a template with everything filled in, before its typography."""
        while "[" in template:
            template = _OPTIONS.sub(lambda match: self.dice.choice(match[1].split("|")), template)
        return _VALUE.sub(lambda match: self._value(match[1]), template)

    def _value(self, mark: str) -> str:
        if "/" in mark:
            return mark.split("/")[self.is_woman]
        if bounds := _RANGE.fullmatch(mark):
            return str(self.dice.between(int(bounds[1]), int(bounds[2])))
        contraction, _, name = mark.rpartition(":")
        value = self.fill(self.words[name] if name in self.words else self.draw(name))
        return contracted(self.lang, contraction, value, self.is_woman) if contraction else value

    def draw(self, name: str) -> str:
        """Return the next value of a list."""
        if not self._left.get(name):
            self._left[name] = self.dice.shuffled(self.lists[name])
        return self._left[name].pop()


_ITALIAN = (("il ", "l "), ("lo ", "llo "), ("la ", "lla "), ("l'", "ll'"), ("i ", "i "),
            ("gli ", "gli "), ("le ", "lle "))  # fmt: skip


def contracted(lang: str, word: str, value: str, is_woman: bool) -> str:
    """Return what a small word and what follows it grow together to: di + il = del.

    >>> contracted("it", "di", "il lavoro", False), contracted("it", "su", "l'acqua", False)
    ('del lavoro', "sull'acqua")
    """
    match lang, word:
        case "fr", _:
            if value[0].lower() in "aeiouyâéèêëîïôœh":
                return ("d'" if word == "de" else "l'") + value
            if word == "le":
                return ("la " if is_woman else "le ") + value
            for article, merged in (("le ", "du "), ("les ", "des ")):
                if value.startswith(article):
                    return merged + value.removeprefix(article)
        case "en", _:
            return ("an " if value[0].lower() in "aeiou" else "a ") + value
        case "it", "a":
            return ("ad " if value[0].lower() == "a" else "a ") + value
        case "it", _:
            for article, ending in _ITALIAN:
                if value.startswith(article):
                    stem = "de" if word == "di" else word
                    return stem + ending + value.removeprefix(article)
    return f"{word} {value}"


NARROW, WIDE = "\u202f", "\u00a0"

_SENTENCE = re.compile(r"(^|\n|[.!?] |: „|: “|: « ?)([«„“(]?)(\w)(?!\S*@)")
_SPACES = re.compile(r" {2,}| +(?=\n|$)")

_AMERICAN = (
    ("neighbour", "neighbor"),
    ("visualisation", "visualization"),
    ("organis", "organiz"),
    ("metres", "meters"),
    ("programme", "program"),
    ("learnt", "learned"),
    ("labour", "labor"),
    ("labelled", "labeled"),
    ("analysed", "analyzed"),
    ("speciality", "specialty"),
    ("lorry", "truck"),
)


def typeset(text: str, lang: str, region: str | None) -> str:
    """Return the text with capitals at sentence starts and the marks of its language.

    >>> typeset("qu'en dites-vous ? rien.", "fr", "CH")
    'Qu’en dites-vous\\u202f? Rien.'
    """
    text = _SPACES.sub(
        lambda match: " " if len(match[0]) > 1 and match.end() < len(text) else "", text
    )
    text = _SENTENCE.sub(lambda match: match[1] + match[2] + match[3].upper(), text.strip())
    if lang == "fr":
        text = re.sub(r" ([;!?])", NARROW + r"\1", text)
        text = text.replace(" :", WIDE + ":").replace(" %", WIDE + "%")
        text = text.replace("« ", "«" + WIDE).replace(" »", WIDE + "»")
        text = re.sub(r"(\d) (\d{3})\b", rf"\1{NARROW}\2", text)
    elif lang == "de":
        text = text.replace(" %", WIDE + "%")
        if region == "CH":
            text = text.replace("ß", "ss").replace("„", "«").replace("“", "»")
            text = re.sub(r"(\d)\.(\d{3})\b", r"\1’\2", text)
    elif lang == "it":
        text = text.replace(" %", "%")
    elif region == "US":
        for british, american in _AMERICAN:
            text = text.replace(british, american)
    return text.replace("'", "’")
