"""Who is found, of people that others made up: profiles in LinkedIn's form, and perfect people.

Each of the profiles comes with three briefs that should find this person first among all of them.
The *perfect person* of a labelled brief has all that its labels say must be or would be nice, in
the labels' own words and nothing that must not be: the title as the title of a position, the place
as LinkedIn writes it. Each is sought among all the perfect people and all the profiles.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.search.asked import read_lines
from vanne.config import Home
from vanne.demo.network import policy_text
from vanne.fields import ordered, text_of
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Item, Member
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.find import MOST, find
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update

AS_OF = datetime(2026, 11, 29, tzinfo=UTC)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_YEARS = 8
"""Years in the position of a perfect person, if no label says how many."""
_TEN = 10
Fields = dict[str, str]


def measure(part: str) -> dict[str, Any]:
    """Ask every brief of a part and look at which place its person is."""
    people = dict(_people(part))
    with (
        TemporaryDirectory() as folder,
        Index.open(_home(Path(folder) / "network", people)) as index,
    ):
        own = [
            _place(index, brief, member)
            for member, (line, _) in people.items()
            for brief in line.get("good_for", ())
        ]
        perfect = [
            _place(index, line["text"], member)
            for member, (line, _) in people.items()
            if "text" in line
        ]
    return {
        "profiles": sum("good_for" in line for line, _ in people.values()),
        "own": _shares(own),
        "perfect": _shares(perfect),
    }


def _shares(places: list[int]) -> dict[str, float]:
    found = np.array(places)
    return {
        "briefs": len(found),
        "first": float((found == 1).mean()),
        "ten": float(((found > 0) & (found <= _TEN)).mean()),
        "shown": float((found > 0).mean()),
    }


def _place(index: Index, text: str, member: str) -> int:
    """Return at which place somebody is for a brief; 0 if they are not shown."""
    hits = find(index, read_brief(text), count=MOST).hits
    return next((at for at, hit in enumerate(hits, 1) if hit.member_id == member), 0)


def _home(folder: Path, people: Mapping[str, tuple[Any, list[Item]]]) -> Home:
    home = Home(folder)
    folder.mkdir()
    write_members([Member(name, "CH", date(1985, 1, 1)) for name in people], home.members)
    write_items([item for _, items in people.values() for item in items], home.items / "a.parquet")
    home.policy.write_text(policy_text(), encoding="utf-8")
    Ledger.create(home).close()
    update(home, AS_OF)
    return home


def _people(part: str) -> Iterator[tuple[str, tuple[dict[str, Any], list[Item]]]]:
    """Yield everybody, with the line that they come from and their items."""
    for at, (hand, line) in enumerate(read_lines(part, "profiles")):
        member = f"{hand}{at}"
        yield member, (line, _items(member, line["language"], _profile(line)))
    for at, (hand, line) in enumerate(read_lines(part, "briefs")):
        member = f"perfect-{hand}{at}"
        yield member, (line, _items(member, line["language"], _perfect(line["criteria"])))


def _items(member: str, lang: str, said: list[tuple[str, Fields]]) -> list[Item]:
    items = []
    for at, (category, fields) in enumerate(said):
        known = ordered(category, {name: text for name, text in fields.items() if text})
        at_ = datetime(2026, 5, 1, tzinfo=UTC)
        items.append(
            Item(
                f"{member}-{at}", member, category, created_at=at_, visibility="public",
                lang=lang, text=text_of(known), fields=known,
            )
        )  # fmt: skip
    return items


def _profile(line: Mapping[str, Any]) -> list[tuple[str, Fields]]:
    """Return the items of a profile in LinkedIn's form."""
    head = {"headline": line["headline"], "summary": line["summary"], "place": line["geo"]}
    positions = [
        {
            "title": each["title"], "employer": each["company"], "place": each["location"],
            "start": _date(each["started"]), "end": _date(each["finished"]),
            "description": each["description"],
        }
        for each in line["positions"]
    ]  # fmt: skip
    education = [
        {**{name: each[name] for name in ("school", "degree")},
         **{name: _date(each[name]) for name in ("start", "end")}}
        for each in line["education"]
    ]  # fmt: skip
    languages = [{"name": e["name"], "level": e["proficiency"]} for e in line["languages"]]
    return [
        ("profile", head),
        *(("position", each) for each in positions),
        *(("education", each) for each in education),
        *(("skill", {"name": name}) for name in line["skills"]),
        *(("profile", each) for each in languages),
    ]


def _date(said: str) -> str:
    """Return `2019-03` for `Mar 2019`."""
    match = re.fullmatch(r"(?:([A-Za-z]{3})\w*\.? )?(\d{4})", said.strip())
    if not match:
        return ""
    month = (match[1] or "").lower()
    return f"{match[2]}-{_MONTHS.index(month) + 1:02}" if month in _MONTHS else match[2]


def _perfect(criteria: list[Mapping[str, Any]]) -> list[tuple[str, Fields]]:
    """Return the items of who has all that a brief asks for, of alternatives the first."""
    seen: set[int] = set()
    asked: dict[str, list[str]] = {}
    for each in criteria:
        is_other = each.get("any_of") in seen
        if each["polarity"] != "not" and not is_other:
            asked.setdefault(each["kind"], []).append(str(each["value"]))
        if "any_of" in each:
            seen.add(each["any_of"])
    place = next((asked[kind][0] for kind in ("town", "region", "country") if kind in asked), "")
    place = re.sub(r"^within .* of |\s*\(.*\)| area$", "", place)
    numbers = [float(n) for said in asked.get("years", ())[:1] for n in re.findall(r"\d+", said)]
    years = round(sum(numbers) / len(numbers)) if numbers else _YEARS
    before = AS_OF.year - years
    since = AS_OF.year - years // 2 if "past_title" in asked else before
    told = [
        said for kind in ("industry", "employer", "other", "led", "contract", "remote",
                          "availability", "workload", "seniority") for said in asked.get(kind, ())
    ]  # fmt: skip
    title = asked.get("title", [""])[0]
    position = {"title": title, "place": place, "start": f"{since}",
                "description": ". ".join(told)}  # fmt: skip
    return [
        ("profile", {"headline": title, "place": place}),
        ("position", position),
        *(("position", {"title": said, "start": f"{before}", "end": f"{since}"})
          for said in asked.get("past_title", ())),
        *(("education", {"degree": said}) for said in asked.get("degree", ())),
        *(("skill", {"name": said}) for said in asked.get("skill", ())),
        *(("profile", {"name": said.split()[0], "level": " ".join(said.split()[1:])})
          for said in asked.get("language", ())),
    ]  # fmt: skip
