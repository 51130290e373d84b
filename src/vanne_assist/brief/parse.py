"""Read a recruiter's brief as criteria, each with the words of the brief that it comes from.

Rules and lexicons read four languages and mixtures of them; no model is used. The order matters:
years, places and languages first, then titles, then other names of the lexicon. The words that
remain are the `rest`: the page shows them, and the search looks for them as text.

>>> [(c.kind.value, c.value) for c in read_brief("Rust engineer, 5+ years").criteria]
[('title', 'rust engineer'), ('skill', 'rust'), ('years', 'experience')]
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import chain

from vanne.errors import InputError
from vanne.terms import LANGUAGES
from vanne_assist.brief.criteria import Brief, BriefNotice, Criterion, Kind
from vanne_assist.brief.job_titles import ASIDE, title_value, titles_in
from vanne_assist.brief.language import LANGUAGE_LEVELS, language_of, level_near
from vanne_assist.brief.lexicon import LANGS, FoldedLine, any_of, book, data, names_in, phrases_of
from vanne_assist.brief.operators import (
    LISTED_KINDS,
    OR,
    AskedSpan,
    Reach,
    alternatives_in,
    small_words,
)
from vanne_assist.brief.place_spans import locate, unknown_places
from vanne_assist.brief.places import named, near_names
from vanne_assist.brief.scan import TermSpan, phrase, terms_in, title_head
from vanne_assist.brief.terms_of_work import YearsSpan, work_in, years_in
from vanne_assist.brief.text import Word, folded_phrase, split

MOST_LETTERS = 20_000
"""A brief is some lines, an advert some pages; what is longer was pasted by mistake."""

_LEXICON = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER, Kind.EDUCATION)
_BESIDE = ("nice", "must", "over", "speaks", "native", "bilingual", "fluent", "good", "basic")
_LETTERS = {"D": "de", "F": "fr", "E": "en", "I": "it"}
_DEGREE_NEAR = 5
"""So many words after a degree a phrase can be its field of study."""
_SLIP_LETTERS, _SLIP = 6, 0.9
"""Letters from which a word may be a slip of a name, and how alike the two must be."""
_ENDINGS = frozenset({"", *"s e es n en in innen x i o a".split()})
LONG = 60
"""Words from which a brief is an advert: its words are not searched for slips."""
_LED = 4
"""So many words at most lie between who leads and who is led: «führt ein Team von Lernenden»."""
MOST_TITLE, MOST_LISTED = 6, 4
"""So many words at most has a title that no lexicon knows, and what stands in a list."""
ROLES = (
    "nice",
    "not",
    "must",
    "past",
    "now",
    "back",
    "not-after",
    "fluent",
    "native",
    "bilingual",
    "experience",
)
_IN_TITLE = frozenset({"de", "d", "des", "du", "di", "del", "della", "of", "en", "l", "la"})
_OF_FIELD = frozenset({"in", "en", "di", "of", "de", "als", "d"})
_PARTS = frozenset({Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER, Kind.SKILL})
_BREAKS = (
    frozenset(",;.()!?|•/:+\n–—&=") | OR | {"and", "und", "et", "e", "ed", "sowie", "o", "od", "ou"}
)
_LISTING = frozenset({",", "/", "&", "+", "und", "and", "et", "e", "oder", "or", "ou", "o"})


def read_brief(text: str, lang: str | None = None) -> Brief:
    """Read a brief; its language is told by its words if none is given.

    Raises:
        InputError: it is empty, too long, or the language is none of ours.
    """
    if lang is not None and lang not in LANGUAGES:
        todo = "use one of " + ", ".join(f"`{each}`" for each in LANGUAGES)
        raise InputError(f"briefs are not read in `{lang}`", todo=todo)
    if not any(letter.isalnum() for letter in text):
        raise InputError("the brief is empty", todo='say whom you look for: "nurse near Bern"')
    if len(text) > MOST_LETTERS:
        raise InputError(
            f"the brief has {len(text):,} characters, more than {MOST_LETTERS:,}",
            todo="keep what you look for and leave out the rest",
        )
    words = split(text)
    return _BriefReader(text, words, lang or language_of(words)).read()


def notices_of(brief: Brief) -> tuple[BriefNotice, ...]:
    """Return what is wrong with a brief: it is told, and the search goes on without it."""
    notices, words = [], split(brief.text)
    wanted = {(c.kind, c.value, c.is_past): c for c in brief.criteria if c.force != "not"}
    for each in brief.criteria:
        other = wanted.get((each.kind, each.value, each.is_past))
        if each.force == "not" and other is not None:
            notices.append(BriefNotice("wanted-and-not", (other.said, each.said)))
    for word in unknown_places(words):
        name = brief.text[word.start : word.end]
        read = (c.span for c in brief.criteria if c.span and c.kind is not Kind.WORDS)
        if not any(start <= word.start < end for start, end in read):
            notices.append(BriefNotice("place-unknown", (name,), near_names(name)))
    if len(words) < LONG:
        notices += misspelt(brief, words)
    if all(each.kind is Kind.WORDS for each in brief.criteria):
        notices.append(BriefNotice("nothing-understood", ()))
    return tuple(notices)


def instead(brief: Brief, notice: BriefNotice, name: str) -> str:
    """Return the text of a brief with a name in place of what a notice says was not understood.

    >>> slip = read_brief("electrican in Bern")
    >>> instead(slip, notices_of(slip)[0], "electrician")
    'electrician in Bern'
    """
    said = re.compile(rf"(?<!\w){re.escape(notice.said[0])}(?!\w)")
    return said.sub(lambda _: name, brief.text, count=1)


def misspelt(brief: Brief, words: Sequence[Word]) -> Iterator[BriefNotice]:
    """Yield words that are nearly the name of an occupation or a skill: «electrican», «pyhton»."""
    rest = set(brief.rest.split())
    titles = {each.span for each in brief.criteria if each.kind is Kind.TITLE}
    for word in words:
        name = brief.text[word.start : word.end]
        inside = any(span and span[0] <= word.start < span[1] for span in titles)
        if (name in rest or inside) and (near := near_known(word.folded, brief.lang)):
            yield BriefNotice("misspelt", (name,), near)


@lru_cache(maxsize=4096)
def near_known(word: str, lang: str) -> tuple[str, ...]:
    """Return the names of occupations and skills that a word is a slip of the hand away from.

    >>> near_known("electrican", "en"), near_known("electricians", "en")
    (('electrician',), ())
    """
    known = book().look(word)
    if len(word) < _SLIP_LETTERS or word in book().phrases or title_head(word):
        return ()
    if known and not any(term.kind is Kind.TITLE for term in known):
        return ()
    for langs in ((lang,), LANGS):
        names = _known_names(langs)
        near = get_close_matches(word, names, n=3, cutoff=_SLIP)
        near += [name for name in _swapped(word) if name in names and name not in near]
        if any(_is_ending(word, name) for name in near):
            return ()
        if near:
            return tuple({names[name][1]: names[name][0] for name in reversed(near)}.values())
    return ()


def _swapped(word: str) -> Iterator[str]:
    """Yield a word with two letters that stand together in the other order: «pyhton», «python»."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _is_ending(word: str, name: str) -> bool:
    """Say whether two words differ by their number or gender alone."""
    same = next((at for at, pair in enumerate(zip(word, name)) if pair[0] != pair[1]), None)  # noqa: B905
    same = min(len(word), len(name)) if same is None else same
    if word[:-1] == name and word[-1] != word[-2]:  # another word: «Backend», «backen»
        return True
    return {word[same:], name[same:]} <= _ENDINGS


