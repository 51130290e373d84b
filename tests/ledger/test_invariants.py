"""What is always true of a ledger, whatever is done to it and in which order."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import AT, at_any_time, naive_root, new_schema, off
from tests.ledger.test_kinds import NOTICE, OBJECTION, POLICY, SEEN
from vanne.config import Home
from vanne.errors import ConflictError
from vanne.ledger import Erasure, KeyChange, Ledger, Record, verify_receipt
from vanne.ledger.checkpoint import Verifier, verify_checkpoint
from vanne.ledger.kinds import member_of, time_of
from vanne.ledger.merkle import verify_consistency
from vanne.ledger.writing import in_order
from vanne.terms import Choice, Objection

NAMES = ("anna", "ben", "zoé\0")
one_record = st.one_of(
    st.builds(
        lambda who, on, hours: off(who, on=on, at=AT + timedelta(hours=hours)),
        st.sampled_from(NAMES),
        st.booleans(),
        st.integers(-2, 2),
    ),
    st.builds(lambda who: replace(SEEN, member_id=who), st.sampled_from(NAMES)),
    st.builds(lambda on: replace(OBJECTION, on=on), st.booleans()),
    st.sampled_from([NOTICE, POLICY]),
)
step = st.one_of(
    st.tuples(st.just("append"), st.lists(one_record, max_size=5), st.none() | st.sampled_from("kl")),
    st.tuples(st.just("erase"), st.sampled_from(NAMES), st.booleans()),
    st.tuples(st.just("send_again"), st.sampled_from("kl")),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("look")),
)  # fmt: skip


def is_the_same(one: list[Record], other: list[Record]) -> bool:
    """Say whether a request is another one sent again: the ledger dates both itself."""
    dated = [
        [replace(r, at=AT) if isinstance(r, Choice) else r for r in each] for each in (one, other)
    ]
    return dated[0] == dated[1]


@dataclass
class Model:
    """What a ledger should hold, kept in the plainest way."""

    home: Home
    ledger: Ledger
    records: list[Record | None] = field(default_factory=list)
    requests: dict[str, tuple[list[Record], range] | None] = field(default_factory=dict)
    sent: dict[str, list[Record]] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)  # checkpoints with their keys
    receipts: list[tuple[Record, dict[str, object], str]] = field(default_factory=list)
    changing: bool = False

    @property
    def last(self) -> datetime | None:
        """The time of the last entry: what is erased has one after it."""
        record = self.records[-1] if self.records else None
        return time_of(record) if record else None

    def append(self, records: list[Record], key: str | None) -> None:
        known = self.requests.get(key, ()) if key else ()
        if known is None or (known and not is_the_same(known[0], records)):
            with pytest.raises(ConflictError):
                self.ledger.append(records, key=key)
            return
        expected = known[1] if known else range(len(self.records), len(self.records) + len(records))
        assert self.ledger.append(records, key=key) == expected
        if not known:
            self.records += in_order(records, self.last)
            if key:
                self.requests[key] = (records, expected)
                self.sent[key] = records

    def send_again(self, key: str) -> None:
        self.append(self.sent.get(key, [off("anna")]), key)

    def erase(self, who: str, keeps: bool) -> None:
        gone = [n for n, record in enumerate(self.records) if record and member_of(record) == who]
        at = AT + timedelta(days=len(self.records))
        keep = [off(who, at=at)] if keeps else []
        erased = self.ledger.erase(who, at, keep=keep)
        there = [r for n in gone if isinstance(r := self.records[n], Choice)]
        if at_any_time(there) == at_any_time(keep) and len(there) == len(
            gone
        ):  # an earlier erasure kept just that
            assert (erased.entry, erased.positions) == (None, ())
            return
        assert erased.positions == tuple(gone)
        if gone:
            assert erased.entry == len(self.records)
            self.records += in_order([Erasure(tuple(gone), at), *keep], self.last)
        for n in gone:
            self.records[n] = None
            for key, known in self.requests.items():
                if known and n in known[1]:
                    self.requests[key] = None

    def rotate(self) -> None:
        old = self.ledger.vkey
        vkey = self.ledger.rotate_key(AT, retire=self.changing)
        change = KeyChange(vkey, None if self.changing else old, AT)
        self.records += in_order([change], self.last)
        self.changing = not self.changing

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.of(self.home)

    def look(self) -> None:
        """Keep a checkpoint and every receipt, as people do."""
        vkey = self.ledger.vkey
        self.notes.append((self.ledger.checkpoint(), vkey))
        for n, record in enumerate(self.records):
            if isinstance(record, Choice | Objection):
                self.receipts.append((record, self.ledger.receipt(n), vkey))

    def check(self) -> None:
        ledger, size = self.ledger, len(self.records)
        assert ledger.size == size
        assert list(ledger.records()) == list(enumerate(self.records))
        assert list(ledger.choices()) == [r for r in self.records if isinstance(r, Choice)]
        for who in NAMES:
            mine = [(n, r) for n, r in enumerate(self.records) if isinstance(r, Choice)]
            assert ledger.history(who) == [(n, r) for n, r in mine if r.member_id == who]
        entries = list(ledger.entries())
        assert ledger.root() == naive_root(entries)
        assert b"anna" not in b"".join(entries)
        self._check_proofs(entries)
        report = ledger.fsck(vkey=ledger.vkey)
        assert report.ok, report.problems
        assert (report.entries, report.erased) == (size, self.records.count(None))

    def _check_proofs(self, entries: list[bytes]) -> None:
        ledger, size = self.ledger, len(self.records)
        for note, vkey in self.notes:
            kept = verify_checkpoint(note, Verifier.parse(vkey))
            assert kept.root == naive_root(entries[: kept.size])
            proof = ledger.consistency(kept.size)
            assert verify_consistency(kept.size, size, proof, kept.root, ledger.root())
            assert ledger.fsck(known_checkpoint=note).ok
        for record, receipt, vkey in self.receipts:  # also of what was erased since
            assert verify_receipt(json.loads(json.dumps(receipt)), vkey=vkey).record == record


def run(home: Home, steps: list[tuple[object, ...]]) -> None:
    model = Model(home, Ledger.create(home))
    try:
        for name, *arguments in steps:
            getattr(model, str(name))(*arguments)
        model.look()
        model.check()
    finally:
        model.ledger.close()


@settings(max_examples=10)
@given(st.lists(step, max_size=14))
def test_any_history_keeps_what_a_ledger_promises(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[object, ...]]
) -> None:
    run(Home(tmp_path_factory.mktemp("ledger")), steps)


@settings(max_examples=5)
@given(st.lists(step, max_size=14))
def test_any_history_keeps_it_in_postgresql_too(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, steps: list[tuple[object, ...]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("ledger")
    run(Home(folder, new_schema(postgres)), steps)
