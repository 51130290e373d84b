"""A recruiter and a member write to each other by a real server: no address, no second message."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from tests.assist.people import PURPOSE, make_people
from tests.browser.conftest import served
from tests.table import every
from tests.web.mailbox import mail_server
from tests.web.network import clock
from vanne.config import Home
from vanne.database import Database
from vanne.ledger import Ledger
from vanne.messages import put_address, send_waiting, unread
from vanne.messages.mail import mail_of
from vanne.report.erase import erase_member
from vanne.terms import Choice
from vanne.worker.tasks import claim
from vanne_assist.recruiting import contacts
from vanne_assist.tables import contact, contact_message

now = clock()
OFFER = {"subject": "Trains in Bern", "text": "Would you build trains with us?"}
INBOX = "/appear/messages"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who can be found, made once."""
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def home(people: Home, tmp_path: Path) -> Home:
    """The same, for one test to change."""
    return Home(Path(shutil.copytree(people.root, tmp_path / "home")))


@pytest.fixture
def site(home: Home) -> Iterator[str]:
    with served(home) as address:
        yield address


@contextmanager
def person(site: str, member: str, role: str = "member") -> Iterator[httpx.Client]:
    """A browser in English of somebody who is signed in."""
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=site, headers=headers, follow_redirects=True, timeout=180) as client:
        client.post("/sign-in", data={"member": member} if role == "member" else {"staff": role})
        yield client


def found(rosa: httpx.Client) -> str:
    """Search, and return the id of the record: Anna is in it."""
    page = rosa.post("/find", data={"brief": "Rust engineer near Lausanne who speaks French"})
    assert "/find/people/anna" in page.text, page.text
    return str(page.url)[-16:]


def write(rosa: httpx.Client, search: str = "", member: str = "anna", **more: str) -> str:
    sent = OFFER | {"search": search} | more
    return unescape(rosa.post(f"/find/message/{member}", data=sent).text)


def ids(page: str) -> list[str]:
    return re.findall(r'name="contact" value="([0-9a-f]{16})"', page)


def test_a_message_and_its_answer_move_the_stage_and_give_no_address_away(
    site: str, home: Home
) -> None:
    with person(site, "anna", "recruiter") as rosa, person(site, "anna") as anna:
        search = found(rosa)
        rosa.post(f"/find/results/{search}", data={"member": "anna", "list": "new", "do": "keep"})
        assert "Message sent." in write(rosa, search, link="https://example.org/trains")
        assert "have not answered your last message" in write(rosa, search)
        read = unescape(anna.get(INBOX).text)
        assert OFFER["text"] in read and 'href="https://example.org/trains"' in read
        assert "Their search found you by:" in read and "Rust engineer" in read
        reply = {"contact": ids(read)[0], "do": "answer", "text": "Tell me more."}
        assert "Your answer is sent." in anna.post(INBOX, data=reply).text
        lists = rosa.get("/find/lists").text
        one = rosa.get(re.findall(r"/find/lists/[0-9a-f]{16}", lists)[0]).text
        assert "Tell me more." in one and "Answered (1)" in one
        for page in (one, rosa.get("/find/messages").text):
            assert "Anna" not in page and "Vogel" not in page
        assert "Message sent." in write(rosa, search, text="We build in Bern.")


def test_a_member_is_told_of_it_and_mailed_neither_name_nor_text(site: str, home: Home) -> None:
    put_address(home, "anna", "anna@network.example", "en", "https://network.example")
    with person(site, "anna", "recruiter") as rosa, person(site, "anna") as anna:
        write(rosa, link="https://example.org/trains")
        waits = claim(home, "worker", now() + timedelta(hours=1))
        assert waits is not None and waits.kind == "tell"
        assert "1 new message" in anna.get("/settings").text
        listed = anna.get("/messages").text.partition("<h1>")[2]
        assert "A recruiter wrote to you." in listed and f'href="{INBOX}"' in listed
        assert "1 new message" not in anna.get("/settings").text
        thread = ids(anna.get(INBOX).text)[0]
        anna.post(INBOX, data={"contact": thread, "do": "answer", "text": "Tell me more."})
        assert unread(home, "anna") == 0
        write(rosa, text="We build in Bern.")
        assert "1 new message" in anna.get("/settings").text
    with mail_server() as (box, settings):
        sent, _ = send_waiting(home, mail_of(settings, home))
    assert sent == len({each["Message-ID"] for each in box.messages}) == 2
    for each in box.messages:
        assert "https://network.example/messages" in each.get_content()
        whole = each.as_string().replace("anna@network.example", "")
        assert not [word for word in (*OFFER.values(), "anna", "Anna", thread) if word in whole]


