"""A receipt: proof for its holder that a choice or objection was recorded, checked offline.

A receipt is one JSON document with all that a check needs. The steps, in order, by these names:

    form        every part is there, none is unknown, each in the one form that it may have
    commitment  SHA-256(salt || canonical JSON of the record) is the entry's commitment
    key         the verifier key is well formed; the pinned one, if there is one, is it or signs too
    checkpoint  the checkpoint is signed with these keys, by the log of that name
    inclusion   the proof leads from the entry, at its index, to the checkpoint's root
    record      the fields for record keepers say what the choice or objection says

Field names of `record` follow ISO/IEC TS 27560:2023 as far as they fit. The standard is about
consent. An objection to legitimate interest (GDPR, article 21) is not consent, and neither is
taking the objection back. So the state is one of the Data Privacy Vocabulary's for legitimate
interest. `docs/reference/receipts.md` tells anyone how to write their own verifier.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar, cast

from vanne.errors import InputError, VanneError, VerificationError
from vanne.ledger.checkpoint import MAX_SIZE, Verifier, is_signed, verify_checkpoint
from vanne.ledger.encoding import fields_once, format_time, from_base64, to_base64
from vanne.ledger.entry import (
    SALT_BYTES,
    commitment,
    encode,
    public_of,
    read_public,
)
from vanne.ledger.kinds import CHOICE, OBJECTION, kind_of
from vanne.ledger.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from vanne.terms import Category, Choice, Objection

SCHEMA = "vanne/receipt/1"
MAX_BYTES = 1_000_000  # a real one has about 2,000
_KINDS = (CHOICE.name, OBJECTION.name)
_PARTS = ("schema", "salt", "entry", "index", "proof", "checkpoint", "vkey", "record")
"""And one more, named by the kind of the entry."""
_MAX_PROOF = 63  # hashes: the height of a tree of 2**63 entries
_OFF, _ON = "dpv:LegitimateInterestObjected", "dpv:LegitimateInterestNotObjected"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """What a receipt proves: this record is entry `index` (from 0) of the log `origin`.

    `size` and `root` are those of the checkpoint. `pinned` says whether the key was compared with
    one that the caller knew; if not, the proof is worth as much as `vkey`, which came with it.
    """

    record: Choice | Objection
    index: int
    origin: str
    size: int
    root: bytes
    vkey: str
    pinned: bool

    @property
    def choice(self) -> Choice:
        """The choice, when it is the receipt of one.

        Raises:
            InputError: it is the receipt of an objection.
        """
        if not isinstance(self.record, Choice):
            raise InputError("that is the receipt of an objection, not of a choice")
        return self.record

    def as_json(self) -> dict[str, object]:
        """Return it as the command line and the pages show it."""
        kind = kind_of(self.record)
        return {
            kind.name: kind.json_of(self.record),
            "index": self.index,
            "origin": self.origin,
            "size": self.size,
            "root": to_base64(self.root),
            "vkey": self.vkey,
            "pinned": self.pinned,
        }


def make_receipt(
    record: Choice | Objection,
    salt: bytes,
    public: bytes,
    index: int,
    proof: Sequence[bytes],
    note: str,
    vkey: str,
) -> dict[str, object]:
    """Put a receipt together; see `Ledger.receipt`."""
    kind = kind_of(record)
    return {
        "schema": SCHEMA,
        kind.name: kind.json_of(record),
        "salt": to_base64(salt),
        "entry": json.loads(public),
        "index": index,
        "proof": [to_base64(step) for step in proof],
        "checkpoint": note,
        "vkey": vkey,
        "record": _record(record, public, note),
    }


def read_receipt(data: bytes) -> dict[str, Any]:
    """Read a receipt from a file's bytes, without verifying it.

    Raises:
        InputError: it is not JSON, has one key twice, or is not a receipt of a version known here.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"that is no receipt: it is larger than {MAX_BYTES:,} bytes")
    try:
        receipt = json.loads(data.decode("utf-8"), object_pairs_hook=fields_once)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "the receipt cannot be read as JSON", todo="give the file as it was received"
        ) from error
    if not isinstance(receipt, dict) or receipt.get("schema") != SCHEMA:
        raise InputError(f"that is no receipt: it does not say `{SCHEMA}`")
    return receipt


