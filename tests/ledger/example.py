"""The worked example of docs/reference/receipts.md: five made-up choices, fixed salts, a fixed key.

`python -m tests.ledger.example` prints what the page shows.
"""

import json
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vanne.ledger.checkpoint import Checkpoint, Signer
from vanne.ledger.encoding import from_base64
from vanne.ledger.entry import encode, seal
from vanne.ledger.merkle import Tiles, leaf_hash, node_hash, prove_inclusion, root
from vanne.ledger.receipt import make_receipt
from vanne.terms import MAIN_PURPOSE, Choice

INDEX = 2
SIGNER = Signer("social.example/choices", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CHOICES = [
    Choice(
        member_id=f"member-{number}",
        purpose=MAIN_PURPOSE,
        scope="category" if number == INDEX else "all",
        on=number == 0,
        at=datetime(2025, 11, 3, 9, 30 + number, tzinfo=UTC),
        target="photo" if number == INDEX else None,
        channel="settings-page",
        notice="2025-10",
    )
    for number in range(5)
]


def receipt() -> dict[str, object]:
    """Return the receipt that the page shows."""
    entries = [seal(choice, bytes([n + 1]) * 32) for n, choice in enumerate(CHOICES)]
    tree = Tiles({}).grown(0, [leaf_hash(entry.public) for entry in entries])
    size = len(entries)
    note = SIGNER.sign(Checkpoint(SIGNER.name, size, root(size, tree.node)))
    proof, entry = prove_inclusion(INDEX, size, tree.node), entries[INDEX]
    return make_receipt(
        CHOICES[INDEX], entry.salt, entry.public, INDEX, proof, note, SIGNER.verifier.vkey
    )


def steps() -> list[tuple[str, str]]:
    """Return the values on the way, as the page names them."""
    entry = seal(CHOICES[INDEX], bytes([INDEX + 1]) * 32)
    leaf = leaf_hash(entry.public)
    values = [
        ("canonical choice", encode(CHOICES[INDEX]).decode()),
        ("commitment", sha256(entry.salt + entry.private).hexdigest()),
        ("canonical entry", entry.public.decode()),
        ("leaf hash", leaf.hex()),
    ]
    proof = receipt()["proof"]
    one, two, three = [from_base64(step, 32) for step in proof]
    right = node_hash(leaf, one)
    whole = node_hash(two, right)
    values += [("after the first hash", right.hex()), ("after the second hash", whole.hex())]
    return [*values, ("after the third hash", node_hash(whole, three).hex())]


if __name__ == "__main__":
    print(json.dumps(receipt(), indent=2, ensure_ascii=False))
    for name, value in steps():
        print(f"{name}\n    {value}")
