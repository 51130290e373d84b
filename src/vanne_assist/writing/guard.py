"""The fact guard: find in a draft what the member never wrote.

Figures, dates, names and addresses that the member's words do not hold are marked for the member to
check. A draft is stopped if it repeats the prompt or itself, leaves a gap to be filled in, is in
another language, invents more than can be checked, or has little of what the member said. The guard
compares words, not meanings: an unmarked statement can still be untrue, so a person must read every
draft.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne.screening import PLACEHOLDER
from vanne_assist.brief.language import language_of
from vanne_assist.brief.text import split
from vanne_assist.writing.prompts import post_prompt
from vanne_assist.writing.remarks import Remark, RemarkKind
from vanne_assist.writing.tokens import DraftWord, figures, runs, sentences, stem, words_of

_LINK = re.compile(
    r"https?://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.\w[\w.]*|(?<![\w@])@\w+"
    r"|(?<![\w-])\w[\w-]{0,62}\.(?:com|ch|fr|de|it|org|net|io)\b|(?<!\w)\+?\d[\d ./()-]{7,}\d",
    re.IGNORECASE,
)
_GAP = re.compile(
    r"\[\w[^\]\n]*\]|\{\w+\}|<\|?\w+\|?>|\bDATA [0-9a-f]{8}\b|\b[0-9a-fA-F]{8}\s*\|"
    r"|\b(?:what I did|for whom|what came of it|the figure that shows it|thanks to)\s?:"
    r"|\bAI (?:assistant|(?:language )?model)\b|\bas an AI\b"
    r"|\bhere(?: is|['’]s) (?:the|your|a) (?:post|draft|text)\b"
    r"|\bvoici (?:la|le|votre|une?) (?:publication|post|texte)\b"
    r"|\bhier ist (?:der|Ihr|ein) (?:Beitrag|Post|Text)\b"
    r"|\becco (?:il|un|il suo) (?:post|testo)\b",
    re.M | re.IGNORECASE,
)
"""What a model leaves to be filled in, the marks and labels of what it was given, and what it says
of itself or of its task."""
_USUAL = frozenset("ok hr it cv ai pdf faq".split())
"""Words in capitals that name nobody."""
_BEFORE_NAMES = frozenset(("bei", "in", "aus", "nach", "von"))
"""In German every noun has a capital: a single one is a name where it stands after these."""
_BULLETS = " \t-–—•*▪→✓\"«“„'’(["
_ECHO = 5
"""So many words of a prompt in a row are no accident."""
_LEAST_OWN_WORDS, _LEAST_OWN_SHARE, _LEAST_SAID = 2, 1 / 8, 1 / 3
"""How many longer words, and which share of them, a draft has of the member's, and which share of
what the member said it holds. The poorest honest draft of our cases has two, and 17 %; four that
held nothing of anybody had one at most."""
_MOST_TO_CHECK = 4
"""More inventions than a member can be asked to check: the draft is about somebody else."""
_MOST_TIMES = 2
"""How often a line of more than three words may stand in a draft."""
_LONGER = 4
"""Letters of a word that may carry meaning: what is shorter joins others."""


TO_CHECK = frozenset(("figure", "name", "link"))
"""What the member is asked to check; all else stops a draft."""


@dataclass(frozen=True, slots=True)
class GroundSource:
    """Words that a member stands by: an answer, or an item of their own."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a draft may say."""

    sources: tuple[GroundSource, ...]

    @property
    def text(self) -> str:
        """The words, one source a line."""
        return "\n".join(source.text for source in self.sources)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """How many longer words a draft has, how many are the member's, and how many different ones."""

    words: int
    own: int
    different: int


def own_words(draft: str, ground: Ground) -> OwnWords:
    """Count the longer words and the figures that the ground holds too, by their stems."""
    known = {stem(word.folded) for word in words_of(ground.text)}
    words = [
        stem(word.folded)
        for word in words_of(draft)
        if len(word.folded) >= _LONGER or word.text.isdigit()
    ]
    own = [word for word in words if word in known]
    return OwnWords(len(words), len(own), len(set(own)))


