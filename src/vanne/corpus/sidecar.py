"""A sidecar: one reason code (a byte) per row of a data file, in file order, bound to that file.

The name of a sidecar is the SHA-256 of its binding (one line of canonical JSON) and of the SHA-256
of each block of 65,536 codes. So equal decisions have one name, and a change of a few rows costs
only their blocks. A sidecar that does not fit its data file is refused: if rows moved, somebody
would get another person's verdict, and no count would show it.

The file is the binding line, the digests of the blocks, and the codes.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rfc8785

from vanne.errors import VerificationError, storing
from vanne.files import write_whole

SCHEMA = "vanne/sidecar/2"
BLOCK = 65_536
_DIGEST = 32
REFRESH = "run `vanne corpus refresh`, which makes it again"
"""What to do about anything that is derived and damaged."""

GONE = 255
"""The code of a row that was deleted, and of an item that no row holds: no reason has it."""

Codes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sidecar's codes hold for: this very file, policy, purpose, people and time."""

    file_sha256: str
    rows: int
    policy: str
    purpose: str
    as_of: str
    members_sha256: str
    ledger_size: int
    ledger_root: str

    def line(self) -> bytes:
        """Return the first line of the sidecar."""
        return rfc8785.dumps({"schema": SCHEMA, **asdict(self)}) + b"\n"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The codes of one data file, and the digests of their blocks."""

    codes: Codes
    digests: bytes

    @classmethod
    def of(cls, codes: Codes) -> "Sidecar":
        """Digest all blocks."""
        blocks = range(-(-len(codes) // BLOCK))
        return cls(codes, b"".join(_digest(_block(codes, block)) for block in blocks))

    def name(self, binding: Binding) -> str:
        """Return what these codes are called when they hold for that."""
        return hashlib.sha256(binding.line() + self.digests).hexdigest()

    def changed(self, rows: Rows, codes: Codes) -> "Sidecar":
        """Return the sidecar in which some rows have other codes; only their blocks are digested.

        Raises:
            VerificationError: one of these blocks is damaged.
        """
        patched, digests = np.array(self.codes), bytearray(self.digests)
        for block in np.unique(rows // BLOCK).tolist():
            self._check(block)
        patched[rows] = codes
        for block in np.unique(rows // BLOCK).tolist():
            digests[block * _DIGEST : (block + 1) * _DIGEST] = _digest(_block(patched, block))
        return Sidecar(patched, bytes(digests))

    def check(self) -> None:
        """Refuse codes that are not those of the digests.

        Raises:
            VerificationError: a block is damaged.
        """
        for block in range(len(self.digests) // _DIGEST):
            self._check(block)

    def _check(self, block: int) -> None:
        if _digest(_block(self.codes, block)) != self.digests[block * _DIGEST :][:_DIGEST]:
            raise VerificationError("a sidecar is damaged", todo=REFRESH)


def save(folder: Path, binding: Binding, sidecar: Sidecar) -> str:
    """Write a sidecar into a folder; return its name."""
    name, data = sidecar.name(binding), binding.line() + sidecar.digests + sidecar.codes.tobytes()
    try:
        is_there = (folder / name).read_bytes() == data
    except OSError:
        is_there = False
    if not is_there:
        write_whole(folder / name, data)
    return name


def load(folder: Path, name: str, expected: Binding) -> Sidecar:
    """Return a sidecar that is bound to exactly what is expected; `check` looks at its codes.

    Raises:
        VerificationError: it is damaged, or was made for something else.
    """
    if not (folder / name).is_file():
        raise VerificationError(f"sidecar `{name[:12]}` is missing", todo=REFRESH)
    with storing(f"the sidecar `{name[:12]}`"):
        size_bytes = (folder / name).stat().st_size
        data = np.memmap(folder / name, np.uint8, "r") if size_bytes else np.zeros(0, np.uint8)
    start = data[:_LONGEST_LINE].tobytes().find(b"\n") + 1
    line = data[:start].tobytes()
    blocks = -(-expected.rows // BLOCK)
    digests = data[start : start + blocks * _DIGEST].tobytes()
    codes = data[start + blocks * _DIGEST :]
    try:
        bound = json.loads(line)
    except ValueError:
        bound = None
    if not isinstance(bound, dict):
        raise VerificationError(f"sidecar `{name[:12]}` is damaged", todo=REFRESH)
    for field, value in asdict(expected).items():
        if bound.get(field) != value:
            raise VerificationError(
                f"sidecar `{name[:12]}` was made for another `{field}`", todo=REFRESH
            )
    if hashlib.sha256(line + digests).hexdigest() != name or len(codes) != expected.rows:
        raise VerificationError(f"sidecar `{name[:12]}` is damaged", todo=REFRESH)
    return Sidecar(codes, digests)


_LONGEST_LINE = 65_536


def _block(codes: Codes, block: int) -> Codes:
    return codes[block * BLOCK : (block + 1) * BLOCK]


def _digest(codes: Codes) -> bytes:
    return hashlib.sha256(codes.tobytes()).digest()
