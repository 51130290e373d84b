"""What each member chose, and what else must be provable about it.

In come records (`vanne.ledger.kinds`: choices, objections, notices and who saw them, policies in
force), out come their indices, the choices in order, signed checkpoints and receipts.
Always true: a record is on the disk before `append` returns, and a batch is in whole or not at all;
no entry is ever changed or taken out, only the content of one that was erased; what is public
(entries, hashes, checkpoints) names nobody, and only the receipt that the person holds opens their
entry; whoever keeps a checkpoint can tell whether the history before it was rewritten; a ledger
that does not match its last checkpoint is not signed again. The tree is that of RFC 9162 and
checkpoints are C2SP signed notes, so that others can check them without us.

    ledger       `Ledger`: append, read, prove
    kinds        the kinds of records, their fields, and which values are refused
    entry        a record as an entry: a public part that names nobody, a private part, a salt
    encoding     canonical JSON, base64 and times
    merkle       the tree, kept as tiles
    checkpoint   the tree's size and root, signed
    keys         the private keys that sign
    store        the tables, in SQLite or PostgreSQL
    group        calls of many threads in one transaction
    writing      what is done in a transaction that extends the log
    reading      each entry checked against what it commits to
    receipt      what a member holds, and how it is verified
    proof        proofs for auditors
    publish      the log as static files; `follow` checks them
    fsck         everything derived again from the entries
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
