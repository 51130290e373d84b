"""Make up what one member has on the network that concerns nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from vanne.demo import texts
from vanne.demo.dice import Dice, midnight
from vanne.demo.grammar import TextWriter, lexicon
from vanne.demo.people import DemoPerson, birthday
from vanne.demo.photos import store
from vanne.terms import Category, Item

# What a member may have one of: category, templates, visibility, share of members.
# Every 18th member has it in any case, so that a small network has all of them.
_SMALL: tuple[tuple[Category, str, str, float], ...] = (
    (Category.POLL_VOTE, "poll", "network", 0.08),
    (Category.GROUP_POST, "group_post", "group", 0.2),
    (Category.GROUP_MESSAGE, "group_message", "group", 0.2),
    (Category.SCREENING_ANSWER, "screening", "private", 0.15),
    (Category.FEEDBACK, "feedback", "private", 0.1),
    (Category.FOLLOW, "follow", "network", 0.4),
    (Category.SEARCH, "search", "private", 0.5),
    (Category.LEARNING, "learning", "private", 0.2),
    (Category.JOB_SEARCH, "job_search", "private", 0.2),
    (Category.INFERENCE, "inference", "private", 0.3),
    (Category.IDENTITY, "identity", "private", 0.1),
    (Category.ACCOUNT, "account", "private", 1.0),
    (Category.SALARY, "salary", "private", 0.2),
    (Category.CREDENTIAL, "", "private", 0.2),
    (Category.PAYMENT, "payment", "private", 0.15),
    (Category.ARTICLE, "", "public", 0.03),
    (Category.AI_PROMPT, "", "private", 0.15),
)
_POSTS = ((0, 1, 2, 3, 4, 5, 6), (26, 29, 21, 12, 7, 3, 2))
_TAGGED = {33: "union", 37: "health", 41: "religion"}


def own_items(person: DemoPerson, as_of: datetime, media: Path | None = None) -> Iterator[Item]:
    """Yield everything of a member that concerns nobody else; photos go into the media folder."""
    yield from _about(person, as_of, media)
    yield from _posts(person, as_of)
    yield from _small(person, as_of)
    yield from _odd(person, as_of)


def item(
    person: DemoPerson, category: Category, number: int, when: datetime, text: str | None
) -> Item:
    """Return an item of a member in their own language."""
    return Item(
        item_id=f"{person.member_id}-{category.value.replace('_', '-')}-{number}",
        owner=person.member_id,
        category=category.value,
        created_at=when,
        visibility="public",
        lang=person.home.lang if text else None,
        text=text,
        source="demo",
    )


def tongue(person: DemoPerson, dice: Dice) -> str:
    """Return the language that somebody writes in this time: the Swiss mix theirs most."""
    if person.home.others and dice.chance(0.2 if person.home.region == "CH" else 0.05):
        return dice.choice(person.home.others)
    return person.home.lang


def post_times(person: DemoPerson, as_of: datetime) -> list[datetime]:
    """Return when a member posted; who joined as a minor had posted before coming of age."""
    dice = person.dice("post times")
    times = [dice.moment(person.joined_at, as_of) for _ in range(dice.weighted(*_POSTS))]
    adult_from = midnight(birthday(person.born, 18))
    if person.joined_at < adult_from < as_of:
        times.append(dice.moment(person.joined_at, adult_from - timedelta(days=1)))
    return sorted(times)


def _about(person: DemoPerson, as_of: datetime, media: Path | None) -> Iterator[Item]:
    dice = person.dice("about")
    now = dice.moment(_not_before(person, person.jobs[-1].since), as_of)
    text = texts.profile(person, dice, now)
    profile = replace(
        item(person, Category.PROFILE, 1, now, text), fields=texts.profile_fields(person, text)
    )
    yield replace(profile, visibility=dice.choice(("public", "public", "network")))
    yield from _photo(person, media)
    for number, job in enumerate(person.jobs, 1):
        start = _not_before(person, job.since)
        when = dice.moment(start, min(as_of, start + timedelta(days=60)))
        text = texts.position(person, job, dice, now)
        position = item(person, Category.POSITION, number, when, text)
        yield replace(position, fields=texts.position_fields(person, job, text))
    education = item(person, Category.EDUCATION, 1, now, texts.education(person, dice, now))
    yield replace(education, fields=texts.education_fields(person, now))
    writer = texts.voice(person, dice, person.home.lang, now)
    yield item(person, Category.SKILL, 1, now, writer.say_one("skills"))
    if not texts.is_pupil(person, now) and dice.chance(0.3):
        cv = item(person, Category.CV, 1, now, texts.cv(person, dice, now))
        yield replace(cv, visibility="private")


def _not_before(person: DemoPerson, year: int) -> datetime:
    return max(person.joined_at, datetime(year, 1, 1, tzinfo=person.joined_at.tzinfo))


def _photo(person: DemoPerson, media: Path | None) -> Iterator[Item]:
    dice = person.dice("photo")
    if dice.chance(0.15):
        return
    name = f"photos/{person.member_id}-1.png"
    if media:
        store(media, name, person.dice("paint", 1), person.occupation)
    photo = item(person, Category.PHOTO, 1, person.joined_at, None)
    yield replace(photo, visibility=dice.choice(("public", "network")), media=name)


def _posts(person: DemoPerson, as_of: datetime) -> Iterator[Item]:
    for number, when in enumerate(post_times(person, as_of), 1):
        dice = person.dice("post", number)
        writer = texts.voice(person, dice, tongue(person, dice), when)
        post = item(
            person, Category.POST, number, when, writer.say(_post(person, number, writer, when))
        )
        visibility = dice.weighted(("public", "network", "private"), (70, 25, 5))
        yield replace(post, lang=writer.lang, visibility=visibility)


def _post(person: DemoPerson, number: int, writer: TextWriter, when: datetime) -> str:
    """Return the template of somebody's n-th post; nobody says the same thing twice soon."""
    if writer.dice.chance(0.04):
        return str(lexicon(writer.lang).text["contact_post"])
    templates = writer.templates("pupil_post" if texts.is_pupil(person, when) else "post")
    return person.dice("post kinds").shuffled(templates)[(number - 1) % len(templates)]


