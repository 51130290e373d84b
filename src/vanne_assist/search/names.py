"""Find what a member is called in their own items, and take it out of what recruiters read.

A name is learnt from the fields of a profile, from the head of a CV, from addresses and from what
introduces or signs. Every profile and every CV of the member teaches, shown or not: a profile that
is switched off tells what must not be read in a CV. In a text a name is found without case and
accents, in any order, in parts, with an initial or a courtesy title. A part that is also a word of
work or a place (Koch, Bern) goes with another part of the name, or alone on its line.

>>> rows = [{"category": "cv", "text": "Ana Koch\\nKoch in Bern\\nMs Koch: anakoch@example.org"}]
>>> [row["text"] for row in without_names(rows, names_of(rows))]
['Koch in Bern\\n…: …@example.org']
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from vanne.fields import DATES, as_json, full_name
from vanne.folding import fold
from vanne.objections.names import APART, PARTICLES, WORD, is_unspaced, one_letter, words_of
from vanne.terms import Item
from vanne_assist.brief.language import is_of_lexicon
from vanne_assist.brief.lexicon import any_of, book
from vanne_assist.brief.places import is_word, named
from vanne_assist.brief.scan import title_head
from vanne_assist.shipped import table

NAME_FIELDS = ("given_name", "family_name", "full_name")
TEACHING = ("profile", "cv")
"""Categories whose head and addresses say who the owner is."""
_UNNAMED = "…"
"""What stands in the place of a name."""
_HEAD_LINES = 10
_MOST_WORDS = 5
_SHORT = 3
"""A part of a name of up to so many letters is one with a capital only: «Li» is no «li»."""
_SHORTEST_JOINED = 5
"""A name in one word, as in an address, has at least so many letters."""
_LONG = 7
"""A name in one word of so many letters is no part of other words: «evali» is one of «evaluate»."""
_MOST_JOINED = 4
"""A name that an address has as one word is so many words at most."""
_MOST_LETTERS = 40
"""A name with something between its letters has so many at most."""
_GENITIVE = 4
"""A name of so many letters may have a genitive: «Annas»."""
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_END_OF_NAME = re.compile(r"[|•·\t/()\[\],]|\s[-–—]+\s|\s{3,}")
_ENDING = re.compile(r"['’]s\b|(?<=\b\w)\.")
"""What belongs to a name after its letters: «Ana's», «Ana K.»."""
_END_OF_SENTENCE = re.compile(r"(?<=\w\w)\.\s")
_EMAIL = re.compile(r"([\w.+-]+)@[\w-]+\.\w")
_ACCOUNT = re.compile(
    r"(?:linkedin\.com/(?:in|pub)|xing\.com/profile|(?:github|gitlab|twitter|instagram|facebook"
    r"|behance|medium|\bx)\.(?:com|net))/@?([\w.%-]+)",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARKS = re.compile(r"^[^\w+(]+|[\s#*>|]+$|\.(?:pdf|docx?|odt)$", re.IGNORECASE)
"""What is around a line: bullets, pictures, the end of a file's name."""
_NUMBERS = re.compile(r"(?:^|[\s|•·,;(]+)[^\s|•·,;(]*[\d@].*")
"""A line from its first number or address on."""
_REACHED = re.compile(r"@|\+\d|(?<!\d)\d{3}[ ./-]?\d{2}[ ./-]?\d{2}")
"""An e-mail address or a phone number."""
_ENCODED = re.compile("%[0-9a-f]{2}")
"""A sign in an address: «%20» is a space."""
_CAMEL = re.compile(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z\u00c0-\u00de])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPACED = re.compile(r"\w(?: \w){3,}(?: {2,}\w(?: \w)+)*")
_SIGNED = re.compile(r"[-–—~]{1,2}\s?(\w.*)")

Names = frozenset[str]


def names_of(rows: Iterable[Mapping[str, Any]]) -> Names:
    """Return what the owner of some rows is called, as these rows write it."""
    found: set[str | None] = set()
    for row in rows:
        fields, text = json.loads(row.get("fields") or "{}"), row.get("text") or ""
        found |= {full_name(fields), fields.get("full_name")}
        found.update(_introduced(text))
        if row.get("category") in TEACHING:
            found.update(_addresses(text))
            if not fields:
                found.update(_head(text, is_cv=row["category"] == "cv"))
    return frozenset(name for name in found if name)


