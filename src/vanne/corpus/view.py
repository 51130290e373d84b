"""Build the view, read through it, and check it by deciding everything again."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from vanne.config import Home
from vanne.corpus import sidecar
from vanne.corpus.document import Document
from vanne.corpus.manifest import DataFile, Manifest, publish
from vanne.decide import People, decide
from vanne.errors import InputError, VerificationError
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.policy import Policy, load
from vanne.sources.tables import read_items, read_members
from vanne.terms import MAIN_PURPOSE, REASONS, Purpose, Reason

ALLOWED = Reason.ALLOWED.code
NEVER_PREFIX = "never-"

Progress = Callable[[int], None]


def build(
    home: Home,
    as_of: datetime,
    *,
    purpose: Purpose = MAIN_PURPOSE,
    progress: Progress | None = None,
    make_current: bool = True,
) -> Manifest:
    """Decide every item as of that time and make the result the current version.

    The ledger is read up to its present size; the manifest says which. `progress` is told the
    number of items after each file. A build that changes nothing gives the version that was there
    before. With `make_current` false the version is only looked at: sidecars are written, no more.

    Raises:
        InputError: a table cannot be read. The version that was current stays current.
    """
    manifest = _derive(home, as_of, purpose, None, progress, keep=True)
    if make_current:
        publish(home, manifest)
    return manifest


def verify(home: Home, manifest: Manifest) -> None:
    """Decide everything again from the data, the policy and the ledger as they were.

    Raises:
        VerificationError: something differs from what the manifest says: data, policy, ledger,
        codes.
    """
    again = _derive(home, manifest.as_of, manifest.purpose, manifest.ledger_size, None, keep=False)
    if again == manifest:
        return
    for field in ("policy", "members_sha256", "ledger_root", "files", "counts", "documents"):
        if getattr(again, field) != getattr(manifest, field):
            raise VerificationError(
                f"corpus `{manifest.version[:12]}` does not verify: its `{field}` is different now"
            )


def read(home: Home, manifest: Manifest) -> Iterator[Document]:
    """Yield the text of each allowed item, in file order, and of no other.

    Raises:
        VerificationError: a data file or its sidecar is not the one of the manifest.
    """
    for file in manifest.files:
        if file.sidecar is None:
            continue
        path = home.items / file.path
        if sha256_of(path) != file.sha256:
            raise VerificationError(
                f"`{file.path}` has changed since the corpus was built",
                todo="build the corpus again",
            )
        codes = sidecar.load(home.corpus / "sidecars", file.sidecar, manifest.binding(file))
        yield from _allowed(path, codes)


def _allowed(path: Path, codes: bytes) -> Iterator[Document]:
    import pyarrow.parquet as pq

    columns = ["item_id", "owner", "author", "subjects", "text", "lang", "category"]
    start = 0
    for batch in pq.ParquetFile(path).iter_batches(columns=columns):
        inside = codes[start : start + len(batch)]
        start += len(batch)
        rows = [row for row, code in enumerate(inside) if code == ALLOWED]
        for row in batch.take(rows).to_pylist():
            if row["text"]:  # a photo has no text; this model reads none
                people = {row.pop("author") or row["owner"], *(row.pop("subjects") or ())}
                yield Document(**row, shared=not people <= {row["owner"]})


def _derive(
    home: Home,
    as_of: datetime,
    purpose: Purpose,
    ledger_size: int | None,
    progress: Progress | None,
    *,
    keep: bool,
) -> Manifest:
    """Decide every row of every file; save the sidecars, or only name them."""
    policy = load(str(home.policy))
    members_sha256 = sha256_of(home.members)
    with Ledger.open(home.ledger) as ledger:
        size = ledger.size if ledger_size is None else ledger_size
        root = ledger.root(size).hex()
        people = _people(home, ledger, size, policy, purpose, as_of)
    empty = Manifest(
        purpose, policy.name, policy.digest, as_of, members_sha256, size, root, (), {}, 0
    )
    files: list[DataFile] = []
    counts: Counter[str] = Counter()
    documents = 0
    for path in data_files(home):
        codes, texts = _codes(path, people)
        counts.update(REASONS[code].value for code in codes)
        file = DataFile(path.name, sha256_of(path), len(codes), None)
        if not path.name.startswith(NEVER_PREFIX):
            documents += texts
            name = sidecar.name_of(empty.binding(file), codes)
            if keep:
                sidecar.save(home.corpus / "sidecars", empty.binding(file), codes)
            file = DataFile(file.path, file.sha256, file.rows, name)
        files.append(file)
        if progress:
            progress(sum(counts.values()))
    return Manifest(
        purpose,
        policy.name,
        policy.digest,
        as_of,
        members_sha256,
        size,
        root,
        tuple(files),
        dict(sorted(counts.items())),
        documents,
    )


def _people(
    home: Home, ledger: Ledger, size: int, policy: Policy, purpose: Purpose, as_of: datetime
) -> People:
    members = read_members(str(home.members))
    return People.of(members, ledger.choices(size), policy, purpose, as_of)


def _codes(path: Path, people: People) -> tuple[bytes, int]:
    """Return one code per row in file order, and how many allowed rows have a text."""
    codes, documents = bytearray(), 0
    for item in read_items(str(path)):
        reason = decide(item, people)
        codes.append(reason.code)
        documents += reason is Reason.ALLOWED and bool(item.text)
    return bytes(codes), documents


def data_files(home: Home) -> list[Path]:
    """Return the data files by name.

    Raises:
        InputError: there is none.
    """
    paths = sorted(home.items.glob("*.parquet"))
    if not paths:
        raise InputError(f"no data files in `{home.items}`", todo="put Parquet files there")
    return paths
