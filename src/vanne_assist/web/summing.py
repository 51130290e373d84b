"""What a recruiter reads of somebody for a brief: in the person's own words, and no model's.

If the operator says so (`summaries` in `writing.toml`), the quotations can be put into sentences by
the back end: for this page alone, from items without any reservation against AI, each sentence
beside the quotations that it rests on, and only those that the guard found nothing in.
"""

import logging
from dataclasses import dataclass, replace

from vanne.errors import ConfigError, MissingError, VanneError
from vanne.report.member_items import items_of
from vanne.terms import MemberId
from vanne.web.site import Site
from vanne_assist.brief.criteria import Brief, Passage, Profile
from vanne_assist.brief.judge import judge
from vanne_assist.jobs.digest import language_of
from vanne_assist.report.drafting import finding_words
from vanne_assist.writing.backend import open_writer
from vanne_assist.writing.counts import Counts
from vanne_assist.writing.settings import Settings
from vanne_assist.writing.summary import Line, Prose, Summary, prose, summarise

log = logging.getLogger("vanne.web")

_MOST_TOKENS = 600


@dataclass(frozen=True, slots=True)
class InSentences:
    """Sentences of a model and why others were left out; `prose` is None if it gave none."""

    prose: Prose | None
    left_out: tuple[str, ...]
    lang: str


def summary_of(profile: Profile, brief: Brief) -> Summary:
    """Say of each criterion of a brief how it stands with somebody, and quote what says so."""
    return summarise(profile, [judge(each, profile) for each in brief.criteria])


def model_of(site: Site) -> str:
    """Return which model may put quotations into sentences; nothing if none may."""
    try:
        settings = Settings.read(site.home.root)
    except ConfigError as error:
        log.error("%s", error)
        return ""
    return settings.model if settings.summaries and settings.backend == "server" else ""


def in_sentences(
    site: Site, account: str, member: MemberId, profile: Profile, summary: Summary, lang: str
) -> InSentences:
    """Let the back end put quotations into sentences; if it does not, the quotations stand."""
    theirs = language_of(profile.passages)
    try:
        found = _told(site, account, _unreserved(site, member, summary), theirs)
    except VanneError as error:
        log.error("%s", error)
        return InSentences(None, (), theirs)
    left_out = dict.fromkeys(finding_words(each, lang) for each in found.findings)
    return InSentences(found, tuple(left_out), theirs)


def _told(site: Site, account: str, summary: Summary, lang: str) -> Prose:
    settings, quoted = Settings.read(site.home.root), _length(summary.lines)
    if not quoted:
        raise MissingError("there is nothing to be put into sentences")
    counts = Counts(site.home)
    counts.spend(account, site.now().date(), quoted // 3 + _MOST_TOKENS, settings.tokens_a_day)
    writer = open_writer(site.home)
    if writer is None:
        raise MissingError("no back end writes", todo="see `writing.toml`")
    try:
        return prose(writer, summary, lang)
    finally:
        writer.close()


def _length(lines: tuple[Line, ...]) -> int:
    return sum(len(quote.text) for line in lines for quote in line.quotes)


def _unreserved(site: Site, member: MemberId, summary: Summary) -> Summary:
    """Leave out quotations of items that say anything about AI: a recruiter may read them still."""
    items = items_of(site.home, member).values()
    free = {item.item_id for item in items if not item.reservation}
    lines = (
        replace(line, quotes=tuple(quote for quote in line.quotes if quote.item_id in free))
        for line in summary.lines
    )
    return replace(summary, lines=tuple(lines))


def by_id(profile: Profile) -> dict[str, Passage]:
    """Return the items that may be shown, by their ids."""
    return {passage.item_id: passage for passage in profile.passages}
