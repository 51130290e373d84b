"""The words in four languages: gettext, with English sentences as message ids.

The catalogues `locale/fr.po`, `de.po` and `it.po` are read as they are, once, and compiled in
memory: a translator edits a text file and no generated file can be out of date. English has none.
A plug-in has catalogues of its own.

>>> w = words("fr")
>>> w("On"), w.plural("You have %(n)s item here.", "You have %(n)s items here.", 2)
('Activé', 'Vous avez 2 éléments ici.')
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

from vanne.errors import InputError, Phrase, VanneError, did_you_mean, phrase
from vanne.plugins import hooks
from vanne.policy.policy import PurposePolicy, PurposeWords
from vanne.terms import LANGUAGES as LANGUAGES
from vanne.terms import MAIN_PURPOSE, Category, Choice, Purpose, Reason

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from babel.core import Locale
    from babel.support import NullTranslations

_LOCALES = {"en": "en_GB"}
"""Dates are written day first, in English too."""

_FIRST = {"fr": "1er", "it": "1º"}
"""How the first of a month is written where CLDR, which leaves it to others, writes a bare 1."""

_Day = date  # `Words.date` hides the name within the class


class Words:
    """One language: call it with an English sentence and the values of its `%(name)s` holes."""

    def __init__(self, lang: str, catalogue: "NullTranslations", locale: "Locale") -> None:
        self.lang = lang
        self._catalogue = catalogue
        self._locale = locale

    def __call__(self, sentence: str, **values: object) -> str:
        """Say the sentence."""
        said = self._catalogue.gettext(sentence)
        return said % values if values else said

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Say the sentence that fits the number; `%(n)s` is that number, written as people do."""
        return self._catalogue.ngettext(one, many, n) % {"n": self.number(n), **values}

    def phrase(self, text: Phrase) -> str:
        """Say a phrase of English; a value that is none, such as a name, as it is."""
        said = {name: self._value(value) for name, value in text.values.items()}
        return self(text.template, **said)

    def _value(self, value: object) -> str:
        if isinstance(value, Phrase):
            return self.phrase(value)
        return self.number(value) if isinstance(value, int) else re.sub(r"\s+", " ", str(value))

    def error(self, error: VanneError) -> str:
        """Say an error: whole in this language, or whole in English if a part is no phrase."""
        parts = [part for part in (error.args[0], error.todo) if part]
        known = [part for part in parts if isinstance(part, Phrase)]
        if self.lang == "en" or known != parts:
            return str(error)
        what, *why = map(self.phrase, known)
        return self.explained(what, why[0]) if why else what

    def explained(self, what: str, why: str) -> str:
        """Put a colon between two texts, as the language does."""
        return self(_EXPLAINED, what=what, why=why)

    def number(self, n: int | float) -> str:
        """Write a number with the separators of the language."""
        from babel.numbers import format_decimal

        return format_decimal(n, locale=self._locale)

    def date(self, at: datetime) -> str:
        """Write a moment: the day and the minute, in UTC."""
        from babel.dates import format_datetime

        utc = at.astimezone(UTC)
        return f"{self.day(utc)}, {format_datetime(utc, 'HH:mm', locale=self._locale)} UTC"

    def day(self, day: _Day) -> str:
        """Write a day, the month in letters."""
        from babel.dates import format_date

        said = format_date(day, "long", locale=self._locale)
        first = _FIRST.get(self.lang) if day.day == 1 else None
        return first + said.removeprefix("1") if first else said

    def region(self, code: str) -> str:
        """Name a region by its ISO 3166-1 code; a code without a name stands for itself."""
        return str(self._locale.territories.get(code, code))

    def language(self, code: str) -> str:
        """Name a language by its code, in this language."""
        return str(self._locale.languages.get(code, code))

    def series(self, parts: list[str]) -> str:
        """Join parts as the language does: «a, b and c»."""
        from babel.lists import format_list

        return format_list(parts, locale=self._locale)


