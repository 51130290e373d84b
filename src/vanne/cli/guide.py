"""`vanne guide [PLATFORM]`: show how to opt out of training there, in the reader's language."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli import completion
from vanne.cli.options import (
    Day,
    OutputFile,
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
from vanne.errors import InputError
from vanne.files import write_whole
from vanne.words import Message, Words, words

if TYPE_CHECKING:
    from vanne.report.guide import Guide

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
@click.option(
    "--letter", is_flag=True, help="The letter by which you object, in place of the steps."
)
@click.option("--region", help="Your country for the letter, such as CH, or CA-QC for Quebec.")
@click.option("--done", is_flag=True, help="A line to keep that says what you did today.")
@click.option(
    *("--reminder", "reminder"),
    type=OutputFile(".ics"),
    help="Write when to look again into this new calendar file.",
)
@click.option("--birth-date", type=Day(), help="For the reminder: you may be under age.")
@as_json
def command(
    platform: str | None,
    lang: str,
    device: str | None,
    as_of: datetime | None,
    full: bool,
    letter: bool,
    region: str | None,
    done: bool,
    reminder: Path | None,
    birth_date: date | None,
    as_json: bool,
) -> None:
    """How to switch it off at other networks.

    Where there is no switch: what is left to do. PLATFORM is a network by any name of it, such as
    linkedin or Twitter; without it they are listed. Each fact carries its sources and the day on
    which it was last seen true. A fact that is older than a year at --as-of is marked.
    """
    from vanne.report.done import done_line
    from vanne.report.guide import all_guides, load_guide
    from vanne.report.guide import guide as guide_of
    from vanne.report.letter import checked_country, letter_of

    today = (as_of or now()).date()
    if platform is None:
        only_with("PLATFORM", "device", "full", "letter", "done", "reminder")
    if not letter:
        only_with("--letter", "region")
    if reminder is None:
        only_with("--reminder", "birth_date")
    if platform and (letter or done or reminder):
        never_with("--letter / --done / --reminder", "device", "full")
        guide, w, at = load_guide(platform), words(lang), as_of or now()
        left: dict[str, Any] = {"schema": "vanne/until-done/1", "platform": guide.platform}
        if letter:
            country = region and checked_country(region)
            left["letter"] = letter_of(guide, country, w).document(w)
        if done:
            left["done"] = done_line(guide, at.date(), w)
        if reminder:
            left["reminders"] = _remind(reminder, guide, at, birth_date, w)
        answer(left) if as_json else _tell(left, region, w)
        return
    if platform is None:
        every = [each.localised(lang, today) for each in all_guides()]
        _list(every, words(lang), as_json)
        return
    if as_json:  # the document holds all
        never_with("--json", "full")
    shown = guide_of(platform, lang, as_of=today)
    if device:
        shown["paths"] = {
            name: shown["paths"][name] for name in shown["paths"] if name in (device, "other")
        }
    if as_json:
        answer(shown)
    else:
        show(_GuideScreen(shown, words(lang), full).lines())


def _remind(
    file: Path, guide: "Guide", at: datetime, birth_date: date | None, w: Words
) -> list[dict[str, str]]:
    """Write the reminders into a new calendar file; return what they are."""
    from vanne.report.done import reminders
    from vanne.report.reminder import calendar

    if file.exists():
        there = Message("file-already", file=str(file))
        raise InputError(there, todo=Message("name-another-file"))
    events = list(reminders(guide, at.date(), w, birth_date=birth_date))
    write_whole(file, calendar(events, at))
    return [{"day": event.day.isoformat(), "title": event.title} for event in events]


def _tell(left: Mapping[str, Any], region: str | None, w: Words) -> None:
    """Print what is to be kept; on stderr, what goes with it."""
    if "letter" in left:
        click.echo(left["letter"]["text"])
        show(_enclosed(left["letter"], region, w), err=True)
    if "done" in left:
        click.echo(left["done"])
    for reminder in left.get("reminders", ()):
        day = w.day(date.fromisoformat(reminder["day"]))
        click.echo(w.explained(day, reminder["title"]), err=True)


def _enclosed(letter: Mapping[str, Any], region: str | None, w: Words) -> Iterator[ScreenLine]:
    """Say by which law a letter is, where it goes, what is uncertain, and what comes after it."""
    yield ScreenLine("", w("By the law: %(law)s", law=letter["law"]), "bold")
    if region is None:
        yield ScreenLine("", w("For the letter of your country: %(option)s", option="--region CH"))
    if ways := list(filter(None, (letter["to"]["form"], letter["to"]["email"]))):
        yield ScreenLine("", w("It can be sent here too:"))
        yield from (ScreenLine("  ", way, "cyan") for way in ways)
    for remark in letter["remarks"]:
        yield ScreenLine("", w("Note: %(note)s", note=remark))
    yield ScreenLine("", letter["after"])
    if at := letter["authority"]:
        named = ", ".join((*at["names"], *at["address"]))
        yield ScreenLine("", " ".join((w("The authority:"), named)))
        yield ScreenLine("  ", at["complaint"] or at["web"], "cyan")
    else:
        yield ScreenLine("", w("The authority of your country is not known here."))
    if at and at["note"]:
        yield ScreenLine("  ", at["note"])
    yield ScreenLine("", w("More: %(option)s", option="--done, --reminder"), "dim")


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
        from vanne.report.guide import HEADINGS

        self.guide, self.w, self.full, self.headings = guide, w, full, HEADINGS
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
        yield from titled(f"{self.w(self.headings[device])}{self.cited(path)}")
        for number, step in enumerate(path["steps"], 1):
            remark = "" if step["certain"] else step["note"]
            if not step["known"]:
                remark = self.w("name not seen in this language")
            elif step["variant"]:
                remark = self.w("or, as others report: %(label)s", label=step["variant"])
            yield ScreenLine(f" {number}. ", step["text"] + (f" ({remark})" if remark else ""))

    def section(self, name: str, facts: list[dict[str, Any]]) -> Iterator[ScreenLine]:
        if facts:
            yield from titled(self.w(self.headings[name]))
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
        more = "--full, --letter"
        marks += [] if self.full else [self.w("More: %(option)s", option=more)]
        yield ScreenLine("", " · ".join(marks), "dim")
