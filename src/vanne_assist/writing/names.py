"""Find names in a draft that the member's own words do not hold.

In English, French and Italian a capital within a sentence makes a name. At the beginning of a
sentence, and in German everywhere, it does not: there a name is what is known as one, what stands
beside another name or a company's suffix, or what no article, ending or list makes a noun.
In doubt it is a name: a false alarm costs a draft.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from vanne.folding import fold
from vanne_assist.brief.places import called
from vanne_assist.brief.text import folded_phrase
from vanne_assist.writing.lexicon import Lexicon, company_suffixes, known_names
from vanne_assist.writing.tokens import Token, sentences, tokens

_LONGEST_KNOWN = 3
_BULLETS = " \t-–—•*▪→✓\"«“„'’(["


@dataclass(frozen=True, slots=True)
class Name:
    """A name: `kind` is `name`, `employer`, `place` or `degree` (of a school)."""

    kind: str
    said: str
    span: tuple[int, int]


def names(text: str, known: Set[str], words: Lexicon) -> list[Name]:
    """Return the names in a text of which a word is not among the known ones (folded)."""
    found = tokens(text)
    sure = list(_listed(text, found, known))
    covered = {place for name in sure for place in range(*name.span)}
    rest = [n for n in _capitals(text, found, known, words) if n.span[0] not in covered]
    return sorted([*sure, *rest], key=lambda name: name.span)


def _listed(text: str, found: list[Token], known: Set[str]) -> Iterator[Name]:
    """Find names that are listed, in whatever case; given names only with a capital."""
    place, listed = 0, known_names()
    while place < len(found):
        for length in range(_LONGEST_KNOWN, 0, -1):
            run = found[place : place + length]
            kind = listed.get(" ".join(token.folded for token in run))
            if kind is None or len(run) < length:
                continue
            is_written = run[0].text[0].isupper() or (kind == "employer" and len(run[0].text) > 4)
            if is_written and not all(token.folded in known for token in run):
                span = run[0].start, run[-1].end
                yield Name(kind, text[slice(*span)], span)
                place += length - 1
                break
        place += 1


def _capitals(text: str, found: list[Token], known: Set[str], words: Lexicon) -> Iterator[Name]:
    starts = _starts(text)
    is_new = [_is_new(token, known, words) for token in found]
    place = 0
    while place < len(found):
        run = place
        while run < len(found) and is_new[run] and (run == place or _is_beside(text, found, run)):
            run += 1
        if run == place:
            place += 1
            continue
        first = place
        if found[first].start in starts and run - first == 1 and not _is_inner(found[first]):
            suffix = found[run].text if run < len(found) else ""
            if suffix not in company_suffixes():
                place = run
                continue
        if words.nouns:
            first, run_end = _without_nouns(found, first, run, starts, words)
            if first == run_end:
                place = run
                continue
        else:
            run_end = run
        span = found[first].start, found[run_end - 1].end
        yield Name(_kind(found, first, run_end, words), text[slice(*span)], span)
        place = run


def _is_new(token: Token, known: Set[str], words: Lexicon) -> bool:
    """Say whether a word is written as a name and was not in what the member said."""
    if not (token.text[0].isupper() or _is_inner(token)) or token.text.isdigit():
        return False
    folded = token.folded
    if folded in words.usual or folded in words.function:
        return False
    return folded not in known and not (len(folded) > 3 and is_inflected(folded, known))


def is_inflected(folded: str, known: Set[str]) -> bool:
    """Say whether a known word is the same up to an ending: `Kundin`, `Projects`."""
    return any(
        folded[: len(folded) - cut] + end in known
        for cut in range(3)
        for end in ("", "s", "e", "n", "en", "er", "es", "i", "a", "o")
        if len(folded) - cut >= 4
    )


def _is_inner(token: Token) -> bool:
    """Say whether a capital stands within a word (`GmbH`, `iPhone`, `EPFL`)."""
    return any(letter.isupper() for letter in token.text[1:])


def _is_beside(text: str, found: list[Token], place: int) -> bool:
    between = text[found[place - 1].end : found[place].start]
    return between in (" ", "-", "’", "'", " & ", "\u00a0")


def _starts(text: str) -> set[int]:
    """Return where sentences begin, behind bullets and opening quotes, and after a colon."""
    places = set()
    for start, end in sentences(text):
        piece = text[start:end]
        places.add(start + len(piece) - len(piece.lstrip(_BULLETS)))
        places |= {start + m.end() for m in re.finditer(r"[:;–—][\s«\"“„]+|[«“„\"(]|#", piece)}
    return places


def _without_nouns(
    found: list[Token], first: int, end: int, starts: set[int], words: Lexicon
) -> tuple[int, int]:
    """Cut off what is an ordinary noun in a language that writes nouns with capitals."""
    while first < end and (
        _is_noun(found, first, words)
        or (found[first].start in starts and not _is_inner(found[first]))
    ):
        first += 1
    while end > first and _is_noun(found, end - 1, words):
        end -= 1
    return first, end


def _is_noun(found: list[Token], place: int, words: Lexicon) -> bool:
    token = found[place]
    if _is_inner(token):
        return False
    folded = token.folded
    if folded in words.nouns or any(folded.endswith(n) and len(n) > 3 for n in words.nouns):
        return True
    if len(folded) > 5 and folded.endswith(words.noun_ends):
        return True
    before = found[place - 1] if place else None
    if before is not None and before.folded in words.determiners:
        return before.folded not in words.at
    if before is None or before.text[0].isupper():
        return False
    if before.folded in _IN and not called(folded_phrase(token.text)):
        return True  # «aus Fehlern»: no place has that name
    is_declined = len(before.text) > 4 and before.folded.endswith(("e", "en", "er", "es", "em"))
    return is_declined and before.folded not in words.at


def _kind(found: list[Token], first: int, end: int, words: Lexicon) -> str:
    before = found[first - 1].folded if first else ""
    following = found[end].text if end < len(found) else ""
    parts = {token.text for token in found[first:end]} | {following}
    if parts & company_suffixes() or before in _AT:
        return "employer"
    return "place" if before in _IN else "name"


_AT = frozenset(map(fold, ("at", "joined", "chez", "bei", "presso", "alla")))
_IN = frozenset(map(fold, ("in", "near", "à", "nach", "aus", "a")))
