"""Has everything that was said reached a version of the corpus?

A copy is made only of a version of which that is true, unless that version is asked for by name.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.corpus.contract import members_table
from vanne.corpus.manifest import Manifest
from vanne.corpus.refreshing import withdrawn
from vanne.errors import RefusedError, VerificationError
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import Purpose

if TYPE_CHECKING:
    import pyarrow as pa


_TODO = "run `vanne corpus refresh`, or ask for this version by name with --as-of-version"


def check_heard(home: Home, manifest: Manifest, at: datetime, *, todo: str = _TODO) -> None:
    """Refuse if the manifest does not know a choice up to that time, the members or the policy.

    Time alone may take something out too: a region that ends, a window that moves on.

    Raises:
        RefusedError: there is one; or the manifest is as of a time to come.
    """
    if policy_at(home, at).digest != manifest.policy:
        raise RefusedError("the policy has changed since the corpus was built", todo=todo)
    if sha256_of(members_table(home)) != manifest.members_sha256:
        raise RefusedError("the members have changed since the corpus was built", todo=todo)
    if manifest.as_of > at:
        raise RefusedError("the corpus is as of a time that is still to come", todo=todo)
    if count := unheard(home, manifest, at):
        noun = "choice has" if count == 1 else "choices have"
        raise RefusedError(f"{count:,} {noun} not reached the corpus yet", todo=todo)
    if count := withdrawn(home, manifest, at):
        raise RefusedError(f"{count:,} items may not be used any more by now", todo=todo)


def unheard(home: Home, manifest: Manifest, at: datetime) -> int:
    """Count the choices up to that time that the manifest has not heard.

    They came later, or count from later on than the manifest asks. A purpose that the policy does
    not name may be ours misspelt, so it counts too when it is new.

    Raises:
        VerificationError: the ledger does not begin with the one that the manifest names.
    """
    others = sorted(set(policy_at(home, at).purposes) - {manifest.purpose})
    with Ledger.of(home, read_only=True) as ledger:
        if ledger.root(manifest.ledger_size).hex() != manifest.ledger_root:
            raise VerificationError(
                "the ledger is not the one that the corpus was built with",
                todo="run `vanne ledger fsck`",
            )
        batches = ledger.batches(0)
        return sum(_unheard(batch, manifest, others, at) for batch in batches)


def _unheard(
    batch: "pa.RecordBatch", manifest: Manifest, others: Sequence[Purpose], at: datetime
) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    times = pc.cast(batch["at"], pa.timestamp("us", "UTC"))
    foreign = pc.is_in(batch["purpose"], pa.array(others, pa.string()))
    new = pc.greater_equal(batch["position"], manifest.ledger_size)
    ours = pc.equal(batch["purpose"], manifest.purpose)
    later = pc.greater(times, manifest.as_of)
    open_ones = pc.or_(pc.and_(new, pc.invert(foreign)), pc.and_(ours, later))
    return int(pc.sum(pc.and_(open_ones, pc.less_equal(times, at))).as_py() or 0)
