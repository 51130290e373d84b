"""Each code has one template, and each template a maker that gives just its parameters."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from vanne import plugins
from vanne.words import Message, register, words
from vanne.words.language import PACKAGES
from vanne.words.message import TEMPLATES

plugins.hooks()
SOURCES = [Path(str(files(name))) for name in PACKAGES]
"""The folders of the core and of each plug-in that is attached and has words."""
READ_BACK = {"vanne/sources/documents.py"}
"""Where a message comes as data from another process."""


@cache
def calls() -> tuple[tuple[str, ast.Call], ...]:
    """Every place where a message is made."""
    return tuple(_calls())


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for package in SOURCES:
        for path in sorted(package.rglob("*.py")):
            where = path.relative_to(package.parent).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message":
                    yield where, node


def holes(template: str | tuple[str, str]) -> set[str]:
    text = template if isinstance(template, str) else "".join(template)
    return set(re.findall(r"%\((\w+)\)s", text))


def beginnings() -> tuple[str, ...]:
    """How the codes begin that are written with the name of a member of a closed set at the end."""
    codes = (call.args[0] for _, call in calls())
    first = (code.values[0] for code in codes if isinstance(code, ast.JoinedStr))
    return tuple(str(each.value) for each in first if isinstance(each, ast.Constant))


def test_a_code_is_written_where_the_message_is_made() -> None:
    written = (ast.Constant, ast.JoinedStr)
    assert {where for where, call in calls() if not isinstance(call.args[0], written)} == READ_BACK
    assert all(beginning.endswith("-") for beginning in beginnings())


def test_the_parameters_of_a_message_are_the_holes_of_its_template() -> None:
    wrong = []
    for where, call in calls():
        if isinstance(call.args[0], ast.Constant):
            code, given = str(call.args[0].value), {word.arg for word in call.keywords}
            if code not in TEMPLATES or given != holes(TEMPLATES[code]):
                wrong.append((f"{where}:{call.lineno}", code, given))
    assert wrong == []


def test_no_code_is_left_that_nobody_makes() -> None:
    made = {call.args[0].value for _, call in calls() if isinstance(call.args[0], ast.Constant)}
    left = TEMPLATES.keys() - made
    assert [code for code in left if not code.startswith(beginnings())] == []


def test_codes_are_words_with_hyphens() -> None:
    assert [
        code for code in TEMPLATES if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code)
    ] == []


def test_no_two_codes_say_the_same() -> None:
    assert len(set(TEMPLATES.values())) == len(TEMPLATES)


@pytest.mark.parametrize(
    "gone", ["listed_words(reason", "phrase_back", "class Phrase", 'rpartition(": ")']
)
def test_nothing_takes_a_sentence_apart(gone: str) -> None:
    files = [path for package in SOURCES for path in package.rglob("*.py")]
    assert [path for path in files if gone in path.read_text(encoding="utf-8")] == []


def test_a_message_is_its_code_and_its_parameters() -> None:
    assert Message("row-width", n=4, m=3) == Message("row-width", m=3, n=4)
    assert hash(Message("row-width", n=4, m=3)) == hash(Message("row-width", m=3, n=4))
    assert Message("row-width", n=4, m=3) != Message("row-width", n=4, m=5)
    assert Message("truncated").document() == {"code": "truncated", "params": {}}


def test_the_number_chooses_the_form_of_a_message() -> None:
    one, many = Message("visibility-not-said", n=1), Message("visibility-not-said", n=1200)
    assert str(one).startswith("1 item does") and str(many).startswith("1,200 items do")
    assert words("de").say(one).startswith("1 Eintrag sagt")
    assert words("fr").say(many).startswith("1\u202f200 éléments ne disent")


def test_a_code_has_one_template() -> None:
    with pytest.raises(ValueError, match="`truncated` has another template"):
        register("vanne", {"truncated": "cut"})