def verify_receipt(receipt: dict[str, Any], *, vkey: str | None = None) -> VerifiedReceipt:
    """Check a receipt with nothing but itself, and against a key if you know the log's.

    Raises:
        VerificationError: it does not hold; the step (see above) and what is wrong.
        InputError: the `vkey` that was given is not one.
    """
    pinned = None if vkey is None else Verifier.parse(vkey)
    with _step("form"):  # each part in its one form only
        if not isinstance(receipt, dict) or not set(receipt) >= set(_PARTS):
            raise ValueError("it does not have the parts " + ", ".join(_PARTS))
        if receipt["schema"] != SCHEMA:
            raise ValueError(f"its schema is not `{SCHEMA}`")
        public = _part(receipt, "entry", public_of)
        kind, committed = read_public(public)
        if kind.name not in _KINDS or set(receipt) != {*_PARTS, kind.name}:
            raise ValueError("beside these parts it does not have one named by the entry's kind")
        record = cast(Choice | Objection, _part(receipt, kind.name, kind.record_of))
        salt = _part(receipt, "salt", lambda text: from_base64(text, SALT_BYTES))
        index, proof = receipt["index"], receipt["proof"]
        if type(index) is not int or not 0 <= index < MAX_SIZE:
            raise ValueError("`index`: it is not a whole number from 0")
        if not isinstance(proof, list) or len(proof) > _MAX_PROOF:
            raise ValueError(f"`proof`: it is not a list of at most {_MAX_PROOF} hashes")
        path = _part(receipt, "proof", lambda steps: [from_base64(s, HASH_BYTES) for s in steps])
        note = receipt["checkpoint"]
        if not isinstance(note, str) or not isinstance(receipt["vkey"], str):
            raise ValueError("`checkpoint` or `vkey`: it is not a text")
    with _step("commitment"):
        if commitment(salt, encode(record)) != committed:
            raise ValueError("the entry was not made of this record and this salt")
    with _step("key"):
        verifier = Verifier.parse(receipt["vkey"])
        if pinned and pinned != verifier and not is_signed(note, pinned):
            raise ValueError(f"it was signed with `{verifier.vkey}`, not with the key you gave")
    with _step("checkpoint"):
        checkpoint = verify_checkpoint(note, verifier)
        if pinned and pinned != verifier:  # two keys sign
            verify_checkpoint(note, pinned)
    with _step("inclusion"):
        leaf, size = leaf_hash(public), checkpoint.size
        if not verify_inclusion(leaf, index, size, path, checkpoint.root):
            raise ValueError("the proof does not lead from the entry to the checkpoint's root")
    with _step("record"):
        if receipt["record"] != _record(record, public, note):
            raise ValueError(f"it does not say what the {kind.name} says")
    return VerifiedReceipt(
        record=record,
        index=index,
        origin=checkpoint.origin,
        size=size,
        root=checkpoint.root,
        vkey=(pinned or verifier).vkey,
        pinned=pinned is not None,
    )


def _part(receipt: dict[str, Any], name: str, read: Callable[[Any], _T]) -> _T:
    try:
        return read(receipt[name])
    except ValueError as error:
        raise ValueError(f"`{name}`: {error}") from error


def _record(record: Choice | Objection, public: bytes, note: str) -> dict[str, Any]:
    """Return the fields for record keepers: all of them follow from the rest of the receipt."""
    leaf = leaf_hash(public)
    category = None
    if isinstance(record, Objection):
        who, what = record.profile or record.name, "vanne:Objection"
    else:
        who, what = record.member_id, "vanne:Choice"
        if record.scope == "category":
            category = Category(record.target or "").dpv
    return {
        "schema_version": SCHEMA,
        "record_id": f"urn:vanne:entry:{leaf.hex()}",
        "receipt_id": f"urn:vanne:receipt:{sha256(leaf + note.encode()).hexdigest()}",
        "pii_principal_id": who,
        "privacy_notice": record.notice,
        "purpose": record.purpose,
        "pii_type": category,
        "event": {
            "event_type": what,
            "event_state": _ON if record.on else _OFF,
            "event_time": format_time(record.at),
            "claimed_time": record.claimed_at and format_time(record.claimed_at),
            "entity_id": who,
        },
    }


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Name the step at which a receipt does not hold."""
    try:
        yield
    except ValueError as error:
        why = str(error)
    except VanneError as error:
        why = error.title
    else:
        return
    raise VerificationError(
        f"the receipt does not hold at the step `{name}`: {why}",
        todo="do not rely on it; ask for a new one, and keep this one as it is",
    )
