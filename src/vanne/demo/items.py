"""Make up the items of a member: the member's own, and those shared with others.

Only shared items (comments, recommendations, photos, messages) depend on the number of members. The
others in them are members with a near number, or people outside the network, whose ids start with
`ext:`.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from vanne.demo.dice import Dice, midnight
from vanne.demo.grammar import TextWriter, lexicon
from vanne.demo.people import DemoPerson, Employment, birthday, person
from vanne.fields import text_of
from vanne.files import write_whole
from vanne.terms import Category, Item, MemberId

# Draw the made-up photos: a sign for the person's trade among discs, no face and no text.
#
# A sign is a symmetric pattern of squares that follows from the name of the trade. Colours, place
# and size are random, so that no two are the same.


_SIDE = 96  # pixels; with 8 colours such a picture stays under 2 kB
_GROUND, _INK = 0, 7
_CELLS = 5  # squares of a sign in each direction: 15 free ones tell all trades apart


def photo(dice: Dice, trade: str) -> bytes:
    """Return a PNG."""
    from PIL import Image, ImageDraw

    picture = Image.new("P", (_SIDE, _SIDE), _GROUND)
    picture.putpalette(_palette(dice))
    draw = ImageDraw.Draw(picture)
    for colour in range(1, _INK):
        x, y, radius = dice.below(_SIDE), dice.below(_SIDE), dice.between(4, 14)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    size = dice.between(_SIDE * 5 // 10, _SIDE * 8 // 10)
    left, top = (dice.below(_SIDE - size + 1) for _ in "xy")
    cell = size // _CELLS
    for column, row in sign(trade):
        x, y = left + column * cell, top + row * cell
        draw.rectangle((x, y, x + cell, y + cell), fill=_INK)
    file = io.BytesIO()
    picture.save(file, "PNG", bits=4)
    return file.getvalue()


def sign(trade: str) -> list[tuple[int, int]]:
    """Return the squares (column, row) of a trade's sign, which is the same left and right."""
    dice, half = Dice("sign", trade), (_CELLS + 1) // 2
    drawn = [(x, y) for x in range(half) for y in range(_CELLS) if dice.chance(0.5)]
    return sorted({place for x, y in drawn for place in ((x, y), (_CELLS - 1 - x, y))})


