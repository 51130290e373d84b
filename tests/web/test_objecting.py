"""People who have no account: from the form to the receipt, and what must not work on that way."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.conftest import Run
from tests.settings import settings_in
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.mailbox import Mailbox, mail_server
from tests.web.network import START, clock, item
from vanne.config import Home
from vanne.corpus import refresh
from vanne.corpus.history import trace
from vanne.errors import ConfigError, MissingError
from vanne.ledger import Ledger, verify_receipt
from vanne.messages.mail import MailServer, Outbox, mail_of, message
from vanne.objections import match, objectors
from vanne.policy import load
from vanne.settings import Settings
from vanne.sources.tables import write_items
from vanne.web import create_app

TYPED = {
    "name": "Marie Dupont",
    "profile": "https://network.example/in/marie",
    "email": "marie@example.org",
}
HEADERS = {"accept-language": "fr-CH", "sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Mailbox, Settings]]:
    with mail_server() as running:
        yield running


@pytest.fixture
def box(server: tuple[Mailbox, Settings]) -> Mailbox:
    """The messages that were delivered in one test."""
    server[0].messages.clear()
    server[0].envelopes.clear()
    return server[0]


@pytest.fixture
def client(home: Home, server: tuple[Mailbox, Settings], box: Mailbox) -> Iterator[TestClient]:
    with served(home, server[1]) as client:
        yield client


def served(home: Home, settings: Settings | None, start=START) -> TestClient:
    app = create_app(home, now=clock(start), settings=settings)
    return TestClient(app, base_url="http://127.0.0.1:8000", headers=HEADERS)


def mail_at(port: int) -> Settings:
    """The settings of pages that send messages to a port of this machine."""
    return Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="vanne@network.example")


def link_in(text: str) -> str:
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/object/confirm/\S+)", text)
    return link


def asked(client: TestClient, box: Mailbox, **typed: str) -> str:
    answer = client.post("/object", data=TYPED | typed)
    assert answer.status_code == 200, answer.text
    return link_in(box.texts[-1])


def said(home: Home) -> list[tuple[str, str | None, bool]]:
    with Ledger.of(home) as ledger:
        return [(o.name, o.profile, o.on) for _, o in ledger.objections()]


# The whole way


def test_from_the_form_to_a_receipt_that_verifies(
    client: TestClient, box: Mailbox, home: Home, vanne: Run, tmp_path: Path
) -> None:
    assert "S'opposer sans compte" in client.get("/object").text.replace("&#39;", "'")
    link = asked(client, box)
    assert box.envelopes == [("vanne@network.example", ["marie@example.org"])]
    assert box.messages[0]["subject"] == "Confirmez votre opposition"
    assert said(home) == []
    shown = client.get(link)
    assert shown.status_code == 200 and "Marie Dupont" in shown.text
    assert said(home) == []  # a scanner of links has changed nothing
    receipt = client.post(link)
    assert receipt.status_code == 200
    assert said(home) == [("Marie Dupont", "https://network.example/in/marie", False)]
    (file,) = re.findall(r'href="(/object/receipt/\S+\.json)"', receipt.text)
    answer = client.get(file)
    (tmp_path / "receipt.json").write_bytes(answer.content)
    assert vanne("verify", "receipt.json").returncode == 0
    proven = verify_receipt(answer.json())
    assert (proven.record.name, proven.record.on) == ("Marie Dupont", False)


def test_what_was_objected_to_is_denied_reviewed_and_free_again(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    about = [
        item("hers", "anna", "post", subjects=("http://www.network.example/in/marie/",)),
        item("perhaps", "anna", "post", "Merci, Marie Dupont & Cie. Et voilà."),
        item("homonym", "anna", "post", "La rue Marie Dupont est fermée."),
    ]
    write_items(about, home.items / "about.parquet")
    receipt = client.post(asked(client, box)).url
    assert matched(home) == {"hers", "perhaps", "homonym"}
    sign_in(client, "", role="operator")
    page = client.get("/operator/objections")
    assert page.headers["cache-control"] == "no-store"
    assert "Merci, Marie Dupont &amp; Cie." in page.text and "Et voilà" not in page.text
    for name, answer in (("perhaps", "same"), ("homonym", "other")):
        sent = {"objection": number(page.text), "item": name, "answer": answer}
        assert client.post("/operator/objections", data=sent).status_code == 200
    assert "perhaps" not in client.get("/operator/objections").text
    assert matched(home) == {"hers", "perhaps"}
    assert "Vous ne vous opposez plus" in client.post(str(receipt)).text
    assert matched(home) == set()


def number(page: str) -> str:
    return re.findall(r'name="objection" value="(\d+)"', page)[0]


def matched(home: Home) -> set[str]:
    """Match and refresh as an operator would; return which of the items an objection denies."""
    match(home, load(str(home.policy)))
    refresh(home, START + timedelta(days=1))
    names = ("hers", "perhaps", "homonym")
    return {name for name in names if trace(home, name).traces[-1].reason == "objection"}


def test_it_asks_about_training_alone_and_gives_one_receipt_with_the_words_that_were_shown(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    home.policy.write_bytes((Path(__file__).parent / "three-purposes.toml").read_bytes())
    page = client.get("/object").text
    assert "checkbox" not in page and "Non à l&#39;entraînement de l&#39;IA" in page
    link = asked(client, box, **{"for:ranking": "on"})
    assert "l'entraînement de l'IA" in box.texts[-1]
    confirm = client.get(link).text
    receipt = client.post(link)
    assert len(numbers(receipt.text)) == 1
    with Ledger.of(home) as ledger:
        ((_, objection),) = ledger.objections()
    assert objection.purpose == "generative-ai-training"
    for line in (objection.notice or "nothing").splitlines():
        for shown in (page, confirm, receipt.text):
            assert line in unescape(shown)
    client.post(str(receipt.url))
    assert [on for _, _, on in said(home)] == [False, True]


# Replays, forgeries, ends


def test_a_link_that_is_used_twice_gives_the_same_receipt(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    link = asked(client, box)
    first, second = (numbers(client.post(link).text) for _ in range(2))
    assert first == second and len(first) == 1
    assert len(said(home)) == 1


def numbers(page: str) -> list[str]:
    return re.findall(r'href="\S+/(\d+)\.json"', page)


def test_taking_it_back_twice_is_one_entry_and_objecting_again_another(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    receipt = str(client.post(asked(client, box)).url)
    assert numbers(client.post(receipt).text) == numbers(client.post(receipt).text)
    assert [on for _, _, on in said(home)] == [False, True]
    assert "Vous ne vous opposez plus" in client.get(receipt).text
    client.post(asked(client, box))
    assert [on for _, _, on in said(home)] == [False, True, False]


def test_nobody_takes_back_what_somebody_else_said_in_the_same_words(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    hers = str(client.post(asked(client, box)).url)
    his = str(client.post(asked(client, box, email="mallory@example.org")).url)
    assert "Vous ne vous opposez plus" in client.post(his).text  # whoever else objects
    assert "Vous ne vous opposez plus" not in client.get(hers).text
    with Ledger.of(home) as ledger:
        assert [each.in_force for each in objectors(ledger)] == [True]
    client.post(hers)
    with Ledger.of(home) as ledger:
        assert [each.in_force for each in objectors(ledger)] == [False]


def test_a_link_that_is_spelt_otherwise_records_nothing_more(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    link = asked(client, box)
    client.post(str(client.post(link).url))  # and taken back
    token = link.rpartition("/")[2]
    assert client.post(f"/object/confirm/{token[:9]}!{token[9:]}").status_code == 404
    client.post(f"/object/confirm/{token}====")
    assert [on for _, _, on in said(home)] == [False, True]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_has_ended_records_nothing(
    client: TestClient, box: Mailbox, home: Home, method: str
) -> None:
    link = asked(client, box)
    later = START + timedelta(hours=48, minutes=1)
    with served(home, None, later) as tomorrow:
        answer = getattr(tomorrow, method)(link)
    assert answer.status_code == 404 and "expiré" in answer.text
    assert said(home) == []
    with served(home, None, START + timedelta(hours=47)) as in_time:
        assert in_time.post(link).status_code == 200


def test_a_forged_link_records_nothing(client: TestClient, box: Mailbox, home: Home) -> None:
    link = asked(client, box)
    receipt = str(client.post(link).url).rpartition("/")[2]
    token = link.rpartition("/")[2]
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    forged = (
        token[:middle] + other + token[middle + 1 :],
        token[:-4],
        "x",
        "é",
        receipt,
        "A" * 900,
    )
    for each in forged:
        assert client.post(f"/object/confirm/{each}").status_code == 404
        assert (
            client.get(f"/object/receipt/{each if each != receipt else token}").status_code == 404
        )
    assert len(said(home)) == 1


def test_a_link_shows_nobody_what_is_in_it(client: TestClient, box: Mailbox) -> None:
    import base64

    token = asked(client, box).rpartition("/")[2]
    assert b"Marie" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_the_receipt_of_somebody_else_cannot_be_reached(client: TestClient, box: Mailbox) -> None:
    client.post(asked(client, box))
    mine = str(client.post(asked(client, box, name="Paul Martin")).url)
    (index,) = numbers(client.get(mine).text)
    assert client.get(f"{mine}/{int(index) - 1}.json").status_code == 404
    assert client.get(f"{mine}/{index}.json").status_code == 200


def test_another_site_can_not_object_for_somebody(client: TestClient, box: Mailbox) -> None:
    link = asked(client, box)
    for path in ("/object", link):
        assert (
            client.post(path, data=TYPED, headers={"sec-fetch-site": "cross-site"}).status_code
            == 403
        )
    assert len(box.messages) == 1


# What is said, and to whom


def test_the_answer_is_the_same_whoever_is_named(client: TestClient, box: Mailbox) -> None:
    write = {"name": "Anna Muster", "profile": "anna"}, {"name": "No Body", "profile": "nobody"}
    answers = [
        client.post("/object", data=TYPED | typed | {"email": f"{n}@example.org"})
        for n, typed in enumerate(write)
    ]
    first, second = [(a.status_code, a.url, a.text) for a in answers]
    assert first == second
    shorter, longer = sorted(len(text) for text in box.texts)
    assert longer - shorter < 30  # the sealed name alone


def test_nobody_can_be_pestered(client: TestClient, box: Mailbox) -> None:
    answers = [
        client.post("/object", data=TYPED | {"email": e})
        for e in ("marie@example.org",) * 5 + ("Marie+1@Example.org",)
    ]
    assert {(a.status_code, a.text) for a in answers} == {(200, answers[0].text)}
    assert len(box.messages) == 3


def test_nobody_can_be_pestered_by_many_requests_at_once(client: TestClient, box: Mailbox) -> None:
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: client.post("/object", data=TYPED), range(12)))
    assert len(box.messages) == 3


def test_who_was_not_written_to_may_try_again(home: Home, box: Mailbox) -> None:
    with served(home, mail_at(9)) as client:
        assert {client.post("/object", data=TYPED).status_code for _ in range(5)} == {503}


@every(
    "email",
    [
        "a@=?utf-8?q?b.ch=2cc=40d.ch?=",
        "=?utf-8?q?a=40b.ch=2cc?=@d.ch",
        "=?utf-8?q?a=0d=0aBcc=3ac?=@d.ch",
        "a@b.ch.",
        "a..b@c.ch",
        "a@-b.ch",
    ],
)
def test_one_address_is_never_read_as_several_or_none(
    client: TestClient, box: Mailbox, email: str
) -> None:
    answer = client.post("/object", data=TYPED | {"email": email})
    assert (answer.status_code, box.envelopes) == (400, [])


def test_the_message_says_nothing_that_somebody_typed(client: TestClient, box: Mailbox) -> None:
    asked(client, box, name="Buy gold now", profile="https://evil.example/x")
    text = box.texts[0]
    assert "gold" not in text and "evil" not in text
    assert "Si ce n'était pas vous, ne faites rien." in text


@pytest.mark.parametrize(
    ("lang", "subject"),
    [
        ("en", "Confirm your objection"),
        ("de", "Bestätigen Sie Ihren Widerspruch"),
        ("it", "Confermi la Sua opposizione"),
    ],
)
def test_the_message_is_in_the_language_of_the_page(
    client: TestClient, box: Mailbox, lang: str, subject: str
) -> None:
    client.post(f"/object?lang={lang}", data=TYPED)
    assert box.messages[0]["subject"] == subject


WRONG = (
    {"name": ""}, {"name": " "}, {"name": "x" * 201}, {"name": "a\x00b"}, {"email": ""}, {"email": "marie"},
    {"email": "a@b.ch\r\nBcc: c@d.ch"}, {"email": "a@b.ch,c@d.ch"}, {"profile": "x" * 301},
)  # fmt: skip


@pytest.mark.parametrize("typed", WRONG, ids=str)
def test_what_cannot_be_used_is_marked_and_nothing_is_sent(
    client: TestClient, box: Mailbox, typed: dict[str, str]
) -> None:
    answer = client.post("/object", data=TYPED | typed)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert box.messages == []


def test_what_was_typed_is_shown_as_text(client: TestClient, box: Mailbox) -> None:
    answer = client.post("/object", data=TYPED | {"name": '"><script>x</script>', "email": ""})
    assert "<script>" not in answer.text


# Mail that cannot be sent, a ledger that cannot be written


def test_without_the_mail_server_nothing_is_recorded_and_the_page_says_so(home: Home) -> None:
    with served(home, mail_at(1)) as client:
        answer = client.post("/object", data=TYPED)
    assert answer.status_code == 503
    assert "Non envoyé. Rien n&#39;a été enregistré." in answer.text
    assert said(home) == []


def test_without_the_ledger_nothing_is_recorded_and_the_link_stays_good(
    client: TestClient, box: Mailbox, home: Home, tmp_path: Path, server
) -> None:
    link = asked(client, box)
    with served(home, server[1]) as broken:
        away = home.ledger.rename(tmp_path / "away")
        answer = broken.post(link)
    assert answer.status_code == 503 and "Rien n&#39;a été enregistré" in answer.text
    away.rename(home.ledger)
    assert client.post(link).status_code == 200
    assert len(said(home)) == 1


def test_in_a_demonstration_the_message_is_a_file_for_its_owner_alone(home: Home) -> None:
    with served(home, None) as client:
        answer = client.post("/object", data=TYPED)
        assert "outbox" in answer.text
        (path,) = (home.root / "outbox").iterdir()
        assert path.suffix == ".eml" and path.stat().st_mode & 0o777 == 0o600
        import email
        from email.policy import default

        message = email.message_from_bytes(path.read_bytes(), policy=default)
        assert message["to"] == "marie@example.org"
        assert client.post(link_in(message.get_content())).status_code == 200


def test_nothing_of_it_is_logged(client: TestClient, box: Mailbox, caplog, home: Home) -> None:
    caplog.set_level("DEBUG", logger="vanne")
    client.post(asked(client, box))
    with served(home, mail_at(1)) as broken:
        broken.post("/object", data=TYPED)
    assert not re.search("marie|dupont", caplog.text, re.IGNORECASE)


def test_the_settings_say_where_messages_go(home: Home) -> None:
    set_ = {"VANNE_SMTP_URL": "smtps://me%40x:p%3Aw@mail.example", "VANNE_MAIL_FROM": "v@x.ch"}
    assert mail_of(settings_in(set_), home) == MailServer(
        "mail.example", 465, "v@x.ch", True, "me@x", "p:w"
    )
    assert mail_of(settings_in({}), home) == Outbox(home.root / "outbox")
    for wrong in ({"VANNE_SMTP_URL": "http://x"}, {"VANNE_MAIL_FROM": "nobody"}):
        with pytest.raises(ConfigError):
            mail_of(settings_in(set_ | wrong), home)


def test_nothing_is_sent_to_another_machine_without_encryption(
    home: Home, server: tuple[Mailbox, Settings], box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = mail_of(server[1], home)
    monkeypatch.setattr("vanne.messages.mail.is_loopback", lambda host: False)
    with pytest.raises(MissingError, match="SMTPNotSupportedError"):
        mail.send(message(mail, "a@b.ch", "subject", "text"))
    assert box.messages == []


def test_a_password_is_never_in_an_error(home: Home) -> None:
    variables = {"VANNE_SMTP_URL": "smtp://me:hunter2@127.0.0.1:1", "VANNE_MAIL_FROM": "v@x.ch"}
    mail = mail_of(settings_in(variables), home)
    with pytest.raises(MissingError) as error:
        mail.send(message(mail, "a@b.ch", "subject", "text"))
    assert "hunter2" not in str(error.value) and error.value.__cause__ is None


# The operator's page


@pytest.mark.parametrize("role", ["member", "auditor"])
def test_who_is_no_operator_sees_no_review(client: TestClient, role: str) -> None:
    sign_in(client, "anna", role=role)
    page, absent = client.get("/operator/objections"), client.get("/operator/nothing")
    assert page.status_code == absent.status_code == 404
    sent = {"objection": "0", "item": "a-post-1", "answer": "same"}
    assert client.post("/operator/objections", data=sent).status_code == 404


def test_an_item_that_is_gone_still_waits_and_the_page_says_so(
    client: TestClient, box: Mailbox, home: Home
) -> None:
    write_items([item("hers", "anna", "post", "Marie Dupont")], home.items / "about.parquet")
    client.post(asked(client, box))
    match(home, load(str(home.policy)))
    for path in home.items.glob("*.parquet"):
        path.unlink()
    sign_in(client, "", role="operator")
    page = client.get("/operator/objections")
    assert page.status_code == 200 and "existe plus" in page.text


def test_who_is_not_signed_in_is_led_to_sign_in(client: TestClient) -> None:
    answer = client.post("/operator/objections", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


@every(
    "sent",
    [
        {},
        {"answer": "same", "objection": "x", "item": "a"},
        {"answer": "maybe", "objection": "3", "item": "a"},
        {"answer": "same", "objection": "0", "item": "a"},
        {"answer": "same", "objection": "99", "item": ""},
    ],
)
def test_a_decision_that_is_none_is_refused(
    client: TestClient, home: Home, sent: dict[str, str]
) -> None:
    sign_in(client, "", role="operator")
    before = len(list(Ledger.of(home).records()))
    assert client.post("/operator/objections", data=sent).status_code == 400
    assert len(list(Ledger.of(home).records())) == before


def test_the_pages_are_small(client: TestClient, box: Mailbox) -> None:
    link = asked(client, box)
    for path in ("/object", "/object/sent", link):
        assert len(client.get(path).content) < 10_000
