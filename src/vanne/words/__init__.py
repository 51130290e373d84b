"""Every sentence that code says to people, in four languages.

In comes a `Message`: a code with parameters, as the rooms above make it for a row without an item,
a warning, an error. Out goes a sentence, made here alone: `words("fr").say(message)`. The English
template of a code stands once, in `vanne.words.templates`; it is the message id of the catalogues
in `src/vanne/locale`, which translators edit. What stands on one page only is said there, in
English, by `words(lang)`. Always true: a message is data until it is said, and no sentence is taken
apart.

A package of its own brings its templates and its catalogues by one call:
`register("vanne_assist", TEMPLATES)`.

>>> from vanne.words import Message, words
>>> words("fr").say(Message("no-such-file", where="`a.zip`"))
'fichier introuvable\\xa0: `a.zip`'
"""

from vanne.words.language import LANGUAGES, Words, preferred, register, sentence, words
from vanne.words.message import Message, Param, Template
from vanne.words.names import (
    PurposeWords,
    category_words,
    purpose_words,
    reason_words,
    scope_words,
    screened_words,
)
from vanne.words.templates import CORE

__all__ = [
    "LANGUAGES",
    "Message",
    "Param",
    "PurposeWords",
    "Template",
    "Words",
    "category_words",
    "preferred",
    "purpose_words",
    "reason_words",
    "register",
    "scope_words",
    "screened_words",
    "sentence",
    "words",
]

register("vanne", CORE)
