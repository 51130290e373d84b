"""Templates filled with words: the part of every page that needs no server.

The page of `vanne inspect` in a browser is made with this module too, so it imports neither the
web framework nor a plug-in.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from vanne.words import category_words, purpose_words, reason_words, scope_words, words

STATIC = Path(__file__).parent / "static"


def environment_of(lang: str, *packages: str) -> Environment:
    """Return the templates of packages with the words of a language.

    Each language has an environment of its own: overlays would share the words of the last one.
    """
    w = words(lang)
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "w": w,
        "plural": w.plural,
        "percent": w.percent,
        "lang": lang,
        "languages": LANGUAGE_NAMES,
        "static": static_path,
        "category": lambda category: category_words(category, lang),
        "purpose": lambda purpose, rules: purpose_words(purpose, rules.words, lang),
        "covers": lambda choice: scope_words(choice, lang),
        "reason": lambda reason: reason_words(reason, lang),
    }
    environment.filters |= {
        "inline": lambda category: in_a_sentence(category_words(category, lang), lang),
        "day": lambda text: w.day(date.fromisoformat(text)),
    }
    return environment


LANGUAGE_NAMES = {"fr": "Français", "en": "English", "de": "Deutsch", "it": "Italiano"}


def in_a_sentence(name: str, lang: str) -> str:
    """Write a name as it stands within a sentence: small, but for German nouns and acronyms.

    >>> in_a_sentence("Salaire", "fr"), in_a_sentence("CV", "fr"), in_a_sentence("Gehalt", "de")
    ('salaire', 'CV', 'Gehalt')
    """
    small = lang != "de" and not name[:2].isupper()
    return name[:1].lower() + name[1:] if small else name


@cache
def static_path(name: str) -> str:
    """Return the address of a static file; it changes with the file, so it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:8]}"


def number_in(text: str | None) -> int:
    """Return the page number that an address asks for; what is none is the first.

    >>> number_in("3"), number_in("-1"), number_in(None)
    (3, 1, 1)
    """
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1


class ListPage(NamedTuple):
    """One page of a list: its rows, which of all of them is the first, and which page it is."""

    rows: Sequence[Any]
    first: int
    number: int
    pages: int
    total: int


def list_page(rows: Sequence[Any], length: int, asked: str | None) -> ListPage:
    """Return the page of a list that is asked for, the last if one beyond is asked for."""
    pages = max(1, -(-len(rows) // length))
    number = min(number_in(asked), pages)
    first = (number - 1) * length
    return ListPage(rows[first : first + length], first + 1, number, pages, len(rows))
