"""`vanne guide [PLATFORM]`: show how to opt out of training there, in the reader's language."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import click

from vanne.cli import completion
from vanne.cli.options import (
    ScreenLine,
    answer,
    as_json,
    as_of,
    lang,
    never_with,
    now,
    only_with,
    show,
    titled,
)
from vanne.words import Words, sentence, words

_HEADINGS = {
    "desktop": sentence("On a computer"),
    "mobile": sentence("On a phone"),
    "both": sentence("On a computer or a phone"),
    "other": sentence("Another way to the same place"),
    "covers": sentence("What it stops"),
    "not_covers": sentence("What it does not stop"),
    "used": sentence("What is used"),
    "never": sentence("What is never used"),
    "regions": sentence("Where, and since when"),
    "facts": sentence("Good to know"),
}
_SHORT_TOPICS = ("default", "past", "late")


@click.command()
@click.argument("platform", required=False, shell_complete=completion.networks)
@lang
@click.option(
    "--device",
    type=click.Choice(["desktop", "mobile"]),
    help="The steps on this device alone (default: both).",
)
@as_of()
@click.option("--full", is_flag=True, help="Also what is used, where, and each source in full.")
@as_json
def command(
    platform: str | None,
    lang: str,
    device: str | None,
    as_of: datetime | None,
    full: bool,
    as_json: bool,
) -> None:
    """How to switch it off at other networks.

    Where there is no switch: what is left to do. PLATFORM is a network by any name of it, such as
    linkedin or Twitter; without it they are listed. Each fact carries its sources and the day on
    which it was last seen true. A fact that is older than a year at --as-of is marked.
    """
    from vanne.report.guide import all_guides
    from vanne.report.guide import guide as guide_of

    today = (as_of or now()).date()
    if platform is None:
        only_with("PLATFORM", "device", "full")
        every = [each.localised(lang, today) for each in all_guides()]
        _list(every, words(lang), as_json)
        return
    if as_json:  # the document holds all
        never_with("--json", "full")
    guide = guide_of(platform, lang, as_of=today)
    if device:
        guide["paths"] = {
            name: guide["paths"][name] for name in guide["paths"] if name in (device, "other")
        }
    if as_json:
        answer(guide)
    else:
        show(_GuideScreen(guide, words(lang), full).lines())


def _list(every: list[dict[str, Any]], w: Words, as_json: bool) -> None:
    """Name every guide, with the address of its setting or form."""
    if as_json:
        keys = ("platform", "name", "kind", "title", "links")
        rows = [{key: guide[key] for key in keys} for guide in every]
        answer({"schema": "vanne/guides/1", "lang": w.lang, "guides": rows})
        return
    click.echo(w("How to switch it off on other networks"))
    wide = max(len(guide["platform"]) for guide in every)
    for guide in every:
        click.echo(f"  {guide['platform']:<{wide}}  {guide['title']}")
    click.echo(w("The steps: %(command)s", command="vanne guide linkedin"))


class _GuideScreen:
    """A guide as paragraphs; sources get numbers in the order in which they are first cited."""

    def __init__(self, guide: dict[str, Any], w: Words, full: bool) -> None:
        self.guide, self.w, self.full = guide, w, full
        self.numbers: dict[str, int] = {}
        self.marks: set[str] = set()

    def lines(self) -> Iterator[ScreenLine]:
        from vanne.report.guide import OLD_STEPS, ways

        yield ScreenLine("", self.guide["title"], "bold")
        yield from self.links(("setting", "form"))
        old = any(path["stale"] for path in self.guide["paths"].values())
        if old and self.certain_of_all():  # said first of all: few read the marks
            yield ScreenLine("", self.w(OLD_STEPS))
        for device, path in ways(self.guide["paths"]).items():
            if device != "other" or self.full or not self.certain_of_all():
                yield from self.path(device, path)
        for section in ("covers", "not_covers"):
            yield from self.section(section, self.guide[section])
        for section in ("used", "never", "regions") if self.full else ():
            yield from self.section(section, self.guide[section])
        facts = self.guide["facts"]
        yield from self.section(
            "facts", [f for f in facts if self.full or f["topic"] in _SHORT_TOPICS]
        )
        further = ("form-outsiders", "elsewhere") if self.full else ("form-outsiders",)
        if links := list(self.links(further)):
            yield from (ScreenLine("", ""), *links)
        yield from self.sources()
        yield from self.legend()

    def certain_of_all(self) -> bool:
        """Say whether the first address is one that was seen lately: else another way is shown."""
        return all(
            link["certain"] for link in self.guide["links"] if link["role"] in ("setting", "form")
        )

    def links(self, roles: tuple[str, ...]) -> Iterator[ScreenLine]:
        for link in self.guide["links"]:
            if link["role"] in roles:
                url = link["url"] or self.w("address not known")
                yield ScreenLine("", f"{link['text']}{self.cited(link)}")
                yield ScreenLine("  ", url, "cyan")

    def path(self, device: str, path: dict[str, Any]) -> Iterator[ScreenLine]:
        yield from titled(f"{self.w(_HEADINGS[device])}{self.cited(path)}")
        for number, step in enumerate(path["steps"], 1):
            remark = "" if step["certain"] else step["note"]
            if not step["known"]:
                remark = self.w("name not seen in this language")
            elif step["variant"]:
                remark = self.w("or, as others report: %(label)s", label=step["variant"])
            yield ScreenLine(f" {number}. ", step["text"] + (f" ({remark})" if remark else ""))

    def section(self, name: str, facts: list[dict[str, Any]]) -> Iterator[ScreenLine]:
        if facts:
            yield from titled(self.w(_HEADINGS[name]))
        for fact in facts:
            yield ScreenLine(" • ", f"{fact['text']}{self.cited(fact)}")

    def cited(self, what: dict[str, Any]) -> str:
        """Return the doubt, if there is any, the numbers of the sources, the day, the marks."""
        numbers = [self.numbers.setdefault(s, len(self.numbers) + 1) for s in what["sources"]]
        marks = "†" * what["stale"] + "?" * (not what["certain"])
        self.marks |= set(marks)
        note = f" ({what['note']})" if what["note"] else ""
        return f"{note} [{','.join(map(str, sorted(numbers)))}\u00a0{what['date']}{marks}]"

    def sources(self) -> Iterator[ScreenLine]:
        known = {source["id"]: source for source in self.guide["sources"]}
        yield from titled(self.w("Sources"))
        if not self.full:
            cited = [known[s] for s in self.numbers]
            names = Counter(source["publisher"] for source in cited)
            short = (
                f"{n}\u00a0{of['publisher']}" + f" {of['date']}" * (names[of["publisher"]] > 1)
                for n, of in enumerate(cited, 1)
            )
            yield ScreenLine(" ", " · ".join(short), "dim")
            return
        for source, number in self.numbers.items():
            of = known[source]
            read = self.w("own text") if of["kind"] == "primary" else self.w("as reported")
            text = f"{of['publisher']}: {of['title']}. {of['date']}, {read}. {of['where']}"
            yield ScreenLine(f"{number:>2} ", text, "dim")

    def legend(self) -> Iterator[ScreenLine]:
        day = self.w.day(date.fromisoformat(self.guide["as_of"]))
        old = self.w("last seen true more than a year before %(day)s", day=day)
        marks = [f"† {old}"] if "†" in self.marks else []
        doubt = self.w("not certain")
        marks += [f"? {doubt}"] if "?" in self.marks else []
        marks += [] if self.full else [self.w("More: %(option)s", option="--full")]
        yield ScreenLine("", " · ".join(marks), "dim")
