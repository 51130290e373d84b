"""The certificate: what was dropped, what was kept, who asked for it, and who can check it.

A JSON document (`vanne/certificate/2`) in canonical form (RFC 8785), signed with Ed25519 (RFC
8032). It names keys and digests of checkpoints and entries of the ledger, and no member and no
item. `docs/reference/certificates.md` explains each field. Those of version 1, which older homes
hold, are read too. `vanne.forget.verifying` derives everything again and trusts no field.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vanne.errors import VerificationError, storing
from vanne.files import write_whole
from vanne.train.digests import digest
from vanne.train.store import Store

SCHEMA = "vanne/certificate/2"
SCHEMA_1 = "vanne/certificate/1"
AT_ONCE, RETRAINED = "at-once", "retrained"
"""The phases. A certificate of the first whose model holds all of its corpus needs no second."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed statement that a model forgot. `document` is the whole of it, as it is written."""

    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The digest of what is signed."""
        return digest(str(self.document["schema"]), signed_part(self.document))

    @property
    def at(self) -> datetime:
        """When it was done: from then on the model that forgot has served."""
        return datetime.fromisoformat(self.document["at"])

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
        return frozenset(self.document["model"].get("replaced", [self.before]))

    @property
    def phase(self) -> str:
        """Which phase it certifies."""
        return str(self.document.get("phase", RETRAINED))

    @property
    def waiting(self) -> int:
        """How many documents of the corpus its model does not hold yet."""
        return int(self.document.get("waiting", 0))

    @property
    def steps(self) -> tuple[str, ...]:
        """The ids of the certificates of the first phase that led to it."""
        return tuple(step["certificate"] for step in self.document.get("at_once", ()))

    @property
    def requests(self) -> tuple[Mapping[str, Any], ...]:
        """Who asked, by entries of the ledger; version 1 knew their places alone."""
        if "requests" in self.document:
            return tuple(self.document["requests"])
        names = self.document["requested_by"]
        return tuple({"index": int(name)} for name in names if name.isdigit())

    @property
    def corpus_after(self) -> str:
        """The version of the corpus that its model was trained on."""
        return str(self.document["corpus"]["after"])

    @property
    def corpus_before(self) -> str:
        """The version of the corpus that the replaced model was trained on."""
        return str(self.document["corpus"]["before"])

    @property
    def receipts(self) -> frozenset[int]:
        """The entries of the ledger that asked for it."""
        return frozenset(int(request["index"]) for request in self.requests)

    @property
    def retrained_tokens(self) -> int:
        """Tokens x epochs that were trained again."""
        return int(self.document["retrained"]["tokens"])

    @property
    def share_of_full(self) -> float:
        """Retrained tokens as a share of a full training on the same documents."""
        return float(self.document["retrained"]["share_of_full"])

    @property
    def seconds(self) -> float:
        """Wall time of its phase, from plan to pruning."""
        return float(self.document["retrained"]["seconds"])

    @property
    def seconds_full(self) -> float:
        """What a full training takes: the measured times of all slices, added up."""
        return float(self.document["retrained"]["seconds_full"])

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that were trained again."""
        return tuple(self.document["retrained"]["shards"])

    def write(self, folder: Path) -> Path:
        """Write the certificate into a folder, named by its id; return the path."""
        path = folder / f"{self.id[:16]}.json"
        write_whole(path, json.dumps(self.document, indent=1).encode())
        return path


def public_key_path(store: Store) -> Path:
    """Return where the key lies with which anyone can check this store's certificates."""
    return store.root / "certificate.pub"


def signed_part(document: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: everything but the signature, in canonical JSON."""
    return rfc8785.dumps({name: value for name, value in document.items() if name != "signature"})


def sign(body: Mapping[str, Any], store: Store) -> Certificate:
    """Sign a statement with the store's key, making one on first use (mode 0600)."""
    key = _signing_key(store.root / "certificate.key")
    public = key.public_key().public_bytes_raw()
    write_whole(public_key_path(store), base64.b64encode(public) + b"\n")
    signature = {
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(public).decode(),
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


def _signing_key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        write_whole(path, Ed25519PrivateKey.generate().private_bytes_raw(), mode=0o600)
    with storing("the key that signs certificates"):
        data = path.read_bytes()
    try:
        return Ed25519PrivateKey.from_private_bytes(data)
    except ValueError:
        raise VerificationError(f"`{path}` is damaged", todo="restore it from a backup") from None


def failed(step: str, what: str) -> VerificationError:
    """Return the error that names the step at which a certificate does not hold."""
    return VerificationError(f"the certificate does not hold at step `{step}`: {what}")
