"""Tell whether a text names a person: whole words, in any case, with or without accents.

A name of at least two words is searched in the given order and reversed («Dupont, Marie»), with or
without a particle between the words («Marie de Dupont»), with a hyphen, a point or a space; an
umlaut also as two letters («Müller», «Mueller»). A match is for a person to review and never
certain: two people may have one name. A name of one word would match everywhere, so only a person
can look for it.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import product, zip_longest

from vanne.folding import fold

PARTICLES = frozenset(
    "al and bin da das de degli dei del della den der des di do dos du e el en i la las le les lo "
    "los of te ten ter the und van vom von y zu zum zur".split()
)
"""What is no part of a name by itself. `the` and the like are among them: they find nothing."""

MOST_WORDS = 8  # nobody has more names; each word is a further order to look for
APART = r"[ \t\n\r.,'’_·/-]{1,3}"
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_MAYBE_ONE = re.compile("(?<=[aou])e|(?<=a)a")
_MOST_SPELLINGS = 4  # letters that may be one or two: sixteen ways to spell a part
WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no space between words, nor within a name."""
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n+")
LONGEST = 400
"""Characters that are shown of a text: a long sentence, so that a person sees who is meant."""


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A name to look for in folded text.

    One of the `anchors` is in every text that names them: by itself, if `is_word`. So most texts
    need not be asked for the whole name.
    """

    anchors: tuple[str, ...]
    is_word: bool
    exact: re.Pattern[str]

    def is_in(self, text: str) -> bool:
        """Say whether a text, not folded yet, names it."""
        return self.exact.search(fold(text)) is not None


def words_of(given: str) -> list[list[str]]:
    """Return the words of a name, folded and without particles, each as the parts in it.

    >>> words_of("Anne-Sophie von Müller")
    [['anne', 'sophie'], ['mueller']]
    """
    parts_of_words = (
        WORD.findall(fold(unicodedata.normalize("NFC", word.casefold()).translate(_TWO_LETTERS)))
        for word in given.split()
    )
    return [
        parts
        for parts in parts_of_words
        if parts and not (len(parts) == 1 and parts[0] in PARTICLES)
    ]


def one_letter(part: str) -> str:
    """Return a folded part as it is compared: an umlaut that is written as two letters is one.

    >>> one_letter("mueller"), one_letter("muller")
    ('muller', 'muller')
    """
    return _MAYBE_ONE.sub("", part)


def is_unspaced(name: str) -> bool:
    """Say whether a name is of a script that puts no space between words."""
    return _UNSPACED.search(name) is not None


def name_of(given: str) -> NamePattern | None:
    """Return what to look for; None if only a person can.

    >>> dupont = name_of("Marie Dupont")
    >>> [dupont.is_in(text) for text in ("DUPONT, Marie", "Marie de Dupont", "Marie Dupontel")]
    [True, True, False]
    >>> name_of("Marie"), name_of("of the")
    (None, None)
    """
    words = words_of(given)
    # The part by which a text is known to be worth a look stands alone, if one does, and is long.
    # One that could be spelt in very many ways is no good.
    candidates = [
        (len(word) == 1, len(part), part)
        for word in words
        for part in word
        if len(_MAYBE_ONE.findall(part)) <= _MOST_SPELLINGS
    ]
    if not 2 <= len(words) <= MOST_WORDS or not candidates:
        return None
    anchor = max(candidates)[2]
    unspaced = any(is_unspaced(part) for word in words for part in word)
    between = rf"{APART}(?:(?:{'|'.join(sorted(PARTICLES))}){APART}){{0,3}}"
    between = rf"(?:{APART})?" if unspaced else between
    # an umlaut that is written as two letters may also be one, and the other way round
    spelt = [
        rf"(?:{APART})?".join(_MAYBE_ONE.sub(lambda letter: letter[0] + "?", part) for part in word)
        for word in words
    ]
    turned = [spelt[first:] + spelt[:first] for first in range(len(spelt))]
    whole = "|".join(dict.fromkeys(between.join(each) for each in turned))
    exact = whole if unspaced else rf"(?<![^\W_])(?:{whole})(?![^\W_])"
    is_word = not unspaced and [anchor] in words
    pieces, letters = _MAYBE_ONE.split(anchor), _MAYBE_ONE.findall(anchor)
    spellings = product(*(("", letter) for letter in letters))
    anchors = tuple(
        "".join(map("".join, zip_longest(pieces, each, fillvalue=""))) for each in spellings
    )
    return NamePattern(anchors, is_word, re.compile(exact))


def sentence_with(name: NamePattern, text: str) -> str:
    """Return the sentence of a text that names it, or two if it lies across; the beginning if none.

    >>> sentence_with(name_of("Marie Dupont"), "Hello. I met Marie Dupont today. Bye.")
    'I met Marie Dupont today.'
    """
    sentences = _SENTENCES.split(text)
    for width in (1, 2, 3):
        for first in range(len(sentences)):
            around = " ".join(sentences[first : first + width])
            if name.is_in(around):
                return _shortened(name, around)
    return text[:LONGEST]


def _shortened(name: NamePattern, text: str) -> str:
    """Cut what is far from the name off a sentence that is very long."""
    words = text.split()
    while len(" ".join(words)) > LONGEST:
        half = words[: len(words) // 2 + MOST_WORDS], words[len(words) // 2 :]
        shorter = next((part for part in half if name.is_in(" ".join(part))), None)
        if shorter is None or len(shorter) >= len(words):
            break
        words = shorter
    return " ".join(words)
