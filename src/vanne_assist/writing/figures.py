"""Find figures in a text: digits as four languages write them, and number words.

`1.200` is one thousand two hundred in German and 1.2 in English, so that a figure has readings, and
two figures are the same if they share one. Words up to the millions are found, also glued ones
(`vierundzwanzig`), and what is a figure in disguise (`doubled`, `la moitié`, `ein Dutzend`).

>>> [sorted(each.readings) for each in figures("From 1'200 to twenty-four, halved", "en")]
[[1200.0], [24.0], [0.5, 50.0]]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from vanne_assist.writing.lexicon import Lexicon, lexicon
from vanne_assist.writing.tokens import Token, tokens

_GAP = "[ \u00a0\u202f\u2009]"
_DIGITS = re.compile(
    rf"(?<![\w.,])[-−+]?\d{{1,3}}(?:(?:[.,'’]|{_GAP})\d{{3}})+(?:[.,]\d+)?(?!\d)"
    r"|(?<![\w.,])[-−+]?\d+(?:[.,]\d+)?"
)
_DATE = re.compile(r"(?<![\w.,])(\d{1,2})[./](\d{1,2})[./](\d{4}|\d\d)(?!\w)")
_LISTED = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]", re.MULTILINE)
_LONGEST = 6
"""Words of the longest number below a thousand: `neuf cent quatre-vingt-dix-neuf`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: what it may mean, where it stands, and the class of its unit if it is known."""

    readings: frozenset[float]
    span: tuple[int, int]
    unit: str | None = None

    @property
    def is_year(self) -> bool:
        """It reads like a year of somebody's life."""
        return any(1900 <= value <= 2099 and value == int(value) for value in self.readings)


def figures(text: str, lang: str) -> list[Figure]:
    """Return the figures of a text in the order in which they stand; numbers of lists are none."""
    words = lexicon(lang)
    listed = {
        match.start() + len(match[0]) - len(match[0].lstrip()) for match in _LISTED.finditer(text)
    }
    found = [each for each in _digits(text, words) if each.span[0] not in listed]
    covered = {place for each in found for place in range(*each.span)}
    found += [each for each in _words(text, words) if each.span[0] not in covered]
    return sorted(found, key=lambda each: each.span)


def _digits(text: str, words: Lexicon) -> Iterator[Figure]:
    dates = list(_DATE.finditer(text))
    for match in dates:
        for part in (1, 2, 3):
            yield Figure(frozenset({float(match[part])}), match.span(part))
    inside = {place for match in dates for place in range(*match.span())}
    for match in _DIGITS.finditer(text):
        if match.start() in inside:
            continue
        after = text[match.end() :]
        if after[:1] in ("/", ":") and after[1:2].isdigit():
            yield Figure(_readings(match[0]), match.span())
            continue
        values, end = _readings(match[0]), match.end()
        if scale := words.scales_after.match(after):
            factor = words.scales[scale["word"].casefold()]
            values = frozenset(value * factor for value in values)
            end += scale.end()
        yield Figure(values, (match.start(), end), words.unit_at(text, end))


def _readings(written: str) -> frozenset[float]:
    """Return what digits may mean.

    >>> sorted(_readings("1.200")), sorted(_readings("12,5")), sorted(_readings("1'200.50"))
    ([1.2, 1200.0], [12.5], [1200.5])
    """
    plain = re.sub(rf"['’]|{_GAP}|[-−+]", "", written)
    marks = [mark for mark in plain if mark in ".,"]
    if not marks:
        return frozenset({float(plain)})
    last = plain.rpartition(marks[-1])
    as_decimal = float(re.sub("[.,]", "", last[0]) + "." + last[2])
    as_whole = float(re.sub("[.,]", "", plain))
    if len(last[2]) != 3 or (len(marks) > 1 and len(set(marks)) > 1):
        return frozenset({as_decimal})
    return frozenset({as_whole} if len(marks) > 1 else {as_whole, as_decimal})


