"""The page to write a post: from answers, with advice, with drafts of a model if there is one.

Nothing is posted and nothing that is typed is kept: what comes of a form is in its answer, to be
copied or downloaded. A member's items are read for drafts alone, if they tick so each time and the
purpose `writing-help` permits it.
"""

import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.errors import ConfigError, InputError
from vanne.report.switches import PurposeSwitch, standing
from vanne.terms import Member
from vanne.web.pages.access import members_form, members_only
from vanne.web.site import Site, page, page_as_it_comes, site_of, words_of
from vanne.words import LANGUAGES, sentence
from vanne_assist.report.drafting import advice_words, form_words
from vanne_assist.report.own import may_be_read, passages_of
from vanne_assist.web.drafts import as_they_come, seal_of
from vanne_assist.writing import PURPOSE
from vanne_assist.writing.builder import (
    LONGEST_ANSWER,
    MOST_POINTS,
    QUESTIONS,
    Answers,
    Post,
    Tone,
    build,
    questions,
)
from vanne_assist.writing.coach import LONGEST_TEXT, coach
from vanne_assist.writing.drafting import LEAST_WORDS, MOST_WORDS, Wish
from vanne_assist.writing.marks import Mark, in_html, in_markdown
from vanne_assist.writing.settings import WritingSettings

log = logging.getLogger("vanne.web")

LONGEST_FORM = 400_000
MOST_FIELDS = 24
USUAL_WORDS = 120
NOTHING = Answers()
TONES = {"plain": sentence("plain"), "warm": sentence("warm"), "short": sentence("short")}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form says. `kind` is `answers`, or `text` for a text of the member's own."""

    kind: str
    lang: str
    tone: Tone = "plain"
    words: int = USUAL_WORDS
    answers: Answers = NOTHING
    text: str = ""
    own: bool = False


@members_only
def begin(request: Request, member: Member) -> Response:
    """Show the empty form of one kind or the other."""
    kind = "text" if request.query_params.get("kind") == "text" else "answers"
    return _page(request, member, Typed(kind, words_of(request).lang))


