"""Split a text into words: each is compared in folded form, and quoted as it is written.

A title in two genders at once (Entwickler/in, infirmier·ère) is one word, compared by its first
form; (m/w/d) and the like are no words.

Each word is folded by itself and stores its place in the text. So a letter that becomes two («ß»,
«œ», «ﬁ») moves no other word.

>>> [(word.folded, word.start, word.end) for word in split("Straße, C++ à 30km")]
[('strasse', 0, 6), (',', 6, 7), ('c++', 8, 11), ('a', 12, 13), ('30', 14, 16), ('km', 16, 18)]
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from vanne.folding import fold
from vanne.screening import without_placeholders

_WORD = re.compile(
    r"""
      (?P<genders> \(?\b[mwdhfxi](?:\s?[/|]\s?[mwdhfxi]){1,3}\b\)? )
    | (?P<both> [^\W\d_]{4,} )
      (?: [:*/·•.(_]-? (?: innen|in|euse?s?|se|trice|rice|[eè]re|i?enne|ne|essa|frau|mann|[earn] )
        | -(?: in|euse|trice|[eè]re|i?enne|ne|e ) )\b\)?
    | (?i:c\+\+ | [cfj]\# | \.net\b | \b[a-z]+\.js\b | \bpl/sql\b | \br&d\b | \bp&l\b | \bf&b\b)
    | \d+(?:[.,]\d+)?(?=[^\W\d_]|\b)
    | [^\W\d_][^\W_]*
    | \S
    """,
    re.VERBOSE,
)
_folded = lru_cache(maxsize=65536)(fold)


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a mark: folded, and where it stands in the text."""

    folded: str
    start: int
    end: int
    is_capital: bool = False
    is_title: bool = False
    is_acronym: bool = False
    """Whether it is written in capitals in a text that is not: «IT» is no «it»."""

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation."""
        return not any(letter.isalnum() for letter in self.folded)


def split(text: str) -> tuple[Word, ...]:
    """Split a text into words and marks. Hyphens and apostrophes within words are left out."""
    text = without_placeholders(text)
    is_mixed = not text.isupper() or " " not in text
    matches = [each for each in _WORD.finditer(text) if each["genders"] is None]
    return tuple(
        Word(
            _folded(each["both"] or each[0]),
            each.start(),
            each.end(),
            each[0][:1].isupper(),
            each[0].istitle(),
            len(each[0]) > 1 and each[0].isupper() and is_mixed,
        )
        for each in matches
        if not (
            _folded(each[0]) in "-'"
            and text[each.start() - 1 : each.start()].isalpha()
            and text[each.end() : each.end() + 1].isalpha()
        )
    )


def folded_phrase(text: str) -> str:
    """Return a phrase as it is compared: folded words with one space, without hyphens.

    >>> folded_phrase("Full-Stack  Développeur d’avenir")
    'full stack developpeur d avenir'
    """
    return " ".join(word.folded for word in split(text))
