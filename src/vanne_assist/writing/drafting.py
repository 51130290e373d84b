"""Drafts of a post: a model writes, the guard reads each sentence before a person does.

A sentence is shown when it is whole and the guard has found nothing in the draft so far; the first
finding ends the draft, so that no tokens are spent on what will not be shown. A model that has read
members' texts is shown draft by draft, after a comparison with these texts. Nothing is posted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.corpus.document import Document
from vanne.errors import VanneError
from vanne.inference.asking import Ended, Piece
from vanne.screening import without_placeholders
from vanne_assist.brief.criteria import Passage
from vanne_assist.writing.backend import Asked, Writer
from vanne_assist.writing.builder import Answers, Tone
from vanne_assist.writing.counts import Counts
from vanne_assist.writing.guard import (
    Finding,
    Ground,
    Kind,
    OwnWords,
    Source,
    check,
    check_whole,
    own_words,
)
from vanne_assist.writing.instructions import without_instructions
from vanne_assist.writing.marks import Mark
from vanne_assist.writing.prompts import prompt
from vanne_assist.writing.settings import Settings
from vanne_assist.writing.tokens import sentences
from vanne_assist.writing.verbatim import copied

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
        """What a draft may say: answers and own items, without what speaks to a machine.

        The marks of screening go too: they say that something was there, and not what.
        """
        said = self.answers.ground(self.lang).sources
        items = (Source(p.item_id, p.text, p.lang or self.lang) for p in self.own)
        cleaned = (
            replace(s, text=without_instructions(without_placeholders(s.text))[0])
            for s in (*said, *items)
        )
        return Ground(tuple(source for source in cleaned if source.text))


@dataclass(frozen=True, slots=True)
class Sentence:
    """The next sentence of a draft; the guard has found nothing so far."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it ended. With findings it was rejected, and its text is what was written so far.

    `own` counts the words with a meaning that the member had said.
    """

    number: int
    text: str
    findings: tuple[Finding, ...]
    mark: Mark
    own: OwnWords

    @property
    def is_accepted(self) -> bool:
        """The guard found nothing."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Failure:
    """The back end did not do it: why, and what to do, in a line. No more drafts come."""

    error: VanneError


Event = Sentence | Draft | Failure


def drafts(
    writer: Writer,
    wish: Wish,
    settings: Settings,
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
    kinds: list[list[Kind]] = []
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


def _asked(wish: Wish, ground: Ground, settings: Settings, number: int) -> Asked:
    asked = prompt("post")
    angle = asked.angles[(number - 1) % len(asked.angles)]
    lines = [source.text for source in ground.sources]
    messages = asked.fill(lines, wish.lang, words=wish.words, tone=wish.tone, angle=angle)
    return Asked(messages, settings.max_tokens, settings.temperature, seed=number)


def _one(
    writer: Writer,
    asked: Asked,
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
                findings += (Finding(Kind.CUT, "", (len(text), len(text))),)
            break
        text += event.text if isinstance(event, Piece) else ""
        end = _last_whole(text)
        if end > shown:
            if findings := check(text[:end], ground, wish.lang):
                break
            if documents is None:
                yield Sentence(number, text[shown:end])
            shown = end
    if documents is not None and not findings:
        findings = copied([text], ground, documents(), wish.member)[0]
    if documents is None and not findings and text[shown:].strip():
        yield Sentence(number, text[shown:])
    label = prompt("post").label
    mark = Mark("compositeWithTrainedAlgorithmicMedia", writer.name, label, at)
    own = own_words(text, ground, wish.lang)
    yield Draft(number, text.strip(), findings, mark, own)


def _last_whole(text: str) -> int:
    """Return where the last sentence ends of which it is certain that it is whole."""
    found = sentences(text)
    return found[-2][1] if len(found) > 1 else 0
