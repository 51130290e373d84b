"""Who is in the training set, and what keeps the others out: one standing for each member.

The sidecars of a version of the corpus say of each item why it is left out. A member is in if one
of their items is a document. Of all others the reason counts that was the last to leave an item
out, in the order of the rules: without it, a document might be there.

Versions never change. What was counted of one is kept beside it, in `corpus/standing/VERSION.json`.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vanne.config import Home
from vanne.corpus import Manifest
from vanne.corpus.indexes import item_index_of, member_table_of
from vanne.corpus.patch import sidecar_of
from vanne.decide.item_columns import NOBODY
from vanne.errors import storing
from vanne.files import write_whole
from vanne.report.tables import CountTable
from vanne.terms import Reason

SCHEMA = "vanne/standing/1"
IN, NOTHING = "in", "nothing-usable"
GROUPS: Mapping[str, tuple[Reason, ...]] = {
    "off": (Reason.OFF, Reason.OFF_CATEGORY, Reason.OFF_ITEM),
    "off-by-default": (Reason.OFF_BY_DEFAULT,),
    "age": (Reason.MINOR, Reason.AGE_UNKNOWN, Reason.MADE_AS_MINOR),
    "region": (Reason.MEMBER_UNKNOWN, Reason.REGION_UNKNOWN, Reason.REGION_NOT_STARTED),
}
"""The reasons that are about the member, in the order in which they count; all others are about
items, and leave nothing that may be used."""
STANDINGS = ("off", "off-by-default", NOTHING, "age", "region", IN)
"""In the order in which a page tells of them."""


@dataclass(frozen=True, slots=True)
class Standings:
    """How many members of a version of the corpus stand so, and how many documents they have.

    `documents` are those of the sidecars; the manifest should say the same (`attention`).
    """

    members: int
    documents: int
    counts: Mapping[str, int]

    @property
    def inside(self) -> int:
        """How many members have a document in it."""
        return self.counts[IN]

    def table(self) -> CountTable:
        """Return one row for each standing that somebody has, and for those who are in."""
        rows = [(name, self.counts[name]) for name in STANDINGS if self.counts[name] or name == IN]
        return CountTable.of("standing", "standing members", rows, "members")


def standings(home: Home, manifest: Manifest) -> Standings:
    """Return where the members stand in a version of the corpus; count it if nobody did before.

    Raises:
        VerificationError: a sidecar or an index is damaged.
    """
    if known := kept_standings(home, manifest.version):
        return known
    counted = _count(home, manifest)
    document = {"schema": SCHEMA, **asdict(counted)}
    with storing("what is counted of a corpus"):
        write_whole(_path(home, manifest.version), json.dumps(document).encode())
    return counted


def kept_standings(home: Home, version: str) -> Standings | None:
    """Return what was counted of a version before; None if nothing was."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document = json.loads(_path(home, version).read_bytes())
        if document.pop("schema") == SCHEMA:
            return Standings(**document)
    return None


def _count(home: Home, manifest: Manifest) -> Standings:
    table = member_table_of(home, manifest.members_sha256)
    names = [NOTHING, *reversed([*GROUPS]), IN]  # a higher number outweighs a lower one
    group_of = np.zeros(256, np.uint8)
    for name, reasons in GROUPS.items():
        group_of[[reason.code for reason in reasons]] = names.index(name)
    best, documents = np.zeros(len(table), np.uint8), 0
    for file in manifest.files:
        if file.sidecar is None:
            continue
        index = item_index_of(home, file.path, file.sha256)
        codes = np.asarray(sidecar_of(home, manifest, file).codes)
        is_document = (codes == Reason.ALLOWED.code) & index.has_text
        group = np.where(is_document, np.uint8(names.index(IN)), group_of[codes])
        documents += int(is_document.sum())
        rows = np.flatnonzero(group & (index.items.owner != NOBODY).astype(np.uint8) * 255)
        places = np.asarray(table.index.find(index.items.people))[index.items.owner[rows]]
        known = places >= 0
        np.maximum.at(best, places[known], group[rows][known])
    counts = np.bincount(best, minlength=len(names)).tolist()
    by_name = dict(zip(names, counts, strict=True))
    return Standings(len(table), documents, by_name)


def _path(home: Home, version: str) -> Path:
    return home.corpus / "standing" / f"{version}.json"
