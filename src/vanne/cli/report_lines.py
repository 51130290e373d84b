"""A member's report as lines for a terminal, no wider than it is."""

import shutil
from collections.abc import Iterator
from textwrap import wrap

from vanne.cli.options import printable
from vanne.report.document import verify_line
from vanne.report.member import MemberReport, OthersItem, OwnItem
from vanne.report.usage import PurposeUsage, UsageReport
from vanne.report.usage_text import (
    SHORT,
    answer_words,
    gap_words,
    served_words,
    state_words,
    use_words,
    verdict_words,
)
from vanne.words import (
    Words,
    category_words,
    purpose_words,
    reason_words,
    scope_words,
    words,
)

WIDEST = 100
_HYPHEN = "\N{SOFT HYPHEN}"  # where a page may break a word; a terminal shows it


def lines(report: UsageReport, lang: str) -> Iterator[str]:
    """Give the lines of a report in a language."""
    w = words(lang)
    width = min(shutil.get_terminal_size().columns, WIDEST)
    for indent, text in _said(report, w):
        if indent == TABLE and len(text) + 2 <= width:
            yield f"  {text}"
            continue
        yield from wrap(
            text, width, initial_indent=indent.rstrip("|"), subsequent_indent="    "
        ) or [""]


Said = tuple[str, str]
"""How far in a line is, and what it says."""

TABLE = "  |"
"""How far in the line of a table is, whose spaces stay."""


def _said(report: UsageReport, w: Words) -> Iterator[Said]:
    title, at, policy = w("What was used of me"), w("As it was on"), w("Policy")
    yield "", f"{title} · {report.member.member_id}"
    yield "", f"{at} {w.date(report.as_of)} · {policy} {report.policy.name}"
    for usage in report.usages:
        yield "", ""
        yield from _usage(usage, w)
    first = report.usages[0].report
    own: list[OwnItem | OthersItem] = [*first.items]
    others: list[OwnItem | OthersItem] = [*first.others]
    if own:
        yield from _titled(w("My items one by one, and why"))
    for item in own:
        yield from _item(report, item, w)
    if others:
        yield from _titled(w("Of others, with me in them"))
    for item in others:
        yield from _item(report, item, w)


def _titled(title: str) -> Iterator[Said]:
    yield "", ""
    yield "", title


def _usage(usage: PurposeUsage, w: Words) -> Iterator[Said]:
    report = usage.report
    yield "", _title(report, w)
    block = f" {reason_words(report.state.block, w.lang)}" if report.state.block else ""
    yield "  ", state_words(report, w) + block
    items = len(report.items)
    yield "  ", w.plural("You have %(n)s item here.", "You have %(n)s items here.", items)
    if usage.due:
        day = w.day(usage.due)
        yield "  ", w("The model of today must have forgotten it by %(day)s.", day=day)
    yield from _kinds(report, w)
    yield from _titled(w("Training sets that held something of yours"))
    yield from _corpora(usage, w)
    yield from _titled(w("Models that held something of yours"))
    for model, n in reversed(usage.models):
        name = w("Model %(name)s", name=model.version[:SHORT])
        yield "  ", f"{name} · {served_words(model, w)} {_of_yours(n, w)}"
    if not usage.models:
        yield "  ", w("No model has held anything of yours.")
    yield from _titled(w("What you chose, and what became of it"))
    yield from _answers(usage, w)
    if usage.proofs:
        yield from _titled(w("Certificates of forgetting"))
    for proof in reversed(usage.proofs):
        name = w("Certificate %(name)s", name=proof.certificate.id[:SHORT])
        yield "  ", f"{name} · {w.day(proof.certificate.day)} · {verify_line(proof.certificate)}"
    yield from _titled(w("What is not known"))
    yield from (("  ", text) for text in gap_words(usage, w))


def _title(report: MemberReport, w: Words) -> str:
    return purpose_words(report.purpose, report.policy.purpose(report.purpose).words, w.lang).title


def _kinds(report: MemberReport, w: Words) -> Iterator[Said]:
    """Give a table: the kinds of data, then numbers at the right of their columns.

    Where the terminal is narrower than the table, its lines are wrapped like any other.
    """
    titles = (w("Your items").replace(_HYPHEN, ""), w("May be used"), w("In the model"))
    rows: list[tuple[str, ...]] = [(w("Data"), *titles)]
    for row in report.categories:
        counts = (row.items, row.allowed, row.in_model)
        rows.append((category_words(row.category, w.lang), *map(w.number, counts)))
    sizes = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, *cells in rows if report.categories else ():
        right = (cell.rjust(size) for cell, size in zip(cells, sizes[1:], strict=True))
        yield TABLE, "  ".join((name.ljust(sizes[0]), *right))


def _corpora(usage: PurposeUsage, w: Words) -> Iterator[Said]:
    for version, until, n in reversed(usage.corpora):
        name, since = w("Training set %(name)s", name=version.name[:SHORT]), w.date(version.as_of)
        stay = (
            w("From %(since)s to %(until)s.", since=since, until=w.date(until))
            if until
            else w("Since %(since)s, and still.", since=since)
        )
        yield "  ", f"{name} · {stay} {_of_yours(n, w)}"
    if not usage.corpora:
        yield "  ", w("No training set has held anything of yours.")


def _of_yours(n: int, w: Words) -> str:
    return w.plural("%(n)s of your items", "%(n)s of your items", n)


def _answers(usage: PurposeUsage, w: Words) -> Iterator[Said]:
    for answer in reversed(usage.answers):
        choice = answer.choice
        receipt = w("Receipt no. %(n)s", n=w.number(answer.index))
        stand = w("On") if choice.on else w("Off")
        yield "  ", f"{stand} · {scope_words(choice, w.lang)} · {w.date(choice.at)} · {receipt}"
        if choice.claimed_at:
            yield "    ", w.explained(w("Made on, as reported"), w.date(choice.claimed_at))
        if text := answer_words(answer, w):
            yield "    ", text
        if choice.notice:
            yield "    ", w.explained(w("Words shown"), " / ".join(choice.notice.splitlines()))
    if not usage.answers:
        yield "  ", w("You have made no choice yet, so there is no receipt.")


def _item(report: UsageReport, item: OwnItem | OthersItem, w: Words) -> Iterator[Said]:
    day = f" · {w.day(item.created_at)}" if item.created_at else ""
    yield "  ", category_words(item.category, w.lang) + day
    if isinstance(item, OwnItem) and item.text:
        yield "    ", f"«{_shortened(item.text)}»"
    for usage in report.usages:
        here = usage.items[item.row]
        name = f"{_title(usage.report, w)}: " if len(report.usages) > 1 else ""
        verdict = verdict_words(here, lambda one: reason_words(one.reason, w.lang), w)
        yield "    ", f"{name}{verdict}"
        yield from (("    ", text) for text in use_words(usage, here, w))


def _shortened(text: str) -> str:
    """Return the beginning of a text."""
    plain = printable(text[:400])
    return plain if len(plain) <= 140 else plain[:139] + "…"
