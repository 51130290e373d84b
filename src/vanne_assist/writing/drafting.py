"""Drafts of a post: a model writes, and the guard checks each draft before a person reads it.

A finding of the guard is either marked for the member to check, or stops the draft: then its text
is not shown. A draft carries a mark for other programs: IPTC's digital source type for texts that a
trained model helped to write. Nothing is posted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.errors import LimitError
from vanne.screening import without_placeholders
from vanne_assist.brief.criteria import Passage
from vanne_assist.model_server import ModelServer, WritingSettings
from vanne_assist.tables import draft_tokens
from vanne_assist.writing.builder import Answers, Tone
from vanne_assist.writing.guard import (
    TO_CHECK,
    Ground,
    GroundSource,
    OwnWords,
    check_whole,
    own_words,
)
from vanne_assist.writing.prompts import post_prompt
from vanne_assist.writing.remarks import Remark

_CHARACTERS_A_TOKEN = 3
"""A low guess, so that a question is counted with too many tokens rather than too few."""
LEAST_WORDS, USUAL_WORDS, MOST_WORDS = 20, 120, 400
"""What feeds show without a click more, and a model of some size keeps to, is the usual."""
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for what a model wrote from a person's own words."""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """What is to be written; `own` are items of the member's that they let it rest on."""

    answers: Answers
    lang: str
    tone: Tone = "plain"
    words: int = USUAL_WORDS
    member: str | None = None
    own: tuple[Passage, ...] = ()

    @property
    def ground(self) -> Ground:
        """What a draft may say: answers and own items.

        The marks of screening are left out: they say that something was there, and not what.
        """
        items = (GroundSource(each.text, each.lang or self.lang) for each in self.own)
        clean = (
            replace(each, text=without_placeholders(each.text).strip())
            for each in (*self.answers.ground(self.lang).sources, *items)
        )
        return Ground(tuple(source for source in clean if source.text))

    @property
    def lines(self) -> list[str]:
        """What a model is given: answers, each with what it answers, then own items."""
        texts = (*self.answers.lines, *(each.text for each in self.own))
        return [without_placeholders(text).strip() for text in texts]


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that the guard has read. `own` counts the longer words that are the member's."""

    number: int
    text: str
    findings: tuple[Remark, ...]
    mark: dict[str, Any]
    own: OwnWords

    @property
    def is_accepted(self) -> bool:
        """Whether the member may have it: what was found is at most to be checked."""
        return all(finding.kind in TO_CHECK for finding in self.findings)


def drafts(
    home: Home, server: ModelServer, asked: DraftRequest, settings: WritingSettings, at: datetime
) -> Iterator[Draft]:
    """Write drafts, one after the other.

    Raises:
        InputError: nothing was said, or too much.
        VanneError: the back end did not do it, or today's tokens are used up. No more drafts come.
    """
    asked.answers.check()
    ground, prompt = asked.ground, post_prompt()
    answers = asked.answers.ground(asked.lang)
    for number in range(1, settings.drafts + 1):
        angle = prompt.angles[(number - 1) % len(prompt.angles)]
        messages = prompt.fill(
            asked.lines, asked.lang, words=asked.words, tone=asked.tone, angle=angle
        )
        letters = sum(len(message.text) for message in messages)
        cost = letters // _CHARACTERS_A_TOKEN + settings.max_tokens
        _spend(home, asked.member or "", at.date(), cost, settings.tokens_a_day)
        written = server.write(messages, number)
        text = written.text.strip()
        findings = check_whole(text, ground, asked.lang, answers)
        if not written.is_whole:
            findings += (Remark("cut", (len(text), len(text))),)
        mark = {
            "schema": "vanne/ai-mark/1",
            "ai_written": True,
            "digital_source_type": SOURCE_TYPE,
            "model": settings.model,
            "prompt": prompt.label,
            "at": at.isoformat(),
        }
        yield Draft(number, text, findings, mark, own_words(text, ground))


def _spend(home: Home, member: str, day: date, tokens: int, most: int) -> None:
    """Take tokens from what a member may use in a day; 0 as the most is without a limit.

    Only today's are remembered.

    Raises:
        LimitError: that would be too many.
    """
    if most == 0:
        return
    row = {"person_id": member, "day": day.isoformat(), "count": tokens}
    with Database.of(home).writing() as db:
        add_persons(db, [member])
        db.execute(delete(draft_tokens).where(draft_tokens.c.day < row["day"]))
        spent = db.execute(
            upsert(db, draft_tokens)
            .values(row)
            .on_conflict_do_update(
                index_elements=["person_id", "day"], set_={"count": draft_tokens.c.count + tokens}
            )
            .returning(draft_tokens.c.count)
        ).scalar_one()
        if spent > most:  # which rolls the row back
            raise LimitError(
                f"today's {most:,} tokens for drafts are used up",
                todo="ask tomorrow; the builder and the coach need none",
            )
