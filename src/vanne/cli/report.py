"""`vanne report`: report which data of one member was used."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from vanne.cli.options import (
    ScreenLine,
    as_json,
    as_of,
    lang,
    member,
    never_with,
    now,
    printable,
    show,
    titled,
)
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.report.usage import PurposeUsage, UsageReport
    from vanne.words import Words


@click.command()
@member
@as_json
@click.option(
    "--html", "as_html", is_flag=True, help="Print one page by itself, to print on paper or keep."
)
@lang
@as_of()
@home_option
def command(
    member: str,
    as_json: bool,
    as_html: bool,
    lang: str,
    as_of: datetime | None,
    home: Home,
) -> None:
    """Say what was used of a member: each item, what held it, and from when to when.

    Also what became of each opt-out, by when models must have forgotten, and the certificates.
    """
    from vanne.report.document import report_file
    from vanne.report.usage import usage_report

    if as_json:
        never_with("--json", "as_html")
    report = usage_report(home.require(), member, as_of or now())
    if as_json:
        click.echo(report_file(report), nl=False)
    elif as_html:
        from vanne.web.pages.records import whole_page

        click.echo(whole_page(report, lang, alone=True), nl=False)
    else:
        show(lines(report, lang))


def lines(report: "UsageReport", lang: str) -> Iterator[ScreenLine]:
    """Yield the report as paragraphs."""
    from vanne.report.member import OwnItem, ReportItem
    from vanne.report.usage_text import use_words, verdict_words
    from vanne.words import category_words, purpose_words, reason_words, words

    w, policy = words(lang), report.policy
    titles = {
        usage.report.purpose: purpose_words(
            usage.report.purpose, policy.purpose(usage.report.purpose).words, lang
        ).title
        for usage in report.usages
    }
    yield ScreenLine("", f"{w('How my data was used')} · {report.member.member_id}", "bold")
    at = f"{w('As it was on')} {w.date(report.as_of)} · {w('Policy')} {policy.name}"
    yield ScreenLine("", at)
    for usage in report.usages:
        yield from (ScreenLine("", ""), ScreenLine("", titles[usage.report.purpose], "bold"))
        yield from _of_purpose(usage, w)
    first = report.usages[0].report
    groups: list[tuple[str, list[ReportItem]]] = [
        (w("My data, item by item"), [*first.items]),
        (w("Other people's items that involve me"), [*first.others]),
    ]
    for title, items in groups:
        if items:
            yield from titled(title)
        for item in items:
            day = f" · {w.day(item.created_at)}" if item.created_at else ""
            yield ScreenLine("  ", category_words(item.category, lang) + day)
            if isinstance(item, OwnItem) and item.text:
                text = printable(item.text[:400])
                text = text if len(text) <= 140 else text[:139] + "…"
                yield ScreenLine("    ", f"«{text}»")
            for usage in report.usages:
                here = usage.report.item(item.place)
                name = f"{titles[usage.report.purpose]}: " if len(titles) > 1 else ""
                verdict = verdict_words(here, lambda one: reason_words(one.reason, lang), w)
                yield ScreenLine("    ", f"{name}{verdict}")
                yield from (ScreenLine("    ", each) for each in use_words(usage, here, w))


def _of_purpose(usage: "PurposeUsage", w: "Words") -> Iterator[ScreenLine]:
    from vanne.report.document import verify_line
    from vanne.report.person import person_state
    from vanne.report.person_words import outcome, statements
    from vanne.report.usage_text import (
        SHORT,
        departed_words,
        gap_words,
        held_words,
        in_model_words,
        no_corpus_words,
        no_model_words,
        served_words,
    )
    from vanne.words import category_words, scope_words

    report = usage.report
    yield from (ScreenLine("  ", w.say(each)) for each in statements(person_state(usage)))
    count = w.plural("You have %(n)s item here.", "You have %(n)s items here.", report.count())
    yield ScreenLine("  ", count)
    for row in report.categories:
        counts = [f"{w('May be used')} {w.number(row.allowed)} / {w.number(row.items)}"]
        if usage.deployment.trains:
            counts.append(f"{w('In the model')} {in_model_words(report, row, w)}")
        yield ScreenLine("  ", " · ".join((category_words(row.category, w.lang), *counts)))
    yield from titled(w("Training sets that held something of yours"))
    for version, until, n in reversed(usage.corpora):
        name, since = w("Training set %(name)s", name=version.name[:SHORT]), w.date(version.as_of)
        stay = w("Since %(since)s (still in use).", since=since)
        if until:
            stay = w("From %(since)s to %(until)s.", since=since, until=w.date(until))
        yours = w.plural("%(n)s of your items", "%(n)s of your items", n)
        yield ScreenLine("  ", f"{name} · {stay} {yours}")
    if not usage.corpora:
        yield ScreenLine("  ", no_corpus_words(usage, w))
    yield from titled(w("Models that held something of yours"))
    for model, n in reversed(usage.models):
        name = w("Model %(name)s", name=model.version[:SHORT])
        yours = w.plural("%(n)s of your items", "%(n)s of your items", n)
        yield ScreenLine("  ", f"{name} · {served_words(model, w)} {yours}")
    if not usage.models:
        yield ScreenLine("  ", no_model_words(usage, w))
    if usage.departed:
        yield from titled(w("Items that you no longer have here"))
    for item in usage.departed:
        yield ScreenLine("  ", printable(departed_words(item, w)))
        yield from (ScreenLine("    ", each) for each in held_words(item.use, w))
    yield from titled(w("What you chose, and what became of it"))
    for answer in reversed(usage.answers):
        choice = answer.choice
        receipt = w("Receipt no. %(n)s", n=w.number(answer.index))
        state = w("On") if choice.on else w("Off")
        facts = (state, scope_words(choice, w.lang), w.date(choice.at), receipt)
        yield ScreenLine("  ", " · ".join(facts))
        if choice.claimed_at:
            claimed = w.explained(w("Made on, as reported"), w.date(choice.claimed_at))
            yield ScreenLine("    ", claimed)
        for message in outcome(answer, usage.deployment):
            yield ScreenLine("    ", w.say(message))
        if choice.notice:
            words_shown = w.explained(w("Words shown"), " / ".join(choice.notice.splitlines()))
            yield ScreenLine("    ", words_shown)
    if not usage.answers:
        yield ScreenLine("  ", w("You have made no choice yet, so there is no receipt."))
    if usage.proofs:
        yield from titled(w("Certificates of forgetting"))
    for proof in reversed(usage.proofs):
        name = w("Certificate %(name)s", name=proof.certificate.id[:SHORT])
        day = w.day(proof.certificate.day)
        yield ScreenLine("  ", f"{name} · {day} · {verify_line(proof.certificate)}")
    yield from titled(w("What is not known"))
    yield from (ScreenLine("  ", text) for text in gap_words(usage, w))
