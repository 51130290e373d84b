"""A run without `--all` leaves out the second proofs, and each promise keeps a proof in it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SECOND_PROOFS, line_of

ROOT = Path(__file__).parents[1]
FOLDER, FILE = "tests/inference", "tests/inference/test_real_engines.py"


def test_what_stands_for_a_second_proof_is_there_and_is_in_every_run() -> None:
    proofs = set(SECOND_PROOFS.values())
    assert [proof for proof in proofs if not (ROOT / proof.partition("::")[0]).exists()] == []
    assert [proof for proof in proofs if line_of(proof)] == []


@pytest.mark.parametrize(
    ("arguments", "collected"), [([FOLDER], False), ([FOLDER, "--all"], True), ([FILE], True)]
)
def test_a_second_proof_runs_if_all_are_asked_for_or_its_file_is_named(
    arguments: list[str], collected: bool
) -> None:
    assert FILE in SECOND_PROOFS
    options = "-m pytest --collect-only -q -n0 -p no:cacheprovider".split()
    done = subprocess.run(
        [sys.executable, *options, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert (FILE in done.stdout) is collected