def as_row(item: Item) -> dict[str, Any]:
    """Return of an item what may teach a name."""
    return {"category": item.category, "fields": as_json(item.fields), "text": item.text}


def without_names(rows: Sequence[Mapping[str, Any]], names: Names) -> list[dict[str, Any]]:
    """Return a member's rows in which nothing tells their name: no quotation names anybody."""
    remover = _Remover(names)

    def unnamed(row: Mapping[str, Any]) -> dict[str, Any]:
        fields = json.loads(row.get("fields") or "{}")
        is_prose = row.get("category") in TEACHING and not fields
        values = {
            name: value if name in DATES else remover.unnamed(value)
            for name, value in fields.items()
            if name not in NAME_FIELDS
        }
        return {
            **row,
            "text": remover.unnamed(row.get("text") or "", is_prose=is_prose),
            "fields": as_json({name: value for name, value in values.items() if value}),
        }

    return list(map(unnamed, rows))


# What a member is called


def _head(text: str, *, is_cv: bool) -> Iterator[str]:
    """Yield the name at the head of a CV, or of a profile of several lines.

    The first line may hold a word of work («Mark Baker»), a later one may not.
    """
    lines = [_MARKS.sub("", _TAG.sub(" ", line).replace("_", " ")) for line in text.split("\n")]
    lines = [line for line in lines if any(map(str.isalpha, line))][:_HEAD_LINES]
    if len(lines) < 2 and not is_cv:
        return
    is_first = True
    for line, following in pairwise((*lines, "")):
        if (after := _after_label(line, "labels")) is not None:
            yield after or (following if _name_in(following) else "")
            is_first = False
        elif after := _after_label(line, "documents"):
            yield from filter(None, [_name_in(_NUMBERS.sub("", after))])
            is_first = False
        else:
            name = _name_at_head(line, is_first=is_first)
            if name and " " not in name and following.isalpha() and following[0].isupper():
                name = f"{name} {following}"  # a name on two lines
            if name:
                yield name
            is_first = is_first and not name and (_is_heading(line) or bool(_NUMBERS.search(line)))


def _name_at_head(line: str, *, is_first: bool) -> str | None:
    """Return the name in a line at the head: before a number, an address, or what somebody is.

    >>> _name_at_head("Ana Lac, +41 79 555 01 23", is_first=False)
    'Ana Lac'
    >>> _name_at_head("Ana Lac works in Bern.", is_first=True)
    'Ana Lac'
    >>> _name_at_head("Lac Pharma 2012-2015", is_first=False)  # where somebody worked
    """
    start = _NUMBERS.sub("", line)
    is_whole = start == line or bool(_REACHED.search(line))
    if is_first and is_whole and (name := _name_in(start)):
        return name
    if is_first and (owner := _speaks().match(start)):
        start = owner["name"]
    return _plain_name_in(start) if is_first or is_whole else None


def _after_label(line: str, which: str) -> str | None:
    """Return what follows «Name:» or «CV —» in a line; None if it has no such label.

    >>> _after_label("Nachname: Lac", "labels"), _after_label("CV — Ana Lac", "documents")
    ('Lac', 'Ana Lac')
    """
    words = re.sub("[:–—|\t]", " : ", line).split()
    sizes = range(min(len(words), _MOST_WORDS), 0, -1)
    labels = (n for n in sizes if fold(" ".join(words[:n])) in _phrases(which))
    size = next(labels, None)
    return None if size is None else " ".join(words[size:]).strip(" :-")


def _is_heading(line: str) -> bool:
    return set(map(fold, _NAME_WORD.findall(line))) <= _words("headings")


def _plain_name_in(line: str) -> str | None:
    """Return the name that a line is: at least two words, and none of work, place or heading."""
    name = _name_in(line) or ""
    is_plain = " " in name and not name.islower() and not any(map(_is_known, name.split()))
    return name if is_plain else None


