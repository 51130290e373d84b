"""Advice, findings of the guard, and suggestions for a profile, in words of four languages."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.errors import VanneError
from vanne.words import sentence, words
from vanne_assist.model_server import ModelServer, WritingSettings
from vanne_assist.writing.builder import build, wanting
from vanne_assist.writing.coach import coach
from vanne_assist.writing.drafting import Draft, DraftRequest, drafts
from vanne_assist.writing.profile import ProfilePart, Suggestion
from vanne_assist.writing.prompts import post_prompt
from vanne_assist.writing.remarks import Remark, RemarkKind


def post_document(
    home: Home, asked: DraftRequest, lang: str, at: datetime, settings: WritingSettings | None
) -> tuple[dict[str, Any], VanneError | None]:
    """Put posts together from answers, say what is wanting, and let a model draft if one is named.

    What went wrong with the model comes beside the document, in which the rest stands.

    Raises:
        InputError: nothing was said, or too much.
    """
    document: dict[str, Any] = {
        "schema": "vanne/drafts/1",
        "lang": asked.lang,
        "built": [
            {"form": each.form, "text": each.text, "advice": _advised(each.text, asked, lang)}
            for each in build(asked.answers, asked.lang, asked.tone)
        ],
        "wanting": [
            {"answer": question, "reason": remark_words(remark, lang)}
            for question, remark in wanting(asked.answers, asked.lang).items()
        ],
        "items": [passage.item_id for passage in asked.own],
        "model": None,
        "drafts": [],
        "failure": None,
    }
    if settings is None:
        return document, None
    document |= {"model": settings.model, "prompt": post_prompt().label}
    try:
        with closing(ModelServer(settings)) as server:
            for draft in drafts(home, server, asked, settings, at):
                document["drafts"].append(_draft_row(draft, asked, lang))
    except VanneError as error:
        document["failure"] = str(error)
        return document, error
    return document, None


def _draft_row(draft: Draft, asked: DraftRequest, lang: str) -> dict[str, Any]:
    """Return a draft as the document holds it; of a stopped one the reasons, not the text."""
    row: dict[str, Any] = {
        "number": draft.number,
        "accepted": draft.is_accepted,
        "findings": [
            {
                "kind": each.kind,
                "start": each.span[0],
                "end": each.span[1],
                "reason": remark_words(each, lang),
            }
            for each in draft.findings
        ],
    }
    if not draft.is_accepted:
        return row
    return row | {
        "text": draft.text,
        "advice": _advised(draft.text, asked, lang),
        "own_words": {"own": draft.own.own, "words": draft.own.words},
        "mark": draft.mark,
    }


def _advised(text: str, asked: DraftRequest, lang: str) -> list[str]:
    return [remark_words(each, lang) for each in coach(text, asked.lang)]


def remark_words(remark: Remark, lang: str) -> str:
    """Say a remark of the coach, of the guard or of the builder."""
    w = words(lang)
    said, count = " ".join(remark.said.split())[:80], w.number(remark.count)
    return w(_REMARKS[remark.kind], said=said, instead=remark.instead, n=count)


def suggestion_words(suggestion: Suggestion, lang: str) -> str:
    """Say the reasons of a suggestion."""
    w = words(lang)
    return " ".join(w(_REASONS[reason]) for reason in suggestion.reasons)


def suggestions_document(found: Sequence[Suggestion], lang: str) -> dict[str, Any]:
    """Return suggestions as a JSON document."""
    rows = [asdict(each) | {"said": suggestion_words(each, lang)} for each in found]
    return {"schema": "vanne/profile-suggestions/1", "suggestions": rows}


def field_words(field: ProfilePart, lang: str) -> str:
    """Name a part of a profile."""
    return words(lang)(_FIELDS[field])


def marked_words(lang: str) -> str:
    """Say that a text is a machine's."""
    w = words(lang)
    return w("Written by AI. Read it, change it; nothing is posted.")


