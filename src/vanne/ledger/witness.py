"""A witness: a small server that cosigns checkpoints of logs (C2SP `tlog-witness`).

    POST /add-checkpoint   old 3, a consistency proof, an empty line, the checkpoint of the log
    200                    the cosignature
    409                    the size of the last checkpoint that was cosigned: prove from there
    422                    the log does not begin with what was cosigned before
    404, 403, 400          an unknown log, not signed by its key, not a request

    FOLDER/
    ├─ witness.key         the private key (mode 0600)
    └─ HASH.checkpoint     the last checkpoint of a log that was cosigned, by the hash of its name

The new checkpoint is on the disk before the answer. The folder is locked meanwhile, so that of two
requests one comes first. Stricter than C2SP: a checkpoint has no extension lines.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from vanne.errors import StorageError, VanneError, VerificationError, storing
from vanne.files import locked, make_folder, write_whole
from vanne.ledger.checkpoint import COSIGNATURE, Checkpoint, Signer, Verifier, verify_checkpoint
from vanne.ledger.encoding import from_base64
from vanne.ledger.keys import read_keys, write_new_key
from vanne.ledger.merkle import HASH_BYTES, verify_consistency
from vanne.ledger.witnesses import ADD_CHECKPOINT, cosign

_LONGEST = 64_000  # bytes of a request: 63 hashes, and a checkpoint with many signatures
_MOST_HASHES = 63
_PATIENCE_S = 10.0
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
Answer = tuple[HTTPStatus, str]


@dataclass(frozen=True, slots=True)
class WitnessDesk:
    """A witness at work: its folder, its key, and the keys of the logs that it knows."""

    folder: Path
    signer: Signer
    logs: Sequence[Verifier]

    @classmethod
    def open(cls, folder: Path, name: str, logs: Sequence[Verifier]) -> "WitnessDesk":
        """Return the witness of a folder, with a new key the first time.

        Raises:
            InputError: its key is damaged.
            StorageError: the folder cannot be read or written.
        """
        path = folder / "witness.key"
        with storing(f"`{folder}`"):
            make_folder(folder)
        if not path.exists():
            write_new_key(path, name)
        return cls(folder, Signer(name, read_keys(path)[0], COSIGNATURE), logs)

    def add(self, body: str, seconds: int) -> Answer:
        """Answer a request at a time after the epoch."""
        head, blank, note = body.partition("\n\n")
        first, *lines = head.split("\n")
        match = _OLD.fullmatch(first)
        try:
            proof = [from_base64(line, HASH_BYTES) for line in lines]
        except ValueError:
            match = None
        if not (match and blank) or len(lines) > _MOST_HASHES:
            return HTTPStatus.BAD_REQUEST, "that is no request\n"
        known = [key for key in self.logs if key.name == note.partition("\n")[0]]
        if not known:
            return HTTPStatus.NOT_FOUND, "that log is not known here\n"
        now = _signed(note, known)
        if now is None:
            return HTTPStatus.FORBIDDEN, "no key of that log has signed it\n"
        if int(match[1]) > now.size:
            return HTTPStatus.BAD_REQUEST, "the old size is above the new one\n"
        with locked(self.folder):
            last = self._last(now.origin)
            same = last.size == now.size and last.root != now.root
            if last.size != int(match[1]) or (same and last.size):
                return HTTPStatus.CONFLICT, f"{last.size}\n"
            if (last.size and not verify_consistency(
                last.size, now.size, proof, last.root, now.root
            )) or (not last.size and proof):  # fmt: skip
                return HTTPStatus.UNPROCESSABLE_ENTITY, "the proof does not hold\n"
            write_whole(self._path(now.origin), now.text.encode())
        return HTTPStatus.OK, cosign(now, self.signer, seconds)

    def _path(self, origin: str) -> Path:
        return self.folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def _last(self, origin: str) -> Checkpoint:
        """Return the last checkpoint of a log that was cosigned, of size 0 if there is none."""
        path = self._path(origin)
        if not path.exists():
            return Checkpoint(origin, 0, b"")
        with storing("what was cosigned last"):
            lines = path.read_text().split("\n")
        try:
            return Checkpoint(origin, int(lines[1]), from_base64(lines[2], HASH_BYTES))
        except (ValueError, IndexError):
            raise StorageError(f"`{path}` is damaged", todo="bring it back from a copy") from None


def _signed(note: str, keys: Sequence[Verifier]) -> Checkpoint | None:
    for key in keys:
        try:
            return verify_checkpoint(note, key)
        except VerificationError:
            continue
    return None


def serve(
    desk: WitnessDesk, address: tuple[str, int], clock: Callable[[], int]
) -> ThreadingHTTPServer:
    """Return a server of the witness, which listens; call its `serve_forever`.

    Raises:
        StorageError: the address is taken, or not of this machine.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_S
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, text = self._answer()
            data = text.encode()
            kind = "x.tlog.size" if status == HTTPStatus.CONFLICT else "plain; charset=utf-8"
            self.send_response(status)
            self.send_header("Content-Type", f"text/{kind}")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _answer(self) -> Answer:
            length = self.headers.get("Content-Length", "")
            if not (length.isdecimal() and int(length) <= _LONGEST):
                self.close_connection = True  # its body is not read
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "say its length, at most 64,000 bytes\n"
            body = self.rfile.read(int(length)).decode(errors="replace")
            if self.path.rpartition("/")[2] != ADD_CHECKPOINT:
                return HTTPStatus.NOT_FOUND, f"there is nothing but {ADD_CHECKPOINT}\n"
            try:
                return desk.add(body, clock())
            except VanneError as error:
                return HTTPStatus.INTERNAL_SERVER_ERROR, f"{error.title}\n"

        def log_message(self, *_: object) -> None:
            """Say nothing: who asks is nobody's business."""

    with storing(f"the address {address[0]}:{address[1]}"):
        return ThreadingHTTPServer(address, Handler)
