"""Find what a brief asks: each thing by its words, what is read first takes them.

The order matters: years, places and languages first, then titles, then other names of the lexicon.
The words that remain are looked for as text.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from vanne_assist.brief.criteria import Brief, Criterion, Kind
from vanne_assist.brief.forces import BREAKS, OPEN, Asked, Doubts, decided, is_alone
from vanne_assist.brief.job_titles import ASIDE, title_value, titles_in
from vanne_assist.brief.language import LANGUAGE_LEVELS, level_near
from vanne_assist.brief.lexicon import FoldedLine, alternatives, any_of, book, names_in
from vanne_assist.brief.operators import LISTED_KINDS, OR, AskedSpan, small_words
from vanne_assist.brief.place_spans import locate
from vanne_assist.brief.places import named
from vanne_assist.brief.scan import Names, TermSpan, phrase, terms_in, title_head
from vanne_assist.brief.terms_of_work import work_in
from vanne_assist.brief.text import Word

_LEXICON = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER, Kind.EDUCATION)
_BESIDE = ("nice", "must", "over", "speaks", "native", "bilingual", "fluent", "good", "basic")
_CLEAR = frozenset({"dt", "engl", "angl", "ingl", "franz", "ital"})
"""Short names that are nothing else than a language's."""
_MOST_CHAIN = 12
"""So many words at most has «de/fr/it/en»."""
_DEGREE_NEAR = 5
"""So many words after a degree a phrase can be its field of study."""
MOST_TITLE, MOST_LISTED = 6, 4
"""So many words at most has a title that no lexicon knows, and what stands in a list."""
ROLES = (
    "nice",
    "not",
    "must",
    "past",
    "now",
    "not-after",
    "not-not",
    "needless",
    "needed",
    "no-way",
    "fluent",
    "native",
    "bilingual",
    "experience",
)
_IN_TITLE = frozenset({"de", "d", "des", "du", "di", "del", "della", "of", "en", "l", "la"})
_OF_FIELD = frozenset({"in", "en", "di", "of", "de", "als", "d", "da"})
_IN_FIELD = frozenset({"di", "de", "des", "dei", "delle", "della", "of", "d", "la"})
_DIPLOMA = frozenset({"diplome", "diplom", "diploma", "diplomee", "dipl"})
_PARTS = OPEN | {Kind.EDUCATION}


