"""How a member switches the training of generative AI off elsewhere: facts as data, said plainly.

One TOML file per platform (`guides/NAME.toml`) holds the labels of the way there in four
languages, the steps, the links, what the switch does and what it does not do. Each of them carries
its sources and the day on which it was last seen true. A label that was not seen in a language is
shown in the one in which it was, and marked: we never translate it. Loading checks a guide whole.

>>> load_guide("linkedin").labels["setting"].names["fr"]
"Données pour l'amélioration de l'IA générative"
"""

import pathlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol, cast
from urllib.parse import urlsplit

from vanne.errors import ConfigError, InputError, did_you_mean
from vanne.plugins import network_files
from vanne.policy.toml import TomlTable, syntax_error
from vanne.terms import GROUPS, REGIONS
from vanne.words import LANGUAGES, Message, sentence

STALE_AFTER_DAYS = 365
SECTIONS = ("covers", "not_covers", "used", "never", "regions", "facts")
PATHS = ("desktop", "mobile", "other")
TOPICS = ("default", "past", "late", "change", "scope", "confirmation", "evidence", "other")
ROLES = ("setting", "form", "form-outsiders", "elsewhere")
KINDS = ("switch", "objection", "none")
"""What there is: a switch, a form of objection, or neither; then what is left to do."""
Day = date
_QUOTES = {"fr": "«\u00a0%s\u00a0»", "en": "“%s”", "de": "„%s“", "it": "«%s»"}

OLD_STEPS = sentence(
    "These steps are more than a year old: if one does not fit, start from the address."
)
"""Said where a way is stale."""

Text = dict[str, str]
"""One sentence in each of the four languages."""


@dataclass(frozen=True, slots=True)
class GuideSource:
    """Where a fact was read: `primary` is the platform's or the authority's own text."""

    id: str
    title: str
    publisher: str
    kind: Literal["primary", "secondary"]
    date: Day
    where: str


@dataclass(frozen=True, slots=True)
class GuideFact:
    """A sentence about the platform: `date` is when it was last seen true, `note` what is open."""

    text: Text
    date: Day
    sources: tuple[str, ...]
    certain: bool = True
    note: Text | None = None
    topic: str | None = None
    codes: tuple[str, ...] = ()
    since: Day | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What a menu or a switch is called, exactly, in the languages in which it was seen."""

    names: dict[str, str]
    date: Day
    sources: tuple[str, ...]
    uncertain: tuple[str, ...] = ()
    variants: dict[str, str] | None = None
    note: Text | None = None

    def shown_in(self, lang: str) -> str:
        """Return the language in which it is shown to readers of one: theirs, or where it was seen.

        INVARIANT: a label is never translated.
        """
        return (
            lang if lang in self.names else "en" if "en" in self.names else next(iter(self.names))
        )


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One action; `{label}` in its text stands for the label."""

    text: Text
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The steps on one kind of device, in order."""

    steps: tuple[GuideStep, ...]
    date: Day
    sources: tuple[str, ...]
    certain: bool = True
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An address of the platform. Without a `url` it is known to exist and its address is not."""

    role: str
    text: Text
    url: str | None
    date: Day
    sources: tuple[str, ...]
    certain: bool = True
    note: Text | None = None


class Dated(Protocol):
    """Anything that was seen true on a day."""

    @property
    def date(self) -> Day:
        """The day on which it was last seen true."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything that is known about switching it off on one platform."""

    platform: str
    name: str
    kind: str
    title: Text
    setting: str | None
    """The label of what is switched off; where there is no switch, none."""
    sources: dict[str, GuideSource]
    labels: dict[str, Label]
    paths: dict[str, Path]
    links: tuple[Link, ...]
    sections: dict[str, tuple[GuideFact, ...]]

    def setting_in(self, lang: str) -> str | None:
        """Return what is switched off by its name, in quotes, as it was seen: None if nothing is.

        >>> load_guide("linkedin").setting_in("de")
        '„Daten zur Verbesserung generativer KI“'
        """
        if self.setting is None:
            return None
        label = self.labels[self.setting]
        language = label.shown_in(lang)
        return _QUOTES[language] % label.names[language]

    def localised(self, lang: str, as_of: date) -> dict[str, Any]:
        """Return the guide in one language as plain, JSON-able structures for terminal and page."""
        if lang not in LANGUAGES:
            todo = did_you_mean(lang, list(LANGUAGES))
            raise InputError(Message("guide-language-missing", lang=lang), todo=todo)
        return _Localiser(self, lang, as_of).guide()


