"""The question of a decision (policy, purpose, time) and the tables that it reads."""

from dataclasses import dataclass
from datetime import datetime

from vanne.policy.policy import Policy, PurposePolicy
from vanne.terms import Purpose


@dataclass(frozen=True, slots=True)
class Tables:
    """Where the three public tables are: files, folders, patterns or queries."""

    items: str
    members: str
    choices: str | None = None


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """May items be used for that purpose, by that policy, at that time?"""

    policy: Policy
    purpose: Purpose
    as_of: datetime

    @property
    def rules(self) -> PurposePolicy:
        """What the policy says of the purpose.

        Raises:
            ConfigError: it has no such purpose.
        """
        return self.policy.purpose(self.purpose)
