"""Let people speak: the words that a person has for a template, in a language, at a time."""

from dataclasses import replace
from datetime import datetime

from vanne.demo.dice import Dice
from vanne.demo.grammar import TextWriter, lexicon
from vanne.demo.people import DemoPerson, Employment


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


def profile(person: DemoPerson, dice: Dice, when: datetime) -> str:
    """Return name, headline and summary."""
    writer = voice(person, dice, person.home.lang, when)
    kind = "pupil_" if is_pupil(person, when) else ""
    lines = ("{name}", writer.pick(f"{kind}headline"), "", writer.pick(f"{kind}about"))
    return writer.say("\n".join(lines))


def profile_fields(person: DemoPerson, text: str) -> dict[str, str]:
    """Return the fields of the profile with this text, which `profile` gave."""
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


def position(person: DemoPerson, job: Employment, dice: Dice, when: datetime) -> str:
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


def education(person: DemoPerson, dice: Dice, when: datetime) -> str:
    """Return where somebody learnt what they do."""
    writer = voice(person, dice, person.home.lang, when)
    writer.words = {**writer.words, **_studied(person)}
    if is_pupil(person, when):
        return writer.say("{secondary}, {place}.")
    return writer.say_one("education")


def cv(person: DemoPerson, dice: Dice, when: datetime) -> str:
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


def article(writer: TextWriter, paragraphs: int) -> str:
    """Return a title and some paragraphs, all on one topic."""
    writer = on_one_topic(writer)
    parts = lexicon(writer.lang).text["article"]
    return writer.say("\n\n".join([writer.pick("article_title"), *parts[:paragraphs]]))


def on_one_topic(writer: TextWriter) -> TextWriter:
    """Return the same writer, who keeps to one topic."""
    return replace(writer, words={**writer.words, "topic": writer.draw("topic")})
