"""Load a policy: a built-in one by name, or a TOML file by path.

All of it is checked before any decision: misspelt keys and categories, a category that is both
listed and never used, rollouts that overlap, dates in the wrong order, citations of sources that
the file does not give. Example:

>>> load("linkedin-2025-11-03").purpose("generative-ai-training").minimum_age
18
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import rfc8785

from vanne.errors import ConfigError, VanneError, did_you_mean, storing
from vanne.packs import policies
from vanne.packs.finding import leave_out
from vanne.policy.policy import (
    FORGET_DAYS,
    TOOLS,
    TRAINING_KEYS,
    VOCABULARY,
    Clause,
    Policy,
    PolicySource,
    PurposePolicy,
    Rollout,
)
from vanne.screening.kinds import KINDS
from vanne.terms import GROUPS, LANGUAGES, PURPOSE_NAME, REGIONS, Category, Purpose
from vanne.toml import CENTURY, LAST_DAY, TomlTable, refuse_unseen, syntax_error
from vanne.words import Message, PurposeWords


def builtin_names() -> list[str]:
    """Return the names of the policies of all network packs."""
    return sorted(policies())


def titles_of_packs() -> dict[str, str]:
    """Return the titles of the policies of all network packs.

    A wrong policy of a pack that is only installed is left out.

    Raises:
        ConfigError: a policy of a pack that somebody named is wrong.
    """
    titles = dict[str, str]()
    for name, (pack, _) in sorted(policies().items()):
        try:
            titles[name] = load(name).title
        except VanneError as error:
            leave_out(pack, error)
    return titles


def text_of(name_or_path: str) -> str:
    """Return a policy's TOML text.

    Raises:
        ConfigError: no built-in policy has that name, or the file is not UTF-8.
        StorageError: the file cannot be read.
    """
    in_packs = {} if "/" in name_or_path else policies()
    if name_or_path in in_packs:
        pack, file = in_packs[name_or_path]
        return pack.text(file)
    if "/" not in name_or_path and not Path(name_or_path).exists():
        near = did_you_mean(name_or_path, list(in_packs))
        message = Message("policy-missing", name=name_or_path)
        todo = Message("or-give-path", hint=near)
        raise ConfigError(message, todo=todo)
    with storing(Message("the-policy", name=name_or_path)):
        data = Path(name_or_path).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = str(error.start)
        message = Message("policy-not-utf8", file=name_or_path, byte=byte)
        raise ConfigError(message) from error


def with_purposes(text: str) -> str:
    """Return a policy's TOML text with the four purposes of Vanne's tools; its version says so.

    Raises:
        ConfigError: the policy has one of them already, or is no TOML.
    """
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = syntax_error(error)
        raise ConfigError(Message("policy-not-toml", why=why)) from error
    if there := sorted(own.get("purposes", {}).keys() & set(TOOLS)):
        already = Message("purpose-already", name=there[0])
        raise ConfigError(already)
    added = files("vanne.policy").joinpath("purposes.toml").read_text(encoding="utf-8")
    return re.sub(r'(?m)^(version = "[^"]*)"', r'\1+demo"', text, count=1) + added


def load(name_or_path: str) -> Policy:
    """Load and check a policy.

    Raises:
        ConfigError: it is not there, or something in it is wrong: file, line, suggestion.
    """
    return parse(text_of(name_or_path), file=name_or_path)


@lru_cache(maxsize=64)
def parse(text: str, file: str) -> Policy:
    """Check the TOML text of a policy; `file` is its name in messages.

    The same text is checked once in a process: every page asks for the policy in force.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = Message("not-toml", file=file, why=syntax_error(error))
        raise ConfigError(message, todo=Message("mend-syntax")) from error
    except (ValueError, RecursionError) as error:
        message = Message("number-beyond-measure", file=file)
        raise ConfigError(message, todo=Message("shorten-number")) from error
    refuse_unseen(data, file, text)
    root = TomlTable(data, "", file, text)
    name, version = root.take("name", str), root.take("version", str)
    title = root.take("title", str, name)
    sources, cited = dict[str, PolicySource](), root.table("sources", {})
    for key in list(cited.data):
        row = cited.table(key)
        who = row.take("title", str), row.take("publisher", str)
        sources[key] = PolicySource(*who, row.day("date"), row.take("where", str))
        row.close()
    table = root.table("purposes")
    if not table.data:
        table.fail("", Message("no-purpose"), todo=Message("add-purpose"))
    for key in table.data:
        if not PURPOSE_NAME.fullmatch(key):
            table.fail(key, Message("no-purpose-name"), todo=Message("use-letters"))
    purposes: dict[Purpose, PurposePolicy] = {
        key: read_purpose(table.table(key), key, frozenset(sources)) for key in list(table.data)
    }
    root.close()
    uncertain = tuple(
        (f"purposes.{purpose}.{clause.where}", clause.uncertain)
        for purpose, rules in purposes.items()
        for clause in rules.clauses
        if clause.uncertain
    )
    return Policy.of(name, version, title, digest_of(data), purposes, uncertain, sources)


