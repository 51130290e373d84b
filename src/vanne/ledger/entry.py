"""An entry: a public part that names nobody, and a private part that only its receipt opens.

The Merkle tree is over the public parts, and they may be published. The public part of a record
that names somebody (or says which entries are one person's) holds only a commitment to the record:

    {"commitment":"<base64 of 32 bytes>","kind":"choice","v":1}

with commitment = SHA-256(salt || private part). The private part is the canonical JSON (RFC 8785)
of the record; the salt is 32 random bytes, new for each entry. Without the salt nobody can test
guesses («member 7, off») against the log; with salt and record anybody can check. A record that
concerns everybody (a notice, a policy in force, a change of key) is public, and has no private
part:

    {"content":{...},"kind":"notice","v":1}

Public parts of one personal kind all have the same length and hold no time. The log does show how
many records of each kind there are, their order, and, to a reader of successive checkpoints, when
it grew.

The public parts also say which keys the log has, which models served, and which certificates were
written on them. A `model` entry says that a trained model serves, on which corpus, and with which
key certificates on it are signed. A `certificate` entry says which other model took its place.
Models that replace one another are a series. So a reader finds a second certificate of the same
forgetting, a certificate that another key signed, and members that were placed by another secret.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from vanne.ledger.checkpoint import Verifier
from vanne.ledger.encoding import from_base64
from vanne.ledger.kinds import (
    CERTIFICATE,
    KEY,
    KINDS,
    MODEL,
    Certified,
    KeyChange,
    ModelServed,
    Record,
    RecordKind,
    kind_of,
)

SALT_BYTES = 32
Logged = tuple[int, ModelServed | Certified]
"""An entry of a model or a certificate, and its place."""
_PERSONAL = b'{"commitment":"%s","kind":"%s","v":1}'
_OPEN = b'{"content":%s,"kind":"%s","v":1}'
_PERSONAL_SHAPE = re.compile(rb'\{"commitment":"([A-Za-z0-9+/]{43}=)","kind":"([a-z]+)","v":1\}')
_OPEN_SHAPE = re.compile(rb'\{"content":(\{.*\}),"kind":"([a-z]+)","v":1\}', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log: `public` and `private` are canonical JSON, `salt` is 32 bytes.

    What is public has neither private part nor salt.
    """

    public: bytes
    private: bytes | None
    salt: bytes | None


def seal(record: Record, salt: bytes) -> Entry:
    """Make the entry of a checked record; the salt must be random and used once."""
    kind, content = kind_of(record), encode(record)
    if not kind.personal:
        return Entry(_OPEN % (content, kind.name.encode()), None, None)
    return Entry(encode_public(kind, commitment(salt, content)), content, salt)


def encode(record: Record) -> bytes:
    """Return the canonical JSON of a record.

    Raises:
        ValueError: a text is not valid Unicode.
    """
    return kind_of(record).encode(record)


def decode(kind: RecordKind, content: bytes) -> Record:
    """Return the record that was encoded so.

    Raises:
        ValueError: it is no record of that kind in canonical form, or the ledger would refuse it.
    """
    record = kind.record_of(json.loads(content))
    if encode(record) != content:
        raise ValueError("it is not in canonical form")
    return record


def commitment(salt: bytes, private: bytes) -> bytes:
    """Return the 32 bytes that bind the entry to a record without showing it."""
    return sha256(salt + private).digest()


def encode_public(kind: RecordKind, commitment: bytes) -> bytes:
    """Return the public part of an entry of a personal kind: canonical JSON."""
    return _PERSONAL % (base64.b64encode(commitment), kind.name.encode())


def read_public(public: bytes) -> tuple[RecordKind, bytes]:
    """Return the kind of an entry, and its commitment or, of one that is public, its content.

    Raises:
        ValueError: the public part is not in canonical form, or of a kind that is not known.
    """
    match = _PERSONAL_SHAPE.fullmatch(public) or _OPEN_SHAPE.fullmatch(public)
    kind = KINDS.get(match[2].decode()) if match else None
    if match is None or kind is None or kind.personal != public.startswith(b'{"commitment"'):
        raise ValueError("it is not an entry in canonical form")
    return kind, from_base64(match[1].decode(), 32) if kind.personal else match[1]


def open_entry(public: bytes, private: bytes | None, salt: bytes | None) -> Record:
    """Return the record of an entry.

    Raises:
        ValueError: the public part is none; the record is missing or not the one committed to.
    """
    kind, content = read_public(public)
    if not kind.personal:
        if private is not None or salt is not None:
            raise ValueError(f"its kind, `{kind.name}`, is public, and has a private part")
        return _public_record(kind.name, content)
    if private is None or salt is None:
        raise ValueError("its private part is missing")
    if commitment(salt, private) != content:
        raise ValueError(f"its {kind.name} is not the one that was recorded")
    return decode(kind, private)


@lru_cache(maxsize=8192)  # pages ask again for models and certificates, and nobody is in them
def _public_record(kind: str, content: bytes) -> Record:
    return decode(KINDS[kind], content)


def is_bare(public: bytes, private: bytes | None, salt: bytes | None) -> bool:
    """Tell whether nothing but the public part of a personal entry is left, as after an erasure."""
    return private is None and salt is None and public.startswith(b'{"commitment"')


def public_of(fields: object) -> bytes:
    """Return the public part of a personal entry whose fields a receipt shows as JSON.

    Raises:
        ValueError: another kind or version, another field, no commitment.
    """
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    kind, _ = read_public(public := text.encode())
    if not kind.personal:
        raise ValueError(f"its kind, `{kind.name}`, is public")
    return public


def named_keys(entries: Iterable[bytes]) -> Iterator[Verifier]:
    """Give the keys that public parts of entries say the log has, or had before."""
    for _, change in _records_in(enumerate(entries), (KEY,)):
        assert isinstance(change, KeyChange)
        yield from (Verifier.parse(vkey) for vkey in (change.vkey, change.former) if vkey)


def logged_in(entries: Iterable[tuple[int, bytes]]) -> Iterator[Logged]:
    """Give the models and certificates among public parts of entries."""
    for index, record in _records_in(entries, (MODEL, CERTIFICATE)):
        assert isinstance(record, ModelServed | Certified)
        yield index, record


def _records_in(
    entries: Iterable[tuple[int, bytes]], kinds: tuple[RecordKind, ...]
) -> Iterator[tuple[int, Record]]:
    for index, public in entries:
        if public.startswith(b'{"content"') and read_public(public)[0] in kinds:
            yield index, open_entry(public, None, None)


def logged_problems(logged: Iterable[Logged]) -> Iterator[tuple[tuple[int, ...], str]]:
    """Say what does not follow from what the log said before, and of which entries that speaks."""
    trained = dict[str, ModelServed]()
    placements = dict[str, str]()
    certified = dict[tuple[str, str], int]()
    for index, record in logged:
        if isinstance(record, ModelServed):
            if placements.setdefault(record.key, record.placement) != record.placement:
                yield (index,), f"entry {index}: members are placed by another secret than before"
            trained[record.series] = record
            continue
        before = trained.get(record.series)
        if before is None or before.key != record.key:
            what = "the key of this certificate is not that of the model before it"
            yield (index,), f"entry {index}: {what}"
        first = certified.setdefault((record.series, record.model), index)
        if first != index:
            what = f"a second certificate of what entry {first} certifies"
            yield (first, index), f"entry {index}: {what}"
