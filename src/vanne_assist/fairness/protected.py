"""Find what a brief asks that the law protects, and suggest a lawful wording.

The protected attributes are those of article 21 of the EU's charter, directives 2000/43, 2000/78
and 2006/54, article 8 of the Swiss constitution, and the national laws that add union, appearance
or family. A brief asks for an attribute openly («women only»), or by a proxy that selects the same
people: a native language for an origin, «digital native» for an age. The phrases are data, a file
for each language; all four languages are read whatever the language of the brief. Harmless phrases
that look alike («gender studies», «Old Street», an equal-opportunity clause) are data too. A title
in one gender is usual in German, French and Italian, so it does not count as an ask.

>>> asks = protected_asks("Rust engineer, native Russian")
>>> [(ask.attribute.value, ask.said, ask.lawful) for ask in asks]
[('origin', 'native Russian', 'speaks Russian, C1')]
>>> protected_asks("gender studies researcher, cloud native stack")
()
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from vanne.folding import fold
from vanne.terms import LANGUAGES
from vanne.words import Message
from vanne_assist.shipped import table


class Attribute(StrEnum):
    """What of a person may not be asked for."""

    SEX = "sex"
    AGE = "age"
    ORIGIN = "origin"
    NATIONALITY = "nationality"
    RELIGION = "religion"
    DISABILITY = "disability"
    HEALTH = "health"
    PREGNANCY = "pregnancy"
    FAMILY = "family"
    ORIENTATION = "orientation"
    UNION = "union"
    POLITICS = "politics"
    APPEARANCE = "appearance"

    @property
    def reason(self) -> Message:
        """Why asking for it is stopped: a message of `vanne_assist.messages`."""
        return Message(f"asks-{self.value}")

    @property
    def instead(self) -> Message:
        """How to ask for what the work needs, where no words of the brief can be kept."""
        return _INSTEAD.get(self, Message("leave-ask-out"))

    @property
    def law(self) -> str:
        """Where the law protects it, by country.

        >>> Attribute.SEX.law
        'CH: GlG/LEg art. 3 · DE: AGG §§ 1, 7, 11 · FR: Code du travail L1132-1, L1142-1 · \
IT: D.lgs. 198/2006 art. 27 · GB: Equality Act 2010 s. 11, 39 · EU: 2006/54/EC art. 14'
        """
        return " · ".join(
            f"{where}: {what}" for where, what in table("fairness", "law")[self].items()
        )


_WORK = Message("instead-work")
_ORIGIN = Message("instead-origin")
_INSTEAD = {
    Attribute.SEX: Message("instead-sex"),
    Attribute.AGE: Message("instead-age"),
    Attribute.ORIGIN: _ORIGIN,
    Attribute.NATIONALITY: _ORIGIN,
    Attribute.DISABILITY: _WORK,
    Attribute.HEALTH: _WORK,
    Attribute.PREGNANCY: _WORK,
    Attribute.FAMILY: _WORK,
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a brief asks that the law protects.

    `span` is where (start and end in characters of the brief), `said` the words there, `lawful` how
    to ask for what the work needs instead, in the language of those words; None if there is none.
    `keeps_role` says that `lawful` begins with the work that `said` names.
    """

    attribute: Attribute
    span: tuple[int, int]
    said: str
    lawful: str | None
    keeps_role: bool = False

    @property
    def reason(self) -> Message:
        """Why it is stopped."""
        return self.attribute.reason


_Core = tuple[Ask, tuple[int, int]]
"""An ask, and the span that does the asking."""


def protected_asks(text: str) -> tuple[Ask, ...]:
    """Return what a brief asks that the law protects, in the order of the brief.

    Of asks that overlap the longest stands: «native German speaker» is one ask. Asks overlap if
    they are of one attribute and share letters, or if one lies in what the other asks without the
    role that it keeps.
    """
    return _longest(each for each, is_spared in _asks(text) if not is_spared)


def spared_asks(text: str) -> tuple[Ask, ...]:
    """Return what a brief asks that stops nothing: by its own words it is lawful.

    >>> [ask.said for ask in spared_asks("Nurse at the refuge, by law women only")]
    ['women only']
    """
    return _longest(each for each, is_spared in _asks(text) if is_spared)


