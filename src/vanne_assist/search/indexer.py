"""Make the search index from what the purpose allows, and bring it up to date with the corpus.

An index is a function of the version of the corpus, the encoder and a key. It is always made whole,
so it is the same to the byte whether it is made for the first time or after a refresh. Encoding
titles costs most, so the vectors of titles that the previous index also holds are copied from it.
Nothing remains of a member who left.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shutil import rmtree
from typing import Any

import numpy as np

from vanne.config import Home
from vanne.corpus import Manifest, arrays, read_batches
from vanne.corpus import build as build_corpus
from vanne.corpus import refresh as refresh_corpus
from vanne.corpus.manifest import has_current
from vanne.errors import MissingError, StorageError, VerificationError, storing
from vanne.fields import as_json
from vanne.files import make_folder, sync, write_whole
from vanne.folding import fold
from vanne.sources.batches import listed
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import occupations_of
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.places import named
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
from vanne_assist.search.word_index import WordIndex

_COLUMNS = ("item_id", "owner", "author", "subjects", "category", "fields", "text", "lang")
_KEY_BYTES = 32
_NAMES = ("given_name", "family_name", "full_name")
_UNNAMED = "…"
"""What stands in the place of a name."""


@dataclass(slots=True)
class MemberPassages:
    """What may be shown of a member, and who else is in it."""

    member: MemberId
    passages: list[Passage]
    others: set[MemberId]


def update(home: Home, as_of: datetime, *, full: bool = False) -> tuple[IndexManifest, bool]:
    """Refresh the corpus of the purpose, and the index with it; say whether anything changed.

    With `full` both are made anew, but for vectors of titles: these are a function of the title and
    of the encoder, to the last bit only if they are encoded once.

    Raises:
        ConfigError: the policy in force does not know the purpose.
        StorageError: the disk is full. The index that was there stays.
    """
    fresh = full or not has_current(home, PURPOSE)
    manifest = (build_corpus if fresh else refresh_corpus)(home, as_of, purpose=PURPOSE)
    before: dict[str, Vectors] = {}
    try:
        place = folder(home) / current_name(home)
        present, encoder = read_made(place), (encoder_name(), fitted().digest)
        about, columns = arrays.load(place / "index.arrow")
        is_whole = about["schema"] == SCHEMA and arrays_digest(place) == present.sha256
        if is_whole and (present.encoder, present.whitening) == encoder:
            if present.corpus == manifest.version and not full:
                return present, False
            titles, width = columns["titles"].to_pylist(), fitted().matrix.shape[1]
            vectors = columns["title_vectors"].reshape(len(titles), width)
            before = dict(zip(titles, vectors, strict=True))
    except (MissingError, StorageError, VerificationError, KeyError):
        pass  # a damaged index is made anew
    return _make(home, manifest, before), True


def _make(home: Home, manifest: Manifest, before: dict[str, Vectors]) -> IndexManifest:
    """Make the index of a version of the corpus, and put it in the place of the one before."""
    place = folder(home)
    key_file = place / "key"
    if not key_file.exists():
        make_folder(place)
        write_whole(key_file, secrets.token_bytes(_KEY_BYTES), mode=0o600)
    with storing("`search/key`"):
        key = key_file.read_bytes()
    # nobody is first for how they are called
    people = sorted(
        _gathered(home, manifest),
        key=lambda each: hashlib.blake2b(each.member.encode(), key=key, digest_size=16).digest(),
    )
    facts = [facts_of(each.passages, manifest.as_of) for each in people]
    texts = [
        [(passage.text, passage.lang) for passage in each.passages]
        + [(fact.value, None) for fact in of_one if fact.kind is Kind.SKILL]
        for each, of_one in zip(people, facts, strict=True)
    ]
    words = WordIndex.of(texts)
    columns = {
        **_people_columns(people),
        **_fact_columns(people, facts),
        **_title_columns(facts, before),
        "words": _strings(list(words.known)),
        "word_starts": words.starts,
        "word_rows": words.rows,
        "word_weights": words.weights,
    }
    building = place / f".building-{os.getpid()}"
    try:
        with storing("the search index"):
            for left in place.glob(".building-*"):  # of runs that were killed
                rmtree(left, ignore_errors=True)
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
            for version in place.glob("[0-9a-f]" * 64):
                if version.name != made.name:
                    rmtree(version, ignore_errors=True)
    finally:
        rmtree(building, ignore_errors=True)
    return made


def _gathered(home: Home, manifest: Manifest) -> Sequence[MemberPassages]:
    """Return everybody of whom something may be shown, with all that may, without their names."""
    people: dict[MemberId, MemberPassages] = {}
    rows: dict[MemberId, list[dict[str, Any]]] = {}
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.to_pylist():
            if not row.get("text"):
                continue
            owner, subjects = str(row["owner"]), row.get("subjects")
            if isinstance(subjects, str):
                subjects = listed(subjects)[0]
            each = people.setdefault(owner, MemberPassages(owner, [], set()))
            rows.setdefault(owner, []).append(row)
            each.others |= {row.get("author") or owner, *(subjects or [])} - {owner}
    for owner, each in people.items():
        unnamed = (Passage.of(row) for row in without_names(rows[owner]))
        each.passages.extend(passage for passage in unnamed if passage.text)
        each.passages.sort(key=lambda passage: passage.item_id)
    return [each for each in people.values() if each.passages]


def without_names(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a member's rows in which nothing tells their name: no quotation names anybody.

    A name that is a word too (Koch, Bern) is replaced beside the other name only.

    >>> rows = [{"fields": '{"given_name": "Ana", "family_name": "Koch", "headline": "Koch"}',
    ...          "text": "Ana Koch\\nKoch"}, {"text": "I am Ana Koch, Koch in Bern"}]
    >>> [(row["text"], row.get("fields")) for row in without_names(rows)]
    [('Koch', '{"headline": "Koch"}'), ('I am …, Koch in Bern', None)]
    """
    fields = [json.loads(row.get("fields") or "{}") for row in rows]
    names = {tuple(each[name] for name in _NAMES if name in each) for each in fields}
    words = {word for name in names for part in name for word in part.split()}
    whole = [" ".join(name) for name in names if name]
    alone = [w for w in words if len(w) > 1 and not book().look(fold(w)) and not named(w)]
    if not whole:
        return [dict(row) for row in rows]
    ordered = sorted({*whole, *alone}, key=len, reverse=True)
    name = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)

    def unnamed(text: str) -> str:
        lines = (name.sub(_UNNAMED, line) for line in text.split("\n"))
        return "\n".join(line for line in lines if line.strip() != _UNNAMED)

    return [
        {
            **row,
            "text": unnamed(row.get("text") or ""),
            "fields": as_json({key: unnamed(v) for key, v in each.items() if key not in _NAMES}),
        }
        for row, each in zip(rows, fields, strict=True)
    ]


