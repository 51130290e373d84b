"""Make the index from what the purpose allows, and keep it up to the corpus.

An index is a function of the version of the corpus, the encoder and a key; made from scratch or
after a refresh it is the same to the byte, since it is always made whole. What costs most, the
vectors of titles, is remembered from one index to the next under keyed names, and only of titles
that are in it: of somebody who left, nothing stays.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from vanne.config import Home
from vanne.corpus import Manifest, arrays, current, read_batches
from vanne.corpus import build as build_corpus
from vanne.corpus import refresh as refresh_corpus
from vanne.corpus.manifest import has_current
from vanne.errors import MissingError, StorageError, VerificationError, storing
from vanne.fields import as_json
from vanne.files import make_folder, sync, write_whole
from vanne.sources.batches import listed
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import occupations_of
from vanne_assist.search.encoder import Vectors, embed, encoder_name, fitted
from vanne_assist.search.fact_table import FactTable
from vanne_assist.search.index import (
    PURPOSE,
    SCHEMA,
    IndexManifest,
    arrays_digest,
    current_name,
    folder,
    read_made,
)
from vanne_assist.search.ngrams import NgramIndex
from vanne_assist.search.word_index import WordIndex

_COLUMNS = ("item_id", "owner", "author", "subjects", "category", "fields", "text", "lang")

_KEY_BYTES = 32
Progress = Callable[[int], None]


@dataclass(slots=True)
class MemberPassages:
    """What may be shown of a member, and who else is in it."""

    member: MemberId
    passages: list[Passage]
    others: set[MemberId]


def update(
    home: Home, as_of: datetime, *, full: bool = False, progress: Progress | None = None
) -> tuple[IndexManifest, bool]:
    """Refresh the corpus of the purpose, and the index with it; say whether anything changed.

    With `full` both are made anew.

    Raises:
        ConfigError: the policy in force does not know the purpose.
    """
    fresh = full or not has_current(home, PURPOSE)
    manifest = (build_corpus if fresh else refresh_corpus)(home, as_of, purpose=PURPOSE)
    if not full:
        try:
            place = folder(home) / current_name(home)
            present = read_made(place)
            if arrays_digest(place) == present.sha256 and is_of(present, manifest):
                return present, False
        except (MissingError, StorageError, VerificationError):
            pass  # a damaged index is made anew
    return make(home, manifest, progress), True


def is_of(made: IndexManifest, manifest: Manifest) -> bool:
    """Say whether an index was made from a version of the corpus, by this encoder."""
    now = (manifest.version, encoder_name(), fitted().digest)
    return (made.corpus, made.encoder, made.whitening) == now


def make(
    home: Home, manifest: Manifest | None = None, progress: Progress | None = None
) -> IndexManifest:
    """Make the index of a version of the corpus, and put it in the place of the one before.

    Raises:
        MissingError: no corpus has been built for the purpose.
        StorageError: the disk is full. The index that was there stays.
    """
    manifest = manifest or current(home, PURPOSE)
    place, key = folder(home), read_key(home)
    people = sorted(gathered(home, manifest), key=lambda each: keyed(key, each.member))
    columns = _columns(home, key, people, manifest.as_of, progress)
    building = place / f".building-{os.getpid()}"
    try:
        with storing("the search index"):
            _clear(place)
            building.mkdir(parents=True, mode=0o700)
            arrays.save(building / "index.arrow", {"schema": SCHEMA}, columns)
            made = IndexManifest(
                corpus=manifest.version,
                policy=manifest.policy,
                as_of=manifest.as_of.isoformat(),
                ledger_size=manifest.ledger_size,
                ledger_root=manifest.ledger_root,
                encoder=encoder_name(),
                whitening=fitted().digest,
                profiles=len(people),
                sha256=arrays_digest(building),
            )
            write_whole(building / "manifest.json", made.canonical())
            rmtree(place / made.name, ignore_errors=True)
            building.rename(place / made.name)
            sync(place)
            write_whole(place / "CURRENT", made.name.encode())
            _clear(place, keep=made.name)
    finally:
        rmtree(building, ignore_errors=True)
    return made


def read_key(home: Home) -> bytes:
    """Return the key of a home; make it when it is first needed."""
    path = folder(home) / "key"
    if not path.exists():
        make_folder(path.parent)
        write_whole(path, secrets.token_bytes(_KEY_BYTES), mode=0o600)
    with storing("`search/key`"):
        return path.read_bytes()


def keyed(key: bytes, name: str) -> bytes:
    """Return what stands for a name: nobody is first for how they are called."""
    return hashlib.blake2b(name.encode(), key=key, digest_size=16).digest()


def _clear(place: Path, keep: str | None = None) -> None:
    """Remove what runs that were killed left; with `keep`, every other version too."""
    for left in place.glob(".building-*"):
        rmtree(left, ignore_errors=True)
    for version in place.glob("[0-9a-f]" * 64) if keep is not None else ():
        if version.name != keep:
            rmtree(version, ignore_errors=True)


# What may be shown


def gathered(home: Home, manifest: Manifest) -> Sequence[MemberPassages]:
    """Return everybody of whom something may be shown, with all that may."""
    people: dict[MemberId, MemberPassages] = {}
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.to_pylist():
            if not row.get("text"):
                continue
            owner, subjects = str(row["owner"]), row.get("subjects")
            if isinstance(subjects, str):
                subjects = listed(subjects)[0]
            each = people.setdefault(owner, MemberPassages(owner, [], set()))
            each.passages.append(Passage.of(row))
            each.others |= {row.get("author") or owner, *(subjects or [])} - {owner}
    for each in people.values():
        each.passages.sort(key=lambda passage: passage.item_id)
    return list(people.values())


# Columns


def _columns(
    home: Home,
    key: bytes,
    people: Sequence[MemberPassages],
    as_of: datetime,
    progress: Progress | None,
) -> dict[str, Any]:
    facts: list[Sequence[Fact]] = []
    for each in people:
        facts.append(facts_of(each.passages, as_of))
        if progress:
            progress(len(facts))
    words = WordIndex.of(
        texts_of(each.passages, own) for each, own in zip(people, facts, strict=True)
    )
    word_columns = {
        "words": _strings(list(words.known)),
        "word_starts": words.starts,
        "word_rows": words.rows,
        "word_weights": words.weights,
    }
    return (
        _people_columns(people)
        | _fact_columns(people, facts)
        | _title_columns(home, key, facts)
        | word_columns
    )


def _strings(texts: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(list(texts), pa.large_string())


def _order(texts: Sequence[str]) -> Any:
    """Return the places of texts in their order, by which one is found."""
    return np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int32)


def _starts(sizes: Sequence[int]) -> Any:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def _people_columns(people: Sequence[MemberPassages]) -> dict[str, Any]:
    passages = [passage for each in people for passage in each.passages]
    others = sorted((other, row) for row, each in enumerate(people) for other in each.others)
    return {
        "members": _strings([each.member for each in people]),
        "members_order": _order([each.member for each in people]),
        "passages_start": _starts([len(each.passages) for each in people]),
        "passage_item": _strings([passage.item_id for passage in passages]),
        "passage_item_order": _order([passage.item_id for passage in passages]),
        "passage_category": _strings([passage.category for passage in passages]),
        "passage_text": _strings([passage.text for passage in passages]),
        "passage_lang": _strings([passage.lang or "" for passage in passages]),
        "passage_fields": _strings([as_json(passage.fields) or "{}" for passage in passages]),
        "other_person": _strings([other for other, _ in others]),
        "other_row": np.array([row for _, row in others], np.int32),
    }


def _fact_columns(
    people: Sequence[MemberPassages], found: Sequence[Sequence[Fact]]
) -> dict[str, Any]:
    flat = [(row, fact) for row, facts in enumerate(found) for fact in facts]
    table = FactTable.of(flat, len(people))
    items = [passage.item_id for each in people for passage in each.passages]
    place = {item: at for at, item in enumerate(items)}
    return {
        "facts_start": _starts([len(facts) for facts in found]),
        "values": table.values,
        "fact_kinds": table.kinds,
        "fact_value": table.value,
        "fact_number": table.number,
        "fact_since": table.since,
        "fact_until": table.until,
        "fact_level": table.level,
        "fact_passage": np.array([place[fact.item_id] for _, fact in flat], np.int32),
        "fact_span": np.array([fact.span for _, fact in flat], np.int32).reshape(-1),
    }


def _title_columns(home: Home, key: bytes, found: Sequence[Sequence[Fact]]) -> dict[str, Any]:
    held = [
        list(dict.fromkeys(fact.value for fact in facts if fact.kind is Kind.TITLE))
        for facts in found
    ]
    forms = sorted({form for titles in held for form in titles})
    place = {form: at for at, form in enumerate(forms)}
    return form_columns(forms) | {
        "title_vectors": _vectors(home, key, forms).reshape(-1),
        "held_start": _starts([len(titles) for titles in held]),
        "held": np.array([place[form] for titles in held for form in titles], np.int32),
    }


def form_columns(forms: Sequence[str]) -> dict[str, Any]:
    """Return the columns of titles, each in its form and once: occupations and letters."""
    letters = NgramIndex.of(forms)
    named = [(at, name) for at, form in enumerate(forms) for name in sorted(occupations_of(form))]
    occupations = sorted({name for _, name in named})
    number = {name: at for at, name in enumerate(occupations)}
    return {
        "occupations": _strings(occupations),
        "occupied": np.array([at for at, _ in named], np.int32),
        "occupation": np.array([number[name] for _, name in named], np.int32),
        "titles": _strings(forms),
        "letters": _strings(list(letters.known)),
        "letters_rare": letters.rare,
        "letters_starts": letters.starts,
        "letters_texts": letters.texts,
        "letters_weights": letters.weights,
    }


def texts_of(passages: Sequence[Passage], facts: Sequence[Fact]) -> list[tuple[str, str | None]]:
    """Return the texts of a profile whose words are looked for, each with its language."""
    skills = [(fact.value, None) for fact in facts if fact.kind is Kind.SKILL]
    return [*((passage.text, passage.lang) for passage in passages), *skills]


# Vectors of titles, each encoded once


def _vectors(home: Home, key: bytes, forms: Sequence[str]) -> Vectors:
    """Return the vectors of titles; encode those that were not encoded before."""
    path = folder(home) / "titles.arrow"
    about = {"schema": SCHEMA, "encoder": encoder_name(), "whitening": fitted().digest}
    names = [keyed(key, form) for form in forms]
    known = _known(path, about)
    new = [at for at, name in enumerate(names) if name not in known]
    width = fitted().matrix.shape[1]
    out = np.zeros((len(forms), width), np.float32)
    for at, name in enumerate(names):
        if name in known:
            out[at] = known[name]
    if new:
        out[new] = embed([forms[at] for at in new])
    if new or len(known) != len(names):
        stored = np.frombuffer(b"".join(names), np.uint8)
        arrays.save(path, about, {"names": stored, "vectors": out.reshape(-1)})
    return out


def _known(path: Path, about: dict[str, str]) -> dict[bytes, Vectors]:
    try:
        there, columns = arrays.load(path)
    except (StorageError, VerificationError):
        return {}
    if there != about:
        return {}
    names = bytes(columns["names"])
    vectors = columns["vectors"].reshape(len(names) // 16, -1)
    return {names[at * 16 : at * 16 + 16]: vectors[at] for at in range(len(vectors))}