def store(media: Path, name: str, dice: Dice, trade: str) -> None:
    """Write a photo into the media folder unless it is there.

    It waits for no disk: a demo is put in place whole or not at all.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    path = media / name
    if not path.exists():
        write_whole(path, photo(dice, trade), durable=False)


def _palette(dice: Dice) -> list[int]:
    """Return a light ground, lighter and darker discs, and a dark ink: RGB for 8 colours."""
    light = [dice.between(190, 255) for _ in range(3)]
    discs = [dice.between(140, 255) for _ in range(3 * (_INK - 1))]
    return [*light, *discs, *(dice.below(110) for _ in range(3))]


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
    (Category.JOB_APPLICATION, "job_application", "private", 0.1),
    (Category.INFERENCE, "inference", "private", 0.3),
    (Category.IDENTITY, "identity", "private", 0.1),
    (Category.ACCOUNT, "account", "private", 1.0),
    (Category.SALARY, "salary", "private", 0.2),
    (Category.CREDENTIAL, "", "private", 0.2),
    (Category.PAYMENT, "payment", "private", 0.15),
    (Category.ARTICLE, "", "public", 0.03),
    (Category.AI_PROMPT, "", "private", 0.15),
)
_NEIGHBOURHOOD = 40  # members on either side
_POSTS = ((0, 1, 2, 3, 4, 5, 6), (26, 29, 21, 12, 7, 3, 2))
_LEVELS = ("A2", "B1", "B1", "B2", "B2", "C1")
"""Of a language that is not the first (Common European Framework)."""
_TAGGED = {33: "union", 37: "health", 41: "religion"}


def own_items(me: DemoPerson, as_of: datetime, media: Path | None = None) -> Iterator[Item]:
    """Yield everything of a member that concerns nobody else; photos go into the media folder."""
    yield from _about(me, as_of, media)
    for number, when in enumerate(post_times(me, as_of), 1):
        dice = me.dice("post", number)
        writer = voice(me, dice, tongue(me, dice), when)
        if dice.chance(0.04):
            template = str(lexicon(writer.lang).text["contact_post"])
        else:  # nobody says the same thing twice soon
            templates = writer.templates("pupil_post" if is_pupil(me, when) else "post")
            shuffled = me.dice("post kinds").shuffled(templates)
            template = shuffled[(number - 1) % len(templates)]
        post = item(me, Category.POST, number, when, writer.say(template))
        visibility = dice.weighted(("public", "network", "private"), (70, 25, 5))
        yield replace(post, lang=writer.lang, visibility=visibility)
    yield from _small(me, as_of)
    yield from _odd(me, as_of)


def item(me: DemoPerson, category: Category, number: int, when: datetime, text: str | None) -> Item:
    """Return an item of a member in their own language."""
    return Item(
        item_id=f"{me.member_id}-{category.value.replace('_', '-')}-{number}",
        owner=me.member_id,
        category=category.value,
        created_at=when,
        visibility="public",
        lang=me.home.lang if text else None,
        text=text,
        source="demo",
    )


def tongue(me: DemoPerson, dice: Dice) -> str:
    """Return the language that somebody writes in this time: the Swiss mix theirs most."""
    if me.home.others and dice.chance(0.2 if me.home.region == "CH" else 0.05):
        return dice.choice(me.home.others)
    return me.home.lang


def post_times(me: DemoPerson, as_of: datetime) -> list[datetime]:
    """Return when a member posted; who joined as a minor had posted before coming of age."""
    dice = me.dice("post times")
    times = [dice.moment(me.joined_at, as_of) for _ in range(dice.weighted(*_POSTS))]
    adult_from = midnight(birthday(me.born, 18))
    if me.joined_at < adult_from < as_of:
        times.append(dice.moment(me.joined_at, adult_from - timedelta(days=1)))
    return sorted(times)


def _about(me: DemoPerson, as_of: datetime, media: Path | None) -> Iterator[Item]:
    """Yield profile, photo, positions, education, skills, and a CV of some."""

    def not_before(year: int) -> datetime:
        return max(me.joined_at, datetime(year, 1, 1, tzinfo=me.joined_at.tzinfo))

    dice = me.dice("about")
    now = dice.moment(not_before(me.jobs[-1].since), as_of)
    text = profile_text(me, dice, now)
    profile = replace(item(me, Category.PROFILE, 1, now, text), fields=profile_fields(me, text))
    yield replace(profile, visibility=dice.choice(("public", "public", "network")))
    by_chance = me.dice("photo")
    if not by_chance.chance(0.15):
        name = f"photos/{me.member_id}-1.png"
        if media:
            store(media, name, me.dice("paint", 1), me.occupation)
        photo = item(me, Category.PHOTO, 1, me.joined_at, None)
        yield replace(photo, visibility=by_chance.choice(("public", "network")), media=name)
    for number, job in enumerate(me.jobs, 1):
        start = not_before(job.since)
        when = dice.moment(start, min(as_of, start + timedelta(days=60)))
        text = position_text(me, job, dice, now)
        position = item(me, Category.POSITION, number, when, text)
        yield replace(position, fields=position_fields(me, job, text))
    education = item(me, Category.EDUCATION, 1, now, education_text(me, dice, now))
    yield replace(education, fields=education_fields(me, now))
    writer = voice(me, dice, me.home.lang, now)
    yield item(me, Category.SKILL, 1, now, writer.say_one("skills"))
    if me.space == "search":
        yield from _languages(me, now)
    if not is_pupil(me, now) and dice.chance(0.3):
        cv = item(me, Category.CV, 1, now, cv_text(me, dice, now))
        yield replace(cv, visibility="private")


def _languages(me: DemoPerson, when: datetime) -> Iterator[Item]:
    """Yield each language that somebody speaks, with its level."""
    dice, label = me.dice("languages"), lexicon(me.home.lang).label
    for number, lang in enumerate((me.home.lang, *me.home.others), 2):
        level = "C2" if lang == me.home.lang else dice.choice(_LEVELS)
        fields = {"name": str(label[f"lang_{lang}"]), "level": level}
        yield replace(item(me, Category.PROFILE, number, when, text_of(fields)), fields=fields)


def _small(me: DemoPerson, as_of: datetime) -> Iterator[Item]:
    """Yield one of each kind that a member happens to have (`_SMALL`)."""
    for index, (category, kind, visibility, share) in enumerate(_SMALL):
        dice = me.dice(category.value)
        if not dice.chance(share) and me.number % len(_SMALL) != index:
            continue
        when = dice.moment(me.joined_at, as_of)
        writer = voice(me, dice, tongue(me, dice), when)
        # A comma and a number that the country keeps for fiction, if it keeps any.
        phone, pattern = "", me.home.phone
        if pattern and dice.chance(0.5):
            phone = ", " + TextWriter("en", dice).fill(pattern)
        writer.words = {**writer.words, "phone": phone, "plan": "Premium"}
        later: list[Item] = []
        if category is Category.AI_PROMPT:
            writer = on_one_topic(writer)
            pairs = [pair for pair in lexicon(writer.lang).text["ai"] if writer.fits("".join(pair))]
            text, answer = map(writer.say, dice.choice(pairs))
            output = item(me, Category.AI_OUTPUT, 1, when, answer)
            output = replace(output, lang=writer.lang, visibility=visibility)
            later.append(replace(output, source="demo:assistant"))
        elif category is Category.CREDENTIAL:
            text = f"demo-{dice.below(16**8):08x}"
        elif category is Category.ARTICLE:
            text = article_text(writer, dice.between(4, 6))
        else:
            text = writer.say_one(kind)
        small = item(me, category, 1, when, text)
        yield replace(small, lang=writer.lang, visibility=visibility)
        yield from later


def _odd(me: DemoPerson, as_of: datetime) -> Iterator[Item]:
    """Yield what real tables also hold: of every fifty members, seven have one odd item.

    A sensitive tag, a reservation, no time, a category that nobody knows, an owner who has left,
    a text older than the account because it was imported.
    """
    case = me.number % 50
    dice = me.dice("odd")
    when = dice.moment(me.joined_at, as_of)
    writer = voice(me, dice, me.home.lang, when)
    number = len(post_times(me, as_of)) + 1
    kind = _TAGGED.get(case, "post")
    post = item(me, Category.POST, number, when, writer.say_one(kind))
    if case in _TAGGED:
        yield replace(post, tags=(kind,))
    elif case == 29:
        yield replace(post, reservation="train-ai=n")
    elif case == 21:
        yield replace(post, created_at=None)
    elif case == 7:
        skill = writer.say("{skill}")
        odd_id = f"{me.member_id}-endorsement-1"
        yield replace(post, item_id=odd_id, category="endorsement_v2", text=skill)
    elif case == 13:
        gone = f"gone-{me.number:05d}"
        yield replace(post, item_id=f"{gone}-post-1", owner=gone)
    elif case == 45:
        earlier = me.joined_at - timedelta(days=dice.between(200, 900))
        yield replace(post, created_at=earlier, source="demo:import")


# What is shared


@dataclass(frozen=True, slots=True)
class Circle:
    """A member and the network around them."""

    member: DemoPerson
    seed: int
    members: int
    as_of: datetime

    def dice(self, *about: object) -> Dice:
        """Return the dice for something between this member and others."""
        return self.member.dice("links", self.members, *about)

    def other(self, dice: Dice) -> DemoPerson:
        """Return another member, of the same language if a few tries find one."""
        for _ in range(4):
            step = dice.between(1, min(_NEIGHBOURHOOD, self.members - 1))
            place = self.member.number - 1 + (step if dice.chance(0.5) else -step)
            neighbour = person(self.member.space, self.seed, place % self.members + 1, self.as_of)
            if neighbour.home.lang == self.member.home.lang:
                break
        return neighbour

    def together(self, dice: Dice) -> tuple[DemoPerson, datetime]:
        """Return another member, and a time at which both are members."""
        other = self.other(dice)
        return other, dice.moment(max(self.member.joined_at, other.joined_at), self.as_of)


def outsider(number: int) -> MemberId:
    """Return the id of the person outside the network whom that member knows."""
    return f"ext:{number:05d}"


def is_objected(number: int) -> bool:
    """Say whether that outsider wrote a recommendation and objects to its use: one in sixty."""
    return number % 60 == 11


def shared_items(circle: Circle, media: Path | None = None) -> Iterator[Item]:
    """Yield the items of a member that others appear in or wrote."""
    me = circle.member
    if circle.members > 1:
        yield from _comments(circle)
        for number in range(1, circle.dice("reactions").between(0, 2) + 1):
            other, when = circle.together(dice := circle.dice("reaction", number))
            text = voice(me, dice, me.home.lang, when).say_one("reaction")
            reaction = item(me, Category.REACTION, number, when, text)
            yield replace(reaction, subjects=(other.member_id,), visibility="network")
        # What another member wrote about this one: theirs to show, the other's words.
        author, when = circle.together(dice := circle.dice("recommendation"))
        if dice.chance(0.3) and not is_pupil(me, when):
            yield _recommendation(me, author.member_id, 1, when, dice)
        for number in range(1, circle.dice("messages").between(0, 2) + 1):
            other, when = circle.together(dice := circle.dice("message", number))
            text = voice(other, dice, me.home.lang, when).say_one("private_message")
            message = item(me, Category.PRIVATE_MESSAGE, number, when, text)
            yield replace(message, subjects=(other.member_id,), visibility="private")
        dice = circle.dice("group photo")
        if dice.chance(0.15):
            other, when = circle.together(dice)
            name = f"photos/{me.member_id}-2.png"
            if media:
                store(media, name, me.dice("paint", 2), me.occupation)
            photo = item(me, Category.PHOTO, 2, when, None)
            yield replace(photo, media=name, subjects=(other.member_id,))
    # Whoever is outside the network, and appears in it: in an address book, by a recommendation.
    dice = me.dice("outside")
    when = dice.moment(me.joined_at, circle.as_of)
    if dice.chance(0.25) or me.number % 17 == 5:
        stranger = person("held-out", circle.seed, me.number, circle.as_of)
        writer = voice(me, dice, me.home.lang, when)
        address = stranger.email.replace("@example.org", "@example.com")
        writer.words = {**writer.words, "other": stranger.name, "other_email": address}
        contact = item(me, Category.CONTACT, 1, when, writer.say_one("contact"))
        yield replace(contact, subjects=(outsider(me.number),), visibility="private")
    if (dice.chance(0.08) or is_objected(me.number)) and not is_pupil(me, when):
        yield _recommendation(me, outsider(me.number), 2, when, dice)


def _comments(circle: Circle) -> Iterator[Item]:
    """Yield comments: about somebody's post, after it, and on its matter."""
    me, number = circle.member, 0
    for attempt in range(circle.dice("comments").weighted((0, 1, 2, 3), (42, 36, 16, 6))):
        dice = circle.dice("comment", attempt)
        other = circle.other(dice)
        if not (posted := post_times(other, circle.as_of)):
            continue
        number += 1
        when = dice.moment(max(dice.choice(posted), me.joined_at), circle.as_of)
        writer = voice(me, dice, tongue(me, dice), when)
        writer.words = {**writer.words, "first": other.first}
        writer.lists = other.work(writer.lang).lists
        comment = item(me, Category.COMMENT, number, when, writer.say_one("comment"))
        yield replace(comment, lang=writer.lang, subjects=(other.member_id,))