def _asks(text: str) -> Iterator[tuple[_Core, bool]]:
    """Yield each ask of the rules, and whether it is spared."""
    folded = FoldedText.of(text)
    lexicons = [_lexicon(lang) for lang in (*LANGUAGES, "any")]
    trapped = bytearray(len(folded.text))
    for _, patterns in lexicons:
        for trap in patterns:
            for match in trap.finditer(folded.text):
                _mark(trapped, *match.span())
    lawful, measures = bytearray(len(text)), bytearray(len(text))
    for spared in lawful_spans(text):
        _mark(lawful, *spared)
    for spared in measure_spans(text):
        _mark(measures, *spared)
    for rule in (rule for rules, _ in lexicons for rule in rules):
        for match in rule.pattern.finditer(folded.text):
            start, end = match.span()
            if start == end or trapped.find(1, start, end) >= 0:
                continue
            span = core = folded.span(start, end)
            if "role" in match.re.groupindex:
                a, b = folded.span(*match.span("role"))
                core = (span[0], a) if b == span[1] else (b, span[1])
            wording = _lawful(folded, rule, match)
            if wording and names_a_sex(wording):
                wording = None  # «jeune femme» is no «femme»
            keeps = wording is not None and bool(_ROLE.search(rule.lawful or ""))
            ask = Ask(rule.attribute, span, text[slice(*span)], wording, keeps)
            is_measure = bool(measures[span[0]]) and not _grammar().refusal.search(match[0])
            yield (ask, core), bool(lawful[span[0]]) or is_measure


def _longest(found: Iterable[_Core]) -> tuple[Ask, ...]:
    """Return the asks that lie in no longer one; each letter is marked once for an attribute."""
    asks = sorted(found, key=lambda each: (each[0].span[0] - each[0].span[1], each[0].span[0],
                                           each[0].lawful is None))  # fmt: skip
    size = max((ask.span[1] for ask, _ in asks), default=0) + 1
    taken = {each: bytearray(size) for each in {ask.attribute for ask, _ in asks}}
    reach = [0] * size
    longest: list[Ask] = []
    for ask, (a, b) in asks:
        start, end = ask.span
        if taken[ask.attribute].find(1, start, end) >= 0 or reach[start] >= end:
            continue
        _mark(taken[ask.attribute], start, end)
        reach[a:b] = [max(b, each) for each in reach[a:b]]
        longest.append(ask)
    return tuple(sorted(longest, key=lambda ask: (ask.span, ask.attribute)))


def _mark(letters: bytearray, start: int, end: int) -> None:
    letters[start:end] = b"\x01" * (end - start)


def reworded(text: str, asks: Sequence[Ask]) -> str:
    """Return the brief with each ask in its lawful wording, or without it where there is none.

    In a clause that goes on, the work stays in its place and the rest follows the clause. Such a
    wording may be no sentence, or ask in other words: `wording.offered` looks.

    >>> brief = "Rust, native Russian, women only"
    >>> reworded(brief, protected_asks(brief))
    'Rust, speaks Russian, C1'
    >>> brief = "une jeune vendeuse de moins de 30 ans à Nyon"
    >>> reworded(brief, protected_asks(brief))
    'une vendeuse à Nyon'
    """
    pieces, done = [], 0
    for start, end in _clauses(text, asks):
        inside = [ask for ask in asks if start <= ask.span[0] < end]
        pieces += [text[done:start], _without(text, (start, end), inside)]
        done = end
    lawful = re.sub(r"[ \t]{2,}", " ", "".join([*pieces, text[done:]]))
    lawful = re.sub(r"\([\s,;.]*\)", "", lawful)
    lawful = re.sub(r"[ \t]+(?=[,;.])|(?:[,;][ \t]*)+(?=[,;.])", "", lawful).strip(" ,;\t\n")
    left = protected_asks(lawful)
    return reworded(lawful, left) if left and lawful != text else lawful


def _clauses(text: str, asks: Sequence[Ask]) -> Iterator[tuple[int, int]]:
    """Yield where the clauses are that ask; those that one ask joins are one."""
    spans = [match.span() for match in _CLAUSE.finditer(text) if match[0].strip()]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans + [ask.span for ask in asks]):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    starts = [ask.span[0] for ask in asks]
    return (span for span in joined if any(span[0] <= start < span[1] for start in starts))