@cache
def words(lang: str) -> Words:
    """Return the words of a language.

    Raises:
        InputError: there is no catalogue for it.
    """
    from babel.core import Locale

    if lang not in LANGUAGES:
        raise InputError(
            phrase("no words for the language `%(lang)s`", lang=lang),
            todo=did_you_mean(lang, list(LANGUAGES)),
        )
    return Words(lang, _catalogue(lang), Locale.parse(_LOCALES.get(lang, lang)))


def _catalogue(lang: str) -> "NullTranslations":
    """Return the core's words; what they do not have is looked up in those of each plug-in."""
    from babel.support import NullTranslations

    if lang == "en":
        return NullTranslations()
    core = _compiled(files("vanne.report") / "locale" / f"{lang}.po", lang)
    for folder in hooks().register_words():
        if (folder / f"{lang}.po").exists():
            core.add_fallback(_compiled(folder / f"{lang}.po", lang))
    return core


def _compiled(path: "Traversable", lang: str) -> "NullTranslations":
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=lang))
    compiled.seek(0)
    return Translations(compiled)


def preferred(accept_language: str | None, default: str = "en") -> str:
    """Choose the language that a browser asks for (`Accept-Language`, RFC 9110 section 12.5.4).

    >>> preferred("nl, de-CH;q=0.7, fr-CH;q=0.9"), preferred(None)
    ('fr', 'en')
    """
    wanted = [_weighted(part) for part in (accept_language or "").split(",")]
    ranked = sorted((w for w in wanted if w[0] in LANGUAGES and w[1] > 0), key=lambda w: -w[1])
    return ranked[0][0] if ranked else default


def _weighted(part: str) -> tuple[str, float]:
    tag, _, weight = part.partition(";")
    try:
        quality = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        quality = 0.0
    return tag.strip().lower().split("-")[0], quality


def sentence(text: str) -> str:
    """Mark a sentence for the translators where it is written down but said elsewhere."""
    return text


_EXPLAINED = sentence("%(what)s: %(why)s")


def reason_words(reason: Reason, lang: str) -> str:
    """Say a verdict to the member whose item it is, in one sentence."""
    return words(lang)(_REASONS[reason])


def category_words(category: str | None, lang: str) -> str:
    """Name a kind of data; one that is not known is named as it was written."""
    w = words(lang)
    if category is None:
        return w("Of no known kind")
    try:
        return w(_CATEGORIES[Category(category)])
    except ValueError:
        return category


def scope_words(choice: Choice, lang: str) -> str:
    """Say what of a member's data a choice covers, within its purpose."""
    if choice.scope == "category":
        return category_words(choice.target, lang)
    if choice.scope == "item":
        return words(lang)(_ONE, item=choice.target)
    return words(lang)(_ALL)


def screened_words(kind: str, lang: str) -> str:
    """Name a kind of what is taken out of texts before they are read."""
    return words(lang)(_SCREENED[kind])


def purpose_words(purpose: Purpose, rules: PurposePolicy, lang: str) -> PurposeWords:
    """Say a purpose as members read it: in the policy's words, else in ours, else by its name."""
    if lang in rules.words:
        return rules.words[lang]
    if purpose in _PURPOSES:
        title, about = _PURPOSES[purpose]
        return PurposeWords(words(lang)(title), words(lang)(about))
    return PurposeWords(purpose, "")


Say = Callable[..., str]
"""What a room needs of `Words` when it only says sentences."""

