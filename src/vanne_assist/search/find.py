"""Find people for a brief: filter by consent, then by required criteria, then rank.

People who may not be shown are removed before anything is counted. A criterion that must be met, or
must not, is an exact filter for people with a fact about it. People without such a fact stay, and
are shown as unknown. Who has nothing of a brief is not shown: no title near it, no word of it, no
criterion met, not even in part. The score is the sum of three parts, which are shown: how near a
person's title is in meaning, by half nearer if it is what is asked; the share of the brief's words
that they have, or whose criterion they meet, at half the weight; and the share of the criteria that
are met.

A score is a function of the brief and of the person alone. So nobody's score or order moves when
somebody else comes or leaves. Equal scores are ordered by a keyed hash, so that nobody is first
because of their name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from vanne.errors import UsageError
from vanne.folding import fold
from vanne.terms import MemberId
from vanne_assist.brief.criteria import OF_WORK, Brief, Criterion, Kind, Profile, State, together
from vanne_assist.brief.judge import (
    MET,
    NOT_MET,
    PARTLY,
    STATES,
    UNKNOWN,
    is_occupation,
    occupations_of,
)
from vanne_assist.brief.lexicon import book
from vanne_assist.search.encoder import best, embed, one_thread
from vanne_assist.search.fact_table import Codes
from vanne_assist.search.index import Index
from vanne_assist.search.words import Floats
from vanne_assist.titles import neutral

WORDS_WEIGHT = 0.5
"""Words count half of meaning: they find one language only."""
FAR = 0.25
"""Below this cosine a title says nothing of the work that is sought: of 177 briefs that others
wrote, none lost the person whom it should find, and lists of 14 people became lists of 6."""
FARTHEST = 0.1
"""Below this cosine nobody is shown for a place or a language alone: of 177 briefs two lost their
person, and lists of 6 people became lists of 4."""
MOST = 1000
"""So many people at most are returned at once."""
SHOWN_AS = 1e4
"""Scores are equal if they are to four places, as they are shown: sums of floats differ beyond."""
PARTLY_WEIGHT = 0.5
"""What is met in part counts half."""
NEAR = 0.4
"""The cosine from which a title stands for another, where the lexicon does not know both. Between
those of one occupation in two languages it was 0.4 to 0.98."""
NEAR_OTHER = 0.7
"""The same, of two that name other occupations: «data engineer» and «data scientist» had 0.91,
«nurse» and «general practitioner» 0.49, «Pflegefachmann» and «maintenance technician» 0.35."""
NEAR_SAME = 0.6
"""The cosine from which two titles of one occupation are translations of each other: «maintenance
technician» had 0.98 with «technicien de maintenance», 0.69 with «Instandhaltungstechniker», 0.17
with «laboratory technician»."""
_LEADS = frozenset({"head"})
"""The occupation of who leads: of such a title it counts what is led."""
RANKS = frozenset({Kind.TITLE, Kind.WORDS})
"""Kinds that put people in order and keep nobody out: of a hundred people with the right title 13
to 16 call it otherwise."""
MEASURED = frozenset({Kind.PLACE, Kind.YEARS, Kind.LANGUAGE, Kind.EDUCATION})
"""Kinds of which a part is less than what is required; eight years are a senior's as a rule."""
_MEANT = frozenset({Kind.TITLE, Kind.SKILL, Kind.SENIORITY, Kind.INDUSTRY, Kind.WORDS})
_NOT_WORDS = frozenset({Kind.PLACE, Kind.LANGUAGE, Kind.YEARS, *OF_WORK})


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who was found, with the parts of their score and how they stand to each criterion.

    A state is about what the criterion says, whatever its force: `met` of one that must not be
    would have kept them out.
    """

    member_id: MemberId
    score: float
    meaning: float
    words: float
    criteria: float
    states: tuple[State, ...]
    profile: Profile

    @property
    def parts(self) -> dict[str, float]:
        """Return what the score is the sum of, by name."""
        return {"meaning": self.meaning, "words": self.words, "criteria": self.criteria}


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found. `shown` may be found at all, `passed` met what must be.

    `nearly` is how many were kept out by what they meet in part. `without` says of each criterion
    that is required or excluded, by its place in the brief, how many more it alone keeps out: of
    alternatives the first stands for all. `is_stale` says that the corpus has a later version than
    the index.
    """

    hits: tuple[Hit, ...]
    shown: int
    passed: int
    nearly: int
    without: tuple[tuple[int, int], ...]
    offset: int
    index: str
    as_of: datetime
    is_stale: bool