def _recommendation(
    about: DemoPerson, author: MemberId, number: int, when: datetime, dice: Dice
) -> Item:
    text = voice(about, dice, about.home.lang, when).say_one("recommendation")
    written = item(about, Category.RECOMMENDATION, number, when, text)
    return replace(written, author=author, subjects=(about.member_id,))


# What people say: the words that a person has for a template, in a language, at a time


def voice(person: DemoPerson, dice: Dice, lang: str, when: datetime) -> TextWriter:
    """Return somebody who writes about their own work, as it was at that time."""
    job, work = person.job_at(when.year), person.work(lang)
    words = {
        "title": person.title(lang),
        "field": work.field,
        "degree": work.degree,
        "place": person.place,
        "school": person.school,
        "secondary": person.secondary,
        "name": person.name,
        "first": person.first,
        "email": person.email,
        "year": str(when.year),
        "age": str(person.age(when.date())),
        "role": _role(job, lang),
        "at": job.employer.at(lang),
        "company": job.employer.name,
    }
    years = when.year - person.jobs[0].since
    words |= {"years": str(years)} if years > 1 else {}
    return TextWriter(lang, dice, words, work.lists, person.is_woman, region=person.home.region)


def _role(job: Employment, lang: str) -> str:
    return "{title}" if job.level == "plain" else str(lexicon(lang).label[job.level])


