"""Make the search index from what the purpose allows, and bring it up to date with the corpus.

The row of a person is a function of what they show, of the month, of the encoder and of a key. An
update makes anew the rows of those who show something else than before, adds those who are new and
takes out those who left; so it gives the rows that making all anew gives. Nothing remains of a
member who left, and no row says anything of anybody but its person.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from shutil import rmtree
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, insert, select

from vanne.config import Home
from vanne.corpus import Manifest, read_batches
from vanne.corpus import build as build_corpus
from vanne.corpus import refresh as refresh_corpus
from vanne.corpus.contract import NEVER_PREFIX, data_files
from vanne.corpus.living import living_items
from vanne.corpus.manifest import has_current
from vanne.database import Database, add_persons
from vanne.sources.batches import listed
from vanne.sources.relation import literal
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Kind, Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.search.encoder import embed
from vanne_assist.search.fact_table import joined, packed, parted, title_line
from vanne_assist.search.index import PURPOSE, TABLES, IndexState, rows_name, state_in
from vanne_assist.search.names import TEACHING, Names, as_row, names_of, without_names
from vanne_assist.search.words import stems_of
from vanne_assist.tables import findable, findable_other, findable_state

_COLUMNS = ("item_id", "owner", "author", "subjects", "category", "fields", "text", "lang")
_OUT = delete(findable).where(findable.c.person_id == bindparam("here"))
_AT_ONCE = 500
"""So many people are written in one transaction."""


@dataclass(frozen=True, slots=True)
class _Member:
    """The rows of the corpus that show somebody, and a digest of all that theirs is made from.

    `names` are what no row may say.
    """

    member: MemberId
    rows: Sequence[Mapping[str, Any]]
    names: Names
    digest: str

    @property
    def others(self) -> set[MemberId]:
        """Who else is in it."""
        found: set[MemberId] = set()
        for row in self.rows:
            subjects = row.get("subjects")
            if isinstance(subjects, str):
                subjects = listed(subjects)[0]
            found.update(subjects or ())
            found.add(row.get("author") or self.member)
        return found - {self.member}


def update(home: Home, as_of: datetime, *, full: bool = False) -> tuple[IndexState, bool]:
    """Refresh the corpus of the purpose, and the index with it; say whether anything changed.

    With `full` both are made anew, but for vectors of titles: these are a function of the title and
    of the encoder, to the last bit only if they are encoded once.

    Raises:
        ConfigError: the policy in force does not know the purpose.
        StorageError: the disk is full. Whoever was found before is found still.
    """
    fresh = full or not has_current(home, PURPOSE)
    manifest = (build_corpus if fresh else refresh_corpus)(home, as_of, purpose=PURPOSE)
    database = Database.of(home)
    with database.reading() as db:
        present = state_in(db)
        rows = db.execute(select(findable.c.person_id, findable.c.digest))
        before = {row.person_id: row.digest for row in rows}
        vectors = _vectors(db) if present and present.encoder == rows_name() else {}
    if present and not full:
        here = (present.corpus, present.encoder, present.profiles)
        if here == (manifest.version, rows_name(), len(before)):
            return present, False
    key = present.key if present else secrets.token_hex()
    month = manifest.as_of.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    people = _gathered(home, manifest, f"{rows_name()} {month} {key}")
    with database.writing() as db:
        gone = [{"here": each} for each in before.keys() - {each.member for each in people}]
        if gone:
            db.execute(_OUT, gone)
    new = [each for each in people if full or before.get(each.member) != each.digest]
    for start in range(0, len(new), _AT_ONCE):
        _put(database, new[start : start + _AT_ONCE], month, key, vectors)
    with database.writing() as db:
        made = _state(db, manifest, key)
        db.execute(delete(findable_state))
        db.execute(insert(findable_state), asdict(made))
    database.scrub(*TABLES)
    rmtree(home.root / "search", ignore_errors=True)  # where versions up to 0.2 kept it
    return made, True


def _state(db: Connection, manifest: Manifest, key: str) -> IndexState:
    digests = db.scalars(select(findable.c.digest).order_by(findable.c.tie)).all()
    return IndexState(
        corpus=manifest.version,
        policy=manifest.policy,
        as_of=manifest.as_of.isoformat(),
        ledger_size=manifest.ledger_size,
        ledger_root=manifest.ledger_root,
        encoder=rows_name(),
        profiles=len(digests),
        sha256=hashlib.sha256("".join(digests).encode()).hexdigest(),
        key=key,
    )


def _gathered(home: Home, manifest: Manifest, made_with: str) -> list[_Member]:
    """Return everybody of whom something may be shown, with all that may."""
    rows: dict[MemberId, list[dict[str, Any]]] = {}
    for batch in read_batches(home, manifest, _COLUMNS):
        for row in batch.to_pylist():
            if row.get("text"):
                rows.setdefault(str(row["owner"]), []).append(row)
    taught = _taught(home)
    found = []
    for member, own in rows.items():
        own.sort(key=lambda row: str(row["item_id"]))
        names = names_of(own) | taught.get(member, frozenset())
        told = json.dumps([made_with, own, sorted(names)], default=str).encode()
        found.append(_Member(member, own, names, hashlib.sha256(told).hexdigest()))
    return found


def _taught(home: Home) -> dict[MemberId, Names]:
    """Return what the profiles and the CVs of members call them, those too that nobody may see.

    Else the name in a CV would be shown because the profile that tells it is switched off.
    """
    paths = [path for path in data_files(home) if not path.name.startswith(NEVER_PREFIX)]
    categories = ", ".join(map(literal, TEACHING))
    found: dict[MemberId, Names] = {}
    for _, item in living_items(home, paths, lambda types: f"category IN ({categories})"):
        if item.owner is not None:
            found[item.owner] = found.get(item.owner, frozenset()) | names_of([as_row(item)])
    return found


def _vectors(db: Connection) -> dict[str, bytes]:
    """Return the vectors of all titles that the index holds."""
    found: dict[str, bytes] = {}
    for titles, vectors in db.execute(select(findable.c.titles, findable.c.vectors)):
        forms = [line.partition("\t")[0] for line in parted([titles])]
        width = len(vectors) // max(len(forms), 1)
        found |= {form: vectors[at * width :][:width] for at, form in enumerate(forms)}
    return found


def _put(
    database: Database,
    some: Sequence[_Member],
    month: datetime,
    key: str,
    vectors: dict[str, bytes],
) -> None:
    """Write the rows of some people, in the place of those that there are."""
    rows = [row for each in some if (row := _row(each, month, key))]
    forms = [form for row in rows for form in row["titles"]]
    unknown = [form for form in dict.fromkeys(forms) if form not in vectors]
    made = (each.tobytes() for each in embed(unknown).astype(np.float16))
    vectors |= dict(zip(unknown, made, strict=True))
    for row in rows:
        row["vectors"] = b"".join(vectors[form] for form in row["titles"])
        row["titles"] = joined(map(title_line, row["titles"]))
    here = [{"here": each.member} for each in some]
    others = [{"person_id": e.member, "other": each} for e in some for each in e.others]
    shown = {row["person_id"] for row in rows}
    others = [each for each in others if each["person_id"] in shown]
    with database.writing() as db:
        add_persons(db, [*shown, *(each["other"] for each in others)])
        # whoever is replaced is let go of with all links to others
        db.execute(_OUT, here)
        if rows:
            db.execute(insert(findable), rows)
        if others:
            db.execute(insert(findable_other), others)


def _row(each: _Member, month: datetime, key: str) -> dict[str, Any] | None:
    """Return the row of somebody, but for the vectors of their titles; None if nothing is left."""
    passages = [p for row in without_names(each.rows, each.names) if (p := Passage.of(row)).text]
    if not passages:
        return None
    facts = facts_of(passages, month)
    texts = [(passage.text, passage.lang) for passage in passages]
    skills = [(fact.value, None) for fact in facts if fact.kind is Kind.SKILL]
    tie = hashlib.blake2b(each.member.encode(), key=bytes.fromhex(key), digest_size=16)
    return {
        "person_id": each.member,
        "digest": each.digest,
        "tie": tie.hexdigest(),
        "facts": packed(facts, [passage.item_id for passage in passages]),
        "fact_values": joined(fact.value for fact in facts),
        "titles": list(dict.fromkeys(fact.value for fact in facts if fact.kind is Kind.TITLE)),
        "stems": stems_of([*texts, *skills]).tobytes(),
        "passages": json.dumps([astuple(passage) for passage in passages]),
    }