def _name_in(line: str) -> str | None:
    """Return the name that a line begins with; None if it is no name.

    >>> _name_in("Dr. Ana Koch, MSc"), _name_in("Mark Baker | Chef"), _name_in("Koch, Ana")
    ('Ana Koch', 'Mark Baker', 'Ana Koch')
    >>> _name_in("Senior Nurse"), _name_in("I like hills"), _name_in("Berufliches Profil")
    (None, None, None)
    """
    if _SPACED.fullmatch(line):  # «S A R A H   L A C»
        line = " ".join(part.replace(" ", "") for part in re.split(" {2,}", line))
    first, *more = [part.strip() for part in _END_OF_NAME.split(line) if part.strip()] or [""]
    if more and f"{first}," in line and " " not in first and _NAME_WORD.fullmatch(more[0]):
        first = f"{more[0]} {first}"
    words = [word for word in first.split() if not _is_courtesy(word)]
    while words and _bare(words[-1]) in _words("degrees"):
        words.pop()
    # what follows two words and is of work is no part: «Sarah Lac Senior Engineer»
    own = [word for word in words if _bare(word) not in PARTICLES]
    if after := next(filter(_is_known, own[2:]), None):
        words = words[: words.index(after, 2)]
        own = [word for word in words if _bare(word) not in PARTICLES]
    if not 0 < len(words) <= _MOST_WORDS or not all(map(_NAME_WORD.fullmatch, words)):
        return None
    is_small = all(word.islower() for word in words)
    if is_small and (len(own) != 2 or any(map(_is_known, own))):
        return None
    if not is_small and any(word[0].islower() for word in own):
        return None
    return None if all(map(_is_known, own)) else " ".join(words)


def _is_courtesy(word: str) -> bool:
    """Say whether a word is a courtesy title or a small abbreviation, as both in «Dr. med.»."""
    is_short = word.islower() and word.endswith(".") and len(word) >= _SHORT
    return is_short or _bare(word) in _words("honorifics")


def _is_known(word: str) -> bool:
    """Say whether a word is one of titles, headings or places, and no first name."""
    bare = _bare(word)
    return bare not in _words("first_names") and bool(
        bare in _words("headings", "titles", "degrees")
        or bare in any_of("stop")
        or is_of_lexicon(bare)
        or title_head(bare)
        or named(word)
    )


def _introduced(text: str) -> Iterator[str]:
    """Yield who introduces themselves in a text, and who signs it.

    >>> list(_introduced("Hi, my name is sarah. I am Sarah Lac and cook.\\nRegards,\\nS. Lac"))
    ['sarah', 'Sarah Lac', 'S. Lac']
    """
    text = text.replace("’", "'")
    for role in ("introduces", "may_introduce"):
        for found in _introduction(role).finditer(text):
            words = _END_OF_SENTENCE.split(found["name"])[0].rstrip(".").split()
            size = next((at for at, each in enumerate(words) if _ends_name(each)), len(words))
            name = " ".join(words[:size])
            if role == "introduces":
                yield name or words[0]
            elif plain := _plain_name_in(name):
                yield plain
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    footers = filter(None, map(_footer().fullmatch, lines))
    yield from filter(None, (_plain_name_in(each["name"]) for each in footers))
    for line, following in pairwise(lines):
        if fold(line).strip(" ,.!") in _phrases("greets"):
            yield from filter(None, [_name_in(following.title())])
    if len(lines) > 1 and (signed := _SIGNED.fullmatch(lines[-1])):
        yield from filter(None, [_plain_name_in(signed[1])])


def _ends_name(word: str) -> bool:
    return word[0].islower() and _bare(word) not in PARTICLES - {"and", "e", "und", "y", "i"}


def _any_of(phrases: str) -> str:
    """Match a phrase of a list, the longest first."""
    each = sorted(table("search", "names")[phrases].split("; "), key=len, reverse=True)
    return "|".join(map(re.escape, each))


@cache
def _speaks() -> re.Pattern[str]:
    """Match a name, and a verb that says what somebody is or does."""
    return re.compile(rf"(?P<name>\w\S+(?:[ \t]\S+){{1,4}}?)[ \t](?:{_any_of('speaks')})\s")


@cache
def _footer() -> re.Pattern[str]:
    """Match a name before the number of a page."""
    return re.compile(rf"(?P<name>.+?)[\s|,–—-]+(?i:{_any_of('pages')})\s?\d.*")


