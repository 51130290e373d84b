"""The words are sound in every language. A translation may come later than its sentence.

    ./run python -m tests.report.test_words    list what waits for a translation, as catalogues want it

The run of the tests counts it; a release is refused until nothing waits.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from vanne import plugins
from vanne.policy import PurposeWords, builtin_names, load
from vanne.terms import MAIN_PURPOSE, REASONS, Category, Reason
from vanne.words import (
    LANGUAGES,
    category_words,
    preferred,
    purpose_words,
    reason_words,
    words,
)
from vanne.words.language import PACKAGES
from vanne.words.message import TEMPLATES

plugins.hooks()
SOURCES = {name: Path(str(files(name))) for name in PACKAGES}
"""The folder of the core's code, and of that of each plug-in with words that is attached."""
LOCALES = {name: folder / "locale" for name, folder in SOURCES.items()}
TRANSLATED = [lang for lang in LANGUAGES if lang != "en"]
SAYING = ("w", "_w", "_", "sentence", "step", "found")
KEYWORDS = dict.fromkeys(SAYING) | {"plural": (1, 2)}
HOLE = re.compile(r"%\(\w+\)[.\d]*[sdf]")

MessageId = str | tuple[str, ...]


CATALOGUES = [(name, lang) for name in SOURCES for lang in TRANSLATED]
catalogues = pytest.mark.parametrize(("name", "lang"), CATALOGUES)


