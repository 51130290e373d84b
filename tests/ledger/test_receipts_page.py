"""docs/reference/receipts.md is true: its example, its numbers, and the verifier that it prints."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from tests.ledger import example
from tests.ledger.conftest import offs
from tests.ledger.test_kinds import OBJECTION
from vanne.ledger import Ledger, verify_receipt

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "receipts.md"
TEXT = PAGE.read_text(encoding="utf-8")


def block(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return str(code)


RECEIPT: dict[str, Any] = json.loads(block("json"))
VKEY = example.SIGNER.verifier.vkey


@pytest.fixture(scope="module")
def check() -> Callable[[dict[str, Any], str], None]:
    """The verifier that the page prints."""
    names: dict[str, Any] = {}
    exec(compile(block("python"), str(PAGE), "exec"), names)
    return names["check"]  # type: ignore[no-any-return]


def test_the_example_is_the_one_that_the_code_makes_and_it_verifies() -> None:
    assert example.receipt() == RECEIPT
    assert verify_receipt(RECEIPT, vkey=VKEY).index == 2


@pytest.mark.parametrize(("name", "value"), example.steps(), ids=[n for n, _ in example.steps()])
def test_the_page_shows_the_values_on_the_way(name: str, value: str) -> None:
    assert f"\n{value}\n" in TEXT, name


def test_the_page_shows_the_key_and_names_every_part() -> None:
    assert f'--vkey "{VKEY}"' in TEXT
    assert all(f"| `{part}` |" in TEXT for part in RECEIPT)


def test_the_verifier_of_the_page_accepts_the_example_and_real_receipts(
    check: Callable[..., None], ledger: Ledger
) -> None:
    check(RECEIPT, VKEY)
    ledger.append(offs(70))
    for index in range(70):
        check(ledger.receipt(index), ledger.vkey)


def test_the_verifier_of_the_page_accepts_objections_and_both_keys_of_a_change(
    check: Callable[..., None], ledger: Ledger
) -> None:
    ledger.append([OBJECTION, *offs(3)])
    old = ledger.vkey
    new = ledger.rotate_key()
    for index in range(4):
        check(ledger.receipt(index), old)
        check(ledger.receipt(index), new)
    ledger.rotate_key(retire=True)
    with pytest.raises(ValueError):
        check(ledger.receipt(0), old)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("choice", RECEIPT["choice"] | {"on": True}),
        ("salt", "AA" * 21 + "A="),
        ("entry", RECEIPT["entry"] | {"commitment": "AA" * 21 + "A="}),
        ("index", 3),
        ("proof", RECEIPT["proof"][::-1]),
        ("checkpoint", RECEIPT["checkpoint"].replace("\n5\n", "\n6\n")),
        ("vkey", VKEY.replace("61428703", "61428704")),
        ("record", RECEIPT["record"] | {"event": {"event_state": "dpv:ConsentGiven"}}),
    ],
    ids=lambda value: value if isinstance(value, str) and value in RECEIPT else "",
)
def test_the_verifier_of_the_page_refuses_what_was_changed(
    check: Callable[..., None], part: str, value: object
) -> None:
    with pytest.raises((AssertionError, InvalidSignature, ValueError)):
        check(deepcopy(RECEIPT) | {part: value}, VKEY)
