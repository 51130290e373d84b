"""A member's own items that the purpose `writing-help` allows: what drafts may rest on.

They are read through the view of the corpus for that purpose. Items that somebody else wrote or is
in are left out, allowed or not: no other member's words go into a draft. A no that is in the ledger
and not yet in the corpus counts at once.
"""

from collections.abc import Collection, Iterator
from typing import Any

from vanne.assist.brief.criteria import Passage
from vanne.assist.writing import PURPOSE
from vanne.config import Home
from vanne.corpus import current, read_batches
from vanne.corpus.view import is_shared
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.terms import Choice, ItemId, MemberId

_COLUMNS = ("item_id", "owner", "author", "subjects", "category", "text", "lang")


def own_passages(
    home: Home, member: MemberId, items: Collection[ItemId] = ()
) -> tuple[Passage, ...]:
    """Return what a member has that may ground a draft: all of it, or the items named.

    Raises:
        MissingError: there is no corpus for the purpose, or an item is not among what may be used.
        VerificationError: the corpus is damaged.
    """
    import pyarrow.compute as pc

    manifest = current(home, PURPOSE)
    with Ledger.of(home, read_only=True) as ledger:
        refused = [
            choice
            for index, choice in ledger.history(member)
            if index >= manifest.ledger_size and choice.purpose == PURPOSE and not choice.on
        ]
    found = []
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.filter(pc.equal(batch["owner"], member)).to_pylist():
            if row.get("text") and not is_shared(row) and not _is_refused(row, refused):
                found.append(_passage(row))
    if items:
        found = list(_named(found, items))
    return tuple(found)


def _named(found: list[Passage], items: Collection[ItemId]) -> Iterator[Passage]:
    by_id = {passage.item_id: passage for passage in found}
    for item in items:
        if item not in by_id:
            raise MissingError(
                f"`{item}` is not among this member's items that may be used for drafts",
                todo="see `vanne report`, or switch `writing-help` on and refresh its corpus",
            )
        yield by_id[item]


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(str(row["item_id"]), str(row["category"]), row["text"], row.get("lang"))


def _is_refused(row: dict[str, Any], refused: list[Choice]) -> bool:
    return any(
        choice.scope == "all"
        or (choice.scope == "category" and choice.target == row["category"])
        or (choice.scope == "item" and choice.target == row["item_id"])
        for choice in refused
    )
