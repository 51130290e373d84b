"""Pay in lists: amounts of which a word for pay is said once, above or before all of them.

A column headed «Pay», lines under «Our salaries», «salaries: junior 25,000, senior 45,000». There a
number needs no currency, but a word for other money or for what is counted still makes it none.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from vanne.screening.amounts import counts_millions, digits, unit_before
from vanne.screening.pay import in_small
from vanne.screening.words import word_pattern, words

_LONGEST_HEAD, _LONGEST_CELL = 60, 30
"""How long a line or a cell may be, in characters, that is a heading."""
_BEFORE_COLON = 90
"""How far before a colon a word for pay is said of what follows."""
_LEAST_OF_MANY = 2
"""How many amounts make a list on one line."""
_SEPARATORS = ("|", "\t", ";")
_IN_TABLE = re.compile("[|\t].*[|\t]")
_STOP = re.compile(r"[.!?] ")
_SHORT = re.compile(r"\d\d[.,]\d|\d{3}")
_SHAPED = re.compile(r"\d[ \u00a0\u202f\u2009'’.,]\d{3}(?!\d)|[.,]\d\d(?!\d)")
"""A number with its thousands set off, or with cents."""
_CENTS = re.compile(r"\d{3}[.,]\d\d$")
_SPACED = re.compile("[ /']")
"""A period of several words follows what was counted; «80k monthly visitors» does not."""
_DATED = re.compile(r"(?<!\w)(?:date|datum|data|on|am|le|il) *$")
_YEAR = re.compile(r"(?:19|20)\d\d(?!\d)")

_NEXT_WORD = re.compile(r"[ \u00a0]([^\W\d_]{2,}|[gmlh][²³23]?(?!\w))")

_Line = tuple[int, str]
"""Where a line begins, and the line."""


def pay_in_lists(text: str) -> Iterator[tuple[int, int]]:
    r"""Yield where amounts of pay begin and end in the lists and tables of a text.

    >>> text = "| Role | Pay |\n| Porter | 12.80 |"
    >>> [text[start:end] for start, end in pay_in_lists(text)]
    ['12.80']
    """
    if "\n" not in text and ": " not in text:
        return
    small = in_small(text)
    if not word_pattern("salary", "heads").search(small):
        return
    lines, start = list[_Line](), 0
    for line in small.split("\n"):
        lines.append((start, line))
        start += len(line) + 1
    if len(lines) > 1:
        yield from _in_tables(lines)
        yield from _under_headings(lines)
    for each in lines:
        yield from _after_colon(each)


def _in_tables(lines: list[_Line]) -> Iterator[tuple[int, int]]:
    """Yield amounts of columns that a word for pay heads."""
    columns: set[int] = set()
    for start, line in lines:
        cells = list(_cells(line))
        if len(cells) < _LEAST_OF_MANY:
            columns = set()
        elif not columns:
            columns = {at for at, (_, cell) in enumerate(cells) if _heads(cell, _LONGEST_CELL)}
        else:
            for at in columns.intersection(range(len(cells))):
                first, cell = cells[at]
                for found in _amounts(cell):
                    if not re.search(r"\w", cell[: _start(found)]) and _is_large(found):
                        yield start + first + _start(found), start + first + found.end()


def _cells(line: str) -> Iterator[_Line]:
    sign = next((sign for sign in _SEPARATORS if sign in line), None)
    start = 0
    for cell in line.split(sign) if sign else ():
        yield start, cell
        start += len(cell) + 1


def _under_headings(lines: list[_Line]) -> Iterator[tuple[int, int]]:
    """Yield amounts of lines that follow one with a word for pay and without an amount."""
    is_under = False
    for (_, before), (start, line) in pairwise(lines):
        if _heads(before, _LONGEST_HEAD) and not _IN_TABLE.search(before):
            is_under = True
        if not is_under or not line.strip():
            continue
        items = [found for found in _amounts(line) if _is_item(found, line)]
        is_under = bool(items) or _heads(line, _LONGEST_HEAD) or _says_other(line)
        for found in items:
            yield start + _start(found), start + found.end()


def _after_colon(line: _Line) -> Iterator[tuple[int, int]]:
    """Yield the amounts that a line enumerates behind a word for pay and a colon."""
    start, said = line
    for colon in re.finditer(r":(?= )", said):
        before = said[max(0, colon.start() - _BEFORE_COLON) : colon.start()]
        stops = [stop.end() for stop in _STOP.finditer(before)]
        if not _heads(before[stops[-1] if stops else 0 :], _BEFORE_COLON):
            continue
        stop = _STOP.search(said, colon.end())
        rest = said[: stop.start() if stop else len(said)]
        found = [
            each
            for each in digits().finditer(rest, colon.end())
            if _is_large(each) and _is_of_a_label(each, rest)
        ]
        if sum(map(_is_money, found)) >= _LEAST_OF_MANY:
            yield from ((start + _start(each), start + each.end()) for each in found)


def _heads(line: str, longest: int) -> bool:
    """Say whether a line or a cell names pay, no other money, and no amount."""
    if len(line.strip()) > longest or not word_pattern("salary", "heads").search(line):
        return False
    return not (_says_other(line) or _DATED.search(line) or any(map(_is_money, _amounts(line))))


def _says_other(line: str) -> bool:
    return word_pattern("salary", "against").search(line) is not None


def _amounts(line: str) -> Iterator[re.Match[str]]:
    return digits().finditer(line)


def _is_item(found: re.Match[str], line: str) -> bool:
    """Say whether an amount is what a line of a list says of its label."""
    if not _is_of_a_label(found, line):
        return False
    is_last = not line[found.end() :].strip(" |.,;)")
    return _is_money(found) or (is_last and _SHORT.fullmatch(found["number"]) is not None)


def _is_of_a_label(found: re.Match[str], line: str) -> bool:
    """Say whether words or a year stand before an amount, and none of them is against pay."""
    before = line[: _start(found)]
    if not (re.search(r"[^\W\d]", before) or _YEAR.match(before.lstrip(" -*•|"))):
        return False
    label = re.split(r"[,;|•]", before)[-1]
    return not (_says_other(label) or _numbers().search(label) or _counts_something(found, line))


@cache
def _numbers() -> re.Pattern[str]:
    """Return the pattern of what a number that follows is the name or the time of: «room 204»."""
    places = words("address", "no_place")
    return re.compile(
        rf"(?<!\w)(?:{places}|pages?|ore|alle|dalle|um|uhr|at|from|à|dès|art|no|nr)\.? ?$"
        rf"|\d ?[-–] ?$"
    )


def _is_money(found: re.Match[str]) -> bool:
    """Say whether a number is shaped as an amount of money is."""
    if any(found[name] for name in ("cur", "cur2", "scale", "scale2", "cents")):
        return True
    return _start(found) < found.start() or _SHAPED.search(found["number"]) is not None


def _is_large(found: re.Match[str]) -> bool:
    number = found["number"]
    return _is_money(found) or (len(number) > 2 and _YEAR.fullmatch(number) is None)


def _start(found: re.Match[str]) -> int:
    """Return where an amount begins, with the currency before it."""
    before = unit_before().search(found.string, max(0, found.start() - 12), found.start())
    return before.start() if before else found.start()


def _counts_something(found: re.Match[str], sentence: str) -> bool:
    """Say whether a number without a currency is of something: «80k followers», «45 people»."""
    if _CENTS.search(found.groupdict().get("number") or ""):
        return False  # nobody counts in cents
    if counts_millions(found):
        return True
    after = _NEXT_WORD.match(sentence, found.end())
    if after is None or _SPACED.search(found["period"] or ""):
        return False
    return _word_after_pay().fullmatch(after[1]) is None


@cache
def _word_after_pay() -> re.Pattern[str]:
    """Return what may follow a number that is an amount though it has no currency."""
    small = (
        "neg\\w*|doe|ono|scarsi|circa|tondi|puliti|and|or|plus|but|as|for|in|on|at|per|when|with|now|today|total|all|fix\\w*|base|if|is|was|"
        "after|before|since|from|until|because|so|were|would|a|an|most|each|every|last|this|next|more|less|inside|outside|bonus|salary|"
        "et|ou|mais|hors|brut|net|annuel|par|de|pour|en|fixe|quand|avec|selon|plus|comme|dès|sur|"
        "après|avant|depuis|car|donc|qui|que|puis|chez|au|était|étaient|primes?|prévus?|"
        "und|oder|aber|plus|mehr|weniger|auf|aufs|auskomm\\w*|heim|aufgeschrieben|hingeschrieben|genannt|gesagt|angegeben|verlangt|als|im|pro|brutto|netto|mit|bei|ab|bis|zu|wenn|jahresgehalt|"
        "verhandelt|geboten|angeboten|bekommen|verdient|dotiert|nach|vor|seit|weil|dann|ist|sind|war|waren|wäre|wären|"
        "e|o|ma|più|di|con|per|come|lordi|netti|annui|quando|oltre|to|à|a|depending|variable|"
        "fiss[oaie]|variabile|secondo|nel|nella|vicino|près|dans|sous|non|ne|pas|nicht|not|je|ich|io|i|we|kann|können|könnte|"
        "dopo|prima|poi|perché|quindi|che|se|era|erano|\\w+[ae]ndo"
    )
    return re.compile(rf"(?:{small}|{words('salary', 'gross')}|{words('salary', 'coins')})")
