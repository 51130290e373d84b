"""Who may not see an address learns nothing: the answer is that of an address that is not there."""

import re

import pytest
from starlette.testclient import TestClient

from tests.members import replace_members
from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import MEMBERS
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE
from vanne.web.app import routes

OPEN = (
    *("/api", "/guide", "/items", "/object", "/robots.txt", "/sign-", "/.well-known", "/verify"),
    *("/messages/confirm", "/messages/stop"),  # links in mails: what they hold lets in
)
"""How addresses begin that everybody may see, besides the front page."""


def addresses(*beginnings: str) -> tuple[str, ...]:
    """The addresses of the application that begin so, with something in their holes."""
    paths = {re.sub(r"\{\w+(:\w+)?\}", "0", route.path) for route in routes()}  # type: ignore[attr-defined]
    return tuple(sorted(path for path in paths if path.startswith(beginnings)))


MEMBERS_PAGES = (
    *addresses("/settings", "/receipts", "/certificates", "/appear", "/write", "/profile"),
    *addresses("/opportunities"),
    "/messages",
)
PARTS = ("/picture", "/messages/address")
"""A picture and a form of members' pages: for nobody else, and no page to come back to."""
RECRUITERS = addresses("/find")
OPERATORS, AUDITORS = addresses("/operator"), addresses("/auditor")
STAFF = OPERATORS + AUDITORS
FRITZ, NOBODY = "/receipts/0", "/receipts/999999"
"""A receipt of somebody else, and one that does not exist."""

WISH = {"set": f"off:all:{MAIN_PURPOSE}", "key": "a-key-of-a-form"}

FORBIDDEN = {
    "recruiter": (*MEMBERS_PAGES, *PARTS, *STAFF),
    "operator": (*MEMBERS_PAGES, *PARTS, *AUDITORS, *RECRUITERS),
    "auditor": (*MEMBERS_PAGES, *PARTS, *OPERATORS, *RECRUITERS),
    "member": (*STAFF, *RECRUITERS),
}


def test_every_address_is_open_or_tested_here() -> None:
    known = {"/", *PARTS, *addresses(*OPEN), *MEMBERS_PAGES, *RECRUITERS, *STAFF}
    assert set(addresses("/")) - known == set()
    assert SWITCH in MEMBERS_PAGES and FRITZ in MEMBERS_PAGES


def ask(client: TestClient, method: str, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """All of an answer that somebody could compare."""
    body = {"data": WISH} if method == "POST" else {}
    answer = client.request(method, path, follow_redirects=False, **body)  # type: ignore[arg-type]
    return answer.status_code, answer.headers.multi_items(), answer.content


@pytest.mark.parametrize("role", FORBIDDEN)
def test_a_page_for_others_answers_as_if_it_were_not_there(client: TestClient, role: str) -> None:
    sign_in(client, "anna", role)
    ways = [(method, "") for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS")]
    for method, end in (*ways, ("GET", "?x=1"), ("GET", "/"), ("POST", "/")):
        nowhere = ask(client, method, f"/nothing-here{end}")
        assert nowhere[0] == 404
        for path in FORBIDDEN[role]:
            assert ask(client, method, path + end) == nowhere, (method, path)


@pytest.mark.parametrize("suffix", ["", ".json", "/"])
def test_the_receipt_of_somebody_else_answers_as_one_that_does_not_exist(
    anna: TestClient, suffix: str
) -> None:
    for method in ("GET", "HEAD", "POST"):
        theirs = ask(anna, method, FRITZ + suffix)
        assert theirs == ask(anna, method, NOBODY + suffix)
        assert theirs == ask(anna, method, "/nothing-here")


@pytest.mark.parametrize("role", ["recruiter", "operator", "auditor"])
def test_nothing_is_looked_up_for_whom_a_page_is_not(
    client: TestClient, home: Home, role: str
) -> None:
    sign_in(client, "anna", role)
    nowhere = ask(client, "GET", "/nothing-here")
    for file in (home.members, home.ledger, home.policy):
        file.unlink()  # whoever looks now fails
    for path in MEMBERS_PAGES:
        assert ask(client, "GET", path) == nowhere


@pytest.mark.parametrize("role", ["recruiter", "operator", "auditor"])
def test_staff_change_nothing_of_a_member(client: TestClient, home: Home, role: str) -> None:
    sign_in(client, "anna", role)
    for sent in (WISH, {"set": "nonsense"}, {}):
        assert client.post(SWITCH, data=sent).status_code == 404
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.size == 3


@pytest.mark.parametrize("role", ["recruiter", "operator", "auditor"])
def test_a_member_whose_id_is_that_of_the_staff_is_somebody_else(
    client: TestClient, home: Home, role: str
) -> None:
    names = (f"demonstration-{role}", role)
    replace_members([*MEMBERS, *(MEMBERS[0].__class__(name, "CH") for name in names)], home)
    sign_in(client, "anna", role)
    assert client.get("/settings").status_code == 404


def test_a_stranger_is_sent_to_sign_in_whatever_the_page(client: TestClient) -> None:
    for path in (*MEMBERS_PAGES, *STAFF):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in?next=%2F")


@every("member", ["fritz", "../fritz", "fritz%00", "FRITZ"])
def test_no_address_takes_the_id_of_a_member(anna: TestClient, member: str) -> None:
    for path in ("/settings", SWITCH, f"{SWITCH}/used"):
        page = anna.get(path, params={"member": member, "member_id": member, "sub": member}).text
        assert "f-post" not in page and ">anna<" in page
        assert anna.get(f"{path}/{member}").status_code == 404
