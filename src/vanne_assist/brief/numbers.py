"""Write numbers that are spelt out in digits: «vingt-cinq», «achtundzwanzig», «ventotto»."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from vanne_assist.brief.lexicon import LANGS, book, grammar
from vanne_assist.brief.text import Word, folded_phrase

_MOST_WORDS = 4
"""So many has «quatre-vingt-dix-sept»."""


def in_digits(words: Sequence[Word], lang: str) -> tuple[Word, ...]:
    """Return words with digits for numbers from two to a hundred, but in names.

    >>> from vanne_assist.brief.text import split
    >>> [word.folded for word in in_digits(split("vingt-cinq à trente ans, Six Sigma"), "fr")]
    ['25', 'a', '30', 'ans', ',', 'six', 'sigma']
    """
    kept, at = [], 0
    while at < len(words):
        ends = range(min(at + _MOST_WORDS, len(words)), at, -1)
        read = ((end, _digits(words, at, end, lang)) for end in ends)
        end, digits = next((each for each in read if each[1]), (at + 1, words[at].folded))
        kept.append(replace(words[at], folded=digits, end=words[end - 1].end))
        at = end
    return tuple(kept)


def _digits(words: Sequence[Word], first: int, last: int, lang: str) -> str:
    """Return the digits of words; nothing for «Six Sigma», for «en sept.», in another language."""
    digits, only = _spelt().get(" ".join(word.folded for word in words[first:last]), ("", None))
    if not digits or only not in (lang, None):
        return ""
    around = [word.folded for word in words[max(0, first - 1) : last + 1]]
    is_month = around[0] in grammar("numbers")["months"].get(words[first].folded, "").split()
    is_name = any(" ".join(pair) in book().phrases for pair in pairwise(around))
    return "" if is_month or is_name else digits


@cache
def _spelt() -> dict[str, tuple[str, str | None]]:
    """Return each number's digits, and the only language in which it is one."""
    table = grammar("numbers")
    elsewhere = {word: lang for lang, names in table["elsewhere"].items() for word in names.split()}
    return {
        phrase: (str(number), elsewhere.get(phrase))
        for lang in LANGS
        for number, names in enumerate(table[lang].split(";"), 1)
        for phrase in map(folded_phrase, names.split("|") if number > 1 else ())
    }
