"""What things are called in the languages that are screened: `words/*.toml`, one file a language.

Members mix languages and items do not always say theirs, so the words of all of them count always.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

_LANGUAGES = ("fr", "en", "de", "it")
_ANYTHING = r"\w*"


@cache
def listed(table: str, key: str) -> tuple[str, ...]:
    """Return everything that a key of a table lists, in every language, the longest first."""
    found = [each for data in _all() for each in data.get(table, {}).get(key, ())]
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True))


def words(table: str, key: str) -> str:
    """Return an alternation of it."""
    return "|".join(listed(table, key))


@cache
def word_pattern(table: str, key: str) -> re.Pattern[str]:
    """Return a pattern that finds one of them as a word in a text in small letters.

    What is listed with `\\w*` in front also ends compounds, and is found without them: a pattern
    that begins with anything takes the square of a long word's length.
    """
    whole, ends = map(_by_letter, whole_and_ends(table, key))
    pattern = rf"(?<![\w\[])(?:{whole})(?![\w\]])" + (rf"|(?:{ends})(?!\w)" if ends else "")
    return re.compile(pattern)


def whole_and_ends(table: str, key: str) -> tuple[list[str], list[str]]:
    """Return what a key lists: whole words, and what also ends compounds (`\\w*` in front)."""
    whole = [each for each in listed(table, key) if not each.startswith(_ANYTHING)]
    return whole, [
        each.removeprefix(_ANYTHING) for each in listed(table, key) if each.startswith(_ANYTHING)
    ]


def _by_letter(words_: Sequence[str]) -> str:
    """Return an alternation in which the first letter leads to the few words that begin with it.

    Of words with one first letter the order is kept.
    """
    rests: dict[str, list[str]] = {}
    for word in (one for each in words_ for one in _spelt_out(each)):
        rests.setdefault(word[0], []).append(word[1:])
    behind = rests.pop("(", [])  # what looks behind itself
    return "|".join(
        [f"{letter}(?:{'|'.join(found)})" for letter, found in rests.items()]
        + [f"({each}" for each in behind]
    )


def _spelt_out(word: str) -> Iterator[str]:
    """Yield the words that a pattern with a choice at its beginning stands for."""
    group = re.match(r"\(\?:([^()]*)\)(\??)(.*)", word)
    if group is None:
        yield word
        return
    for choice in group[1].split("|"):
        yield choice + group[3]
    if group[2]:
        yield from _spelt_out(group[3])


@cache
def _all() -> tuple[dict[str, Any], ...]:
    folder = files("vanne.screening").joinpath("words")
    return tuple(
        tomllib.loads(folder.joinpath(f"{lang}.toml").read_text(encoding="utf-8"))
        for lang in _LANGUAGES
    )