def span(job: Employment, lang: str) -> str:
    """Return when a job was held, in words: «since 2019»."""
    kind = "now" if job.until is None else "once" if job.until == job.since else "past"
    pattern: str = lexicon(lang).label[kind]
    return pattern.format(**{"from": job.since, "to": job.until})


def is_pupil(person: DemoPerson, when: datetime) -> bool:
    """Say whether somebody was still at school at that time."""
    return person.age(when.date()) < 18


def profile_text(person: DemoPerson, dice: Dice, when: datetime) -> str:
    """Return name, headline and summary."""
    writer = voice(person, dice, person.home.lang, when)
    kind = "pupil_" if is_pupil(person, when) else ""
    lines = ("{name}", writer.pick(f"{kind}headline"), "", writer.pick(f"{kind}about"))
    return writer.say("\n".join(lines))


def profile_fields(person: DemoPerson, text: str) -> dict[str, str]:
    """Return the fields of the profile with this text, which `profile_text` gave."""
    _name, headline, _, summary = text.split("\n", 3)
    names = {"given_name": person.first, "family_name": person.last}
    return names | {"headline": headline, "summary": summary, "place": person.place}


def position_fields(person: DemoPerson, job: Employment, text: str) -> dict[str, str]:
    """Return the fields of a position with this text."""
    lang = person.home.lang
    words = {"title": person.title(lang)}
    writer = TextWriter(lang, person.dice("fields"), words, is_woman=person.is_woman)
    fields = {
        "title": writer.say(_role(job, lang)),
        "employer": job.employer.name,
        "place": job.place,
        "start": str(job.since),
        "end": str(job.until or ""),
        "description": text,
    }
    return {name: value for name, value in fields.items() if value}


