"""Drafts of a post: a model writes, the guard reads each sentence before a person does.

A sentence is shown when it is whole. What the guard finds is marked for the member to check, or
stops the draft there and then, so that no tokens are spent on what will not be shown.
A model that has read members' texts is shown draft by draft, after a comparison with these texts.
Nothing is posted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.corpus import Document
from vanne.errors import VanneError
from vanne.inference.asking import Ended, Piece
from vanne.screening import without_placeholders
from vanne_assist.brief.criteria import Passage
from vanne_assist.writing.backend import Writer, WritingRequest
from vanne_assist.writing.builder import Answers, Tone
from vanne_assist.writing.counts import Counts
from vanne_assist.writing.guard import (
    TO_CHECK,
    Finding,
    FindingKind,
    Ground,
    GroundSource,
    OwnWords,
    check,
    check_whole,
    copied,
    own_words,
)
from vanne_assist.writing.marks import Mark
from vanne_assist.writing.prompts import prompt
from vanne_assist.writing.settings import WritingSettings
from vanne_assist.writing.tokens import sentences

_CHARACTERS_A_TOKEN = 3
LEAST_WORDS, MOST_WORDS = 20, 400


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written; `own` are items of the member's that they let it rest on."""

    answers: Answers
    lang: str
    tone: Tone = "plain"
    words: int = 120
    member: str | None = None
    own: tuple[Passage, ...] = ()

    @property
    def ground(self) -> Ground:
        """What a draft may say: answers and own items.

        The marks of screening are left out: they say that something was there, and not what.
        """
        answers = self.answers.ground(self.lang).sources
        items = (GroundSource(p.item_id, p.text, p.lang or self.lang) for p in self.own)
        clean = (
            replace(each, text=without_placeholders(each.text).strip())
            for each in (*answers, *items)
        )
        return Ground(tuple(source for source in clean if source.text))


@dataclass(frozen=True, slots=True)
class Sentence:
    """The next sentence of a draft that was not stopped so far."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it ended. If it was stopped, its text is what was written so far.

    `own` counts the longer words that are the member's.
    """

    number: int
    text: str
    findings: tuple[Finding, ...]
    mark: Mark
    own: OwnWords

    @property
    def is_accepted(self) -> bool:
        """Whether the member may have it: what was found is at most to be checked."""
        return all(finding.kind in TO_CHECK for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Failure:
    """The back end did not do it: why, and what to do, in a line. No more drafts come."""

    error: VanneError


Event = Sentence | Draft | Failure


def drafts(
    writer: Writer,
    wish: Wish,
    settings: WritingSettings,
    counts: Counts,
    at: datetime,
    documents: Callable[[], Iterable[Document]] | None = None,
) -> Iterator[Event]:
    """Write drafts. `documents` opens what the model was trained on, if members wrote that.

    Raises:
        InputError: nothing was said, or too much.
    """
    wish.answers.check()
    ground = wish.ground
    kinds: list[list[FindingKind]] = []
    label = prompt("post").label
    try:
        for number in range(1, settings.drafts + 1):
            asked = _asked(wish, ground, settings, number)
            cost = sum(len(m.text) for m in asked.messages) // _CHARACTERS_A_TOKEN
            cost += asked.max_tokens
            counts.spend(wish.member or "", at.date(), cost, settings.tokens_a_day)
            for event in _one(writer, asked, wish, ground, number, documents, at):
                if isinstance(event, Draft):
                    kinds.append([finding.kind for finding in event.findings])
                yield event
    except VanneError as error:
        yield Failure(error)
    finally:
        if kinds:
            counts.judge(writer.name, label, kinds)


def _asked(wish: Wish, ground: Ground, settings: WritingSettings, number: int) -> WritingRequest:
    asked = prompt("post")
    angle = asked.angles[(number - 1) % len(asked.angles)]
    lines = [source.text for source in ground.sources]
    messages = asked.fill(lines, wish.lang, words=wish.words, tone=wish.tone, angle=angle)
    return WritingRequest(messages, settings.max_tokens, settings.temperature, seed=number)


def _one(
    writer: Writer,
    asked: WritingRequest,
    wish: Wish,
    ground: Ground,
    number: int,
    documents: Callable[[], Iterable[Document]] | None,
    at: datetime,
) -> Iterator[Event]:
    """Write one draft: its sentences as they come, and at last the draft."""
    text, shown, findings = "", 0, tuple[Finding, ...]()
    for event in writer.write(asked):
        if isinstance(event, Ended):
            findings = check_whole(text, ground, wish.lang)
            if event.reason == "length":
                findings += (Finding(FindingKind.CUT, "", (len(text), len(text))),)
            break
        text += event.text if isinstance(event, Piece) else ""
        end = _last_whole(text)
        if end > shown:
            findings = check(text[:end], ground, wish.lang)
            if any(finding.kind not in TO_CHECK for finding in findings):
                break
            if documents is None:
                yield Sentence(number, text[shown:end])
            shown = end
    is_stopped = any(finding.kind not in TO_CHECK for finding in findings)
    if documents is not None and not is_stopped:
        findings += copied(text, ground, documents(), wish.member)
    if documents is None and not is_stopped and text[shown:].strip():
        yield Sentence(number, text[shown:])
    label = prompt("post").label
    mark = Mark("compositeWithTrainedAlgorithmicMedia", writer.name, label, at)
    own = own_words(text, ground)
    yield Draft(number, text.strip(), findings, mark, own)


def _last_whole(text: str) -> int:
    """Return where the last sentence ends of which it is certain that it is whole."""
    found = sentences(text)
    return found[-2][1] if len(found) > 1 else 0
