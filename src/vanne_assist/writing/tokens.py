"""Split a text into words, sentences and figures, as the guard and the coach compare them.

Apostrophes and hyphens separate words, so that `d'Acme` holds `Acme` and `vingt-cinq` two words.
Words are compared without case and accents, token by token, so that their places in the text stay
right.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vanne.folding import fold
from vanne.screening import without_placeholders

_WORD = re.compile(r"[^\W_]+")
_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\bDr)(?<!\bSt)(?<!\bz\.B)[.!?…]{1,9}[\"”»)]{0,9}(?=\s|$)|\n+"
)
_STEM = 6
"""Letters by which words of one family are alike: `reduced`, `reduction`."""
_BLANK = "[ \u00a0\u202f\u2009]"
_DIGITS = re.compile(
    rf"(?<![\w.,])\d{{1,3}}(?:(?:[.,'’]|{_BLANK})\d{{3}})+(?:[.,]\d+)?(?!\d)"
    r"|(?<![\w.,])\d+(?:[.,]\d+)?"
)
_LISTED = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]", re.MULTILINE)
_NUMBERS = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "fr": "deux trois quatre cinq six sept huit . dix onze douze",  # `neuf` is also «new»
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "it": "due tre quattro cinque . sette otto nove dieci undici dodici",  # `sei` is also «are»
}
"""Numbers that people write in words, from two on."""


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


def runs(text: str, length: int) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Yield each run of so many words, and where it stands."""
    words = words_of(text)
    for n in range(len(words) - length + 1):
        run = words[n : n + length]
        yield tuple(word.folded for word in run), (run[0].start, run[-1].end)


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
    spans, start = [], 0
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        piece = text[start:end]
        begin = start + len(piece) - len(piece.lstrip())
        stop = start + len(piece.rstrip())
        if stop > begin:
            spans.append((begin, stop))
        start = end
    return spans


def figures(text: str, lang: str) -> list[tuple[tuple[int, int], frozenset[float]]]:
    """Return where the figures of a text stand and what each may mean; numbers of lists are none.

    `1.200` is one thousand two hundred in German and 1.2 in English: two figures are the same if
    they share a meaning.

    >>> [sorted(values) for _, values in figures("From 1'200 or 1.200 to twelve", "en")]
    [[1200.0], [1.2, 1200.0], [12.0]]
    """
    listed = {m.end() - len(m[0].lstrip()) for m in _LISTED.finditer(text)}
    places = [(m.span(), _values(m[0])) for m in _DIGITS.finditer(text) if m.start() not in listed]
    spelt = {fold(word): float(n) for n, word in enumerate(_NUMBERS[lang].split(), 2)}
    places += [
        ((word.start, word.end), frozenset((spelt[word.folded],)))
        for word in words_of(text)
        if word.folded in spelt
    ]
    return sorted(places)


def _values(digits: str) -> frozenset[float]:
    """Return what digits may mean."""
    plain = re.sub(rf"['’]|{_BLANK}", "", digits)
    signs = [sign for sign in plain if sign in ".,"]
    if not signs:
        return frozenset({float(plain)})
    whole, _, rest = plain.rpartition(signs[-1])
    as_decimal = float(re.sub("[.,]", "", whole) + "." + rest)
    as_whole = float(re.sub("[.,]", "", plain))
    if len(rest) != 3 or len(set(signs)) > 1:
        return frozenset({as_decimal})
    return frozenset({as_whole} if len(signs) > 1 else {as_whole, as_decimal})
