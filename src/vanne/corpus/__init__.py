"""Build the corpus: a view of the items that policy and choices allow; it copies no text.

In come data files, a policy, a ledger and a time. Out comes a manifest that pins them, and beside
each data file a sidecar with one reason code per row. Always true: a corpus is a function of (data
checksums, members, policy, purpose, ledger checkpoint, time); `read` is the only way to the texts
and gives only what is allowed; a sidecar that does not belong to its file is refused; `read` opens
no file of categories that are never used, and `build` reads no text in such a file.

* `corpus`: `Corpus`, all of what follows by the folder of a network
* `intake`, `contract`: take members and items in, and hold them to columns, types and checksums
* `indexes`, `choice_index`, `arrays`: the columns that decisions read, stored beside the data
* `building`, `refreshing`: decide every item, or only what may have changed
* `parts`: share the data files out to many processes, or to a Spark
* `verifying`: decide everything again, as a check
* `manifest`, `sidecar`, `patch`: a version, its reason codes, and those that a refresh changed
* `reader`, `redaction`, `photos`: the texts, fields and pixels of allowed items, redacted
* `lookup`, `history`: the verdict on an item now, and in every version
* `export`: a copy for an external trainer
"""

from vanne.corpus.building import build
from vanne.corpus.manifest import Manifest, current
from vanne.corpus.reader import Document, read, read_batches, screen
from vanne.corpus.refreshing import refresh
from vanne.corpus.verifying import verify

__all__ = [
    "Document",
    "Manifest",
    "build",
    "current",
    "read",
    "read_batches",
    "refresh",
    "screen",
    "verify",
]
