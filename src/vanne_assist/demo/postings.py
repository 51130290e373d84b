"""Make up job postings for the demo, in four languages, each with its occupation.

The occupation comes beside the posting and is in none of its fields. A benchmark uses it to check
that a posting reaches members of the same occupation, whatever the language of either.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from vanne.demo.dice import Dice
from vanne.demo.grammar import TextWriter, lexicon
from vanne.demo.people import Residence, homes, some_employer
from vanne.places import locate
from vanne_assist.jobs.posting import JobPosting, Pay, plain
from vanne_assist.shipped import table

_REMOTE = frozenset({"developer", "analyst", "designer", "journalist", "marketer"})
_OVER = 12
"""Of so many postings one is over."""


def postings(
    seed: int, count: int, as_of: datetime, langs: tuple[str, ...] = ("fr", "en", "de", "it")
) -> Iterator[tuple[str, JobPosting]]:
    """Yield postings, each with its occupation; every occupation has its turn."""
    places = [place for place in homes() if place.lang in langs]
    for number in range(count):
        dice = Dice("posting", seed, number)
        place = dice.weighted(places, [each.weight for each in places])
        words = lexicon(place.lang)
        occupations = sorted(words.occupations)
        work = words.occupations[occupations[number % len(occupations)]]
        title = words.label["or"].join(dict.fromkeys(work.title))
        employer = some_employer(dice, place.lang, work.key)
        town = dice.choice(place.towns)
        facts = {
            "title_both": title,
            "field": work.field,
            "degree": work.degree,
            "place": town,
            "company": employer.name,
        }
        writer = TextWriter(place.lang, dice, facts, work.lists, region=place.region)
        posted = as_of.date() - timedelta(days=dice.between(1, 25))
        is_over = number % _OVER == _OVER - 1
        until = as_of.date() - timedelta(days=3) if is_over else posted + timedelta(days=45)
        is_remote = work.key in _REMOTE and dice.chance(0.3)
        text = plain(_description(dice, writer, place, is_remote))
        site = f"{town}, {place.region}"
        known = locate(site).place
        yield (
            work.key,
            JobPosting(
                posting_id=f"p{number + 1:04d}",
                title=title,
                employer=employer.name,
                text=text,
                lang=place.lang,
                sites=(site,),
                places=(known.value,) if known else (),
                is_remote=is_remote,
                posted=posted,
                expires=datetime.combine(until + timedelta(days=1), time(), UTC),
                kind=dice.choice(("FULL_TIME", "PART_TIME")),
                salary=Pay(currency="EUR", least="30000", most="30000"),
            ),
        )


def _description(dice: Dice, writer: TextWriter, place: Residence, is_remote: bool) -> str:
    phrases, label = table("demo", "postings")[place.lang], lexicon(place.lang).label
    langs = [place.lang, *(dice.shuffled(place.others)[:1] if dice.chance(0.5) else [])]
    parts = [
        writer.say_one("ad"),
        phrases["tasks"].format(tasks=", ".join(writer.draw("task") for _ in range(2))),
        phrases["skills"].format(skills=", ".join(writer.draw("skill") for _ in range(3))),
        phrases["language"].format(langs=", ".join(label[f"lang_{lang}"] for lang in langs)),
        phrases["years"].format(n=dice.between(2, 6)) if dice.chance(0.6) else "",
        phrases["remote"] if is_remote else "",
    ]
    return "\n".join(filter(None, parts))
