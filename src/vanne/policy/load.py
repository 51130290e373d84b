"""Load a policy: a built-in one by name, or a TOML file by path.

Everything is checked before anything is decided: misspelt keys and categories, a category that is
both listed and never used, rollouts that overlap, dates in the wrong order, sources that are cited
but not given. Example:

>>> load("linkedin-2025-11-03").purpose("generative-ai-training").minimum_age
18
"""

import hashlib
import tomllib
from datetime import date, datetime
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import rfc8785

from vanne.errors import ConfigError, did_you_mean, storing
from vanne.policy.policy import Policy, PurposePolicy, Rollout
from vanne.policy.toml import Table
from vanne.terms import GROUPS, REGIONS, Category, Purpose, word

WORLD = "WORLD"


def builtin_names() -> list[str]:
    """Return the names of the policies that ship with the package."""
    folder = files("vanne.policy").joinpath("builtin")
    return sorted(
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")
    )


def text_of(name_or_path: str) -> str:
    """Return a policy's TOML text.

    Raises:
        ConfigError: no built-in policy has that name, or the file is not UTF-8.
        StorageError: the file cannot be read.
    """
    if name_or_path in builtin_names():
        source = files("vanne.policy").joinpath("builtin", f"{name_or_path}.toml")
        return source.read_text(encoding="utf-8")
    if "/" not in name_or_path and not Path(name_or_path).exists():
        todo = did_you_mean(name_or_path, builtin_names()) + " or give the path of a TOML file"
        raise ConfigError(f"there is no policy `{name_or_path}`", todo=todo)
    with storing(f"the policy `{name_or_path}`"):
        data = Path(name_or_path).read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name_or_path}: not UTF-8 at byte {error.start}") from error


def load(name_or_path: str) -> Policy:
    """Load and check a policy.

    Raises:
        ConfigError: it is not there, or something in it is wrong: file, line, suggestion.
    """
    return parse(text_of(name_or_path), file=name_or_path)


