"""The fact guard: what does a draft say that the member did not?

It compares a draft with the member's own words and reports figures, names, places, employers,
degrees, roles, prizes, languages, dates, links and quotations that are not in them; figures that
are tied to something else than there; repetition; another language; talk of the machine itself.
It reads words and not meanings: what it lets pass can still be untrue, so that a person must read
every draft. What it can't compare across languages (to what a figure belongs) it does not check.

Cross-language facts hold: `30 Prozent` covers `30%`, `dottorato` covers `PhD`.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

from vanne.folding import fold
from vanne.screening import PLACEHOLDER
from vanne.terms import LANGUAGES
from vanne_assist.writing.figures import Figure, figures
from vanne_assist.writing.lexicon import Lexicon, claims, lexicon, talk
from vanne_assist.writing.names import is_inflected, names
from vanne_assist.writing.prompts import PROMPTS, prompt
from vanne_assist.writing.tokens import Token, sentences, stem, tokens

_LINK = re.compile(
    r"https?://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.\w[\w.]*|(?<![\w@])@\w+"
    r"|(?<![\w-])\w[\w-]{0,62}\.(?:com|ch|fr|de|it|org|net|io)\b|(?<!\w)\+?\d[\d ./()-]{7,}\d",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"[«“„\"]([^«»“”„\"\n]{12,})[»”“\"]")
MOST_FINDINGS = 500
"""A draft of which more is found is no better for the rest being named."""
_MOST_FIGURES, _MOST_FACTS = 30, 50
"""Of a sentence, and about one figure: more are not weighed."""
_RUN = 4
_ECHO = 5
"""So many words of a prompt in a row are no accident."""
_LEAST_OWN_WORDS, _LEAST_OWN_SHARE = 2, 1 / 8
"""How many words with a meaning, and which share of them, a draft has of the member's. The poorest
honest draft of our cases has two, and 17 %; four that held nothing of anybody had one at most."""
_MOST_REPEATED = 0.15
_LEAST_FUNCTION_WORDS = 6


class Kind(StrEnum):
    """What a finding is about."""

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    EMPLOYER = "employer"
    PLACE = "place"
    DEGREE = "degree"
    ROLE = "role"
    AWARD = "award"
    EVENT = "event"
    LANGUAGE = "language"
    RELATION = "relation"
    LINK = "link"
    QUOTE = "quote"
    REPETITION = "repetition"
    OTHER_LANGUAGE = "other-language"
    TALK = "talk"
    COPIED = "copied"
    RATING = "rating"
    UNSUPPORTED = "unsupported"
    NOT_OWN = "not-own"
    EMPTY = "empty"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a draft that speaks against it, and where (start and end in characters)."""

    kind: Kind
    said: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Source:
    """Words that a member stands by: an answer (`answer:result`) or an item of their own."""

    name: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a draft may say."""

    sources: tuple[Source, ...]

    @property
    def text(self) -> str:
        """The words, one source a line."""
        return "\n".join(source.text for source in self.sources)


def check_whole(draft: str, ground: Ground, lang: str) -> tuple[Finding, ...]:
    """Return what speaks against a draft that has ended: also that little in it is the member's."""
    own = own_words(draft, ground, lang)
    enough = min(_LEAST_OWN_WORDS, own_words(ground.text, ground, lang).different)
    if own.different >= max(enough, 1) and own.share >= _LEAST_OWN_SHARE:
        return check(draft, ground, lang)
    finding = Finding(Kind.NOT_OWN, f"{own.own}/{own.words}", (0, len(draft)))
    return *check(draft, ground, lang), finding


def check(draft: str, ground: Ground, lang: str) -> tuple[Finding, ...]:
    """Return what speaks against the beginning of a draft, in the order in which it stands."""
    if not tokens(draft):
        return (Finding(Kind.EMPTY, "", (0, len(draft))),)
    words = lexicon(lang)
    said = {fold(t) for source in ground.sources for t in _words(source.text)}
    known = said | {fold(word) for word in _claimed(draft, lang)} | set(words.unit_words)
    found = [
        *_links(draft, ground),
        *_quotes(draft, ground),
        *(Finding(Kind.TALK, m[0].strip(), m.span()) for m in talk().finditer(draft)),
        *(Finding(Kind.TALK, m[0], m.span()) for m in PLACEHOLDER.finditer(draft)),
        *_echoes(draft, ground),
        *_claims(draft, ground, lang, said),
        *_figures(draft, ground, words),
        *(Finding(Kind(n.kind), n.said, n.span) for n in names(draft, known, words)),
        *_repeated(draft),
        *_other_language(draft, lang),
    ]
    return tuple(_outermost(found[:MOST_FINDINGS]))


