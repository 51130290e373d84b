"""What makes words a sentence that can stand in a post, by their form and not by their meaning.

A whole sentence has a subject and a verb that the forms of its language list, or the member ended
it with a full stop. «new job» and «5.6» are answers and no sentences: set under each other they
make no post.

>>> fault_of("new job", "en").kind, fault_of("I start a new job in May", "en")
('sentence', None)
>>> fault_of("ich bleibe im betrieb", "de").instead, is_bare_figure("5.6")
('Betrieb', True)
"""

import re
from typing import Any

from vanne_assist.shipped import table
from vanne_assist.writing.remarks import Remark
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


def forms(lang: str) -> dict[str, Any]:
    """Return what a language joins answers with."""
    return table("writing", "forms", lang)


def fault_of(text: str, lang: str) -> Remark | None:
    """Say why a text is no sentence that can stand alone, if it is none."""
    if lang == "de" and (noun := small_noun(text)):
        return noun
    count, least = word_count(text), _LEAST_WORDS
    if text.strip()[-1:] in _ENDS:
        is_whole, least = True, _LEAST_WORDS_ENDED
    else:
        verbs = frozenset(forms(lang)["verbs"].split())
        words = [word.text.lower() for word in words_of(text)]
        is_whole = any(w in verbs or (lang == "it" and w.endswith("iamo")) for w in words)
    return None if is_whole and count >= least else Remark("sentence", (0, len(text)), text)


def small_noun(text: str) -> Remark | None:
    """Return the first German noun that lacks its capital."""
    found = (m for m in _SMALL_NOUN.finditer(text) if m[1] not in _NO_NOUNS)
    nouns = (Remark("small-noun", m.span(1), m[1], m[1].capitalize()) for m in found)
    return next(nouns, None)


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
