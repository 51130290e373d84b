"""Write numbers that are spelt out in digits: «vingt-cinq», «achtundzwanzig», «ventotto»."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from vanne_assist.brief.lexicon import LANGS, book, grammar
from vanne_assist.brief.text import Word, folded_phrase


def in_digits(words: Sequence[Word], lang: str) -> tuple[Word, ...]:
    """Return words with digits for numbers from two to a hundred, but in names.

    >>> from vanne_assist.brief.text import split
    >>> [word.folded for word in in_digits(split("vingt-cinq à trente ans, Six Sigma"), "fr")]
    ['25', 'a', '30', 'ans', ',', 'six', 'sigma']
    """
    kept, at = [], 0
    while at < len(words):
        size, digits = _number_at(words, at, lang)
        if digits:
            number = replace(words[at], folded=digits, end=words[at + size - 1].end)
        kept.append(number if digits else words[at])
        at += size
    return tuple(kept)


def _number_at(words: Sequence[Word], at: int, lang: str) -> tuple[int, str | None]:
    """Return how many words from a place on are a number, and which."""
    for size in range(min(_spelt()[1].get(words[at].folded, 0), len(words) - at), 0, -1):
        phrase = " ".join(word.folded for word in words[at : at + size])
        digits, only = _spelt()[0].get(phrase, ("", None))
        if digits and only in (None, lang) and not _is_in_name(words, at, at + size):
            return size, digits
    return 1, None


def _is_in_name(words: Sequence[Word], first: int, last: int) -> bool:
    """Say whether a number is a part of a name: «Six Sigma», «en sept.»."""
    around = [word.folded for word in words[max(0, first - 1) : last + 1]]
    months = grammar("numbers")["months"].get(words[first].folded, "").split()
    return around[0] in months or any(" ".join(pair) in book().phrases for pair in pairwise(around))


@cache
def _spelt() -> tuple[dict[str, tuple[str, str | None]], dict[str, int]]:
    """Return each number's digits and the one language it is read in, and the longest by word."""
    table, found, longest = grammar("numbers"), {}, dict[str, int]()
    elsewhere = {word: lang for lang, names in table["elsewhere"].items() for word in names.split()}
    for lang in LANGS:
        for number, names in enumerate(table[lang].split(";"), 1):
            for phrase in map(folded_phrase, names.split("|") if number > 1 else ()):
                found[phrase] = (str(number), elsewhere.get(phrase))
                first = phrase.split()[0]
                longest[first] = max(longest.get(first, 0), phrase.count(" ") + 1)
    return found, longest
