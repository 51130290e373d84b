"""Drafts of a model, as parts of a page that is sent while they are written.

Each sentence is sent when it is whole, unless the guard stops the draft; when the draft has ended,
what the guard found takes their place (by style alone: no script is needed).
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from vanne.errors import MissingError, VanneError
from vanne.web.session import keyed
from vanne.web.site import Site, rendered
from vanne_assist.report.drafting import (
    advice_words,
    failure_words,
    finding_words,
    marked_words,
    measured_words,
    passed_words,
    rate_words,
)
from vanne_assist.writing.backend import Writer, open_writer
from vanne_assist.writing.coach import coach
from vanne_assist.writing.counts import Counts
from vanne_assist.writing.difference import difference
from vanne_assist.writing.drafting import Draft, Failure, Sentence, Wish, drafts
from vanne_assist.writing.guard import documents_of
from vanne_assist.writing.marks import Mark
from vanne_assist.writing.prompts import prompt
from vanne_assist.writing.settings import WritingSettings

log = logging.getLogger("vanne.web")


def seal_of(site: Site, member_id: str, model: str, prompt: str, at: str) -> str:
    """Return what shows that a mark that a form brings back is one that we gave."""
    return keyed(site.home.root, "ai-mark", member_id, model, prompt, at)


def as_they_come(site: Site, wish: Wish, lang: str) -> Iterator[str]:
    """Write drafts; yield each part of the page as soon as it is known."""
    try:
        yield from _begun(site, wish, lang)
    except VanneError as error:
        yield _part(lang, "failure", said=_failed(error, lang))


def _begun(site: Site, wish: Wish, lang: str) -> Iterator[str]:
    settings = WritingSettings.read(site.home.root)
    writer = open_writer(site.home, site.serving)
    if writer is None:
        raise MissingError("no back end writes drafts", todo="see `writing.toml`")
    try:
        measured = measured_words(lang) if settings.backend == "ensemble" else ""
        yield _part(lang, "begin", model=writer.name, items=len(wish.own), measured=measured)
        yield from _written(site, writer, settings, wish, lang)
        rate = Counts(site.home).rate(writer.name, prompt("post").label)
        yield _part(lang, "end", said=rate_words(rate, lang) if rate.judged else "")
    finally:
        writer.close()


def _written(
    site: Site, writer: Writer, settings: WritingSettings, wish: Wish, lang: str
) -> Iterator[str]:
    documents = (lambda: documents_of(site.home)) if settings.backend == "ensemble" else None
    now, begun = site.now(), 0
    for event in drafts(writer, wish, settings, Counts(site.home), now, documents):
        if isinstance(event, Failure):
            yield _part(lang, "broken" if begun else "failure", said=_failed(event.error, lang))
            return
        if event.number != begun:
            begun = event.number
            yield _part(lang, "draft", number=begun, lang_of=wish.lang)
        if isinstance(event, Sentence):
            yield _part(lang, "sentence", text=event.text)
            continue
        yield _ended(site, event, wish, lang)
        begun = 0


def _ended(site: Site, draft: Draft, wish: Wish, lang: str) -> str:
    """Say how a draft ended: its text with what changed, or why it was stopped."""
    findings = list(dict.fromkeys(finding_words(each, lang) for each in draft.findings))
    if not draft.is_accepted:
        return _part(lang, "stopped", findings=findings)
    return _part(
        lang,
        "accepted",
        number=draft.number,
        text=draft.text,
        lang_of=wish.lang,
        marked=marked_words(lang),
        checks=findings,
        passed=passed_words(draft.own.own, draft.own.words, lang),
        changes=difference(wish.answers.text, draft.text),
        advice=[advice_words(each, lang) for each in coach(draft.text, wish.lang)],
        seal=_sealed(site, draft.mark, wish.member or ""),
    )


def _sealed(site: Site, mark: Mark, member_id: str) -> dict[str, str]:
    at: datetime = mark.at
    said = {"model": mark.model, "prompt": mark.prompt, "at": at.isoformat()}
    return said | {"seal": seal_of(site, member_id, *said.values())}


def _failed(error: VanneError, lang: str) -> str:
    log.error("%s", error)
    return failure_words(error, lang)


def _part(lang: str, part: str, **values: object) -> str:
    return rendered(lang, "write-draft.html", part=part, **values)
