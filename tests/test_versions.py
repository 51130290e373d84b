"""What each release made is opened by the code as it is now (`tests/made_by.py` made it)."""

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from tests.train.tiny import save_tiny_model
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import current, read
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.train.model import current as current_model

SCRIPT = Path(__file__).parents[1] / "examples/check_certificate.py"
MADE = sorted(path.parent for path in Path(__file__).parent.glob("fixtures/*/made.json"))


@pytest.fixture(params=MADE, ids=lambda path: path.name)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What a version made, to be changed by one test."""
    folder = Path(copytree(request.param, tmp_path / "made"))
    with tarfile.open(folder / "home.tar.gz") as archive:
        archive.extractall(folder, filter="tar")
    return folder


def vanne(*words: object) -> str:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def test_a_release_made_something() -> None:
    assert MADE


def test_receipt_and_certificate_verify_without_the_home(made: Path) -> None:
    assert "the receipt holds" in vanne("verify", made / "receipt.json")
    assert "holds" in vanne("verify", made / "certificate.json")


def test_the_script_that_knows_nothing_of_ours_checks_the_whole_certificate(made: Path) -> None:
    vanne("ledger", "publish", "--home", made / "home", "--out", made / "log")
    with Ledger.of(Home(made / "home")) as ledger:
        rest = [made / "log", ledger.vkey, made / "home", made / "texts.jsonl"]
    for words in ([], rest):
        command = [sys.executable, "-I", SCRIPT, made / "certificate.json", *words]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("holds: and counts them\n")


def test_model_of_another_version_is_not_checked_and_is_trained_again(made: Path) -> None:
    home, file, base = made / "home", made / "train.toml", save_tiny_model(made / "base")
    said = vanne("verify", made / "certificate.json", "--home", home)
    assert re.search("model +not.checked +model `[0-9a-f]{12}` was made by another version", said)
    for words in (["model", "show"], ["forget"]):
        done = CliRunner().invoke(cli, [*words, "--home", str(home)])
        assert isinstance(done.exception, MissingError), words
        assert done.exception.todo == "`vanne train` trains it again"
    numbers = {"shards": 2, "slices": 2, "rank": 2, "layers": 1, "max_tokens": 48, "threads": 1}
    lines = [f"{name} = {value}" for name, value in numbers.items()]
    file.write_text("\n".join([f'base = "{base}"', *lines]))
    vanne("corpus", "refresh", "--home", home)  # its rules of screening are others
    vanne("train", "--home", home, "--config", file)
    assert current_model(Home(home).model).documents == current(Home(home)).documents


def test_the_home_is_whole_and_goes_on(made: Path) -> None:
    home = Home(made / "home")
    about = json.loads((made / "made.json").read_text())
    made_then = current(home)
    assert made_then.documents == about["documents"]
    vanne("ledger", "fsck", "--home", home.root)
    assert "holds" in vanne("verify", made / "certificate.json", "--home", home.root)
    # where the rules of screening changed since, the texts are read only after a refresh
    vanne("corpus", "refresh", "--as-of", made_then.as_of.isoformat(), "--home", home.root)
    vanne("corpus", "verify", "--home", home.root)
    assert len(list(read(home, current(home)))) == about["documents"]


def test_a_later_export_says_what_an_earlier_one_held(made: Path) -> None:
    home = made / "home"
    vanne("choose", "m3", "off", "--home", home)
    vanne("corpus", "refresh", "--home", home)
    vanne("corpus", "export", "--home", home, "--since", made / "export", "--out", made / "newer")
    removed = (made / "newer/removed.jsonl").read_text().splitlines()
    assert len(removed) == 2


MISUSED = {
    "nothing": [],
    "two files": ["certificate.json", "texts.jsonl"],
    "a file that is not there": ["none.json"],
    "a file that is no JSON": ["home.tar.gz"],
    "JSON that is too deep": ["deep.json"],
    "another document": ["receipt.json"],
    "a log that is none": ["certificate.json", "home", "VKEY", "home", "texts.jsonl"],
    "a key that is none": ["certificate.json", "log", "key", "home", "texts.jsonl"],
    "a key of another form": ["certificate.json", "log", "a+b+c", "home", "texts.jsonl"],
    "a home that is none": ["certificate.json", "log", "VKEY", "log", "texts.jsonl"],
    "no texts": ["certificate.json", "log", "VKEY", "home", "none.jsonl"],
    "texts that are none": ["certificate.json", "log", "VKEY", "home", "certificate.json"],
    "a receipt that is not there": [
        "certificate.json", "log", "VKEY", "home", "texts.jsonl", "none.json",
    ],
}  # fmt: skip


def test_a_misuse_of_the_script_is_no_proof_that_failed(made: Path) -> None:
    vanne("ledger", "publish", "--home", made / "home", "--out", made / "log")
    (made / "deep.json").write_text("[" * 100_000)
    with Ledger.of(Home(made / "home")) as ledger:
        vkey = ledger.vkey
    for about, words in MISUSED.items():
        command = [sys.executable, "-I", SCRIPT, *(vkey if w == "VKEY" else w for w in words)]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True)
        assert done.returncode == 2, (about, done.stdout, done.stderr)
        assert "DOES NOT HOLD" not in done.stdout + done.stderr, about
        assert "usage: python check_certificate.py CERTIFICATE" in done.stderr, about