def _words(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


def _outermost(found: list[Finding]) -> list[Finding]:
    """Say each place once: a link is not also a name and a figure."""
    kept: list[Finding] = []
    for each in found:
        start, end = each.span
        if not any(k.span[0] <= start and end <= k.span[1] and k.span != each.span for k in kept):
            kept.append(each)
    return sorted(dict.fromkeys(kept), key=lambda each: each.span)


def _echoes(draft: str, ground: Ground) -> Iterator[Finding]:
    """Find runs of words of our own prompts: a model that says what it was told writes no post."""
    found, own = tokens(draft), _runs(tokens(ground.text))
    for at in range(len(found) - _ECHO + 1):
        run = tuple(token.folded for token in found[at : at + _ECHO])
        if run in _prompt_runs() and run not in own:
            span = found[at].start, found[at + _ECHO - 1].end
            yield Finding(Kind.TALK, draft[slice(*span)], span)
            return


def _runs(found: Sequence[Token]) -> frozenset[tuple[str, ...]]:
    said = [token.folded for token in found]
    return frozenset(tuple(said[at : at + _ECHO]) for at in range(len(said) - _ECHO + 1))


@cache
def _prompt_runs() -> frozenset[tuple[str, ...]]:
    texts = (text for name in PROMPTS for text in (prompt(name).system, prompt(name).user))
    return frozenset[tuple[str, ...]]().union(*(_runs(tokens(text)) for text in texts))


def _links(draft: str, ground: Ground) -> Iterator[Finding]:
    said = ground.text.casefold()
    for match in _LINK.finditer(draft):
        written = match[0].rstrip(".,;:!?)").casefold()
        if written not in said:
            yield Finding(Kind.LINK, match[0], match.span())


def _quotes(draft: str, ground: Ground) -> Iterator[Finding]:
    said = " ".join(fold(word) for word in _words(ground.text))
    for match in _QUOTE.finditer(draft):
        if " ".join(fold(word) for word in _words(match[1])) not in said:
            yield Finding(Kind.QUOTE, match[0], match.span())


def _claims(draft: str, ground: Ground, lang: str, known: Set[str]) -> Iterator[Finding]:
    """Find classes of claims that the ground has none of; a word of its own claims nothing new."""
    for claim in claims():
        said = (match for match in claim.every(draft, lang) if not _is_own(match[0], known))
        match = next(said, None)
        if match and not any(claim.find(source.text, None) for source in ground.sources):
            yield Finding(Kind(claim.kind), match[0].strip(), match.span())


def _is_own(said: str, known: Set[str]) -> bool:
    """Say whether a single word is one that the member said, up to an ending."""
    words = [fold(word) for word in _words(said)]
    return len(words) == 1 and (words[0] in known or is_inflected(words[0], known))


def _claimed(draft: str, lang: str) -> Iterator[str]:
    """Yield the words that claim something: they are judged as claims, and not as names."""
    for claim in claims():
        for match in claim.every(draft, lang):
            yield from _words(match[0])


def _figures(draft: str, ground: Ground, words: Lexicon) -> Iterator[Finding]:
    """Find figures that nobody gave, and given ones that are tied to something else."""
    units: dict[float, set[str | None]] = {}
    for source in ground.sources:
        for lang in dict.fromkeys((source.lang, words.lang)):
            for figure in figures(source.text, lang):
                for reading in figure.readings:
                    units.setdefault(reading, set()).add(figure.unit)
    for figure in figures(draft, words.lang):
        same = [units[reading] for reading in figure.readings if reading in units]
        said = draft[slice(*figure.span)]
        if not same:
            yield Finding(Kind.DATE if figure.is_year else Kind.FIGURE, said, figure.span)
        elif figure.unit is not None and not set().union(*same) & {figure.unit, None}:
            yield Finding(Kind.RELATION, said, figure.span)
    yield from _relations(draft, ground, words)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence as far as relations go."""

    stems: frozenset[str]
    figures: tuple[Figure, ...]
    direction: str | None
    goes: tuple[frozenset[float], frozenset[float]] | None
    span: tuple[int, int]


def _relations(draft: str, ground: Ground, words: Lexicon) -> Iterator[Finding]:
    """Find figures that stand with words of another fact, the other way round, or turned over."""
    given = [
        each
        for source in ground.sources
        if source.lang == words.lang
        for each in _read(source.text, words)
    ]
    every = frozenset[str]().union(*(each.stems for each in given))
    facts: dict[float, list[_Sentence]] = {}
    for each in given:
        for reading in {reading for figure in each.figures for reading in figure.readings}:
            facts.setdefault(reading, []).append(each)
    for said in _read(draft, words):
        for figure in said.figures[:_MOST_FIGURES]:
            homes = [home for f in figure.readings for home in facts.get(f, ())[:_MOST_FACTS]]
            if homes and not any(_agrees(said, home, every) for home in homes):
                start, end = figure.span
                yield Finding(Kind.RELATION, draft[start:end], figure.span)


def _agrees(said: _Sentence, home: _Sentence, every: frozenset[str]) -> bool:
    """Say whether a sentence can rest on a fact: same subject, same way, same order."""
    if said.direction and home.direction and said.direction != home.direction:
        return False
    if said.goes and home.goes and said.goes[0] & home.goes[1] and said.goes[1] & home.goes[0]:
        return False
    foreign = (said.stems & every) - home.stems
    return bool(said.stems & home.stems) or not foreign or not home.stems


def _read(text: str, words: Lexicon) -> list[_Sentence]:
    found, said = figures(text, words.lang), tokens(text)
    starts, begun = [token.start for token in said], [figure.span[0] for figure in found]
    return [
        _sentence(
            (start, end),
            tuple(found[bisect_left(begun, start) : bisect_left(begun, end)]),
            said[bisect_left(starts, start) : bisect_left(starts, end)],
            words,
        )
        for start, end in sentences(text)
    ]


def _sentence(
    span: tuple[int, int],
    inside: tuple[Figure, ...],
    whole: Sequence[Token],
    words: Lexicon,
) -> _Sentence:
    numeric = {place for f in inside for place in range(*f.span)}
    said = [token for token in whole if token.start not in numeric]
    folded = [token.folded for token in said]
    moves = words.up + words.down
    units = words.unit_words
    stems = frozenset(
        stem(word)
        for word in folded
        if len(word) > 3
        and word not in words.function
        and word not in units
        and not word.startswith(moves)
    )
    return _Sentence(stems, inside, words.direction(folded), _goes(whole, inside, words), span)


def _goes(
    said: Sequence[Token], found: Sequence[Figure], words: Lexicon
) -> tuple[frozenset[float], frozenset[float]] | None:
    """Return from what to what something went, if a sentence says so."""
    starts = [token.start for token in said]
    for one, other in pairwise(found):
        first = bisect_left(starts, one.span[0])
        after = said[bisect_left(starts, one.span[1]) : bisect_left(starts, other.span[0])]
        between = {token.folded for token in after}
        if first and said[first - 1].folded in words.from_words and between & words.to_words:
            return one.readings, other.readings
    return None


def supported(draft: str, ground: Ground, lang: str) -> float:
    """Return which share of the words with a meaning, by their stems, the ground holds as well."""
    words = _meaningful(draft, lang)
    known = {stem(token.folded) for token in tokens(ground.text)}
    return sum(stem(word.folded) in known for word in words) / len(words) if words else 1.0


@dataclass(frozen=True, slots=True)
class OwnWords:
    """How many words with a meaning a draft has, how many of them are the member's, and how many
    different ones."""

    words: int
    own: int
    different: int

    @property
    def share(self) -> float:
        """Which share is the member's; all of nothing."""
        return self.own / self.words if self.words else 1.0


def own_words(draft: str, ground: Ground, lang: str) -> OwnWords:
    """Count the words with a meaning that the ground holds too, by their stems.

    Figures of the same value and claims of the same class count as the same word, also in another
    language.
    """
    known = {stem(token.folded) for token in tokens(ground.text)}
    given = {
        reading
        for source in ground.sources
        for spoken in dict.fromkeys((source.lang, lang))
        for figure in figures(source.text, spoken)
        for reading in figure.readings
    }
    spans = [f.span for f in figures(draft, lang) if f.readings & given]
    for claim in claims():
        if any(claim.find(source.text, None) for source in ground.sources):
            spans += [match.span() for match in claim.every(draft, lang)]
    covered = {place for span in spans for place in range(*span)}
    numbers = [token for token in tokens(draft) if token.text.isdigit() and len(token.text) < 4]
    words = [*_meaningful(draft, lang), *numbers]
    own = [stem(w.folded) for w in words if stem(w.folded) in known or w.start in covered]
    return OwnWords(len(words), len(own), len(set(own)))


def _meaningful(text: str, lang: str) -> list[Token]:
    function = lexicon(lang).function
    return [t for t in tokens(text) if len(t.folded) > 3 and t.folded not in function]


def _repeated(draft: str) -> Iterator[Finding]:
    """Find runs of words that come again: three times, or in a large share of the draft."""
    found = tokens(draft)
    runs = [tuple(t.folded for t in found[n : n + _RUN]) for n in range(len(found) - _RUN + 1)]
    counts = Counter(runs)
    again = sum(count - 1 for count in counts.values())
    worst = max(counts.values(), default=0)
    if worst >= 3 or (runs and again / len(runs) > _MOST_REPEATED):
        first = next(n for n, run in enumerate(runs) if counts[run] > 1)
        span = found[first].start, found[first + _RUN - 1].end
        yield Finding(Kind.REPETITION, draft[slice(*span)], span)


def _other_language(draft: str, lang: str) -> Iterator[Finding]:
    found = language_of(draft)
    if found and found != lang:
        yield Finding(Kind.OTHER_LANGUAGE, found, (0, len(draft)))


def language_of(text: str) -> str | None:
    """Return the language of a text by its little words; None if it has too few of them to tell.

    >>> language_of("Nous avons vu que les gens sont là pour eux et pour vous"), language_of("Rust")
    ('fr', None)
    """
    folded = [token.folded for token in tokens(text)]
    counts = {lang: sum(w in lexicon(lang).function for w in folded) for lang in LANGUAGES}
    best = max(counts, key=lambda lang: counts[lang])
    others = max(count for lang, count in counts.items() if lang != best)
    if counts[best] < _LEAST_FUNCTION_WORDS or counts[best] < 1.3 * others:
        return None
    return best
