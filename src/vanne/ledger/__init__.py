"""The ledger: an append-only, signed log of members' choices and what else must be provable.

In come records (`vanne.ledger.kinds`: choices, objections, notices and who saw them, policies in
force). Out come their indices, the choices in order, signed checkpoints and receipts. Always true:
a record is on the disk before `append` returns; a batch is recorded whole or not at all; no entry
is ever changed or removed, and only an erasure removes the content of an entry; the public part
(entries, hashes, checkpoints) names nobody, and only the receipt that a person holds opens their
entry; anybody who keeps a checkpoint can tell whether the history before it was rewritten; a ledger
is signed again only if it matches its last checkpoint. The tree is that of RFC 9162 and checkpoints
are C2SP signed notes, so other programs can check them.

    ledger       `Ledger`: append, read, prove
    kinds        the kinds of records, their fields, and which values are refused
    entry        a record as an entry: a public part that names nobody, a private part, a salt
    encoding     canonical JSON, base64 and times
    merkle       the tree, kept as tiles
    checkpoint   the tree's size and root, signed
    keys         the private keys that sign
    store        the tables, in SQLite or PostgreSQL
    writing      the transactions that extend the log, erase a member, or change the key; calls of
                 many threads share one
    reading      each entry checked against its commitment
    receipt      what a member holds, and how it is verified
    proof        proofs for auditors
    publish      the log as static files; `follow` checks them
    witnesses    who else cosigns a checkpoint, and whose cosignatures are enough; `witness` is one
    fsck         everything derived again from the entries; `checks` keeps what was found, and when
"""

from vanne.ledger.fsck import FsckReport
from vanne.ledger.kinds import Certified, Erasure, KeyChange, ModelServed, Record
from vanne.ledger.ledger import Ledger
from vanne.ledger.receipt import VerifiedReceipt, read_receipt, verify_receipt
from vanne.ledger.writing import Erased

__all__ = [
    "Certified",
    "Erased",
    "Erasure",
    "FsckReport",
    "KeyChange",
    "Ledger",
    "ModelServed",
    "Record",
    "VerifiedReceipt",
    "read_receipt",
    "verify_receipt",
]
