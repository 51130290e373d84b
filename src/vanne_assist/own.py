"""A member's own items that a purpose allows: what drafts and job offers may rest on.

They are read through the view of the corpus for that purpose. Items that somebody else wrote or is
in are left out, allowed or not: no other member's words go into a draft. A no that is in the ledger
and not yet in the corpus counts at once.
"""

from collections.abc import Collection, Iterator
from typing import Any

from vanne.config import Home
from vanne.corpus import current, read_batches
from vanne.corpus.view import is_shared
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
    import pyarrow.compute as pc

    manifest = current(home, purpose)
    with Ledger.of(home, read_only=True) as ledger:
        refused = [
            choice
            for index, choice in ledger.history(member)
            if index >= manifest.ledger_size and choice.purpose == purpose and not choice.on
        ]
    found = []
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.filter(pc.equal(batch["owner"], member)).to_pylist():
            if row.get("text") and not is_shared(row) and not _is_refused(row, refused):
                found.append(Passage.of(row))
    if items:
        found = list(_named(found, items, purpose))
    return tuple(found)


def everybodys_passages(home: Home, purpose: Purpose) -> dict[MemberId, tuple[Passage, ...]]:
    """Return for each member what may be read of theirs for a purpose, in one reading.

    Raises:
        MissingError: there is no corpus for the purpose.
        VerificationError: the corpus is damaged.
    """
    manifest = current(home, purpose)
    refused: dict[MemberId, list[Choice]] = {}
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        if size > manifest.ledger_size:
            for _, said in ledger.records(manifest.ledger_size, size):
                if isinstance(said, Choice) and said.purpose == purpose and not said.on:
                    refused.setdefault(said.member_id, []).append(said)
    found: dict[MemberId, list[Passage]] = {}
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.to_pylist():
            owner = str(row["owner"])
            if (
                row.get("text")
                and not is_shared(row)
                and not _is_refused(row, refused.get(owner, []))
            ):
                found.setdefault(owner, []).append(Passage.of(row))
    return {owner: tuple(passages) for owner, passages in found.items()}


def _named(found: list[Passage], items: Collection[ItemId], purpose: Purpose) -> Iterator[Passage]:
    by_id = {passage.item_id: passage for passage in found}
    for item in items:
        if item not in by_id:
            raise MissingError(
                f"`{item}` is not among this member's items that may be used for `{purpose}`",
                todo=f"see `vanne report`, or switch `{purpose}` on and refresh its corpus",
            )
        yield by_id[item]


def _is_refused(row: dict[str, Any], refused: list[Choice]) -> bool:
    return any(
        choice.scope == "all"
        or (choice.scope == "category" and choice.target == row["category"])
        or (choice.scope == "item" and choice.target == row["item_id"])
        for choice in refused
    )