def parse(text: str, file: str) -> Policy:
    """Check the TOML text of a policy; `file` is its name in messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}: not valid TOML: {error}", todo="mend the syntax there"
        ) from error
    root = Table(data, "", file, text)
    name, version = root.take("name", str), root.take("version", str)
    title = root.take("title", str, name)
    reader = _Reader(_sources(root.table("sources", {})))
    purposes = root.table("purposes")
    parsed = {key: reader.purpose(purposes.table(key), key) for key in list(purposes.data)}
    if not parsed:
        root.fail("purposes", "names no purpose")
    root.close()
    return Policy(name, version, title, digest_of(data), parsed, tuple(reader.uncertain))


def digest_of(data: dict[str, Any]) -> str:
    """Return the sha256 (hex) of the canonical JSON (RFC 8785): layout does not count."""
    return hashlib.sha256(rfc8785.dumps(_plain(data))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _sources(table: Table) -> set[str]:
    names = list(table.data)
    for name in names:
        source = table.table(name)
        for key, kind in (("title", str), ("publisher", str), ("date", date), ("where", str)):
            source.take(key, kind)
        source.close()
    return set(names)


class _Reader:
    """Reads the tables of a purpose; holds the sources that may be cited and what is uncertain."""

    def __init__(self, sources: set[str]) -> None:
        self.sources = sources
        self.uncertain: list[tuple[str, str]] = []

    def purpose(self, table: Table, name: Purpose) -> PurposePolicy:
        listed, never = (self.categories(table.table(key)) for key in ("listed", "never"))
        for category in sorted(listed & never):
            table.table("never", {}).fail(
                category, "is both listed and never used", "keep one of the two"
            )
        rollouts = tuple(self.rollout(row) for row in table.tables("rollout"))
        _refuse_overlaps(table, rollouts)
        age, sensitive = table.table("age"), table.table("sensitive", {})
        window, visibility = table.table("window", {}), table.table("visibility", {})
        objection, people = table.table("objection", {}), table.table("people", {})
        not_started = table.table("not-started", {})
        policy = PurposePolicy(
            purpose=name,
            listed=listed,
            never=never,
            rollouts=rollouts,
            not_started=_regions(not_started, ()) - {WORLD},
            minimum_age=age.take("minimum", int),
            minor_signs=frozenset(map(word, age.strings("signs", ()))),
            sensitive_tags=frozenset(map(word, sensitive.strings("tags", ()))),
            window_since=window.take("since", date, None),
            window_days=window.take("days", int, None),
            visibilities=frozenset(visibility.strings("listed")) if visibility.data else None,
            objection_covers=objection.word("covers", ("everything", "afterwards"), "everything"),
            non_members=people.word("non_members", ("deny", "unless-objected"), "deny"),
        )
        for inner in (age, sensitive, window, visibility, objection, people, not_started):
            self.cited(inner)
            inner.close()
        table.close()
        _refuse_nonsense(table, policy)
        return policy

    def categories(self, table: Table) -> frozenset[Category]:
        """Read `category = [sources]` or `category = { sources, uncertain }` lines."""
        known = [category.value for category in Category]
        for key, value in list(table.data.items()):
            if key not in known:
                table.fail(key, "is not a category", todo=did_you_mean(key, known))
            if isinstance(value, list):
                self.known_sources(table, key, table.strings(key))
            else:
                cited = table.table(key)
                self.cited(cited)
                cited.close()
        return frozenset(Category(key) for key in table._known)

    def rollout(self, table: Table) -> Rollout:
        regions = _regions(table)
        start, end = table.take("from", date), table.take("until", date, None)
        if end is not None and end <= start:
            table.fail("until", f"is not after `from` ({start})", todo="put the dates in order")
        default = table.word("default", ("on", "off"))
        basis = table.take("basis", str, None)
        self.cited(table)
        table.close()
        return Rollout(regions - {WORLD}, start, default == "on", end, basis, WORLD in regions)

    def cited(self, table: Table) -> None:
        """Take the keys that every table may have: its sources, and why it is uncertain."""
        self.known_sources(table, "sources", table.strings("sources", ()))
        if reason := table.take("uncertain", str, None):
            self.uncertain.append((table.path, reason))

    def known_sources(self, table: Table, key: str, cited: tuple[str, ...]) -> None:
        for source in cited:
            if source not in self.sources:
                todo = (
                    did_you_mean(source, sorted(self.sources)) if self.sources else "add [sources]"
                )
                table.fail(key, f"cites the source `{source}`, which is not given", todo=todo)


def _regions(table: Table, default: Any = ...) -> frozenset[str]:
    names = table.strings("regions", default)
    known = sorted(REGIONS) + list(GROUPS) + [WORLD]
    for name in names:
        if name not in known:
            table.fail(
                "regions", f"names `{name}`, which is no region", todo=_region_hint(name, known)
            )
    single = frozenset(name for name in names if name not in GROUPS)
    return single.union(*(GROUPS[name] for name in names if name in GROUPS))


def _region_hint(name: str, known: list[str]) -> str:
    if name == "UK":
        return "the ISO 3166-1 code of the United Kingdom is `GB`"
    return (
        did_you_mean(name, known)
        if len(name) > 2
        else "use ISO 3166-1 alpha-2 codes, `EU`, `EEA` or `WORLD`"
    )


def _refuse_overlaps(table: Table, rollouts: tuple[Rollout, ...]) -> None:
    for (i, a), (j, b) in combinations(enumerate(rollouts), 2):
        shared = sorted(a.regions & b.regions) + [WORLD] * (a.everywhere and b.everywhere)
        apart = (a.end is not None and a.end <= b.start) or (b.end is not None and b.end <= a.start)
        if shared and not apart:
            table.fail(
                "rollout",
                f"number {j + 1} overlaps number {i + 1} in `{shared[0]}`",
                todo="give the earlier one an `until`, or take the region out of one of them",
            )


def _refuse_nonsense(table: Table, policy: PurposePolicy) -> None:
    if not 0 < policy.minimum_age < 100:
        table.table("age", {}).fail("minimum", "must be between 1 and 99 years")
    if policy.window_days is not None and (policy.window_days < 1 or policy.window_since):
        table.table("window", {}).fail(
            "days", "must be positive, and alone", todo="use `days` or `since`"
        )
    for region in sorted(
        policy.not_started & frozenset().union(*[r.regions for r in policy.rollouts])
    ):
        table.fail("not-started", f"names `{region}`, which a rollout names too", todo="keep one")
