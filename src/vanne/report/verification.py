"""Verify a receipt, a proof of the ledger or a certificate: what a document is, it says itself.

Needs nothing but the document, and what is given beside it. `vanne verify --home` also checks a
certificate against the network's files.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vanne.errors import InputError, storing
from vanne.forget.certificate import Certificate
from vanne.forget.verifying import read_document, verify_offline
from vanne.ledger import proof as ledger_proof
from vanne.ledger import receipt as ledger_receipt

VerifiedKind = Literal["receipt", "proof", "certificate"]
Given = Mapping[str, Any] | str | bytes | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a document proves; `document` is what `vanne verify --json` prints of it.

    `pinned` says whether the key that signed it was compared with one that the caller knew. If not,
    the document is worth as much as the key that came with it.
    """

    kind: VerifiedKind
    pinned: bool
    document: Mapping[str, Any]


def verify(document: Given, *, vkey: str | None = None, key: bytes | None = None) -> Verification:
    """Verify a receipt, a proof of the ledger or a certificate: it holds, or an error says why not.

    Args:
        document: The path of the file, its JSON text, or the document itself.
        vkey: The log's key, which must have signed a receipt or a proof.
        key: The network's public key, which must have signed a certificate.

    Raises:
        VerificationError: it does not hold.
        InputError: it is none of the three, or the key is none.
        StorageError: the file is missing, or cannot be read.
    """
    data, name = _bytes_of(document)
    parsed = read_document(data, name)
    schema = str(parsed.get("schema"))
    if schema == ledger_receipt.SCHEMA:
        receipt = ledger_receipt.verify_receipt(ledger_receipt.read_receipt(data), vkey=vkey)
        about = {"schema": "vanne/receipt-verification/1", "verified": True} | receipt.as_json()
        return Verification("receipt", receipt.pinned, about)
    if schema == ledger_proof.SCHEMA:
        shown = ledger_proof.verify_proof(ledger_proof.read_proof(data), vkey=vkey)
        return Verification("proof", bool(shown["pinned"]), shown)
    if not schema.startswith("vanne/certificate/"):
        what = "it is neither a certificate nor a receipt nor a proof of the ledger"
        raise InputError(f"{name}: {what}", todo="check the file")
    steps = [check.as_json() for check in verify_offline(parsed, key)]
    about = {"schema": "vanne/certificate-verification/3", "certificate": Certificate(parsed).id}
    return Verification("certificate", key is not None, about | {"ok": True, "steps": steps})


def _bytes_of(document: Given) -> tuple[bytes, str]:
    """Return the bytes of a document, and what messages call it."""
    if isinstance(document, Mapping):
        return json.dumps(document).encode(), "the document"
    if isinstance(document, bytes) or (isinstance(document, str) and "{" in document):
        return document.encode() if isinstance(document, str) else document, "the document"
    path = Path(document)
    with storing(f"`{path}`"):
        return path.read_bytes(), str(path)