_GUIDES = pathlib.Path(__file__).parent / "guides"


def platforms() -> tuple[str, ...]:
    """Return the names of the platforms that have a guide, those of plug-ins too."""
    return tuple(sorted(network_files("guides", _GUIDES)))


def load_guide(platform: str) -> Guide:
    """Load and check the guide of a platform.

    Raises:
        InputError: there is no guide for it.
        ConfigError: something in its file is wrong: file, line, suggestion.
    """
    if platform not in platforms():
        listed = ", ".join(f"`{name}`" for name in platforms())
        todo = near = did_you_mean(platform.lower(), list(platforms()))
        if near.code == "did-you-mean":
            todo = Message("these-guides", hint=near, names=listed)
        raise InputError(Message("guide-missing", name=platform), todo=todo)
    file = network_files("guides", _GUIDES)[platform]
    return parse_guide(file.read_text(encoding="utf-8"), file=f"{platform}.toml")


def parse_guide(text: str, file: str) -> Guide:
    """Check the TOML text of a guide; `file` is its name in messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = Message("not-toml", file=file, why=syntax_error(error))
        raise ConfigError(message, todo=Message("mend-syntax")) from error
    return _GuideReader(TomlTable(data, "", file, text)).guide()


def is_stale(fact: Dated, as_of: date) -> bool:
    """Say whether a fact was last seen true more than a year before that day."""
    return (as_of - fact.date).days > STALE_AFTER_DAYS


def ways(paths: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the ways of a localised guide by device: `both`, if a phone's is a computer's."""
    if paths.get("desktop") != paths.get("mobile"):
        return dict(paths)
    return {"both": paths["desktop"]} | {k: paths[k] for k in paths if k == "other"}


