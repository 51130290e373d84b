r"""Sentences in four languages: every message that the code shows to people is worded here.

In comes a `Message`: a code with parameters, made for a row without an item, a warning, an error.
Out goes a sentence: `words("fr").say(message)`. The English template of a code stands once, in
`vanne.words.templates`; it is the message id of the catalogues in `src/vanne/locale`, which
translators edit. A sentence of one page only stands on that page, in English, and `words(lang)`
translates it. Always true: a message stays data until it is shown, and no sentence is ever parsed.

    message     a message: a code with parameters
    templates   the English template of each code
    person      those about one person's state
    language    one language: its catalogue, numbers and dates
    names       names of reasons, kinds of data, purposes

Another package registers its templates and its catalogues by one call:
`register("vanne_assist", TEMPLATES)`.

>>> from vanne.words import Message, words
>>> words("fr").say(Message("no-such-file", where="`a.zip`"))
'fichier introuvable\xa0: `a.zip`'
"""

from vanne.words.language import LANGUAGES, ZONE, Words, preferred, register, sentence, words
from vanne.words.message import Message, Param, RegionCode, RelativeMoment, Template
from vanne.words.names import (
    REASON_TEMPLATES,
    PurposeWords,
    category_words,
    purpose_words,
    reason_words,
    scope_words,
    screened_words,
    text_kind_words,
)
from vanne.words.person import PERSON
from vanne.words.templates import CORE

__all__ = [
    "LANGUAGES",
    "ZONE",
    "Message",
    "Param",
    "PurposeWords",
    "RegionCode",
    "RelativeMoment",
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
    "text_kind_words",
    "words",
]

register("vanne", CORE | PERSON | REASON_TEMPLATES)