def _without(text: str, span: tuple[int, int], asks: Sequence[Ask]) -> str:
    """Return a clause with its asks reworded, and without the small words that led to them."""
    words, rest, done = "", list[str](), span[0]
    for ask in sorted(asks, key=lambda ask: ask.span):
        start, end = ask.span
        if start < done:
            continue
        words += text[done:start]
        head, mark, more = (ask.lawful or "").partition(", ") if ask.keeps_role else ("", "", "")
        if head:
            words += _with_article(ask.said, head)
        else:
            words = _grammar().leads.sub("", words)
        rest.append(more if mark else "" if head else ask.lawful or "")
        done = end
    tail = text[done : span[1]]
    is_led = bool(_grammar().led.match(tail))
    if is_led and (not _LONG_WORD.search(words) or names_a_sex(asks[-1].said)):
        words = tail = ""  # «nous cherchons [une femme] pour notre boutique»
    words += tail
    if not _LONG_WORD.search(_grammar().leads.sub("", words)):
        words = " " if text[span[0]].isspace() else ""
    if not words.strip():
        return words + ", ".join(dict.fromkeys(filter(None, rest)))
    return ", ".join([words.rstrip(), *dict.fromkeys(filter(None, rest))])


def _with_article(said: str, role: str) -> str:
    """Return a role with the article of the words in which it is.

    >>> _with_article("a young engineer", "engineer"), _with_article("un giovane cuoco", "cuoco")
    ('an engineer', 'un cuoco')
    """
    article = said.partition(" ")[0]
    if fold(article) not in _grammar().articles:
        return role
    is_open = fold(role)[0] in "aeiou"
    if fold(article) in ("a", "an"):
        article = "an" if is_open else "a"
    elif is_open and fold(article) in ("de", "una"):
        return f"d'{role}" if fold(article) == "de" else f"un'{role}"
    elif fold(article) == "un" and re.match("s[^aeiou]|z|gn|ps", fold(role)):
        return role  # «uno studente», «un spécialiste»
    return f"{article} {role}"


# The lexicon


@dataclass(frozen=True, slots=True)
class AskRule:
    """One way of asking: a pattern of the lexicon, and how to put it lawfully."""

    attribute: Attribute
    pattern: re.Pattern[str]
    lawful: str | None
    classes: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text with one space for many.

    `places[i]` is where its letter i stands in the original.

    >>> folded = FoldedText.of("Straße  «Élan»")
    >>> folded.text, folded.span(8, 14)
    ('strasse "elan"', (8, 14))
    """

    original: str
    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "FoldedText":
        """Fold a text letter by letter: `ß` becomes two letters of one place."""
        letters: list[str] = []
        places: list[int] = []
        for place, letter in enumerate(text):
            for plain in " " if letter.isspace() else fold(letter):
                if plain == " " and letters and letters[-1] == " ":
                    continue
                letters.append(plain)
                places.append(place)
        return cls(text, "".join(letters), tuple(places))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of a span that is not empty."""
        return self.places[start], self.places[end - 1] + 1


_SENTENCE = re.compile(r"(?:[^.!?;\n]|[.!?](?!\s+\W*[^\W\d_a-zß-ÿ]))+")
"""Up to a mark that a capital letter follows: the law is cited as «L. 68/99»."""
_CLAUSE = re.compile(r"(?:[^,.;:!?()\n–—]|(?<=\w)[.,](?=\w))+")

_ROLE = re.compile(r"\{(?:role|title)\}")
_LONG_WORD = re.compile(r"\w{4,}")


def lawful_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where nothing is an ask: clauses that the law frames, or in which all are equal.

    «Peu importe» between two marks speaks of the clause before it. A clause that takes somebody
    out, keeps in or prefers leaves nobody equal.
    """
    words, before, was_even = _grammar(), (0, 0), False
    for match in _CLAUSE.finditer(text):
        clause = FoldedText.of(match[0]).text
        rest = words.indifferent.sub(" ", clause)
        is_even = not words.choice.search(rest)
        if words.framed.search(clause) or (is_even and words.equal.search(clause)):
            yield match.span()
        if rest != clause and was_even and not _LONG_WORD.search(words.trait.sub(" ", rest)):
            yield before
        if clause.strip():
            before, was_even = match.span(), is_even


def measure_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences that speak of a measure for people who are disadvantaged."""
    for match in _SENTENCE.finditer(text):
        if _grammar().measure.search(FoldedText.of(match[0]).text):
            yield match.span()


def names_a_sex(text: str) -> bool:
    """Say whether a text looks for a man or a woman by the bare word, such as «Frau für Lager»."""
    return bool(_grammar().sex.search(FoldedText.of(text).text))


