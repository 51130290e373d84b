"""The words of one language: gettext catalogues, with English sentences as message ids.

Each package that registered its words has the catalogues `fr.po`, `de.po` and `it.po` in its folder
`locale`. A catalogue is read once, as text, and compiled in memory. So a translator edits a text
file, and no generated file can be out of date. English has no catalogue.

>>> w = words("fr")
>>> w("On"), w.plural("You have %(n)s item here.", "You have %(n)s items here.", 2)
('Activé', 'Vous avez 2 éléments ici.')
"""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from vanne.terms import LANGUAGES as LANGUAGES
from vanne.words.message import (
    TEMPLATES,
    Message,
    Param,
    RegionCode,
    RelativeMoment,
    Template,
    on_one_line,
)

if TYPE_CHECKING:
    from babel.core import Locale
    from babel.support import NullTranslations

_LOCALES = {"en": "en_GB"}
"""Dates are written day first, in English too."""

_FIRST = {"fr": "1er", "it": "1º"}
"""How the first of a month is written where CLDR, which leaves it to others, writes a bare 1."""

ZONE: ContextVar[tzinfo] = ContextVar("zone", default=UTC)
"""The zone in which moments are written: a page sets that of who reads it."""

_Day = date  # `Words.date` hides the name within the class

PACKAGES: dict[str, set[str]] = {}
"""The packages that registered their words, each with its codes."""


def register(package: str, templates: Mapping[str, Template]) -> None:
    """Add the words of a package: the templates of its codes, and the catalogues of its `locale`.

    Raises:
        ValueError: a code has another template already.
    """
    for code, template in templates.items():
        if TEMPLATES.setdefault(code, template) != template:
            raise ValueError(f"the code `{code}` has another template already")
    PACKAGES.setdefault(package, set()).update(templates)
    words.cache_clear()


