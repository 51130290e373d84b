"""The words of the screening rules in each language, from `words/*.toml`, one file a language.

Members mix languages, and an item does not always give its language. So the words of all languages
always count.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.folding import fold

_LANGUAGES = ("fr", "en", "de", "it", "others")
_ANYTHING = r"\w*"
_NO_LETTER = re.compile("[^\x00-\x7f]")


@cache
def listed(table: str, key: str) -> tuple[str, ...]:
    """Return everything that a key of a table lists, in every language, the longest first."""
    entries = [each for data in _all() for each in data.get(table, {}).get(key, ())]
    return tuple(sorted(dict.fromkeys(entries), key=len, reverse=True))


def words(table: str, key: str) -> str:
    """Return an alternation of it."""
    return "|".join(listed(table, key))


@cache
def folded_pattern(table: str, key: str) -> re.Pattern[str]:
    r"""Return a pattern that finds one of them as a word in a text that is `folded_in_place`.

    What is listed with `\w*` in front also ends compounds, and is found without them: a pattern
    that begins with anything is slow. The first letter leads to the words that begin with it.
    """
    rests: dict[str, list[str]] = {}
    ends = list[str]()
    for entry in map(folded_in_place, listed(table, key)):
        if entry.startswith(_ANYTHING):
            ends.append(entry.removeprefix(_ANYTHING))
        else:
            letter = entry[0] if entry[0].isalnum() and entry[1:2] not in ("?", "*", "{") else ""
            rests.setdefault(letter, []).append(entry[len(letter) :])
    whole = "|".join(f"{letter}(?:{'|'.join(endings)})" for letter, endings in rests.items())
    pattern = rf"(?<![\w\[])(?:{whole})(?![\w\]])"
    return re.compile(pattern + (rf"|(?:{'|'.join(ends)})(?!\w)" if ends else ""))


def folded_in_place(text: str) -> str:
    """Return a text without accents, each of its signs in its place; capitals stay."""

    def one(match: re.Match[str]) -> str:
        folded = fold(match[0])
        return folded if len(folded) == 1 else match[0]

    return _NO_LETTER.sub(one, text)


@cache
def _all() -> tuple[dict[str, Any], ...]:
    folder = files("vanne.screening").joinpath("words")
    return tuple(
        tomllib.loads(folder.joinpath(f"{lang}.toml").read_text(encoding="utf-8"))
        for lang in _LANGUAGES
    )
