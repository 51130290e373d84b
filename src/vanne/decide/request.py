"""The question of a decision (policy, purpose, time) and the tables that it reads."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from vanne.arguments import moment
from vanne.decide.people import meant, meant_batches, until
from vanne.policy.policy import Policy, PurposePolicy
from vanne.sources.relation import Source, TableInMemory
from vanne.terms import MAIN_PURPOSE, Choice, Purpose

if TYPE_CHECKING:
    import pyarrow as pa

    from vanne.ledger.ledger import Ledger

PolicyOrName = Policy | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Tables:
    """The three public tables: files, folders, patterns or queries, or what is in memory.

    A ledger may be in the place of the table of choices.
    """

    items: Source
    members: Source
    choices: "Source | Ledger | None" = None

    @property
    def has_ledger(self) -> bool:
        """Whether the choices are those of a ledger."""
        return not isinstance(self.choices, str | TableInMemory | None)


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

    def counted(self, tables: Tables) -> Iterator[Choice]:
        """Yield the choices that count: of a ledger all, of a table those up to the time of asking.

        The times of a table are the table's own claim. A ledger says the order of its entries by
        their places, and no clock takes an entry away.

        Raises:
            InputError: the table cannot be read, or a purpose looks misspelt.
            VerificationError: the ledger is damaged.
        """
        from vanne.sources.tables import read_choices

        match tables.choices:
            case None:
                return
            case str() | TableInMemory() as source:
                yield from until(meant(read_choices(source), self.policy), self.as_of)
            case ledger:
                yield from ledger.choices()

    def counted_batches(self, tables: Tables) -> "Iterator[pa.RecordBatch]":
        """Yield the same choices as columns, with `since`.

        Raises:
            InputError, VerificationError: as `counted`.
        """
        import pyarrow.compute as pc

        from vanne.decide.member_columns import micros
        from vanne.sources.batches import choice_batches

        match tables.choices:
            case None:
                return
            case str() | TableInMemory() as source:
                for batch in meant_batches(choice_batches(source), self.policy):
                    there = batch.filter(pc.less_equal(batch["at"], micros(self.as_of)))
                    yield there.append_column("since", there["at"])
            case ledger:
                yield from ledger.batches()
