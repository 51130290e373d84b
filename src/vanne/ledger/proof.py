"""Proofs for auditors, as JSON that verifies offline (`vanne/ledger-proof/1`).

An *inclusion* proof shows that an entry is in the log that a checkpoint signed. A *consistency*
proof shows that the log of one checkpoint is the beginning of the log of another: no entry was
changed or removed, whichever of the log's keys signed it then. Hashes are base64; the proofs are
those of RFC 9162, 2.1.3 and 2.1.4.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vanne.errors import InputError, VerificationError
from vanne.ledger.checkpoint import Checkpoint, Verifier, is_signed, signer_of, verify_checkpoint
from vanne.ledger.encoding import from_base64, to_base64
from vanne.ledger.entry import named_keys, public_of
from vanne.ledger.ledger import Ledger
from vanne.ledger.merkle import HASH_BYTES, leaf_hash, verify_consistency, verify_inclusion
from vanne.ledger.witnesses import WitnessPolicy

SCHEMA = "vanne/ledger-proof/1"
MAX_BYTES = 1_000_000
_MOST_HASHES = 128
_TODO = "do not rely on it; ask the log's operator for a new one"

Document = dict[str, Any]


def prove_entry(
    ledger: Ledger, index: int, size: int | None = None, note: str | None = None
) -> Document:
    """Return the proof that an entry is in the log; of an earlier size it bears no checkpoint.

    With a `note`, a checkpoint of the log, it is of that size and bears that.

    Raises:
        InputError: there is no such entry, or there are not so many.
        VerificationError: the tree is damaged, or the note is not of this log.
    """
    state = ledger.describe()
    if note:
        size = verify_checkpoint(note, key_of(ledger, note)).size
    size = int(str(state["size"])) if size is None else size
    proof = ledger.prove(index, size)
    (entry,) = ledger.entries(index + 1, start=index)
    return {
        "schema": SCHEMA,
        "kind": "inclusion",
        "index": index,
        "size": size,
        "entry": entry.decode(),
        "root": to_base64(ledger.root(size)),
        "proof": list(map(to_base64, proof)),
        "checkpoint": note or (state["checkpoint"] if size == state["size"] else None),
        "vkey": key_of(ledger, note).vkey if note else state["vkey"],
    }


def key_of(ledger: Ledger, note: str) -> Verifier:
    """Return by which of a ledger's keys, those of today or before, a note seems to be signed."""
    keys = list(map(Verifier.parse, ledger.vkeys))
    if not any(is_signed(note, key) for key in keys):  # rare, and it takes all entries
        keys += named_keys(ledger.entries())
    return signer_of(note, keys)


def prove_since(ledger: Ledger, note: str) -> Document:
    """Return the checked proof that the ledger begins with what a kept checkpoint signed.

    Raises:
        VerificationError: it does not, or the kept checkpoint is not of this log.
    """
    state = ledger.describe()
    verifier = Verifier.parse(state["vkey"])
    now = verify_checkpoint(str(state["checkpoint"]), verifier)
    former = key_of(ledger, note)
    before = verify_checkpoint(note, former)
    if before.size > now.size:
        raise VerificationError(
            f"the history was cut: the kept checkpoint covers {before.size} entries, "
            f"the ledger has {now.size}",
            todo="keep that checkpoint, and see what `vanne ledger fsck` says",
        )
    proof = ledger.consistency(before.size, now.size)
    _check_consistency(before, now, proof)
    return {
        "schema": SCHEMA,
        "kind": "consistency",
        "old_size": before.size,
        "old_root": to_base64(before.root),
        "old_checkpoint": note,
        "old_vkey": former.vkey,
        "size": now.size,
        "root": to_base64(now.root),
        "proof": list(map(to_base64, proof)),
        "checkpoint": state["checkpoint"],
        "vkey": verifier.vkey,
    }


def read_proof(data: bytes) -> Mapping[str, Any]:
    """Return the JSON of a proof.

    Raises:
        InputError: it is none.
    """
    try:
        document = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError("that is not a proof", todo="give what `vanne ledger prove` printed")
    return document


