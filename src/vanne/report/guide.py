"""Guides: how a member opts out of the training of generative AI at another network.

The file `guide.toml` of a network pack holds the labels of the settings in four languages,
the steps, the links, what the switch does and what it does not do. Each fact carries its sources
and the day on which it was last verified. A label that was not seen in a language is shown in the
language in which it was seen, and marked; labels are never translated. Loading checks the whole
guide.

>>> load_guide("linkedin").labels["setting"].names["fr"]
"Données pour l'amélioration de l'IA générative"
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import MinLen

from vanne.arguments import language, moment
from vanne.errors import ConfigError, InputError, VanneError, did_you_mean
from vanne.packs import named, packs
from vanne.packs.finding import leave_out
from vanne.packs.pack import CHECKED, GUIDE
from vanne.packs.schema import (
    STRICT,
    After,
    Filled,
    Language,
    Strict,
    Text,
    keys_of,
    lines_of,
    validated,
)
from vanne.terms import GROUPS, REGIONS, Category
from vanne.toml import refuse_unseen, syntax_error
from vanne.words import LANGUAGES, Message, sentence, words

HEADINGS = {
    "desktop": sentence("On a computer"),
    "mobile": sentence("On a phone"),
    "both": sentence("On a computer or a phone"),
    "other": sentence("Another way to the same place"),
    "covers": sentence("What it stops"),
    "not_covers": sentence("What it does not stop"),
    "used": sentence("What is used"),
    "never": sentence("What is said not to be used"),
    "regions": sentence("Where, and since when"),
    "facts": sentence("Good to know"),
}
"""What the parts of a guide are called, on its page and on its screen."""

STALE_AFTER_DAYS = 365
SECTIONS = ("covers", "not_covers", "used", "never", "regions", "facts")
OLD_STEPS = sentence(
    "These steps are more than a year old: if one does not fit, start from the address."
)
"""Said where a way is stale."""

Day = date  # the name of a field, too

_HOST = r"(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)"
_HTTPS = re.compile(rf"https://{_HOST}(?:[/?#][!-\[\]-~]*)?")
"""An address of which every browser and `urlsplit` name the same host: no user, no port, no
backslash, no sign that is not ASCII (https://url.spec.whatwg.org/#host-parsing)."""
_EMAIL = re.compile(rf"[\w.+-]+@{_HOST}", re.ASCII)
_MAILTO = re.compile(rf"mailto:{_EMAIL.pattern}(?:\?(?:subject|body)=[\w%.+-]*)?", re.ASCII)
_DOMAIN = re.compile(
    r"(?!(?:ac|co|com|edu|go|gov|ne|net|or|org)\.[a-z]{2}$)[a-z0-9-]+(\.[a-z0-9-]+)+"
)
"""What one network may own: «org» and «co.uk» are of many."""


def _regions(codes: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if code not in REGIONS and code not in GROUPS and code != "WORLD":
            raise ValueError(f"names `{code}`, which is no region: use ISO 3166-1 codes")
    return codes


Regions = Annotated[tuple[str, ...], After(_regions)]


@dataclass(frozen=True, kw_only=True)
class GuideSource:
    """Where a fact was read: `primary` is the platform's or the authority's own text."""

    __pydantic_config__: ClassVar = STRICT

    title: Filled
    publisher: Filled
    kind: Literal["primary", "secondary"]
    date: Day
    where: Filled

    def __post_init__(self) -> None:
        if self.where.startswith("https:") and not _HTTPS.fullmatch(self.where):
            raise ValueError("gives `where` as an address that browsers read otherwise")


@dataclass(frozen=True, kw_only=True)
class Dated:
    """Anything that was seen true on a day. A `note` says what is open."""

    __pydantic_config__: ClassVar = STRICT

    date: Day
    sources: Annotated[tuple[str, ...], MinLen(1)]
    note: Text | None = None

    def is_stale(self, as_of: Day) -> bool:
        """Say whether it was last seen true more than a year before that day."""
        return (as_of - self.date).days > STALE_AFTER_DAYS


@dataclass(frozen=True, kw_only=True)
class Doubtful(Dated):
    """Anything that may not be certain; then it needs a note."""

    certain: Annotated[bool, Strict()] = True

    def __post_init__(self) -> None:
        if not self.certain and self.note is None:
            raise ValueError("is not certain and has no note that says what is open")


@dataclass(frozen=True, kw_only=True)
class GuideFact(Doubtful):
    """A sentence about the platform."""

    text: Text


@dataclass(frozen=True, kw_only=True)
class GuideUse(GuideFact):
    """Data that the platform says that it uses, or that it does not: which kinds of data that is.

    These rows and the platform's policy name the same kinds. `not_in_archive` is what of the data
    an archive does not hold, or holds where nobody reads it.
    """

    categories: tuple[Category, ...] = ()
    not_in_archive: Text | None = None


@dataclass(frozen=True, kw_only=True)
class GuideTopic(GuideFact):
    """What is good to know."""

    topic: Literal[
        "default", "past", "late", "change", "scope", "confirmation", "evidence", "other"
    ]


@dataclass(frozen=True, kw_only=True)
class GuideRegion(GuideFact):
    """Where it started, and since when."""

    codes: Regions
    since: Day | None = None


@dataclass(frozen=True, kw_only=True)
class GuideController(Doubtful):
    """Who answers for the data of members in some regions; without an `address` none is known."""

    codes: Regions
    name: Filled
    address: tuple[Filled, ...] = ()
    email: Filled | None = None
    form: Filled | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.email is not None and not _EMAIL.fullmatch(self.email):
            raise ValueError("gives an `email` that is no address")


@dataclass(frozen=True, kw_only=True)
class Label(Dated):
    """What a menu or a switch is called, exactly, in the languages in which it was seen."""

    fr: Filled | None = None
    en: Filled | None = None
    de: Filled | None = None
    it: Filled | None = None
    unknown: tuple[Language, ...] = ()
    uncertain: tuple[Language, ...] = ()
    variants: dict[Language, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """The names by language."""
        names = ((lang, getattr(self, lang)) for lang in LANGUAGES)
        return {lang: name for lang, name in names if name}

    def __post_init__(self) -> None:
        for lang in LANGUAGES:
            if (lang in self.names) == (lang in self.unknown):
                raise ValueError(f"must give `{lang}` as it was seen, or list it in `unknown`")
        if not self.names or not {*self.uncertain, *self.variants} <= self.names.keys():
            raise ValueError("speaks of a language in which it gives no label")
        if (self.unknown or self.uncertain) and self.note is None:
            raise ValueError("has no note that says what is open")

    def shown_in(self, lang: str) -> str:
        """Return the language in which it is shown to readers of one: theirs, or where it was seen.

        INVARIANT: a label is never translated.
        """
        names = self.names
        return lang if lang in names else "en" if "en" in names else next(iter(names))


@dataclass(frozen=True, kw_only=True)
class GuideStep:
    """One action; `{label}` in its text stands for the label."""

    __pydantic_config__: ClassVar = STRICT

    text: Text
    label: str | None = None

    def __post_init__(self) -> None:
        if any(text.count("{label}") != (self.label is not None) for text in self.text.values()):
            raise ValueError("must hold `{label}` once if, and only if, there is a label")


@dataclass(frozen=True, kw_only=True)
class GuidePath(Doubtful):
    """The steps on one kind of device, in order."""

    steps: Annotated[tuple[GuideStep, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True)
class GuideLink(Doubtful):
    """An address of the platform. Without a `url` it is known to exist and its address is not."""

    role: Literal["setting", "form", "form-outsiders", "elsewhere"]
    text: Text
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Guide:
    """Everything that is known about switching it off on one platform.

    There is a switch, a form of objection, or neither (`kind`); then what is left to do. `setting`
    is the label of what is switched off.
    """

    __pydantic_config__: ClassVar = STRICT

    platform: Filled
    name: Filled
    kind: Literal["switch", "objection", "none"]
    title: Text
    setting: str | None = None
    domains: tuple[str, ...]
    sources: dict[str, GuideSource]
    labels: dict[str, Label] = field(default_factory=dict)
    paths: dict[Literal["desktop", "mobile", "other"], GuidePath]
    links: tuple[GuideLink, ...]
    covers: tuple[GuideFact, ...] = ()
    not_covers: tuple[GuideFact, ...] = ()
    used: tuple[GuideUse, ...] = ()
    never: tuple[GuideUse, ...] = ()
    regions: tuple[GuideRegion, ...] = ()
    facts: tuple[GuideTopic, ...] = ()
    controllers: tuple[GuideController, ...] = ()

    @property
    def sections(self) -> dict[str, tuple[GuideFact, ...]]:
        """The facts by section."""
        return {name: getattr(self, name) for name in SECTIONS}

    def __post_init__(self) -> None:
        if wrong := next(self._faults(), None):
            raise ValueError(wrong)

    def _faults(self) -> Iterator[str]:
        """Yield what is misspelt, uncited or elsewhere."""
        for domain in self.domains:
            if not _DOMAIN.fullmatch(domain):
                yield f"`domains` names `{domain}`, which is no domain of one network"
        dated: dict[str, Dated] = {f"labels.{key}": each for key, each in self.labels.items()}
        dated |= {f"paths.{key}": each for key, each in self.paths.items()}
        cited = {**self.sections, "links": self.links, "controllers": self.controllers}
        for name, rows in cited.items():
            dated |= {f"{name}.{number}": row for number, row in enumerate(rows)}
        for where, each in dated.items():
            for source in each.sources:
                if source not in self.sources:
                    near = did_you_mean(source, list(self.sources))
                    yield f"`{where}.sources` cites `{source}`, which is not given: {near}"
                    return
            newest = max(self.sources[source].date for source in each.sources)
            if each.date > newest:
                yield f"`{where}.date` is later than its newest source ({newest})"
        for device in ("desktop", "mobile"):
            if device not in self.paths:
                yield f"`paths.{device}` is missing"
        for device, path in self.paths.items():
            for step in path.steps:
                if step.label is not None and step.label not in self.labels:
                    near = did_you_mean(step.label, list(self.labels))
                    yield f"`paths.{device}.steps.label` is `{step.label}`: {near}"
        for link in self.links:
            if link.url is None and link.certain:
                yield f"a link `{link.role}` has no `url`: say `certain = false` and why not"
        for url in filter(
            None, (*(e.url for e in self.links), *(e.form for e in self.controllers))
        ):
            address = _HTTPS.fullmatch(url) or _MAILTO.fullmatch(url)
            host = f".{address['host']}" if address else ""
            if not any(host.endswith(f".{domain}") for domain in self.domains):
                yield f"`{url}` is not an https address of the platform"
        if not any(link.role in ("setting", "form") and link.url for link in self.links):
            yield "`links` give no address of the setting or the form"
        if self.setting not in self.labels and (self.setting or self.kind == "switch"):
            yield "`setting` is no label of this guide"

    def setting_in(self, lang: str) -> str | None:
        """Return what is switched off by its name, in quotes, as it was seen: None if nothing is.

        >>> load_guide("linkedin").setting_in("de")
        '«Daten zur Verbesserung generativer KI»'
        """
        if self.setting is None:
            return None
        label = self.labels[self.setting]
        language = label.shown_in(lang)
        return words(language).quoted(label.names[language])

    def localised(self, lang: Any, as_of: date) -> dict[str, Any]:
        """Return the guide in one language as plain, JSON-able structures for terminal and page."""

        def seen(what: Dated) -> dict[str, Any]:
            row: dict[str, Any] = {"date": what.date.isoformat(), "stale": what.is_stale(as_of)}
            note = what.note[lang] if what.note else None
            row |= {"sources": list(what.sources), "note": note}
            return row | ({"certain": what.certain} if isinstance(what, Doubtful) else {})

        def fact(fact: GuideFact) -> dict[str, Any]:
            row = {"text": fact.text[lang], **seen(fact)}
            if isinstance(fact, GuideTopic):
                row["topic"] = fact.topic
            if isinstance(fact, GuideRegion):
                since = fact.since and fact.since.isoformat()
                row |= {"codes": list(fact.codes), "since": since}
            return row

        def label(label: Label) -> dict[str, Any]:
            language, known = label.shown_in(lang), lang in label.names
            certain, row = lang not in label.uncertain, seen(label)
            if known and certain:  # a note says why a language is unknown or open, to its readers
                row["note"] = None
            row |= {"text": label.names[language], "lang": language, "known": known}
            return row | {"certain": certain, "variant": label.variants.get(lang)}

        def step(step: GuideStep) -> dict[str, Any]:
            plain = {"label": None, "known": True, "certain": True, "variant": None, "note": None}
            if step.label is None:
                return {"text": step.text[lang], **plain}
            of = labels[step.label]
            text = step.text[lang].replace("{label}", words(of["lang"]).quoted(of["text"]))
            variant = of["variant"] and words(lang).quoted(of["variant"])
            marks = {key: of[key] for key in ("known", "certain", "note")}
            return {"text": text, "label": step.label, "variant": variant, **marks}

        labels = {key: label(each) for key, each in self.labels.items()}
        return {
            "platform": self.platform,
            "name": self.name,
            "kind": self.kind,
            "lang": lang,
            "as_of": as_of.isoformat(),
            "title": self.title[lang],
            "setting": self.setting_in(lang),
            "links": [
                {"role": link.role, "text": link.text[lang], "url": link.url, **seen(link)}
                for link in self.links
            ],
            "paths": {
                device: {"steps": list(map(step, path.steps)), **seen(path)}
                for device, path in self.paths.items()
            },
            "labels": labels,
            **{key: list(map(fact, facts)) for key, facts in self.sections.items()},
            "sources": [
                {"id": key, **asdict(source), "date": source.date.isoformat()}
                for key, source in self.sources.items()
            ],
        }


def platforms() -> tuple[str, ...]:
    """Return the names of the platforms that have a guide."""
    return tuple(sorted(pack.key for pack in packs() if pack.guide))


def guide(network: str, lang: str = "en", *, as_of: str | date | None = None) -> dict[str, Any]:
    """Say how to switch the training of generative AI off at a network: what `--json` prints.

    Args:
        network: Which network, such as `linkedin`.
        lang: The language of the reader: `fr`, `en`, `de` or `it`.
        as_of: What was last seen true a year before that day is marked `stale`; None: nothing is.

    Raises:
        InputError: there is no guide for it, no words in that language, or the time is none.
    """
    day = date.min if as_of is None else moment(as_of).date()
    steps = load_guide(network).localised(language(lang), day)
    return {"schema": "vanne/guide/1", **steps, "as_of": None if as_of is None else str(day)}


def all_guides() -> list[Guide]:
    """Return the guides of all networks; a wrong one of a pack that is only installed is left out.

    Raises:
        ConfigError: a guide of a pack that somebody named is wrong.
    """
    guides = list[Guide]()
    for pack in sorted(packs(), key=lambda pack: pack.key):
        try:
            guides += [load_guide(pack.key)] if pack.guide else []
        except VanneError as error:
            leave_out(pack, error)
    return guides


def load_guide(platform: str) -> Guide:
    """Load and check the guide of a platform, by any name of it.

    >>> load_guide("Twitter").name
    'X'

    Raises:
        InputError: there is no guide for it.
        ConfigError: something in its file is wrong: file, key, suggestion.
    """
    pack = named(platform)
    if pack is None or not pack.guide:
        listed = ", ".join(f"`{name}`" for name in platforms())
        todo = near = did_you_mean(platform.lower(), list(platforms()))
        if near.code == "did-you-mean":
            todo = Message("these-guides", hint=near, names=listed)
        raise InputError(Message("guide-missing", name=platform), todo=todo)
    if pack.key in CHECKED:
        guide: Guide = CHECKED[pack.key].guide
        return guide
    return parse_guide(pack.text(GUIDE), file=pack.place(GUIDE))


@lru_cache(maxsize=64)
def parse_guide(text: str, file: str) -> Guide:
    """Check the TOML text of a guide, each text once; `file` is its name in messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = Message("not-toml", file=file, why=syntax_error(error))
        raise ConfigError(message, todo=Message("mend-syntax")) from error
    refuse_unseen(data, file, text)
    guide, faults = validated(Guide, data)
    if guide is None:
        what, todo = next(lines_of(faults, text, keys_of(Guide)))
        raise ConfigError(f"{file}, {what}", todo=todo)
    return guide


def ways(paths: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the ways of a localised guide by device: `both`, if a phone's is a computer's."""
    if paths.get("desktop") != paths.get("mobile"):
        return dict(paths)
    return {"both": paths["desktop"]} | {k: paths[k] for k in paths if k == "other"}


def guide_values(network: str, lang: str, as_of: date) -> dict[str, Any] | None:
    """Return what the page of a guide shows; None if there is no guide for the network.

    Raises:
        ConfigError: something in the guide is wrong.
    """
    pack = named(network)
    if pack is None or not pack.guide:
        return None
    values = load_guide(pack.key).localised(lang, as_of)
    numbers = {source["id"]: number for number, source in enumerate(values["sources"], 1)}
    w = words(lang)
    headings = {name: w(text) for name, text in HEADINGS.items()}
    return {
        "guide": values,
        "numbers": numbers,
        "ways": ways(values["paths"]),
        "headings": headings,
    }
