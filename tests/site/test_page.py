"""The parts of the page fit together: its words, its scripts, its policy."""

import re
from importlib.resources import files

import pytest

from vanne.site.build import PAGE_WORDS, page_words
from vanne.words import LANGUAGES

PARTS = {
    name: (files("vanne.site") / name).read_text("utf-8")
    for name in ("page.html", "app.js", "first.js", "worker.js")
}


def test_what_the_page_says_is_among_its_words_and_no_word_is_left() -> None:
    text = "".join(PARTS.values())
    said = re.findall(r'data-(?:words|label)="(\w+)"|(?:say|fail)\("(\w+)"\)', text)
    assert {first or second for first, second in said} <= set(PAGE_WORDS)
    assert [key for key in PAGE_WORDS if f'"{key}"' not in text and f"].{key}" not in text] == []


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_each_word_is_translated(lang: str) -> None:
    words = page_words()
    assert [key for key in PAGE_WORDS if words[lang][key] == words["en"][key]] == []


def test_the_first_script_is_old_enough_for_the_browsers_that_it_refuses() -> None:
    assert not re.search(
        r"=>|\b(let|const|async|class)\b|`|\?\.|\?\?", re.sub("//.*", "", PARTS["first.js"])
    )


def test_no_script_names_an_address() -> None:
    addresses = {
        found for text in PARTS.values() for found in re.findall(r"https?://[^\s\"'`]+", text)
    }
    assert addresses == {"https://nowhere.invalid/"}