def classes_in(text: str) -> list[bool]:
    """Return for each class of words of the grammar whether one of them stands in a text."""
    folded = FoldedText.of(text).text
    return [bool(words.search(folded)) for words in _grammar().classes]


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The classes of words of any language, and what tells a lawful clause."""

    classes: tuple[re.Pattern[str], ...]
    framed: re.Pattern[str]
    measure: re.Pattern[str]
    indifferent: re.Pattern[str]
    trait: re.Pattern[str]
    equal: re.Pattern[str]
    refusal: re.Pattern[str]
    choice: re.Pattern[str]
    leads: re.Pattern[str]
    led: re.Pattern[str]
    sex: re.Pattern[str]
    articles: frozenset[str]


@cache
def _grammar() -> _Grammar:
    data = table("fairness", "lexicon", "any")
    words, lawful = data["words"], data["lawful"]
    even, trait, gap = lawful["indifferent"], lawful["trait"], r"(?:[a-z']+ ){0,4}"
    keeps = f"{words['neg']}|{words['only']}"
    patterns = {
        **lawful,
        "equal": f"(?:{even}) {gap}(?:{trait})|(?:{trait}) {gap}(?:{even})",
        "refusal": f"{keeps}|{lawful['refusal']}",
        "choice": f"{keeps}|{words['prefer']}|{words['after']}",
    }
    classes = (_compiled(each, {}) for name, each in words.items() if name not in {"pgap", "ngap"})
    small = data["small"]
    return _Grammar(
        tuple(classes),
        **{name: _compiled(each, {}) for name, each in patterns.items()},
        leads=re.compile(rf"(?:(?<!\w)(?:{small['leads']}|{words['neg']})\s*)+$", re.IGNORECASE),
        led=re.compile(rf"\s*(?:{small['leads']})(?!\w)", re.IGNORECASE),
        sex=_compiled(words["sex"], {}),
        articles=frozenset(small["articles"].split("|")),
    )


def _lawful(folded: FoldedText, rule: AskRule, match: re.Match[str]) -> str | None:
    """Fill the lawful wording with what was matched; None if there is nothing to fill it with."""
    if rule.lawful is None:
        return None
    values: dict[str, str] = {}
    for name in re.findall(r"\{([a-z]+)\}", rule.lawful):
        if name not in match.re.groupindex or match[name] is None:
            return None
        plain = (key for key, words in rule.classes.get(name, {}).items()
                 if re.fullmatch(words, match[name]))  # fmt: skip
        said = folded.original[slice(*folded.span(*match.span(name)))]
        values[name] = next(plain, "") or said
    return rule.lawful.format(**values)


@cache
def _lexicon(lang: str) -> tuple[tuple[AskRule, ...], tuple[re.Pattern[str], ...]]:
    data = table("fairness", "lexicon", lang)
    words = {
        name: {key: _compilable(value) for key, value in entry.items()}
        if isinstance(entry, dict)
        else {"": _compilable(entry)}
        for name, entry in data["words"].items()
    }
    rules = tuple(
        AskRule(Attribute(ask["attribute"]), _compiled(pattern, words), ask.get("lawful"), words)
        for ask in data["ask"]
        for pattern in ask["patterns"]
    )
    return rules, tuple(_compiled(pattern, words) for pattern in data["traps"]["patterns"])


_PIECES = re.compile(r"\[[^\]]*\]|\(\?<[=!][^)]*\)|\{[a-z]+\}| |[^ \[({]+|[({]")
"""A class of letters, a look-behind, a class of words, a space, anything else."""


def _compilable(pattern: str) -> str:
    """Fold a pattern like the text, and let a space stand for spaces or hyphens."""
    folded = FoldedText.of(pattern).text
    spaced = _PIECES.sub(lambda m: "(?:[ -]{1,3})" if m[0] == " " else m[0], folded)
    return spaced.replace("(?p<", "(?P<")


def _compiled(pattern: str, words: dict[str, dict[str, str]]) -> re.Pattern[str]:
    """Compile a pattern of the lexicon, for whole words only.

    The first time that a class of words stands in it, it is a group of that name.
    """
    named: set[str] = set()

    def alternatives(match: re.Match[str]) -> str:
        name = match[1]
        group = "(?:" if name in named else f"(?P<{name}>"
        named.add(name)
        return group + "|".join(words[name].values()) + ")"

    whole = re.sub(r"\{([a-z]+)\}", alternatives, _compilable(pattern))
    return re.compile(rf"(?<!\w)(?:{whole})(?!\w)")
