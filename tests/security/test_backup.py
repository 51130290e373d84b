"""Who steals a copy of a home can sign nothing and is nobody: it holds no secret."""

import base64
import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import vanne
from tests.web.network import make_home
from vanne import tokens
from vanne.config import Home
from vanne.corpus.export.earlier import export_key
from vanne.forget.certificate import signing_key
from vanne.messages import address_of, put_address, stop_link
from vanne.messages.mail import Outbox, message
from vanne.night.backup import back_up
from vanne.secrets import SECRETS, secret_files, secret_of
from vanne.train.store import ModelStore
from vanne.web import create_app

SOURCE = Path(vanne.__file__).parents[1]
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that has made each of its secrets, and one that a setting names."""
    home = make_home(tmp_path / "home")
    store = ModelStore(home.model)
    store.salt()
    signing_key(store)
    export_key(home)
    secret_of(home.root)
    put_address(home, "anna", "anna@example.org", "fr", "https://network.example")
    mail = Outbox(home.root / "outbox")
    mail.send(message(mail, "anna@example.org", "Votre lien", f"ouvrir : {link_of(home)}\n"))
    (home.root / "smtp-address").write_text("smtps://user:a-password-of-ours@mail.example:465\n")
    monkeypatch.setenv("VANNE_MAIL_FROM", "vanne@network.example")
    monkeypatch.setenv("VANNE_SMTP_URL_FILE", str(home.root / "smtp-address"))
    return home


def link_of(home: Home) -> str:
    address = address_of(home, "anna")
    assert address is not None
    return stop_link(home, address)


def forms(content: bytes) -> set[bytes]:
    """Return what gives a secret away: its lines, and its bytes in the usual spellings."""
    lines = {line for line in content.split() if len(line) >= 32}
    whole = {content, content.hex().encode(), base64.b64encode(content)}
    return lines | whole | {base64.urlsafe_b64encode(content)}


def test_no_file_of_a_backup_holds_a_secret(home: Home, tmp_path: Path) -> None:
    token = tokens.create(home, "gateway", ["verdicts"], 1, NOW)
    found = secret_files(home)
    assert all(any(name.match(pattern) for name in found) for pattern in SECRETS)
    assert Path("smtp-address") in found
    with TestClient(create_app(home, now=lambda: NOW), base_url="http://127.0.0.1") as browser:
        browser.post("/sign-in", data={"staff": "operator"})
        assert browser.get("/operator").status_code == 200
        cookie = browser.cookies["vanne"]
    back_up(home, tmp_path / "copy")
    secret = {form for name in found for form in forms((home.root / name).read_bytes())}
    session = str(json.loads(base64.b64decode(cookie.split(".")[0]))["sid"])
    secret |= {session.encode(), sha256(session.encode()).hexdigest().encode()}
    secret |= {token[-64:].encode(), link_of(home).encode()}
    copies = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert (tmp_path / "copy" / "ledger.sqlite") in copies
    assert not any(form in path.read_bytes() for path in copies for form in secret)


DRAWN = {
    "vanne/corpus/export/earlier.py": "export.key",
    "vanne/forget/certificate.py": "model/certificate.key",
    "vanne/ledger/keys.py": "ledger.key",
    "vanne/secrets.py": "web.secret",
    "vanne/train/store.py": "model/salt",
    "vanne/messages/addresses.py": "a name in the database; the link needs `web.secret` too",
    "vanne/ledger/writing.py": "salts of entries: the log and its receipts hold them",
    "vanne/tokens.py": "the database holds the SHA-256",
    "vanne/web/session.py": "the database holds the SHA-256",
    "vanne/web/inspecting.py": "in memory, for one visit",
    "vanne/messages/mail.py": "in memory; and a name of a file",
    "vanne/sources/scan.py": "a name of a file",
    "vanne/worker/commands.py": "a name of a worker",
    "vanne/web/api/chat.py": "a name of an answer",
    "vanne/web/pages/save_choice.py": "a name of a form",
    "vanne_assist/recruiting/lists.py": "a name of a list",
    "vanne_assist/search/indexer.py": "orders equal scores: gives no right",
}
"""Each file that draws what cannot be guessed, and where that is kept."""


def test_each_place_that_draws_a_secret_is_known() -> None:
    draws = re.compile(r"(\btoken_(bytes|hex|urlsafe)|\burandom|PrivateKey\.generate)\(")
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    assert {name for name, path in files.items() if draws.search(path.read_text())} == set(DRAWN)
    assert {where for where in DRAWN.values() if where in SECRETS} == {*SECRETS} - {"outbox/*"}
