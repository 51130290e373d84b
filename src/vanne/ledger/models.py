"""Which models served, and which certificates were written on them: the log's own account.

A `model` entry says that a trained model serves, on which corpus, and with which key certificates
on it are signed; a `certificate` entry, that one was written with which another model took its
place. Models that replace one another are a series. Whoever reads the entries, which are public,
finds a second certificate of the same forgetting, a certificate that another key signed, and
members that were placed by another secret.
"""

from collections.abc import Iterable, Iterator

from vanne.ledger.entry import kind_of_public, open_entry
from vanne.ledger.kinds import CERTIFICATE, MODEL, Certified, ModelServed

Logged = tuple[int, ModelServed | Certified]
"""An entry and its place."""


def logged_in(entries: Iterable[tuple[int, bytes]]) -> Iterator[Logged]:
    """Give the models and certificates among public parts of entries."""
    for index, public in entries:
        if public.startswith(b'{"content"') and kind_of_public(public) in (MODEL, CERTIFICATE):
            record = open_entry(public, None, None)
            assert isinstance(record, ModelServed | Certified)
            yield index, record


def logged_problems(logged: Iterable[Logged]) -> Iterator[tuple[tuple[int, ...], str]]:
    """Say what does not follow from what the log said before, and of which entries that speaks."""
    trained = dict[str, ModelServed]()
    placements = dict[str, str]()
    certified = dict[tuple[str, str], int]()
    for index, record in logged:
        if isinstance(record, ModelServed):
            if placements.setdefault(record.key, record.placement) != record.placement:
                yield (index,), f"entry {index}: members are placed by another secret than before"
            trained[record.series] = record
            continue
        before = trained.get(record.series)
        if before is None or before.key != record.key:
            what = "the key of this certificate is not that of the model before it"
            yield (index,), f"entry {index}: {what}"
        first = certified.setdefault((record.series, record.model), index)
        if first != index:
            what = f"a second certificate of what entry {first} certifies"
            yield (first, index), f"entry {index}: {what}"
