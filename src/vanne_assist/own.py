"""A member's own items that a purpose allows: what drafts and job offers may rest on.

They are read through the view of the corpus for that purpose. Items that somebody else wrote or is
in are left out, allowed or not: no other member's words go into a draft. An opt-out that is in the
ledger and not yet in the corpus counts at once.
"""

from collections.abc import Collection

from vanne.config import Home
from vanne.corpus import current, read_batches
from vanne.corpus.reader import is_shared
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.terms import ItemId, MemberId, Purpose
from vanne_assist.brief.criteria import Passage

_COLUMNS = ("item_id", "owner", "author", "subjects", "category", "fields", "text", "lang")


def own_passages(
    home: Home, purpose: Purpose, member: MemberId, items: Collection[ItemId] = ()
) -> tuple[Passage, ...]:
    """Return what a member has that may be read for a purpose: all of it, or the items named.

    Raises:
        MissingError: there is no corpus for the purpose, or an item is not among what may be used.
        VerificationError: the corpus is damaged.
    """
    import pyarrow.compute as pc

    manifest = current(home, purpose)
    with Ledger.of(home, read_only=True) as ledger:
        later = [choice for at, choice in ledger.history(member) if at >= manifest.ledger_size]
    off = {
        (choice.scope, choice.target if choice.scope != "all" else None)
        for choice in later
        if choice.purpose == purpose and not choice.on
    }
    passages = {}
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.filter(pc.equal(batch["owner"], member)).to_pylist():
            scopes = {("all", None), ("category", row["category"]), ("item", row["item_id"])}
            if row.get("text") and not is_shared(row) and scopes.isdisjoint(off):
                passages[str(row["item_id"])] = Passage.of(row)
    for item in items:
        if item not in passages:
            raise MissingError(
                f"`{item}` is not among this member's items that may be used for `{purpose}`",
                todo=f"see `vanne report`, or switch `{purpose}` on and refresh its corpus",
            )
    return tuple(passages[item] for item in items or passages)