def _words(text: str, words: Lexicon) -> Iterator[Figure]:
    """Find number words: the longest first, then what multiplies them."""
    found = tokens(text)
    numbers, place = _below_thousand(words), 0
    while place < len(found):
        if readings := words.disguised.get(found[place].folded):
            yield Figure(readings, found[place].span, words.unit_at(text, found[place].end))
            place += 1
            continue
        value, after = _number_at(found, place, numbers, words)
        if value is None or _is_something_else(text, found, place, after, words):
            place += 1
            continue
        span = found[place].start, found[after - 1].end
        yield Figure(frozenset({value}), span, words.unit_at(text, span[1]))
        place = after


def _number_at(
    found: list[Token], place: int, numbers: dict[tuple[str, ...], float], words: Lexicon
) -> tuple[float | None, int]:
    """Return the number that begins at a token, and the token after it."""
    total, value, at = 0.0, None, place
    while True:
        joined = at > place and at < len(found) and found[at].folded in words.and_words
        part, after = _part_at(found, at + joined, numbers)
        scale = words.scales.get(found[after].folded) if after < len(found) else None
        if scale is not None and (part is not None or found[after].folded in words.bare_scales):
            total, at, value = total + (part or 1) * scale, after + 1, None
        elif part is not None:
            total, at = total + part, after
            value = total
            break
        else:
            break
    return (total or value or None) if at > place else None, at


def _part_at(
    found: list[Token], place: int, numbers: dict[tuple[str, ...], float]
) -> tuple[float | None, int]:
    most = min(_LONGEST, len(found) - place)
    for length in range(most, 0, -1):
        run = found[place : place + length]
        value = numbers.get(tuple(each.folded for each in run))
        if value is not None and all(_is_close(run[n], run[n + 1]) for n in range(length - 1)):
            return value, place + length
    return None, place


def _is_close(one: Token, other: Token) -> bool:
    return other.start - one.end == 1


def _is_something_else(
    text: str, found: list[Token], place: int, after: int, words: Lexicon
) -> bool:
    """Say of a word that also means something else (`neuf`, `sei`) whether it does."""
    if after - place > 1:
        return False
    if _is_both(text, found, place):
        return True
    if found[place].folded not in words.ambiguous:
        return False
    if words.unit_at(text, found[place].end):
        return False
    before = found[place - 1].folded if place else ""
    return before not in words.before_numbers


def _is_both(text: str, found: list[Token], place: int) -> bool:
    """Say whether a two stands for what was named before: `dans les deux`, `tutte e due`."""
    before = found[place - 1].folded if place else ""
    following = text[found[place].end :].lstrip(" ")[:1]
    is_two = found[place].folded in ("two", "deux", "zwei", "due")
    return is_two and before in _THE and (not following or following in ".,;:!?\n")


_THE = frozenset("the les die den der le i e".split())


@cache
def _below_thousand(words: Lexicon) -> dict[tuple[str, ...], float]:
    """Return every number from 2 to 999 in words (tokens), also glued where a language glues."""
    made: dict[tuple[str, ...], float] = {}
    below_hundred = dict(words.small)
    for ten, value in words.tens.items():
        for unit, digit in words.units.items():
            for pattern in words.compounds:
                below_hundred[pattern.format(ten=ten, unit=unit, cut=ten[:-1])] = value + digit
    for word, value in below_hundred.items():
        made[tuple(word.split())] = value
    for hundred, count in words.hundreds.items():
        made[tuple(hundred.split())] = count
        for word, value in (words.units | below_hundred).items():
            for joint in words.joints:
                made[tuple(f"{hundred}{joint}{word}".split())] = count + value
    return made | _glued_thousands(made, words)


def _glued_thousands(
    made: dict[tuple[str, ...], float], words: Lexicon
) -> dict[tuple[str, ...], float]:
    """Return `dreitausend` and its like: what stands glued before the word for a thousand."""
    return {
        (parts[0] + word,): value * 1000
        for word in words.glued_thousands
        for parts, value in made.items()
        if len(parts) == 1
    }
