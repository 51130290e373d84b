"""The certificate: which checkpoints were dropped and kept, and who can check it.

A JSON document (`vanne/certificate/3`) in canonical form (RFC 8785), signed with Ed25519 (RFC
8032), whose digest is an entry of the ledger. Every member may read it: it names keys and digests
of checkpoints, and no member and no item; its times are days; of those who asked it holds what
their own receipts open (`opening_of`), among others that open to nothing, so that it does not say
how many they were. `docs/reference/certificates.md` explains each field.
`vanne.forget.verifying` derives everything again and trusts no field.
"""

import base64
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vanne.errors import VerificationError, storing
from vanne.files import write_whole
from vanne.train.digests import digest
from vanne.train.store import Store

SCHEMA = "vanne/certificate/3"
FIELDS = frozenset(
    {
        "schema",
        "phase",
        "claim",
        "day",
        "model",
        "corpus",
        "requests",
        "waiting",
        "configuration",
        "keys",
        "digests",
        "shards",
        "at_once",
        "deleted",
        "signature",
    }
)
AT_ONCE, RETRAINED = "at-once", "retrained"
"""The phases. A certificate of the first whose model holds all of its corpus needs no second."""
_FEWEST = 16  # requests that a certificate seems to have


@dataclass(frozen=True, slots=True)
class Cost:
    """What a forgetting took: for who did it, and in no file that others read.

    Tokens count as often as they were trained on. From the sizes of two certificates could be told
    whose texts left.
    """

    shards: tuple[int, ...]
    tokens: int
    tokens_full: int
    seconds_full: float
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    seconds_at_once: float = 0.0

    @property
    def share(self) -> float:
        """Tokens that were trained again as a share of a full training on the same documents."""
        return self.tokens / max(self.tokens_full, 1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed statement that a model forgot. `document` is the whole of it, as it is written.

    `cost` is known to who has just made it.
    """

    document: Mapping[str, Any]
    cost: Cost | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The digest of what is signed."""
        return digest(str(self.document["schema"]), signed_part(self.document))

    @property
    def day(self) -> date:
        """When it was done (UTC): from then on the model that forgot has served."""
        return date.fromisoformat(self.document["day"])

    @property
    def before(self) -> str:
        """The version of the model that was replaced."""
        return str(self.document["model"]["before"])

    @property
    def after(self) -> str:
        """The version of the model that forgot."""
        return str(self.document["model"]["after"])

    @property
    def replaced(self) -> frozenset[str]:
        """The versions of all models whose place it took."""
        return frozenset(self.document["model"]["replaced"])

    @property
    def phase(self) -> str:
        """Which phase it certifies."""
        return str(self.document["phase"])

    @property
    def waiting(self) -> int:
        """How many documents of the corpus its model does not hold yet."""
        return int(self.document["waiting"])

    @property
    def steps(self) -> tuple[str, ...]:
        """The ids of the certificates of the first phase that led to it."""
        return tuple(step["certificate"] for step in self.document["at_once"])

    @property
    def requests(self) -> frozenset[str]:
        """What the receipts of those who asked open, and what opens to nothing."""
        return frozenset(self.document["requests"])

    @property
    def corpus_after(self) -> str:
        """The version of the corpus that its model was trained on."""
        return str(self.document["corpus"]["after"])

    @property
    def corpus_before(self) -> str:
        """The version of the corpus that the replaced model was trained on."""
        return str(self.document["corpus"]["before"])

    @property
    def changed(self) -> frozenset[int]:
        """The shards that, as it says, end in another checkpoint than before."""
        before, after = (self.document["shards"][name] for name in ("before", "after"))
        return frozenset(int(shard) for shard in after if before.get(shard) != after[shard])

    @property
    def key(self) -> bytes:
        """The public key that signed it."""
        return base64.b64decode(self.document["signature"]["public_key"], validate=True)

    def write(self, folder: Path) -> Path:
        """Write the certificate into a folder, named by its id; return the path."""
        path = folder / f"{self.id[:16]}.json"
        write_whole(path, json.dumps(self.document, indent=1).encode())
        return path


def opening_of(salt: bytes, leaf: bytes) -> str:
    """Return what a certificate holds of who asked, in base64: their receipt alone opens it.

    `salt` is the secret of their entry and `leaf` the hash of its leaf (RFC 9162).
    """
    return base64.b64encode(sha256(b"vanne/request/1" + salt + leaf).digest()).decode()


def hidden(requests: Collection[str]) -> list[str]:
    """Return requests among others that open to nothing: how many there are cannot be told."""
    wanted = max(_FEWEST, 1 << (len(requests) - 1).bit_length() if requests else 0)
    others = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(wanted))
    return sorted([*requests, *others][:wanted])


def public_key_path(store: Store) -> Path:
    """Return where the key lies with which anyone can check this store's certificates."""
    return store.root / "certificate.pub"


def signed_part(document: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: everything but the signature, in canonical JSON."""
    return rfc8785.dumps({name: value for name, value in document.items() if name != "signature"})


def sign(body: Mapping[str, Any], store: Store) -> Certificate:
    """Sign a statement with the store's key, making one on first use (mode 0600)."""
    key = signing_key(store)
    signature = {
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "value": base64.b64encode(key.sign(signed_part(body))).decode(),
    }
    return Certificate({**body, "signature": signature})


def check_signature(document: Mapping[str, Any]) -> bytes:
    """Return the public key that signed a certificate.

    Raises:
        VerificationError: it was changed after it was signed.
    """
    signature = document["signature"]
    public = base64.b64decode(signature["public_key"], validate=True)
    value = base64.b64decode(signature["value"], validate=True)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, signed_part(document))
    except InvalidSignature:
        raise failed("signature", "it was changed after it was signed") from None
    return public


def public_key(store: Store) -> bytes | None:
    """Return the key with which this store signs; None if it has signed nothing yet."""
    try:
        return base64.b64decode(public_key_path(store).read_bytes())
    except (OSError, ValueError):
        return None


def signing_key(store: Store) -> Ed25519PrivateKey:
    """Return the key with which a store signs, making it on first use, and its public half."""
    path = store.root / "certificate.key"
    if not path.exists():
        write_whole(path, Ed25519PrivateKey.generate().private_bytes_raw(), mode=0o600)
    with storing("the key that signs certificates"):
        data = path.read_bytes()
    try:
        key = Ed25519PrivateKey.from_private_bytes(data)
    except ValueError:
        raise VerificationError(f"`{path}` is damaged", todo="restore it from a backup") from None
    public = base64.b64encode(key.public_key().public_bytes_raw()) + b"\n"
    write_whole(public_key_path(store), public)
    return key


def failed(step: str, what: str) -> VerificationError:
    """Return the error that names the step at which a certificate does not hold."""
    return VerificationError(f"the certificate does not hold at step `{step}`: {what}")