def find(
    index: Index, brief: Brief, *, count: int = 20, offset: int = 0, partly: bool = False
) -> Results:
    """Find the people who answer a brief best; `partly`: those who meet a part of what is required.

    Raises:
        UsageError: the count or the offset is out of range.
    """
    if not (0 < count <= MOST and offset >= 0):
        raise UsageError(f"the count is 1 to {MOST}, the offset 0 or more", todo="give others")
    shown = index.shown()
    nearby = nearness(index, brief)
    states = states_of(index, brief, nearby)
    # of alternatives the one that is met best counts
    groups: list[tuple[int, Criterion, Codes]] = [
        (places[0], brief.criteria[places[0]], np.maximum.reduce([states[at] for at in places]))
        for places in together(brief.criteria)
    ]
    missed, kept_out = np.zeros(len(shown), np.int16), ~shown
    failing = []
    for place, asked, codes in groups:
        if asked.force == "nice" or (asked.kind in RANKS and asked.force == "must"):
            continue
        out = codes == (MET if asked.force == "not" else NOT_MET)
        in_part = (codes == PARTLY) & (asked.force == "must" and asked.kind in MEASURED)
        missed += out | in_part
        kept_out |= out
        failing.append((place, out | in_part))
    words = _words(index, brief, states)
    meaning = index.best_title(np.clip(nearby[_form(meant(brief), brief)], 0, 1), 0)
    for _, asked, codes in groups:
        if _is_wanted_title(asked):  # a translation of what is asked is nearer than it looks
            meaning = np.where(codes == MET, (1 + meaning) / 2, meaning)
            break
    wanted = [(asked, codes) for _, asked, codes in groups if asked.force != "not"]
    met, fits = np.zeros(len(shown), np.float32), meaning >= FAR
    for asked, codes in wanted:
        met += (codes == MET) + np.float32(PARTLY_WEIGHT) * (codes == PARTLY)
        if asked.kind in _MEANT:
            fits |= (codes == MET) | (codes == PARTLY)
    met /= max(len(wanted), 1)
    able = shown
    if any(asked.kind in _MEANT for asked, _ in wanted):
        able = shown & (fits | (words > 0) | ((met > 0) & (meaning >= FARTHEST)))
    passed, close = able & (missed == 0), able & ~kept_out & (missed > 0)
    alone = able & (missed == 1)
    without = tuple((place, int(np.count_nonzero(alone & fails))) for place, fails in failing)
    rows = np.flatnonzero(close if partly else passed)
    parts = (meaning[rows], words[rows] * np.float32(WORDS_WEIGHT), met[rows])
    total = sum(parts, np.zeros(len(rows), np.float32))
    shown_as = np.floor(total * np.float32(SHOWN_AS) + 0.5)
    order = best(shown_as, count + offset, index.tie[rows])[offset:]
    found = index.profiles(rows[order].tolist())
    hits = []
    for at, row in zip(order.tolist(), rows[order].tolist(), strict=True):
        near, said, share = (round(float(part[at]), 4) for part in parts)
        if row in found:
            judged = tuple(STATES[int(codes[row])] for codes in states)
            score = round(float(total[at]), 4)
            hits.append(Hit(index.member(row), score, near, said, share, judged, found[row]))
    return Results(
        hits=tuple(hits),
        shown=int(np.count_nonzero(shown)),
        passed=len(rows),
        nearly=int(np.count_nonzero(close)),
        without=without,
        offset=offset,
        index=index.made.sha256[:16],
        as_of=index.as_of,
        is_stale=index.is_stale(),
    )


def states_of(index: Index, brief: Brief, near: Mapping[str, Floats]) -> list[Codes]:
    """Return how everybody stands to each criterion of a brief, whatever its force."""
    titles, states = titles_of(index, brief, near), []
    for at, each in enumerate(brief.criteria):
        if at in titles:
            states.append(titles[at])
        elif each.kind is Kind.WORDS:
            has = index.words.having(each.value)
            states.append(np.where(has, MET, UNKNOWN).astype(np.int8))
        else:
            states.append(index.facts.states(each))
    return states


def _form(text: str, brief: Brief) -> str:
    return neutral(text, brief.lang) or text


