"""Erase a member from the database, from the ledger, and from the corpus's index of choices.

Erasing the history also erases the member's opt-outs, so that denied items could be used again. So
if the id is still among the members or in any item, the ledger records one new opt-out from
everything for each purpose that the member chose for (GDPR, article 17(3)(b) and recital 65: what
is needed to heed an objection may be kept). If the id occurs nowhere, nothing is kept.
"""

from datetime import datetime

from vanne.config import Home
from vanne.corpus import moves
from vanne.corpus.building import locked
from vanne.corpus.choice_index import drop
from vanne.corpus.contract import data_files
from vanne.database import Database
from vanne.ledger import Erased, Ledger
from vanne.plugins import hooks
from vanne.report.member_items import find_member, items_of
from vanne.terms import Channel, Choice, MemberId


def erase_member(home: Home, member_id: MemberId, at: datetime) -> Erased:
    """Erase all that database and ledger hold of a member; no corpus is made meanwhile.

    Raises:
        BusyError, MissingError, StorageError: as `Ledger.erase`.
    """
    here = occurs(home, member_id)

    def keep(choices: list[Choice]) -> list[Choice]:
        purposes = sorted({choice.purpose for choice in choices if here})
        return [Choice(member_id, p, "all", False, at, channel=Channel.ERASURE) for p in purposes]

    with locked(home), Ledger.of(home) as ledger:
        try:
            Database.of(home).erase(member_id)
            moves.erase(home, member_id)
            hooks().member_erased(home=home, member_id=member_id)
            return ledger.erase(member_id, at, keep=keep)
        finally:
            drop(home.corpus / "choices")


def occurs(home: Home, member_id: MemberId) -> bool:
    """Tell whether the id is among the members, or the owner, author or subject of any item."""
    if home.members.exists() and find_member(home, member_id) is not None:
        return True
    return bool(data_files(home)) and bool(items_of(home, member_id))