@cache
def _introduction(role: str) -> re.Pattern[str]:
    said = _any_of(role)
    words = rf"{_NAME_WORD.pattern}(?:[ \t]+{_NAME_WORD.pattern}){{0,{_MOST_WORDS - 1}}}"
    return re.compile(rf"(?<!\w)(?i:{said}),?[ \t]*:?[ \t]+(?P<name>{words})")


def _addresses(text: str) -> Iterator[str]:
    """Yield the names in addresses: what is before the `@`, and names of accounts.

    >>> list(_addresses("ana.lac7@example.org, info@example.org, linkedin.com/in/ana-lac-1a2b3c"))
    ['ana lac', 'ana lac']
    """
    for found in (*_EMAIL.finditer(text), *_ACCOUNT.finditer(text)):
        parts = re.findall(r"[^\W\d_]{2,}", re.sub(r"\b(?=\w*\d[^\W\d_])\w{6,}\b", "", found[1]))
        parts = parts or re.findall(r"[^\W\d_]{2,}", found[1])
        if not all(fold(part) in _words("mailboxes") or _is_known(part) for part in parts):
            yield " ".join(parts)


def _bare(word: str) -> str:
    return fold(word).strip(".,'")


@cache
def _words(*lists: str) -> frozenset[str]:
    return frozenset(
        fold(word) for each in lists for word in table("search", "names")[each].split()
    )


@cache
def _phrases(name: str) -> frozenset[str]:
    return frozenset(map(fold, table("search", "names")[name].split("; ")))


# Where a name stands


