"""The prompt for drafts: a file with a name, a version and a digest, which each draft names.

Members' texts are data in the prompt, not instructions. Each line of data stands behind a mark that
is drawn from the data themselves, so that nobody can write the mark beforehand. A line before the
data and one after show where they begin and end. Invisible characters, and those that turn the
direction of writing, are removed (after Hines et al., 2024, "Defending against indirect prompt
injection attacks with spotlighting"). This makes fewer attacks work and stops none for certain. So
nothing that a model answers can trigger an action, and `vanne_assist.writing.guard` checks it
before a person reads it.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from vanne_assist.model_server import Turn

LANGUAGE_NAMES = {"fr": "French", "en": "English", "de": "German (Swiss spelling)", "it": "Italian"}
LONGEST_DATA = 12_000
"""Letters of a member's words that a model is given: some 4,000 tokens."""
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Cn")
"""Unicode's categories of characters that people do not see."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: its texts have holes (`{language}`)."""

    name: str
    version: int
    digest: str
    system: str
    user: str
    angles: tuple[str, ...]

    @property
    def label(self) -> str:
        """What outputs call it: `post/1 1a2b3c4d`."""
        return f"{self.name}/{self.version} {self.digest[:8]}"

    def fill(self, data: Sequence[str], lang: str, **holes: object) -> tuple[Turn, Turn]:
        """Return the messages with the data in their place; a `{hole}` in the data stays."""
        values = {"language": LANGUAGE_NAMES[lang], "data": marked(data), **holes}
        system, user = (
            re.sub(r"\{(\w+)\}", lambda hole: str(values[hole[1]]), text).strip()
            for text in (self.system, self.user)
        )
        return Turn("system", system), Turn("user", user)


@cache
def post_prompt() -> Prompt:
    """Read the prompt for a post, which comes with the package."""
    data = (files("vanne_assist.writing") / "prompts" / "post.toml").read_bytes()
    values: dict[str, Any] = tomllib.loads(data.decode())
    values["angles"] = tuple(values["angles"].values())
    return Prompt(digest=hashlib.sha256(data).hexdigest(), **values)


def marked(lines: Sequence[str]) -> str:
    """Return texts as data: one line each part, behind a mark that none of them holds.

    They are not numbered: small models copy the numbers.
    """
    clean = [visible(line) for line in lines]
    mark = hashlib.sha256("\n".join(clean).encode()).hexdigest()[:8]
    rows, left = [], LONGEST_DATA
    for line in clean:
        for part in line.splitlines():
            if part.strip() and left > 0:
                rows.append(f"{mark}| {part.strip()[:left]}")
                left -= len(part)
    return "\n".join([f"DATA {mark} begins", *rows, f"DATA {mark} ends"])


def visible(text: str) -> str:
    """Return a text without what people do not see: controls, zero widths, tags, directions.

    >>> visible("a\\u200bb\\U000e0041c\\u202ed")
    'abcd'
    """
    seen = (c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
    return "".join(seen).replace("\t", " ")
