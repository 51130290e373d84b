"""Build a post from a member's own answers, without a model.

Only a few words that join the answers are added. They lie in `forms/`, in four languages. They need
no grammatical agreement with an answer, so that any answer fits.
"""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from vanne.errors import InputError
from vanne_assist.writing.guard import Ground, GroundSource

Tone = Literal["plain", "warm", "short"]
QUESTIONS = ("what", "for_whom", "result", "number", "thanks")
LONGEST_ANSWER = 3000
"""Letters of an answer: feeds take no longer posts."""
MOST_POINTS = 20
"""More points than a post can hold."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a member says for a post; what they do not say is empty."""

    topic: str = ""
    what: str = ""
    for_whom: str = ""
    result: str = ""
    number: str = ""
    thanks: str = ""
    points: tuple[str, ...] = ()

    def check(self) -> "Answers":
        """Return these answers if a post can be made of them.

        Raises:
            InputError: nothing was said, or too much.
        """
        texts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "points"}
        texts |= {f"point {n}": point for n, point in enumerate(self.points, 1)}
        if not any(text.strip() for text in texts.values()):
            raise InputError(
                "there is nothing to write about",
                todo="say what you did, for whom, or what came of it",
            )
        if len(self.points) > MOST_POINTS:
            raise InputError(f"more than {MOST_POINTS} points", todo="choose those that matter")
        for name, text in texts.items():
            if len(text) > LONGEST_ANSWER:
                raise InputError(
                    f"`{name}` has {len(text):,} characters", todo=f"use at most {LONGEST_ANSWER:,}"
                )
        return self

    @property
    def text(self) -> str:
        """What was said, one answer a line."""
        named = (self.topic, *(getattr(self, name) for name in QUESTIONS), *self.points)
        return "\n".join(filter(None, (text.strip() for text in named)))

    def ground(self, lang: str) -> Ground:
        """Return what a draft may say; a figure belongs to the result that it shows."""
        number = f"{self.result.rstrip('.!')}: {self.number}" if self.number else ""
        texts = (self.topic, self.what, self.for_whom, self.result, number, self.thanks)
        return Ground(tuple(GroundSource(t, lang) for t in (*texts, *self.points) if t.strip()))


@dataclass(frozen=True, slots=True)
class Post:
    """A text that was put together, and after which form."""

    form: str
    text: str


def build(answers: Answers, lang: str, tone: Tone = "plain") -> tuple[Post, ...]:
    """Put the answers together in each form that has the tone; no two posts are the same.

    Raises:
        InputError: nothing was said, or too much.
    """
    answers.check()
    values = {name: getattr(answers, name).strip() for name in ("topic", *QUESTIONS)}
    values["points"] = "\n".join(f"• {point.strip()}" for point in answers.points if point.strip())
    is_bare = not (values["what"] or values["result"])
    posts: dict[str, Post] = {}
    for form in _data(lang)["form"]:
        if tone not in form["tones"]:
            continue
        pieces, parts = form["pieces"], []
        for piece in ["{topic}", *pieces] if is_bare and "{topic}" not in pieces else pieces:
            name = piece[piece.index("{") + 1 : piece.index("}")]
            if value := values[name]:  # a piece without its words is left out
                if piece.endswith("}."):
                    value = value.rstrip(".!… ")
                filled = piece.replace(f"{{{name}}}", value)
                is_ended = name == "points" or filled[-1] in ".!?…"
                parts.append(filled if is_ended else f"{filled}.")
        text = ("\n" if tone == "short" else "\n\n").join(parts)
        posts.setdefault(text, Post(form["name"], text))
    return tuple(posts.values())


def questions(lang: str) -> dict[str, str]:
    """Return what a member is asked, by the name of the answer."""
    return dict(_data(lang)["ask"])


@cache
def _data(lang: str) -> dict[str, Any]:
    path = files("vanne_assist.writing") / "forms" / f"{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
