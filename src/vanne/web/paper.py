"""The whole report as one page, which is printed or kept: with our style in it, or linked to it."""

from vanne.report import telling
from vanne.report.document import certificate_page, verify_line
from vanne.report.member import MemberReport, OwnItem
from vanne.report.usage import UsageReport
from vanne.web.site import STATIC, rendered
from vanne.words import purpose_words, reason_words


def whole_page(report: UsageReport, lang: str, *, alone: bool = False) -> str:
    """Return the page; one that is `alone` needs no other file and leads nowhere."""
    page = rendered(
        lang,
        "report-whole.html",
        whole=report,
        style=(STATIC / "vanne.css").read_text(encoding="utf-8") if alone else None,
        linked=not alone,
        tell=telling,
        title=lambda usage: title(usage, lang),
        why=lambda item: why(item, lang),
        address=certificate_page,
        verify=verify_line,
    )
    return page + "\n"


def title(report: MemberReport, lang: str) -> str:
    """Name the purpose of a report as members read it."""
    return purpose_words(report.purpose, report.policy.purpose(report.purpose).words, lang).title


def why(item: OwnItem, lang: str) -> str:
    """Say why an item is not used."""
    return reason_words(item.reason, lang)