def _small(person: DemoPerson, as_of: datetime) -> Iterator[Item]:
    for index, (category, kind, visibility, share) in enumerate(_SMALL):
        dice = person.dice(category.value)
        if not dice.chance(share) and person.number % len(_SMALL) != index:
            continue
        when = dice.moment(person.joined_at, as_of)
        writer = texts.voice(person, dice, tongue(person, dice), when)
        # A comma and a number that the country keeps for fiction, if it keeps any.
        phone, pattern = "", person.home.phone
        if pattern and dice.chance(0.5):
            phone = ", " + TextWriter("en", dice).fill(pattern)
        writer.words = {**writer.words, "phone": phone, "plan": "Premium"}
        for each in _of_kind(person, category, kind, when, writer):
            yield replace(each, lang=writer.lang, visibility=visibility)


def _of_kind(
    person: DemoPerson, category: Category, kind: str, when: datetime, writer: TextWriter
) -> Iterator[Item]:
    if category is Category.AI_PROMPT:
        writer = texts.on_one_topic(writer)
        pairs = [pair for pair in lexicon(writer.lang).text["ai"] if writer.fits("".join(pair))]
        prompt, answer = map(writer.say, writer.dice.choice(pairs))
        yield item(person, category, 1, when, prompt)
        yield replace(item(person, Category.AI_OUTPUT, 1, when, answer), source="demo:assistant")
    elif category is Category.CREDENTIAL:
        yield item(person, category, 1, when, f"demo-{writer.dice.below(16**8):08x}")
    elif category is Category.ARTICLE:
        text = texts.article(writer, writer.dice.between(4, 6))
        yield item(person, category, 1, when, text)
    else:
        yield item(person, category, 1, when, writer.say_one(kind))


def _odd(person: DemoPerson, as_of: datetime) -> Iterator[Item]:
    """Yield what real tables also hold: of every fifty members, seven have one odd item.

    A sensitive tag, a reservation, no time, a category that nobody knows, an owner who has left,
    a text older than the account because it was imported.
    """
    case = person.number % 50
    dice = person.dice("odd")
    when = dice.moment(person.joined_at, as_of)
    writer = texts.voice(person, dice, person.home.lang, when)
    number = len(post_times(person, as_of)) + 1
    kind = _TAGGED.get(case, "post")
    post = item(person, Category.POST, number, when, writer.say_one(kind))
    if case in _TAGGED:
        yield replace(post, tags=(kind,))
    elif case == 29:
        yield replace(post, reservation="train-ai=n")
    elif case == 21:
        yield replace(post, created_at=None)
    elif case == 7:
        skill = writer.say("{skill}")
        odd_id = f"{person.member_id}-endorsement-1"
        yield replace(post, item_id=odd_id, category="endorsement_v2", text=skill)
    elif case == 13:
        gone = f"gone-{person.number:05d}"
        yield replace(post, item_id=f"{gone}-post-1", owner=gone)
    elif case == 45:
        earlier = person.joined_at - timedelta(days=dice.between(200, 900))
        yield replace(post, created_at=earlier, source="demo:import")