@cache
def _known_names(langs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the names of one word that are known, folded: as they are written, and of what."""
    skills = data("skills").items() if len(langs) == 1 else ()  # of another language: other words
    rows = chain(skills, data("occupations").items())
    named = ((v, name) for v, of in rows for at in langs for name in of[LANGS.index(at)].split("|"))
    tools = ((name, name) for name in data("tools")["names"].replace("\n", " ").split("; "))
    pairs = ((folded_phrase(name), (name.strip(), value)) for value, name in chain(tools, named))
    return {folded: known for folded, known in pairs if " " not in folded}


class _BriefReader:
    """Reads one brief; remembers which words are taken."""

    def __init__(self, text: str, words: Sequence[Word], lang: str) -> None:
        self._text, self._words, self._lang = text, words, lang
        self._taken: set[int] = set()
        self._looked_for: set[int] = set()
        self._asked: list[tuple[AskedSpan, Criterion]] = []

    def read(self) -> Brief:
        """Read the brief, in an order that matters: what is read first takes its words."""
        words = self._words
        for work in work_in(words):
            least, most = work.least, work.most
            self._take(work.kind, work.value, work.first, work.last, least=least, most=most)
        for each in years_in(words):
            if self._are_free(each.first, each.last):
                self._take_years(each)
        for place in locate(words):
            if self._are_free(place.hit.first, place.hit.last):
                first = place.first if self._are_free(place.first, place.last) else place.hit.first
                km = place.within_km
                self._take(Kind.PLACE, place.hit.value, first, place.last, within_km=km)
        self._read_languages()
        self._read_codes()
        self._read_leading()
        amounts = set(self._taken)
        for hit in self._hits(Kind.SENIORITY):
            if hit.value in ASIDE and self._are_free(hit.first, hit.last):
                self._take(hit.kind, hit.value, hit.first, hit.last)
        self._read_titles()
        self._read_lexicon()
        self._read_first_words()
        told = {
            at for role in ROLES for span in FoldedLine.of(words).find(role) for at in range(*span)
        }
        unsure = self._read_rest(told)
        self._asked.sort(key=lambda pair: pair[0].first)
        spans = [span for span, _ in self._asked]
        reach = Reach(words, spans, amounts)
        criteria = [
            replace(each, force=reach.force_of(span), is_past=reach.is_past(span), either=number)
            for (span, each), number in zip(
                self._asked, alternatives_in(words, self._text, spans), strict=True
            )
        ]
        unsure |= _further_places(self._text, criteria)
        criteria = [
            replace(each, force="nice")
            if each.force == "must" and each.span in unsure and not reach.is_must(span)
            else each
            for (span, _), each in zip(self._asked, criteria, strict=True)
        ]
        distinct = tuple(_distinct(criteria))
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
        return terms_in(self._words, self._text, kinds)

    def _read_languages(self) -> None:
        joined, at = names_in("joined"), 0
        while at < len(self._words):  # «D/F», «fr/all»
            end = at + 1
            while end + 1 < len(self._words) and self._words[end].folded == "/":
                end += 2
            chain = range(at, end, 2)
            codes = [joined.get(self._words[each].folded, "") for each in chain]
            if len(codes) > 1 and all(codes) and self._taken.isdisjoint(chain):
                level = level_near(self._words, TermSpan(Kind.LANGUAGE, codes[0], at, end))
                for each, code in zip(chain, codes, strict=True):
                    self._take(Kind.LANGUAGE, code, each, each + 1, level=level)
            at = end
        for hit in self._hits(Kind.LANGUAGE):
            if self._are_free(hit.first, hit.last):
                self._take_language(hit.value, hit.first, hit.last)
        self._read_letters()

    def _take_language(self, code: str, first: int, last: int) -> None:
        level = level_near(self._words, TermSpan(Kind.LANGUAGE, code, first, last))
        self._take(Kind.LANGUAGE, code, first, last, level=level)

    def _said(self, at: int) -> str:
        """Return a word as it is written; nothing where there is none."""
        word = self._words[at] if 0 <= at < len(self._words) else None
        return self._text[word.start : word.end] if word else ""

    def _language_letter(self, at: int) -> str | None:
        """Return the language that a capital may stand for: not that of «D'expérience»."""
        word = self._words[at]
        is_elided = self._text[word.end :][:1] in ("'", "’", ".")
        is_pronoun = word.folded == "i" and self._lang == "en"
        return None if is_elided or is_pronoun else _LETTERS.get(self._said(at))

    def _read_letters(self) -> None:
        """Read «F von Vorteil», «Deutsch, F», «E B2»: a capital beside what speaks of languages."""
        words, beside = self._words, any_of(*_BESIDE)
        spans = [span for span, each in self._asked if each.kind is Kind.LANGUAGE]
        languages = {at for span in spans for at in range(span.first, span.last)}
        for at in range(len(words)):
            code = self._language_letter(at)
            if code is None or at in self._taken:
                continue
            after = range(at + 1, min(len(words), at + 4))
            is_beside = any(phrase(words, at + 1, end + 1) in beside for end in after)
            is_listed = at - 2 in languages and words[at - 1].folded in _LISTING
            level = level_near(words, TermSpan(Kind.LANGUAGE, code, at, at + 1))
            is_next = level and any(self._said(n).lower() == level for n in (at - 1, at + 1))
            if is_beside or is_listed or is_next:
                self._take_language(code, at, at + 1)
                languages.add(at)

    def _read_leading(self) -> None:
        """Read «able to lead apprentices»: who is led is no step of who is sought."""
        words, lang = self._words, self._lang
        verbs, teams, learners = (
            frozenset(phrases_of(role, lang)) for role in ("leads", "led", "taught")
        )
        for first, word in enumerate(words):
            if word.folded not in teams | learners:
                continue
            skill = "team-leadership" if word.folded in teams else "training-apprentices"
            last = first + 1
            before = [at for at in range(max(0, first - _LED), first) if words[at].folded in verbs]
            after = [
                at for at in range(last, min(len(words), last + 2)) if words[at].folded in verbs
            ]
            start, end = min([first, *before]), max([last, *(at + 1 for at in after)])
            is_one = not any(words[at].is_mark for at in range(start, end))
            if (before or after) and is_one and self._are_free(start, end):
                self._take(Kind.SKILL, skill, start, end)

    def _take_years(self, each: YearsSpan) -> None:
        """Take years of experience; some months without the word are how long the work lasts."""
        if each.is_months and not each.is_experience:
            self._take(Kind.CONTRACT, "fixed-term", each.first, each.last)
            return
        value = "tenure" if each.is_tenure else "experience"
        self._take(Kind.YEARS, value, each.first, each.last, least=each.least, most=each.most)

    def _read_codes(self) -> None:
        """Read «DE fluent», «FR/NL», «AG or SO»: two capitals are a language or a Swiss canton."""
        words, beside = self._words, any_of(*_BESIDE) | set(LANGUAGE_LEVELS)
        spoken, cantons = names_in("capitals"), names_in("cantons")
        for at, word in enumerate(words):
            said = self._said(at)
            is_part = self._text[word.end :][:1] == "-"  # «IT-Recruiter»
            if at in self._taken or is_part or not (len(said) == 2 and said.isupper()):
                continue
            near = {words[n].folded for n in range(max(0, at - 3), min(len(words), at + 4))}
            others = {self._said(at - 2), self._said(at + 2)} & (spoken.keys() - cantons.keys())
            is_spoken = spoken.get(said) == "alone" or bool(near & beside) or bool(others)
            if said in spoken and is_spoken:
                self._take_language(said.lower(), at, at + 1)
            elif said in cantons:
                before = words[at - 1].folded if at else ","
                is_alone = before in _BREAKS or cantons.get(before) == "before"
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

    def _read_first_words(self) -> None:
        """Take the first words as the title, if none was found: that is whom a brief is about."""
        if not self._asked or any(each.kind is Kind.TITLE for _, each in self._asked):
            return
        for first, end in self._runs(set()):
            small = small_words() - _IN_TITLE
            last = next((at for at in range(first, end) if self._words[at].folded in small), end)
            if last - first <= MOST_TITLE and not self._words[first].folded[:1].isdigit():
                said = self._text[self._words[first].start : self._words[last - 1].end]
                self._take(Kind.TITLE, title_value(said, self._lang), first, last)
            return

    def _read_rest(self, told: set[int]) -> set[tuple[int, int]]:
        """Take what is left as words to look for; return the spans that may mean nothing.

        What stands in a list, between two marks or links, is meant; a part of a sentence may
        not be.
        """
        unsure = set()
        beginning = {span.first: each for span, each in self._asked}
        ending = {span.last: each for span, each in self._asked}
        for first, last in self._runs(told):
            before = self._words[first - 1] if first else None
            after = self._words[last] if last < len(self._words) else None
            is_listed = all(
                each is None or each.folded in _BREAKS or at in self._taken
                for each, at in ((before, first - 1), (after, last))
            )
            start, end = self._words[first].start, self._words[last - 1].end
            value = " ".join(word.folded for word in self._words[first:last])
            beside = ((ending.get(first - 1), first - 1), (beginning.get(last + 1), last))
            like = next(
                (
                    each.kind
                    for each, link in beside
                    if each and each.kind in LISTED_KINDS and self._words[link].folded in OR
                ),
                None,
            )
            self._take(Kind.WORDS, value, first, last, like=like)
            self._looked_for.update(range(first, last))
            if not is_listed or last - first > MOST_LISTED:
                unsure.add((start, end))
            for each in (ending.get(first), beginning.get(last)):
                if (
                    each and each.kind in _PARTS and each.span
                ):  # «Gas Safe»: a part is not the whole
                    unsure.add(each.span)
        return unsure

    def _runs(self, told: set[int]) -> list[tuple[int, int]]:
        """Return the words that nothing took, in runs without small words at their ends."""
        words, small, runs = self._words, small_words() | any_of("filler"), []
        at = 0
        while at < len(words):
            end = at
            while (
                end < len(words)
                and end not in self._taken | told
                and words[end].folded not in _BREAKS
            ):
                end += 1
            first, last = at, end
            while first < last and (words[first].is_mark or words[first].folded in small):
                first += 1
            while last > first and (words[last - 1].is_mark or words[last - 1].folded in small):
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
        others = {
            at  # industries, companies, degrees...: no title takes them in
            for hit in self._hits(Kind.INDUSTRY, Kind.COMPANY, Kind.EDUCATION, Kind.CAREER)
            if not any(term.kind is Kind.SKILL for term in hit.terms)
            and not all(term.value.startswith("field:") for term in hit.terms)
            for at in range(hit.first, hit.last)
        }
        nouns = {at for hit in self._hits(Kind.TITLE) for at in range(hit.first, hit.last)}
        studied = {
            at
            for hit in self._hits(Kind.EDUCATION)
            if not hit.value.startswith(("school:", "field:"))
            for at in (
                *range(hit.last, self._field_of(hit.last)),
                *(range(hit.first, hit.last) if hit.last - hit.first > 1 else ()),
            )
        }
        before = self._taken | studied
        closed = others - nouns | before
        titles = titles_in(
            self._words,
            self._text,
            self._lang,
            lambda at: at not in closed,
            lambda at: at not in before,
        )
        for title in titles:
            if title.occupation == "founder":
                continue
            said = self._text[self._words[title.first].start : self._words[title.last - 1].end]
            self._take(Kind.TITLE, title_value(said, self._lang), title.first, title.last)
            inside = self._words[title.first : title.last]
            for hit in terms_in(inside, self._text, (Kind.SKILL,)):
                if any(term.is_tool for term in hit.terms):
                    self._take(hit.kind, hit.value, hit.first + title.first, hit.last + title.first)

    def _read_lexicon(self) -> None:
        degrees: list[int] = []
        studied = [h for h in self._hits(Kind.EDUCATION) if h.value.startswith("field:")]
        for hit in self._hits(*_LEXICON):
            # a phrase is a field of study only near a degree
            near_degree = any(0 <= hit.first - end <= _DEGREE_NEAR for end in degrees)
            fields = [term for term in hit.terms if term.value.startswith("field:")]
            others = [term for term in hit.terms if term not in fields]
            meant = fields if near_degree and fields else others
            term = next((t for t in meant if t.kind is Kind.EDUCATION), meant[0] if meant else None)
            if term is None or not self._are_free(hit.first, hit.last):
                continue
            last = hit.last
            if term.kind is Kind.EDUCATION and not term.value.startswith(("school:", "field:")):
                degrees.append(hit.last)
                last = self._field_of(last)
            self._take(term.kind, term.value, hit.first, last)
            for other in studied if last > hit.last else ():
                if hit.last < other.first < last:
                    self._take(Kind.EDUCATION, other.value, other.first, other.last)

    def _field_of(self, last: int) -> int:
        """Return where the field of a degree ends: «Laurea in economia», «EFZ als Schreiner»."""
        words, end = self._words, last + 1
        if last >= len(words) or words[last].folded not in _OF_FIELD:
            return last
        while end < len(words) and end <= last + MOST_LISTED and self._are_free(end, end + 1):
            stops = _BREAKS | any_of("nice", "not") | small_words() - {"di", "de", "des", "of", "d"}
            if words[end].folded in stops:  # «Laurea in economia gradita»
                break
            end += 1
        return end if end > last + 1 else last


def _is_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether a place is in one of some spans, which are in order."""
    at = bisect_right(spans, (place, MOST_LETTERS))
    return any(start <= place < end for start, end in spans[max(0, at - 3) : at])


def _further_places(text: str, criteria: Sequence[Criterion]) -> set[tuple[int, int]]:
    """Return where places stand that a later sentence names: «the head office is in Linz»."""
    places = [each for each in criteria if each.kind is Kind.PLACE and each.span]
    found: set[tuple[int, int]] = set()
    for each in places[1:]:
        one, other = places[0].span, each.span
        is_other = each.either is None or each.either != places[0].either
        if one and other and is_other and re.search(r"[.;!?](?:\s|$)", text[one[1] : other[0]]):
            found.add(other)
    return found


def _distinct(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """Yield each criterion once, where it is said first; what is alone is no alternative."""
    distinct: dict[object, Criterion] = {}
    for each in criteria:
        same = (each.kind, each.value, each.force, each.is_past, each.least, each.most)
        distinct.setdefault(same, each)
    sizes = Counter((each.either, each.force) for each in distinct.values())
    numbers: dict[object, int] = {}
    for each in distinct.values():
        group = (each.either, each.force)
        is_alone = each.either is None or each.force == "not" or sizes[group] == 1
        number = None if is_alone else numbers.setdefault(group, len(numbers))
        yield replace(each, either=number)