def digest_of(data: dict[str, Any]) -> str:
    """Return the sha256 (hex) of the canonical JSON (RFC 8785): layout does not count."""
    return hashlib.sha256(rfc8785.dumps(_plain(data))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


# The tables of one purpose. What would permit by accident is refused, with its line.


WORLD = "WORLD"
YEARS = 100
"""No window and no waiting period is longer than this."""
TITLE_LENGTH, HELP_LENGTH = 80, 240
"""Longer words would not fit the row of a switch at 320 pixels."""

BASES = (
    "dpv:Consent",
    "dpv:Contract",
    "dpv:LegalObligation",
    "dpv:LegitimateInterest",
    "dpv:LegitimateInterestOfController",
    "dpv:LegitimateInterestOfDataSubject",
    "dpv:LegitimateInterestOfThirdParty",
    "dpv:PublicInterest",
    "dpv:VitalInterest",
    "eu-gdpr:A6-1-a",
    "eu-gdpr:A6-1-b",
    "eu-gdpr:A6-1-c",
    "eu-gdpr:A6-1-d",
    "eu-gdpr:A6-1-e",
    "eu-gdpr:A6-1-f",
    "eu-gdpr:A6-1-f-controller",
    "eu-gdpr:A6-1-f-third-party",
)
"""Terms of the W3C Data Privacy Vocabulary 2.3; a law that it has no term for is named in words."""


class _Citations:
    """Gathers what the tables of a purpose cite, and what is open in them."""

    def __init__(self, sources: frozenset[str]) -> None:
        self.sources = sources
        self.clauses: list[Clause] = []

    def check(self, table: TomlTable, key: str, cited: tuple[str, ...]) -> None:
        for source in cited:
            if source not in self.sources:
                unknown = Message("source-missing", value=source)
                todo = Message("add-this", what=f"`[sources.{source}]`")
                if self.sources:
                    todo = did_you_mean(source, sorted(self.sources))
                table.fail(key, unknown, todo=todo)

    def close(self, table: TomlTable, where: str) -> None:
        """Take what every table may have, its sources and why it is uncertain; refuse the rest."""
        if not table.is_there:
            return
        cited = table.strings("sources", (), none=True)
        self.check(table, "sources", cited)
        self.clauses.append(Clause(where, cited, table.take("uncertain", str, None)))
        table.close()


def read_purpose(table: TomlTable, purpose: Purpose, sources: frozenset[str]) -> PurposePolicy:
    """Read what a policy says of one purpose.

    Raises:
        ConfigError: something in it is wrong: file, line, suggestion.
    """
    citations = _Citations(sources)
    listed, never = (_categories(table, name, citations) for name in ("listed", "never"))
    rows = table.tables("rollout")
    announced, waiting_days, ready = _waiting(table.optional("waiting"), citations)
    rollouts = tuple(_rollout(row, ready, citations) for row in rows)
    _refuse_overlaps(rows, rollouts)
    claim = table.optional("claim")
    verb = claim.word("verb", ("uses", "may-use"), "uses")
    generative = claim.word("generative", ("stated", "not-stated"), "stated")
    citations.close(claim, "claim")
    age = table.table("age")
    minimum, signs = age.number("minimum", 1, 99), age.tags("signs", ())
    account = age.number("account", 1, 99, None)
    citations.close(age, "age")

    since, days = _window(table.optional("window"), citations)
    objection = table.optional("objection")
    covers = objection.word("covers", ("everything", "afterwards"), "everything")
    forget_days = objection.number("forget_within_days", 1, 365, FORGET_DAYS)
    citations.close(objection, "objection")

    not_started = _not_started(table.optional("not-started"), rollouts, citations)
    sensitive = table.optional("sensitive")
    tags = sensitive.tags("tags") if sensitive.is_there else frozenset[str]()
    citations.close(sensitive, "sensitive")

    def one_of(name: str, key: str, words: tuple[str, ...]) -> Any:
        """Read a table of one word; the first of the words is the default."""
        inner = table.optional(name)
        chosen = inner.word(key, words, words[0])
        citations.close(inner, name)
        return chosen

    non_members = one_of("people", "non_members", ("deny", "unless-objected"))
    keys = _some_of(table, "reservation", "keys", citations, VOCABULARY, _not_in_aipref)
    # Without the table everything is taken out of texts that screening knows.
    redact = _some_of(table, "screening", "redact", citations, KINDS, _not_looked_for)
    policy = PurposePolicy(
        purpose=purpose,
        listed=listed,
        never=never,
        rollouts=rollouts,
        not_started=not_started,
        minimum_age=minimum,
        minor_signs=signs,
        reserves=verb == "may-use",
        is_generative=generative == "stated",
        account_age=account,
        sensitive_tags=tags,
        window_since=since,
        window_days=days,
        visibilities=_some_of(table, "visibility", "listed", citations),
        objection_covers=covers,
        non_members=non_members,
        reservation_keys=TRAINING_KEYS if keys is None else keys,
        redact=frozenset(KINDS) if redact is None else redact,
        announced=announced,
        waiting_days=waiting_days,
        gpc=one_of("gpc", "counts", ("nothing", "off")) == "off",
        forget_days=forget_days,
        words=_words(table.optional("words"), citations),
        clauses=tuple(citations.clauses),
    )
    table.close()
    for category in sorted(listed & never):
        line = TomlTable({}, f"{table.path}.never", table.file, table.text)
        line.fail(category, Message("listed-and-never"), todo=Message("keep-one-of-two"))
    return policy


def _refuse_overlaps(rows: list[TomlTable], rollouts: tuple[Rollout, ...]) -> None:
    """Refuse two rollouts that hold in one region on one day."""
    for (i, a), (j, b) in combinations(enumerate(rollouts), 2):
        shared = sorted(a.regions & b.regions) + [WORLD] * (a.everywhere and b.everywhere)
        apart = (a.end is not None and a.end <= b.start) or (b.end is not None and b.end <= a.start)
        if shared and not apart:
            later, earlier = str(j + 1), str(i + 1)
            what = Message("rollouts-overlap", later=later, earlier=earlier, region=shared[0])
            rows[j].fail("from", what, todo=Message("end-earlier-rollout"))


def _window(window: TomlTable, citations: _Citations) -> tuple[date | None, int | None]:
    """Read since when items may be used, or how many days back: one of the two, or neither."""
    since, days = window.day("since", None), window.number("days", 1, YEARS * 366, None)
    if since is not None and days is not None:
        window.fail("days", Message("beside-since"), todo=Message("keep-one-of-two"))
    citations.close(window, "window")
    is_open = bool(window.is_there and citations.clauses[-1].uncertain)
    if window.is_there and since is None and days is None and not is_open:
        window.fail("", Message("sets-no-limit"), todo=Message("add-window"))
    return since, days


def _some_of(
    table: TomlTable,
    name: str,
    key: str,
    citations: _Citations,
    known: Iterable[str] = (),
    unknown: Callable[[str], Message] | None = None,
) -> frozenset[str] | None:
    """Read a table of some words; None if it is not there."""
    inner = table.optional(name)
    if not inner.is_there:
        return None
    values = inner.strings(key, none=name != "reservation")
    for value in values:
        if unknown and value not in known:
            inner.fail(key, unknown(value), todo=did_you_mean(value, sorted(known)))
        if value != value.strip():
            blanks = Message("names-with-blanks", value=value)
            inner.fail(key, blanks, todo=Message("take-them-out"))
    citations.close(inner, name)
    return frozenset(values)


def _not_in_aipref(key: str) -> Message:
    return Message("not-in-aipref", value=key)


def _not_looked_for(kind: str) -> Message:
    return Message("not-looked-for", value=kind)


def _categories(table: TomlTable, name: str, citations: _Citations) -> frozenset[Category]:
    """Read `category = [sources]` or `category = { sources, uncertain }` lines."""
    inner = table.table(name)
    known = [category.value for category in Category]
    names = list(inner.data)
    for key in names:
        if key not in known:
            inner.fail(key, Message("not-a-category"), todo=did_you_mean(key, known))
        where, value = f"{name}.{key}", inner.data[key]
        if isinstance(value, list):
            cited = inner.strings(key, none=True)
            citations.check(inner, key, cited)
            citations.clauses.append(Clause(where, cited))
        elif isinstance(value, dict):
            citations.close(inner.table(key), where)
        else:
            write = Message("write-this", what=f'`{key} = ["ID"]`')
            inner.fail(key, Message("must-be-sources"), todo=write)
    return frozenset(map(Category, names))


def _rollout(table: TomlTable, ready: date | None, citations: _Citations) -> Rollout:
    regions = _regions(table)
    start, end = table.day("from", first=CENTURY), table.day("until", None, first=CENTURY)
    if end is not None and end <= start:
        late = Message("not-after-from", day=str(start))
        table.fail("until", late, todo=Message("order-dates"))
    if ready is not None and end is not None and end <= ready:
        late = Message("not-after-waiting", day=str(ready))
        table.fail("until", late, todo=Message("announce-earlier"))
    default = table.word("default", ("on", "off"))
    basis = table.take("basis", str, None)
    if basis is not None and ":" in basis and basis not in BASES:
        unknown = Message("is-quoted", value=basis)
        table.fail("basis", unknown, todo=did_you_mean(basis, list(BASES)))
    citations.close(table, f"rollout[{table.nth + 1}]")
    first = start if ready is None else max(start, ready)
    return Rollout(regions - {WORLD}, first, default == "on", end, basis, WORLD in regions)


def _waiting(table: TomlTable, citations: _Citations) -> tuple[date | None, int, date | None]:
    """Return when the version was announced, how long it waits, and the day when it may act."""
    if not table.is_there:
        return None, 0, None
    announced: date = table.day("announced", first=CENTURY)
    days: int = table.number("days", 1, YEARS * 366)
    ready = announced + timedelta(days=days)
    if ready > LAST_DAY:
        late = Message("ends-after", day=str(LAST_DAY))
        table.fail("days", late, todo=Message("give-fewer-days"))
    citations.close(table, "waiting")
    return announced, days, ready


def _not_started(
    table: TomlTable, rollouts: tuple[Rollout, ...], citations: _Citations
) -> frozenset[str]:
    if not table.is_there:
        return frozenset()
    regions = _regions(table)
    if WORLD in regions:
        todo = Message("leave-out-not-started")
        table.fail("regions", Message("names-value", value=WORLD), todo=todo)
    for region in sorted(regions & frozenset().union(*(r.regions for r in rollouts))):
        both = Message("names-rollout-region", value=region)
        table.fail("regions", both, todo=Message("keep-one"))
    citations.close(table, "not-started")
    return regions


def _words(table: TomlTable, citations: _Citations) -> dict[str, PurposeWords]:
    """Read what members are told in each language: who reads one is not told less."""
    words = {}
    for lang in LANGUAGES if table.is_there else ():
        row = table.table(lang)
        title, help_ = _text(row, "title", TITLE_LENGTH), _text(row, "help", HELP_LENGTH)
        words[lang] = PurposeWords(title, help_)
        row.close()
    citations.close(table, "words")
    return words


def _text(table: TomlTable, key: str, longest: int) -> str:
    text: str = table.take(key, str)
    if len(text) > longest or "\n" in text:
        todo = Message("write-at-most", n=longest)
        table.fail(key, Message("not-a-short-line"), todo=todo)
    return text


def _regions(table: TomlTable) -> frozenset[str]:
    names = table.strings("regions")
    known = [*sorted(REGIONS), *GROUPS, WORLD]
    for name in names:
        if name not in known:
            todo = Message("use-region-codes")
            if name == "UK":
                todo = Message("uk-is-gb")
            elif name.upper() in known:
                todo = Message("did-you-mean", word=name.upper())
            elif len(name) > 2:
                todo = did_you_mean(name, [*GROUPS, WORLD])
            table.fail("regions", Message("not-a-region", value=name), todo)
    groups = {name: GROUPS[name] for name in names if name in GROUPS}
    for name, (group, members) in ((n, g) for n in names for g in groups.items()):
        if name in members:
            both = Message("region-in-group", value=name, group=group)
            table.fail("regions", both, todo=Message("keep-one"))
    return frozenset(names).difference(groups).union(*groups.values())