class _Remover:
    """Take some names out of texts.

    `_parts` are words of the names, and say whether a word is one by itself.
    """

    def __init__(self, names: Names) -> None:
        self._parts: dict[str, bool] = {}
        self._joined: set[str] = set()
        self._whole: set[str] = set()
        self._particles: set[str] = set()
        self._unspaced: list[str] = []
        for name in names:
            words = ["".join(map(one_letter, parts)) for parts in words_of(name)]
            several = ("".join(map(one_letter, p)) for p in words_of(name) if len(p) > 1)
            self._whole |= {word for word in several if len(word) >= _SHORTEST_JOINED}
            for part in (part for parts in words_of(name) for part in parts):
                self._parts[one_letter(part)] = not (
                    book().exact(part) or named(part) or part in any_of("stop")
                )
            self._particles |= PARTICLES & set(map(_bare, name.split()))
            if is_unspaced(name):
                self._unspaced += [name, name.replace(" ", "")]
            if len(words) > 1:
                first, last = words[0], words[-1]
                wholes = {"".join(words), "".join(words[::-1]), first + last, last + first}
                initials = {first[0] + last, last + first[0], first + last[0]}
                self._joined |= {form for form in initials if len(form) >= _SHORTEST_JOINED}
                self._whole |= {form for form in wholes if len(form) >= _SHORTEST_JOINED}
        self._joined |= self._whole
        whole = self._whole | self._parts.keys()
        self._beginnings = {each[:size] for each in whole for size in range(1, len(each) + 1)}
        self._initials = {part[0] for part in self._parts}

    def unnamed(self, text: str, *, is_prose: bool = False) -> str:
        """Return a text without the names; of a line that was one nothing stays."""
        for name in self._unspaced:
            text = text.replace(name, _UNNAMED)
        lines = []
        for line in text.split("\n"):
            without = self._unnamed_line(line, is_prose=is_prose)
            if without == line or any(map(str.isalnum, without)):
                lines.append(without)
        return "\n".join(lines)

    def _unnamed_line(self, line: str, *, is_prose: bool) -> str:
        folded, places = _folded(line)
        if _SPACED.fullmatch(line) and one_letter(folded.replace(" ", "")) in self._joined:
            return ""
        tokens = self._tokens(line, folded, places)
        value = _after_label(line, "labels") or _after_label(line, "documents") if is_prose else ""
        size = len(WORD.findall(fold(value or line)))
        runs: list[list[tuple[int, int, str, str]]] = [[]]
        for start, end, word in tokens:
            role = self._role(word, line[places[start]].isupper())
            if runs[-1] and not (role and _is_apart(folded, runs[-1][-1][1], start)):
                runs.append([])
            if role:
                runs[-1].append((start, end, word, role))
        for run in reversed(runs):
            is_whole = is_prose and len(run) == size
            if span := self._span(run, is_whole=is_whole):
                first, last = places[span[0]], places[span[1]]
                ending = _ENDING.match(line, last)
                line = line[:first] + _UNNAMED + line[ending.end() if ending else last :]
        return line

    def _tokens(
        self, line: str, folded: str, places: Sequence[int]
    ) -> Iterator[tuple[int, int, str]]:
        """Yield the words of a line: «TeamAna» is two, «S.A.R.A.H.» and a name with a space one."""
        words: list[tuple[int, int, str]] = []
        for found in WORD.finditer(_ENCODED.sub("///", folded)):
            start, end = found.span()
            text = line[places[start] : places[end]]
            cuts = [start + cut.start() for cut in _CAMEL.finditer(text)]
            if cuts and (len(text) != end - start or self._role(found[0], True)):
                cuts = []
            words += [(a, b, folded[a:b]) for a, b in pairwise((start, *cuts, end))]
        at = 0
        while at < len(words):
            size = self._size_of_whole(words, at, folded)
            run = words[at : at + size]
            yield run[0][0], run[-1][1], "".join(word for *_, word in run)
            at += size

    def _size_of_whole(self, words: Sequence[tuple[int, int, str]], at: int, folded: str) -> int:
        """Return how many words, from one on, are a name that is written as one word elsewhere."""
        run, best, is_spelt = words[at][2], 1, len(words[at][2]) == 1
        following = pairwise(words[at : at + _MOST_LETTERS])
        for size, ((_, end, _), (start, _, word)) in enumerate(following, 2):
            is_spelt &= len(word) == 1
            if not _is_apart(folded, end, start) or not (size <= _MOST_JOINED or is_spelt):
                break
            run = one_letter(run + word)
            if run not in self._beginnings:
                break
            is_long = size >= _SHORT if is_spelt else len(run) >= _LONG
            if run in self._whole or (is_long and run in self._parts):
                best = size
        return best

    def _role(self, word: str, is_capital: bool) -> str:
        """Return what a word is for a name: a part, perhaps a part, a courtesy, an initial."""
        word = word.strip("0123456789") or word
        spelling = one_letter(word)
        if len(word) > _GENITIVE and spelling not in self._parts and word.endswith("s"):
            spelling = spelling if spelling[:-1] not in self._parts else spelling[:-1]
        if one_letter(word) in self._joined or self._holds_whole(word):
            return "part"
        if spelling in self._parts:
            is_common = len(word) <= _SHORT or word in _words("words") or is_word(word)
            is_sure = self._parts[spelling] and (is_capital or not is_common)
            return "part" if is_sure else "perhaps"
        if word in self._particles or word in PARTICLES:
            return "particle"
        if is_capital and word in self._initials:
            return "initial"
        return "courtesy" if is_capital and word in _words("honorifics") else ""

    def _holds_whole(self, word: str) -> bool:
        """Say whether a word begins or ends with a whole name: «anakochcv»."""
        wholes = (each for each in self._whole if _LONG <= len(each) < len(word))
        return any(word.startswith(e) or word.endswith(e) for e in wholes) and not is_word(word)

    def _span(
        self, run: list[tuple[int, int, str, str]], *, is_whole: bool
    ) -> tuple[int, int] | None:
        """Return where the name of a run of words begins and ends; None if it is none."""
        while run and run[0][3] == "particle" and run[0][2] not in self._particles:
            run = run[1:]
        while run and run[-1][3] in ("particle", "courtesy"):
            run = run[:-1]
        roles = [role for *_, role in run]
        words = {word for *_, word, role in run if role in ("part", "perhaps")}
        with_it = len(words) > 1 or "initial" in roles or "courtesy" in roles
        if not words or not ("part" in roles or with_it or is_whole):
            return None
        return run[0][0], run[-1][1]


def _is_apart(folded: str, end: int, start: int) -> bool:
    """Say whether what is between two words may be within a name."""
    return end == start or bool(re.fullmatch(APART, _ENCODED.sub(" ", folded[end:start])))


def _folded(line: str) -> tuple[str, Sequence[int]]:
    """Return a line folded, and of each of its letters, and of its end, the place in the line."""
    if line.isascii():
        return line.lower(), range(len(line) + 1)
    folds = [fold(letter) for letter in line]
    places = [at for at, letters in enumerate(folds) for _ in letters]
    return "".join(folds), [*places, len(line)]