class BriefReader:
    """Reads one brief; remembers which words are taken."""

    def __init__(self, text: str, words: Sequence[Word], lang: str) -> None:
        self._text, self._words, self._lang = text, words, lang
        self._taken: set[int] = set()
        self._looked_for: set[int] = set()
        self._doubts = Doubts()
        self._asked: list[Asked] = []
        self._degrees: list[int] = []
        self._names: Names = {}

    def read(self) -> Brief:
        """Read the brief, in an order that matters: what is read first takes its words."""
        words = self._words
        for work in work_in(words):
            least, most = work.least, work.most
            self._take(work.kind, work.value, work.first, work.last, least=least, most=most)
        for place in locate(words):
            if self._are_free(place.hit.first, place.hit.last):
                first = place.first if self._are_free(place.first, place.last) else place.hit.first
                km = place.within_km
                self._take(Kind.PLACE, place.hit.value, first, place.last, within_km=km)
        self._read_languages()
        self._read_cantons()
        amounts = set(self._taken)
        self._read_degrees()
        for hit in self._hits(Kind.SENIORITY):
            if hit.value in ASIDE and self._are_free(hit.first, hit.last):
                self._take(hit.kind, hit.value, hit.first, hit.last)
        self._read_titles()
        self._read_sought()
        self._read_lexicon()
        line = FoldedLine.of(words)
        told = {at for role in ROLES for span in line.find(role) for at in range(*span)}
        self._read_first_words(told)
        self._read_rest(told)
        self._asked.sort(key=lambda pair: pair[0].first)
        distinct = decided(self._text, words, self._asked, amounts, self._doubts)
        spans_ = sorted(each.span for each in distinct if each.span and each.kind is not Kind.WORDS)
        unread = (
            self._text[word.start : word.end]
            for at, word in enumerate(words)
            if not _is_within(word.start, spans_)
            and (word.folded[:1].isdigit() or at in self._looked_for)
        )
        rest = " ".join(unread)
        return Brief(self._text, self._lang, distinct, rest)

    def _take(
        self,
        kind: Kind,
        value: str,
        first: int,
        last: int,
        *,
        like: Kind | None = None,
        **more: object,
    ) -> None:
        start, end = self._words[first].start, self._words[last - 1].end
        said = " ".join(self._text[start:end].split())
        criterion = Criterion(kind, value, said, span=(start, end), **more)  # type: ignore[arg-type]
        self._asked.append((AskedSpan(like or kind, first, last, value), criterion))
        self._taken.update(range(first, last))

    def _are_free(self, first: int, last: int) -> bool:
        return self._taken.isdisjoint(range(first, last))

    def _hits(self, *kinds: Kind) -> list[TermSpan]:
        return terms_in(self._words, self._text, kinds, self._names)

    def _read_languages(self) -> None:
        """Read «German», and short names: «D/F», «DE fluent», «F von Vorteil», «Dt. C1»."""
        for hit in self._hits(Kind.LANGUAGE):
            self._take_languages({hit.first: hit.value}, hit.last)
        words, size = self._words, len(self._words)
        capitals, joined = names_in("capitals"), names_in("joined")
        short = joined | {name.lower(): name.lower() for name in capitals}
        line, listed = FoldedLine.of(words), set(self._taken_by(Kind.LANGUAGE))
        told = {at for role in _BESIDE for span in line.find(role) for at in range(*span)}
        told |= {at for at, word in enumerate(words) if word.folded in LANGUAGE_LEVELS}
        ended = {
            at
            for at, word in enumerate(words)
            if word.end - word.start > 1 and self._text[word.end : word.end + 1] == "."
        }
        degrees = {at for at in range(1, size) if words[at - 1].folded in _DIPLOMA}
        alone = capitals.keys() - names_in("cantons")
        listed |= {at for at in range(size) if self._said(at) in alone}
        listed |= {at for at in ended if words[at].folded in joined}
        for at, word in enumerate(words):
            code, said = short.get(word.folded), self._said(at)
            if code is None or at in self._taken or at in degrees:  # «Diplôme ES»
                continue
            end = at + 1
            most = min(size - 1, at + _MOST_CHAIN)
            while end < most and words[end].folded == "/" and words[end + 1].folded in short:
                end += 2
            is_part = self._text[word.end : word.end + 1] in ("-", "'", "’")  # «IT-Recruiter»
            is_short = said.isupper() and len(said) <= 2 and not (is_part or self._text.isupper())
            is_short |= at in ended
            is_short &= said.isascii()  # «È» is no «E»
            is_short &= said not in ("I", "It", "it") or self._lang != "en"
            is_short &= said != "IT" or at == 0 or words[at - 1].is_mark  # «Leiter IT, Deutsch»
            is_beside = not listed.isdisjoint((at - 2, at + 2)) or word.folded in _CLEAR
            if at not in ended:
                is_beside |= not told.isdisjoint(range(at - 3, at + 4))
                is_beside |= capitals.get(said) == "alone"
            else:
                hit = TermSpan(Kind.LANGUAGE, code, at, at + 1)
                is_beside |= level_near(words, hit) is not None
            if end > at + 1 or (is_short and is_beside):
                self._take_languages({n: short[words[n].folded] for n in range(at, end, 2)}, end)
                listed.update(range(at, end))

    def _take_languages(self, codes: dict[int, str], end: int) -> None:
        """Take languages that stand in a row, each of one word if they are several."""
        first = min(codes)
        level = level_near(self._words, TermSpan(Kind.LANGUAGE, codes[first], first, end))
        if self._are_free(first, end):
            for at, code in codes.items():
                last = end if len(codes) == 1 else at + 1
                self._take(Kind.LANGUAGE, code, at, last, level=level)

    def _taken_by(self, kind: Kind) -> Iterator[int]:
        spans = (span for span, each in self._asked if each.kind is kind)
        return (at for span in spans for at in range(span.first, span.last))

    def _said(self, at: int) -> str:
        """Return a word as it is written; nothing where there is none."""
        word = self._words[at] if 0 <= at < len(self._words) else None
        return self._text[word.start : word.end] if word else ""

    def _read_cantons(self) -> None:
        """Read «AG or SO», «Kt. Bern»: two capitals may be a Swiss canton."""
        words, cantons = self._words, names_in("cantons")
        for at, word in enumerate(words):
            said = self._said(at)
            is_part = self._text[word.end :][:1] == "-"
            is_code = said.isupper() and said in cantons and not self._text.isupper()
            if is_code and not is_part and at not in self._taken:
                before = words[at - 1].folded if at else ","
                is_alone = before in BREAKS or cantons.get(before) == "before"
                if is_alone or cantons[said] != "other":
                    self._take(Kind.PLACE, f"CH.{said}", at, at + 1)
        for at, word in enumerate(words[:-1]):
            last = at + (3 if words[at + 1].folded == "." else 2)
            if cantons.get(word.folded) == "before" and last <= len(words):
                known = named(f"canton {words[last - 1].folded}")
                if known and not known[0].is_town and at not in self._taken:
                    self._taken -= {last - 1}
                    self._asked = [each for each in self._asked if each[0].first != last - 1]
                    self._take(Kind.PLACE, known[0].value, at, last)

    def _read_first_words(self, told: set[int]) -> None:
        """Take the first words as the title, if none was found: that is whom a brief is about."""
        if not self._asked or any(each.kind is Kind.TITLE for _, each in self._asked):
            return
        for first, end in self._runs(told):
            small = small_words() - _IN_TITLE
            last = next((at for at in range(first, end) if self._is_small(at, small)), end)
            if 0 < last - first <= MOST_TITLE and not self._words[first].folded[:1].isdigit():
                self._take_title(first, last)
            return

    def _read_rest(self, told: set[int]) -> None:
        """Take what is left as words to look for; some may mean nothing.

        What stands in a list, between two marks or links, is meant; a part of a sentence may
        not be.
        """
        beginning = {span.first: (span, each) for span, each in self._asked}
        ending = {span.last: (span, each) for span, each in self._asked}
        for first, last in self._runs(told):
            self._looked_for.update(range(first, last))
            for pair in (ending.get(first), beginning.get(last)):
                if pair and pair[1].kind in _PARTS:  # «SAP TRM»: a part is not the whole
                    first, last = min(first, pair[0].first), max(last, pair[0].last)
                    self._doubts.parts.add(pair[0])
            beside = ((ending.get(first - 1), first - 1), (beginning.get(last + 1), last))
            like = next(
                (
                    pair[1].kind
                    for pair, link in beside
                    if pair and pair[1].kind in LISTED_KINDS and self._words[link].folded in OR
                ),
                None,
            )
            stands_alone = is_alone(self._words, first, last, self._taken)
            self._take(Kind.WORDS, phrase(self._words, first, last), first, last, like=like)
            if not stands_alone or last - first > MOST_LISTED:
                self._doubts.sentences.add(self._asked[-1][0])

    def _is_small(self, at: int, small: Collection[str]) -> bool:
        word = self._words[at]
        return word.folded in small and not word.is_acronym

    def _runs(self, told: set[int]) -> list[tuple[int, int]]:
        """Return the words that nothing took, in runs without small words at their ends."""
        words, small, runs = self._words, small_words() | any_of("filler"), []
        at = 0
        while at < len(words):
            end = at
            while (
                end < len(words)
                and end not in self._taken | told
                and words[end].folded not in BREAKS
            ):
                end += 1
            first, last = at, end
            while first < last and (words[first].is_mark or self._is_small(first, small)):
                first += 1
            while last > first and (words[last - 1].is_mark or self._is_small(last - 1, small)):
                last -= 1
            if any(
                len(word.folded) > 1
                and word.folded not in LANGUAGE_LEVELS
                and word.folded[:1].isalpha()
                for word in words[first:last]
            ):
                runs.append((first, last))
            at = max(end, at + 1)
        return runs

    def _read_titles(self) -> None:
        """Read titles, and what they also say: with which tool, and how senior."""
        kinds = () if self._lang in ("en", "de") else (Kind.INDUSTRY,)  # «hotel receptionist»
        others = {
            at  # industries, companies, degrees...: no title takes them in
            for hit in self._hits(*kinds, Kind.COMPANY, Kind.EDUCATION, Kind.CAREER)
            if not any(term.kind is Kind.SKILL for term in hit.terms)
            and not all(term.value.startswith("field:") for term in hit.terms)
            for at in range(hit.first, hit.last)
        }
        nouns = {at for hit in self._hits(Kind.TITLE) for at in range(hit.first, hit.last)}
        before = set(self._taken)
        closed = others - nouns | before
        titles = titles_in(
            self._words,
            self._text,
            self._lang,
            lambda at: at not in closed,
            lambda at: at not in before,
        )
        named = {hit.first: hit for hit in self._hits(Kind.SKILL, Kind.INDUSTRY)}
        for title in titles:
            if title.occupation == "founder":
                continue
            self._take_title(title.first, title.last)
            for hit in filter(None, map(named.get, range(title.first, title.last))):
                is_branch = hit.kind is Kind.INDUSTRY and hit.last <= title.noun.first
                is_part = is_branch or any(term.is_tool for term in hit.terms)
                if is_part and hit.last <= title.last:
                    self._take(hit.kind, hit.value, hit.first, hit.last)
                    self._doubts.parts.add(self._asked[-1][0])

    def _read_sought(self) -> None:
        """Take who is sought with an article as the title, if no other is: «need a sparky»."""
        line = FoldedLine.of(self._words)
        titled = min((at for at in self._taken_by(Kind.TITLE)), default=len(self._words))
        stops = BREAKS | small_words() - _IN_TITLE | any_of("filler", "nice", "must", "not")
        for match in _sought().finditer(line.line):
            first = line.words(match.end(), match.end() + 1)[0]
            end = self._until(first, stops)
            if titled < end:
                return
            is_known = book().look(phrase(self._words, first, end))  # «einen Familienbetrieb»
            if first < end <= first + MOST_TITLE and not is_known:
                self._take_title(first, end)
                return

    def _until(self, first: int, stops: Collection[str]) -> int:
        """Return where words end that nothing took and that are none of some."""
        words = range(first, len(self._words))
        ends = (at for at in words if at in self._taken or self._words[at].folded in stops)
        return next(ends, len(self._words))

    def _take_title(self, first: int, last: int) -> None:
        said = self._text[self._words[first].start : self._words[last - 1].end]
        self._take(Kind.TITLE, title_value(said, self._lang), first, last)

    def _read_degrees(self) -> None:
        """Read degrees with their subjects: «Laurea in economia», «CAP pâtissier», «Koch EFZ»."""
        titles = {at: hit for hit in self._hits(Kind.TITLE) for at in range(hit.first, hit.last)}
        hits = self._hits(Kind.EDUCATION)
        parts = {h.first: h for h in hits if h.value.startswith(("field:", "school:"))}
        ended = {part.last: part for part in parts.values() if self._lang in ("en", "de")}
        for hit in hits:
            around = titles.get(hit.first)
            is_title = around is not None and hit.last <= around.last
            if hit.first in parts or is_title or not self._are_free(hit.first, hit.last):
                continue
            before = ended.get(hit.first)
            holder = titles.get(hit.first - 1) or before  # «Koch EFZ», «nursing degree»
            first = holder.first if holder else hit.first
            last = self._field_of(hit.last)
            self._take(Kind.EDUCATION, hit.value, first, last)
            self._taken -= set(range(first, hit.first))  # the title is read too
            self._degrees.append(hit.last)
            for part in filter(None, [before, *map(parts.get, range(hit.last, last))]):
                self._take(Kind.EDUCATION, part.value, part.first, part.last)
                if part is before:
                    self._doubts.parts.add(self._asked[-1][0])

    def _read_lexicon(self) -> None:
        degrees = any_of("fluent", "good", "basic")
        for hit in self._hits(*_LEXICON):
            # a phrase is a field of study only near a degree
            near_degree = any(0 <= hit.first - end <= _DEGREE_NEAR for end in self._degrees)
            fields = [term for term in hit.terms if term.value.startswith("field:")]
            others = [term for term in hit.terms if term not in fields]
            meant = fields if near_degree and fields else others
            term = next((t for t in meant if t.kind is Kind.EDUCATION), meant[0] if meant else None)
            if term and self._are_free(hit.first, hit.last):
                is_told = hit.last < len(self._words) and self._words[hit.last].folded in degrees
                last = hit.last + (is_told and term.is_tool)  # «Excel avanzato»
                self._take(term.kind, term.value, hit.first, last)

    def _field_of(self, last: int) -> int:
        """Return where the field of a degree ends: «Laurea in economia», «EFZ als Schreiner»."""
        word = self._words[last].folded if last < len(self._words) else ""
        is_linked = word in _OF_FIELD
        if not (is_linked or book().look(word) or title_head(word)):
            return last
        stops = BREAKS | any_of("nice", "not", "must") | small_words() - _IN_FIELD
        end = min(self._until(last + is_linked, stops), last + MOST_LISTED + 1)
        return end if end > last + is_linked else last  # «Laurea in economia gradita»


@cache
def _sought() -> re.Pattern[str]:
    """Return what stands before who is sought: «il nous faut une»."""
    between = r"(?:(?! fur| for| pour| per) [^\W\d]+){0,2}?"
    article = "(?:une?|ein|eine[nr]?|an?|una|uno)"
    return re.compile(rf"(?<!\S){alternatives('seeks')}{between} {article} (?=[^\W\d])")


def _is_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether a place is in one of some spans, which are in order."""
    at = bisect_right(spans, place, key=lambda span: span[0])
    return any(start <= place < end for start, end in spans[max(0, at - 3) : at])