class Words:
    """One language: call it with an English sentence and the values of its `%(name)s` holes."""

    def __init__(self, lang: str, catalogue: "NullTranslations", locale: "Locale") -> None:
        self.lang = lang
        self._catalogue = catalogue
        self._locale = locale

    def __call__(self, sentence: str, **values: object) -> str:
        """Say the sentence."""
        text = self._catalogue.gettext(sentence)
        return text % values if values else text

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Say the sentence that fits the number; `%(n)s` is that number, written as people do."""
        return self._catalogue.ngettext(one, many, n) % {"n": self.number(n), **values}

    def say(self, message: Message) -> str:
        """Say a message."""
        params = {name: self._value(value) for name, value in message.params.items()}
        template = TEMPLATES[message.code]
        if isinstance(template, str):
            return self(template, **params)
        count = message.params["n"]
        assert isinstance(count, int)
        return self._catalogue.ngettext(*template, count) % params

    def _value(self, value: Param) -> str:
        if isinstance(value, Message):
            return self.say(value)
        if isinstance(value, RelativeMoment):
            return self.moment(value.at, value.now, in_sentence=value.in_sentence)
        if isinstance(value, RegionCode):
            return self.region(value.code)
        if isinstance(value, datetime):
            return self.date(value)
        if isinstance(value, _Day):
            return self.day(value)
        return self.number(value) if isinstance(value, int) else on_one_line(value)

    def explained(self, what: str, why: str) -> str:
        """Put a colon between two texts, as the language does."""
        return self(_EXPLAINED, what=what, why=why)

    def quoted(self, text: str) -> str:
        """Put a text in the quotation marks of the language.

        >>> words("en").quoted("Geneva"), words("de").quoted("Genf")
        ('“Geneva”', '«Genf»')
        """
        return self(_QUOTED, text=text)

    def number(self, n: int | float) -> str:
        """Write a number with the separators of the language."""
        from babel.numbers import format_decimal

        return format_decimal(n, locale=self._locale)

    def percent(self, part: int, whole: int) -> str:
        """Write a share, to a tenth of a per cent; of nothing it is a dash.

        >>> words("it").percent(1, 8), words("en").percent(1, 8), words("en").percent(0, 0)
        ('12,5%', '12.5%', '–')
        """
        from babel.numbers import format_percent

        if not whole:
            return "–"
        return format_percent(
            round(part / whole, 3), locale=self._locale, decimal_quantization=False
        )

    def date(self, at: datetime) -> str:
        """Write a moment: the day and the minute in the zone of the page, UTC without one.

        >>> words("fr").date(datetime(2026, 11, 28, 21, 10, tzinfo=UTC))
        '28 novembre 2026, 21\\xa0h\\xa010 UTC'
        """
        local = at.astimezone(ZONE.get())
        return f"{self.day(local)}, {self.hour(local)}{' UTC' if ZONE.get() is UTC else ''}"

    def hour(self, at: datetime) -> str:
        """Write the time of day of a moment, in the zone of the page."""
        local = at.astimezone(ZONE.get())
        if self.lang == "fr":
            return f"{local.hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{local:%M}"
        return f"{local:%H:%M}"

    def zone(self) -> str | None:
        """Name the place whose time the page writes; None for UTC, which each moment says."""
        from babel.dates import get_timezone_location

        zone = ZONE.get()
        if zone is UTC:
            return None
        return get_timezone_location(zone, locale=self._locale, return_city=True)

    def moment(self, at: datetime, now: datetime, *, in_sentence: bool = False) -> str:
        """Write a moment as `date` does; of today and tomorrow without the date.

        `in_sentence` puts «on» before a date, as the language does within a sentence.

        >>> at = datetime(2026, 11, 28, 21, 10, tzinfo=UTC)
        >>> words("en").moment(at, at), words("en").moment(at, datetime(2026, 11, 27, tzinfo=UTC))
        ('today at 21:10 UTC', 'tomorrow at 21:10 UTC')
        """
        zone = ZONE.get()
        days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
        time = self.hour(at) + (" UTC" if zone is UTC else "")
        if days in (0, 1):
            return self(_TOMORROW if days else _TODAY, time=time)
        return self(_ON if in_sentence else _AT, day=self.day(at.astimezone(zone)), time=time)

    def day(self, day: _Day, width: Literal["long", "medium"] = "long") -> str:
        """Write a day, the month in letters."""
        from babel.dates import format_date

        text = format_date(day, width, locale=self._locale)
        first = _FIRST.get(self.lang) if day.day == 1 else None
        return first + text.removeprefix("1") if first else text

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
    """Return the words of a language: of one of `LANGUAGES`."""
    from babel.core import Locale

    if lang not in LANGUAGES:
        raise ValueError(f"no words for the language `{lang}`")
    return Words(lang, _catalogue(lang), Locale.parse(_LOCALES.get(lang, lang)))


def _catalogue(lang: str) -> "NullTranslations":
    from importlib.resources import files

    from babel.support import NullTranslations, Translations

    if lang == "en":
        return NullTranslations()
    whole = Translations()
    for package in PACKAGES:
        folder = files(package) / "locale"
        ready = folder / f"{lang}.mo"  # the page in a browser has these alone
        data = (
            ready.read_bytes() if ready.is_file() else mo_of((folder / f"{lang}.po").read_bytes())
        )
        whole = Translations(BytesIO(data)).merge(whole)
    return whole


def mo_of(po: bytes) -> bytes:
    """Compile a catalogue: what gettext reads, of what translators edit."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(po)))
    return compiled.getvalue()


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


_TODAY = sentence("today at %(time)s")
_TOMORROW = sentence("tomorrow at %(time)s")
_AT = sentence("%(day)s at %(time)s")
_ON = sentence("on %(day)s at %(time)s")
_EXPLAINED = sentence("%(what)s: %(why)s")
_QUOTED = sentence("“%(text)s”")
