"""The types of a policy: frozen, with a digest of its content and not of its layout."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Literal

from vanne.arguments import language
from vanne.errors import ConfigError, did_you_mean
from vanne.screening.kinds import KINDS
from vanne.terms import Category, Purpose
from vanne.words import Message, PurposeWords, words

TRAINING_KEYS = frozenset(("train-ai", "train-genai", "genai", "ai", "tdm", "bots", "all"))
"""The key for training of AIPREF's vocabulary -04 and later; the older ones for that or more."""

TOOLS = ("recruiter-search", "job-matching", "writing-help")
"""The purposes of Vanne's tools: a policy that lacks them can take over its example of them."""

FORGET_DAYS = 30
"""A month, as for the answer to a request (GDPR, article 12(3)), where a policy names no other."""

OWN_PUBLISHER = "Vanne"
"""Who publishes the source of a rule that no network states."""

VOCABULARY = TRAINING_KEYS | {"search", "inference", "ai-use", "ai-output"}
"""The keys of any version of AIPREF's vocabulary."""


@dataclass(frozen=True, slots=True)
class PolicySource:
    """Where something that a policy says is written down."""

    title: str
    publisher: str
    date: date
    where: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One place of a policy (`listed.post`, `rollout[1]`, `age`), what it cites, what is open."""

    where: str
    sources: tuple[str, ...] = ()
    uncertain: str | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """From `start` on (until before `end`), the purpose is in force in `regions`.

    `start` is the day that the policy names or, if that is later, the end of its waiting period.
    """

    regions: frozenset[str]
    start: date
    default_on: bool
    end: date | None = None
    basis: str | None = None
    everywhere: bool = False
    """True for WORLD: every region that nothing else in the policy names."""

    def in_force(self, as_of: datetime) -> bool:
        """Say whether the purpose has started, and not ended, at that time (days begin in UTC)."""
        return midnight(self.start) <= as_of and (self.end is None or as_of < midnight(self.end))


@dataclass(frozen=True, slots=True)
class PurposePolicy:
    """What one purpose may use. An absent window or list of visibilities means no such limit."""

    purpose: Purpose
    listed: frozenset[Category]
    never: frozenset[Category]
    rollouts: tuple[Rollout, ...]
    not_started: frozenset[str]
    minimum_age: int
    minor_signs: frozenset[str]
    reserves: bool = False
    """The network says that it *may* use this, and not that it does."""
    is_generative: bool = True
    """The network says that the AI is generative. False: it speaks of AI or of models alone."""
    account_age: int | None = None
    """No account is opened below this age: it is no rule of the verdict (see `Inspection`)."""
    sensitive_tags: frozenset[str] = frozenset()
    window_since: date | None = None
    window_days: int | None = None
    visibilities: frozenset[str] | None = None
    objection_covers: Literal["everything", "afterwards"] = "everything"
    non_members: Literal["deny", "unless-objected"] = "deny"
    reservation_keys: frozenset[str] = TRAINING_KEYS
    """The keys of an item's reservation that speak of this purpose."""
    redact: frozenset[str] = frozenset(KINDS)
    """What is taken out of texts before anything reads them: all, unless a policy says less."""
    announced: date | None = None
    waiting_days: int = 0
    """Nothing is used before this many days after `announced`: the rollouts' starts hold that."""
    gpc: bool = False
    """Whether `Sec-GPC: 1` of a member without a whole choice is recorded as an off."""
    forget_days: int = FORGET_DAYS
    """How many days after an off the model must have forgotten."""
    words: Mapping[str, PurposeWords] = field(default_factory=dict, hash=False)
    """The purpose in plain words, by language: all of them, or none."""
    clauses: tuple[Clause, ...] = ()
    """Each place of the purpose's tables that is written down, with what it cites."""

    def rollout(self, region: str, as_of: datetime) -> Rollout | None:
        """Return the rollout in force in that region at that time, if there is one."""
        return next((r for r in self.rollouts_in(region) if r.in_force(as_of)), None)

    def rollouts_in(self, region: str) -> tuple[Rollout, ...]:
        """Return every rollout of a region: those that name it, else those of WORLD."""
        named = tuple(r for r in self.rollouts if region in r.regions)
        if named or region in self.not_started:
            return named
        return tuple(r for r in self.rollouts if r.everywhere)

    def speaks_of(self, region: str) -> bool:
        """Say whether the policy says of a region that the purpose starts there, or does not."""
        return region in self.not_started or bool(self.rollouts_in(region))

    def oldest(self, as_of: datetime) -> datetime | None:
        """Return the time before which items are outside the window, if there is a window."""
        if self.window_days is not None:
            first = datetime.min.replace(tzinfo=UTC)
            return as_of - min(timedelta(days=self.window_days), as_of - first)
        return midnight(self.window_since) if self.window_since else None

    def clause(self, where: str) -> Clause:
        """Return what that place cites; nothing, if the policy does not write it down."""
        return next((c for c in self.clauses if c.where == where), Clause(where))

    def place(self, rollout: Rollout) -> str:
        """Return where a rollout is written: `rollout[1]` is the first."""
        return f"rollout[{self.rollouts.index(rollout) + 1}]"


