"""Change the log's key without a moment at which nobody can check it.

A new key begins under a checkpoint that the present one signs too, over a tree whose last entry
says so; both sign every checkpoint until the former one is retired, by an entry again. So who knows
only the old key can follow to the new one, and who reads the log sees from where on a signature of
the old key alone is forged.

The new key is on the disk before the transaction, and the files change names after it: a crash at
any point leaves each key that the log names in one of its three files (see `vanne.ledger.keys`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from vanne.errors import InputError
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.entry import kind_of_public, open_entry
from vanne.ledger.keys import Keys
from vanne.ledger.kinds import KEY, KeyChange
from vanne.ledger.store import Head, Transaction, read_head
from vanne.ledger.writing import extend


def begin_key(db: Transaction, keys: Keys, at: datetime) -> Head:
    """Begin to sign with a new key and the present one.

    Raises:
        InputError: two keys sign already.
    """
    head = read_head(db)
    if head.former is not None:
        todo = "retire the former key first: `vanne ledger rotate-key --retire`"
        raise InputError("the ledger is signed with two keys already", todo=todo)
    keys.tidy(head.verifiers)  # what a crash may have left
    new = keys.next(head.verifiers[0]).vkey
    change = KeyChange(new, head.vkey, at)
    return extend(db, keys, [change], signed_by=replace(head, vkey=new, former=head.vkey))


def retire_key(db: Transaction, keys: Keys, at: datetime) -> Head:
    """Sign with the new key alone from now on.

    Raises:
        InputError: there is no former key.
    """
    head = read_head(db)
    if head.former is None:
        raise InputError("the ledger has no former key to retire", todo="begin a new one first")
    keys.tidy(head.verifiers)
    change = KeyChange(head.vkey, None, at)
    return extend(db, keys, [change], signed_by=replace(head, former=None))


def named_keys(entries: Iterable[bytes]) -> Iterator[Verifier]:
    """Give the keys that public parts of entries say the log has, or had before."""
    for public in entries:
        if public.startswith(b'{"content"') and kind_of_public(public) is KEY:
            change = open_entry(public, None, None)
            assert isinstance(change, KeyChange)
            yield from (Verifier.parse(vkey) for vkey in (change.vkey, change.former) if vkey)
