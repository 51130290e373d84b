"""What each release made is opened by the code as it is now (`tests/made_by.py` made it)."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import Document, current, read
from vanne.errors import VerificationError
from vanne.forget import Certificate
from vanne.forget.verifying import verify_in_home
from vanne.ledger import Ledger
from vanne.train.model import current as current_model

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
    script = Path(__file__).parents[1] / "examples/check_certificate.py"
    vanne("ledger", "publish", "--home", made / "home", "--out", made / "log")
    with Ledger.of(Home(made / "home")) as ledger:
        rest = [made / "log", ledger.vkey, made / "home", made / "texts.jsonl"]
    for words in ([], rest):
        command = [sys.executable, "-I", script, made / "certificate.json", *words]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("holds: and counts them\n")


def test_lineage_is_derived_as_its_own_version_named_it(made: Path) -> None:
    home = Home(made / "home")
    rows = map(json.loads, (made / "texts.jsonl").read_text().splitlines())
    texts = [Document(lang=None, category="post", **row) for row in rows]
    certificate = Certificate(json.loads((made / "certificate.json").read_text()))
    checks = {each.step: each for each in verify_in_home(certificate, home, texts)}
    assert checks["lineage"].is_checked
    assert current_model(home.model).environment["threads"] == "1"
    with pytest.raises(VerificationError, match="step `lineage`"):
        list(verify_in_home(certificate, home, texts[1:]))


def test_the_home_is_whole_and_goes_on(made: Path) -> None:
    home = Home(made / "home")
    about = json.loads((made / "made.json").read_text())
    made_then = current(home)
    assert made_then.documents == about["documents"]
    assert current_model(home.model).corpus_version == made_then.version
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
