"""Make up job postings in four languages, as schema.org's JobPosting, with the occupation of each.

The occupation is what makes a posting right for a member of the same one, whatever the language of
either: it is known here and is in no field of the posting.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.demo.dice import Dice
from vanne.demo.grammar import TextWriter, lexicon
from vanne.demo.people import Residence, homes, some_employer

_REMOTE = frozenset({"developer", "analyst", "designer", "journalist", "marketer"})
_OVER = 12
"""Of so many postings one is over."""


def postings(
    seed: int, count: int, as_of: datetime, langs: tuple[str, ...] = ("fr", "en", "de", "it")
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield postings, each with its occupation; every occupation has its turn."""
    for number in range(count):
        yield _posting(Dice("posting", seed, number), number, as_of.date(), langs)


def _posting(
    dice: Dice, number: int, today: date, langs: tuple[str, ...]
) -> tuple[str, dict[str, Any]]:
    some = [home for home in homes() if home.lang in langs]
    home = dice.weighted(some, [each.weight for each in some])
    words = lexicon(home.lang)
    occupations = sorted(words.occupations)
    work = words.occupations[occupations[number % len(occupations)]]
    employer = some_employer(dice, home.lang, work.key)
    town = dice.choice(home.towns)
    facts = {
        "title_both": words.label["or"].join(dict.fromkeys(work.title)),
        "field": work.field,
        "degree": work.degree,
        "place": town,
        "company": employer.name,
    }
    speaker = TextWriter(home.lang, dice, facts, work.lists, region=home.region)
    posted = today - timedelta(days=dice.between(1, 25))
    is_over = number % _OVER == _OVER - 1
    until = today - timedelta(days=3) if is_over else posted + timedelta(days=45)
    is_remote = work.key in _REMOTE and dice.chance(0.3)
    return work.key, {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "identifier": f"p{number + 1:04d}",
        "title": words.label["or"].join(dict.fromkeys(work.title)),
        "inLanguage": home.lang,
        "description": _description(dice, speaker, home, is_remote),
        "hiringOrganization": {"@type": "Organization", "name": employer.name},
        "jobLocation": {
            "@type": "Place",
            "address": {
                "@type": "PostalAddress",
                "addressLocality": town,
                "addressCountry": home.region,
            },
        },
        "datePosted": posted.isoformat(),
        "validThrough": until.isoformat(),
        "employmentType": dice.choice(("FULL_TIME", "PART_TIME")),
        "baseSalary": {"@type": "MonetaryAmount", "currency": "EUR", "value": 30000},
    } | ({"jobLocationType": "TELECOMMUTE"} if is_remote else {})


def _description(dice: Dice, speaker: TextWriter, home: Residence, is_remote: bool) -> str:
    said = _words()[home.lang]
    label = lexicon(home.lang).label
    langs = [home.lang, *(dice.shuffled(home.others)[:1] if dice.chance(0.5) else [])]
    parts = [
        speaker.say_one("ad"),
        said["tasks"].format(tasks=", ".join(speaker.draw("task") for _ in range(2))),
        said["skills"].format(skills=", ".join(speaker.draw("skill") for _ in range(3))),
        said["language"].format(langs=", ".join(label[f"lang_{lang}"] for lang in langs)),
        said["years"].format(n=dice.between(2, 6)) if dice.chance(0.6) else "",
        said["remote"] if is_remote else "",
    ]
    return "".join(f"<p>{part}</p>" for part in parts if part)


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("vanne_assist.demo") / "postings.toml").read_text("utf-8"))