def education_fields(person: DemoPerson, when: datetime) -> dict[str, str]:
    """Return the fields of where somebody learnt what they do."""
    if is_pupil(person, when):
        return {"school": person.secondary}
    start, end = map(str, person.studied)
    work = person.work(person.home.lang)
    studied = {"school": person.school, "degree": work.degree, "field": work.field}
    return studied | {"start": start, "end": end}


def position_text(person: DemoPerson, job: Employment, dice: Dice, when: datetime) -> str:
    """Return what somebody says about a job: where, when, what they did, one thing to show."""
    lang = person.home.lang
    writer = voice(person, dice, lang, when)
    writer.words = {
        **writer.words,
        "role": _role(job, lang),
        "at": job.employer.at(lang),
        "company": job.employer.name,
        "place": job.place,
        "span": span(job, lang),
        "ach": job.ach,
    }
    return writer.say_one("pupil_position" if is_pupil(person, when) else "position")


def education_text(person: DemoPerson, dice: Dice, when: datetime) -> str:
    """Return where somebody learnt what they do."""
    writer = voice(person, dice, person.home.lang, when)
    writer.words = {**writer.words, **_studied(person)}
    if is_pupil(person, when):
        return writer.say("{secondary}, {place}.")
    return writer.say_one("education")


def cv_text(person: DemoPerson, dice: Dice, when: datetime) -> str:
    """Return a CV of several lines; its jobs are those of the positions."""
    lang = person.home.lang
    label = lexicon(lang).label
    jobs = []
    for job in reversed(person.jobs):
        words = {
            "span": span(job, lang),
            "role": _role(job, lang),
            "title": person.title(lang),
            "company": job.employer.name,
            "job_place": job.place,
            "ach": job.ach,
        }
        by_job = TextWriter(lang, person.dice("cv"), words, is_woman=person.is_woman)
        jobs.append(by_job.fill(lexicon(lang).text["cv_job"]))
    writer = voice(person, dice, lang, when)
    writer.words = {
        **writer.words,
        **_studied(person),
        "jobs": "\n".join(jobs),
        "skills": ", ".join(writer.draw("skill") for _ in range(4)),
        "langs": ", ".join(label[f"lang_{each}"] for each in (lang, *person.home.others)),
        "extra": writer.pick("cv_extra") if dice.chance(0.4) else " ",
    }
    return writer.say(lexicon(lang).text["cv"])


def _studied(person: DemoPerson) -> dict[str, str]:
    start, end = person.studied
    return {"from": str(start), "to": str(end)}


def article_text(writer: TextWriter, paragraphs: int) -> str:
    """Return a title and some paragraphs, all on one topic."""
    writer = on_one_topic(writer)
    parts = lexicon(writer.lang).text["article"]
    return writer.say("\n\n".join([writer.pick("article_title"), *parts[:paragraphs]]))


def on_one_topic(writer: TextWriter) -> TextWriter:
    """Return the same writer, who keeps to one topic."""
    return replace(writer, words={**writer.words, "topic": writer.draw("topic")})