def passed_words(own: int, of: int, lang: str) -> str:
    """Say what the guard has compared of a draft, and no more."""
    w = words(lang)
    return w(
        "The guard looked for figures, names and addresses that you did not give. Of %(of)s words "
        "that carry meaning, %(own)s are yours. It cannot tell whether the rest is true.",
        of=w.number(of),
        own=w.number(own),
    )


_REMARKS: dict[RemarkKind, str] = {
    "too-long": sentence("%(n)s characters: feeds take 3,000. Leave something for the comments."),
    "too-short": sentence("%(n)s words: say what you did and what came of it."),
    "first-line": sentence(
        "Feeds show about 210 characters: let the first line be a short sentence of its own."
    ),
    "opener": sentence("Many posts begin with “%(said)s”: begin with what happened."),
    "no-figure": sentence("There is no figure: is there one that shows what came of it?"),
    "jargon": sentence("“%(said)s” says little: perhaps “%(instead)s”."),
    "long-sentence": sentence("A sentence of %(n)s words: make two of it."),
    "private": sentence("“%(said)s” is personal: everybody will be able to read it."),
    "pay": sentence("This speaks of pay: is everybody to know?"),
    "inside": sentence("“%(said)s”: may this be told outside?"),
    "hashtag-case": sentence(
        "%(said)s: begin each word with a capital, so that screen readers can read it."
    ),
    "hashtags": sentence("%(n)s hashtags: five are enough."),
    "emoji": sentence("%(n)s emoji: screen readers say each of them aloud."),
    "emoji-row": sentence("%(n)s emoji in a row: screen readers say each of them aloud."),
    "lookalike": sentence(
        "“%(said)s” is made of signs that only look like letters: screen readers cannot read it. "
        "Write “%(instead)s”."
    ),
    "capitals": sentence("“%(said)s”: words in capitals are hard to read."),
    "click-here": sentence("“%(said)s”: say where the link leads."),
    "small-start": sentence("“%(said)s”: begin the line with a capital."),
    "small-noun": sentence("“%(said)s”: a noun has a capital in German: “%(instead)s”."),
    "no-end": sentence("The line that ends with “%(said)s” has no full stop: is it a sentence?"),
    "bare-figure": sentence("“%(said)s” stands alone: say what the figure counts."),
    "labels": sentence("Lines such as “%(said)s: …” read like a form: say it in sentences."),
    "repeated": sentence("“%(said)s” stands there twice."),
    "language": sentence("This seems to be written in another language (%(said)s)."),
    # of a draft
    "figure": sentence("You did not give the figure “%(said)s”."),
    "name": sentence("You did not name “%(said)s”."),
    "link": sentence("You did not give this address: “%(said)s”."),
    "talk": sentence("It speaks of the machine, or to it: “%(said)s”."),
    "not-own": sentence("Too few of its words come from you (%(said)s)."),
    "left-out": sentence("It leaves out most of what you said (%(said)s)."),
    "invents": sentence("It invents too much to be checked (%(said)s times)."),
    "repeats": sentence("It repeats itself: “%(said)s”."),
    "empty": sentence("It is empty."),
    "cut": sentence("It does not come to an end."),
    # of an answer
    "sentence": sentence(
        "“%(said)s” is no whole sentence. Say who did what, and end it with a full stop."
    ),
    "more": sentence("“%(said)s” is all that is said. Say what came of it, or add a point."),
}

_REASONS = {
    "no-title": sentence("Your headline does not say what you do now."),
    "no-skill": sentence("Your headline names none of your skills."),
    "no-place": sentence("Your headline names no place."),
    "not-listed": sentence("One of your texts names this skill, and your list does not."),
    "no-summary": sentence("Your profile has no summary; this is what your positions say."),
    "no-dates": sentence("There are no dates: from when to when was it?"),
    "no-position": sentence("There is no position in your profile."),
    "no-education": sentence("There is no education in your profile."),
}

_FIELDS = {
    "headline": sentence("Headline"),
    "summary": sentence("Summary"),
    "skills": sentence("Skills"),
    "position": sentence("Position"),
    "education": sentence("Education"),
}
