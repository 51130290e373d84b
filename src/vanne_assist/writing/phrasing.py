"""What makes words a sentence that can stand in a post, by their form and not by their meaning.

A whole sentence has a subject and a verb that the forms of its language list, or the member ended
it with a full stop. «new job» and «5.6» are answers and no sentences: set under each other they
make no post.

>>> fault_of("new job", "en"), fault_of("I start a new job in May", "en")
('sentence', None)
>>> fault_of("ich bleibe im betrieb", "de"), is_bare_figure("5.6")
('noun', True)
"""

import re
from typing import Any, Literal

from vanne_assist.shipped import table
from vanne_assist.writing.tokens import word_count, words_of

_LEAST_WORDS, _LEAST_WORDS_ENDED = 3, 4
"""Words of a sentence; of one without a verb that is known but with a full stop, one more."""
_ENDS = ".!?…"
_FIGURE = re.compile(r"[\d\s.,'’\u202f\u00a0–/-]+")
_SMALL_NOUN = re.compile(
    r"\b(?:im|am|zum|zur|beim|vom|ins|als|einen|einem|einer|meinem|meinen|meiner|unserem|unseren"
    r"|unserer|die|den|dem|das) ([a-zäöü]{4,})(?=[.,!?]|$| (?:in|im|an|am|auf|bei|mit|von|zu|und"
    r"|geschafft|bestanden|gemacht|gefunden|abgeschlossen)\b)"
)
"""In German a single small word between an article and a preposition or an end is a noun, or one
of those that follow."""
_NO_NOUNS = frozenset(
    "anderen andere beiden beide besten beste einen einzige einziges ersten erste gleiche ganze "
    "letzten letzte meisten meiste nächsten nächste neue neues alles auch nicht sind wird hier "
    "heute immer meine unsere wichtigste schönste viele wenigen".split()
)


Flaw = Literal["sentence", "figure", "noun", "more"]
"""Why an answer cannot stand in a post."""


def forms(lang: str) -> dict[str, Any]:
    """Return what a language joins answers with."""
    return table("writing", "forms", lang)


def fault_of(text: str, lang: str) -> Flaw | None:
    """Say why a text is no sentence that can stand alone, if it is none."""
    if lang == "de" and small_noun(text):
        return "noun"
    count = word_count(text)
    if text.strip()[-1:] in _ENDS:
        return None if count >= _LEAST_WORDS_ENDED else "sentence"
    verbs = frozenset(forms(lang)["verbs"].split())
    words = [word.text.lower() for word in words_of(text)]
    has_verb = any(w in verbs or (lang == "it" and w.endswith("iamo")) for w in words)
    return None if has_verb and count >= _LEAST_WORDS else "sentence"


def small_noun(text: str) -> re.Match[str] | None:
    """Return the first German noun that lacks its capital."""
    found = (m for m in _SMALL_NOUN.finditer(text) if m[1] not in _NO_NOUNS)
    return next(found, None)


def is_bare_figure(text: str) -> bool:
    """Say whether a text is a figure without a word or a unit of what it counts."""
    return bool(_FIGURE.fullmatch(text.strip()))


def with_subject(text: str, lang: str) -> str:
    """Return an answer with the subject that it lacks: «ran a pilot» is «I ran a pilot».

    >>> with_subject("obtenu mon brevet fédéral", "fr")
    'J’ai obtenu mon brevet fédéral'
    """
    lacks = forms(lang)["lacks_subject"]
    if lacks and re.match(lacks, text.strip(), re.IGNORECASE):
        text = text.strip()
        return str(forms(lang)["subject"]) + text[0].lower() + text[1:]
    return text


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    text = text.strip()
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """Return a text as a sentence: with a capital, and with an end."""
    text = capital(text)
    return text if text.endswith(tuple(_ENDS + ":")) else f"{text}."
