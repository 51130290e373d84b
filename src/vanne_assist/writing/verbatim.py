"""Does a draft hold another member's words? Compare it with what its model has read.

Eight words in a row that stand in another member's text, and not in what this member said, are
theirs. The corpus is read through its view, once for all drafts at hand. That takes time in
proportion to the corpus, so that a network too large for it must draft with a model that has read
no member's text.
"""

from collections.abc import Iterable, Sequence

from vanne.config import Home
from vanne.corpus import current, read
from vanne.corpus.document import Document
from vanne.errors import RefusedError
from vanne_assist.writing.guard import Finding, Ground, Kind
from vanne_assist.writing.tokens import Token, tokens

RUN = 8
MOST_DOCUMENTS = 200_000


def copied(
    drafts: Sequence[str], ground: Ground, documents: Iterable[Document], member: str | None
) -> list[tuple[Finding, ...]]:
    """Return for each draft where it holds eight words in a row of somebody else."""
    own = {run for source in ground.sources for run, _ in _runs(source.text)}
    wanted = [{run: place for run, place in _runs(draft) if run not in own} for draft in drafts]
    either = {run for each in wanted for run in each}
    theirs: set[tuple[str, ...]] = set()
    for document in documents if either else ():
        if document.owner != member:
            theirs |= {run for run, _ in _runs(document.text) if run in either}
    return [
        tuple(Finding(Kind.COPIED, "", span) for run, span in each.items() if run in theirs)[:1]
        for each in wanted
    ]


def documents_of(home: Home) -> Iterable[Document]:
    """Return what the network's model has been trained on.

    Raises:
        RefusedError: it is more than can be compared with.
    """
    manifest = current(home)
    if manifest.documents > MOST_DOCUMENTS:
        raise RefusedError(
            f"the model has read {manifest.documents:,} texts, too many to compare drafts with",
            todo='set `backend = "server"` with a model that has read no member\'s text',
        )
    return read(home, manifest)


def _runs(text: str) -> Iterable[tuple[tuple[str, ...], tuple[int, int]]]:
    found: list[Token] = tokens(text)
    folded = [token.folded for token in found]
    for n in range(len(found) - RUN + 1):
        yield tuple(folded[n : n + RUN]), (found[n].start, found[n + RUN - 1].end)
