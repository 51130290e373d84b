"""Bring an index in PostgreSQL up to a corpus: only those people are written who changed.

What takes long (facts, vectors) is made before the transaction begins, so that it is short. It
locks the row of the index, compares who is there with who should be, takes out who left or changed,
writes who came or changed, and sets how far the ledger was heard back to what the corpus heard: a
no that came meanwhile is heard again at the next question. Whoever asks meanwhile sees the index
that was there.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from vanne.config import Home
from vanne.corpus import Manifest
from vanne_assist.brief.criteria import Fact, Kind, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import occupations_of
from vanne_assist.search.find import FACETS
from vanne_assist.search.index import SCHEMA, Made
from vanne_assist.search.keeping import Gathered, Progress, drop_files, gathered, is_of, texts_of
from vanne_assist.search.keys import keyed, read_key
from vanne_assist.search.letters import Letters
from vanne_assist.search.meaning import Vectors, embed, encoder_name, fitted
from vanne_assist.search.postgres import server
from vanne_assist.search.postgres.document import document_of
from vanne_assist.search.postgres.index import read_state
from vanne_assist.search.postgres.rows import (
    Value,
    copy_integers,
    count_in,
    drop_unused,
    known,
    numbered,
    sparse_text,
    take_out,
    vector_text,
)
from vanne_assist.search.table import LEVELS
from vanne_assist.search.words import terms

if TYPE_CHECKING:
    from vanne_assist.search.postgres.server import Connection

_CHUNK = 1000
_NO_LETTERS = sparse_text([], server.RUNS)


def bring_up_to(
    home: Home, url: str, manifest: Manifest, *, full: bool, progress: Progress | None
) -> tuple[Made, bool]:
    """Bring the index up to a version of the corpus; say whether anything changed.

    The files of an index that lay in the home before are removed: nobody would keep them.
    """
    with server.explained(url), server.connect(url) as db:
        server.create(db, url)
        drop_files(home)
        there = read_state(db).made
        if not full and there and is_of(there, manifest):
            return there, False
        made = _Writing(home, manifest, progress).write(db, full)
        for table in ("profile", "document", "value", "fact", "posting", "title", "run"):
            db.execute(f"VACUUM (ANALYZE) search_{table}")
    return made, True


class _Writing:
    """One update: who should be there, and what was made ready of them."""

    def __init__(self, home: Home, manifest: Manifest, progress: Progress | None) -> None:
        self._manifest, self._progress, self._key = manifest, progress, read_key(home)
        self._people = {keyed(self._key, p.member): p for p in gathered(home, manifest)}
        self._digests = {
            place: _digest(each, manifest.as_of) for place, each in self._people.items()
        }
        self._facts: dict[bytes, tuple[Fact, ...]] = {}
        self._vectors: dict[str, Vectors] = {}

    def write(self, db: "Connection", full: bool) -> Made:
        there = read_state(db).made
        anew = full or there is None or (there.encoder, there.whitening) != _encoder()
        self._make_ready(db, self._people if anew else self._changed(_there(db)))
        with db.transaction():
            # INVARIANT: locked before anything is read that decides what is written.
            state = read_state(db, lock=True)
            was = _there(db)
            if anew:
                _empty(db)
            else:
                take_out(db, self._gone(was))
            self._put_in(db, sorted(self._people if anew else self._changed(was)))
            drop_unused(db)
            _weigh_letters(db, self._title_rows(db), 0 if anew else state.titles)
            made = self._made()
            db.execute(
                "UPDATE search_index SET heard = %s, made = %s",
                [made.ledger_size, made.canonical().decode()],
            )
        return made

    def _changed(self, there: Mapping[bytes, tuple[int, bytes]]) -> list[bytes]:
        """Return the places of who is not there as they should be."""
        unlike = (0, b"")
        return [p for p, digest in self._digests.items() if there.get(p, unlike)[1] != digest]

    def _gone(self, there: Mapping[bytes, tuple[int, bytes]]) -> list[int]:
        """Return the rows of who should not be there, or not as they are."""
        return [row for p, (row, digest) in there.items() if self._digests.get(p) != digest]

    def _make_ready(self, db: "Connection", places: Iterable[bytes]) -> None:
        """Read the facts of some people, and encode the titles that are new."""
        for place in places:
            self._facts[place] = facts_of(self._people[place].passages, self._manifest.as_of)
            if self._progress:
                self._progress(len(self._facts))
        forms = {f.value for facts in self._facts.values() for f in facts if f.kind is Kind.TITLE}
        self._encode(sorted(forms - set(known(db, Kind.TITLE, forms))))

    def _encode(self, forms: Sequence[str]) -> None:
        new = [form for form in forms if form not in self._vectors]
        self._vectors |= dict(zip(new, embed(new), strict=True))

    def _put_in(self, db: "Connection", places: Sequence[bytes]) -> None:
        self._make_ready(db, [place for place in places if place not in self._facts])
        # INVARIANT: no id is given twice, or who asked for a row would see another person in it.
        given = db.execute(
            "UPDATE search_index SET last = last + %s RETURNING last", [len(places)]
        ).fetchone()
        first = 1 + (given[0] if given else 0) - len(places)
        for start in range(0, len(places), _CHUNK):
            rows = dict(enumerate(places[start : start + _CHUNK], first + start))
            self._put_some_in(db, rows)
            count_in(db, list(rows))

    def _put_some_in(self, db: "Connection", rows: Mapping[int, bytes]) -> None:
        facts = {row: self._facts[place] for row, place in rows.items()}
        said = {row: _stems(self._people[place], facts[row]) for row, place in rows.items()}
        values: set[Value] = {(f.kind, f.value) for each in facts.values() for f in each}
        values |= {(Kind.WORDS, stem) for each in said.values() for stem in each}
        number = numbered(db, values)
        lengths = {row: each.total() for row, each in said.items()}
        postings = [
            (number[Kind.WORDS, stem], row, count, lengths[row])
            for row, each in said.items()
            for stem, count in each.items()
        ]
        copy_integers(db, "search_posting (value, profile, count, length)", postings)
        _copy(db, "fact", (r for row, each in facts.items() for r in _fact_rows(row, each, number)))
        held = {row: _held(each, number) for row, each in facts.items()}
        _copy(
            db, "profile", (self._row(row, p, held[row], lengths[row]) for row, p in rows.items())
        )
        _copy(db, "document", ((row, self._document(at)) for row, at in rows.items()))

    def _row(
        self, row: int, place: bytes, held: tuple[list[int], list[int]], words: int
    ) -> tuple[Any, ...]:
        each = self._people[place]
        people = [place, *(keyed(self._key, other) for other in sorted(each.others))]
        items = [keyed(self._key, passage.item_id) for passage in each.passages]
        return row, place, people, items, *held, words, self._digests[place]

    def _document(self, place: bytes) -> bytes:
        each = self._people[place]
        return document_of(Profile(each.member, tuple(each.passages), self._facts[place]))

    def _title_rows(self, db: "Connection") -> int:
        """Write the titles that have no row yet; return how many."""
        new = db.execute(
            "SELECT number, value FROM search_value v WHERE kind = %s "
            "AND NOT EXISTS (SELECT FROM search_title t WHERE t.value = v.number)",
            [Kind.TITLE],
        ).fetchall()
        forms = [bytes(value).decode() for _, value in new]
        self._encode(forms)
        rows = (
            (
                number,
                _words_of(form),
                sorted(occupations_of(form)),
                vector_text(self._vectors[form]),
                _NO_LETTERS,
            )
            for (number, _), form in zip(new, forms, strict=True)
        )
        _copy(db, "title", rows)
        return len(new)

    def _made(self) -> Made:
        manifest, whole = self._manifest, hashlib.sha256()
        for place in sorted(self._digests):
            whole.update(place + self._digests[place])
        encoder, whitening = _encoder()
        return Made(
            corpus=manifest.version,
            policy=manifest.policy,
            as_of=manifest.as_of.isoformat(),
            ledger_size=manifest.ledger_size,
            ledger_root=manifest.ledger_root,
            encoder=encoder,
            whitening=whitening,
            profiles=len(self._people),
            sha256=whole.hexdigest(),
        )


def _encoder() -> tuple[str, str]:
    return encoder_name(), fitted().digest


def _there(db: "Connection") -> dict[bytes, tuple[int, bytes]]:
    """Return who is there: of each place the row and the digest of what is kept."""
    found = db.execute("SELECT place, id, digest FROM search_profile")
    return {bytes(place): (row, bytes(digest)) for place, row, digest in found}


def _digest(each: Gathered, as_of: datetime) -> bytes:
    """Return what changes when anything that is kept of a person would; years count by months."""
    texts = [[p.item_id, p.category, p.text, p.lang] for p in each.passages]
    whole = [SCHEMA, as_of.year, as_of.month, each.member, sorted(each.others), texts]
    return hashlib.sha256(json.dumps(whole).encode()).digest()


def _stems(each: Gathered, facts: Sequence[Fact]) -> "Counter[str]":
    return Counter(s for text, lang in texts_of(each.passages, facts) for s in terms(text, lang))


def _fact_rows(
    row: int, facts: Sequence[Fact], number: Mapping[Value, int]
) -> Iterable[tuple[Any, ...]]:
    for position, fact in enumerate(facts):
        value = number[fact.kind, fact.value]
        told = None if fact.number is None else round(float(np.float32(fact.number)), 1)
        level = LEVELS.index(fact.level) if fact.level in LEVELS else None
        yield row, position, value, told, level, fact.until is not None


def _held(facts: Sequence[Fact], number: Mapping[Value, int]) -> tuple[list[int], list[int]]:
    """Return the titles that somebody has, and all values that facets count, each once."""
    found = [(f.kind, number[f.kind, f.value]) for f in facts if f.kind in FACETS]
    titles = dict.fromkeys(value for kind, value in found if kind is Kind.TITLE)
    return list(titles), list(dict.fromkeys(value for _, value in found))


def _words_of(form: str) -> list[bytes]:
    return [word.encode() for word in form.split()]


def _copy(db: "Connection", table: str, rows: Iterable[Sequence[Any]]) -> None:
    with db.cursor() as cursor, cursor.copy(f"COPY search_{table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _empty(db: "Connection") -> None:
    """Take everybody out; whoever reads meanwhile still sees them, as `TRUNCATE` would not let."""
    for table in ("profile", "document", "value", "fact", "posting", "title", "run"):
        db.execute(f"DELETE FROM search_{table}")
    db.execute("UPDATE search_index SET profiles = 0, words = 0, titles = 0")


def _weigh_letters(db: "Connection", new: int, before: int) -> None:
    """Weigh the runs of letters of all titles, if there are others than when it was last done."""
    titles = db.execute(
        "SELECT number, v.value FROM search_title t JOIN search_value v ON v.number = t.value"
    ).fetchall()
    if not new and len(titles) == before:
        return
    letters = Letters.of([bytes(value).decode() for _, value in titles])
    run = np.repeat(np.arange(len(letters.known)), np.diff(letters.starts))
    order = np.argsort(letters.texts, kind="stable")
    ends = np.cumsum(np.bincount(letters.texts, minlength=len(titles))).tolist()
    pairs = list(zip(run[order].tolist(), letters.weights[order].tolist(), strict=True))
    db.execute("CREATE TEMP TABLE spelt (value integer, letters text) ON COMMIT DROP")
    with db.cursor() as cursor, cursor.copy("COPY spelt FROM STDIN") as copy:
        for (number, _), start, end in zip(titles, [0, *ends], ends, strict=False):
            copy.write_row((number, sparse_text(pairs[start:end], server.RUNS)))
    db.execute(
        "UPDATE search_title t SET letters = spelt.letters::sparsevec FROM spelt "
        "WHERE t.value = spelt.value"
    )
    db.execute("DELETE FROM search_run")
    rare = zip(letters.known.items(), letters.rare.tolist(), strict=True)
    _copy(db, "run", ((at, run.encode(), each) for (run, at), each in rare))
    db.execute("UPDATE search_index SET titles = %s", [len(titles)])