# Columns


def _strings(texts: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(list(texts), pa.large_string())


def _order(texts: Sequence[str]) -> Any:
    """Return the places of texts in their order, by which one is found."""
    return np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int32)


def _starts(sizes: Sequence[int]) -> Any:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def _people_columns(people: Sequence[MemberPassages]) -> dict[str, Any]:
    members = [each.member for each in people]
    passages = [passage for each in people for passage in each.passages]
    items = [passage.item_id for passage in passages]
    others = sorted((other, row) for row, each in enumerate(people) for other in each.others)
    return {
        "members": _strings(members),
        "members_order": _order(members),
        "passages_start": _starts([len(each.passages) for each in people]),
        "passage_item": _strings(items),
        "passage_item_order": _order(items),
        "passage_category": _strings([passage.category for passage in passages]),
        "passage_text": _strings([passage.text for passage in passages]),
        "passage_lang": _strings([passage.lang or "" for passage in passages]),
        "passage_fields": _strings([as_json(passage.fields) or "{}" for passage in passages]),
        "other_person": _strings([other for other, _ in others]),
        "other_row": np.array([row for _, row in others], np.int32),
    }


def _fact_columns(
    people: Sequence[MemberPassages], facts: Sequence[Sequence[Fact]]
) -> dict[str, Any]:
    flat = [(row, fact) for row, of_one in enumerate(facts) for fact in of_one]
    table = FactTable.of(flat, len(people))
    items = [passage.item_id for each in people for passage in each.passages]
    place = {item: at for at, item in enumerate(items)}
    return {
        "facts_start": _starts([len(of_one) for of_one in facts]),
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


def _title_columns(facts: Sequence[Sequence[Fact]], before: dict[str, Vectors]) -> dict[str, Any]:
    """Return the titles, who holds them, and their vectors; `before` are those that are known."""
    held = [
        list(dict.fromkeys(fact.value for fact in of_one if fact.kind is Kind.TITLE))
        for of_one in facts
    ]
    forms = sorted({form for titles in held for form in titles})
    place = {form: at for at, form in enumerate(forms)}
    new = [form for form in forms if form not in before]
    known = before | dict(zip(new, embed(new), strict=True))
    return form_columns(forms) | {
        "title_vectors": np.array([known[form] for form in forms], np.float32).reshape(-1),
        "held_start": _starts([len(titles) for titles in held]),
        "held": np.array([place[form] for titles in held for form in titles], np.int32),
    }


def form_columns(forms: Sequence[str]) -> dict[str, Any]:
    """Return the columns of titles, each in its form and once, with their occupations."""
    named = [(at, name) for at, form in enumerate(forms) for name in sorted(occupations_of(form))]
    occupations = sorted({name for _, name in named})
    number = {name: at for at, name in enumerate(occupations)}
    return {
        "occupations": _strings(occupations),
        "occupied": np.array([at for at, _ in named], np.int32),
        "occupation": np.array([number[name] for _, name in named], np.int32),
        "titles": _strings(forms),
    }
