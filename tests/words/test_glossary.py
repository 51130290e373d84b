"""One word for a thing, in each language: what the glossary forbids stands in no catalogue or guide."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from vanne import plugins
from vanne.words import LANGUAGES
from vanne.words.language import PACKAGES

plugins.hooks()
PACKS = Path(str(files("vanne.packs")))
SAID = ("text", "note", "title", "not_in_archive")
"""What is ours in a guide; the rest are labels of the network, quoted exactly."""

NOT_WORDS = re.compile(r"%\(\w+\)[.\d]*[sdf]|`[^`]*`|«[^»]*»|\{\w+\}|--\w+|vanne \w+")
"""Holes, code, commands, and what is quoted of others."""


@cache
def glossary() -> dict[str, Any]:
    return tomllib.loads((files("vanne.words") / "glossary.toml").read_text("utf-8"))


def guide_sentences(node: object, lang: str) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from guide_sentences(each, lang)
    elif isinstance(node, dict):
        for key, each in node.items():
            if key in SAID and isinstance(each, dict):
                yield str(each.get(lang, ""))
            else:
                yield from guide_sentences(each, lang)


@cache
def sentences(lang: str) -> tuple[str, ...]:
    """Return what the catalogues say in a language (in English, their keys), and the guides."""
    found: list[str] = []
    for package in PACKAGES:
        with (files(package) / "locale" / f"{'fr' if lang == 'en' else lang}.po").open(
            "rb"
        ) as file:
            for entry in read_po(file):
                said = entry.id if lang == "en" else entry.string
                found += [] if not entry.id else [said] if isinstance(said, str) else said
    for guide in sorted(PACKS.glob("*/guide.toml")):
        found += guide_sentences(tomllib.loads(guide.read_text("utf-8")), lang)
    assert len(found) > 500
    return tuple(found)


def variants(lang: str) -> list[str]:
    return [rf"\b(?:{each})\b" for term in glossary()["term"] for each in term["not"].get(lang, ())]


def with_any(patterns: list[str], sentences: Iterable[str]) -> list[str]:
    return [f"{each}: {said}" for each in patterns for said in sentences if re.search(each, said)]


def test_the_glossary_has_a_word_for_each_thing_in_each_language() -> None:
    terms = glossary()["term"]
    assert len(terms) >= 30
    assert all(term.keys() - {"not"} == set(LANGUAGES) for term in terms)
    for lang in LANGUAGES:
        words = [term[lang] for term in terms]
        assert len(set(words)) == len(words), lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_called_by_a_word_that_the_glossary_forbids(lang: str) -> None:
    words = [NOT_WORDS.sub("…", sentence) for sentence in sentences(lang)]
    assert with_any(variants(lang), words) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_has_one_way_to_quote_and_one_spelling(lang: str) -> None:
    assert with_any(glossary()["never"][lang], sentences(lang)) == []


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("de", "Drei Wahlen sind offen"), ("it", "Cercate la vostra rete"), ("fr", "Ce paramètre")],
)
def test_the_patterns_find_what_they_forbid(lang: str, sentence: str) -> None:
    assert with_any(variants(lang), [sentence])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_comes_back_over_which_readers_stumbled(lang: str) -> None:
    unsaid = tomllib.loads((Path(__file__).parent / "unsaid.toml").read_text("utf-8"))[lang]
    found = [s for s in sentences(lang) for each in unsaid if re.search(each, s)]
    assert found == []
