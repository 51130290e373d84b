"""The coach: advice on a text that a member wrote, each with its place and its reason.

No model is used, so the coach sees form and wording, and never says that a text is good. It looks
at length and first line (feeds cut a post after about 210 characters), lines that are no sentences,
a figure, jargon, long sentences, what is better kept private, and what screen readers stumble over:
hashtags without capitals, rows of emoji, letters that only look like letters, words in capitals.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from vanne.errors import InputError
from vanne.screening.screen import find
from vanne_assist.brief.language import language_of
from vanne_assist.brief.text import split
from vanne_assist.shipped import table
from vanne_assist.writing.phrasing import is_bare_figure, small_noun
from vanne_assist.writing.remarks import Remark, RemarkKind
from vanne_assist.writing.tokens import figures, sentences, word_count

SHOWN_CHARACTERS = 210
"""Feeds cut a post after about so many."""
LEAST_WORDS, MOST_CHARACTERS = 25, 3000
"""Less says nothing, and feeds take no more."""
LONGEST_SENTENCE, MOST_HASHTAGS, MOST_EMOJI = 30, 5, 5
"""What a reader, or whoever listens to a screen reader, takes in at once: usual advice."""
LONGEST_TEXT = 50_000
"""A text is read in one request: a longer one would hold a server up."""
_ROW = 3
"""So many emoji side by side are a row."""
_LONGEST_HEAD = 60
"""Letters of a first line that may be a headline, and so needs no full stop."""
_SEVERAL_WORDS = 12
"""A hashtag of so many small letters is most likely several words."""

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_POINTS = ("•", "-", "–", "*", "#", "@", "✓", "→")
_LABEL = re.compile(r"[•–-]?\s*[^\W\d][^:.!?]{1,24}[\s\u00a0\u202f]?:(?!//)\s?\S")
"""A label and what it is of: «Result: …». Two such lines make a form, and no post."""
_HASHTAG = re.compile(r"(?<!\w)#(\w+)")
_CAPITALS = re.compile(r"\b[^\W\d_a-zß-öø-ÿ]{5,}(?:\s+[^\W\d_a-zß-öø-ÿ]{2,})+\b")
_LOOKALIKE = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff5a\u24b6-\u24e9]+")


def coach(text: str, lang: str) -> tuple[Remark, ...]:
    """Return advice on a text, in the order in which it stands.

    Raises:
        InputError: there is no text, or more than can be read.
    """
    if not text.strip():
        raise InputError("there is no text", todo="write a line and ask again")
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"the text has {len(text):,} characters", todo=f"use at most {LONGEST_TEXT:,}"
        )
    advice = [*_shape(text, lang), *_lines(text, lang), *_phrases(text, lang), *_readable(text)]
    for span in find(text):  # what screening would take out before anything is trained on the text
        kind: RemarkKind = "pay" if span.kind == "salary" else "private"
        advice.append(Remark(kind, (span.start, span.end), text[span.start : span.end]))
    return tuple(sorted(advice, key=lambda each: (each.span, each.kind)))


def _at(kind: RemarkKind, match: re.Match[str], instead: str = "") -> Remark:
    return Remark(kind, match.span(), match[0], instead)


def _shape(text: str, lang: str) -> Iterator[Remark]:
    """Look at length, first line, figures, language and sentences."""
    whole = (0, len(text))
    count = word_count(text)
    if len(text) > MOST_CHARACTERS:
        yield Remark("too-long", (MOST_CHARACTERS, len(text)), count=len(text))
    if count < LEAST_WORDS:
        yield Remark("too-short", whole, count=count)
    first = text.lstrip().split("\n", 1)[0].strip()
    start = text.index(first)
    if len(first) > SHOWN_CHARACTERS or first.startswith(("#", "@")):
        yield Remark("first-line", (start, start + len(first)), count=len(first))
    if not figures(text, lang):
        yield Remark("no-figure", whole)
    if (other := language_of(split(text), lang)) != lang:
        yield Remark("language", whole, other)
    for begin, end in sentences(text):
        words = word_count(text[begin:end])
        if words > LONGEST_SENTENCE:
            yield Remark("long-sentence", (begin, end), count=words)


def _lines(text: str, lang: str) -> Iterator[Remark]:
    """Look for lines that are no sentences: notes, labels, figures alone, what stands twice."""
    labels, seen = [], set[str]()
    lines = list(_LINE.finditer(text))
    for match in lines:
        line, span = match[0].strip(), match.span()
        if is_bare_figure(line):
            yield Remark("bare-figure", span, line)
            continue
        if _LABEL.match(line):
            labels.append(match)
        if line.startswith(_POINTS):
            continue
        if line[0].islower():
            yield Remark("small-start", span, line.split()[0])
        is_head = match is lines[0] and len(lines) > 1 and len(line) <= _LONGEST_HEAD
        if line[-1].isalnum() and not is_head and not line.split()[-1].startswith("#"):
            yield Remark("no-end", span, line.split()[-1])
    if len(labels) > 1:
        yield Remark("labels", labels[0].span(), labels[0][0].strip().split(":")[0].strip())
    for begin, end in sentences(text):
        sentence = text[begin:end].casefold()
        if sentence in seen:
            yield Remark("repeated", (begin, end), text[begin:end])
        seen.add(sentence)
    if lang == "de" and (noun := small_noun(text)):
        yield noun


def _phrases(text: str, lang: str) -> Iterator[Remark]:
    """Look for worn openings, jargon, what is of the inside, and links without a name."""
    patterns, plain_words = _lexicon(lang)
    begin = re.match(r"\W*", text)
    if match := patterns["openers"].match(text, begin.end() if begin else 0):
        yield _at("opener", match)
    yield from (_at("inside", match) for match in patterns["secret"].finditer(text))
    yield from (_at("click-here", match) for match in patterns["here"].finditer(text))
    for match in patterns["jargon"].finditer(text):
        yield _at("jargon", match, plain_words[match[0].casefold()])


def _readable(text: str) -> Iterator[Remark]:
    """Look for what screen readers stumble over."""
    hashtags = list(_HASHTAG.finditer(text))
    for match in hashtags:
        if match[1].islower() and len(match[1]) >= _SEVERAL_WORDS:
            yield _at("hashtag-case", match)
    if len(hashtags) > MOST_HASHTAGS:
        yield Remark("hashtags", hashtags[MOST_HASHTAGS].span(), count=len(hashtags))
    emoji = [n for n, c in enumerate(text) if c >= "\u2600" and unicodedata.category(c) == "So"]
    if len(emoji) > MOST_EMOJI:
        yield Remark("emoji", (emoji[MOST_EMOJI], emoji[-1] + 1), count=len(emoji))
    for _, group in groupby(enumerate(emoji), key=lambda pair: pair[1] - pair[0]):
        row = [place for _, place in group]
        if len(row) >= _ROW:
            span = row[0], row[-1] + 1
            yield Remark("emoji-row", span, text[slice(*span)], count=len(row))
    for match in _LOOKALIKE.finditer(text):
        yield _at("lookalike", match, unicodedata.normalize("NFKC", match[0]))
    for match in _CAPITALS.finditer(text):
        yield _at("capitals", match)


@cache
def _lexicon(lang: str) -> tuple[dict[str, re.Pattern[str]], dict[str, str]]:
    """Return what matches each list of phrases, and plain words for jargon."""
    data = table("writing", "advice", lang)
    patterns = {}
    for name in ("openers", "secret", "here", "jargon"):
        phrases = "|".join(map(re.escape, sorted(data[name], key=len, reverse=True)))
        patterns[name] = re.compile(rf"(?<!\w)(?:{phrases})(?!\w)", re.IGNORECASE)
    return patterns, data["jargon"]
