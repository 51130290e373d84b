"""Entries: what is committed to, what is public, and which choices are recorded at all."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.conftest import AT, off
from tests.table import every
from vanne.errors import InputError
from vanne.ledger.encoding import format_time, from_base64, parse_time, to_base64
from vanne.ledger.entry import decode, encode, open_entry, read_public, seal
from vanne.ledger.kinds import CHOICE, check_records
from vanne.terms import Category, Choice

SALT = bytes(range(32))
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
targets = st.one_of(
    st.just(("all", None)),
    st.tuples(st.just("category"), st.sampled_from([c.value for c in Category])),
    st.tuples(st.just("item"), ids),
)
choices = st.builds(
    lambda member, purpose, aim, on, at, channel, notice, claimed_at: Choice(
        member, purpose, aim[0], on, at, aim[1], channel, notice, claimed_at
    ),
    ids,
    ids,
    targets,
    st.booleans(),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | ids,
    st.none() | ids,
    st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(choices)
def test_any_choice_comes_back_from_its_private_part(choice: Choice) -> None:
    check_records([choice])
    entry = seal(choice, SALT)
    assert decode(CHOICE, entry.private) == choice
    assert open_entry(entry.public, entry.private, entry.salt) == choice


@given(choices)
def test_both_parts_are_canonical_json(choice: Choice) -> None:
    entry = seal(choice, SALT)
    assert entry.public == rfc8785.dumps(json.loads(entry.public))
    assert entry.private == encode(choice)


@given(choices, choices)
def test_public_parts_of_any_two_choices_have_the_same_length(one: Choice, other: Choice) -> None:
    assert len(seal(one, SALT).public) == len(seal(other, SALT).public) == 83


def test_the_public_part_holds_the_commitment_and_nothing_of_the_choice() -> None:
    choice = off("member-7", scope="item", target="item-9", channel="web", notice="n-1")
    entry = seal(choice, SALT)
    assert read_public(entry.public)[1] == sha256(SALT + entry.private).digest()
    words = re.findall(rb'"([^"]*)"', entry.public)
    assert [*words[:1], *words[2:]] == [b"commitment", b"kind", b"choice", b"v"]


def test_an_entry_does_not_open_with_another_choice_or_salt() -> None:
    entry, other = seal(off(), SALT), seal(off(on=True), SALT)
    with pytest.raises(ValueError, match="not the one that was recorded"):
        open_entry(entry.public, other.private, SALT)
    with pytest.raises(ValueError, match="not the one that was recorded"):
        open_entry(entry.public, entry.private, bytes(32))


@pytest.mark.parametrize(
    "private",
    [
        b'{"at":"2025-11-03T09:30:00Z"}',
        encode(off()).replace(b",", b", ", 1),
        encode(off()).replace(b"false", b"0"),
        encode(off()).replace(b"09:30:00Z", b"09:30:00+00:00"),
        encode(off()).replace(b'"all"', b'"everything"'),
        b"[]",
        b"",
    ],
)
def test_a_private_part_that_is_not_a_choice_in_canonical_form_is_refused(private: bytes) -> None:
    with pytest.raises(ValueError):
        decode(CHOICE, private)


@every(
    ("choice", "what"),
    [
        (off(member_id=""), "`member_id` is empty"),
        (off(member_id="  "), "`member_id` is empty"),
        (off(member_id=7), "`member_id` is not a text"),
        (off(member_id="\ud800"), "`member_id` is not valid Unicode"),
        (off(purpose=""), "`purpose` is empty"),
        (off(purpose=None), "`purpose` is not a text"),
        (off(scope="everything"), "`scope` is not known"),
        (off(scope=["all"]), "`scope` is not known"),
        (off(target="post"), "`target` is given"),
        (off(scope="category"), "`target` is missing"),
        (off(scope="item"), "`target` is missing"),
        (off(scope="item", target=""), "`target` is empty"),
        (off(scope="category", target="posts"), "`target` is not a known category"),
        (off(at=AT.replace(tzinfo=None)), "`at` has no time zone"),
        (off(at=AT.astimezone(timezone(timedelta(hours=1)))), "`at` is not in UTC"),
        (off(at=AT.astimezone(ZoneInfo("Europe/Zurich"))), "`at` is not in UTC"),
        (off(at="2025-11-03"), "`at` is not a time"),
        (off(at=None), "`at` is not a time"),
        (off(on=0), "`on` is neither true nor false"),
        (off(channel=1), "`channel` is not a text"),
        (off(notice="\udfff"), "`notice` is not valid Unicode"),
    ],
)
def test_a_choice_that_cannot_be_recorded_is_named_by_its_row(choice: Choice, what: str) -> None:
    with pytest.raises(InputError) as caught:
        check_records([off(), off(), choice])
    assert caught.value.args[0].startswith(f"choice in row 3: {what}")
    assert caught.value.todo


def test_a_misspelt_category_gets_a_suggestion_and_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        check_records([off(scope="category", target="articel")])
    assert "did you mean `article`?" in str(caught.value)
    assert "articel" not in str(caught.value)


def test_an_error_never_repeats_an_id() -> None:
    with pytest.raises(InputError) as caught:
        check_records([replace(off("secret-member"), scope="item", target=None)])
    assert "secret-member" not in str(caught.value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_time_comes_back(at: datetime) -> None:
    assert parse_time(format_time(at)) == at


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-03",
        "2025-11-03T09:30:00",
        "2025-11-03t09:30:00Z",
        "2025-11-03T09:30:00+00:00",
        "2025-11-03T09:30:00.5Z",
        "2025-13-03T09:30:00Z",
        "２０２５-11-03T09:30:00Z",
        "2025-11-03T09:30:00Z\n",
        None,
    ],
)
def test_a_time_in_another_form_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


@pytest.mark.parametrize("text", ["AA==", "AB==", "AA", " AA=", "_A==", "", None, "é==="])
def test_base64_has_one_form_only(text: object) -> None:
    if text == "AA==":
        assert from_base64(text, 1) == b"\0" and to_base64(b"\0") == text
    else:
        with pytest.raises(ValueError, match="base64"):
            from_base64(text, 1)
