"""Members are told that what they asked for is done, once; their mail says nothing else of them."""

import socket
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from tests.forget.homes import (
    BORN,
    NOT_STARTED,
    STARTED,
    hours,
    make_home,
    put_members,
    say,
    train,
)
from tests.members import replace_members
from tests.web.mailbox import mail_server
from vanne.config import Home
from vanne.database import Database
from vanne.errors import LostError, MissingError
from vanne.forget.runs import forget
from vanne.messages import (
    address_of,
    mark_read,
    messages_of,
    put_address,
    send_waiting,
    stop_link,
    stop_mail,
    tell,
    unread,
)
from vanne.messages.inbox import STALE
from vanne.messages.mail import Outbox, mail_of
from vanne.report.erase import erase_member
from vanne.report.usage import usage_report
from vanne.settings import Settings
from vanne.terms import Member

ORIGIN = "https://network.example"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny):
    """A home with a model in which everybody is."""
    home = make_home(tmp_path_factory.mktemp("trained") / "home")
    train(home, tiny)
    return home


@pytest.fixture(scope="module")
def once(trained, tmp_path_factory):
    """The same, when its model has forgotten what m2 turned off, in both steps."""
    home = Home(Path(copytree(trained.root, tmp_path_factory.mktemp("once") / "home")))
    say(home, 2, False, hours(1))
    say(home, 3, False, hours(1))
    say(home, 3, True, hours(1))  # chose otherwise before anybody heard
    for at_once in (True, False):
        forget(home, at_once=at_once, now=lambda: hours(2))
    return home


@pytest.fixture
def home(once, tmp_path):
    return Home(Path(copytree(once.root, tmp_path / "home")))


def kinds(home: Home, member: str) -> list[str]:
    return [each.kind for each in messages_of(home, member)]


def test_who_asked_is_told_once_of_each_step_and_nobody_else_is(home):
    assert tell(home, hours(3)) == 3
    assert sorted(kinds(home, "m2")) == ["out", "retrained"]
    assert kinds(home, "m3") == ["back"]
    assert kinds(home, "m1") == []
    assert tell(home, hours(4)) == 0
    assert unread(home, "m2") == 2
    mark_read(home, "m2", hours(5))
    assert (unread(home, "m2"), unread(home, "m3")) == (0, 1)
    assert {each.read for each in messages_of(home, "m2")} == {hours(5)}


@pytest.mark.parametrize(
    ("person", "scope", "target", "kinds_told"),
    [
        (Member("m3", STARTED, BORN), "all", None, ["back"]),
        (Member("m3", STARTED, BORN), "item", "post-3", ["back"]),
        (Member("m3", STARTED, BORN), "category", "photo", []),
        (Member("m3", NOT_STARTED, BORN), "all", None, []),
        (Member("m3", None, BORN), "all", None, []),
        (Member("m3", STARTED, None), "all", None, []),
        (Member("m3", STARTED, date(2010, 1, 1)), "all", None, []),
    ],
)
def test_a_yes_is_told_to_count_only_where_the_model_holds_something_of_it(
    trained, tmp_path, person, scope, target, kinds_told
):
    home = Home(Path(copytree(trained.root, tmp_path / "home")))
    others = [Member(f"m{n}", STARTED, BORN) for n in (0, 1, 2, 4, 5)]
    replace_members([*others, person], home)
    say(home, 2, False, hours(1))
    say(home, 3, True, hours(1), scope, target)
    forget(home, now=lambda: hours(2))
    tell(home, hours(3))
    assert kinds(home, "m3") == kinds_told
    assert kinds(home, "m2") == ["out"]


@pytest.mark.parametrize(
    ("person", "scope", "target", "kinds_told"),
    [
        (Member("m3", STARTED, BORN), "all", None, ["out", "retrained"]),
        (Member("m3", STARTED, BORN), "item", "post-3", ["out", "retrained"]),
        (Member("m3", STARTED, BORN), "category", "post", ["out", "retrained"]),
        (Member("m3", STARTED, BORN), "category", "photo", []),
        (Member("m3", STARTED, BORN), "item", "post-4", []),
        (Member("m3", NOT_STARTED, BORN), "all", None, []),
        (Member("m3", None, BORN), "all", None, []),
        (Member("m3", STARTED, None), "all", None, []),
        (Member("m3", STARTED, date(2012, 1, 1)), "all", None, []),
    ],
)
def test_a_no_is_told_to_be_done_only_where_a_model_held_something_of_it(
    tmp_path, tiny, person, scope, target, kinds_told
):
    home = make_home(tmp_path / "home")
    others = [Member(f"m{n}", STARTED, BORN) for n in (0, 1, 2, 4, 5)]
    replace_members([*others, person], home)
    train(home, tiny)
    say(home, 2, False, hours(1))
    index = say(home, 3, False, hours(1), scope, target)
    for at_once in (True, False):
        forget(home, at_once=at_once, now=lambda: hours(2))
    tell(home, hours(3))
    assert sorted(kinds(home, "m2")) == ["out", "retrained"]
    assert sorted(kinds(home, "m3")) == kinds_told
    _, answer = usage_report(home, "m3", hours(3)).answer_to(index)
    assert answer.outcome == ("done" if kinds_told else "nothing")  # as the receipt says


