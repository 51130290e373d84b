"""The screen of `vanne inspect OLD NEW --compare`: what came in, what is gone, what changed."""

from collections.abc import Iterator

from vanne.cli.options import ScreenLine, printable, titled
from vanne.report.comparison import comparison_words
from vanne.report.inspection import Inspection
from vanne.report.inspection_words import headline
from vanne.words import Words


def compared(inspection: Inspection, w: Words) -> Iterator[ScreenLine]:
    """Say what differs between the later archive, which was inspected, and the earlier one."""
    assert inspection.comparison is not None
    told = comparison_words(inspection.comparison, w)
    yield ScreenLine("", told["title"], "bold")
    yield ScreenLine("", headline(inspection, w), "dim")
    if told["nothing"]:
        yield ScreenLine("", told["nothing"])
    titles = {"came": w("Came in"), "gone": w("Gone, or changed since")}
    for key, title in titles.items():
        if told[key]:
            yield from titled(title)
        for count, kind, state in told[key]:
            yield ScreenLine(f"{w.number(count):>6}  ", w.explained(kind, state))
    if told["settings"]:
        yield from titled(w("Settings that changed"))
    for text in told["settings"]:
        yield ScreenLine("  ", printable(text))
    for remark in told["remarks"]:
        yield ScreenLine("", w("Note: %(note)s", note=remark))
