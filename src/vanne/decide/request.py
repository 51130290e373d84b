"""The question of a decision (policy, purpose, time) and the tables that it reads."""

import os
from dataclasses import dataclass
from datetime import date, datetime

from vanne.arguments import moment
from vanne.policy.policy import Policy, PurposePolicy
from vanne.sources.relation import Source
from vanne.terms import MAIN_PURPOSE, Purpose

PolicyOrName = Policy | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Tables:
    """The three public tables: files, folders, patterns or queries, or what is in memory."""

    items: Source
    members: Source
    choices: Source | None = None


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """May items be used for that purpose, by that policy, at that time?"""

    policy: Policy
    purpose: Purpose
    as_of: datetime

    @classmethod
    def of(
        cls, policy: PolicyOrName, as_of: str | date, purpose: Purpose = MAIN_PURPOSE
    ) -> "EvaluationRequest":
        """Make a question of what a caller gives.

        Raises:
            ConfigError: there is no such policy, it is wrong, or it has no such purpose.
            InputError: the time is none, or has no zone.
        """
        loaded = policy if isinstance(policy, Policy) else Policy(policy)
        loaded.purpose(purpose)
        return cls(loaded, purpose, moment(as_of))

    @property
    def rules(self) -> PurposePolicy:
        """What the policy says of the purpose.

        Raises:
            ConfigError: it has no such purpose.
        """
        return self.policy.purpose(self.purpose)