@dataclass(frozen=True, slots=True, init=False)
class Policy:
    """A policy by its built-in name or from a TOML file, with its purposes.

    `digest` (sha256, hex) names what it says exactly.

    >>> policy = Policy("linkedin-2025-11-03")
    >>> policy.version, sorted(policy.purposes)
    ('2', ['generative-ai-training'])
    """

    name: str
    version: str
    title: str
    digest: str
    purposes: dict[Purpose, PurposePolicy]
    uncertain: tuple[tuple[str, str], ...]
    """(where in the file, why) of each line that its sources leave open."""
    sources: Mapping[str, PolicySource]

    def __init__(self, source: str | os.PathLike[str]) -> None:
        """Load a policy and check the whole of it.

        Raises:
            ConfigError: it is not there, or something in it is wrong: file, line, suggestion.
        """
        from vanne.policy.load import load

        loaded = load(os.fsdecode(source))
        for part in fields(self):
            object.__setattr__(self, part.name, getattr(loaded, part.name))

    @classmethod
    def of(
        cls,
        name: str,
        version: str,
        title: str,
        digest: str,
        purposes: dict[Purpose, PurposePolicy],
        uncertain: tuple[tuple[str, str], ...] = (),
        sources: Mapping[str, PolicySource] | None = None,
    ) -> "Policy":
        """Make a policy of its parts."""
        policy = object.__new__(cls)
        parts = (name, version, title, digest, purposes, uncertain, sources or {})
        for part, value in zip(fields(cls), parts, strict=True):
            object.__setattr__(policy, part.name, value)
        return policy

    def with_purposes(self, purposes: dict[Purpose, PurposePolicy]) -> "Policy":
        """Return the policy as if it said that of purposes, and nothing else."""
        about = self.name, self.version, self.title, self.digest
        return Policy.of(*about, purposes, self.uncertain, self.sources)

    def explain(self, lang: str = "en", purpose: Purpose | None = None) -> list[str]:
        """Say the policy in sentences, in the order of its rules: for one purpose, or for each.

        What is Vanne's own rule, and no word of the network, is marked.

        Raises:
            ConfigError: it does not have the purpose.
            InputError: there are no words in that language.
        """
        from vanne.policy.sentences import rules_in_words

        w = words(language(lang))
        purposes = self.purposes.values() if purpose is None else [self.purpose(purpose)]
        return [
            w("Vanne's own rule: %(rule)s", rule=text) if is_own else text
            for rules in purposes
            for rule in rules_in_words(rules, w, partial(self.is_own, rules))
            for _, text, is_own in rule.sentences
        ]

    @property
    def is_of_network(self) -> bool:
        """Say whether the policy cites somebody else: what a network does by public sources."""
        return any(source.publisher != OWN_PUBLISHER for source in self.sources.values())

    def is_own(self, rules: PurposePolicy, where: str | None) -> bool:
        """Say whether a place of a network's policy is Vanne's own rule: no source states it.

        What cites Vanne beside others is Vanne's reading of them. So is what Vanne finds in texts,
        though an authority speaks of filters: it names no words.
        """
        if not self.is_of_network or where == "sensitive":
            return self.is_of_network
        clauses = (c for c in rules.clauses if c.where == where or c.where.startswith(f"{where}."))
        cited = ({self.sources[key].publisher for key in clause.sources} for clause in clauses)
        return not any(publishers and OWN_PUBLISHER not in publishers for publishers in cited)

    def purpose(self, name: Purpose) -> PurposePolicy:
        """Return what the policy says of that purpose.

        Raises:
            ConfigError: the policy has no such purpose.
        """
        if name not in self.purposes:
            if name in TOOLS:
                todo = Message(
                    "take-example-policy",
                    command=f"vanne policy explain {self.name} --toml --with-purposes "
                    "> policy.toml",
                )
            else:
                todo = did_you_mean(name, sorted(self.purposes))
            raise ConfigError(Message("purpose-missing", policy=self.name, name=name), todo=todo)
        return self.purposes[name]

    def named(self) -> dict[str, str]:
        """Return what names it in a document."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


def midnight(day: date) -> datetime:
    """Return the first moment of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
