"""Read the words around a criterion: must, nice or not; past or now; an alternative of another.

Each of these words has a reach, which ends at the next comma at the latest. «Not», «formerly» and
«now» reach over the list that follows; «ideally» reaches to the end of its clause; «a plus», «von
Vorteil» and «un atout» reach back to what stands just before.

The items of a list with «or» are alternatives («Java, Kotlin or Scala»). Titles and places in any
list are alternatives too: nobody lives in two towns. «Java and Kotlin» asks for both.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, pairwise

from vanne.places import place_of
from vanne_assist.brief.criteria import Force, Kind
from vanne_assist.brief.lexicon import FoldedLine, any_of, names_in
from vanne_assist.brief.scan import phrase
from vanne_assist.brief.text import Word

_ENDS = frozenset(",;.()!?|•:\n")
_WHOLE = ("not-after", "not-not", "needless", "needed", "no-way", "over", "leads")
_NO_NOT = re.compile(r"-\w|\.\s?\d")
"""What follows no exclusion: «non-profit», «No. 1»."""
_WITHOUT = frozenset({"ohne", "without", "sans", "senza"})
OR = frozenset(
    {"or", "ou", "oder", "od", "oppure", "o", "bzw", "resp", "respectively", "respektive"}
)
_AND = frozenset({"and", "et", "und", "e", "ed", "&", "sowie"})
_JOINERS = _AND | {"or", "ou", "oder", "o", "ni", "y"}
_MARKS = frozenset({",", "/", "."})
_FULLY = frozenset({"fully", "full", "100", "%", "komplett", "in", "im", "da", "en"})
_DASHES = frozenset({"-", "–"})
"""What joins two places: «Lausanne-Vevey»."""
_WHO = frozenset({"who", "qui", "che", "der", "die"})
_TURNS = frozenset({"but", "mais", "aber", "sondern", "ma", "bensi", "who", "qui", "che"})
_MORE_PAY = frozenset({"plus", "bonus", "ok"})
_OF_WORK = frozenset({Kind.PAY, Kind.WORKLOAD})
"""«£95k plus equity» is no wish."""
_STOPS = frozenset(".;!?\n")
_SENTENCE = _STOPS | {"(", ")"}
_AFTER = 6
"""So many words after something may say that it is left out."""
_GAP = 4
"""So many words that ask nothing may stand between: «ideally with some experience in»."""
_FARTHEST = 80
"""So many words at most lie between what says so and what it is said of."""
_IN_TIME = frozenset({Kind.TITLE, Kind.INDUSTRY, Kind.COMPANY})
_ONE_AT_A_TIME = frozenset({Kind.TITLE, Kind.PLACE})
LISTED_KINDS = _ONE_AT_A_TIME | _IN_TIME | {Kind.SKILL, Kind.LANGUAGE, Kind.EDUCATION}


@dataclass(frozen=True, slots=True)
class AskedSpan:
    """Something that is asked, by its words, and of what kind its alternatives are."""

    kind: Kind
    first: int
    last: int
    value: str = ""


class Reach:
    """The triggers of a brief, and what they reach."""

    def __init__(
        self, text: str, words: Sequence[Word], spans: Sequence[AskedSpan], taken: set[int]
    ) -> None:
        self._words = words
        self._firsts = sorted(each.first for each in spans)
        self._plain = sorted(each.first for each in spans if each.kind is Kind.WORDS)
        self._named = sorted(each.first for each in spans if each.kind is not Kind.WORDS)
        self._titles = sorted(each.first for each in spans if each.kind is Kind.TITLE)
        self._inside = {at for each in spans for at in range(each.first, each.last)}
        line = FoldedLine.of(words)
        self._at = {
            role: [each for span in line.find(role) if (each := self._free(role, span, taken))]
            for role in ("not", "nice", "must", "past", "past-after", "now", "who-asks")
        }
        self._at |= {role: list(line.find(role)) for role in _WHOLE}
        others = ("nice", "not-after", "not-not", "needless", "no-way")
        other = {at for role in others for span in self._at[role] for at in range(*span)}
        wished = {
            at for role in ("nice", "needless") for span in self._at[role] for at in range(*span)
        }
        negations = {at + 1 for span in line.find("not") for at in range(*span)}
        self._at["over"] = [
            (start, end)
            for start, end in self._at["over"]
            if (wished | negations).isdisjoint((start, start - 1))
        ]  # «non è richiesto»
        self._at["not"] = [
            (start, end)
            for start, end in self._at["not"]
            if other.isdisjoint(range(start, end))
            and not _NO_NOT.match(text, self._words[end - 1].end)
        ]
        self._ends = [
            at for at, word in enumerate(words) if word.folded in _ENDS and at not in self._inside
        ]

    def _free(self, role: str, span: tuple[int, int], taken: set[int]) -> tuple[int, int] | None:
        """Return a trigger without what belongs to what is asked: «not» of «not in», «in Bern»."""
        start, end = span
        free = next((at for at in range(start, end) if at in taken), end)
        is_whole = free == end or phrase(self._words, start, free) in any_of(role)
        return (start, free) if free > start and is_whole else None

    def force_of(self, asked: AskedSpan) -> Force:
        """Say whether something must be, would be nice, or must not be."""
        excluded, is_left_out = self._reached(asked, "not"), self._is_left_out(asked)
        if self.is_needless(asked):
            return "nice"
        if excluded is not None or is_left_out:
            return "must" if self._is_no_way_without(asked) else "not"
        first, last = self._part(asked.first)
        from_ = max(first, asked.first - _FARTHEST)
        for start, end in self._from_to("nice", from_, min(last, asked.last + _FARTHEST) + 1):
            following = self._first_after(end)
            said = phrase(self._words, start, end)
            if said in _MORE_PAY and asked.kind in _OF_WORK:
                continue
            is_back = said not in any_of("ahead")
            if is_back or following is None or following >= last:
                none_between = bisect_left(self._named, asked.last) == bisect_left(
                    self._named, start
                )
                if 0 <= start - asked.last <= _GAP * (1 + none_between):
                    return "nice"
                if asked.first >= end and self._first_after(first) == self._first_after(end):
                    return "nice"  # «gerne Quereinsteiger»: nothing stands before it
            elif asked.first >= end:
                return "nice"
        return "nice" if self._is_in_wishes(asked, first, last) else "must"

    def _is_in_wishes(self, asked: AskedSpan, first: int, last: int) -> bool:
        """Say whether it stands in «a plus: A, B or C», or is what «A: no matter» speaks of."""
        mark = self._words[last].folded if last < len(self._words) else ""
        if mark == ":" and self._from_to("nice", last + 1, last + 2):
            return True
        place = bisect_left(self._ends, asked.first)
        while place and self._words[self._ends[place - 1]].folded == ",":
            place -= 1
        colon = self._ends[place - 1] if place else 0
        if not place or self._words[colon].folded != ":":
            return False
        head = self._ends[place - 2] + 1 if place > 1 else 0
        return any(end == colon for _, end in self._from_to("nice", head, colon))

    def has(self, role: str, first: int, last: int) -> bool:
        """Say whether words of a role begin between two others."""
        return bool(self._from_to(role, first, last))

    def is_needless(self, asked: AskedSpan) -> bool:
        """Say whether nobody needs it: «no PhD needed», «does not have to speak German»."""
        if self._reached(asked, "needless") is not None:
            return True
        return self._is_followed(asked, "needed") and self._reached(asked, "not") is not None

    def is_of_a_team(self, asked: AskedSpan) -> bool:
        """Say whether it tells of a team that nobody is said to lead: «our team of twelve»."""
        first, last = self._part(asked.first)
        is_team = self._words[asked.first].folded in any_of("led", "crew")
        return is_team and not self.has("leads", first, last)

    def _is_followed(self, asked: AskedSpan, role: str) -> bool:
        _, last = self._part(asked.last)
        return self.has(role, asked.first, min(last, asked.last + _AFTER))

    def is_said(self, asked: AskedSpan) -> bool:
        """Say whether it is called mandatory in so many words, or nothing goes without it."""
        first, last = self._part(asked.first)
        is_over = self.has("over", max(first, asked.first - _GAP), min(last, asked.last + _GAP))
        return is_over or self._is_no_way_without(asked)

    def _is_no_way_without(self, asked: AskedSpan) -> bool:
        """Say whether «without A» is ruled out: «ohne Führerausweis geht es nicht»."""
        excluded = self._reached(asked, "not")
        is_without = excluded is not None and self._words[excluded].folded in _WITHOUT
        return is_without and (self._is_left_out(asked) or self._is_followed(asked, "no-way"))

    def is_must(self, asked: AskedSpan) -> bool:
        """Say whether words close by say that something must be."""
        first, last = self._part(asked.first)
        near = self._from_to(
            "must", max(first, asked.first - 2 * _GAP), min(last, asked.last + _GAP)
        )
        return bool(near) or self._is_no_way_without(asked)

    def is_of_who_asks(self, asked: AskedSpan, force: Force) -> bool:
        """Say whether a sentence tells it of who asks: «head office in Bern», «I lived in Pisa».

        So does a sentence in brackets, and no list («Emilia Romagna (Modena, Reggio)») and no
        exclusion («Veneto or Friuli, not Trentino: too far»).
        """
        near = range(max(0, asked.first - _FARTHEST), asked.first)
        first = next((at + 1 for at in reversed(near) if self._ends_sentence(at)), near.start)
        far = range(asked.last, min(asked.last + _FARTHEST, len(self._words)))
        last = next((at for at in far if self._ends_sentence(at)), far.stop)
        plain = bisect_left(self._plain, first) < bisect_left(self._plain, last)
        titles = bisect_left(self._titles, asked.first)
        since = self._titles[titles - 1] if titles else -1
        told = any(start >= since for start, _ in self._from_to("who-asks", first, asked.first))
        is_inside = first > 0 and self._words[first - 1].folded == "(" and plain
        return told or (is_inside and force != "not")

    def _ends_sentence(self, at: int) -> bool:
        return self._words[at].folded in _SENTENCE and at not in self._inside

    def _is_left_out(self, asked: AskedSpan) -> bool:
        """Say whether words after something leave it out: «Banken fallen weg»."""
        for start, _ in self._from_to("not-after", asked.last, asked.last + _AFTER):
            between = range(asked.last, start)
            marks = {self._words[at].folded for at in between} & _STOPS
            return not marks and not any(at in self._inside for at in between)
        return False

    def is_past(self, asked: AskedSpan) -> bool | None:
        """Say whether something is asked of the past, of now (False), or of either (None)."""
        if asked.kind not in _IN_TIME:
            return None
        past = self._reached(asked, "past", is_loose=True)
        now = self._reached(asked, "now", is_loose=True)
        if past is not None or now is not None:
            return (-1 if past is None else past) > (-1 if now is None else now)
        first, last = self._part(asked.first)
        later = self._from_to("past-after", max(asked.last, last - _FARTHEST), last)
        after = any(end >= last - 1 for _, end in later)
        return True if after and first <= asked.first else None

    def _part(self, at: int) -> tuple[int, int]:
        """Return the part between marks in which a word stands."""
        place = bisect_left(self._ends, at)
        first = self._ends[place - 1] + 1 if place else 0
        return first, self._ends[place] if place < len(self._ends) else len(self._words)

    def _from_to(self, role: str, first: int, last: int) -> list[tuple[int, int]]:
        """Return the triggers that begin from one word on and before another."""
        triggers = self._at[role]
        return triggers[bisect_left(triggers, (first, 0)) : bisect_left(triggers, (last, 0))]

    def _first_after(self, at: int) -> int | None:
        """Return where the first thing begins that is asked after a word."""
        place = bisect_left(self._firsts, at)
        return self._firsts[place] if place < len(self._firsts) else None

    def _reached(self, asked: AskedSpan, role: str, *, is_loose: bool = False) -> int | None:
        """Return the trigger before something, if only few words and what is asked lie between."""
        first, _ = self._part(asked.first)
        passed = _JOINERS | (any_of("stop") - _TURNS if is_loose else frozenset())
        for start, end in reversed(
            self._from_to(role, max(first, asked.first - _FARTHEST), asked.first)
        ):
            if end > asked.first:
                continue
            between = {
                at: self._words[at].folded
                for at in range(end, asked.first)
                if at not in self._inside
            }
            since = self._first_after(end) or end
            listed = all(word in passed for at, word in between.items() if at >= since)
            plain = [word for word in between.values() if word not in _JOINERS]
            # «nobody who has only ever been in audit»: the clause belongs to whom nobody wants
            whose = any(word in _WHO for at, word in between.items() if at < since)
            turned = any(
                word in _TURNS for at, word in between.items() if at >= since or word not in _WHO
            )
            return start if not turned and len(plain) <= _GAP * (1 + whose) and listed else None
        return None


def spelt_out(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return words with what is meant by short ones, whose full stops end nothing.

    >>> from vanne_assist.brief.text import split
    >>> [word.folded for word in spelt_out(split("Supply chain mgr. obbl. Bern."))]
    ['supply', 'chain', 'manager', 'obbligatorio', 'bern', '.']
    """
    short, meant = names_in("abbreviations"), names_in("meant")
    has_capitals = any(word.is_capital for word in words)
    kept = []
    for at, word in enumerate(words):
        before, after = words[at - 1 : at], words[at + 1 : at + 2]
        if word.folded == "." and before and before[0].end == word.start and after:
            is_inside = has_capitals and after[0].folded[0].isalpha() and not after[0].is_capital
            if before[0].folded in short.keys() | meant.keys() or is_inside:
                continue
        kept.append(replace(word, folded=meant.get(word.folded, word.folded)))
    return tuple(kept)