class _GuideReader:
    """Reads a guide's tables, and refuses what is misspelt, missing, uncited or elsewhere."""

    def __init__(self, root: TomlTable) -> None:
        self.root = root
        self.domains = root.strings("domains")
        table = root.table("sources")
        self.sources = {key: _source(key, table.table(key)) for key in list(table.data)}

    def guide(self) -> Guide:
        root = self.root
        labels_table = root.table("labels")
        labels = {key: self.label(labels_table.table(key)) for key in list(labels_table.data)}
        paths_table = root.table("paths")
        for device in ("desktop", "mobile"):
            if device not in paths_table.data:
                paths_table.fail(device, "is missing", "add its steps")
        paths = {
            device: self.path(paths_table.table(device), labels)
            for device in PATHS
            if device in paths_table.data
        }
        guide = Guide(
            platform=root.take("platform", str),
            name=root.take("name", str),
            kind=root.word("kind", KINDS),
            title=_four(root, "title"),
            setting=root.take("setting", str, None),
            sources=self.sources,
            labels=labels,
            paths=paths,
            links=tuple(self.link(row) for row in root.tables("links")),
            sections={key: tuple(map(self.fact, root.tables(key))) for key in SECTIONS},
        )
        _close(paths_table, PATHS)
        root.close()
        if not any(link.role in ("setting", "form") and link.url for link in guide.links):
            root.fail("links", "give no address of the setting or the form")
        if guide.setting not in labels and (guide.setting or guide.kind == "switch"):
            todo = did_you_mean(guide.setting or "", list(labels))
            root.fail("setting", "is no label of this guide", todo)
        return guide

    def label(self, table: TomlTable) -> Label:
        names = {lang: table.take(lang, str) for lang in LANGUAGES if lang in table.data}
        unknown, uncertain = table.strings("unknown", ()), table.strings("uncertain", ())
        self._each_language_once(table, names, unknown)
        variants = table.take("variants", dict, None)
        note = _four(table, "note") if unknown or uncertain else None
        label = Label(names, *self.seen(table), uncertain, variants, note)
        for lang in (*uncertain, *(variants or {})):
            if lang not in names:
                table.fail("uncertain", f"names `{lang}`, in which the label is not given")
        _close(table, LANGUAGES)
        return label

    def _each_language_once(
        self, table: TomlTable, names: dict[str, str], unknown: Iterable[str]
    ) -> None:
        for lang in unknown:
            if lang not in LANGUAGES or lang in names:
                table.fail("unknown", f"may not name `{lang}`", "name languages without a label")
        if not names:
            table.fail("unknown", "names every language", "a label was seen in at least one")
        for lang in LANGUAGES:
            if lang not in names and lang not in unknown:
                table.fail(
                    lang, "is missing", "give the label as it was seen, or list it in `unknown`"
                )

    def path(self, table: TomlTable, labels: dict[str, Label]) -> Path:
        steps = tuple(self.step(row, labels) for row in table.tables("steps"))
        path = Path(steps, *self.seen(table), *_doubt(table))
        table.close()
        return path

    def step(self, table: TomlTable, labels: dict[str, Label]) -> GuideStep:
        step = GuideStep(_four(table, "text"), table.take("label", str, None))
        if step.label is not None and step.label not in labels:
            table.fail("label", f"is `{step.label}`", did_you_mean(step.label, list(labels)))
        for lang, text in step.text.items():
            if text.count("{label}") != (step.label is not None):
                table.fail(
                    f"text.{lang}", "must hold `{label}` once if, and only if, there is a label"
                )
        table.close()
        return step

    def link(self, table: TomlTable) -> Link:
        role, url = table.word("role", ROLES), table.take("url", str, None)
        text, seen, doubt = _four(table, "text"), self.seen(table), _doubt(table)
        if url is None and doubt[0]:
            table.fail(
                "url", "is missing", "give it, or `certain = false` and a note that says why not"
            )
        if url is not None and not self._own(url):
            where = ", ".join(f"`{domain}`" for domain in self.domains)
            table.fail("url", "is not an https address of the platform", f"its domains are {where}")
        table.close()
        return Link(role, text, url, *seen, *doubt)

    def _own(self, url: str) -> bool:
        parts = urlsplit(url)
        mail = parts.scheme == "mailto"
        host = parts.path.rpartition("@")[2] if mail else parts.hostname or ""
        return (mail or parts.scheme == "https") and any(
            host == domain or host.endswith(f".{domain}") for domain in self.domains
        )

    def fact(self, table: TomlTable) -> GuideFact:
        topic, since = None, None
        codes: tuple[str, ...] = ()
        if table.path == "facts":
            topic = table.word("topic", TOPICS)
        if table.path == "regions":
            codes, since = _regions(table), table.take("since", date, None)
        text, seen, doubt = _four(table, "text"), self.seen(table), _doubt(table)
        table.close()
        return GuideFact(text, *seen, *doubt, topic, codes, since)

    def seen(self, table: TomlTable) -> tuple[date, tuple[str, ...]]:
        """Take the day and the sources; the day is not later than the newest source."""
        day, cited = table.take("date", date), table.strings("sources")
        if not cited:
            table.fail("sources", "is empty", "cite at least one source")
        for source in cited:
            if source not in self.sources:
                todo = did_you_mean(source, list(self.sources))
                table.fail("sources", f"cites `{source}`, which is not given", todo)
        newest = max(self.sources[source].date for source in cited)
        if day > newest:
            table.fail("date", f"is later than its newest source ({newest})", "date what was seen")
        return day, cited


def _source(key: str, table: TomlTable) -> GuideSource:
    title, publisher = table.take("title", str), table.take("publisher", str)
    kind = table.word("kind", ("primary", "secondary"))
    source = GuideSource(
        key, title, publisher, kind, table.take("date", date), table.take("where", str)
    )
    table.close()
    return source


def _regions(table: TomlTable) -> tuple[str, ...]:
    codes = table.strings("codes")
    for code in codes:
        if code not in REGIONS and code not in GROUPS and code != "WORLD":
            table.fail("codes", f"names `{code}`, which is no region", "use ISO 3166-1 codes")
    return codes


