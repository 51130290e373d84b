"""Receipts: what a member holds, and nobody else can see."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.conftest import Run
from tests.web.conftest import SWITCH
from vanne.errors import VerificationError
from vanne.ledger import verify_receipt


@pytest.fixture
def receipt(anna: TestClient) -> TestClient:
    """Anna's browser after she switched off: her receipt is number 3."""
    anna.post(SWITCH, data={"set": "off:all:generative-ai-training"})
    return anna


def test_the_page_of_a_receipt_says_what_was_chosen_and_that_it_verifies(
    receipt: TestClient,
) -> None:
    page = receipt.get("/receipts/3").text
    assert "votre choix est dans le registre" in page
    assert "anna" in page and "vanne.local/ledger" in page


def test_the_downloaded_receipt_verifies_without_us(receipt: TestClient) -> None:
    answer = receipt.get("/receipts/3.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="vanne-receipt-3.json"'
    proven = verify_receipt(answer.json())
    assert (proven.choice.member_id, proven.choice.on, proven.index) == ("anna", False, 3)


def test_the_command_on_the_page_verifies_the_downloaded_file(
    receipt: TestClient, vanne: Run, tmp_path: Path
) -> None:
    assert "vanne receipt verify vanne-receipt-3.json" in receipt.get("/receipts/3").text
    (tmp_path / "vanne-receipt-3.json").write_bytes(receipt.get("/receipts/3.json").content)
    done = vanne("receipt", "verify", "vanne-receipt-3.json")
    assert done.returncode == 0, done.stderr


def test_a_changed_receipt_does_not_verify(receipt: TestClient) -> None:
    forged = json.loads(receipt.get("/receipts/3.json").text.replace("false", "true"))
    with pytest.raises(VerificationError):
        verify_receipt(forged)


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_number_of_thousands_of_digits_is_no_fault(client: TestClient, suffix: str) -> None:
    assert client.get(f"/receipts/{'9' * 5000}{suffix}").status_code == 404


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_the_receipt_of_another_member_looks_like_one_that_is_not_there(
    receipt: TestClient, suffix: str
) -> None:
    others, absent = (receipt.get(f"/receipts/{index}{suffix}") for index in (0, 99))
    assert others.status_code == absent.status_code == 404
    hide = str.maketrans("", "", "0123456789")
    assert others.text.translate(hide) == absent.text.translate(hide)
