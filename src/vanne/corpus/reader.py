"""Read the allowed items of a corpus version, and no others, with their texts redacted.

The manifest names the kinds to take out and the digest of the rules that find them. With other
rules a version would give other texts, so a version of other rules is refused until it is
refreshed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from io import BufferedReader
from itertools import chain, count
from typing import TYPE_CHECKING, Any, BinaryIO

from vanne.config import Home
from vanne.corpus.building import ALLOWED
from vanne.corpus.contract import members_table
from vanne.corpus.manifest import DataFile, Manifest, current, current_version
from vanne.corpus.parts import Each, in_turn
from vanne.corpus.patch import patches_of, sidecar_of
from vanne.corpus.redaction import Redacted, Redactions, is_screened, redact, redactions_of
from vanne.corpus.refreshing import withdrawn
from vanne.corpus.sidecar import Codes
from vanne.errors import InputError, RefusedError, StorageError, VerificationError, storing
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.screening import rules_digest
from vanne.screening.bulk import BATCH_ROWS
from vanne.sources.batches import listed
from vanne.terms import Fields, Purpose

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Document:
    """The text and the fields of one allowed item; what is screened is in neither.

    `shared` says that somebody besides the owner is in it, the author or a subject: their opt-out
    takes it out as well.
    """

    item_id: str
    owner: str
    text: str
    lang: str | None
    category: str
    shared: bool = False
    fields: Fields = field(default_factory=dict, hash=False)


_DOCUMENT = ("item_id", "owner", "author", "subjects", "fields", "text", "lang", "category")


Part = tuple[int, int]
"""Which of how many parts of a corpus to read, from 0: (3, 8) is the fourth of eight."""
WHOLE: Part = (0, 1)


def read(
    home: Home, manifest: Manifest, redacted: Redacted | None = None, part: Part = WHOLE
) -> Iterator[Document]:
    """Yield the text of each allowed item, in file order, and of no other.

    What was taken out is counted in `redacted`. All parts together give what the whole gives.

    Raises:
        VerificationError: a data file or its sidecar is not the one of the manifest, or the texts
            would be screened by other rules.
    """
    for batch in read_batches(home, manifest, _DOCUMENT, redacted, part):
        for row in batch.to_pylist():
            if row.get("text"):  # a photo has no text; this model reads none
                yield Document(
                    item_id=str(row["item_id"]),
                    owner=str(row["owner"]),
                    text=row["text"],
                    lang=row.get("lang"),
                    category=row["category"],
                    shared=is_shared(row),
                    fields=json.loads(row.get("fields") or "{}"),
                )


def read_current(
    home: Home,
    purpose: Purpose,
    at: datetime,
    max_age: timedelta = timedelta(0),
    part: Part = WHOLE,
) -> Iterator[Document]:
    """Yield the text of each allowed item of the current version, whichever that is by now.

    A version of at most `max_age` is read though it has not heard every choice.

    Raises:
        MissingError: no version was built yet.
        RefusedError: it is older, and does not know a choice, the members or the policy of now.
        VerificationError: as `read`.
    """
    while True:
        manifest = current(home, purpose)
        if not max_age or at - manifest.as_of > max_age:
            todo = "refresh the corpus (`vanne corpus refresh`), or say how old it may be (max age)"
            check_heard(home, manifest, at, todo=todo)
        documents = read(home, manifest, part=part)
        try:
            first = next(documents, None)
        except StorageError:  # it was replaced, and its files compacted, before they were opened
            if current_version(home, purpose) == manifest.version:
                raise
            continue
        return documents if first is None else chain((first,), documents)


def check_heard(home: Home, manifest: Manifest, at: datetime, *, todo: str) -> None:
    """Refuse if the manifest does not know a choice, the members or the policy of that time.

    Time alone may take something out too: a region that ends, a window that moves on.

    Raises:
        RefusedError: there is one; or the manifest is as of a time to come.
    """
    if policy_at(home, at).digest != manifest.policy:
        raise RefusedError("the policy has changed since the corpus was built", todo=todo)
    if sha256_of(members_table(home)) != manifest.members_sha256:
        raise RefusedError("the members have changed since the corpus was built", todo=todo)
    if manifest.as_of > at:
        raise RefusedError("the corpus is as of a time that is still to come", todo=todo)
    if count := unheard(home, manifest, at):
        noun = "choice has" if count == 1 else "choices have"
        raise RefusedError(f"{count:,} {noun} not reached the corpus yet", todo=todo)
    if count := withdrawn(home, manifest, at):
        raise RefusedError(f"{count:,} items may not be used any more by now", todo=todo)


def unheard(home: Home, manifest: Manifest, at: datetime) -> int:
    """Count the choices that came after those that the manifest has heard.

    A purpose that the policy of that time does not name may be ours misspelt, so it counts too.

    Raises:
        VerificationError: the ledger does not begin with the one that the manifest names.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    others = pa.array(set(policy_at(home, at).purposes) - {manifest.purpose}, pa.string())
    with Ledger.of(home, read_only=True) as ledger:
        if ledger.root(manifest.ledger_size).hex() != manifest.ledger_root:
            raise VerificationError(
                "the ledger is not the one that the corpus was built with",
                todo="run `vanne ledger fsck`",
            )
        later = ledger.batches(manifest.ledger_size)
        foreign = (pc.is_in(batch["purpose"], others) for batch in later)
        return sum(len(each) - (pc.sum(each).as_py() or 0) for each in foreign)


