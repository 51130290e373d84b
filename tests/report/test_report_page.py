"""The pages on what was used of a member, and on certificates."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from tests.report.lives import NOW, PastLife
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import clock
from vanne.ledger.proof import verify_proof
from vanne.report.document import report_file
from vanne.report.usage import usage_report
from vanne.web import create_app
from vanne.words import LANGUAGES

REPORT = f"{SWITCH}/report"


@pytest.fixture
def client(lived: PastLife) -> Iterator[TestClient]:
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    app = create_app(lived.home, now=clock(NOW))
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield client


@pytest.fixture
def anna(client: TestClient) -> TestClient:
    return sign_in(client, "anna")


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_says_what_held_what_and_what_became_of_each_no(
    anna: TestClient, lived: PastLife
) -> None:
    said = text_of(anna.get(REPORT).text)
    first, _, third = (version[:8] for version in lived.models)
    assert (
        f"Model {third} 6 of your items Since 22 November 2026, 09:00 UTC (still in use)." in said
    )
    assert (
        f"Model {first} 5 of your items From 20 November 2026, 10:00 UTC to 21 November 2026"
        in said
    )
    assert f"which certificate {lived.at_once[:8]} proves; it was due by 21 December 2026." in said
    assert "The current model must have forgotten it by 23 December 2026." in said
    assert "What others made of copies of your data is not in this report." in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_small_in_every_language(anna: TestClient, lang: str) -> None:
    page = anna.get(REPORT, params={"lang": lang})
    assert f'<html lang="{lang}">' in page.text
    assert len(page.content) < 10_000


def test_every_way_to_my_data_leads_to_the_report(anna: TestClient) -> None:
    for page in ("/", "/settings", "/settings/data-privacy", SWITCH, f"{SWITCH}/used"):
        links = re.findall(r'href="([^"]+)"', anna.get(page).text)
        assert REPORT in [urljoin(page, link) for link in links]


def test_the_whole_report_has_every_item_and_no_navigation(anna: TestClient) -> None:
    page = anna.get(f"{REPORT}/whole").text
    assert page.count('<p class="kind">') == 12
    assert "<nav" not in page and "<style" not in page
    for secret in ("Bruno parle", "formidable", "bruno", "b-post"):
        assert secret not in page


def test_the_file_is_the_document_of_the_command(anna: TestClient, lived: PastLife) -> None:
    answer = anna.get(f"{REPORT}.json")
    as_of = json.loads(answer.content)["as_of"]
    report = usage_report(lived.home, "anna", datetime.fromisoformat(as_of))
    assert answer.content == report_file(report)
    assert answer.headers["content-type"] == "application/json"


def test_a_certificate_is_said_in_plain_words_with_my_own_receipts(
    anna: TestClient, lived: PastLife
) -> None:
    address = f"/certificates/{lived.left.id[:16]}"
    said = text_of(anna.get(address).text)
    assert "5 of your items left the model on 21 November 2026." in said
    assert "A model took over that was trained without what had left the training set." in said
    assert "Receipt no. 4" in said
    name = lived.left.id[:16]
    assert f"vanne verify {name}.json --inclusion {name}.proof.json" in said
    assert anna.get(f"{address}.json").json() == dict(lived.left.document)
    proof = verify_proof(anna.get(f"{address}.proof.json").json())
    assert f"No. {proof['index']}, with its proof" in said


def test_another_member_reads_the_certificate_without_my_receipts(
    client: TestClient, lived: PastLife
) -> None:
    page = sign_in(client, "fritz").get(f"/certificates/{lived.left.id[:16]}").text
    assert "/receipts/" not in page
    assert "Requests" not in page
    assert "No item of yours left with it." in page
    assert not re.search(r"\d\d:\d\d", text_of(page))


def test_a_certificate_that_does_not_exist_is_not_found(anna: TestClient) -> None:
    for wanted in ("0" * 16, "..%2f..%2fmodel", "x.json"):
        assert anna.get(f"/certificates/{wanted}").status_code == 404


def test_nobody_reads_a_report_without_signing_in(client: TestClient, lived: PastLife) -> None:
    for page in (
        REPORT,
        f"{REPORT}/whole",
        f"{REPORT}.json",
        f"/certificates/{lived.left.id[:16]}",
    ):
        assert client.get(page, follow_redirects=False).status_code == 303


def test_a_purpose_that_does_not_exist_shows_the_first(anna: TestClient) -> None:
    assert anna.get(REPORT, params={"purpose": "<script>"}).status_code == 200
