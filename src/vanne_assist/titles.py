"""One form of a job title, whatever its gender: «Softwareentwicklerin» and «Softwareentwickler».

A search that takes these two for different titles finds fewer women for one and fewer men for the
other. So each title is brought to its neutral form before anything compares it: markers such as
(m/w/d) go, double forms become one, and a feminine form becomes the form for everybody. The pages
show people's own words.

The endings and their exceptions are data, one file a language in `endings/`. No vocabulary is
needed: a word is changed by how it ends. `lang` decides only where two languages disagree and the
title itself does not show its language.

>>> neutral("Softwareentwicklerin (m/w/d)"), neutral("Conseiller/ère clientèle H/F")
('softwareentwickler', 'conseiller clientèle')
>>> neutral("Technische Leiterin"), neutral("Infermiera")
('technischer leiter', 'infermiere')
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from vanne.screening import without_placeholders
from vanne_assist.shipped import table

ORDER = ("de", "fr", "it", "en")
"""Whose endings are tried first where nothing tells the language."""
_PASSES = 5
_COMPOUND = 6
"""An exception this long also holds at the end of a compound (Veterinärmedizin)."""
_SHORTEST = 2
LONGEST_ENDING = 32
"""No ending or exception has more letters: what lies before is not looked at."""
_SHARED = 12
"""So many words at most two sides of a slash or of an «or» have in common."""
_ADJECTIVES = 8
"""So many adjectives at most stand before a noun."""

Pairs = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Endings:
    """What is known of a language: of each feminine ending the neutral one, among others."""

    lang: str
    endings: Pairs
    own: Pairs
    own_first_only: bool
    before: Pairs
    after: Pairs
    keep: frozenset[str]
    keep_endings: tuple[str, ...]
    feminine: frozenset[str]
    marks: frozenset[str]
    stop: frozenset[str]
    letters: frozenset[str]

    def keeps(self, word: str) -> bool:
        """Say whether a word stays as it is, whatever its ending."""
        if word in self.keep or word in self.feminine or word.endswith(self.keep_endings):
            return True
        sizes = range(_COMPOUND, min(len(word), LONGEST_ENDING + 1))
        return any(word[-size:] in self.keep for size in sizes)


@cache
def endings(lang: str) -> Endings:
    """Return what is known of a language."""
    data = table("endings", lang)
    return Endings(
        lang=lang,
        endings=_pairs(data["endings"], data["plurals"]),
        own=_pairs(data["own"]),
        own_first_only=data.get("own_first_only", False),
        before=_pairs(data["before"]),
        after=_pairs(data["after"]),
        keep=frozenset(data["keep"]),
        keep_endings=tuple(data.get("keep_endings", ())) or ("\0",),
        feminine=frozenset(data["feminine"]),
        marks=frozenset(data["marks"]),
        stop=frozenset(data["stop"]),
        letters=frozenset(data["letters"]),
    )


def _pairs(*lists: Iterable[Sequence[str]]) -> Pairs:
    return {old: new for rows in lists for old, new in rows if old != new}


# A title as words

_MARKER = r"(?:[mwfhdxuiansge]|div|gn|all|alle)"
_GENDERS = re.compile(
    rf"[\(\[]\s*{_MARKER}(?:\s*[/|,;:*\-–+.]\s*{_MARKER}){{1,3}}\s*[\)\]]"
    rf"|(?<![\w/]){_MARKER[:-1]})(?:\s?[/|]\s?(?:[mwfhdxi]|div|gn)){{1,3}}(?![\w/])"
    r"|[\(\[]\s*(?:gn|all genders?|alle geschlechter|alle|tous(?: les)? genres|divers"
    r"|f|m|w|h)\s*[\)\]]"
    r"|\ball genders\b|\btous genres\b",
    re.IGNORECASE,
)
_CAPITAL_IN = re.compile(r"(?<=[a-zäöüß])In(?=(?:nen)?\b)")
_FEMININE = "e|ne|le|te|se|euse|trice|rice|ère|ere|ière|ienne|ive|ve|esse|fe|nne|iste"
_APART = r"(?:[*:·•∙⋅_]|\s?/\s?-?|\(-?|-(?=innen\b|in\b))"
# INVARIANT: what begins with any letters begins with a word, else a long word takes the square
# of its length.
_DOUBLED = (
    (re.compile(rf"(?<!\w)(\w{{2,}}){_APART}(in|innen)\)?(?!\w)"), r"\1in"),
    (re.compile(r"(?<!\w)(\w{3,}e)(?:[*:·_]|\s?/\s?-?|\(|-)r\)?(?![\w-])"), r"\1r"),
    (re.compile(r"(?<!\w)(\w{3,}e)r(?:[*:·_]|\s?/\s?-?|\(|-)e\)?(?![\w-])"), r"\1r"),
    (re.compile(r"(?<!\w)(\w{3,})mann\s?/\s?-?frau(?!\w)"), r"\1mann"),
    (re.compile(r"(?<!\w)(\w{3,})frau\s?/\s?-?mann(?!\w)"), r"\1mann"),
    # French
    (re.compile(rf"(?<!\w)(\w{{3,}})[·•∙⋅.]({_FEMININE})(?:[·•∙⋅.]?s)?(?![\w])"), r"\1"),
    (re.compile(rf"(?<!\w)(\w{{3,}})\s?\(\s?-?({_FEMININE})s?\s?\)"), r"\1"),
    (
        re.compile(
            r"(?<!\w)(\w{3,})\s?/\s?-?(e|ne|se|euse|trice|rice|ère|ière|ienne|ve|fe)s?(?![\w-])"
        ),
        r"\1",
    ),
    (re.compile(r"(?<!\w)(\w{3,}[éltfnr])-(e|ne|euse|trice|ère|ienne|fe)s?(?![\w-])"), r"\1"),
    # Italian
    (re.compile(r"(?<!\w)(\w{2,}[oe])\s?(?:/\s?-?|\(-?)(?:a|trice|essa|ice)\)?(?!\w)"), r"\1"),
    (re.compile(r"(?<!\w)(\w{2,})a\s?(?:/\s?-?|\(-?)o\)?(?!\w)"), r"\1o"),
    (re.compile(r"(?<!\w)(\w{2,})trice\s?/\s?-?tore(?!\w)"), r"\1tore"),
    (re.compile(r"(?<!\w)(\w{3,})(?:\*|ə)(?!\w)"), r"\1o"),
)
"""Short double forms, such as Entwickler*in, technicien(ne), impiegato/a."""
_TOKEN = re.compile(r"[^\W_](?:[\w+#&]|\.(?=\w))*(?:['’](?!\w))?|\.[^\W_]\w*|/|-")
_ELIDED = re.compile(r"\b([dl]|un|dell|all|nell|sull)['’]")
_DASH = re.compile(r"(?<!\w)[-–—]|[-–—](?!\w)")
_OR = frozenset(("ou", "oder", "bzw", "bzw.", "resp", "resp.", "or", "o"))
_BETWEEN = _OR | {"-"}


@lru_cache(maxsize=65536)
def neutral(title: str, lang: str | None = None) -> str:
    """Return the form of a title that stands for everybody, in small letters.

    What comes out goes in unchanged: `neutral(neutral(t)) == neutral(t)`.
    """
    text = without_placeholders(title)
    for _ in range(_PASSES):
        before = text
        text = _GENDERS.sub(" ", unicodedata.normalize("NFC", text))
        text = _CAPITAL_IN.sub("in", text).lower()
        for pattern, to in _DOUBLED:
            text = pattern.sub(to, text)
        languages = _languages(text, lang)
        sides: list[list[str]] = [[]]
        for word in _TOKEN.findall(_ELIDED.sub(r"\1' ", _DASH.sub(" ", text)).replace("–", "-")):
            if word == "/":
                sides.append([])
            else:
                sides[-1].append(word)
        text = " ".join(_merged([_agreeing(side, languages) for side in sides if side]))
        text = text.replace(" - ", "-")
        if text == before:
            break
    return text


def _languages(text: str, lang: str | None) -> tuple[Endings, ...]:
    """Return the languages in the order in which they are asked; the first is the title's own."""
    words = set(re.findall(r"\w+'?", text.replace("’", "'")))
    marks = {
        name: len(words & endings(name).marks) + bool(endings(name).letters & set(text))
        for name in ORDER
    }
    best = max(marks.values())
    leading = [name for name in ORDER if best and marks[name] == best]
    hint = [name for name in ORDER if name == lang and (not leading or name in leading)]
    first = hint or leading[:1]
    return tuple(endings(name) for name in dict.fromkeys((*first, *ORDER)))


