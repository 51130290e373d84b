"""Who has the published files, the key and a checkpoint that they kept finds what was changed."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ledger import example
from tests.ledger.conftest import AT, offs
from tests.ledger.histories import copied
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import MissingError, StorageError, VerificationError
from vanne.ledger import Ledger
from vanne.ledger.encoding import to_base64
from vanne.ledger.follow import folder_reader, follow
from vanne.ledger.publish import publish


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """What is published does not depend on where the ledger is kept."""
    return Home(tmp_path)


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path) -> Path:
    ledger.append(offs(300))
    publish(ledger, tmp_path / "log")
    return tmp_path / "log"


def followed(folder: Path, kept: str | None = None, vkey: str | None = None) -> dict[str, object]:
    return follow(folder_reader(folder), kept=kept, vkey=vkey)[0]


def test_a_log_that_holds(ledger: Ledger, folder: Path) -> None:
    held = followed(folder, vkey=ledger.vkey)
    assert (held["size"], held["root"]) == (300, to_base64(ledger.root()))
    assert held["kept_size"] is None


@pytest.mark.parametrize(
    "name",
    [
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ],
)
def test_one_changed_byte_anywhere_is_found(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(VerificationError, match=r"`tile/\d/00\d(.p/\d+)?` is not what"):
        followed(folder)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_a_byte_more_or_a_file_less_is_found(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data + b"\0")
    with pytest.raises(VerificationError, match=r"is not what|ends inside|holds"):
        followed(folder)
    (folder / name).unlink()
    with pytest.raises(VerificationError, match=f"`{name}` is missing"):
        followed(folder)


def test_an_entry_too_many_in_a_partial_bundle_is_found(folder: Path) -> None:
    bundle = folder / "tile/entries/001.p/44"
    bundle.write_bytes(bundle.read_bytes() + b"\0\1x")
    with pytest.raises(VerificationError, match="holds 45 entries, not 44"):
        followed(folder)


def test_tiles_and_entries_that_were_changed_together_do_not_give_the_signed_root(
    folder: Path, tmp_path: Path
) -> None:
    with Ledger.create(tmp_path / "other" / "ledger.sqlite") as other:
        other.append(offs(300))
        publish(other, tmp_path / "forged")
    shutil.copy(folder / "checkpoint", tmp_path / "forged" / "checkpoint")
    shutil.copy(folder / "vkey", tmp_path / "forged" / "vkey")
    with pytest.raises(VerificationError, match="do not give the root that is signed"):
        followed(tmp_path / "forged")


def test_the_log_must_begin_with_what_was_kept(ledger: Ledger, folder: Path) -> None:
    kept = ledger.checkpoint()
    ledger.append(offs(300, start=300))
    publish(ledger, folder)
    assert followed(folder, kept)["kept_size"] == 300


def test_a_fork_is_found_though_it_is_signed(
    ledger: Ledger, path: Path, folder: Path, tmp_path: Path
) -> None:
    fork = copied(path, tmp_path / "fork")
    with Ledger(fork) as forked:
        forked.append(offs(1, start=900))
        kept = forked.checkpoint()
    ledger.append(offs(5, start=300))
    publish(ledger, folder)
    with pytest.raises(VerificationError, match="rewritten: the first 301 entries"):
        followed(folder, kept)


def test_a_checkpoint_that_a_former_key_signed_is_still_good(ledger: Ledger, folder: Path) -> None:
    kept = ledger.checkpoint()
    for retire in (False, True, False, True):
        ledger.rotate_key(AT, retire=retire)
        publish(ledger, folder)
    assert followed(folder, kept, ledger.vkey)["kept_size"] == 300


def test_a_log_that_was_cut_is_found(ledger: Ledger, folder: Path) -> None:
    ledger.append(offs(1, start=300))
    with pytest.raises(VerificationError, match="covers 301 entries, the published one 300"):
        followed(folder, ledger.checkpoint())


def test_another_key_is_refused_and_it_is_said_which_checkpoint_it_is_about(folder: Path) -> None:
    with pytest.raises(VerificationError, match="the published checkpoint: the checkpoint is not"):
        followed(folder, vkey=example.SIGNER.verifier.vkey)
    with pytest.raises(VerificationError, match="the kept checkpoint: that is not a signed note"):
        followed(folder, kept="no")


def test_a_partial_tile_that_was_removed_is_read_from_the_full_one(
    ledger: Ledger, folder: Path
) -> None:
    old = (folder / "checkpoint").read_bytes()
    ledger.append(offs(300, start=300))
    publish(ledger, folder)
    assert not (folder / "tile/0/001.p").exists()
    (folder / "checkpoint").write_bytes(old)
    assert followed(folder)["size"] == 300


def test_an_empty_log_and_no_log(ledger: Ledger, tmp_path: Path) -> None:
    publish(ledger, tmp_path / "empty")
    assert followed(tmp_path / "empty")["size"] == 0
    with pytest.raises(MissingError, match="there is no file `checkpoint`"):
        followed(tmp_path)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["ledger", "follow", *map(str, arguments)])


def test_the_command_keeps_the_checkpoint_for_the_next_time(
    ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    assert run(folder, "--checkpoint", kept).exit_code == 0
    assert kept.read_text() == ledger.checkpoint()
    ledger.append(offs(1, start=300))
    publish(ledger, folder)
    said = json.loads(run(folder, "--checkpoint", kept, "--vkey", ledger.vkey, "--json").stdout)
    assert (said["verified"], said["kept_size"], said["size"]) == (True, 300, 301)
    assert kept.read_text() == ledger.checkpoint()


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Any web server that serves files."""

    def log_message(self, *_: object) -> None: ...


class Broken(Quiet):
    def do_GET(self) -> None:
        self.send_error(503)


def test_a_log_is_followed_where_it_is_published(ledger: Ledger, folder: Path) -> None:
    with served(partial(Quiet, directory=str(folder))) as address:
        done = run(f"{address}/", "--vkey", ledger.vkey, "--json")
        assert json.loads(done.stdout)["size"] == 300
        (folder / "tile/0/000").unlink()
        assert "`tile/0/000` is missing" in str(run(address).exception)


def test_a_server_that_fails_is_no_sign_of_a_log_that_does_not_hold() -> None:
    with served(Broken) as address:
        failed = run(address).exception
    gone = run(address).exception
    assert isinstance(failed, StorageError) and "answers 503" in str(failed)
    assert isinstance(gone, StorageError) and "cannot be read" in str(gone)


def test_the_command_keeps_the_old_checkpoint_when_something_does_not_hold(
    ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    ledger.append(offs(1, start=300))
    kept.write_text(ledger.checkpoint())
    done = run(folder, "--checkpoint", kept, "--json")
    assert done.exit_code == 1 and json.loads(done.stdout)["verified"] is False
    assert kept.read_text() == ledger.checkpoint()
