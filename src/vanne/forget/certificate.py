"""The certificate: what was dropped, what was kept, and who can check it.

A JSON document (`vanne/certificate/1`) in canonical form (RFC 8785), signed with Ed25519 (RFC
8032). It names keys and digests of checkpoints and entries of the ledger, and no member and no
item. `verify_certificate` derives everything again from the files and trusts no field.
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

from vanne.errors import VanneError, VerificationError, storing
from vanne.files import sha256_of, write_whole
from vanne.train.digests import digest
from vanne.train.model import SCHEMA as MODEL_SCHEMA
from vanne.train.model import TOMBSTONE, load, read_lineage
from vanne.train.store import Store

SCHEMA = "vanne/certificate/1"
CLAIM = (
    "The adapters named here have the same bits as if the model had been trained, under the same "
    "configuration (settings, ground, base model, environment, placement of members), on the "
    "corpus `after` alone, without the items that left it; the checkpoints named as dropped are "
    "deleted."
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed statement that a model forgot. `document` is the whole of it, as it is written."""

    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The digest of what is signed."""
        return digest(SCHEMA, signed_part(self.document))

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
    def corpus_before(self) -> str:
        """The version of the corpus that the replaced model was trained on."""
        return str(self.document["corpus"]["before"])

    @property
    def receipts(self) -> frozenset[int]:
        """The entries of the ledger that asked for it."""
        return frozenset(int(entry) for entry in self.document["requested_by"] if entry.isdigit())

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
        """Wall time of the forgetting, from plan to pruning."""
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


def verify_certificate(certificate: Certificate | Mapping[str, Any], store: Path) -> None:
    """Check a certificate against the files of a store.

    Raises:
        VerificationError: it does not hold; the message names the step (schema, signature, key,
            model, checkpoints, dropped).
    """
    document = certificate.document if isinstance(certificate, Certificate) else certificate
    place = Store(store)
    if document.get("schema") != SCHEMA:
        raise _failed("schema", f"it is no `{SCHEMA}`")
    try:
        public = check_signature(document)
        named = dict(document["digests"]), list(document["keys"]["dropped"])
        model, retired = document["model"]["after"], document["model"]["before"]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _failed("schema", "a field is missing or has the wrong type") from None
    if public != public_key(place):
        raise _failed("key", "it was not signed by the key of this store")
    is_latest = _check_model(place, model, retired, named[0])
    _check_files(place, *named, is_latest)


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
        raise _failed("signature", "it was changed after it was signed") from None
    return public


def _check_model(store: Store, after: str, before: str, digests: Mapping[str, str]) -> bool:
    """Check the lineage after, and that the one before is gone; say whether it still serves.

    A later forgetting may have replaced the model in its turn: then its lineage is a tombstone, and
    only what is still there of its checkpoints can be compared.
    """
    try:
        if before != after and read_lineage(store, before).get("schema") != TOMBSTONE:
            raise _failed(
                "model", f"the lineage `{before[:12]}` that was to be replaced is still there"
            )
        if read_lineage(store, after).get("schema") != MODEL_SCHEMA:
            return False
        keys = load(store.root, after).keys
    except VanneError as error:
        raise _failed("model", error.args[0]) from None
    if keys != digests:
        raise _failed("model", f"the lineage `{after[:12]}` names other checkpoints")
    return True


def _check_files(
    store: Store, digests: Mapping[str, str], dropped: list[str], all_there: bool
) -> None:
    for key, expected in digests.items():
        path = store.checkpoint(key)
        if not path.exists():
            if all_there:
                raise _failed("checkpoints", f"`{key[:12]}` is missing")
        elif sha256_of(path) != expected:
            raise _failed("checkpoints", f"`{key[:12]}` has other bytes than were certified")
    for key in dropped:
        if store.checkpoint(key).exists():
            raise _failed("dropped", f"`{key[:12]}` is there again")


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


def _failed(step: str, what: str) -> VerificationError:
    return VerificationError(f"the certificate does not hold at step `{step}`: {what}")
