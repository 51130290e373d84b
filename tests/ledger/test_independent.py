"""The published log is checked by code that is not ours: Go's checksum-database client.

`independent/main.go` is glue around golang.org/x/mod/sumdb and transparency-dev (Debian packages).
Without them the tests are skipped, with the line to type; `VANNE_REQUIRE_BROWSER=1` makes that a
failure.
"""

import os
import shutil
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.ledger import example
from tests.ledger.conftest import AT, offs
from tests.ledger.histories import restored
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.publish import publish
from vanne.ledger.witness import WitnessDesk

SOURCES = Path("/usr/share/gocode")
MAIN = Path(__file__).parent / "independent" / "main.go"
INSTALL = (
    "apt-get install -y --no-install-recommends golang-go golang-golang-x-mod-dev "
    "golang-github-transparency-dev-merkle-dev golang-github-transparency-dev-formats-dev"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """What is published does not depend on where the ledger is kept."""
    return Home(tmp_path)


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it once."""
    needed = SOURCES / "src/github.com/transparency-dev/formats/log"
    if not (shutil.which("go") and needed.exists()):
        if os.environ.get("VANNE_REQUIRE_BROWSER") == "1":
            pytest.fail(f"no Go: {INSTALL}")
        pytest.skip(f"no Go: {INSTALL}")
    folder = tmp_path_factory.mktemp("independent")
    program = folder / "verifier"
    offline = {"GO111MODULE": "off", "GOPATH": str(SOURCES), "GOFLAGS": "", "CGO_ENABLED": "0"}
    settings = {"GOCACHE": str(Path(sys.prefix) / "go-cache")} | os.environ | offline
    subprocess.run(["go", "build", "-o", program, MAIN], check=True, env=settings)
    return program


def checked(verifier: Path, folder: Path, vkey: str, *kept: Path) -> tuple[int, str]:
    done = subprocess.run(
        [verifier, folder, vkey, *kept], capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout.strip() or done.stderr.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 70_000])
def test_it_reads_a_log_of_that_size_entry_by_entry(
    verifier: Path, ledger: Ledger, folder: Path, size: int
) -> None:
    ledger.append(offs(size))
    publish(ledger, folder)
    assert checked(verifier, folder, ledger.vkey) == (0, f"HOLDS: {size} entries")


def test_it_finds_each_published_log_to_be_the_beginning_of_the_next(
    verifier: Path, ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    kept = list[Path]()
    for size in (1, 2, 255, 256, 300, 512, 700):
        ledger.append(offs(size - ledger.size, start=ledger.size))
        publish(ledger, folder)
        assert checked(verifier, folder, ledger.vkey, *kept) == (0, f"HOLDS: {size} entries")
        kept.append(shutil.copy(folder / "checkpoint", tmp_path / f"kept-{size}"))


def test_it_reads_on_after_an_erasure_and_a_change_of_key(
    verifier: Path, ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    ledger.append(offs(300))
    publish(ledger, folder)
    kept = shutil.copy(folder / "checkpoint", tmp_path / "kept")
    before = ledger.vkey
    ledger.erase("member-7", AT)
    ledger.rotate_key(AT)
    publish(ledger, folder)
    assert checked(verifier, folder, before, kept) == (0, "HOLDS: 302 entries")
    assert checked(verifier, folder, ledger.vkey) == (0, "HOLDS: 302 entries")


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ],
)
def test_it_refuses_a_log_in_which_one_bit_was_changed(
    verifier: Path, ledger: Ledger, folder: Path, name: str
) -> None:
    ledger.append(offs(300))
    publish(ledger, folder)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    code, said = checked(verifier, folder, ledger.vkey)
    assert code == 1 and said.startswith("REFUSED")


def test_it_refuses_a_history_that_was_rewritten(
    verifier: Path, ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "forked.sqlite"
    with Ledger.create(path) as forked:
        forked.append(offs(3))
    with restored(path), Ledger(path) as forked:
        forked.append(offs(1))
        (tmp_path / "kept").write_text(forked.checkpoint())
    with Ledger(path) as forked:
        forked.append(offs(2))
        publish(forked, folder)
        code, said = checked(verifier, folder, forked.vkey, tmp_path / "kept")
    assert code == 1 and "consistency" in said


def test_it_reads_the_cosignature_of_a_witness(
    verifier: Path, ledger: Ledger, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append(offs(3))
    publish(ledger, folder)
    desk = WitnessDesk.open(tmp_path / "w", "witness.example/one", [Verifier.parse(ledger.vkey)])
    status, line = desk.add(f"old 0\n\n{ledger.checkpoint()}", 1_700_000_000)
    assert status == HTTPStatus.OK
    (folder / "checkpoint").write_text(ledger.checkpoint() + line)
    # Debian's version names a witness's key as that of a log
    named = Verifier(desk.signer.name, desk.signer.verifier.public)
    monkeypatch.setenv("WITNESS", named.vkey)
    assert checked(verifier, folder, ledger.vkey) == (0, "HOLDS: 3 entries")
    (folder / "checkpoint").write_text(ledger.checkpoint() + line.replace("one ", "two "))
    assert "REFUSED: witnesses" in checked(verifier, folder, ledger.vkey)[1]


def test_it_refuses_the_key_of_another_log(verifier: Path, ledger: Ledger, folder: Path) -> None:
    publish(ledger, folder)
    code, said = checked(verifier, folder, example.SIGNER.verifier.vkey)
    assert code == 1 and "signed note" in said
