"""What is read: the corpus is a view, and nothing is copied.

In come data files, a policy, a ledger and a time; out comes a manifest that pins them, with a
sidecar of one reason code per row beside each data file. Always true: a corpus is a function of
(data checksums, members, policy, purpose, ledger checkpoint, time); `read` is the only way to the
texts and gives only what is allowed; a sidecar that does not belong to its file is refused; `read`
does not open files of categories that are never used, and `build` reads no text in them.

* `intake`, `contract`: members and items come in, and keep their shape and their bytes
* `indexes`, `choice_index`, `arrays`: what is decided from, kept beside the data
* `building`, `refreshing`, `verifying`: decide everything, what changed, or everything again
* `manifest`, `sidecar`, `patch`: a version, its reason codes, and what a refresh changed of them
* `reader`, `redaction`, `photos`: what an allowed item says, and what is taken out of it
* `lookup`, `history`: the verdict of an item now, and in every version
* `export`: a copy for a trainer that is not ours
"""

from vanne.corpus.building import build
from vanne.corpus.manifest import Manifest, current
from vanne.corpus.reader import Document, read, read_batches
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
    "verify",
]
