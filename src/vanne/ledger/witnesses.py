"""Witnesses cosign a checkpoint if the log only grew since the one before (C2SP `tlog-witness`).

A log could show one history to members and another to auditors. Each witness signs one history
alone. So who asks for cosignatures of enough witnesses needs not to trust the log for that.

    log vanne.local/ledger+...                      which logs are meant (C2SP `tlog-policy`)
    witness one witness.example/one+... https://witness.example/one
    witness two witness.example/two+...
    group both 2 one two                            at least two of them
    quorum both

A cosignature is over `cosignature/v1`, a line with its time, and the checkpoint (C2SP
`tlog-cosignature`). `vanne.ledger.witness` is a witness.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vanne.errors import InputError, StorageError, VerificationError, storing
from vanne.ledger.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    Signer,
    Verifier,
    is_by,
    parse_note,
    signer_of,
    verify_checkpoint,
)
from vanne.ledger.encoding import to_base64

ADD_CHECKPOINT = "add-checkpoint"
_PATIENCE_S = 10.0
_LONGEST_ANSWER = 10_000
_MOST_LINES = 200
_TIME_BYTES = 8
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns, by a name of the policy, and where to ask; None: nobody is to be asked here."""

    name: str
    key: Verifier
    url: str | None = None


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """Whose cosignatures a checkpoint needs. `groups` are how many of which names, the last first.

    `quorum` is a witness or a group; None: no cosignature is needed.
    """

    logs: tuple[Verifier, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, tuple[int, tuple[str, ...]]]
    quorum: str | None

    def is_met(self, cosigners: Collection[str], name: str | None = None) -> bool:
        """Say whether these witnesses are enough, or enough of a group."""
        name = name or self.quorum
        if name is None or name not in self.groups:
            return name is None or name in cosigners
        least, members = self.groups[name]
        return sum(self.is_met(cosigners, member) for member in members) >= least

    def vkey_of(self, note: str) -> str | None:
        """Return which of its logs a checkpoint must be signed by; None: it names none."""
        return signer_of(note, self.logs).vkey if self.logs else None

    def require(self, note: str) -> list[str]:
        """Return by which witnesses a checkpoint is cosigned.

        Raises:
            VerificationError: they are not enough, or a cosignature is wrong.
        """
        names = [each.name for each in self.witnesses if cosigned_at(note, each.key) is not None]
        if not self.is_met(names):
            raise VerificationError(
                f"the checkpoint lacks witnesses: {len(names)} of {len(self.witnesses)} cosigned",
                todo="ask its operator for one that enough have cosigned; do not rely on this one",
            )
        return names


def read_policy(path: Path) -> WitnessPolicy:
    """Read a file of witnesses (C2SP `tlog-policy`).

    Raises:
        InputError: a line is none: its number and what is wrong.
    """
    with storing(f"`{path}`"):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    logs, witnesses = list[Verifier](), list[Witness]()
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    quorum, used = list[str | None](), set[str]()
    for number, line in enumerate(lines, 1):
        words = line.split()
        names = {each.name for each in witnesses} | groups.keys()
        try:
            match words:
                case [comment, *_] if comment.startswith("#"):
                    pass
                case []:
                    pass
                case ["log", vkey] | ["log", vkey, _]:
                    logs.append(Verifier.parse(vkey))
                case ["witness", name, vkey, *url] if len(url) < 2 and name not in names:
                    key = Verifier.parse(vkey, COSIGNATURE)
                    if any(each.key.public == key.public for each in witnesses):
                        raise ValueError("that key is there twice")
                    witnesses.append(Witness(name, key, url[0] if url else None))
                case ["group", name, least, *members] if members and name not in names:
                    if not names.issuperset(members) or used.intersection(members):
                        raise ValueError("a member is unknown, or in another group")
                    used.update(members)
                    counts = {"all": len(members), "any": 1}
                    groups[name] = counts.get(least) or int(least), tuple(members)
                    if len(set(members)) < len(members) or not 0 < groups[name][0] <= len(members):
                        raise ValueError("it cannot be met")
                case ["quorum", name] if name in names | {"none"}:
                    quorum.append(None if name == "none" else name)
                case _:
                    raise ValueError("it is no line of such a file, or names what is not there")
            if number > _MOST_LINES:
                raise ValueError("the file is too long")
        except (ValueError, InputError) as error:
            what = error.title if isinstance(error, InputError) else str(error)
            todo = "write it as https://c2sp.org/tlog-policy says"
            raise InputError(f"{path}: line {number}: {what}", todo=todo) from None
    if len(quorum) != 1:
        raise InputError(f"{path}: there must be one line `quorum`", todo="add `quorum NAME`")
    return WitnessPolicy(tuple(logs), tuple(witnesses), groups, quorum[0])


