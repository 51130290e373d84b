"""Drafts of a post: a model writes, and the guard checks each sentence before a person reads it.

A sentence is shown when it is whole. A finding of the guard is either marked for the member to
check, or stops the draft at once, so that no tokens are spent on text that will not be shown. A
draft carries a mark for other programs: IPTC's digital source type for texts that a trained model
helped to write. Nothing is posted.
"""

import html
import json
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
from vanne_assist.tables import draft_tokens
from vanne_assist.writing.builder import Answers, Tone
from vanne_assist.writing.guard import (
    TO_CHECK,
    Finding,
    Ground,
    GroundSource,
    OwnWords,
    check,
    check_whole,
    own_words,
)
from vanne_assist.writing.prompts import post_prompt
from vanne_assist.writing.server import Ended, ModelServer, WritingRequest, WritingSettings
from vanne_assist.writing.tokens import sentences

_CHARACTERS_A_TOKEN = 3
"""A low guess, so that a question is counted with too many tokens rather than too few."""
LEAST_WORDS, MOST_WORDS = 20, 400
SOURCE_TYPE = "compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for what a model wrote from a person's own words."""


@dataclass(frozen=True, slots=True)
class DraftRequest:
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
class DraftMark:
    """Which model wrote with which prompt, and when."""

    model: str
    prompt: str
    at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as JSON holds it."""
        return {
            "schema": "vanne/ai-mark/1",
            "ai_written": True,
            "digital_source_type": f"http://cv.iptc.org/newscodes/digitalsourcetype/{SOURCE_TYPE}",
            "model": self.model,
            "prompt": self.prompt,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class DraftSentence:
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
    mark: DraftMark
    own: OwnWords

    @property
    def is_accepted(self) -> bool:
        """Whether the member may have it: what was found is at most to be checked."""
        return _may_go_on(self.findings)


DraftEvent = DraftSentence | Draft


def drafts(
    home: Home, server: ModelServer, asked: DraftRequest, settings: WritingSettings, at: datetime
) -> Iterator[DraftEvent]:
    """Write drafts: of each its sentences as they come, and at last the draft.

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
        request = WritingRequest(messages, settings.max_tokens, settings.temperature, number)
        mark = DraftMark(server.name, prompt.label, at)
        yield from _draft(server, request, ground, answers, asked.lang, number, mark)


def _draft(
    server: ModelServer,
    request: WritingRequest,
    ground: Ground,
    answers: Ground,
    lang: str,
    number: int,
    mark: DraftMark,
) -> Iterator[DraftSentence | Draft]:
    text, shown, findings = "", 0, tuple[Finding, ...]()
    for event in server.write(request):
        if isinstance(event, Ended):
            findings = check_whole(text, ground, lang, answers)
            if event.reason == "length":
                findings += (Finding("cut", "", (len(text), len(text))),)
            break
        text += event.text
        spans = sentences(text)
        end = spans[-2][1] if len(spans) > 1 else 0  # the last one may not be whole yet
        if end > shown:
            findings = check(text[:end], ground, lang)
            if not _may_go_on(findings):
                break
            yield DraftSentence(number, text[shown:end])
            shown = end
    if _may_go_on(findings) and text[shown:].strip():
        yield DraftSentence(number, text[shown:])
    yield Draft(number, text.strip(), findings, mark, own_words(text, ground))


def _may_go_on(findings: tuple[Finding, ...]) -> bool:
    return all(finding.kind in TO_CHECK for finding in findings)


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


def post_page(text: str, lang: str, *, is_draft: bool) -> str:
    """Return a text as a page; what a model wrote says so as schema.org's `digitalSourceType`."""
    data = {"@context": "https://schema.org", "@type": "SocialMediaPosting", "inLanguage": lang}
    if is_draft:
        name = SOURCE_TYPE[0].upper() + SOURCE_TYPE[1:]
        data["digitalSourceType"] = f"https://schema.org/{name}DigitalSource"
    paragraphs = "".join(f"<p>{html.escape(each)}</p>\n" for each in text.split("\n\n"))
    script = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    head = f'<meta charset="utf-8">\n<script type="application/ld+json">{script}</script>\n'
    return f'<!doctype html>\n<html lang="{lang}">\n{head}{paragraphs}</html>\n'