def _act(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Put answers together, let a model draft, advise on a text, or hand a text out."""
    typed, do = typed_in(sent, words_of(request).lang), sent.get("do", "")
    if do.startswith("file-"):
        return _file(site_of(request), member, typed, sent, do.removeprefix("file-"))
    if do == "coach":
        return _advised(request, member, typed)
    if do not in ("build", "draft"):
        raise HTTPException(400)
    try:
        posts = build(typed.answers, typed.lang, typed.tone)
    except InputError:
        return _page(request, member, typed, wrong=_unusable(request, typed), status=422)
    if do == "build":
        return _page(request, member, typed, posts=posts)
    return _drafted(request, member, typed, posts)


act = members_form(_act, LONGEST_FORM, MOST_FIELDS)


def typed_in(sent: dict[str, str], lang: str) -> Typed:
    """Read a form; what is not one of its values is the usual one."""
    said = {name: _lines(sent.get(name, "")).strip() for name in ("topic", *QUESTIONS)}
    points = tuple(line.strip() for line in _lines(sent.get("points", "")).split("\n"))
    number = sent.get("words", "")
    words = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    tone: Tone = next((t for t in get_args(Tone) if t == sent.get("tone")), "plain")
    return Typed(
        kind="text" if sent.get("kind") == "text" else "answers",
        lang=sent["lang_of"] if sent.get("lang_of") in LANGUAGES else lang,
        tone=tone,
        words=min(max(words or USUAL_WORDS, LEAST_WORDS), MOST_WORDS),
        answers=Answers(**said, points=tuple(filter(None, points))),
        text=_lines(sent.get("text", "")),
        own=sent.get("own") == "yes",
    )


def _lines(text: str) -> str:
    """Return a text as it is whichever way a browser ended its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unusable(request: Request, typed: Typed) -> str:
    w = words_of(request)
    if typed.answers == NOTHING:
        return w("Nothing is said yet: say what you did, for whom, or what came of it.")
    return w("An answer may have %(n)s characters, and there may be %(most)s points. Shorten it.",
             n=w.number(LONGEST_ANSWER), most=w.number(MOST_POINTS))  # fmt: skip


def _advised(request: Request, member: Member, typed: Typed) -> Response:
    w, lang = words_of(request), words_of(request).lang
    try:
        advice = [advice_words(each, lang) for each in coach(typed.text, typed.lang)]
    except InputError:
        wrong = w("There is no text yet: write a line.")
        if typed.text.strip():
            wrong = w("The text may have %(n)s characters. Shorten it.", n=w.number(LONGEST_TEXT))
        return _page(request, member, typed, wrong=wrong, status=422)
    return _page(request, member, typed, advice=advice)


def _drafted(request: Request, member: Member, typed: Typed, posts: tuple[Post, ...]) -> Response:
    """Answer with a page on which the drafts appear as they are written."""
    site = site_of(request)
    switch = standing(site.home, member, PURPOSE, site.now())
    own = passages_of(site.home, member, switch) if typed.own and switch else ()
    wish = Wish(typed.answers, typed.lang, typed.tone, typed.words, member.member_id, own)
    pieces: Iterator[str] = as_they_come(site, wish, words_of(request).lang)
    values = _values(request, member, typed, posts=posts, switch=switch)
    return page_as_it_comes(request, "write.html", pieces, member=member, **values)


def _page(
    request: Request, member: Member, typed: Typed, *, status: int = 200, **more: Any
) -> Response:
    site = site_of(request)
    switch = standing(site.home, member, PURPOSE, site.now())
    values = _values(request, member, typed, switch=switch, **more)
    return page(request, "write.html", status=status, member=member, coming="", **values)


def _values(
    request: Request,
    member: Member,
    typed: Typed,
    *,
    switch: PurposeSwitch | None,
    posts: tuple[Post, ...] = (),
    advice: list[str] | None = None,
    wrong: str = "",
) -> dict[str, Any]:
    """Return what the template needs besides what every page has."""
    w = words_of(request)
    return {
        "typed": typed,
        "asked": questions(w.lang),
        "tones": [(tone, w(said)) for tone, said in TONES.items()],
        "langs": [(lang, w.language(lang)) for lang in LANGUAGES],
        "least": LEAST_WORDS,
        "most": MOST_WORDS,
        "model": _model(site_of(request)),
        "switch": switch,
        "may_ground": switch is not None and may_be_read(switch),
        "posts": [
            (
                form_words(post.form, w.lang),
                post.text,
                [advice_words(each, w.lang) for each in coach(post.text, typed.lang)],
            )
            for post in posts
        ],
        "advice": advice,
        "wrong": wrong,
    }


def _model(site: Site) -> str:
    """Return which model drafts, as people read it; nothing if none does."""
    try:
        settings = WritingSettings.read(site.home.root)
    except ConfigError as error:
        log.error("%s", error)
        return ""
    return {"server": settings.model, "ensemble": "vanne"}.get(settings.backend, "")


# Files


def _file(site: Site, member: Member, typed: Typed, sent: dict[str, str], kind: str) -> Response:
    """Hand a text out as a file; what a model wrote says so in it."""
    mark = _mark(site, member, sent) if "seal" in sent else None
    if kind not in _FORMS or (mark and kind == "txt") or len(typed.text) > LONGEST_TEXT:
        raise HTTPException(400)
    text = typed.text.strip()
    data = {
        "txt": lambda: f"{text}\n",
        "md": lambda: in_markdown(text, mark),
        "html": lambda: in_html(text, mark, typed.lang),
    }[kind]()
    name = f'attachment; filename="post.{kind}"'
    return Response(data, media_type=_FORMS[kind], headers={"Content-Disposition": name})


_FORMS = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


def _mark(site: Site, member: Member, sent: dict[str, str]) -> Mark:
    """Return the mark that a draft was shown with.

    Raises:
        HTTPException: it is not one of ours (400).
    """
    said = [sent.get(name, "") for name in ("model", "prompt", "at")]
    if not hmac.compare_digest(seal_of(site, member.member_id, *said), sent["seal"]):
        raise HTTPException(400)
    model, prompt, at = said
    return Mark("compositeWithTrainedAlgorithmicMedia", model, prompt, datetime.fromisoformat(at))