def test_who_declines_is_not_written_to_again(site: str) -> None:
    with person(site, "anna", "recruiter") as rosa, person(site, "anna") as anna:
        write(rosa)
        thread = ids(anna.get(INBOX).text)[0]
        assert "Declined." in anna.post(INBOX, data={"contact": thread, "do": "decline"}).text
        assert "takes no messages from you" in write(rosa)
        assert (
            "over" in anna.post(INBOX, data={"contact": thread, "do": "answer", "text": "But"}).text
        )


def test_an_opt_out_ends_each_conversation_and_hides_the_person(site: str, home: Home) -> None:
    with person(site, "anna", "recruiter") as rosa, person(site, "anna") as anna:
        write(rosa)
        thread = ids(anna.get(INBOX).text)[0]
        anna.post(INBOX, data={"contact": thread, "do": "answer", "text": "My own words."})
        with Ledger.of(home) as ledger:
            ledger.append([Choice("anna", PURPOSE, "all", False, now())])
        assert rosa.post("/find/message/anna", data=OFFER).status_code == 404
        sent = rosa.get("/find/messages").text.partition("<h1>")[2]
        assert "the person can no longer be found" in sent and OFFER["subject"] in sent
        assert "My own words." not in sent and "anna" not in sent.partition("<footer>")[0]
        read = anna.get(INBOX).text
        assert "recruiters could no longer find you" in read and "My own words." in read


def test_nobody_reads_or_answers_what_is_another_members(site: str) -> None:
    with person(site, "anna", "recruiter") as rosa, person(site, "bruno") as bruno:
        write(rosa)
        with person(site, "anna") as anna:
            thread = ids(anna.get(INBOX).text)[0]
        assert OFFER["text"] not in bruno.get(INBOX).text
        for do in ("answer", "decline"):
            sent = {"contact": thread, "do": do, "text": "Hello"}
            assert bruno.post(INBOX, data=sent).status_code == 400
        assert bruno.get("/find/messages").status_code == 404
        assert rosa.get(INBOX).status_code == 404
        assert rosa.post("/find/message/emil", data=OFFER).status_code == 404, "who said no"


@every(
    "wrong",
    [
        {"subject": " "},
        {"text": ""},
        {"link": "javascript:alert(1)"},
        {"link": "https://a\u202eb"},
        {"text": "x" * 4001},
    ],
)
def test_a_message_that_is_not_complete_is_not_sent(
    site: str, home: Home, wrong: dict[str, str]
) -> None:
    with person(site, "anna", "recruiter") as rosa:
        assert "Nothing was sent" in write(rosa, **wrong)
    with Database.of(home).reading() as db:
        assert db.scalar(select(func.count()).select_from(contact)) == 0


def test_there_is_an_end_to_the_messages_of_a_day(home: Home) -> None:
    draft = contacts.ContactDraft("Trains", "Hello", "")
    with Database.of(home).writing() as db:
        for n in range(contacts.MOST_A_DAY):
            done = contacts.write(db, "rosa", "Rosa", f"m{n}", draft, (), now())
            assert done == "sent"
        assert contacts.write(db, "rosa", "Rosa", "anna", draft, (), now()) == "limit"
        assert contacts.write(db, "carlo", "Carlo", "anna", draft, (), now()) == "sent"


def test_what_was_written_goes_with_the_member(site: str, home: Home) -> None:
    with person(site, "anna", "recruiter") as rosa, person(site, "anna") as anna:
        write(rosa)
        anna.post(INBOX, data={"contact": ids(anna.get(INBOX).text)[0], "do": "decline"})
    erase_member(home, "anna", now())
    with Database.of(home).reading() as db:
        for table in (contact, contact_message):
            assert db.execute(select(table)).all() == []
