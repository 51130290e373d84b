"""Read a recruiter's brief as criteria, each with the words of the brief that it comes from.

Rules and lexicons read four languages and mixtures of them; no language model is used. What is not
sure is a wish (`forces.py`, `sure.py`); what no lexicon knows is looked for as text.

>>> [(c.kind.value, c.value) for c in read_brief("Rust engineer, 5+ years").criteria]
[('title', 'rust engineer'), ('skill', 'rust'), ('years', 'experience')]
"""

import re

from vanne.errors import InputError
from vanne.terms import LANGUAGES
from vanne_assist.brief.criteria import Brief, BriefNotice, Kind
from vanne_assist.brief.language import language_of
from vanne_assist.brief.numbers import in_digits
from vanne_assist.brief.operators import spelt_out
from vanne_assist.brief.place_spans import unknown_places
from vanne_assist.brief.places import near_names
from vanne_assist.brief.reader import BriefReader
from vanne_assist.brief.slips import misspelt
from vanne_assist.brief.text import split

MOST_LETTERS = 20_000
"""A brief is some lines, an advert some pages; what is longer was pasted by mistake."""
LONG = 60
"""Words from which a brief is an advert: its words are not searched for slips."""


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
    words = spelt_out(split(text))
    lang = lang or language_of(words)
    return BriefReader(text, in_digits(words, lang), lang).read()


def notices_of(brief: Brief) -> tuple[BriefNotice, ...]:
    """Return what is wrong with a brief: it is told, and the search goes on without it."""
    notices, words = list(brief.notices), split(brief.text)
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
