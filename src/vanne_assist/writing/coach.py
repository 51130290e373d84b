"""The coach: advice on a text that a member wrote, each with its place and its reason. No model.

What it looks at: length and first line (feeds cut a post after about 210 characters), a figure,
jargon, long sentences, what is better kept private, and what screen readers stumble over: hashtags
without capitals, rows of emoji, letters that only look like letters, words in capitals.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from vanne.errors import InputError
from vanne.screening.screen import find
from vanne_assist.brief.language import language_of
from vanne_assist.brief.text import split
from vanne_assist.writing.guard import figures
from vanne_assist.writing.tokens import sentences, word_count

SHOWN_CHARACTERS = 210
LEAST_WORDS, MOST_CHARACTERS = 25, 3000
LONGEST_SENTENCE, MOST_HASHTAGS, MOST_EMOJI = 30, 5, 5
LONGEST_TEXT = 50_000

_HASHTAG = re.compile(r"(?<!\w)#(\w+)")
_CAPITALS = re.compile(r"\b[^\W\d_a-zß-öø-ÿ]{5,}(?:\s+[^\W\d_a-zß-öø-ÿ]{2,})+\b")
_LOOKALIKE = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff5a\u24b6-\u24e9]+")


class Hint(StrEnum):
    """What a piece of advice is about."""

    TOO_LONG = "too-long"
    TOO_SHORT = "too-short"
    FIRST_LINE = "first-line"
    OPENER = "opener"
    NO_FIGURE = "no-figure"
    JARGON = "jargon"
    LONG_SENTENCE = "long-sentence"
    PRIVATE = "private"
    PAY = "pay"
    INSIDE = "inside"
    HASHTAG_CASE = "hashtag-case"
    HASHTAGS = "hashtags"
    EMOJI = "emoji"
    EMOJI_ROW = "emoji-row"
    LOOKALIKE = "lookalike"
    CAPITALS = "capitals"
    CLICK_HERE = "click-here"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that could be better: where, what stands there, and what could stand instead."""

    hint: Hint
    span: tuple[int, int]
    said: str = ""
    instead: str = ""
    count: int = 0


def coach(text: str, lang: str) -> tuple[Advice, ...]:
    """Return advice on a text, in the order in which it stands.

    Raises:
        InputError: there is no text, or more than can be read.
    """
    if not text.strip():
        raise InputError("there is no text", todo="write a line and ask again")
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"the text has {len(text):,} characters", todo=f"use at most {LONGEST_TEXT:,}"
        )
    found = [
        *_shape(text, lang),
        *_phrases(text, lang),
        *_private(text),
        *_hashtags(text),
        *_emoji(text),
        *(_at(Hint.LOOKALIKE, m, _plain(m[0])) for m in _LOOKALIKE.finditer(text)),
        *(_at(Hint.CAPITALS, m) for m in _CAPITALS.finditer(text)),
    ]
    return tuple(sorted(found, key=lambda each: (each.span, each.hint)))


def _at(hint: Hint, match: re.Match[str], instead: str = "") -> Advice:
    return Advice(hint, match.span(), match[0], instead)


def _shape(text: str, lang: str) -> Iterator[Advice]:
    whole = (0, len(text))
    count = word_count(text)
    if len(text) > MOST_CHARACTERS:
        yield Advice(Hint.TOO_LONG, (MOST_CHARACTERS, len(text)), count=len(text))
    if count < LEAST_WORDS:
        yield Advice(Hint.TOO_SHORT, whole, count=count)
    first = text.lstrip().split("\n", 1)[0].strip()
    start = text.index(first)
    if len(first) > SHOWN_CHARACTERS or first.startswith(("#", "@")):
        yield Advice(Hint.FIRST_LINE, (start, start + len(first)), count=len(first))
    if not figures(text, lang):
        yield Advice(Hint.NO_FIGURE, whole)
    found = language_of(split(text), lang)
    if found != lang:
        yield Advice(Hint.LANGUAGE, whole, found)
    for begin, end in sentences(text):
        words = word_count(text[begin:end])
        if words > LONGEST_SENTENCE:
            yield Advice(Hint.LONG_SENTENCE, (begin, end), count=words)


def _phrases(text: str, lang: str) -> Iterator[Advice]:
    data = _data(lang)
    start = re.match(r"\W*", text)
    opener = re.compile(_either(data["openers"]), re.IGNORECASE)
    if match := opener.match(text, start.end() if start else 0):
        yield _at(Hint.OPENER, match)
    for hint, phrases in ((Hint.INSIDE, data["secret"]), (Hint.CLICK_HERE, data["here"])):
        for match in re.finditer(_either(phrases), text, re.IGNORECASE):
            yield _at(hint, match)
    for match in re.finditer(_either(data["jargon"]), text, re.IGNORECASE):
        yield _at(Hint.JARGON, match, data["jargon"][match[0].casefold()])


def _private(text: str) -> Iterator[Advice]:
    """Find what screening would take out before anything is trained on the text."""
    for span in find(text):
        hint = Hint.PAY if span.kind == "salary" else Hint.PRIVATE
        yield Advice(hint, (span.start, span.end), text[span.start : span.end])


def _hashtags(text: str) -> Iterator[Advice]:
    found = list(_HASHTAG.finditer(text))
    for match in found:
        word = match[1]
        if word.islower() and len(word) >= 12:  # long and lower: most likely several words
            yield _at(Hint.HASHTAG_CASE, match)
    if len(found) > MOST_HASHTAGS:
        yield Advice(Hint.HASHTAGS, found[MOST_HASHTAGS].span(), count=len(found))


def _emoji(text: str) -> Iterator[Advice]:
    places = [n for n, letter in enumerate(text) if _is_emoji(letter)]
    if len(places) > MOST_EMOJI:
        yield Advice(Hint.EMOJI, (places[MOST_EMOJI], places[-1] + 1), count=len(places))
    for _, group in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        run = [place for _, place in group]
        if len(run) >= 3:
            span = run[0], run[-1] + 1
            yield Advice(Hint.EMOJI_ROW, span, text[slice(*span)], count=len(run))


def _is_emoji(letter: str) -> bool:
    return ord(letter) >= 0x2600 and unicodedata.category(letter) == "So"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _either(phrases: Any) -> str:
    parts = sorted(phrases, key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, parts))})(?!\w)"


@cache
def _data(lang: str) -> dict[str, Any]:
    path = files("vanne_assist.writing") / "advice" / f"{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