def check_whole(
    draft: str, ground: Ground, lang: str, answers: Ground | None = None
) -> tuple[Remark, ...]:
    """Return what speaks against a draft that has ended: also that little in it is the member's.

    `answers` is the part of the ground that the draft is to tell; without it, all of the ground.
    """
    findings, own = list(check(draft, ground, lang)), own_words(draft, ground)
    said = own_words(ground.text, ground).different
    asked = own_words((answers or ground).text, ground).different
    told = own_words(draft, answers or ground).different
    whole = (0, len(draft))

    def stop(kind: RemarkKind, said: str) -> None:
        findings.append(Remark(kind, whole, said))

    if own.different < max(min(_LEAST_OWN_WORDS, said), 1) or (
        own.own < _LEAST_OWN_SHARE * own.words
    ):
        stop("not-own", f"{own.own}/{own.words}")
    elif told < _LEAST_SAID * asked:
        stop("left-out", f"{told}/{asked}")
    inventions = {finding.said for finding in findings if finding.kind in TO_CHECK}
    if len(inventions) > _MOST_TO_CHECK:
        stop("invents", str(len(inventions)))
    lines = Counter(draft[slice(*span)].casefold() for span in sentences(draft))
    for line, times in lines.items():
        if times > _MOST_TIMES and len(words_of(line)) > 1:
            stop("repeats", line)
            break
    if (language := language_of(split(draft), lang)) != lang:
        stop("language", language)
    return tuple(findings)


def check(draft: str, ground: Ground, lang: str) -> tuple[Remark, ...]:
    """Return what speaks against the beginning of a draft, in the order in which it stands."""
    if not words_of(draft):
        return (Remark("empty", (0, len(draft))),)
    known = {
        value for s in ground.sources for _, values in figures(s.text, s.lang) for value in values
    }
    text = ground.text.casefold()
    prompt = _prompt_runs() - {run for run, _ in runs(ground.text, _ECHO)}
    # a model that repeats what it was asked writes no post
    echoes = [span for run, span in runs(draft, _ECHO) if run in prompt]
    findings = [
        *(Remark("talk", m.span(), m[0].strip()) for m in _GAP.finditer(draft)),
        *(Remark("talk", m.span(), m[0]) for m in PLACEHOLDER.finditer(draft)),
        *(Remark("talk", span, draft[slice(*span)]) for span in echoes[:1]),
        *(
            Remark("link", m.span(), m[0])
            for m in _LINK.finditer(draft)
            if m[0].rstrip(".,;:!?)").casefold() not in text
        ),
        *(
            Remark("figure", span, draft[slice(*span)])
            for span, values in figures(draft, lang)
            if not values & known
        ),
        *_names(draft, ground, lang),
    ]
    outermost, reach = [], -1  # a link is not also a name and a figure
    for each in sorted(findings, key=lambda each: (each.span[0], -each.span[1])):
        if each.span[1] > reach:
            outermost.append(each)
            reach = each.span[1]
    return tuple(outermost)


def _names(draft: str, ground: Ground, lang: str) -> Iterator[Remark]:
    """Find names that the member did not write: runs of words with a capital.

    At the beginning of a sentence, and in German everywhere, a capital alone makes no name.
    """
    known = {stem(word.folded) for word in words_of(ground.text)}
    starts = {
        start + len(draft[start:end]) - len(draft[start:end].lstrip(_BULLETS))
        for start, end in sentences(draft)
    } | {m.end() for m in re.finditer(r"[:;–—][\s«\"“„]+|[«“„\"(]|#", draft)}
    words = words_of(draft)
    is_new = [
        any(map(str.isupper, word.text))
        and len(word.text) > 1
        and word.folded not in _USUAL
        and stem(word.folded) not in known
        for word in words
    ]
    at = 0
    while at < len(words):
        end = at
        while (
            end < len(words)
            and is_new[end]
            and (
                end == at
                or draft[words[end - 1].end : words[end].start] in (" ", "-", "’", "'", " & ")
            )
        ):
            end += 1
        run = words[at:end]
        is_start = bool(run) and run[0].start in starts
        if is_start and lang == "de" and not _has_inner_capital(run[:1]):
            run = run[1:]  # an article as well as a name: «Die Fragen», «Anna Keller»
        before = words[at - 1].folded if at else ""
        is_plain = len(run) == 1 and not _has_inner_capital(run)
        is_noun = lang == "de" and before not in _BEFORE_NAMES
        if run and not (is_plain and (is_start or is_noun)):
            span = run[0].start, run[-1].end
            yield Remark("name", span, draft[slice(*span)])
        at = max(end, at + 1)


def _has_inner_capital(words: Sequence[DraftWord]) -> bool:
    """Say whether a word is written as only names are: `GmbH`, `iPhone`, `EPFL`."""
    return any(map(str.isupper, "".join(word.text[1:] for word in words)))


@cache
def _prompt_runs() -> frozenset[tuple[str, ...]]:
    prompt = post_prompt()
    return frozenset(run for text in (prompt.system, prompt.user) for run, _ in runs(text, _ECHO))
