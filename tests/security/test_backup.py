"""Who steals a copy of a home can sign nothing and is nobody: it holds no secret."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

import vanne
from tests.web.network import choice, make_home
from vanne import tokens
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus.export.earlier import export_key
from vanne.database import Database
from vanne.errors import VanneError, VerificationError
from vanne.forget.certificate import signing_key
from vanne.ledger import Ledger
from vanne.ledger.publish import publish
from vanne.messages import address_of, put_address, stop_link
from vanne.messages.mail import Outbox, message
from vanne.night.backup import back_up
from vanne.secrets import SEALED, SECRETS, secret_files, secret_of
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


def restored(backup: Path, home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["restore", str(backup), "--home", str(home), *arguments])


def backed_up(home: Home, out: Path, *arguments: str) -> Result:
    words = ["backup", "--out", str(out), "--home", str(home.root), *arguments]
    return CliRunner().invoke(cli, words)


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VANNE_BACKUP_PASSPHRASE", "five words by chance")
    return "five words by chance"


def test_with_the_passphrase_the_whole_home_comes_back_and_goes_on(
    home: Home, tmp_path: Path, passphrase: str
) -> None:
    names = {*secret_files(home)} - {Path("smtp-address")}
    before = {name: (home.root / name).read_bytes() for name in names}
    assert "its secrets are encrypted" in backed_up(home, tmp_path / "copy", "--with-key").output
    copies = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    found = {form for content in before.values() for form in forms(content)}
    assert not any(form in path.read_bytes() for path in copies for form in found)
    rmtree(home.root)
    done = restored(tmp_path / "copy", home.root)
    assert (done.exit_code, "the ledger has 3 entries" in done.output) == (0, True), done.output
    assert {name: (home.root / name).read_bytes() for name in names} == before
    assert "put back what" not in done.output and not (home.root / SEALED).exists()
    modes = {path.stat().st_mode & 0o077 for path in home.root.rglob("*")}
    assert modes == {0}
    with Ledger.of(home) as ledger:
        ledger.append([choice("anna", on=False)])


@pytest.mark.parametrize(
    ("given", "code"),
    [("five words by chancE", 1), (None, 78), ("elevenchars", 78)],
)
def test_without_the_passphrase_nothing_of_the_secrets_comes_out(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, code: int
) -> None:
    monkeypatch.setenv("VANNE_BACKUP_PASSPHRASE", "twelve chars")
    assert backed_up(home, tmp_path / "copy", "--with-key").exit_code == 0
    monkeypatch.delenv("VANNE_BACKUP_PASSPHRASE")
    if given:
        monkeypatch.setenv("VANNE_BACKUP_PASSPHRASE", given)
    if code == 78:  # nor is one made with a short one, or with none
        assert_fails(backed_up(home, tmp_path / "other", "--with-key"), code)
        assert not (tmp_path / "other").exists()
    if given != "elevenchars":
        assert_fails(restored(tmp_path / "copy", tmp_path / "again"), code)
        assert not [path for path in tmp_path.iterdir() if "again" in path.name]


def assert_fails(done: Result, code: int) -> None:
    assert isinstance(done.exception, VanneError)
    assert done.exception.exit_code == code


def first_line_changed(sealed: bytes) -> bytes:
    return sealed.replace(b'"r": 8', b'"r": 1')


def byte_changed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGE: list[tuple[str, str, Callable[[bytes], bytes | None]]] = [
    ("the secrets have another first line", SEALED, first_line_changed),
    ("one byte of the secrets is another", SEALED, byte_changed),
    ("the last byte of the secrets is missing", SEALED, lambda data: data[:-1]),
    ("the secrets are empty", SEALED, lambda data: b""),
    ("the secrets are noise", SEALED, lambda data: bytes(range(256))),
    ("the end of the ledger is missing", "ledger.sqlite", lambda data: data[:5_000]),
    ("a page of the ledger is overwritten", "ledger.sqlite", lambda data: data[:20480] + b"x" * 4096 + data[24576:]),
    ("the ledger is noise", "ledger.sqlite", lambda data: bytes(range(256)) * 40),
    ("the ledger is missing", "ledger.sqlite", lambda data: None),
    ("the end of the database is missing", "database.sqlite", lambda data: data[:5_000]),
    ("the database is missing", "database.sqlite", lambda data: None),
]  # fmt: skip


def test_a_damaged_backup_is_one_clear_line_and_leaves_nothing_behind(
    home: Home, tmp_path: Path, passphrase: str
) -> None:
    with Database.of(home).writing():
        pass  # the first use makes it
    back_up(home, tmp_path / "copy", passphrase=passphrase)
    before = sorted(tmp_path.iterdir())
    for about, name, damage in DAMAGE:
        file = tmp_path / "copy" / name
        whole = file.read_bytes()
        file.unlink()
        if (damaged := damage(whole)) is not None:
            file.write_bytes(damaged)
        done = restored(tmp_path / "copy", tmp_path / "new")
        assert isinstance(done.exception, VanneError), (about, done.output, done.exception)
        assert name in str(done.exception) and done.exception.exit_code != 70, about
        assert sorted(tmp_path.iterdir()) == before, about
        file.write_bytes(whole)
    assert restored(tmp_path / "copy", tmp_path / "new").exit_code == 0


def test_a_damaged_home_is_not_backed_up_as_if_it_were_whole(home: Home, tmp_path: Path) -> None:
    data = home.ledger.read_bytes()
    home.ledger.write_bytes(data[:20480] + b"x" * 4096 + data[24576:])
    before = sorted(tmp_path.iterdir())
    done = backed_up(home, tmp_path / "copy")
    assert_fails(done, 74)
    assert "ledger.sqlite` is damaged" in str(done.exception)
    assert sorted(tmp_path.iterdir()) == before


def test_a_restored_home_says_what_was_recorded_after_the_backup_and_signs_nothing(
    home: Home, tmp_path: Path
) -> None:
    with Ledger.of(home) as ledger:
        publish(ledger, tmp_path / "published")
    back_up(home, tmp_path / "copy")
    key = home.ledger_key.read_bytes()
    with Ledger.of(home) as ledger:
        ledger.append([choice("anna", on=False)])
        publish(ledger, tmp_path / "published")
        (tmp_path / "kept.txt").write_text(ledger.checkpoint())
    rmtree(home.root)
    done = restored(tmp_path / "copy", home.root)
    assert done.exit_code == 1
    assert "it has 3 entries, and the published" in done.output
    assert "nothing is signed" in done.output and "ledger.key" in done.output
    rmtree(home.root)
    rmtree(tmp_path / "published")
    done = restored(tmp_path / "copy", home.root, "--checkpoint", str(tmp_path / "kept.txt"))
    assert (done.exit_code, "has seen 4 entries" in done.output) == (1, True), done.output
    home.ledger_key.write_bytes(key)
    with Ledger.of(home) as ledger:
        with pytest.raises(VerificationError, match="was put back"):
            ledger.append([choice("bruno", on=False)])
        ledger.accept_loss(NOW)
        ledger.append([choice("bruno", on=False)])


def test_a_restored_home_claims_nothing_where_nothing_from_elsewhere_was_compared(
    home: Home, tmp_path: Path
) -> None:
    back_up(home, tmp_path / "copy")
    (tmp_path / "other.txt").write_text(checkpoint_of_another(tmp_path))
    assert_fails(restored(tmp_path / "copy", home.root), 77)  # the home is there
    done = restored(
        tmp_path / "copy", tmp_path / "new", "--checkpoint", str(tmp_path / "other.txt")
    )
    assert_fails(done, 1)
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]
    done = restored(tmp_path / "copy", tmp_path / "new")
    assert (done.exit_code, "is not known" in done.output) == (0, True), done.output
    assert_fails(restored(tmp_path / "published", tmp_path / "none"), 69)


def checkpoint_of_another(folder: Path) -> str:
    with Ledger.create(folder / "another.sqlite") as ledger:
        ledger.append([choice("anna", on=False)])
        return ledger.checkpoint()


DRAWN = {
    "vanne/corpus/export/earlier.py": "export.key",
    "vanne/forget/certificate.py": "model/certificate.key",
    "vanne/ledger/keys.py": "ledger.key",
    "vanne/secrets.py": "web.secret",
    "vanne/train/store.py": "model/salt",
    "vanne/messages/sending.py": "a name in the database; the link needs `web.secret` too",
    "vanne/ledger/writing.py": "salts of entries: the log and its receipts hold them",
    "vanne/tokens.py": "the database holds the SHA-256",
    "vanne/web/session.py": "the database holds the SHA-256",
    "vanne/web/inspecting.py": "in memory, for one visit",
    "vanne/messages/mail.py": "in memory",
    "vanne_assist/search/indexer.py": "orders equal scores: gives no right",
}
"""Each file that draws 16 bytes or more by chance, and where they are kept."""


def test_each_place_that_draws_a_secret_is_known() -> None:
    name = r"(?!\d\)|1[0-5]\))"  # fewer than 16 bytes are a name
    draws = re.compile(rf"(\btoken_(bytes|hex|urlsafe)|\burandom|PrivateKey\.generate)\({name}")
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    assert {name for name, path in files.items() if draws.search(path.read_text())} == set(DRAWN)
    assert {where for where in DRAWN.values() if where in SECRETS} == {*SECRETS} - {"outbox/*"}