def test_a_no_that_covers_only_what_comes_later_is_not_told_to_be_out_of_the_model(tmp_path, tiny):
    home = make_home(tmp_path / "home")
    text = home.policy.read_text()
    home.policy.write_text(text.replace('covers = "everything"', 'covers = "afterwards"'))
    train(home, tiny)
    say(home, 2, False, hours(1))
    put_members(home, [STARTED] * 4 + [NOT_STARTED, STARTED])  # for a certificate
    assert forget(home, now=lambda: hours(2)).certificate
    tell(home, hours(3))
    assert kinds(home, "m2") == []


def test_of_an_old_certificate_nobody_is_told(home):
    assert tell(home, hours(2) + STALE + timedelta(days=2)) == 0
    assert tell(home, hours(3)) == 0


def test_who_is_erased_leaves_no_message_and_no_address(home):
    put_address(home, "m2", "two@network.example", "fr", ORIGIN)
    tell(home, hours(3))
    erase_member(home, "m2", hours(4))
    assert messages_of(home, "m2") == []
    assert address_of(home, "m2") is None
    forget(home, now=lambda: hours(5))
    tell(home, hours(6))
    assert messages_of(home, "m2") == []  # what we recorded in their place tells nobody


def test_a_mail_says_that_it_is_done_and_where_and_how_to_stop_and_is_sent_once(home):
    put_address(home, "m2", "two@network.example", "fr", ORIGIN)
    tell(home, hours(3))
    with mail_server() as (box, settings):
        mail = mail_of(settings, home)
        assert send_waiting(home, mail) == (2, False)
        assert send_waiting(home, mail) == (0, False)
    assert [to for _, to in box.envelopes] == [["two@network.example"]] * 2
    message = box.messages[0]
    address = address_of(home, "m2")
    assert message["List-Unsubscribe"] == f"<{stop_link(home, address)}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = message.get_content()
    assert message["Subject"] == "C'est fait : votre demande concernant vos données"
    first = messages_of(home, "m2")[-1]
    assert first.about[:16] in text
    assert f"{ORIGIN}/messages" in text
    assert "m2" not in str(message).replace(stop_link(home, address), "")


def test_a_mail_server_that_is_down_loses_nothing_and_sends_nothing_twice(home):
    put_address(home, "m2", "two@network.example", "en", ORIGIN)
    tell(home, hours(3))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    down = mail_of(Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="v@n.example"), home)
    for _ in range(2):
        with pytest.raises(MissingError, match="did not take a message"):
            send_waiting(home, down)
    with mail_server() as (box, settings):
        send_waiting(home, mail_of(settings, home))
    assert len({message["Message-ID"] for message in box.messages}) == len(box.messages) == 2


def test_an_address_that_the_server_refuses_is_not_tried_again(home):
    put_address(home, "m2", "two@network.example", "en", ORIGIN)
    tell(home, hours(3))
    with mail_server() as (box, settings):
        box.refused = {"two@network.example"}
        assert send_waiting(home, mail_of(settings, home)) == (0, False)
        box.refused = set()
        assert send_waiting(home, mail_of(settings, home)) == (0, False)
    assert box.messages == []


class Vanishing(Outbox):
    """A server that goes away after it took a message, so that nobody knows."""

    def send(self, message) -> None:
        super().send(message)
        raise LostError("the mail server went away", todo="check it")


def test_a_mail_that_may_have_been_sent_is_not_sent_again(home, tmp_path):
    put_address(home, "m2", "two@network.example", "en", ORIGIN)
    tell(home, hours(3))
    send_waiting(home, Vanishing(tmp_path / "outbox"))
    send_waiting(home, Outbox(tmp_path / "outbox"))
    assert len(list((tmp_path / "outbox").iterdir())) == 2


def test_who_stops_the_mail_gets_none_that_waits_and_keeps_the_messages(home, tmp_path):
    put_address(home, "m2", "two@network.example", "en", ORIGIN)
    tell(home, hours(3))
    stop_mail(home, "m2")
    assert send_waiting(home, Outbox(tmp_path / "outbox")) == (0, False)
    assert address_of(home, "m2") is None
    assert len(messages_of(home, "m2")) == 2


def test_an_erased_address_is_not_in_the_file_of_the_database(home):
    put_address(home, "m2", "two@network.example", "en", ORIGIN)
    erase_member(home, "m2", hours(4))
    Database.of(home).engine.dispose()
    files = list(home.root.glob("database.sqlite*"))
    assert files
    assert not Counter(b"two@network.example" in file.read_bytes() for file in files)[True]
