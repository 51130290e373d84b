"""The deleted rows of a data file, listed beside it: a data file itself never changes.

`items-0a1b.parquet` has its list in `items-0a1b.deleted-3c4d.npy`: the numbers of the rows,
ascending, as an array of numpy. The name holds the beginning of the list's SHA-256, and the
contract of the home says which list is in force. So a new list takes effect at once and whole, and
a list that was lost, altered or exchanged is noticed: it would give back what was deleted.
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


def write(folder: Path, name: str, rows: Rows) -> str:
    """Write the list of a data file's deleted rows into a folder; return its sha256."""
    file = io.BytesIO()
    np.save(file, rows.astype("<u4"), allow_pickle=False)
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    write_whole(_path(folder, name, sha256), file.getvalue())
    return sha256


def read(folder: Path, name: str, sha256: str | None) -> Rows:
    """Return the deleted rows of a data file, ascending; none if there is no list.

    Raises:
        VerificationError: the list is not the one that was put there.
    """
    if sha256 is None:
        return np.zeros(0, np.int64)
    path = _path(folder, name, sha256)
    with storing(f"`{path.name}`"):
        data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        state = "damaged" if data else "missing"
        raise VerificationError(f"`{path.name}` is {state}", todo="restore it from a backup")
    rows: Rows = np.load(io.BytesIO(data), allow_pickle=False).astype(np.int64)
    return rows


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