def _four(table: TomlTable, key: str) -> Text:
    """Take a text that must be there, and not empty, in each of the four languages."""
    texts = table.take(key, dict)
    for lang in (*LANGUAGES, *texts):
        if lang not in LANGUAGES:
            table.fail(f"{key}.{lang}", "is no language", did_you_mean(lang, list(LANGUAGES)))
        if not isinstance(texts.get(lang), str) or not texts[lang].strip():
            table.fail(f"{key}.{lang}", "is missing", "every text is there in fr, en, de and it")
    return {lang: texts[lang] for lang in LANGUAGES}


def _doubt(table: TomlTable) -> tuple[bool, Text | None]:
    """Take whether something is certain; what is not needs a note that says what is open."""
    certain = table.take("certain", object, True)
    if not isinstance(certain, bool):
        table.fail("certain", "must be true or false")
    has_note = "note" in table.data or not certain
    return certain, _four(table, "note") if has_note else None


def _close(table: TomlTable, keys: Iterable[str]) -> None:
    """Refuse what is left in a table that may hold any of these keys."""
    for key in keys:
        table.take(key, object, None)
    table.close()


class _Localiser:
    """Says a guide in one language, as of a day."""

    def __init__(self, guide: Guide, lang: str, as_of: date) -> None:
        self.of, self.lang, self.as_of = guide, lang, as_of

    def guide(self) -> dict[str, Any]:
        of = self.of
        return {
            "platform": of.platform,
            "name": of.name,
            "kind": of.kind,
            "lang": self.lang,
            "as_of": self.as_of.isoformat(),
            "title": of.title[self.lang],
            "setting": of.setting_in(self.lang),
            "links": [self.link(link) for link in of.links],
            "paths": {device: self.path(path) for device, path in of.paths.items()},
            "labels": {key: self.label(key) for key in of.labels},
            **{key: [self.fact(fact) for fact in facts] for key, facts in of.sections.items()},
            "sources": [self.source(source) for source in of.sources.values()],
        }

    def seen(self, what: GuideFact | Path | Link | Label) -> dict[str, Any]:
        return {
            "date": what.date.isoformat(),
            "stale": is_stale(what, self.as_of),
            "sources": list(what.sources),
            "note": what.note[self.lang] if what.note else None,
        }

    def fact(self, fact: GuideFact) -> dict[str, Any]:
        row = {"text": fact.text[self.lang], "certain": fact.certain, **self.seen(fact)}
        if fact.topic:
            row["topic"] = fact.topic
        if fact.codes:
            row |= {"codes": list(fact.codes), "since": fact.since and fact.since.isoformat()}
        return row

    def path(self, path: Path) -> dict[str, Any]:
        steps = [self.step(step) for step in path.steps]
        return {"steps": steps, "certain": path.certain, **self.seen(path)}

    def step(self, step: GuideStep) -> dict[str, Any]:
        if step.label is None:
            plain = {"label": None, "known": True, "certain": True, "variant": None, "note": None}
            return {"text": step.text[self.lang], **plain}
        label = self.label(step.label)
        variant = label["variant"] and _QUOTES[self.lang] % label["variant"]
        text = step.text[self.lang].replace("{label}", _QUOTES[label["lang"]] % label["text"])
        marks = {key: label[key] for key in ("known", "certain", "note")}
        return {"text": text, "label": step.label, "variant": variant, **marks}

    def label(self, key: str) -> dict[str, Any]:
        label = self.of.labels[key]
        known = self.lang in label.names
        lang = label.shown_in(self.lang)
        # A note says why a language is unknown or open: it concerns only readers of that language.
        about = self.seen(label)
        if known and self.lang not in label.uncertain:
            about["note"] = None
        return {
            "text": label.names[lang],
            "lang": lang,
            "known": known,
            "certain": self.lang not in label.uncertain,
            "variant": (label.variants or {}).get(self.lang),
            **about,
        }

    def link(self, link: Link) -> dict[str, Any]:
        row = {"role": link.role, "text": link.text[self.lang], "url": link.url}
        return {**row, "certain": link.certain, **self.seen(link)}

    def source(self, source: GuideSource) -> dict[str, Any]:
        keys = ("id", "title", "publisher", "kind", "where")
        row = {key: cast(str, getattr(source, key)) for key in keys}
        return {**row, "date": source.date.isoformat()}
