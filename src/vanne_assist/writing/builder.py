"""Build a post from a member's own answers, without a model.

It is a form that is filled in, and no written post. Only a few words that join the answers are
added: they lie in `forms/`, in four languages. Answers that are no sentences make no post: what is
missing is said instead (`wanting`).
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

from vanne.errors import InputError
from vanne_assist.writing.guard import Ground, GroundSource
from vanne_assist.writing.phrasing import (
    capital,
    ended,
    fault_of,
    forms,
    is_bare_figure,
    with_subject,
)
from vanne_assist.writing.remarks import Remark
from vanne_assist.writing.tokens import word_count

Tone = Literal["plain", "warm", "short"]
QUESTIONS = ("what", "for_whom", "result", "number", "thanks")
LONGEST_ANSWER = 3000
"""Letters of an answer: feeds take no longer posts."""
MOST_POINTS = 20
"""More points than a post can hold."""
_LABELS = {
    "about": "about",
    "what": "what I did",
    "for_whom": "for whom",
    "result": "what came of it",
    "number": "the figure that shows it",
    "thanks": "thanks to",
}
"""What a model is told an answer answers; in English, as the prompt is."""
_LEAST_WORDS_OF_RESULT = 3
"""`erste Folge online` can stand as a line, `fertig` cannot."""
_LEAST_WORDS_OF_POST = 9
_ENDS = ".!?… "


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

    @property
    def lines(self) -> tuple[str, ...]:
        """What was said for a model, each answer with what it answers."""
        named = (("about", self.topic), *((name, getattr(self, name)) for name in QUESTIONS))
        said = [f"{_LABELS[name]}: {text.strip()}" for name, text in named if text.strip()]
        return (*said, *(f"also: {point.strip()}" for point in self.points if point.strip()))

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


def wanting(answers: Answers, lang: str) -> dict[str, Remark]:
    """Return by answer what keeps them from being a post that somebody would publish.

    Raises:
        InputError: nothing was said, or too much.
    """
    answers.check()
    what, result, number = (getattr(answers, name).strip() for name in ("what", "result", "number"))
    found = {}
    if fault := fault_of(with_subject(what, lang), lang):
        found["what"] = replace(fault, said=what) if fault.kind == "sentence" else fault
    is_short = word_count(result) < _LEAST_WORDS_OF_RESULT
    if result and (fault := fault_of(result, lang)) and (is_short or fault.kind == "small-noun"):
        found["result"] = fault
    if number and is_bare_figure(number):
        found["number"] = Remark("bare-figure", (0, len(number)), number)
    if not found and word_count(answers.text) < _LEAST_WORDS_OF_POST:
        found["what"] = Remark("more", (0, len(what)), what)
    return found


def build(answers: Answers, lang: str, tone: Tone = "plain") -> tuple[Post, ...]:
    """Put the answers together; none if an answer is wanting, and no two posts are the same.

    Raises:
        InputError: nothing was said, or too much.
    """
    if wanting(answers, lang):
        return ()
    what, result = _what(answers, lang), _result(answers, lang)
    topic = capital(answers.topic).rstrip(_ENDS)
    points = "\n".join(f"• {capital(point)}" for point in answers.points if point.strip())
    thanks = ended(_thanks(answers.thanks.strip(), lang)) if answers.thanks.strip() else ""
    orders = {"story": (what, result, points, thanks)}
    if answers.result.strip() and answers.number.strip():  # what can be seen may come first
        orders["result-first"] = (result, what, points, thanks)
    space = "\n" if tone == "short" else "\n\n"
    return tuple(
        Post(name, space.join(filter(None, (topic, *parts)))) for name, parts in orders.items()
    )


def _what(answers: Answers, lang: str) -> str:
    """Say what was done, for whom, and its figure if no result has it."""
    said, form = with_subject(answers.what, lang).strip(), forms(lang)
    for_whom, number = answers.for_whom.strip(), answers.number.strip()
    if number and not answers.result.strip():
        said = f"{said.rstrip(_ENDS)}{form['colon']}{number}"
    if not for_whom:
        return ended(said)
    word = form["for"]
    aim = for_whom if for_whom.lower().startswith(f"{word} ") else f"{word} {for_whom}"
    if said[-1] in "!?" or ":" in said:
        return f"{ended(said)} {ended(aim)}"
    return ended(f"{said.rstrip(_ENDS)}, {aim}")


def _result(answers: Answers, lang: str) -> str:
    """Say what came of it, with the figure that shows it."""
    result, number = answers.result.strip(), answers.number.strip()
    if result and number:
        result = f"{result.rstrip(_ENDS)}{forms(lang)['colon']}{number}"
    return ended(result) if result else ""


def _thanks(said: str, lang: str) -> str:
    """Thank somebody, with the article and the case that the answer has."""
    for start, instead in forms(lang)["thanks_by_start"]:
        if said.lower().startswith(start):
            return str(instead) + said[len(start) :]
    return str(forms(lang)["thanks"].replace("{thanks}", said))


def questions(lang: str) -> dict[str, str]:
    """Return what a member is asked, by the name of the answer."""
    return dict(forms(lang)["ask"])
