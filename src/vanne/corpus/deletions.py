"""The deleted rows of a data file, listed beside it: a data file itself never changes.

`items-0a1b.parquet` has its list in `items-0a1b.deleted-3c4d.npy`: an array of numpy with the
number of each `row`, ascending, and with `at`, when that was (microseconds since 1970; -2**63 if
the change did not say). So an older change that comes later does not bring the item back.

The name holds the beginning of the list's SHA-256, and the contract of the home says which list is
in force. So a new list takes effect at once and whole, and a list that was lost, altered or
exchanged is noticed: it would give back what was deleted.
"""

import hashlib
import io
from collections.abc import Collection
from pathlib import Path

import numpy as np

from vanne.config import Home
from vanne.corpus.sidecar import Rows
from vanne.errors import VerificationError, storing
from vanne.files import write_whole

_MARK = ".deleted-"


def write(folder: Path, name: str, rows: Rows, at: Rows) -> str:
    """Write the list of a data file's deleted rows into a folder; return its sha256."""
    file, array = io.BytesIO(), np.zeros(len(rows), [("row", "<u4"), ("at", "<i8")])
    order = np.argsort(rows, kind="stable")
    array["row"], array["at"] = rows[order], at[order]
    np.save(file, array, allow_pickle=False)
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    write_whole(_path(folder, name, sha256), file.getvalue())
    return sha256


def read(folder: Path, name: str, sha256: str | None) -> Rows:
    """Return the deleted rows of a data file, ascending; none if there is no list.

    Raises:
        VerificationError: the list is not the one that was put there.
    """
    return read_timed(folder, name, sha256)[0]


def read_timed(folder: Path, name: str, sha256: str | None) -> tuple[Rows, Rows]:
    """Return the deleted rows of a data file, and when each was deleted.

    Raises:
        VerificationError: as `read`.
    """
    if sha256 is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    path = _path(folder, name, sha256)
    with storing(f"`{path.name}`"):
        data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        state = "damaged" if data else "missing"
        raise VerificationError(f"`{path.name}` is {state}", todo="restore it from a backup")
    array = np.load(io.BytesIO(data), allow_pickle=False)
    return array["row"].astype(np.int64), array["at"].astype(np.int64)


def lists(folder: Path) -> dict[str, Path]:
    """Return the lists that lie in a folder, by the names of their data files.

    Of several for one file it is the longest: rows are added to a list, and never taken out.
    """
    paths = sorted(folder.glob(f"*{_MARK}*.npy"), key=lambda path: path.stat().st_size)
    return {f"{path.name.split(_MARK)[0]}.parquet": path for path in paths}


def sweep(home: Home, used_lists: Collection[tuple[str, str | None]]) -> None:
    """Remove all lists but these, given by data file and checksum."""
    used = {_path(home.items, name, sha256) for name, sha256 in used_lists if sha256}
    for path in set(home.items.glob(f"*{_MARK}*.npy")) - used:
        path.unlink(missing_ok=True)


def _path(folder: Path, name: str, sha256: str) -> Path:
    return folder / f"{name.removesuffix('.parquet')}{_MARK}{sha256[:16]}.npy"
