"""A sidecar: one reason code (a byte) per row of a data file, in file order, bound to that file.

The file is one line of canonical JSON (the binding) and then the codes. It is named by the sha256
of its bytes, so that equal decisions are one file. A sidecar that does not fit what it is used with
is refused: rows that moved would give somebody another's verdict, and no count would show it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import rfc8785

from vanne.errors import VerificationError, storing
from vanne.files import write_whole

SCHEMA = "vanne/sidecar/1"


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


def save(folder: Path, binding: Binding, codes: bytes) -> str:
    """Write a sidecar into a folder; return its name."""
    name = name_of(binding, codes)
    if not (folder / name).exists():
        write_whole(folder / name, _bytes(binding, codes))
    return name


def name_of(binding: Binding, codes: bytes) -> str:
    """Return the name of a sidecar: the sha256 of its bytes, in hex."""
    return hashlib.sha256(_bytes(binding, codes)).hexdigest()


def _bytes(binding: Binding, codes: bytes) -> bytes:
    return rfc8785.dumps({"schema": SCHEMA, **asdict(binding)}) + b"\n" + codes


def load(folder: Path, name: str, expected: Binding) -> bytes:
    """Return the codes of a sidecar, if it is whole and bound to exactly what is expected.

    Raises:
        VerificationError: it is damaged, or was made for something else.
    """
    with storing(f"the sidecar `{name[:12]}`"):
        data = (folder / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != name:
        raise VerificationError(f"sidecar `{name[:12]}` is damaged", todo="build the corpus again")
    header, _, codes = data.partition(b"\n")
    bound = json.loads(header)
    for field, value in asdict(expected).items():
        if bound.get(field) != value:
            raise VerificationError(
                f"sidecar `{name[:12]}` was made for another `{field}`",
                todo="build the corpus again",
            )
    if len(codes) != expected.rows:
        raise VerificationError(
            f"sidecar `{name[:12]}` has {len(codes)} codes for {expected.rows} rows"
        )
    return codes
