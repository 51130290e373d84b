"""Has everything that was said reached a version of the corpus?

A copy is made only of a version of which that is true, unless that version is asked for by name.
"""

from datetime import datetime

from vanne.config import Home
from vanne.corpus.contract import members_table
from vanne.corpus.manifest import Manifest
from vanne.corpus.refreshing import withdrawn
from vanne.errors import RefusedError, VerificationError
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at

_TODO = "run `vanne corpus refresh`, or ask for this version by name with --as-of-version"


def check_heard(home: Home, manifest: Manifest, at: datetime, *, todo: str = _TODO) -> None:
    """Refuse if the manifest does not know a choice, the members or the policy of that time.

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
    """Count the choices that came after those that the manifest has heard.

    A purpose that the policy of that time does not name may be ours misspelt, so it counts too.

    Raises:
        VerificationError: the ledger does not begin with the one that the manifest names.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    others = pa.array(set(policy_at(home, at).purposes) - {manifest.purpose}, pa.string())
    with Ledger.of(home, read_only=True) as ledger:
        if ledger.root(manifest.ledger_size).hex() != manifest.ledger_root:
            raise VerificationError(
                "the ledger is not the one that the corpus was built with",
                todo="run `vanne ledger fsck`",
            )
        later = ledger.batches(manifest.ledger_size)
        foreign = (pc.is_in(batch["purpose"], others) for batch in later)
        return sum(len(each) - (pc.sum(each).as_py() or 0) for each in foreign)
