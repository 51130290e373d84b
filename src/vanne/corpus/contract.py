"""The contract of a home: the columns, types and checksums that its tables must keep.

The first table fixes the columns and the type of each. The tables together fix, for each category,
the share of rows that give a value. A later table is refused if a column is missing, has another
type, is given in less than half of the expected rows, or cannot be read in more than half of its
values. Each of these may be an opt-out that was lost on its way here. If an operator accepts such a
table explicitly, the contract records it, and it holds from then on.

The checksums pin the members' table and the data files. The file `contract.json` cannot be derived
again: include it in backups.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from math import log
from pathlib import Path

import numpy as np
import rfc8785

from vanne.config import Home
from vanne.corpus import deletions
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.sidecar import Rows
from vanne.errors import InputError, VerificationError, storing
from vanne.files import sha256_of, write_whole
from vanne.sources.batches import UNCHECKED, Flags, plain_items
from vanne.sources.relation import named
from vanne.sources.scan import WHOLE, Shape, shape_of
from vanne.sources.schema import ITEMS

SCHEMA = "vanne/contract/1"
HALF = 0.5
"""A column of which less than this share of the expected values is there counts as lost."""
_CHANCE = log(1000)
"""Half of a G-test's figure that comes by chance in one table of some five thousand."""


@dataclass(frozen=True, slots=True)
class Accepting:
    """What an operator accepts by an explicit word, and when they said so."""

    at: datetime
    schema: bool = False
    files: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class AgreedColumn:
    """What a column is held to.

    `given` says by category how many rows gave a value, and of how many; `unreadable` is the share
    of values that were not understood.
    """

    types: tuple[str, ...]
    given: Mapping[str, tuple[int, int]]
    unreadable: float = 0.0

    def expected(self, rows: Mapping[str, int]) -> float:
        """Return how many of some rows should give a value; those without a category as all do."""
        values, total = (sum(pair[n] for pair in self.given.values()) for n in (0, 1))
        counts = {WHOLE: (values, max(1, total)), **self.given}
        return sum(counts[group][0] / counts[group][1] * number for group, number in rows.items())


