"""The ledger records more than choices: objections, notices and who saw them, policies in force."""

import json
import re
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.conftest import AT, off, on_sqlite
from tests.ledger.test_entry import choices, ids
from vanne.corpus.choice_index import segments
from vanne.errors import ConflictError, InputError, VerificationError
from vanne.ledger import Ledger, verify_receipt
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.encoding import json_text
from vanne.ledger.entry import decode, encode, open_entry, seal
from vanne.ledger.kinds import (
    Certified,
    Erasure,
    KeyChange,
    Loss,
    ModelServed,
    Record,
    check_records,
    kind_of,
)
from vanne.ledger.writing import in_order
from vanne.terms import MAIN_PURPOSE, Notice, Objection, PolicyInForce, Seen

SALT = bytes(range(32))
DIGEST = "ab" * 32
OBJECTION = Objection("Béa Roux", "https://bea.example", MAIN_PURPOSE, False, AT, "form", "n-1")
SEEN = Seen("anna", "2026-12-01-linkedin", AT, "settings-page")
NOTICE = Notice(
    "2026-12-01-linkedin", MAIN_PURPOSE, "linkedin", DIGEST, AT, AT + timedelta(30), DIGEST
)
POLICY = PolicyInForce("linkedin", "2", DIGEST, AT, AT)
PERSONAL: list[Record] = [off("anna"), OBJECTION, SEEN]
PUBLIC: list[Record] = [NOTICE, POLICY]

times = st.datetimes(timezones=st.just(UTC))
vkeys = st.binary(min_size=32, max_size=32).map(lambda key: Verifier("log.example", key).vkey)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
optional = st.none() | ids
records = st.one_of(
    choices,
    st.builds(
        Objection, ids, optional, ids, st.booleans(), times, optional, optional, st.none() | times
    ),
    st.builds(Seen, ids, ids, times, optional),
    st.builds(Notice, ids, ids, ids, digests, times, times, digests),
    st.builds(PolicyInForce, ids, ids, digests, times, times),
    st.builds(KeyChange, vkeys, st.none() | vkeys, times),
    st.builds(ModelServed, ids, digests, digests, digests, digests, times),
    st.builds(Certified, ids, digests, digests, digests, digests, times),
    st.builds(Loss, st.integers(0, 2**53 - 1), digests, times),
    st.builds(
        lambda found, at: Erasure(tuple(sorted(found)), at),
        st.sets(st.integers(0, 2**53 - 1), min_size=1),
        times,
    ),
)


@given(records)
def test_any_record_comes_back_from_its_entry(record: Record) -> None:
    check_records([record])
    entry = seal(record, SALT)
    assert decode(kind_of(record), encode(record)) == record
    assert open_entry(entry.public, entry.private, entry.salt) == record


@given(records)
def test_what_is_written_is_canonical_json(record: Record) -> None:
    assert encode(record) == rfc8785.dumps(json.loads(encode(record)))
    public = seal(record, SALT).public
    assert public == rfc8785.dumps(json.loads(public))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_written_as_rfc_8785_says(text: str) -> None:
    assert json_text(text).encode() == rfc8785.dumps(text)


@pytest.mark.parametrize("record", PERSONAL, ids=lambda record: kind_of(record).name)
def test_who_somebody_is_stays_out_of_the_public_part(record: Record) -> None:
    entry = seal(record, SALT)
    assert re.fullmatch(rb'{"commitment":"[^"]{44}","kind":"[a-z]+","v":1}', entry.public)
    assert entry.private == encode(record) and entry.salt == SALT


@pytest.mark.parametrize("record", PUBLIC, ids=lambda record: kind_of(record).name)
def test_what_concerns_everybody_is_there_to_read(record: Record) -> None:
    entry = seal(record, SALT)
    assert json.loads(entry.public)["content"] == kind_of(record).json_of(record)
    assert (entry.private, entry.salt) == (None, None)
    with pytest.raises(ValueError, match="is public, and has a private part"):
        open_entry(entry.public, b"{}", SALT)


