"""A member's own items that a purpose allows: what drafts and job offers may rest on.

They are read through the view of the corpus for that purpose. Items that somebody else wrote or is
in are left out, allowed or not: no other member's words go into a draft. An opt-out that is in the
ledger and not yet in the corpus counts at once.
"""

from collections.abc import Collection, Iterable

from vanne.config import Home
from vanne.corpus import Manifest, current, read_batches
from vanne.corpus.reader import is_shared
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.terms import Choice, ItemId, MemberId, Purpose
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
    manifest = current(home, purpose)
    with Ledger.of(home, read_only=True) as ledger:
        history = [choice for at, choice in ledger.history(member) if at >= manifest.ledger_size]
    passages = tuple(_passages(home, manifest, history, member).get(member, ()))
    if not items:
        return passages
    by_id = {passage.item_id: passage for passage in passages}
    for item in items:
        if item not in by_id:
            raise MissingError(
                f"`{item}` is not among this member's items that may be used for `{purpose}`",
                todo=f"see `vanne report`, or switch `{purpose}` on and refresh its corpus",
            )
    return tuple(by_id[item] for item in items)


def everybodys_passages(home: Home, purpose: Purpose) -> dict[MemberId, tuple[Passage, ...]]:
    """Return for each member what may be read of theirs for a purpose, in one reading.

    Raises:
        MissingError: there is no corpus for the purpose.
        VerificationError: the corpus is damaged.
    """
    manifest = current(home, purpose)
    with Ledger.of(home, read_only=True) as ledger:
        later = ledger.records(manifest.ledger_size, ledger.size)
        choices = [record for _, record in later if isinstance(record, Choice)]
    passages = _passages(home, manifest, choices)
    return {owner: tuple(each) for owner, each in passages.items()}


def _passages(
    home: Home, manifest: Manifest, later: Iterable[Choice], member: MemberId | None = None
) -> dict[MemberId, list[Passage]]:
    """Read the passages of one member or of all, less what later choices switch off."""
    import pyarrow.compute as pc

    off = {
        (choice.member_id, choice.scope, choice.target if choice.scope != "all" else None)
        for choice in later
        if choice.purpose == manifest.purpose and not choice.on
    }
    passages: dict[MemberId, list[Passage]] = {}
    for batch in read_batches(home, manifest, _COLUMNS):
        rows = batch if member is None else batch.filter(pc.equal(batch["owner"], member))
        for row in rows.to_pylist():
            owner = str(row["owner"])
            is_off = (
                (owner, "all", None) in off
                or (owner, "category", row["category"]) in off
                or (owner, "item", row["item_id"]) in off
            )
            if row.get("text") and not is_shared(row) and not is_off:
                passages.setdefault(owner, []).append(Passage.of(row))
    return passages
