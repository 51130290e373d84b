"""What each member chose.

In come `Choice`s, out come their indices, the choices in order, signed checkpoints and receipts.
Always true: a choice is on the disk before `append` returns, and a batch is in whole or not at
all; nothing is ever changed or taken out; what is public (entries, hashes, checkpoints) names
nobody, and only the receipt that the member holds opens their entry; whoever keeps a checkpoint can
tell whether the history before it was rewritten; a ledger that does not match its last checkpoint
is not signed again. The tree is that of RFC 9162 and checkpoints are C2SP signed notes, so that
others can check them without us.
"""

from vanne.ledger.fsck import FsckReport
from vanne.ledger.ledger import Ledger
from vanne.ledger.receipt import VerifiedReceipt, read_receipt, verify_receipt

__all__ = ["FsckReport", "Ledger", "VerifiedReceipt", "read_receipt", "verify_receipt"]
