"""Build the view, read through it, and check it by deciding everything again."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from vanne.config import Home
from vanne.corpus import sidecar
from vanne.corpus.document import Document
from vanne.corpus.manifest import DataFile, Manifest, publish
from vanne.decide import People, decide
from vanne.errors import BusyError, InputError, VerificationError, storing
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
        if file.sidecar is not None:
            codes = sidecar.load(home.corpus / "sidecars", file.sidecar, manifest.binding(file))
            with storing(f"`{file.path}`"), (home.items / file.path).open("rb") as data:
                if hashlib.file_digest(data, "sha256").hexdigest() != file.sha256:
                    raise VerificationError(
                        f"`{file.path}` has changed since the corpus was built",
                        todo="build the corpus again",
                    )
                yield from _allowed(data, codes)


def _allowed(data: BinaryIO, codes: bytes) -> Iterator[Document]:
    """Yield the documents of the very bytes that were checked: the open file, not its name."""
    import pyarrow.parquet as pq

    data.seek(0)
    table = pq.ParquetFile(data)
    wanted = ("item_id", "owner", "author", "subjects", "text", "lang", "category")
    columns = [name for name in wanted if name in table.schema_arrow.names]
    start = 0
    for batch in table.iter_batches(columns=columns):
        inside = codes[start : start + len(batch)]
        start += len(batch)
        rows = [row for row, code in enumerate(inside) if code == ALLOWED]
        for row in batch.take(rows).to_pylist():
            if row.get("text"):  # a photo has no text; this model reads none
                people = {row.get("author") or row["owner"], *(row.get("subjects") or ())}
                yield Document(
                    item_id=str(row["item_id"]),
                    owner=str(row["owner"]),
                    text=row["text"],
                    lang=row.get("lang"),
                    category=row["category"],
                    shared=not people <= {row["owner"]},
                )


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
    with (
        unchanged(home.members) as members_sha256,
        Ledger.open(home.ledger, read_only=True) as log,
    ):
        size = log.size if ledger_size is None else ledger_size
        root = log.root(size).hex()
        people = _people(home, log, size, policy, purpose, as_of)
    manifest = Manifest(
        purpose, policy.name, policy.digest, as_of, members_sha256, size, root, (), {}, 0
    )
    counts: Counter[str] = Counter()
    for path in data_files(home):
        file, codes, documents = _decided(home, path, people, manifest, keep=keep)
        counts.update(REASONS[code].value for code in codes)
        manifest = replace(
            manifest,
            files=(*manifest.files, file),
            documents=manifest.documents + documents,
        )
        if progress:
            progress(counts.total())
    return replace(manifest, counts=dict(sorted(counts.items())))


def _decided(
    home: Home, path: Path, people: People, manifest: Manifest, *, keep: bool
) -> tuple[DataFile, bytes, int]:
    """Decide one file: its entry in the manifest, its codes, and how many documents it has."""
    is_never = path.name.startswith(NEVER_PREFIX)
    with unchanged(path) as sha256:
        codes, documents = _codes(path, people, with_text=not is_never)
    file = DataFile(path.name, sha256, len(codes), None)
    if is_never:
        return file, codes, 0
    binding = manifest.binding(file)
    name = sidecar.name_of(binding, codes)
    if keep:
        sidecar.save(home.corpus / "sidecars", binding, codes)
    return replace(file, sidecar=name), codes, documents


@contextmanager
def unchanged(path: Path) -> Iterator[str]:
    """Yield a file's sha256, and refuse if it has another one afterwards.

    Raises:
        BusyError: somebody wrote to the file meanwhile.
    """
    before = sha256_of(path)
    yield before
    if sha256_of(path) != before:
        raise BusyError(f"`{path.name}` was changed while it was read", todo="run this again")


def _people(
    home: Home, ledger: Ledger, size: int, policy: Policy, purpose: Purpose, as_of: datetime
) -> People:
    members = read_members(str(home.members))
    return People.of(members, ledger.choices(size), policy, purpose, as_of)


def _codes(path: Path, people: People, *, with_text: bool) -> tuple[bytes, int]:
    """Return one code per row in file order, and how many allowed rows have a text."""
    codes, documents = bytearray(), 0
    for item in read_items(str(path), with_text=with_text):
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
