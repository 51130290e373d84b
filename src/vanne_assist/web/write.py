"""The page to write a post: from answers, with advice, and with a model's drafts if one is set up.

Nothing is posted, and nothing that is typed is stored: the result of a form is in its answer, to be
copied. A member's items are read only for drafts, only if the member ticks the box each time, and
only if the purpose `writing-help` permits it.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.errors import InputError, LimitError, VanneError
from vanne.report.switches import standing
from vanne.terms import Member
from vanne.web.pages.access import members_form, members_only
from vanne.web.site import page, site_of, words_of
from vanne.words import LANGUAGES
from vanne_assist.model_server import WritingSettings
from vanne_assist.own import may_be_read, passages_of
from vanne_assist.report.drafting import (
    marked_words,
    passed_words,
    post_document,
    remark_words,
)
from vanne_assist.writing import PURPOSE
from vanne_assist.writing.builder import (
    LONGEST_ANSWER,
    MOST_POINTS,
    QUESTIONS,
    Answers,
    Tone,
    questions,
)
from vanne_assist.writing.coach import LONGEST_TEXT, coach
from vanne_assist.writing.drafting import (
    LEAST_WORDS,
    MOST_WORDS,
    USUAL_WORDS,
    DraftRequest,
)

log = logging.getLogger("vanne.web")

LONGEST_FORM = 400_000
MOST_FIELDS = 24
NOTHING = Answers()


@dataclass(frozen=True, slots=True)
class PostForm:
    """What a form says. `kind` is `answers`, or `text` for a text of the member's own."""

    kind: str
    asked: DraftRequest
    text: str = ""
    own: bool = False

    @classmethod
    def of(cls, sent: dict[str, str], lang: str) -> "PostForm":
        """Read a form; what is not one of its values is the usual one."""
        # whichever way a browser ends its lines
        sent = {name: text.replace("\r\n", "\n").replace("\r", "\n") for name, text in sent.items()}
        number = sent.get("words", "")
        words = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
        points = (line.strip() for line in sent.get("points", "").split("\n"))
        asked = DraftRequest(
            Answers(
                **{name: sent.get(name, "").strip() for name in ("topic", *QUESTIONS)},
                points=tuple(filter(None, points)),
            ),
            lang=sent["lang_of"] if sent.get("lang_of") in LANGUAGES else lang,
            tone=next((tone for tone in get_args(Tone) if tone == sent.get("tone")), "plain"),
            words=min(max(words or USUAL_WORDS, LEAST_WORDS), MOST_WORDS),
        )
        kind = "text" if sent.get("kind") == "text" else "answers"
        return cls(kind, asked, sent.get("text", ""), sent.get("own") == "yes")


@members_only
def begin(request: Request, member: Member) -> Response:
    """Show the empty form of one kind or the other."""
    kind = "text" if request.query_params.get("kind") == "text" else "answers"
    return _page(request, member, PostForm(kind, DraftRequest(NOTHING, words_of(request).lang)))


def _act(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Put answers together, let a model draft, or advise on a text."""
    site, w = site_of(request), words_of(request)
    form, do = PostForm.of(sent, w.lang), sent.get("do", "")
    if do == "coach":
        try:
            advice = [remark_words(each, w.lang) for each in coach(form.text, form.asked.lang)]
        except InputError:
            wrong = "long-text" if form.text.strip() else "no-text"
            return _page(request, member, form, wrong=wrong, status=422)
        return _page(request, member, form, advice=advice)
    if do not in ("build", "draft"):
        raise HTTPException(400)
    switch = standing(site.home, member, PURPOSE, site.now())
    own = passages_of(site.home, member, switch) if form.own and switch and do == "draft" else ()
    asked = replace(form.asked, member=member.member_id, own=own)
    settings = _settings(request) if do == "draft" else None
    try:
        post, error = post_document(site.home, asked, w.lang, site.now(), settings)
    except InputError:
        wrong = "no-answer" if asked.answers == NOTHING else "long-answer"
        return _page(request, member, form, wrong=wrong, status=422)
    if error:
        log.error("%s", error)
    failed = do == "draft" and (error is not None or settings is None)
    failure = ("spent" if isinstance(error, LimitError) else "model") if failed else ""
    return _page(request, member, form, post=post, failure=failure)


act = members_form(_act, LONGEST_FORM, MOST_FIELDS)


def _settings(request: Request) -> WritingSettings | None:
    """Return which model server is set up, if one is; why not is in the log."""
    try:
        return WritingSettings.read(site_of(request).home.root)
    except VanneError as error:
        log.error("%s", error)
        return None


def _page(
    request: Request,
    member: Member,
    form: PostForm,
    *,
    status: int = 200,
    post: dict[str, Any] | None = None,
    failure: str = "",
    advice: list[str] | None = None,
    wrong: str = "",
) -> Response:
    site, w = site_of(request), words_of(request)
    switch, settings = standing(site.home, member, PURPOSE, site.now()), _settings(request)
    return page(
        request,
        "write.html",
        status=status,
        member=member,
        typed=form,
        asked=questions(w.lang),
        langs=[(lang, w.language(lang)) for lang in LANGUAGES],
        least=LEAST_WORDS,
        most=MOST_WORDS,
        longest={"text": LONGEST_TEXT, "answer": LONGEST_ANSWER, "points": MOST_POINTS},
        model=settings.model if settings else "",
        switch=switch,
        may_ground=switch is not None and may_be_read(switch),
        post=post or {"built": (), "wanting": (), "drafts": (), "items": ()},
        marked=marked_words(w.lang),
        passed=passed_words,
        advice=advice,
        failure=failure,
        wrong=wrong,
    )