def _agreeing(tokens: Sequence[str], languages: Sequence[Endings]) -> list[str]:
    """Bring each word to its form for everybody, and the adjectives about it."""
    own, out = languages[0], list(tokens)
    in_zone, is_first = False, True
    for place, token in enumerate(tokens):
        if token in _BETWEEN:
            is_first = token in _OR
            continue
        if token in own.stop or token.endswith("'"):
            in_zone = False
            continue
        if token in own.feminine:
            in_zone, is_first = False, False
            continue
        form = _person(token, tuple(each.lang for each in languages), is_first)
        if form == token and in_zone and not own.keeps(token):
            form = _changed(token, own.after) or token
        if form != token:
            # the adjectives before a noun agree with its form
            for earlier in range(place - 1, max(-1, place - 1 - _ADJECTIVES), -1):
                changed = _changed(out[earlier], own.before)
                if changed is None or out[earlier] in own.stop:
                    break
                out[earlier] = changed
        out[place] = form
        in_zone = is_first or form != token or (in_zone and not own.keeps(token))
        is_first = False
    return out


@lru_cache(maxsize=262144)
def _person(word: str, langs: tuple[str, ...], is_first: bool) -> str:
    """Return the form of one word; the title's own language first, then what is safe in others."""
    languages = [endings(lang) for lang in langs]
    for _ in range(_PASSES):
        if any(known.keeps(word) for known in languages):
            break
        before = word
        for at, known in enumerate(languages):
            is_own = at == 0 and (is_first or not known.own_first_only)
            form = _changed(word, known.endings) or (_changed(word, known.own) if is_own else None)
            if form:
                word = form
                break
        if before == word:
            break
    return word


