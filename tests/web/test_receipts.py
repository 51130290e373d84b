"""Receipts: what a member holds, and nobody else can see."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.conftest import Run
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import clock, make_home
from vanne.demo.network import policy_text
from vanne.errors import VerificationError
from vanne.ledger import verify_receipt
from vanne.policy.policy import TOOLS
from vanne.policy.schedule import policy_at
from vanne.terms import MAIN_PURPOSE
from vanne.web import create_app
from vanne.web.pages.switches import path_of
from vanne.words import LANGUAGES, purpose_words


@pytest.fixture
def receipt(anna: TestClient) -> TestClient:
    """Anna's browser after she switched off: her receipt is number 3."""
    anna.post(SWITCH, data={"set": "off:all:generative-ai-training"})
    return anna


def test_the_page_of_a_receipt_says_what_was_chosen_and_that_it_verifies(
    receipt: TestClient,
) -> None:
    page = receipt.get("/receipts/3").text
    assert "Modèles qui rédigent du contenu\u00a0: Désactivé" in page
    assert "Vérifié par ce serveur quand il a fait la page" in page
    assert ">anna<" in page and "vanne.local/ledger" in page


def test_the_downloaded_receipt_verifies_without_us(receipt: TestClient) -> None:
    answer = receipt.get("/receipts/3.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="vanne-receipt-3.json"'
    proven = verify_receipt(answer.json())
    assert (proven.choice.member_id, proven.choice.on, proven.index) == ("anna", False, 3)


def test_the_command_on_the_page_verifies_the_downloaded_file(
    receipt: TestClient, vanne: Run, tmp_path: Path
) -> None:
    assert "vanne verify vanne-receipt-3.json" in receipt.get("/receipts/3").text
    (tmp_path / "vanne-receipt-3.json").write_bytes(receipt.get("/receipts/3.json").content)
    done = vanne("verify", "vanne-receipt-3.json")
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


def test_each_purpose_has_a_receipt_that_names_it_what_it_covers_and_the_words_that_were_shown(
    vanne: Run, tmp_path: Path
) -> None:
    home, now = make_home(tmp_path / "home", policy_text()), clock()
    policy, pages, files, lines = policy_at(home, now()), set(), set(), set()
    with TestClient(create_app(home, now=now), base_url="http://127.0.0.1:8000") as client:
        sign_in(client, "bruno")
        for number, purpose in enumerate((MAIN_PURPOSE, *TOOLS)):
            lang = LANGUAGES[number % len(LANGUAGES)]
            shown = text_of(client.get(path_of(purpose), params={"lang": lang}).text)
            saved = client.post(path_of(purpose), data={"set": "off:all"})
            (place,) = re.findall(r'href="/receipts/(\d+)"', saved.text)[:1]
            page = text_of(client.get(f"/receipts/{place}").text)
            receipt = client.get(f"/receipts/{place}.json")
            words = verify_receipt(receipt.json()).choice.notice or ""
            assert (
                words.splitlines()[0]
                == purpose_words(purpose, policy.purpose(purpose).words, lang).title
            )
            assert all(line in shown and line in page for line in words.splitlines())
            (tmp_path / f"{place}.json").write_bytes(receipt.content)
            printed = vanne("verify", f"{place}.json").stdout
            assert f"the purpose `{purpose}` off for all of their data" in printed
            assert all(f"\n  {' '.join(line.split())}\n" in printed for line in words.splitlines())
            pages.add(re.sub(r"\d", "", page))
            files.add(words)
            lines.add(re.sub(r"\d", "", printed))
    assert {len(pages), len(files), len(lines)} == {1 + len(TOOLS)}


@pytest.mark.parametrize(
    ("wish", "named", "printed"),
    [
        ("off:category::photo", "Photos", "off for the category `photo` alone"),
        ("off:item::a-post-1", "un élément\u00a0: a-post-1", "off for the item `a-post-1` alone"),
        ("off:all", "toutes mes données, pour cette finalité", "off for all of their data"),
    ],
)
def test_a_receipt_says_which_kind_or_item_it_covers(
    anna: TestClient, vanne: Run, tmp_path: Path, wish: str, named: str, printed: str
) -> None:
    page = SWITCH if "item" not in wish else f"{SWITCH}/used"
    shown = text_of(anna.get(page).text)
    anna.post(page, data={"set": wish})
    assert named in text_of(anna.get("/receipts/3").text)
    receipt = anna.get("/receipts/3.json")
    words = verify_receipt(receipt.json()).choice.notice or "nothing"
    assert all(line in shown for line in words.splitlines())
    (tmp_path / "receipt.json").write_bytes(receipt.content)
    assert printed in vanne("verify", "receipt.json").stdout
    report = text_of(anna.get(f"{SWITCH}/report/whole").text)
    assert named in report and words.splitlines()[0] in report


def test_other_words_than_those_that_were_shown_do_not_verify(receipt: TestClient) -> None:
    held = receipt.get("/receipts/3.json").json()
    for part, key in (("choice", "notice"), ("record", "privacy_notice")):
        forged = json.loads(json.dumps(held))
        forged[part][key] += " But not always."
        assert forged != held
        with pytest.raises(VerificationError):
            verify_receipt(forged)


def text_of(html: str) -> str:
    """What a person reads, the white space in one piece but for what may not be broken."""
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
