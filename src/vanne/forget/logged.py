"""The models and certificates of a home are entries of its ledger: written there, and found again.

    register    after a training and a forgetting: what the ledger does not name yet is appended
    place_of    where a certificate stands, and after which model; whatever contradicts is an error

A certificate counts only with its entry: the ledger then says which model served before it, on
which corpus, with which key certificates are signed, and by which secret members are placed. So a
second certificate of the same forgetting, another key, or another date is found, by anybody who
follows the log, too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vanne.config import Home
from vanne.errors import VerificationError
from vanne.forget.certificate import Certificate, failed, signing_key
from vanne.forget.serving import certificates
from vanne.ledger import Certified, Ledger, ModelServed
from vanne.ledger.entry import Logged, logged_problems
from vanne.train.model import current, salt_of
from vanne.train.shards import placement_of
from vanne.train.store import Store

TEXTS, PHOTOS = "texts", "photos"
"""The series of models in a home."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate stands in the ledger, and the last whole model before it."""

    index: int
    before: ModelServed | Certified


def folders_of(home: Home, series: str) -> tuple[Store, Path]:
    """Return where the models of a series and their certificates lie."""
    if series == PHOTOS:
        return Store(home.photo_model), home.photo_model / "certificates"
    return Store(home.model), home.certificates


def known_in(home: Home, series: str = TEXTS) -> dict[str, Certificate]:
    """Return the certificates that lie in a home, by their ids."""
    store, folder = folders_of(home, series)
    return certificates(folder, store.root)


def register(home: Home, clock: Callable[[], datetime], series: str = TEXTS) -> None:
    """Append to the ledger the certificates and the model that serves, unless it names them.

    Raises:
        VerificationError: members are placed by another secret than the ledger names.
    """
    with Ledger.of(home, read_only=True) as ledger:
        records = list(_unnamed(home, ledger, clock, series))
    if records:
        with Ledger.of(home, create=False) as ledger:
            for record in records:
                said = record.certificate if isinstance(record, Certified) else record.model
                ledger.append([record], key=f"{type(record).__name__}/{series}/{said}")


def _unnamed(
    home: Home, ledger: Ledger, clock: Callable[[], datetime], series: str
) -> Iterator[ModelServed | Certified]:
    store, _ = folders_of(home, series)
    model, key = current(store.root), signing_key(store).public_key().public_bytes_raw().hex()
    entries = [record for _, record in ledger.models() if record.series == series]
    _check_placement(entries, key, placement_of(salt_of(store)))
    named = {record.certificate for record in entries if isinstance(record, Certified)}
    models = {record.model for record in entries}
    for each in sorted(known_in(home, series).values(), key=lambda c: len(c.steps)):
        if each.id not in named:
            models.add(each.after)
            yield Certified(series, each.id, each.after, each.corpus_after, key, clock())
    if model.version not in models:
        yield ModelServed(
            series, model.version, model.corpus_version, key, model.placement, clock()
        )


def _check_placement(entries: list[ModelServed | Certified], key: str, placement: str) -> None:
    for record in entries:
        if isinstance(record, ModelServed) and record.key == key and record.placement != placement:
            raise VerificationError(
                "members are placed by another secret than the ledger names",
                todo="bring back the file `salt` of the model from a copy",
            )


def entry_of(ledger: Ledger, certificate: Certificate) -> int | None:
    """Return the place of the entry that names a certificate; None if none does."""
    entries = ((index, each) for index, each in ledger.models() if isinstance(each, Certified))
    return next((index for index, each in entries if each.certificate == certificate.id), None)


def place_of(certificate: Certificate, home: Home, series: str = TEXTS) -> Place:
    """Return where a certificate stands in the ledger; nothing but the ledger says what was before.

    Raises:
        VerificationError: it stands nowhere, or the ledger contradicts it.
    """
    with Ledger.of(home, read_only=True, create=False) as ledger:
        logged = [(index, each) for index, each in ledger.models() if each.series == series]
    entries = [(index, each) for index, each in logged if isinstance(each, Certified)]
    found = [link for link in entries if link[1].certificate == certificate.id]
    if not found:
        raise failed("ledger", "no entry of the ledger names it")
    index, entry = found[0]
    for places, problem in logged_problems(logged):
        if index in places:
            raise failed("ledger", problem)
    said = (certificate.after, certificate.corpus_after, certificate.key.hex())
    if said != (entry.model, entry.corpus, entry.key):
        raise failed("ledger", f"entry {index} names another model, corpus or key")
    late = entry.at.astimezone(UTC).date() - certificate.day
    if not timedelta(0) <= late <= timedelta(days=1):  # a night may pass between the two
        what = f"it says {certificate.day}, and entry {index} is of {entry.at:%Y-%m-%d}"
        raise failed("ledger", what)
    earlier = [link for link in logged if link[0] < index]
    return Place(index, _whole_before(earlier, known_in(home, series)))


def _whole_before(
    logged: list[Logged], known: Mapping[str, Certificate]
) -> ModelServed | Certified:
    """Return the last model that held all of its corpus: interim models are steps from it on."""
    for index, each in reversed(logged):
        if isinstance(each, ModelServed):
            return each
        if each.certificate not in known:
            raise failed("ledger", f"the certificate that entry {index} names is not here")
        if not known[each.certificate].waiting:
            return each
    raise failed("ledger", "no entry names a model before it")