def nearness(index: Index, brief: Brief) -> dict[str, Floats]:
    """Return how near each distinct title is to each that is wanted, and to all that is meant."""
    wanted = (each.said for each in brief.criteria if _is_wanted_title(each))
    forms = list(dict.fromkeys(_form(text, brief) for text in (*wanted, meant(brief))))
    vectors = embed(forms)
    one_thread()
    titles = index.titles.vectors  # one product each: of few vectors at once BLAS makes a copy
    return {form: titles @ vector for form, vector in zip(forms, vectors, strict=True)}


def _is_wanted_title(asked: Criterion) -> bool:
    return asked.kind is Kind.TITLE and asked.force != "not"


def titles_of(
    index: Index, brief: Brief, near: Mapping[str, Floats] | None = None
) -> dict[int, Codes]:
    """Return how everybody stands to each title of a brief, by its place there.

    All the words of what is asked are in the title; or the title itself tells (`_title_codes`).
    Who tells no title is unknown. Whoever holds other titles does not pass. What is excluded is
    met by its words and by other names of its occupation, if that is not what is wanted.
    """
    wanted = {at: each for at, each in enumerate(brief.criteria) if _is_wanted_title(each)}
    near = near or (nearness(index, brief) if wanted else {})
    found = {}
    for at, asked in wanted.items():
        codes = _title_codes(index, asked, near[_form(asked.said, brief)])
        out = index.best_title(codes, UNKNOWN)
        found[at] = np.where(index.facts.states(asked) == MET, MET, out).astype(np.int8)
    sought = {one for each in wanted.values() for one in occupations_of(each.value)}
    for at, asked in enumerate(brief.criteria):
        if asked.kind is Kind.TITLE and asked.force == "not":
            found[at] = index.facts.states(asked)
            if asked.is_past is None and is_occupation(asked.value):
                codes = np.full(len(index.titles.vectors), UNKNOWN, np.int8)
                codes[index.of_occupations(occupations_of(asked.value) - sought)] = MET
                found[at] = np.maximum(found[at], index.best_title(codes, UNKNOWN))
    return found


def _title_codes(index: Index, asked: Criterion, near: Floats) -> Codes:
    """Return how each distinct title stands to one that is asked.

    It is met by the same occupation, in any of four languages («Koch», «cuisinier»), if the plain
    name of one is asked, and else by a translation («maintenance technician», «technicien de
    maintenance»); in part by the plain name, by a title with the same tool («Rust developer»), or
    by one that is near in meaning.
    """
    wanted = occupations_of(asked.value)
    if not is_occupation(asked.value):
        wanted -= _LEADS  # of whom it is asked what they lead
    named, same = index.named & bool(wanted), np.zeros(len(near), bool)
    same[index.of_occupations(wanted)] = True
    is_near = near >= np.where(named & ~same, NEAR_OTHER, NEAR)
    codes = np.where(is_near, PARTLY, NOT_MET).astype(np.int8)
    for word in fold(asked.value).split():
        if any(term.is_tool for term in book().look(word)):
            codes[index.held.holding([word])] = PARTLY
    if is_occupation(asked.value):
        codes[same] = MET
    else:
        codes[same & index.plain] = PARTLY
        codes[same & ~index.plain & (near >= NEAR_SAME)] = MET
    return codes


def meant(brief: Brief) -> str:
    """Return what the encoder is given: no place, language or years, or these would be found."""
    said = [
        neutral(each.said, brief.lang) if each.kind is Kind.TITLE else each.said
        for each in brief.criteria
        if each.kind in _MEANT and each.force != "not"
    ]
    if any(each.kind is Kind.TITLE for each in brief.criteria):
        return " ".join(dict.fromkeys(said))
    return " ".join(dict.fromkeys(said)).strip() or neutral(brief.text[:300], brief.lang)


def _words(index: Index, brief: Brief, states: Sequence[Codes]) -> Floats:
    """Return of each the share of the brief's words that they have, or what these words mean.

    Places, languages and years are no words; a criterion that is met counts as its words.
    """
    had, count = np.zeros(len(index), np.float32), 0
    for asked, codes in zip(brief.criteria, states, strict=True):
        if asked.kind not in _NOT_WORDS and asked.force != "not":
            share, size = index.words.share(asked.said)
            had += np.where(codes == MET, 1, share) * np.float32(size)
            count += size
    return had / np.float32(count) if count else index.words.share(brief.text)[0]