def verify_proof(
    document: Mapping[str, Any],
    *,
    vkey: str | None = None,
    checkpoint: str | None = None,
    witnesses: WitnessPolicy | None = None,
) -> Document:
    """Check a proof with nothing but itself; `checkpoint` is one that you hold for its size.

    With `witnesses`, enough of them must have cosigned the checkpoint, and a log of theirs signed.

    Returns:
        What it shows (`vanne/ledger-proof-verification/1`); `pinned` says that the key was given,
        and did not come with it.

    Raises:
        InputError: the vkey is not one.
        VerificationError: it does not hold.
    """
    note = document.get("checkpoint") if checkpoint is None else checkpoint
    if witnesses and vkey is None and isinstance(note, str):
        vkey = witnesses.vkey_of(note)
    verifier = Verifier.parse(document.get("vkey") if vkey is None else vkey)
    if not isinstance(note, str):
        todo = "give one with --checkpoint, for exactly that many entries"
        raise VerificationError("the proof bears no signed checkpoint", todo=todo)
    now = verify_checkpoint(note, verifier)
    cosigned = witnesses.require(note) if witnesses else []
    try:
        index, old_size = _check(document, now)
    except (ValueError, KeyError, TypeError, UnicodeEncodeError) as error:
        raise VerificationError("the proof is not complete", todo=_TODO) from error
    return {
        "schema": "vanne/ledger-proof-verification/1",
        "verified": True,
        "kind": document["kind"],
        "origin": now.origin,
        "index": index,
        "old_size": old_size,
        "size": now.size,
        "vkey": verifier.vkey,
        "pinned": vkey is not None,
        "cosigned": cosigned,
    }


def verify_proof_of(
    receipt: Mapping[str, Any],
    document: Mapping[str, Any],
    *,
    vkey: str | None = None,
    witnesses: WitnessPolicy | None = None,
) -> Document:
    """Check that a proof is of the entry of a receipt that was verified; return what it shows.

    Raises:
        VerificationError: it is of another entry, or does not hold.
    """
    shown = verify_proof(document, vkey=vkey, witnesses=witnesses)
    entry = str(document.get("entry")).encode()
    if shown["index"] != receipt["index"] or entry != public_of(receipt["entry"]):
        todo = f"give the proof of entry {receipt['index']}"
        raise VerificationError("the proof is of another entry than the receipt", todo=todo)
    return shown


def _check(document: Mapping[str, Any], now: Checkpoint) -> tuple[int | None, int | None]:
    if len(document["proof"]) > _MOST_HASHES:
        raise ValueError
    proof = [from_base64(text, HASH_BYTES) for text in document["proof"]]
    if document["size"] != now.size:
        raise VerificationError("the proof and the checkpoint are not of the same size", todo=_TODO)
    _check_root(document["root"], now)
    if document["kind"] == "consistency":
        former = Verifier.parse(document["old_vkey"])
        before = verify_checkpoint(str(document["old_checkpoint"]), former)
        if before.origin != now.origin:
            raise VerificationError("the two checkpoints are of two logs", todo=_TODO)
        if document["old_size"] != before.size:
            raise ValueError
        _check_root(document["old_root"], before)
        _check_consistency(before, now, proof)
        return None, before.size
    if document["kind"] != "inclusion" or type(document["index"]) is not int:
        raise ValueError
    leaf = leaf_hash(str(document["entry"]).encode())
    if not verify_inclusion(leaf, document["index"], now.size, proof, now.root):
        raise VerificationError("the entry is not where the proof says", todo=_TODO)
    return document["index"], None


def _check_root(text: object, signed: Checkpoint) -> None:
    """Check the root that a proof names: who reads the JSON takes it for the one that is signed."""
    if from_base64(text, HASH_BYTES) != signed.root:
        raise VerificationError(
            "the proof names a root that its checkpoint did not sign", todo=_TODO
        )


def _check_consistency(before: Checkpoint, now: Checkpoint, proof: Sequence[bytes]) -> None:
    if not verify_consistency(before.size, now.size, proof, before.root, now.root):
        raise VerificationError(
            f"the log of {now.size} entries does not begin with the {before.size} of the other "
            "checkpoint: its history was rewritten",
            todo="keep both checkpoints: together they prove it",
        )
