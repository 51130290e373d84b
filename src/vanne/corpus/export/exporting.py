"""Write an export of the corpus for a trainer that is not ours: shards, a card, and keys.

    OUT/
    ├─ README.md        the dataset card, with the header that Hugging Face reads
    ├─ croissant.json   the same for machines (Croissant 1.1), with the checksum of each shard
    ├─ export.json      what it was made from, the counts, each file's checksum (vanne/export/1)
    ├─ keys.txt         the keys of its rows, in order
    ├─ removed.jsonl    with `since`: the keys that an earlier export held and this one does not
    └─ data/SHA256.*    the shards

The corpus itself is a view: an opt-out acts on it with the next refresh. An export is a copy: an
opt-out reaches it only if its receiver acts. So a row is named by a key, a newer export says which
keys are gone, and an export is refused as long as a choice has not reached the corpus. Keys are
keyed hashes: the receiver cannot tell whose a row is, and the operator's secret (`HOME/export.key`)
gives the same item the same key in every export. Same corpus, form, secret and libraries: same
bytes.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any
from unicodedata import unidata_version

from vanne import __version__
from vanne.config import Home
from vanne.corpus.contract import members_table
from vanne.corpus.export.album import PHOTOS_WARNING, Album
from vanne.corpus.export.card import Publisher, marks_in, readme, screening_of
from vanne.corpus.export.croissant import croissant
from vanne.corpus.export.earlier import (
    CROISSANT,
    EXPORT,
    README,
    SCHEMA,
    Earlier,
    export_key,
    is_whole_export,
    key_id,
)
from vanne.corpus.export.folder import whole_folder
from vanne.corpus.export.selection import (
    ExportFormat,
    Progress,
    Selection,
    allowed_rows,
    kept_rows,
    select,
)
from vanne.corpus.export.shards import KEYS, Shard, shard_bits, spread, write_shards
from vanne.corpus.manifest import Manifest
from vanne.corpus.photos import require_pillow
from vanne.corpus.reader import captions
from vanne.corpus.refreshing import withdrawn
from vanne.errors import RefusedError, VerificationError, storing
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.policy import Policy
from vanne.policy.schedule import policy_at, policy_named
from vanne.terms import Reason

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Export:
    """What was written. `missing` are the photos that rows name and that are not there, and
    `unreadable` those that cannot be read or are too large: for the operator alone, no file of the
    export names them."""

    document: dict[str, Any]
    shards: tuple[Shard, ...]
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were allowed, written, and left out for which reason."""
        return dict(self.document["counts"])


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How an export is published: as whose, against which earlier one, over what, of which version.

    `is_pinned` exports a version that has not heard every choice, knowingly.
    """

    publisher: Publisher = field(default_factory=Publisher)
    since: Path | None = None
    replace: bool = False
    is_pinned: bool = False


def export(
    home: Home,
    manifest: Manifest,
    out: Path,
    form: ExportFormat,
    clock: Callable[[], datetime],
    *,
    wish: ExportOptions | None = None,
    progress: Progress | None = None,
) -> Export:
    """Write that version of the corpus into a new folder `out`: whole, or not at all.

    `clock` tells the time, before and after writing: every choice up to then must be in the
    manifest, and nothing in it may have become forbidden. `progress` is told how many of the
    allowed rows a step has done, and what the step is.

    Raises:
        RefusedError: a choice or the policy has not been heard; `out` is there already or in the
            home.
        VerificationError: a data file, a sidecar or the earlier export is not what its record says.
        StorageError: the disk is full; there is no `out` then, or the old one.
    """
    wish, tell = wish or ExportOptions(), progress or (lambda _done, _step: None)
    if Path(os.path.realpath(out)).is_relative_to(home.root.resolve()):
        raise RefusedError(
            "an export in the home would be taken for the network's own data",
            todo="name a folder outside it",
        )
    if not wish.is_pinned:
        check_heard(home, manifest, clock())
    secret = export_key(home)
    earlier = Earlier.read(wish.since, secret, form) if wish.since else None
    may_replace = is_whole_export if wish.replace else lambda _: False
    with whole_folder(out, may_replace=may_replace) as folder, storing("the export"):
        if form.is_photos:
            require_pillow()
        album = Album(home.media, captions(home, manifest) if form.kind == "vision" else None)
        selection, shards, counts = _write_data(home, manifest, form, folder, secret, album, tell)
        document = _document(manifest, form, selection, shards, counts) | {
            "choices_not_heard": unheard(home, manifest, clock()),
            "key_id": key_id(secret),
        }
        if earlier:
            document["since"] = earlier.compare(folder, shards)
        written = _describe(folder, document, wish.publisher, policy_named(home, manifest.policy))
        # INVARIANT: no export appears that has not heard a choice made while it was written.
        if not wish.is_pinned:
            check_heard(home, manifest, clock())
    return Export(written, shards, tuple(album.missing), tuple(album.unreadable))


def _write_data(
    home: Home,
    manifest: Manifest,
    form: ExportFormat,
    folder: Path,
    secret: bytes,
    album: Album,
    tell: Progress,
) -> tuple[Selection, tuple[Shard, ...], dict[str, dict[str, int]]]:
    rows = partial(allowed_rows, home, manifest)
    scratch = folder / ".scratch"
    scratch.mkdir()
    selection = select(rows, form, album, scratch, tell)
    if len(selection.states) != manifest.counts.get(Reason.ALLOWED, 0):
        raise VerificationError(
            "the corpus gives another number of rows than its manifest says",
            todo="run `vanne corpus verify`",
        )
    bits = shard_bits(selection.kept, form.rows_per_shard)
    categories: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    marks = marks_in((), screening_of(manifest).redact)

    def counted() -> "Iterator[pa.Table]":
        for table in kept_rows(rows, form, selection, secret, tell):
            categories.update(table["category"].to_pylist())
            languages.update(language(tag) for tag in table["lang"].to_pylist())
            marks.update(marks_in(album.texts(table), marks))
            yield table

    spread(counted(), scratch, bits)
    shards, done = [], 0
    (folder / KEYS).touch()
    for shard in write_shards(folder, scratch, form, bits, album):
        shards.append(shard)
        done += shard.rows
        tell(done, "writing shards")
    rmtree(scratch)
    counts = {"categories": categories, "languages": languages, "redacted": marks}
    return selection, tuple(shards), {k: dict(sorted(v.items())) for k, v in counts.items()}


def language(tag: str | None) -> str:
    """Return the language of a tag that members' tables give; what is no tag is `unknown`.

    >>> language("de-CH"), language("die Sprache"), language(None)
    ('de', 'unknown', 'unknown')
    """
    first = (tag or "").replace("_", "-").split("-")[0].lower()
    return first if len(first) in (2, 3) and first.isascii() and first.isalpha() else "unknown"


# What it says about itself


def _document(
    manifest: Manifest,
    form: ExportFormat,
    selection: Selection,
    shards: tuple[Shard, ...],
    counts: dict[str, dict[str, int]],
) -> dict[str, Any]:
    names = ("pyarrow", "rensa", *(("pillow",) if form.is_photos else ()))
    libraries = {name: version(name) for name in names}
    return {
        "schema": SCHEMA,
        "corpus": manifest.version,
        "purpose": manifest.purpose,
        "policy": {"name": manifest.policy_name, "digest": manifest.policy},
        "as_of": manifest.as_of.isoformat(),
        "ledger": {"size": manifest.ledger_size, "root": manifest.ledger_root},
        "kind": form.kind,
        "near": form.threshold,
        "with_owner": form.with_owner,
        "counts": selection.counts(),
        **counts,
        "screening": asdict(screening_of(manifest)),
        "reasons": dict(manifest.counts),
        "warnings": [PHOTOS_WARNING] if form.kind == "vision" else [],
        "shards": [asdict(shard) for shard in shards],
        "written_by": {"vanne": __version__, **libraries, "unicode": unidata_version},
    }


def _describe(
    folder: Path, document: dict[str, Any], publisher: Publisher, policy: Policy | None
) -> dict[str, Any]:
    (folder / README).write_text(readme(document, publisher, policy), encoding="utf-8")
    _write_json(folder / CROISSANT, croissant(document, publisher))
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    listed = [
        {"name": n, "sha256": sha256_of(folder / n), "bytes": (folder / n).stat().st_size}
        for n in names
    ]
    whole = document | {"files": listed}
    _write_json(folder / EXPORT, whole)
    return whole


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


# Has every choice reached this version? A copy is made only of a version of which that is true,
# unless that version is asked for by name.


_REFRESH_OR_PIN = "run `vanne corpus refresh`, or ask for this version by name with --as-of-version"


def check_heard(
    home: Home, manifest: Manifest, at: datetime, *, todo: str = _REFRESH_OR_PIN
) -> None:
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
