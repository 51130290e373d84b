"""What is left to do after the answer, network by network, until it is done.

The steps on the person's device, the letter by the law of their country, the note that it is done,
and the reminders. The terminal and the page show the same. Nothing of it is kept: a page in a
browser has no place that lasts, so the note and the reminders are files to save.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from unicodedata import normalize
from urllib.parse import quote, urlencode

from vanne.decide.people import birthday
from vanne.report.guide import Guide, load_guide
from vanne.report.inspection import Inspection
from vanne.report.inspection_words import advice
from vanne.report.letter import Letter, countries, country_words, letter_of
from vanne.report.reminder import CalendarEvent, calendar, months_later
from vanne.terms import MAIN_PURPOSE
from vanne.words import Words, sentence

Device = Literal["desktop", "mobile"]
ADULT = 18
_DID = {
    "switch": sentence("%(setting)s is switched off"),
    "objection": sentence("objection sent"),
    "none": sentence("what can be done is done"),
}
_OFF = sentence("switched off")
_CHECK = {
    "switch": sentence("Open the address. The switch must still be off."),
    "objection": sentence(
        "Look for the confirmation of your objection; without one, send it again."
    ),
    "none": sentence("Look whether the network has a switch by now."),
}
_AGAIN = sentence("Then ask for a new archive, and read it as you read this one.")
_EIGHTEEN = sentence(
    "Today you are %(age)s: from now on %(network)s may use your data, unless it is switched off."
)


def device_of(agent: str) -> Device:
    """Guess the device by what a browser says of itself (the header `User-Agent`).

    >>> device_of("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")
    'mobile'
    """
    return "mobile" if any(name in agent for name in ("Android", "iPhone", "Mobile")) else "desktop"


def done_line(guide: Guide, day: date, w: Words) -> str:
    """Say in one line what was done, and when: a line to keep."""
    setting = guide.setting_in(w.lang)
    did = w(_DID[guide.kind], setting=setting) if setting or guide.kind != "switch" else w(_OFF)
    again = w("look again on %(day)s", day=months_later(day).isoformat())
    return f"{day.isoformat()}  {w.explained(guide.name, did)}, {again}"


def reminders(
    guide: Guide, day: date, w: Words, *, birth_date: date | None = None, age: int = ADULT
) -> Iterator[CalendarEvent]:
    """Yield when to look again: after three months, and on the day on which a minor is of age."""
    url = address_of(guide)
    check = [w(_CHECK[guide.kind]), *filter(None, [url]), w(_AGAIN)]
    title = w("%(network)s and AI: look again", network=guide.name)
    yield CalendarEvent(months_later(day), title, "\n".join(check), url)
    if birth_date and birth_date != date.min and (of_age := birthday(birth_date, age)) > day:
        text = w(_EIGHTEEN, age=w.number(age), network=guide.name)
        title = w("%(network)s and AI: you are of age", network=guide.name)
        yield CalendarEvent(of_age, title, "\n".join([text, *check]), url)


def address_of(guide: Guide) -> str | None:
    """Return where the setting or the form is, if an address of the web is known."""
    links = (link.url for link in guide.links if link.role in ("setting", "form"))
    return next((url for url in links if url and url.startswith("https:")), None)


def not_undone(guide: Guide, lang: str, as_of: date) -> list[dict[str, Any]]:
    """Return what the choice does not undo, as the guide says it, and who publishes that."""
    values = guide.localised(lang, as_of)
    facts = [fact for fact in values["facts"] if fact["topic"] in ("past", "late")]
    for fact in facts:
        names = dict.fromkeys(guide.sources[key].publisher for key in fact["sources"])
        fact["publishers"] = ", ".join(names)
    return facts


@dataclass(frozen=True, slots=True)
class UntilDone:
    """All that is left to do at one network, in one language."""

    network: str
    guide: Mapping[str, Any]
    path: Mapping[str, Any]
    check: Sequence[str]
    remains: Sequence[Mapping[str, Any]]
    letter: Letter
    is_done: bool
    mark: str
    """The query of the page on which it is done."""
    line: str
    again: date
    events: Sequence[CalendarEvent]
    files: Mapping[str, str]
    """The letter, the line and the reminders as addresses of the scheme `data`, by their names."""


def done_values(
    inspection: Inspection, query: Sequence[tuple[str, str]], agent: str, w: Words
) -> dict[str, Any]:
    """Return what the page shows after the answer: the choices of its form, and each network.

    The query may name the `device`, the `country`, and each network at which it is `done`.
    """
    asked = dict(query)
    device = asked.get("device", "")
    device = device if device in ("desktop", "mobile") else device_of(agent)
    country = asked.get("country", inspection.member.region or "")
    networks = [step.guide for step in advice(inspection) if step.guide]
    done = [value for key, value in query if key == "done"]
    named = [(country_words(code, w), code) for code in countries() | {country} if code]
    named.sort(key=lambda row: normalize("NFKD", row[0]))  # an accent changes no place
    return {
        "device": device,
        "country": country,
        "countries": [(code, name) for name, code in named],
        "marked": [name for name in networks if name in done],
        "audience_asked": asked.get("audience"),
        "until": [_until(name, inspection, device, country or None, query, w) for name in networks],
    }


def _until(
    name: str,
    inspection: Inspection,
    device: str,
    country: str | None,
    query: Sequence[tuple[str, str]],
    w: Words,
) -> UntilDone:
    guide, today = load_guide(name), inspection.as_of.date()
    values = guide.localised(w.lang, today)
    letter = letter_of(guide, country, w)
    rules = (part.policy for part in inspection.networks if part.network == name)
    ages = [each.purpose(MAIN_PURPOSE).minimum_age for each in rules]
    born = inspection.age.birth_date if inspection.age.state != "adult" else None
    events = list(reminders(guide, today, w, birth_date=born, age=max([*ages, 0]) or ADULT))
    line = done_line(guide, today, w)
    return UntilDone(
        guide.platform,
        values,
        values["paths"][device],
        [w(_CHECK[guide.kind]), w(_AGAIN)],
        not_undone(guide, w.lang, today),
        letter,
        ("done", name) in query,
        urlencode([*query, ("done", name)]),
        line,
        months_later(today),
        events,
        {
            "letter": _file("text/plain", letter.text),
            "line": _file("text/plain", f"{line}\n{address_of(guide) or ''}\n"),
            "calendar": _file("text/calendar", calendar(events, inspection.as_of).decode()),
        },
    )


def _file(kind: str, text: str) -> str:
    return f"data:{kind};charset=utf-8,{quote(text)}"
