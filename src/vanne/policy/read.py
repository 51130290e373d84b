"""Read the tables of one purpose. What would permit by accident is refused, with its line."""

from datetime import date, timedelta
from itertools import combinations
from typing import Any

from vanne.errors import did_you_mean
from vanne.policy.policy import (
    FORGET_DAYS,
    TRAINING_KEYS,
    VOCABULARY,
    Clause,
    PurposePolicy,
    Rollout,
)
from vanne.policy.toml import CENTURY, LAST_DAY, TomlTable
from vanne.screening.kinds import KINDS
from vanne.terms import GROUPS, LANGUAGES, REGIONS, Category, Purpose
from vanne.words import Message, PurposeWords

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


def read_purpose(table: TomlTable, purpose: Purpose, sources: frozenset[str]) -> PurposePolicy:
    """Read what a policy says of one purpose.

    Raises:
        ConfigError: something in it is wrong: file, line, suggestion.
    """
    return _PurposeReader(table, sources).read(purpose)


class _PurposeReader:
    """Reads the tables of a purpose; gathers what each of them cites."""

    def __init__(self, table: TomlTable, sources: frozenset[str]) -> None:
        self.table, self.sources = table, sources
        self.clauses: list[Clause] = []

    def read(self, purpose: Purpose) -> PurposePolicy:
        listed, never = self.categories("listed"), self.categories("never")
        rows = self.table.tables("rollout")
        announced, days, ready = self.waiting()
        rollouts = tuple(self.rollout(row, ready) for row in rows)
        _refuse_overlaps(rows, rollouts)
        age, signs, account = self.age()
        since, window_days = self.window()
        covers, forget_days = self.objection()
        policy = PurposePolicy(
            purpose=purpose,
            listed=listed,
            never=never,
            rollouts=rollouts,
            not_started=self.not_started(rollouts),
            minimum_age=age,
            minor_signs=signs,
            account_age=account,
            sensitive_tags=self.sensitive(),
            window_since=since,
            window_days=window_days,
            visibilities=self.visibilities(),
            objection_covers=covers,
            non_members=self.one_of("people", "non_members", ("deny", "unless-objected")),
            reservation_keys=self.reservation(),
            redact=self.screening(),
            announced=announced,
            waiting_days=days,
            gpc=self.one_of("gpc", "counts", ("nothing", "off")) == "off",
            forget_days=forget_days,
            words=self.words(),
            clauses=tuple(self.clauses),
        )
        self.table.close()
        for category in sorted(listed & never):
            line = TomlTable({}, f"{self.table.path}.never", self.table.file, self.table.text)
            line.fail(category, Message("listed-and-never"), todo=Message("keep-one-of-two"))
        return policy

    def categories(self, name: str) -> frozenset[Category]:
        """Read `category = [sources]` or `category = { sources, uncertain }` lines."""
        table = self.table.table(name)
        known = [category.value for category in Category]
        names = list(table.data)
        for key in names:
            if key not in known:
                table.fail(key, Message("not-a-category"), todo=did_you_mean(key, known))
            where, value = f"{name}.{key}", table.data[key]
            if isinstance(value, list):
                cited = table.strings(key, none=True)
                self.known_sources(table, key, cited)
                self.clauses.append(Clause(where, cited))
            elif isinstance(value, dict):
                self.cited(table.table(key), where)
            else:
                write = Message("write-this", what=f'`{key} = ["ID"]`')
                table.fail(key, Message("must-be-sources"), todo=write)
        return frozenset(map(Category, names))

    def rollout(self, table: TomlTable, ready: date | None) -> Rollout:
        regions = _regions(table)
        start, end = table.day("from", first=CENTURY), table.day("until", None, first=CENTURY)
        if end is not None and end <= start:
            late = Message("not-after-from", day=str(start))
            table.fail("until", late, todo=Message("order-dates"))
        if ready is not None and end is not None and end <= ready:
            table.fail(
                "until",
                Message("not-after-waiting", day=str(ready)),
                todo=Message("announce-earlier"),
            )
        default = table.word("default", ("on", "off"))
        basis = table.take("basis", str, None)
        if basis is not None and ":" in basis and basis not in BASES:
            unknown = Message("is-quoted", value=basis)
            table.fail("basis", unknown, todo=did_you_mean(basis, list(BASES)))
        self.cited(table, f"rollout[{table.nth + 1}]")
        first = start if ready is None else max(start, ready)
        return Rollout(regions - {WORLD}, first, default == "on", end, basis, WORLD in regions)

    def waiting(self) -> tuple[date | None, int, date | None]:
        """Return when the version was announced, how long it waits, and the day when it may act."""
        table = self.table.table_if_there("waiting")
        if table is None:
            return None, 0, None
        announced, days = (
            table.day("announced", first=CENTURY),
            table.number("days", 1, YEARS * 366),
        )
        ready = announced + timedelta(days=days)
        if ready > LAST_DAY:
            late = Message("ends-after", day=str(LAST_DAY))
            table.fail("days", late, todo=Message("give-fewer-days"))
        self.cited(table, "waiting")
        return announced, days, ready

    def not_started(self, rollouts: tuple[Rollout, ...]) -> frozenset[str]:
        table = self.table.table_if_there("not-started")
        if table is None:
            return frozenset()
        regions = _regions(table)
        if WORLD in regions:
            todo = Message("leave-out-not-started")
            table.fail("regions", Message("names-value", value=WORLD), todo=todo)
        for region in sorted(regions & frozenset().union(*(r.regions for r in rollouts))):
            both = Message("names-rollout-region", value=region)
            table.fail("regions", both, todo=Message("keep-one"))
        self.cited(table, "not-started")
        return regions

    def age(self) -> tuple[int, frozenset[str], int | None]:
        table = self.table.table("age")
        minimum, signs = table.number("minimum", 1, 99), table.tags("signs", ())
        account = table.number("account", 1, 99, None)
        self.cited(table, "age")
        return minimum, signs, account

    def window(self) -> tuple[date | None, int | None]:
        table = self.table.table_if_there("window")
        if table is None:
            return None, None
        since, days = table.day("since", None), table.number("days", 1, YEARS * 366, None)
        if since is not None and days is not None:
            both = Message("beside-since")
            table.fail("days", both, todo=Message("keep-one-of-two"))
        self.cited(table, "window")
        if since is None and days is None and not self.clauses[-1].uncertain:
            todo = Message("add-window")
            table.fail("", Message("sets-no-limit"), todo=todo)
        return since, days

    def visibilities(self) -> frozenset[str] | None:
        table = self.table.table_if_there("visibility")
        if table is None:
            return None
        listed = table.strings("listed", none=True)  # none at all: then no item is used
        for name in listed:
            if name != name.strip():
                blanks = Message("names-with-blanks", value=name)
                table.fail("listed", blanks, todo=Message("take-them-out"))
        self.cited(table, "visibility")
        return frozenset(listed)

    def sensitive(self) -> frozenset[str]:
        table = self.table.table_if_there("sensitive")
        if table is None:
            return frozenset()
        tags = table.tags("tags")
        self.cited(table, "sensitive")
        return tags

    def reservation(self) -> frozenset[str]:
        table = self.table.table_if_there("reservation")
        if table is None:
            return TRAINING_KEYS
        keys = table.strings("keys")
        for key in keys:
            if key not in VOCABULARY:
                todo = did_you_mean(key, sorted(VOCABULARY))
                unknown = Message("not-in-aipref", value=key)
                table.fail("keys", unknown, todo=todo)
        self.cited(table, "reservation")
        return frozenset(keys)

    def screening(self) -> frozenset[str]:
        """Read what is taken out of texts: without the table everything that screening knows."""
        table = self.table.table_if_there("screening")
        if table is None:
            return frozenset(KINDS)
        kinds = table.strings("redact", none=True)
        for kind in kinds:
            if kind not in KINDS:
                todo = did_you_mean(kind, sorted(KINDS))
                unknown = Message("not-looked-for", value=kind)
                table.fail("redact", unknown, todo=todo)
        self.cited(table, "screening")
        return frozenset(kinds)

    def objection(self) -> tuple[Any, int]:
        """Return what an off covers, and within how many days a model must have forgotten it."""
        table = self.table.table_if_there("objection")
        if table is None:
            return "everything", FORGET_DAYS
        covers = table.word("covers", ("everything", "afterwards"), "everything")
        days = table.number("forget_within_days", 1, 365, FORGET_DAYS)
        self.cited(table, "objection")
        return covers, days

    def words(self) -> dict[str, PurposeWords]:
        """Read what members are told in each language: who reads one is not told less."""
        table = self.table.table_if_there("words")
        if table is None:
            return {}
        words = {}
        for lang in LANGUAGES:
            row = table.table(lang)
            title, help_ = _text(row, "title", TITLE_LENGTH), _text(row, "help", HELP_LENGTH)
            words[lang] = PurposeWords(title, help_)
            row.close()
        self.cited(table, "words")
        return words

    def one_of(self, name: str, key: str, words: tuple[str, ...]) -> Any:
        """Read a table of one word; the first of the words is the default."""
        table = self.table.table_if_there(name)
        if table is None:
            return words[0]
        chosen = table.word(key, words, words[0])
        self.cited(table, name)
        return chosen

    def cited(self, table: TomlTable, where: str) -> None:
        """Take what every table may have, its sources and why it is uncertain; refuse the rest."""
        sources = table.strings("sources", (), none=True)
        self.known_sources(table, "sources", sources)
        self.clauses.append(Clause(where, sources, table.take("uncertain", str, None)))
        table.close()

    def known_sources(self, table: TomlTable, key: str, cited: tuple[str, ...]) -> None:
        for source in cited:
            if source not in self.sources:
                unknown = Message("source-missing", value=source)
                todo = Message("add-this", what=f"`[sources.{source}]`")
                if self.sources:
                    todo = did_you_mean(source, sorted(self.sources))
                table.fail(key, unknown, todo=todo)


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
            todo = _region_hint(name, known)
            table.fail("regions", Message("not-a-region", value=name), todo)
    groups = {name: GROUPS[name] for name in names if name in GROUPS}
    for name, (group, members) in ((n, g) for n in names for g in groups.items()):
        if name in members:
            both = Message("region-in-group", value=name, group=group)
            table.fail("regions", both, todo=Message("keep-one"))
    return frozenset(names).difference(groups).union(*groups.values())


def _region_hint(name: str, known: list[str]) -> Message:
    if name == "UK":
        return Message("uk-is-gb")
    if name.upper() in known:
        return Message("did-you-mean", word=name.upper())
    if len(name) > 2:
        return did_you_mean(name, [*GROUPS, WORLD])
    return Message("use-region-codes")


def _refuse_overlaps(rows: list[TomlTable], rollouts: tuple[Rollout, ...]) -> None:
    for (i, a), (j, b) in combinations(enumerate(rollouts), 2):
        shared = sorted(a.regions & b.regions) + [WORLD] * (a.everywhere and b.everywhere)
        apart = (a.end is not None and a.end <= b.start) or (b.end is not None and b.end <= a.start)
        if shared and not apart:
            later, earlier = str(j + 1), str(i + 1)
            what = Message("rollouts-overlap", later=later, earlier=earlier, region=shared[0])
            rows[j].fail("from", what, todo=Message("end-earlier-rollout"))
