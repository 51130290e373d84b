"""What screening leaves in the place of something is never read as a word of the member's."""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.table import every
from vanne.screening import KINDS, placeholder, redact
from vanne_assist.brief.criteria import Passage, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.job_titles import employer_value, title_value
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.text import folded_phrase, split
from vanne_assist.jobs.posting import read_posting
from vanne_assist.recruiting.evidence import headline
from vanne_assist.search.words import terms
from vanne_assist.titles import neutral
from vanne_assist.writing.guard import Ground, check
from vanne_assist.writing.profile import skill_key
from vanne_assist.writing.tokens import words_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TEXTS = (
    "{}",
    "Anna Muster\n{}\nInfirmière\n",
    "Infirmière chez {}\n{}, Genève\n2019 – 2023",
    "Skills: {}, Java, {}\nLanguages\n{}",
    "{} {}",
    "Cook at {} in {} | {}",
    "{}/in, {} Ltd, near {}",
)


def _facts(category: str) -> Callable[[str], object]:
    return lambda text: [
        fact.value for fact in facts_of((Passage("i", category, text, "fr"),), NOW)
    ]


def _headline(text: str) -> str | None:
    return headline(Profile("m", (Passage("i", "cv", text, "fr"),), ()))


def _brief(text: str) -> object:
    brief = read_brief(f"nurse {text}", "fr")
    return [each.value for each in brief.criteria], brief.rest


READERS: dict[str, Callable[[str], object]] = {
    **{f"facts of a {each}": _facts(each) for each in ("cv", "position", "profile", "skill", "education")},
    "words": lambda text: [word.folded for word in split(text)],
    "a phrase": folded_phrase,
    "a title": title_value,
    "a title for everybody": neutral,
    "an employer": employer_value,
    "a brief": _brief,
    "a posting": lambda text: read_posting({"title": f"Nurse {text}", "skills": text}).skills,
    "a headline": _headline,
    "words that are searched": lambda text: terms(text, "fr"),
    "words of a draft": lambda text: [word.folded for word in words_of(text)],
    "names in a draft": lambda text: [f.said for f in check(text, Ground(()), "fr") if f.kind == "name"],
    "a skill": skill_key,
}  # fmt: skip


@every("reader", READERS)
@every("kind", KINDS)
def test_no_reader_takes_a_placeholder_for_a_word(reader: str, kind: str) -> None:
    for text in TEXTS:
        read = str(READERS[reader](text.format(*[placeholder(kind)] * 3))).lower()
        assert kind not in read, text
        assert kind.split("-")[0] not in read, text


def test_an_address_in_a_cv_makes_nobody_an_email() -> None:
    cv = redact("Anna Muster\nanna.muster@example.org\nInfirmière, Genève\n")[0]
    facts = facts_of((Passage("i", "cv", cv, "fr"),), NOW)
    assert [(fact.value, cv[slice(*fact.span)]) for fact in facts if fact.kind == "title"] == [
        ("infirmier", "Infirmière")
    ]
