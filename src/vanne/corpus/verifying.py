"""Verify a version of the corpus: decide all again, from the tables and the ledger alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vanne.config import Home
from vanne.corpus.arrays import unchanged
from vanne.corpus.building import Inputs, Progress, ReasonTally, living_rows, never_file
from vanne.corpus.contract import NEVER_PREFIX, members_table
from vanne.corpus.contract import load as load_contract
from vanne.corpus.manifest import DataFile, Manifest
from vanne.corpus.patch import sidecar_of
from vanne.corpus.redaction import check_redactions
from vanne.corpus.sidecar import GONE, Codes, Sidecar
from vanne.decide.item_columns import Flags, columns_of
from vanne.decide.kernel import codes_of
from vanne.decide.member_columns import member_columns, member_table
from vanne.decide.request import EvaluationRequest
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at, policy_named
from vanne.sources.batches import map_items, member_batches

if TYPE_CHECKING:
    import pyarrow as pa

_UNUSED = ("media", "lang", "source")
_TODO = {
    "policy": "put the policy back, or `vanne corpus refresh` first",
    "members_sha256": "put the members back, or `vanne corpus refresh` first",
    "screening": "run `vanne corpus refresh`",
    "ledger_root": "see what `vanne ledger fsck` says",
}


def verify(home: Home, manifest: Manifest, progress: Progress | None = None) -> None:
    """Decide everything again from the data, the policy and the ledger as they were.

    Nothing that is kept beside the corpus is used; what is kept to be taken out of texts is looked
    for again.

    Raises:
        VerificationError: something differs from what the manifest says: data, policy, ledger,
        codes; or a sidecar is damaged, or what is kept of a file is not what is in it.
    """
    made_with = policy_named(home, manifest.policy) or policy_at(home, manifest.as_of)
    question = EvaluationRequest(made_with, manifest.purpose, manifest.as_of)
    size = manifest.ledger_size
    with (
        unchanged(members_table(home)) as members_sha256,
        Ledger.of(home, read_only=True) as ledger,
    ):
        root = ledger.root(size).hex()
        table = member_table(member_batches(str(members_table(home))))
        members = member_columns(table, ledger.batches(0, size), question)
    inputs = Inputs(question, members_sha256, size, root, {}, load_contract(home).deleted)
    again = inputs.manifest()
    _compare(again, manifest, ("policy", "members_sha256", "ledger_root", "screening"))

    def decided(batch: "pa.RecordBatch") -> tuple[Codes, Flags]:
        has_text = batch["text"].is_valid().to_numpy(zero_copy_only=False)
        return codes_of(columns_of(batch), members, question), has_text

    tally, files = ReasonTally(), list[DataFile]()
    for pinned in manifest.files:
        path = home.items / pinned.path
        with unchanged(path) as sha256:
            if path.name.startswith(NEVER_PREFIX):
                file = never_file(home, inputs, path.name, sha256)
                tally.add_never(living_rows(home, file))
            else:
                parts = [(np.zeros(0, np.uint8), np.zeros(0, np.bool_))]
                parts += map_items(str(path), decided, skip=_UNUSED)
                codes, has_text = (np.concatenate(part) for part in zip(*parts, strict=True))
                codes[inputs.deleted_rows(home, path.name)] = GONE
                tally.add(codes, has_text)
                whole, deleted = Sidecar.of(codes), inputs.deleted.get(path.name)
                file = DataFile(path.name, sha256, len(codes), None, deleted)
                file = replace(file, sidecar=whole.name(again.binding(file)))
        if file != pinned:
            raise VerificationError(
                f"corpus `{manifest.version[:12]}` does not verify: `{path.name}` is another file "
                "now, or is decided otherwise",
                todo="restore it from a backup; or run `vanne corpus refresh`",
            )
        files.append(file)
        if progress:
            progress(tally.rows)
    _compare(tally.finish(again, files), manifest, ("counts", "documents"))
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
