"""The page of messages; an address is confirmed by its link and withdrawn by one click."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from tests.web.conftest import sign_in
from tests.web.mailbox import Mailbox, mail_server
from tests.web.network import START, clock
from vanne.config import Home
from vanne.database import Database, add_persons
from vanne.database.tables import member_message
from vanne.messages import address_of, send_waiting, unread
from vanne.messages.mail import mail_of
from vanne.settings import Settings
from vanne.web import create_app

HEADERS = {"accept-language": "fr-CH", "sec-fetch-site": "same-origin"}


@pytest.fixture
def post() -> Iterator[tuple[Mailbox, Settings]]:
    with mail_server() as running:
        yield running


@pytest.fixture
def anna(home: Home, post: tuple[Mailbox, Settings]) -> Iterator[TestClient]:
    app = create_app(home, now=clock(), settings=post[1])
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=HEADERS) as client:
        yield sign_in(client, "anna")


def told(home: Home, member: str, kind: str, mail: str = "none") -> None:
    """Let a member have a message."""
    row = {"member": member, "kind": kind, "about": "ab" * 32, "at": START, "mail": mail}
    with Database.of(home).writing() as db:
        add_persons(db, [member])
        db.execute(insert(member_message).values(row))


def link_in(text: str, path: str) -> str:
    (link,) = re.findall(rf"http://127\.0\.0\.1:8000({path}/\S+)", text)
    return str(link)


def test_a_message_is_new_until_it_was_read(anna: TestClient, home: Home) -> None:
    told(home, "anna", "out")
    told(home, "bea", "out")
    assert "1 nouveau message" in anna.get("/settings").text
    shown = anna.get("/messages").text
    assert shown.count("Ce que vous avez désactivé a quitté le modèle.") == 1
    assert f"/certificates/{'ab' * 8}" in shown
    assert "nouveau message" not in anna.get("/settings").text
    assert unread(home, "bea") == 1


def test_who_has_no_message_reads_that(anna: TestClient) -> None:
    assert "Aucun message pour l" in anna.get("/messages").text


def test_from_an_address_to_a_mail_and_to_none_any_more(
    anna: TestClient, home: Home, post: tuple[Mailbox, Settings]
) -> None:
    box, settings = post
    anna.post("/messages/address", data={"email": "anna@example.org"})
    assert address_of(home, "anna") is None
    link = link_in(box.texts[0], "/messages/confirm")
    assert "anna@example.org" in anna.get(link).text
    assert address_of(home, "anna") is None  # a scanner of links has changed nothing
    assert anna.post(link).status_code == 200
    told(home, "anna", "out", mail="waiting")
    send_waiting(home, mail_of(settings, home))
    mail = box.messages[1]
    stop = urlsplit(mail["List-Unsubscribe"].strip("<>")).path
    assert stop in mail.get_content()
    assert address_of(home, "anna") is not None
    anna.get(stop)
    assert address_of(home, "anna") is not None  # neither has this one
    anna.cookies.clear()  # as a mail program asks: signed in as nobody (RFC 8058)
    mailer = {"sec-fetch-site": ""}
    answer = anna.post(stop, data={"List-Unsubscribe": "One-Click"}, headers=mailer)
    assert answer.status_code == 200
    assert address_of(home, "anna") is None
    assert anna.post(stop, headers=mailer).status_code == 200


def test_an_address_that_is_none_and_a_link_that_is_not_ours_change_nothing(
    anna: TestClient, home: Home, post: tuple[Mailbox, Settings]
) -> None:
    wrong = anna.post("/messages/address", data={"email": "anna at example"})
    assert wrong.status_code == 400
    assert "pas une adresse" in wrong.text
    assert anna.post("/messages/confirm/nothing").status_code == 404
    assert post[0].messages == []
    assert address_of(home, "anna") is None
