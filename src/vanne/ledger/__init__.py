"""What each member chose, and what else must be provable about it.

In come records (`vanne.ledger.kinds`: choices, objections, notices and who saw them, policies in
force), out come their indices, the choices in order, signed checkpoints and receipts.
Always true: a record is on the disk before `append` returns, and a batch is in whole or not at all;
no entry is ever changed or taken out, only the content of one that was erased; what is public
(entries, hashes, checkpoints) names nobody, and only the receipt that the person holds opens their
entry; whoever keeps a checkpoint can tell whether the history before it was rewritten; a ledger
that does not match its last checkpoint is not signed again. The tree is that of RFC 9162 and
checkpoints are C2SP signed notes, so that others can check them without us. Kept in SQLite or
PostgreSQL (`vanne.ledger.store`).
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
