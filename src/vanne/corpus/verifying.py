"""Check a version of the corpus: decide everything again, from the tables and the ledger alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from vanne.config import Home
from vanne.corpus.arrays import unchanged
from vanne.corpus.building import (
    Inputs,
    Progress,
    ReasonTally,
    never_file,
)
from vanne.corpus.contract import NEVER_PREFIX, members_table
from vanne.corpus.manifest import DataFile, Manifest
from vanne.corpus.patch import sidecar_of
from vanne.corpus.redaction import check_redactions
from vanne.corpus.sidecar import Codes, Sidecar
from vanne.decide import People, decide
from vanne.decide.item_columns import Flags, columns_of
from vanne.decide.kernel import codes_of
from vanne.decide.member_columns import member_columns, member_table
from vanne.decide.request import EvaluationRequest
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at, policy_named
from vanne.sources.batches import map_items, member_batches
from vanne.sources.tables import read_items, read_members

if TYPE_CHECKING:
    import pyarrow as pa

Engine = Literal["kernel", "reference"]
_UNUSED = ("media", "lang", "source")
_ROWS_AT_ONCE = 50_000

Decided = Iterator[tuple[Codes, Flags]]
"""Codes, and which rows have a text."""


def verify(
    home: Home,
    manifest: Manifest,
    engine: Engine = "kernel",
    progress: Progress | None = None,
) -> None:
    """Decide everything again from the data, the policy and the ledger as they were.

    Nothing that is kept beside the corpus is used; what is kept to be taken out of texts is looked
    for again. `reference` decides by the specification itself, some twenty times slower.

    Raises:
        VerificationError: something differs from what the manifest says: data, policy, ledger,
        codes; or a sidecar is damaged, or what is kept of a file is not what is in it.
    """
    again = _decided_again(home, manifest, engine, progress)
    _compare(again, manifest, ("counts", "documents"))
    for file in manifest.files:
        if file.sidecar is not None:
            sidecar_of(home, manifest, file).check()
            check_redactions(home, file)


def _compare(again: Manifest, manifest: Manifest, fields: Sequence[str]) -> None:
    for field in fields:
        if getattr(again, field) != getattr(manifest, field):
            raise VerificationError(
                f"corpus `{manifest.version[:12]}` does not verify: its `{field}` is different now",
                todo=_TODO.get(field, "build the corpus again"),
            )


def _decided_again(
    home: Home, manifest: Manifest, engine: Engine, progress: Progress | None
) -> Manifest:
    made_with = policy_named(home, manifest.policy) or policy_at(home, manifest.as_of)
    question = EvaluationRequest(made_with, manifest.purpose, manifest.as_of)
    size = manifest.ledger_size
    with (
        unchanged(members_table(home)) as members_sha256,
        Ledger.of(home, read_only=True) as ledger,
    ):
        root = ledger.root(size).hex()
        decided = _ENGINES[engine](home, ledger, size, question)
    inputs = Inputs(question, members_sha256, size, root, {})
    _compare(inputs.manifest(), manifest, ("policy", "members_sha256", "ledger_root"))
    if manifest.screening is not None:
        _compare(inputs.manifest(), manifest, ("screening",))
    tally, files = ReasonTally(), list[DataFile]()
    for pinned in manifest.files:
        path = home.items / pinned.path
        with unchanged(path) as sha256:
            if path.name.startswith(NEVER_PREFIX):
                files.append(never_file(home, inputs, path.name, sha256))
                tally.add_never(files[-1].rows)
            else:
                files.append(_file(inputs, path.name, sha256, decided(path), tally))
        if files[-1] != pinned:
            raise VerificationError(
                f"corpus `{manifest.version[:12]}` does not verify: `{path.name}` is another file "
                "now, or is decided otherwise",
                todo="restore it from a backup; or run `vanne corpus refresh`",
            )
        if progress:
            progress(tally.rows)
    return tally.finish(inputs.manifest(), files)


def _file(inputs: Inputs, name: str, sha256: str, decided: Decided, tally: ReasonTally) -> DataFile:
    parts = [np.zeros(0, np.uint8)]
    for codes, has_text in decided:
        tally.add(codes, has_text)
        parts.append(codes)
    codes = np.concatenate(parts)
    file = DataFile(name, sha256, len(codes), None)
    return replace(file, sidecar=Sidecar.of(codes).name(inputs.manifest().binding(file)))


def _by_kernel(
    home: Home, ledger: Ledger, size: int, question: EvaluationRequest
) -> Callable[[Path], Decided]:
    table = member_table(member_batches(str(members_table(home))))
    members = member_columns(table, ledger.batches(0, size), question)

    def of(batch: "pa.RecordBatch") -> tuple[Codes, Flags]:
        has_text = batch["text"].is_valid().to_numpy(zero_copy_only=False)
        return codes_of(columns_of(batch), members, question), has_text

    return lambda path: map_items(str(path), of, skip=_UNUSED)


def _by_reference(
    home: Home, ledger: Ledger, size: int, question: EvaluationRequest
) -> Callable[[Path], Decided]:
    members = read_members(str(members_table(home)))
    people = People.of(
        members, ledger.choices(size), question.policy, question.purpose, question.as_of
    )

    def decided(path: Path) -> Decided:
        items = read_items(str(path))
        while batch := list(islice(items, _ROWS_AT_ONCE)):
            codes = np.array([decide(item, people).code for item in batch], np.uint8)
            yield codes, np.array([bool(item.text) for item in batch])

    return decided


_TODO = {
    "policy": "put the policy back, or `vanne corpus refresh` first",
    "members_sha256": "put the members back, or `vanne corpus refresh` first",
    "screening": "run `vanne corpus refresh`",
    "ledger_root": "see what `vanne ledger fsck` says",
}
_ENGINES = {"kernel": _by_kernel, "reference": _by_reference}
