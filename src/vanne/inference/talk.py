"""How one speaks to a base model, so that nobody can speak in another's role.

A mark that somebody writes into a message (`<|im_end|>`) is broken by an invisible character before
an engine reads it: engines take marks in a text for what they mean. A base model without a chat
template gets a plain one. In that, each further line of a message is indented, so that only the
template can begin a line with a role.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.errors import storing

PLAIN = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"
)
"""The template of a base model that has none."""

_JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class Speech:
    """The marks of a model, and whether its conversations are in the plain template."""

    marks: tuple[str, ...] = ()
    is_plain: bool = False

    def text(self, text: str) -> str:
        """Return a text without marks.

        >>> Speech(("<end>", "|")).text("a<end>|b").replace("\u2060", "_")
        'a<_end>_b'
        """
        if not self.marks:
            return text
        found = re.compile("|".join(map(re.escape, sorted(self.marks, key=len, reverse=True))))
        while found.search(text):  # again, if what is broken overlapped with another
            text = found.sub(lambda mark: mark[0][:-1][:1] + _JOINER + mark[0][1:], text)
        return text

    def message(self, text: str) -> str:
        """Return what somebody said, as the template takes it."""
        return self.text("\n ".join(text.splitlines()) if self.is_plain else text)

    def stops(self, wanted: list[str]) -> list[str]:
        """Return what ends an answer in a conversation, besides what was `wanted`."""
        return [*wanted, "\nuser:"] if self.is_plain else wanted


def speech_of(folder: Path) -> Speech:
    """Return how to speak to the base model in a folder."""
    with storing("the base model's tokenizer"):
        added = json.loads((folder / "tokenizer.json").read_bytes()).get("added_tokens", [])
    marks = tuple(token["content"] for token in added if token["special"])
    return Speech(marks, is_plain=not has_template(folder))


def has_template(folder: Path) -> bool:
    """Say whether a base model comes with a chat template."""
    if (folder / "chat_template.jinja").is_file():
        return True
    path = folder / "tokenizer_config.json"
    with storing("the base model's tokenizer"):
        config: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return bool(config.get("chat_template"))