@cache
def small_words() -> frozenset[str]:
    """Return words that say nothing by themselves."""
    roles = any_of(
        "stop", "experience", "year", "place", "near", "of", "must", "over", "speaks", "at"
    )
    return frozenset(word for phrase in roles for word in phrase.split())


def alternatives_in(
    words: Sequence[Word], text: str, spans: Sequence[AskedSpan], pasts: Sequence[bool | None]
) -> list[int | None]:
    """Return for each asked the number of the alternatives it belongs to, None for none."""
    numbers: list[int | None] = [None] * len(spans)
    counter, small = count(), small_words()
    for kind in Kind:
        places = [at for at, each in enumerate(spans) if each.kind is kind and kind in LISTED_KINDS]
        places.sort(key=lambda at: spans[at].first)
        run, is_or = places[:1], False
        for before, at in [*pairwise(places), (-1, -1)]:
            link = None
            if at >= 0 and spans[at].first >= spans[before].last:
                last, first = spans[before].last, spans[at].first
                between = {w.folded for w in words[last:first]}
                joins = between & (OR | _AND | _MARKS)
                gap = text[words[last - 1].end : words[first].start].strip()
                if kind is Kind.PLACE and gap in _DASHES | {""}:
                    link = True
                elif joins and joins != {"."} and not between - joins - small:
                    link = bool(joins & OR) or kind in _ONE_AT_A_TIME
                    if not joins & OR and pasts[before] != pasts[at]:
                        link = None  # «teacher, formerly nurse» are both
                if (
                    link
                    and not joins & OR
                    and kind is Kind.PLACE
                    and _is_inside(spans[before].value, spans[at].value)
                ):
                    link = None  # «Bern, Switzerland» is one place
            if link is not None:
                run.append(at)
                is_or = is_or or link
                continue
            if is_or:
                number = next(counter)
                for each in run:
                    numbers[each] = number
            run, is_or = [at], False
    _join_remote(words, spans, numbers, counter)
    return numbers


def _join_remote(
    words: Sequence[Word], spans: Sequence[AskedSpan], numbers: list[int | None],
    counter: Iterator[int],
) -> None:  # fmt: skip
    """Make alternatives of a place and work from afar: «Basel or remote»."""
    places = [at for at, each in enumerate(spans) if each.kind in (Kind.PLACE, Kind.REMOTE)]
    for one, other in pairwise(sorted(places, key=lambda at: spans[at].first)):
        between = {word.folded for word in words[spans[one].last : spans[other].first]}
        if spans[one].kind is not spans[other].kind and between & OR and between <= OR | _FULLY:
            known = [numbers[at] for at in (one, other) if numbers[at] is not None]
            numbers[one] = numbers[other] = known[0] if known else next(counter)


def _is_inside(one: str, other: str) -> bool:
    """Say whether one of two places lies in the other."""
    here, there = place_of(one), place_of(other)
    return (
        here is not None and there is not None and (one in there.regions or other in here.regions)
    )