# Cosignatures


def cosign(checkpoint: Checkpoint, signer: Signer, seconds: int) -> str:
    """Return the line with which a witness cosigns a checkpoint, `seconds` after the epoch."""
    signature = signer.private.sign(_message(checkpoint.text, seconds))
    stamped = seconds.to_bytes(_TIME_BYTES, "big") + signature
    return f"— {signer.name} {to_base64(signer.verifier.key_id + stamped)}\n"


def cosigned_at(note: str, key: Verifier) -> int | None:
    """Return when a witness cosigned a checkpoint, in seconds after the epoch; None if it did not.

    Raises:
        VerificationError: its cosignature is wrong.
    """
    text, signatures = parse_note(note)
    data = next((data for name, data in signatures if is_by(key, name, data)), None)
    if data is None:
        return None
    seconds = int.from_bytes(data[4 : 4 + _TIME_BYTES], "big")
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public)
        public.verify(data[4 + _TIME_BYTES :], _message(text, seconds))
    except (InvalidSignature, ValueError):
        raise VerificationError(
            f"the cosignature of `{key.name}` is wrong", todo="do not rely on the checkpoint"
        ) from None
    return seconds


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


# Asking witnesses

Consistency = Callable[[int], Iterable[bytes]]
"""Gives the proof that the log begins with so many entries."""


def gather(
    note: str, log: Verifier, policy: WitnessPolicy, before: int, proof: Consistency
) -> tuple[str, dict[str, str]]:
    """Ask each witness to cosign a checkpoint; `before` is the size that they have probably seen.

    Returns:
        The note with their cosignatures, and why the others did not cosign, by their names.

    Raises:
        StorageError: not enough have cosigned.
    """
    now, failures = verify_checkpoint(note, log), dict[str, str]()
    for witness in policy.witnesses:
        if witness.url is None:
            continue
        try:
            line = _ask(witness, witness.url, note, now, before, proof)
            if cosigned_at(note + line, witness.key) is None:
                raise VerificationError("it gave no cosignature of its own")
            note += line
        except (StorageError, VerificationError) as error:
            failures[witness.name] = error.title
    try:
        policy.require(note)
    except VerificationError as error:
        whys = "".join(f"; `{name}`: {why}" for name, why in failures.items())
        raise StorageError(f"{error.title}{whys}", todo="publish again later") from None
    return note, failures


def _ask(
    witness: Witness, url: str, note: str, now: Checkpoint, old: int, proof: Consistency
) -> str:
    """Return the cosignature of a witness: what it has seen, it says itself where we do not know.

    Raises:
        StorageError: it does not answer, or refuses.
        VerificationError: it has seen another history.
    """
    for _ in range(2):
        hashes = "".join(f"{to_base64(each)}\n" for each in (proof(old) if old else ()))
        status, answer = _post(url, f"old {old}\n{hashes}\n{note}")
        if status == HTTPStatus.OK:
            lines = (line + "\n" for line in answer.splitlines())
            return next((line for line in lines if line.startswith(f"— {witness.key.name} ")), "")
        if status != HTTPStatus.CONFLICT or not _DECIMAL.fullmatch(answer.strip()):
            break
        seen = int(answer)
        if seen == old or seen > now.size:
            raise VerificationError(f"it has seen another history, of {seen:,} entries")
        old = seen
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise VerificationError("it has seen another history")
    raise StorageError(f"it answers {status}")


def _post(url: str, body: str) -> tuple[int, str]:
    address = f"{url.rstrip('/')}/{ADD_CHECKPOINT}"
    try:
        if not address.startswith(("https://", "http://")):
            raise ValueError
        request = Request(address, data=body.encode(), method="POST")  # noqa: S310 checked above
        with urlopen(request, timeout=_PATIENCE_S) as reply:  # noqa: S310
            return reply.status, reply.read(_LONGEST_ANSWER).decode(errors="replace")
    except HTTPError as error:
        return error.code, error.read(_LONGEST_ANSWER).decode(errors="replace")
    except (OSError, HTTPException, ValueError) as error:
        raise StorageError(f"it cannot be reached ({type(error).__name__})") from None