@pytest.mark.parametrize(
    "public",
    [
        seal(off(), SALT).public.replace(b'"choice"', b'"notice"'),
        seal(off(), SALT).public.replace(b'"choice"', b'"choices"'),
        seal(NOTICE, SALT).public.replace(b'"notice"}', b'"seen"}').replace(b'"notice","v"', b'"seen","v"'),
        seal(NOTICE, SALT).public.replace(b'"v":1', b'"v": 1'),
        b"",
    ],
)  # fmt: skip
def test_a_public_part_of_another_form_is_refused(public: bytes) -> None:
    with pytest.raises(ValueError, match="not an entry in canonical form"):
        open_entry(public, None, None)


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (replace(OBJECTION, name=" "), "objection in row 2: `name` is empty"),
        (replace(OBJECTION, at=None), "objection in row 2: `at` is not a time"),
        (replace(SEEN, member_id=""), "seen in row 2: `member_id` is empty"),
        (replace(NOTICE, digest="x"), "notice in row 2: `digest` is not a SHA-256 in hex"),
        (replace(POLICY, since=AT.replace(tzinfo=None)), "policy in row 2: `since` has no time zone"),
        (KeyChange("x", None, AT), "key in row 2: `vkey` is not a verifier key"),
        (Erasure((2, 1), AT), "erasure in row 2: `positions` is not in order"),
        ("off", "record in row 2: it is of no kind"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_recorded_is_named_by_its_row(record: Record, what: str) -> None:
    with pytest.raises(InputError) as caught:
        check_records([off(), record])
    assert caught.value.args[0].startswith(what)


def test_choices_are_read_apart_from_what_else_is_recorded(ledger: Ledger) -> None:
    everything = [*PUBLIC, *PERSONAL, off("ben")]
    assert ledger.append(everything) == range(6)
    written = in_order(everything, None)
    assert list(ledger.records()) == list(enumerate(written))
    assert list(ledger.records(3, 5)) == [(3, written[3]), (4, written[4])]
    assert list(ledger.choices()) == [written[2], written[5]]
    assert ledger.history("anna") == [(2, written[2])]
    assert ledger.seen("anna") == [(4, written[4])] and ledger.seen("ben") == []
    assert ledger.fsck().ok


def test_choices_in_columns_leave_out_what_else_is_recorded(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(PUBLIC)
    assert [batch.num_rows for batch in ledger.batches()] == [0]
    (empty,) = segments(tmp_path, ledger, 2)
    assert (empty.start, empty.end, empty.batch.num_rows) == (0, 2, 0)
    ledger.append([*PERSONAL, off("ben")])
    assert [batch["position"].to_pylist() for batch in ledger.batches(1)] == [[2, 5]]
    found = segments(tmp_path, ledger, 6)
    assert sorted(found[-1].batch["member_id"].to_pylist()) == ["anna", "ben"]


def test_an_objection_has_a_receipt_and_a_notice_has_none(ledger: Ledger) -> None:
    ledger.append([OBJECTION, NOTICE])
    receipt = ledger.receipt(0)
    assert set(receipt) >= {"objection", "salt"} and "choice" not in receipt
    verified = verify_receipt(json.loads(json.dumps(receipt)), vkey=ledger.vkey)
    assert verified.record == OBJECTION and "objection" in verified.as_json()
    with pytest.raises(InputError, match="of an objection"):
        _ = verified.choice
    with pytest.raises(InputError, match="neither a choice nor an objection"):
        ledger.receipt(1)


def test_a_receipt_whose_part_is_named_otherwise_than_its_entry_is_refused(ledger: Ledger) -> None:
    ledger.append([OBJECTION])
    receipt = ledger.receipt(0)
    receipt["choice"] = receipt.pop("objection")
    with pytest.raises(VerificationError, match=r"`form`.*named by the entry's kind"):
        verify_receipt(receipt)


@pytest.mark.parametrize("record", [KeyChange("x", None, AT), Erasure((0,), AT)])
def test_a_change_of_key_or_an_erasure_is_not_recorded_by_hand(
    ledger: Ledger, record: Record
) -> None:
    with pytest.raises(InputError, match="by hand"):
        ledger.append([off(), record])
    assert ledger.size == 0


# Sent again.


def test_what_is_sent_again_with_its_key_is_recorded_once(ledger: Ledger) -> None:
    assert ledger.append([off("ben")]) == range(1)
    assert ledger.append([off(), OBJECTION], key="k") == range(1, 3)
    later = [off(at=AT + timedelta(1)), replace(OBJECTION, at=AT + timedelta(1))]
    before = ledger.checkpoint()
    assert ledger.append([off(), OBJECTION], key="k") == range(1, 3)
    assert ledger.append(later, key="k") == range(1, 3)
    assert ledger.checkpoint() == before
    assert ledger.append([off()], key="another") == range(3, 4)
    assert ledger.append([off()]) == range(4, 5)


@pytest.mark.parametrize("other", [[off(on=True)], [off("ben")], [off(), off()], [NOTICE], []])
def test_a_key_with_something_else_is_a_conflict(ledger: Ledger, other: list[Record]) -> None:
    ledger.append([off()], key="k")
    with pytest.raises(ConflictError, match="came before with something else"):
        ledger.append(other, key="k")
    assert ledger.size == 1


def test_a_key_that_came_with_nothing_is_used_up(ledger: Ledger) -> None:
    ledger.append([off("ben")])
    assert ledger.append([], key="k") == ledger.append([], key="k") == range(1, 1)
    with pytest.raises(ConflictError, match="came before with something else"):
        ledger.append([off()], key="k")
    assert ledger.append([off()], key="other") == ledger.append([off()], key="other") == range(1, 2)


@pytest.mark.parametrize("key", ["", " ", "\ud800"])
def test_a_key_that_is_blank_or_no_text_is_refused(ledger: Ledger, key: str) -> None:
    with pytest.raises(InputError, match="idempotency key"):
        ledger.append([off()], key=key)
    assert ledger.size == 0


@on_sqlite
def test_a_key_is_remembered_after_opening_again_and_not_kept_in_clear(path: Path) -> None:
    with Ledger.create(path) as ledger:
        ledger.append([off()], key="the-key-of-a-form")
    with Ledger(path) as ledger:
        assert ledger.append([off()], key="the-key-of-a-form") == range(1)
    assert b"the-key-of-a-form" not in path.read_bytes()
