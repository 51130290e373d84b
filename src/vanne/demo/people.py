"""Make up people: their names, homes, languages, employers and careers.

`person(space, seed, number, as_of)` is a function of its arguments alone, so the k-th member is the
same in a network of ten and of a hundred thousand. Spaces are disjoint: one holds the members of
networks, one those of networks to search for people in (three countries, occupations as frequent as
they are there, languages with levels), one the people who are in no network (for validation). The
last also work for employers of their own.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from vanne.demo.dice import Dice, midnight
from vanne.demo.grammar import Occupation, TextWriter, lexicon, read
from vanne.terms import Member, MemberId

if TYPE_CHECKING:
    from faker import Faker

Space = Literal["network", "search", "held-out"]
Level = Literal["trainee", "plain", "senior", "lead"]

_PREFIX: dict[Space, str] = {"network": "m", "search": "m", "held-out": "h"}
_EARLIEST = 2008  # nobody joined before
_EMPLOYERS_PER_KIND: dict[Space, int] = {"network": 9, "search": 24, "held-out": 9}
"""Few, so that members have colleagues."""
_SENIOR = 6  # years of work, in networks to search
_HELD_OUT_EVERY = 5  # of five roots of names, one is for the employers of people in no network


@dataclass(frozen=True, slots=True)
class Residence:
    """Where somebody lives, and so which languages they speak."""

    region: str
    weight: int
    lang: str
    others: tuple[str, ...]
    names: str
    towns: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Employer:
    """An invented organisation; `inside` is «at the …» in its own language."""

    name: str
    inside: str
    lang: str

    def at(self, lang: str) -> str:
        """Return «at the …» in any language."""
        if lang == self.lang:
            return self.inside
        return str(lexicon(lang).label["elsewhere"]).format(company=self.name)


@dataclass(frozen=True, slots=True)
class Employment:
    """What somebody did somewhere. `level` is said in a title; `ach` what they can show."""

    employer: Employer
    place: str
    since: int
    until: int | None
    level: Level
    ach: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody in or outside a network. `born` is the truth; the member may not have said it."""

    member: Member
    number: int
    home: Residence
    seed: tuple[Space, int, int]
    is_woman: bool
    first: str
    last: str
    born: date
    joined_at: datetime
    occupation: str
    place: str
    jobs: tuple[Employment, ...]
    school: str
    secondary: str
    studied: tuple[int, int]

    @property
    def member_id(self) -> MemberId:
        """The id in the tables."""
        return self.member.member_id

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def space(self) -> Space:
        """The space that this person is in."""
        return self.seed[0]

    @property
    def email(self) -> str:
        """An address at a domain that is kept free for examples (RFC 2606)."""
        name = unicodedata.normalize("NFKD", f"{self.first}.{self.last}".lower().replace("ß", "ss"))
        letters = "".join(letter for letter in name if "a" <= letter <= "z" or letter == ".")
        return f"{letters}{self.number}@example.org"

    def dice(self, *about: object) -> Dice:
        """Return this person's own dice for something."""
        return Dice(*self.seed, *about)

    def work(self, lang: str) -> Occupation:
        """Return the occupation in a language."""
        return lexicon(lang).occupations[self.occupation]

    def title(self, lang: str) -> str:
        """Return the name of the occupation, as it is for this person."""
        return self.work(lang).title[self.is_woman]

    def age(self, day: date) -> int:
        """Return the age in years on a day."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def job_at(self, year: int) -> Employment:
        """Return the job in a year: the last that had begun, else the first."""
        begun = [job for job in self.jobs if job.since <= year]
        return begun[-1] if begun else self.jobs[0]


def _region(space: Space, number: int, home: Residence) -> str | None:
    """Return the region that the tables give: in networks to search, no odd one."""
    if space == "search":
        return home.region
    return None if number % 97 == 41 else "ZZ" if number % 131 == 77 else home.region


@lru_cache(maxsize=8192)
def person(space: Space, seed: int, number: int, as_of: datetime) -> DemoPerson:
    """Make up a person."""
    names: tuple[Space, int, int] = (space, seed, number)
    dice = Dice(*names, "person")
    places = homes(space)
    home = dice.weighted(places, [each.weight for each in places])
    if space != "search" and number % 37 == 19:
        home = places[-1]  # a few in a region where nothing has started
    is_woman = dice.chance(0.5)
    first, last = _name(home.names, is_woman, Dice(*names, "name").below(2**31))
    born, joined_at = _ages(dice, as_of)
    shown_birth = None if dice.chance(0.04) else born
    # What suggests that somebody may be a minor, whatever their birth date says.
    days = (as_of.date() - born).days
    is_pupil = dice.chance(0.6) if days < 18 * 365 else days < 20 * 365 and dice.chance(0.4)
    member = Member(
        f"{_PREFIX[space]}{number:05d}",
        _region(space, number, home),
        shown_birth,
        ("secondary-school",) if is_pupil else (),
        joined_at,
    )
    occupation = _occupation(dice, space, home.lang)
    start = born.year + dice.between(16, 20)
    end = start + dice.between(2, 5)
    late = max(0, end - as_of.year)
    studied = start - late, end - late
    return DemoPerson(
        member=member,
        number=number,
        home=home,
        seed=names,
        is_woman=is_woman,
        first=first,
        last=last,
        born=born,
        joined_at=joined_at,
        occupation=occupation,
        place=(place := dice.choice(home.towns)),
        jobs=_jobs(dice, space, home, occupation, place, studied[1], as_of.year, is_woman),
        school=_school(dice, home.lang, "college"),
        secondary=_school(dice, home.lang, "secondary"),
        studied=studied,
    )


@cache
def homes(space: Space = "network") -> tuple[Residence, ...]:
    """Return where people of a space may live."""
    regions = read("world")["search"]["regions"]
    return tuple(
        Residence(**(entry | {name: tuple(entry[name]) for name in ("others", "towns")}))
        for entry in read("world")["home"]
        if space != "search" or entry["region"] in regions
    )


def _occupation(dice: Dice, space: Space, lang: str) -> str:
    """Take an occupation: in networks to search, each as often as it is where people live."""
    occupations = sorted(lexicon(lang).occupations)
    if space != "search":
        return dice.choice(occupations)
    shares = read("world")["search"]["shares"]
    return dice.weighted(occupations, [shares[each] for each in occupations])


@cache
def _faker(locale: str) -> "Faker":
    from faker import Faker

    return Faker(locale)


def _name(locale: str, is_woman: bool, seed: int) -> tuple[str, str]:
    """Return a first and a last name in Latin letters; in Hong Kong the first one is English."""
    faker = _faker(locale)
    faker.seed_instance(seed)
    if locale == "zh_CN":
        return faker.first_romanized_name(), faker.last_romanized_name()
    if locale == "zh_TW":
        return _name("en_GB", is_woman, seed)[0], faker.last_romanized_name().title()
    return (faker.first_name_female if is_woman else faker.first_name_male)(), faker.last_name()


def _ages(dice: Dice, as_of: datetime) -> tuple[date, datetime]:
    """Return birth date and time of joining: 6 % are minors, 6 % joined as such."""
    today, throw = as_of.date(), dice.below(100)
    if throw < 6:
        born = dice.day(birthday(today, -18) + timedelta(2), birthday(today, -16) - timedelta(60))
        earliest = birthday(born, 16)
    elif throw < 12:
        born = dice.day(birthday(today, -25), birthday(today, -19))
        return born, dice.moment(midnight(birthday(born, 16)), midnight(birthday(born, 17)))
    else:
        born = dice.day(birthday(today, -68), birthday(today, -22))
        earliest = max(birthday(born, 20), date(_EARLIEST, 1, 1))
    return born, dice.moment(midnight(earliest), as_of - timedelta(days=50))


def birthday(born: date, years: int) -> date:
    """Return the day on which somebody is that old; 1 March stands in for 29 February."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _jobs(
    dice: Dice,
    space: Space,
    home: Residence,
    occupation: str,
    place: str,
    start: int,
    this_year: int,
    is_woman: bool,
) -> tuple[Employment, ...]:
    """Return one to four jobs without a gap, the last of them still held."""
    count = min(dice.weighted((1, 2, 3, 4), (56, 30, 11, 3)), 1 + (this_year - start) // 3)
    starts = sorted({start, *(dice.between(start + 1, this_year) for _ in range(count - 1))})
    lists = lexicon(home.lang).occupations[occupation].lists
    writer = TextWriter(home.lang, dice, lists=lists, is_woman=is_woman)
    jobs = []
    for since, until in zip(starts, [*starts[1:], None], strict=True):
        employer = some_employer(dice, home.lang, occupation, space)
        where = place if until is None else dice.choice(home.towns)
        level: Level = "plain"
        if since == start and until is not None:
            level = "trainee" if dice.chance(0.4) else "plain"
        elif since > start + 8 and dice.chance(0.5):
            level = "lead"
        if space == "search" and until is None and level == "plain":
            level = "senior" if this_year - start >= _SENIOR and dice.chance(0.35) else "plain"
        jobs.append(Employment(employer, where, since, until, level, writer.fill("{ach}")))
    return tuple(jobs)


@cache
def _roots(space: Space, lang: str) -> tuple[str, ...]:
    """Return the roots of invented names that belong to a space: no name is in both."""
    starts, ends = lexicon(lang).label["roots"]
    return tuple(
        start + end
        for i, start in enumerate(starts)
        for j, end in enumerate(ends)
        if (space == "held-out") == ((3 * i + j) % _HELD_OUT_EVERY == 0)
    )


def some_employer(dice: Dice, lang: str, occupation: str, space: Space = "network") -> Employer:
    """Return an employer that has people of that occupation."""
    kind, roots = dice.choice(read("world")["occupation"][occupation]), _roots(space, lang)
    name, inside = lexicon(lang).label[f"name_{kind}"]
    first, most = 7 * len(kind) + ord(kind[0]), _EMPLOYERS_PER_KIND[space]
    root = roots[(first + dice.below(most)) % len(roots)]
    return Employer(name.format(root=root), inside.format(root=root), lang)


def _school(dice: Dice, lang: str, kind: Literal["college", "secondary"]) -> str:
    pattern: str = dice.choice(lexicon(lang).label[kind])
    return pattern.format(root=dice.choice(_roots("network", lang)))
