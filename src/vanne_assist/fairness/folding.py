"""Text as it is compared: small letters without accents, one space for many, with the way back.

`ß` and ligatures become more letters than they were, and so every place in the folded text keeps
the place in the original that it came from.

>>> folded = fold("Straße  «Élan»")
>>> folded.text, folded.span(8, 14)
('strasse "elan"', (8, 14))
"""

import unicodedata
from dataclasses import dataclass

_SAME = dict.fromkeys("’‘ʼ`´", "'") | dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("«»“”„", '"')


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `places[i]` is where its letter i stands in the original."""

    original: str
    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of a span that is not empty."""
        return self.places[start], self.places[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold a text."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for plain in _plain(letter):
            if plain == " " and letters and letters[-1] == " ":
                continue
            letters.append(plain)
            places.append(place)
    return Folded(text, "".join(letters), tuple(places))


def _plain(letter: str) -> str:
    if letter.isascii():
        return " " if letter.isspace() else letter.lower()
    if letter in _SAME:
        return _SAME[letter]
    if letter.isspace():
        return " "
    decomposed = unicodedata.normalize("NFKD", letter.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))
