"""Checkpoints: the size and root of the tree, signed as a C2SP note.

    vanne.local/ledger                              origin: which log
    3                                               size: how many entries
    XFBuamOKSU9X9SYH9HI88oeB1WjNFOlwhZWqxFNzV3g=    root over them, base64

    — vanne.local/ledger <base64 of key id (4 bytes) || Ed25519 signature (64 bytes)>

The signature is over the three lines with their newlines. The key id is the first four bytes of
SHA-256(name || 0x0A || 0x01 || public key), the verifier key («vkey») is `name+hex key id+base64 of
0x01 || public key`. Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, RFC 8032. A note may
bear further signatures (witnesses, the next key); as C2SP asks, those by other keys are ignored.
Stricter than C2SP: extension lines are refused, and the key's name must be the origin.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vanne.errors import InputError, VerificationError
from vanne.ledger.encoding import from_base64, to_base64

MAX_SIZE = 2**63 - 1
_MAX_SIGNATURES = 100  # C2SP asks for a limit of at least 16
_ED25519 = b"\x01"
COSIGNATURE = b"\x04"
"""The kind of a witness's key (c2sp.org/tlog-cosignature): Ed25519, over a time too."""
_TEXT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE = re.compile(r"— ([^ \n]+) ([A-Za-z0-9+/]+=*)")
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log had signed: `root` (32 bytes) over its first `size` entries."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key: of a log's or, by its kind, of a witness's."""

    name: str
    public: bytes
    kind: bytes = _ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no proof of anything."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key in the form that C2SP tools read."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self.kind + self.public)}"

    @classmethod
    def parse(cls, vkey: object, kind: bytes = _ED25519) -> "Verifier":
        """Read a vkey of a kind.

        Raises:
            InputError: it is not one, or it is mistyped (the key id does not fit the key).
        """
        match = _VKEY.fullmatch(vkey) if isinstance(vkey, str) else None
        with _refusing(InputError("that is not a verifier key", todo=_VKEY_HELP)):
            if not match or not is_key_name(match[1]):
                raise ValueError
            key = from_base64(match[3], 33)
            verifier = cls(match[1], key[1:], kind)
            if key[:1] != kind or verifier.key_id.hex() != match[2]:
                raise ValueError
        return verifier


_VKEY_HELP = "give it whole, as the log's operator publishes it: name+key id+key"


@dataclass(frozen=True, slots=True)
class Signer:
    """The private half of a key, under the name of its log or witness."""

    name: str
    private: Ed25519PrivateKey
    kind: bytes = _ED25519

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        raw, public = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return Verifier(self.name, self.private.public_key().public_bytes(raw, public), self.kind)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note."""
        return sign(checkpoint, [self])


def sign(checkpoint: Checkpoint, signers: Iterable[Signer]) -> str:
    """Return the note with a signature of each; Ed25519 gives one signature for one text."""
    text = checkpoint.text
    return f"{text}\n" + "".join(_signature(signer, text) for signer in signers)


@lru_cache(maxsize=16)  # every append signs anew what the one before it signed, and compares
def _signature(signer: Signer, text: str) -> str:
    signature = signer.private.sign(text.encode())
    return f"— {signer.name} {to_base64(signer.verifier.key_id + signature)}\n"


def is_key_name(name: str) -> bool:
    """Tell whether C2SP allows the name: not empty, no spaces, control characters or plus signs."""
    return bool(name) and not any(
        character == "+" or character.isspace() or unicodedata.category(character) in ("Cc", "Cs")
        for character in name
    )


def verify_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Return what the log signed with that key.

    Raises:
        VerificationError: not a checkpoint, another log's, not signed with that key, or wrongly.
    """
    text, signatures = parse_note(note)
    by_this_key = [data for name, data in signatures if is_by(verifier, name, data)]
    if not by_this_key:
        raise VerificationError(
            f"the checkpoint is not signed with the key `{verifier.vkey}`",
            todo="check that this is the log's key; do not rely on the checkpoint",
        )
    for data in by_this_key:
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(data[4:], text.encode())
        except (InvalidSignature, ValueError) as error:
            raise VerificationError(
                "the signature of the checkpoint is wrong",
                todo="it was changed after signing, or never signed: do not rely on it",
            ) from error
    checkpoint = read_checkpoint(note)
    if checkpoint.origin != verifier.name:
        raise VerificationError("the checkpoint is of another log than the key")
    return checkpoint


def read_checkpoint(note: str) -> Checkpoint:
    """Return what a note says, whoever signed it.

    Raises:
        VerificationError: it is no checkpoint.
    """
    text, _ = parse_note(note)
    with _refusing(VerificationError("the signed note is not a checkpoint of three lines")):
        match = _TEXT.fullmatch(text)
        if not match or int(match[2]) > MAX_SIZE:
            raise ValueError
        return Checkpoint(match[1], int(match[2]), from_base64(match[3], 32))


def signer_of(note: str, verifiers: Sequence[Verifier]) -> Verifier:
    """Return by which of a log's keys a note seems to be signed; the first if by none of them."""
    return next((one for one in verifiers if is_signed(note, one)), verifiers[0])


def is_signed(note: str, verifier: Verifier) -> bool:
    """Tell whether a note bears a signature of that key, right or wrong."""
    try:
        _, signatures = parse_note(note)
    except VerificationError:
        return False
    return any(is_by(verifier, name, data) for name, data in signatures)


def is_by(verifier: Verifier, name: str, data: bytes) -> bool:
    """Tell whether a signature seems to be of that key."""
    return name == verifier.name and data[:4] == verifier.key_id


def is_note(text: str) -> bool:
    """Say whether a text has the form of a signed note, whoever signed it."""
    try:
        parse_note(text)
    except VerificationError:
        return False
    return True


def parse_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Split a note at its last empty line into the text and its (key name, signature) pairs.

    Raises:
        VerificationError: it is none.
    """
    with _refusing(VerificationError("that is not a signed note as C2SP defines it")):
        note.encode()  # a lone surrogate is no UTF-8
        text, blank, rest = note.rpartition("\n\n")
        lines = rest.split("\n")
        if not blank or lines.pop() or not 0 < len(lines) <= _MAX_SIGNATURES:
            raise ValueError
        if any(character < " " and character != "\n" for character in note):
            raise ValueError
        return text + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if not match or not is_key_name(match[1]):
        raise ValueError
    data = from_base64(match[2], len(match[2]) * 3 // 4 - match[2].count("="))
    if len(data) <= 4:
        raise ValueError
    return match[1], data


@contextmanager
def _refusing(error: InputError | VerificationError) -> Iterator[None]:
    """Raise `error` where the text is not what it should be."""
    try:
        yield
    except ValueError as cause:
        raise error from cause
