"""A receipt verifies with nothing but itself, and not when any bit of it was changed."""

import json
from copy import deepcopy
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger import example
from tests.ledger.conftest import off, offs
from tests.table import every
from vanne.errors import InputError, VanneError, VerificationError
from vanne.ledger import Ledger, read_receipt, verify_receipt
from vanne.ledger.writing import in_order
from vanne.terms import Category

RECEIPT = example.receipt()
VKEY = example.SIGNER.verifier.vkey
DATA = rfc8785.dumps(RECEIPT)


def changed(*path: str | int, to: object) -> dict[str, Any]:
    receipt: Any = deepcopy(RECEIPT)
    inner = receipt
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return receipt


def leaves(value: object, *path: str | int) -> list[tuple[str | int, ...]]:
    """Return the path of every value in a document."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, *path, key)]
    if isinstance(value, list):
        return [leaf for n, inner in enumerate(value) for leaf in leaves(inner, *path, n)]
    return [path]


def test_a_receipt_says_what_it_proves() -> None:
    verified = verify_receipt(RECEIPT, vkey=VKEY)
    assert verified.choice == example.CHOICES[2]
    assert (verified.index, verified.size, verified.pinned) == (2, 5, True)
    assert verified.origin == "social.example/choices" and verified.vkey == VKEY


def test_a_receipt_without_a_known_key_says_which_key_signed() -> None:
    verified = verify_receipt(RECEIPT)
    assert verified.vkey == VKEY and not verified.pinned


def test_every_choice_of_a_ledger_has_a_receipt_that_verifies(ledger: Ledger) -> None:
    choices = [
        off(),
        off(on=True),
        off(scope="item", target="item-1", channel="web", notice="n"),
        *(off(scope="category", target=category.value) for category in Category),
        off("Zoë 😀\n\0"),
    ]
    ledger.append(choices)
    for index, choice in enumerate(in_order(choices, None)):
        receipt = read_receipt(json.dumps(ledger.receipt(index)).encode())
        assert verify_receipt(receipt, vkey=ledger.vkey).choice == choice


def test_a_receipt_still_verifies_after_more_choices(ledger: Ledger) -> None:
    ledger.append(offs(3))
    old = ledger.receipt(1)
    ledger.append(offs(500))
    assert verify_receipt(old).size == 3 and verify_receipt(ledger.receipt(1)).size == 503


def test_an_off_is_an_objection_and_never_called_consent(ledger: Ledger) -> None:
    ledger.append([off(), off(on=True)])
    states = [ledger.receipt(n)["record"]["event"]["event_state"] for n in (0, 1)]  # type: ignore[index]
    assert states == ["dpv:LegitimateInterestObjected", "dpv:LegitimateInterestNotObjected"]
    assert "consent" not in json.dumps(ledger.receipt(0)).lower()


def test_no_receipt_with_one_bit_flipped_verifies() -> None:
    for at in range(len(DATA)):
        for bit in (at % 8, (at + 3) % 8):  # each bit of some bytes
            data = bytearray(DATA)
            data[at] ^= 1 << bit
            with pytest.raises((InputError, VerificationError)):
                verify_receipt(read_receipt(bytes(data)))


@every("path", leaves(RECEIPT), ids=lambda path: "-".join(map(str, path)))
def test_no_receipt_with_a_changed_field_verifies(path: tuple[str | int, ...]) -> None:
    was: Any = RECEIPT
    for key in path:
        was = was[key]
    for value in (None, "", "x", 0, 1, 2.5, True, False, [], {}, ["x"], -1, 10**30, "\ud800"):
        if (type(was), was) != (type(value), value):
            with pytest.raises(VerificationError):
                verify_receipt(changed(*path, to=value))


@pytest.mark.parametrize("part", sorted(RECEIPT))
def test_a_receipt_without_one_of_its_parts_does_not_verify(part: str) -> None:
    receipt = {key: value for key, value in RECEIPT.items() if key != part}
    with pytest.raises(VerificationError, match="step `form`"):
        verify_receipt(receipt)


@pytest.mark.parametrize("inner", ["choice", "entry", "record"])
def test_a_receipt_with_an_unknown_field_does_not_verify(inner: str) -> None:
    for receipt in (changed("more", to=1), changed(inner, "more", to=1)):
        with pytest.raises(VerificationError):
            verify_receipt(receipt)


@pytest.mark.parametrize("receipt", [None, [], "x", 1])
def test_what_is_no_object_does_not_verify(receipt: Any) -> None:
    with pytest.raises(VerificationError, match="step `form`"):
        verify_receipt(receipt)


def test_true_is_not_the_index_1(ledger: Ledger) -> None:
    ledger.append(offs(2))
    with pytest.raises(VerificationError, match="step `form`"):
        verify_receipt(ledger.receipt(1) | {"index": True})


@every(
    ("path", "value", "step"),
    [
        (("choice", "scope"), "everything", "form"),
        (("choice", "at"), "2025-11-03", "form"),
        (("entry", "v"), True, "form"),
        (("index",), 2.0, "form"),
        (("proof",), ["AA=="], "form"),
        (("choice", "on"), True, "commitment"),
        (("choice", "member_id"), "member-3", "commitment"),
        (("salt",), "AA" * 21 + "A=", "commitment"),
        (("vkey",), "x", "key"),
        (("checkpoint",), "x", "checkpoint"),
        (("index",), 3, "inclusion"),
        (("index",), 5, "inclusion"),
        (("proof",), [], "inclusion"),
        (("record", "event", "event_state"), "dpv:ConsentGiven", "record"),
        (("record", "record_id"), "x", "record"),
    ],
)
def test_the_step_that_fails_is_named(path: tuple[str, ...], value: object, step: str) -> None:
    with pytest.raises(VerificationError, match=f"at the step `{step}`: "):
        verify_receipt(changed(*path, to=value))


def test_a_receipt_of_another_key_than_the_known_one_does_not_hold(ledger: Ledger) -> None:
    with pytest.raises(VerificationError, match="step `key`: it was signed with"):
        verify_receipt(RECEIPT, vkey=ledger.vkey)
    with pytest.raises(InputError, match="not a verifier key"):
        verify_receipt(RECEIPT, vkey="x")


def test_parts_of_two_receipts_do_not_mix(ledger: Ledger) -> None:
    ledger.append(offs(4))
    one, other = ledger.receipt(0), ledger.receipt(1)
    for part in ("choice", "salt", "entry", "index", "proof", "record"):
        with pytest.raises(VerificationError):
            verify_receipt(one | {part: other[part]})


@every(
    "data",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"1" * 5000,
        b"[" * 100_000,
        b"x" * 1_000_001,
        DATA.replace(b'"schema":"vanne/receipt/1"', b'"schema":"vanne/receipt/2"'),
        DATA.replace(b'{"checkpoint"', b'{"index":7,"checkpoint"'),
        DATA.replace(b'{"at"', b'{"on":true,"at"'),
    ],
)
def test_a_file_that_is_no_receipt_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        verify_receipt(read_receipt(data))


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    try:
        verify_receipt(read_receipt(data))
    except VanneError as error:
        assert error.exit_code in (1, 65)
    else:
        raise AssertionError(data)
