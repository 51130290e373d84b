"""Knows what the words around a criterion mean: not, ideally, at least, near, before, fluent...

A file per language, each entry a list of phrases. A brief may mix languages, so that the words of
all are read together, those of the brief's own language first.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vanne_assist.brief.lexicon import LANGS
from vanne_assist.brief.text import folded_phrase


@dataclass(frozen=True, slots=True)
class Grammar:
    """The phrases of each role, folded; the longest first."""

    roles: dict[str, tuple[str, ...]]

    def of(self, role: str) -> frozenset[str]:
        """Return the phrases of a role."""
        return frozenset(self.roles.get(role, ()))

    @property
    def tails(self) -> tuple[str, ...]:
        """What German compounds end in that says nothing of their meaning."""
        return self.roles.get("tails", ())


@cache
def grammar(lang: str) -> Grammar:
    """Return the grammar of a language."""
    text = (files("vanne_assist.brief") / "grammar" / f"{lang}.toml").read_text("utf-8")
    return Grammar({role: _phrases(said) for role, said in tomllib.loads(text).items()})


def _phrases(said: str) -> tuple[str, ...]:
    folded = {folded_phrase(each) or each.strip() for each in said.split(";") if each.strip()}
    return tuple(sorted(folded, key=lambda each: (-len(each), each)))


@cache
def any_of(role: str) -> frozenset[str]:
    """Return the phrases of a role in all languages."""
    return frozenset(phrase for lang in LANGS for phrase in grammar(lang).of(role))
