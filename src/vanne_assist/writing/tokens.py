"""Words of a text with their places, sentences, and how words are compared.

Apostrophes and hyphens part words, so that `d'Acme` holds `Acme` and `vingt-cinq` two words. Words
are compared without case and accents, token by token, so that places in the text stay right.
"""

import re
from dataclasses import dataclass

from vanne.folding import fold
from vanne.screening import without_placeholders

_WORD = re.compile(r"[^\W_]+")
_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\bDr)(?<!\bSt)(?<!\bz\.B)[.!?…]{1,9}[\"”»)]{0,9}(?=\s|$)|\n+"
)
_STEM = 6
"""Letters by which words of one family are alike: `reduced`, `reduction`."""


@dataclass(frozen=True, slots=True)
class DraftWord:
    """A word: as it stands, where, and as it is compared."""

    text: str
    start: int
    end: int
    folded: str


def words_of(text: str) -> list[DraftWord]:
    """Return the words of a text, numbers among them."""
    return [
        DraftWord(m[0], m.start(), m.end(), fold(m[0]))
        for m in _WORD.finditer(without_placeholders(text))
    ]


def word_count(text: str) -> int:
    """Count words as people do: an address is one, and so is `game-changer`; a bullet is none."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def stem(folded: str) -> str:
    """Return the beginning of a word, as a poor man's stem: enough to compare clauses."""
    return folded[:_STEM]


def sentences(text: str) -> list[tuple[int, int]]:
    """Return where each sentence or line begins and ends.

    >>> text = "One. Two 1.5 times! Dr. Who"
    >>> [text[start:end] for start, end in sentences(text)]
    ['One.', 'Two 1.5 times!', 'Dr. Who']
    """
    found, start = [], 0
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        piece = text[start:end]
        begin = start + len(piece) - len(piece.lstrip())
        stop = start + len(piece.rstrip())
        if stop > begin:
            found.append((begin, stop))
        start = end
    return found