@cache
def said_by(name: str) -> dict[MessageId, str]:
    """Every sentence of the core or of a plug-in, and where it is said first."""
    found: dict[MessageId, str] = {}
    for path in sorted(SOURCES[name].rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and (message := said_in(call)):
                found.setdefault(message, f"{path}:{call.lineno}")
    for path in sorted(SOURCES[name].rglob("templates/*.html")):
        with path.open("rb") as file:
            for line, message, *_ in extract(
                babel_extract, file, KEYWORDS, (), {"silent": "false"}
            ):
                found.setdefault(message, f"{path}:{line}")
    found |= {TEMPLATES[code]: f"the template of {code}" for code in PACKAGES[name]}
    if name == "vanne":
        return found | dict(of_policies())
    return {message: where for message, where in found.items() if message not in said_by("vanne")}


def said_in(call: ast.Call) -> MessageId | None:
    """The sentence that a call says; of a plural, both forms."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    said = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name == "plural" and len(said) > 1:
        return said[0], said[1]
    return said[0] if name in KEYWORDS and said and call.args[0].value == said[0] else None


def of_policies() -> Iterator[tuple[str, str]]:
    """What the policies that ship say in words, and where: they are written in English."""
    for name in builtin_names():
        policy = load(name)
        for said in (policy.title, *(why for _, why in policy.uncertain)):
            yield said, f"policies/{name}.toml"


@cache
def catalogue(name: str, lang: str) -> Catalog:
    with (LOCALES[name] / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang, abort_invalid=True)


def messages(name: str, lang: str) -> Iterator[Message]:
    return (message for message in catalogue(name, lang) if message.id)


def all_messages(lang: str) -> Iterator[Message]:
    return (message for name in SOURCES for message in messages(name, lang))


def texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string]


def entry(message: MessageId) -> str:
    one, *many = message if isinstance(message, tuple) else (message,)
    plural = f'msgid_plural "{many[0]}"\nmsgstr[0] ""\nmsgstr[1] ""' if many else 'msgstr ""'
    return f'msgid "{one}"\n{plural}'


def test_the_program_says_something() -> None:
    assert {"On", "Off", "You switched this off.", "Photos"} <= set(said_by("vanne"))


def untranslated(name: str, lang: str) -> list[str]:
    """Return the entries that a catalogue lacks."""
    known = {message.id for message in messages(name, lang) if all(texts(message))}
    return [f"# {at}\n{entry(said)}" for said, at in said_by(name).items() if said not in known]


@catalogues
def test_every_sentence_is_translated(name: str, lang: str) -> None:
    if waiting := untranslated(name, lang):
        how = "./run python -m tests.report.test_words"
        pytest.skip(f"{name}, {lang}: {len(waiting)} sentences wait for a translation: {how}")


def test_a_sentence_without_a_translation_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    new = "Nobody has translated this."
    monkeypatch.setitem(said_by("vanne"), new, "somewhere.py:1")
    assert f'# somewhere.py:1\nmsgid "{new}"\nmsgstr ""' in untranslated("vanne", "fr")
    assert words("fr")(new) == new


@catalogues
def test_no_sentence_is_kept_that_nobody_says(name: str, lang: str) -> None:
    left = [message.id for message in messages(name, lang) if message.id not in said_by(name)]
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES[name].rglob("*.py"))
    assert [said for said in left if f'"{said}"' not in code] == []  # some are said by name
    if name != "vanne":  # the core's translation would stand in its place
        assert [said for said in left if said in said_by("vanne")] == []


@catalogues
def test_no_translation_is_a_guess_or_left_over(name: str, lang: str) -> None:
    assert [message.id for message in messages(name, lang) if message.fuzzy] == []
    assert not catalogue(name, lang).obsolete


@pytest.mark.parametrize("lang", TRANSLATED)
def test_translations_have_the_holes_of_their_sentence(lang: str) -> None:
    for message in all_messages(lang):
        said = message.id if isinstance(message.id, str) else message.id[0]
        for text in texts(message):
            assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(said)), text


@pytest.mark.parametrize("lang", TRANSLATED)
def test_plurals_have_as_many_forms_as_the_language(lang: str) -> None:
    for message in all_messages(lang):
        assert len(texts(message)) == (2 if message.pluralizable else 1), message.id


@pytest.mark.parametrize("lang", TRANSLATED)
def test_translations_begin_and_end_like_their_sentence(lang: str) -> None:
    for message in all_messages(lang):
        said = message.id if isinstance(message.id, str) else message.id[0]
        for text in texts(message):
            assert text == text.strip(), text
            assert (text[-1] in ".?") == (said[-1] in ".?"), text


def test_french_puts_a_space_that_does_not_break_before_high_signs_and_within_quotes() -> None:
    wrong = re.compile(r"[^\u202f][;!?]|[^\u00a0]:|«[^\u00a0]|[^\u00a0]»")
    assert [t for m in all_messages("fr") for t in texts(m) if wrong.search(t)] == []


def test_german_and_italian_put_no_space_before_signs() -> None:
    for lang in ("de", "it"):
        wrong = [t for m in all_messages(lang) for t in texts(m) if re.search(r"\s[:;!?]", t)]
        assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_is_one_sentence_of_its_own(lang: str) -> None:
    said = [reason_words(reason, lang) for reason in REASONS]
    assert len(set(said)) == len(REASONS)
    assert all(re.fullmatch(r"[A-ZÀ-Ý][^.]*\.", sentence) for sentence in said)


def test_a_reason_is_said_to_the_member() -> None:
    assert reason_words(Reason.OFF, "fr") == "Vous avez désactivé cette utilisation."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_purposes_that_we_have_words_for_are_said_apart(lang: str) -> None:
    rules = load("linkedin-2025-11-03").purpose(MAIN_PURPOSE)
    names = (MAIN_PURPOSE, "ai-features", "partner-training", "ranking", "candidate-search")
    said = [purpose_words(name, rules.words, lang) for name in names]
    assert len({each.title for each in said}) == len({each.help for each in said}) == len(names)
    assert all(each.help.endswith(".") for each in said)


def test_a_policy_s_own_words_go_first_and_without_any_the_name_stands() -> None:
    rules = load("linkedin-2025-11-03").purpose(MAIN_PURPOSE)
    own = replace(rules, words={"fr": PurposeWords("Rédaction", "Textes.")})
    assert purpose_words(MAIN_PURPOSE, own.words, "fr") == PurposeWords("Rédaction", "Textes.")
    assert purpose_words("weather", rules.words, "fr") == PurposeWords("weather", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_category_has_a_name_of_its_own(lang: str) -> None:
    assert len({category_words(category, lang) for category in Category}) == len(Category)


def test_a_category_that_is_not_known_is_named_as_it_was_written() -> None:
    assert category_words("endorsement_v2", "de") == "endorsement_v2"
    assert category_words(None, "it") == "Di tipo sconosciuto"


def test_numbers_dates_and_places_are_written_as_people_do() -> None:
    at = datetime(2026, 11, 24, 22, 59, 30, tzinfo=UTC)
    assert words("fr").date(at) == "24 novembre 2026, 22\u00a0h\u00a059 UTC"
    assert words("en").date(at) == "24 November 2026, 22:59 UTC"
    assert words("de").number(1234567) == "1.234.567"
    assert words("it").region("CH") == "Svizzera"
    assert words("de").series(["Lohn", "Fotos", "Texte"]) == "Lohn, Fotos und Texte"


def test_the_number_chooses_the_form() -> None:
    say = words("fr").plural
    forms = [say("You have %(n)s item here.", "You have %(n)s items here.", n) for n in (0, 1, 2)]
    assert forms == [
        "Vous avez 0 élément ici.",
        "Vous avez 1 élément ici.",
        "Vous avez 2 éléments ici.",
    ]


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("en;q=0.2, it;q=0.8", "it"),
        ("nl, pl", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("*", "en"),
        ("fr;q=many", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_is_the_first_that_a_browser_wants_and_we_have(
    asked: str | None, chosen: str
) -> None:
    assert preferred(asked) == chosen


def test_the_first_of_a_month_is_an_ordinal_where_people_write_it_so() -> None:
    first, eleventh = date(2026, 1, 1), date(2026, 1, 11)
    said = {lang: words(lang).day(first) for lang in LANGUAGES}
    assert said == {
        "fr": "1er janvier 2026",
        "en": "1 January 2026",
        "de": "1. Januar 2026",
        "it": "1º gennaio 2026",
    }
    assert words("fr").day(eleventh) == "11 janvier 2026"


if __name__ == "__main__":
    lacking = {place: untranslated(*place) for place in CATALOGUES}
    for (name, lang), entries in lacking.items():
        if entries:
            print(f"add to {LOCALES[name]}/{lang}.po:\n\n" + "\n\n".join(entries) + "\n")
    sys.exit(any(lacking.values()))