def is_shared(row: Mapping[str, Any]) -> bool:
    """Say whether somebody besides the owner is in an item, as its author or a subject."""
    subjects = row.get("subjects")
    if isinstance(subjects, str):  # so some files have them
        subjects = listed(subjects)[0]
    people = {row.get("author") or row["owner"], *(subjects or [])}
    return not people <= {row["owner"]}


def read_batches(
    home: Home,
    manifest: Manifest,
    columns: Sequence[str],
    redacted: Redacted | None = None,
    part: Part = WHOLE,
) -> "Iterator[pa.RecordBatch]":
    """Yield the allowed rows alone, in file order, with those of the columns that a file has.

    The row groups of the files go to the parts in turn, so that a part reads only its own texts.

    `fields` are JSON, in the order of `vanne.fields`; a text that is missing is rendered from them.
    What was taken out is counted in `redacted`.

    Raises:
        InputError: there is no such part.
        VerificationError: a data file or its sidecar is not the one of the manifest, or the texts
            would be screened by other rules.
    """
    if not 0 <= part[0] < part[1]:
        raise InputError(f"there is no part {part[0]} of {part[1]}", todo="count them from 0")
    members_table(home)  # a home with another table of members is not read from
    says = bool({"text", "fields"} & set(columns))
    if says and manifest.screening.rules != rules_digest():
        raise VerificationError(
            f"corpus `{manifest.version[:12]}` was made with other rules of screening",
            todo="run `vanne corpus refresh`",
        )
    kinds, files = manifest.screening.redact, [file for file in manifest.files if file.sidecar]
    patches = patches_of(home, manifest.version)
    with ExitStack() as stack:
        # What is open stays whole for who reads it, also if `compact` removes the file meanwhile.
        opened = {
            file.path: stack.enter_context(_opened(home, file)) for file in files[:_MOST_OPEN]
        }
        sidecars = [sidecar_of(home, manifest, file, patches) for file in files]
        turn = count()
        for file, sidecar in zip(files, sidecars, strict=True):
            with opened.get(file.path) or _opened(home, file) as data:
                groups = _groups(data, file, part, turn)
                if not groups and part != WHOLE:
                    continue
                sidecar.check()
                _check(data, file)
                redactions = redactions_of(home, file, data).of(kinds) if says else None
                yield from _allowed(data, sidecar.codes, columns, redactions, redacted, groups)


def screen(home: Home, manifest: Manifest, each: Each = in_turn) -> int:
    """Find what is taken out of the texts of files that nobody has read yet; return their number.

    `each` may share them out (`corpus.parts`).

    Raises:
        VerificationError: a data file is not the one of the manifest.
    """
    files = {f.path: f for f in manifest.files if f.sidecar and not is_screened(home, f)}
    for _ in each(partial(_screen, home, files), list(files)):
        pass
    return len(files)


def _screen(home: Home, files: Mapping[str, DataFile], name: str) -> None:
    with _opened(home, files[name]) as data:
        _check(data, files[name])
        redactions_of(home, files[name], data)


def _groups(
    data: BufferedReader, file: DataFile, part: Part, turn: Iterator[int]
) -> dict[int, int]:
    """Return those of a file's row groups that are in a part, each with its first row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about, groups, start = pq.read_metadata(data), dict[int, int](), 0
    except (pa.ArrowException, OSError):
        _check(data, file)
        raise
    for group in range(about.num_row_groups):
        if next(turn) % part[1] == part[0]:
            groups[group] = start
        start += about.row_group(group).num_rows
    return groups


_MOST_OPEN = 256
"""Data files that a reader holds open at once: systems allow about a thousand."""


def _opened(home: Home, file: DataFile) -> BufferedReader:
    with storing(f"`{file.path}`"):
        return (home.items / file.path).open("rb")


def _check(data: BufferedReader, file: DataFile) -> None:
    """Refuse a data file whose bytes are not those of the manifest."""
    with storing(f"`{file.path}`"):
        data.seek(0)
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    if digest != file.sha256:
        raise VerificationError(
            f"`{file.path}` has changed since the corpus was built",
            todo="restore it from a backup",
        )


def _allowed(
    data: BinaryIO,
    codes: Codes,
    columns: Sequence[str],
    redactions: Redactions | None,
    redacted: Redacted | None,
    groups: Mapping[int, int],
) -> "Iterator[pa.RecordBatch]":
    """Yield the rows of the very bytes that were checked: the open file, not its name.

    `found` is there if what the items say is among the columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data.seek(0)
    table = pq.ParquetFile(data)
    there = set(table.schema_arrow.names)
    rendered = {"text"} if "fields" in there else set()
    wanted = [name for name in columns if name in there | rendered]
    read = [name for name in wanted if name in there]
    if redactions is not None and "fields" in there:
        sources = [name for name in ("category", "fields", "text") if name in there]
        read = list(dict.fromkeys([*read, *sources]))
    for group, start in groups.items():
        for batch in table.iter_batches(BATCH_ROWS, row_groups=[group], columns=read):
            inside = codes[start : start + len(batch)] == ALLOWED
            # INVARIANT: no text and no field leaves the view that was not screened.
            if redactions is not None:
                batch = redact(batch, redactions.within(start, inside), redacted).select(wanted)
            start += len(batch)
            yield batch if inside.all() else batch.filter(pa.array(inside))