_REASONS = {
    Reason.ALLOWED: sentence("It may be used to train generative AI."),
    Reason.CATEGORY_NEVER: sentence("This kind of data is never used."),
    Reason.CATEGORY_NOT_LISTED: sentence("The policy does not list this kind of data."),
    Reason.CATEGORY_UNKNOWN: sentence("This kind of data is not known, so it is not used."),
    Reason.MEMBER_UNKNOWN: sentence("It is not known whose item this is, so it is not used."),
    Reason.REGION_UNKNOWN: sentence("Your region is not known, so nothing is used."),
    Reason.REGION_NOT_STARTED: sentence("In your region, this use has not started."),
    Reason.MINOR: sentence("You are, or may be, under the minimum age."),
    Reason.AGE_UNKNOWN: sentence("Your age is not known, so nothing is used."),
    Reason.MADE_AS_MINOR: sentence("It dates from when you were under the minimum age."),
    Reason.OUTSIDE_WINDOW: sentence("It is older than the policy permits."),
    Reason.VISIBILITY_NOT_LISTED: sentence("The policy does not use items shared in this way."),
    Reason.SENSITIVE: sentence(
        "It touches on something sensitive, such as health, religion or a union."
    ),
    Reason.OFF: sentence("You switched this off."),
    Reason.OFF_CATEGORY: sentence("You switched this kind of data off."),
    Reason.OFF_ITEM: sentence("You switched this item off."),
    Reason.OFF_BY_DEFAULT: sentence("You have not chosen, and the default in your region is off."),
    Reason.AUTHOR_REFUSES: sentence("Somebody else wrote it and does not permit it."),
    Reason.SUBJECT_REFUSES: sentence("Somebody else is in it and does not permit it."),
    Reason.OBJECTION: sentence("Somebody who is not a member objected."),
    Reason.RESERVATION: sentence("The item itself says that no AI may be trained on it."),
    Reason.UNREADABLE: sentence("One of its values cannot be read, so it is not used."),
}

_ALL = sentence("all my data for this purpose")
_ONE = sentence("one item: %(item)s")

_CATEGORIES = {
    Category.PROFILE: sentence("Profile"),
    Category.PHOTO: sentence("Photos"),
    Category.POSITION: sentence("Positions"),
    Category.EDUCATION: sentence("Education"),
    Category.SKILL: sentence("Skills"),
    Category.CV: sentence("CVs"),
    Category.POST: sentence("Posts"),
    Category.ARTICLE: sentence("Articles"),
    Category.COMMENT: sentence("Comments"),
    Category.POLL_VOTE: sentence("Poll votes"),
    Category.GROUP_POST: sentence("Group posts"),
    Category.GROUP_MESSAGE: sentence("Group messages"),
    Category.SCREENING_ANSWER: sentence("Answers to employers' questions"),
    Category.AI_PROMPT: sentence("Questions to AI features"),
    Category.AI_OUTPUT: sentence("Answers from AI features"),
    Category.FEEDBACK: sentence("Feedback"),
    Category.RECOMMENDATION: sentence("Recommendations"),
    Category.REACTION: sentence("Reactions"),
    Category.FOLLOW: sentence("Follows"),
    Category.SEARCH: sentence("Searches"),
    Category.LEARNING: sentence("Learning"),
    Category.JOB_SEARCH: sentence("Job search"),
    Category.CONTACT: sentence("Contacts"),
    Category.ACCOUNT: sentence("Account"),
    Category.IDENTITY: sentence("Identity documents"),
    Category.INFERENCE: sentence("What was inferred about you"),
    Category.PRIVATE_MESSAGE: sentence("Private messages"),
    Category.SALARY: sentence("Salary"),
    Category.CREDENTIAL: sentence("Passwords and keys"),
    Category.PAYMENT: sentence("Payment data"),
}

_SCREENED = {
    "salary": sentence("pay"),
    "phone": sentence("phone numbers"),
    "email": sentence("e-mail addresses"),
    "address": sentence("postal addresses"),
    "iban": sentence("bank accounts"),
    "card": sentence("payment cards"),
    "national-id": sentence("numbers of official papers"),
    "secret": sentence("passwords and access keys"),
}

_PURPOSES = {
    MAIN_PURPOSE: (
        sentence("Models that write content"),
        sentence("They are trained to write texts and to make pictures."),
    ),
    "ai-features": (
        sentence("My questions to AI features"),
        sentence(
            "What you type into AI features here, and what they answer, is used for training."
        ),
    ),
    "partner-training": (
        sentence("Models of our parent company or partners"),
        sentence("Another company is then responsible for what is done with your data."),
    ),
    "ranking": (
        sentence("Models that rank and recommend"),
        sentence("They choose what is shown to you, and to whom you are shown."),
    ),
    "candidate-search": (
        sentence("Search for candidates"),
        sentence("Recruiters find you by what you wrote in your profile."),
    ),
}
"""The purposes that a network names most often, by the names that our documentation gives them."""