def _changed(word: str, pairs: Pairs) -> str | None:
    """Return the word with its longest known ending changed, if something stands before it."""
    for start in range(max(0, len(word) - LONGEST_ENDING), len(word)):
        new = pairs.get(word[start:])
        if new is not None and (start >= _SHORTEST or (not start and len(word) > _SHORTEST + 1)):
            return word[:start] + new
    return None


def _merged(sides: Sequence[list[str]]) -> list[str]:
    """Join the sides of slashes, and of an «or»: what both say is said once."""
    tokens: list[str] = []
    for side in sides:
        tokens.extend(side[_shared(tokens, side) :])
    for place, token in enumerate(tokens):
        if token in _OR:  # «chef ou chef de projet» is one
            left = tokens[max(0, place - _SHARED) : place]
            if size := _shared(left, tokens[place + 1 : place + 1 + _SHARED]):
                return tokens[:place] + tokens[place + 1 + size :]
    return tokens


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    """Return with how many words the left ends with which the right begins."""
    most = min(len(right), _SHARED)
    return next((n for n in range(most, 0, -1) if left[-n:] == right[:n]), 0)


@lru_cache(maxsize=262144)
def neutral_word(word: str, lang: str | None = None) -> str:
    """Return the form for everybody of one word of a running text, in small letters."""
    first = [lang] if lang in ORDER else []
    return _person(word.lower(), tuple(dict.fromkeys((*first, *ORDER))), False)