Columns = Mapping[str, AgreedColumn]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a home holds its tables to. `files` and `members_sha256` are the pinned checksums.

    `deleted` pins, by data file, the list of its deleted rows. Files that are `superseded` were
    compacted into others; they stay until no current version names them.
    """

    items: Columns = field(default_factory=dict)
    members: Columns = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    deleted: Mapping[str, str] = field(default_factory=dict)
    superseded: tuple[str, ...] = ()
    members_sha256: tuple[str, ...] = ()
    accepted: tuple[Mapping[str, str], ...] = ()

    def accept(self, at: datetime, what: str) -> "Contract":
        """Return the contract with a line in its record of what was accepted."""
        line = {"at": at.isoformat(), "what": what}
        return replace(self, accepted=(*self.accepted, line))


# The file


def load(home: Home, accepting: Accepting | None = None) -> Contract:
    """Return the contract of a home; an empty one if it has taken nothing in yet.

    Raises:
        VerificationError: it is damaged, or lost though a corpus was built (unless accepted).
    """
    anew = bool(accepting and accepting.schema)
    if not home.contract.exists():
        if anew or not any(home.corpus.glob("CURRENT*")):
            return _anew(home)
        raise VerificationError("`contract.json` is missing", todo=_BACKUP)
    with storing("`contract.json`"):
        data = home.contract.read_bytes()
    try:
        return _parsed(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if anew:
            return _anew(home)
        raise VerificationError("`contract.json` is damaged", todo=_BACKUP) from error


def _anew(home: Home) -> Contract:
    """Return an empty contract of a home. What was deleted stays deleted."""
    there = deletions.lists(home.items)
    return Contract(deleted={name: sha256_of(path) for name, path in there.items()})


@lru_cache(maxsize=8)
def _parsed(data: bytes) -> Contract:
    """Read a contract. Whoever looks up a member asks for it each time: the same is read once."""
    document = json.loads(data)
    if document.pop("sha256") != hashlib.sha256(rfc8785.dumps(document)).hexdigest():
        raise ValueError("another checksum")
    if document.pop("schema") != SCHEMA:
        raise ValueError("another schema")
    columns = {
        table: {
            name: AgreedColumn(
                types=tuple(each["types"]),
                given={group: (values, rows) for group, (values, rows) in each["given"].items()},
                unreadable=each["unreadable"],
            )
            for name, each in document[table].items()
        }
        for table in ("items", "members")
    }
    lists = {
        name: tuple(document.get(name, ())) for name in ("members_sha256", "accepted", "superseded")
    }
    return Contract(**(document | columns | lists))


_BACKUP = (
    "restore it from a backup; or take everything as it is now: "
    "`vanne corpus build --accept-schema`"
)


def save(home: Home, contract: Contract) -> None:
    """Write the contract of a home, if it is not the one that is there."""
    with storing("`contract.json`"), suppress(OSError, ValueError, KeyError, TypeError):
        if _parsed(home.contract.read_bytes()) == contract:
            return
    write_whole(home.contract, document_of(contract))


def document_of(contract: Contract) -> bytes:
    """Return a contract as it is written."""
    document = json.loads(json.dumps(asdict(contract) | {"schema": SCHEMA}))
    digest = hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    return json.dumps(document | {"sha256": digest}, sort_keys=True).encode()


# The members' table and the data files


def members_table(home: Home) -> Path:
    """Return the table of the members, for whoever reads it.

    Raises:
        VerificationError: it is not the one that was put there.
    """
    cache = ChecksumCache(home.corpus / "seen.json")
    check_members(load(home), cache.sha256(home.members))
    return home.members


def check_members(contract: Contract, sha256: str) -> None:
    """Refuse a table of members that is not the one that was put there.

    Raises:
        VerificationError: its bytes are others.
    """
    if contract.members_sha256 and sha256 not in contract.members_sha256:
        raise VerificationError(
            "`members.parquet` is not the table that was put there",
            todo="restore it from a backup, or give it to `vanne corpus add --members`",
        )


def admit(
    home: Home, files: Mapping[str, str], members_sha256: str, accepting: Accepting | None = None
) -> Contract:
    """Hold the data files (checksums by name) and the members to the contract; return it as it
    is to be saved: with what is new, and without files that were removed.

    Of files of what is never used the shape is not looked at.

    Raises:
        InputError: a data file was replaced, or a new one has not the shape of those before it.
        VerificationError: the table of the members was replaced.
    """
    contract = load(home, accepting)
    check_members(contract, members_sha256)
    contract = replace(contract, members_sha256=contract.members_sha256 or (members_sha256,))
    for name, sha256 in files.items():
        if contract.files.get(name, sha256) != sha256:
            if accepting is None or name not in accepting.files:
                raise InputError(
                    f"the data file `{name}` was replaced or is damaged: data files never change",
                    todo="restore it from a backup; or accept these bytes: "
                    f"`vanne corpus build --accept-file {name}`",
                )
            others = {other: pin for other, pin in contract.files.items() if other != name}
            contract = replace(contract, files=others)
            contract = contract.accept(accepting.at, f"the bytes of `{name}`")
        if name not in contract.files and not name.startswith(NEVER_PREFIX):
            path = str(home.items / name)
            unreadable = dict[str, int]()
            for batch, faults in plain_items(path, skip=UNCHECKED):
                count_unreadable(unreadable, faults, len(batch))
            contract = held_items(contract, path, unreadable, accepting)
    deleted = {name: pin for name, pin in contract.deleted.items() if name in files}
    return replace(contract, files=dict(files), deleted=deleted)


def data_files(home: Home, contract: Contract | None = None) -> list[Path]:
    """Return the data files by name, without those that were compacted into others."""
    superseded = (contract or load(home)).superseded
    return [p for p in sorted(home.items.glob("*.parquet")) if p.name not in superseded]


def deleted_rows(home: Home, name: str) -> Rows:
    """Return the rows of a data file that are deleted now, ascending.

    Raises:
        VerificationError: the list of them is not the one that was put there.
    """
    return deleted_at(home, name)[0]


def deleted_at(home: Home, name: str) -> tuple[Rows, Rows]:
    """Return the rows of a data file that are deleted now, and when each was deleted.

    Raises:
        VerificationError: as `deleted_rows`.
    """
    return deletions.read_timed(home.items, name, load(home).deleted.get(name))


NEVER_PREFIX = "never-"
"""What the names of data files begin with that hold only what is never used."""


# The shape of tables


def count_unreadable(counts: dict[str, int], faults: Mapping[str, Flags], rows: int) -> None:
    """Add, for each column, in how many rows of a batch its value was not understood."""
    for name, flags in faults.items():
        counts[name] = counts.get(name, 0) + (int(np.count_nonzero(flags)) if rows else 0)


def held_items(
    contract: Contract,
    source: str,
    unreadable: Mapping[str, int],
    accepting: Accepting | None,
    *,
    name: str = "",
) -> Contract:
    """Hold a table of items to the contract; return the contract with what is new in it.

    Errors give the table another `name` than its own.

    Raises:
        InputError: its shape has changed, and that is not accepted.
    """
    shape = shape_of(source, ITEMS, "items")
    accepted = _accepted(contract, contract.items, name or source, shape, unreadable, accepting)
    return replace(accepted, items=agreed(contract.items, shape, unreadable))


def held_members(
    contract: Contract, source: str, shape: Shape, plain: Shape, accepting: Accepting | None
) -> Contract:
    """Hold a table of members to the contract; `plain` is what was understood of it.

    Raises:
        InputError: its shape has changed, and that is not accepted.
    """
    unreadable = {name: shape.values(name) - plain.values(name) for name in shape.given}
    accepted = _accepted(contract, contract.members, source, shape, unreadable, accepting)
    return replace(accepted, members=agreed(contract.members, shape, unreadable))


def _accepted(
    contract: Contract,
    columns: Columns,
    source: str,
    shape: Shape,
    unreadable: Mapping[str, int],
    accepting: Accepting | None,
) -> Contract:
    differences = changes(columns, shape, unreadable)
    if not differences:
        return contract
    what = f"{named(source)}: {'; '.join(differences)}"
    if accepting is None or not accepting.schema:
        raise InputError(what, todo="mend the table; if it is meant so, --accept-schema accepts it")
    return contract.accept(accepting.at, what)


def changes(columns: Columns, shape: Shape, unreadable: Mapping[str, int]) -> list[str]:
    """Say what has changed in a table against what its columns are held to, in words."""
    differences = []
    for name, column in columns.items():
        known = {WHOLE, *column.given}  # of a new category nobody knows what to expect
        rows = {group: number for group, number in shape.rows.items() if group in known}
        expected, total = column.expected(rows), sum(rows.values())
        values = sum(shape.given.get(name, {}).get(group, 0) for group in rows)
        earlier = sum(count for _, count in column.given.values())
        if name not in shape.given:
            differences.append(f"column `{name}` is missing, and earlier tables have it")
        elif column.types and shape.types.get(name, column.types[0]) not in column.types:
            kinds = " or ".join(f"`{each}`" for each in column.types)
            differences.append(f"column `{name}` is `{shape.types[name]}`, and was {kinds}")
        elif values < HALF * expected and is_no_chance(values, total, expected / total, earlier):
            differences.append(
                f"column `{name}` is given in {values:,} of {total:,} rows, "
                f"and by earlier tables {round(expected):,} were to be expected"
            )
    for name, count in unreadable.items():
        agreed_share = columns[name].unreadable if name in columns else 0.0
        if count > HALF * shape.values(name) and agreed_share <= HALF:
            differences.append(
                f"column `{name}` holds {count:,} values of {shape.values(name):,} that "
                "cannot be read"
            )
    return differences


def is_no_chance(values: int, rows: int, earlier_share: float, earlier_rows: int) -> bool:
    """Say whether so few values are too few for the share to be what it was (a G-test).

    >>> is_no_chance(0, 1000, 0.05, 5000), is_no_chance(0, 20, 0.05, 5000)
    (True, False)
    >>> is_no_chance(0, 5, 1.0, 1000), is_no_chance(0, 5, 1.0, 1)
    (True, False)
    """
    both = (values + earlier_share * earlier_rows) / (rows + earlier_rows)
    apart = rows * _divergence(values / rows, both)
    return apart + earlier_rows * _divergence(earlier_share, both) > _CHANCE


def _divergence(share: float, other: float) -> float:
    """Return how far one share is from another, in nats (Kullback and Leibler, 1951)."""
    pairs = ((share, other), (1 - share, 1 - other))
    return sum(p * log(p / q) for p, q in pairs if p > 0 and q > 0)


def agreed(columns: Columns, shape: Shape, unreadable: Mapping[str, int]) -> Columns:
    """Return the columns with what a table adds: new ones, new categories, what was accepted.

    A column that is not there any more is not expected again until a table has it. Rows are added
    up; where a change was accepted the counting begins anew.
    """
    result = {}
    for name, given in shape.given.items():
        before = columns.get(name, AgreedColumn((), {}))
        type_ = shape.types.get(name)
        unreadable_share = round(unreadable.get(name, 0) / max(1, shape.values(name)), 6)
        known = {} if changes({name: before}, shape, {}) else before.given
        counts = {
            group: (given[group] + known.get(group, (0, 0))[0], rows + known.get(group, (0, 0))[1])
            for group, rows in shape.rows.items()
        }
        result[name] = AgreedColumn(
            types=(*before.types, *([type_] if type_ and type_ not in before.types else [])),
            given=dict(before.given) | counts,
            unreadable=max(before.unreadable, unreadable_share),
        )
    return result
