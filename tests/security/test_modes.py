"""What the commands write is its maker's alone, whatever the umask; what is published is not."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.forked import VANNE, run_forked
from vanne.config import Home
from vanne.corpus import build, current, read, refresh
from vanne.corpus.intake import add, init
from vanne.corpus.lookup import Lookup
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice

TABLES = Path(__file__).parents[2] / "examples" / "tables"
AT = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = f"import os; os.umask(0o022); {VANNE}"
"""The command line as a shell starts it that gives everything to everybody to read."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that everybody may look into, and a umask that makes more of them."""
    tmp_path.chmod(0o755)
    before = os.umask(0o022)
    yield tmp_path
    os.umask(before)


def reachable(folder: Path) -> list[str]:
    """Return what others than its maker can open below a folder, or a folder that they can enter."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.stat().st_mode & OTHERS:
            found.append(path.name)
            if path.is_dir():
                found += [f"{path.name}/{name}" for name in reachable(path)]
    return found


def test_others_can_open_nothing_that_the_commands_make(wide: Path) -> None:
    def vanne(*words: object, codes: tuple[int, ...] = (0,)) -> CompletedProcess[str]:
        done = run_forked(OPEN, *words, cwd=wide)
        assert done.returncode in codes, done.stderr
        return done

    os.umask(0o077)  # what the test itself writes
    bad = wide / "choices.csv"
    bad.write_text(
        "member_id,purpose,scope,target,on,at\n"
        "ada,generative-ai-training,all,,off,2026-01-02\n"
        "ada,generative-ai-training,all,,perhaps,2026-01-02\n"
    )
    vanne("corpus", "init", "--policy", "linkedin-2025-11-03", "--members", TABLES / "members.csv")
    vanne("corpus", "add", TABLES / "items.csv")
    vanne("corpus", "build", "--as-of", "2026-01-01")
    vanne("choose", "ada", "off", "--at", "2026-01-02")
    vanne("choose", "--from", bad, "--skip-bad", codes=(0, 65))
    vanne("corpus", "refresh", "--as-of", "2026-01-03")
    vanne("corpus", "read")
    vanne("corpus", "add", "--members", TABLES / "members.csv")
    vanne("verdict", "p1", "p99")
    vanne("objections", "match")
    vanne("report", "ada", "--json")
    vanne("token", "create", "program", "--scope", "verdicts")
    vanne(
        "decide", "--policy", "linkedin-2025-11-03", "--items", TABLES / "items.csv",
        "--members", TABLES / "members.csv", "--as-of", "2026-01-01",
        "--out", wide / "verdicts.parquet",
    )  # fmt: skip
    vanne("corpus", "refresh")
    vanne("corpus", "export", "--out", wide / "export")
    made = {path.name for path in wide.iterdir()}
    assert made >= {"vanne-home", "verdicts.parquet", "export"}
    assert reachable(wide) == []


def test_others_can_read_a_log_that_is_published(wide: Path) -> None:
    home = Home(wide / "home")
    init(home, "linkedin-2025-11-03", str(TABLES / "members.csv"), AT)
    done = run_forked(
        OPEN, "ledger", "publish", "--out", wide / "site" / "log", "--home", home.root, cwd=wide
    )
    assert done.returncode == 0, done.stderr
    names = list((wide / "site").rglob("*"))
    assert any(path.name == "checkpoint" for path in names)
    assert all(path.stat().st_mode & 0o004 for path in names)
    assert all(path.stat().st_mode & 0o001 for path in names if path.is_dir())


def test_others_can_open_nothing_that_a_program_makes_with_the_library(wide: Path) -> None:
    home = Home(wide / "above" / "home")
    init(home, "linkedin-2025-11-03", str(TABLES / "members.csv"), AT)
    add(home, str(TABLES / "items.csv"))
    build(home, AT)
    with Ledger.of(home) as ledger:
        ledger.append([Choice("ada", MAIN_PURPOSE, "all", False, AT)])
    refresh(home, AT)
    list(read(home, current(home)))
    Lookup.open(home, current(home))
    assert reachable(wide) == []


def test_a_home_in_a_folder_that_was_there_is_closed_all_the_same(wide: Path) -> None:
    home = Home(wide / "home")
    home.root.mkdir()
    init(home, "linkedin-2025-11-03", str(TABLES / "members.csv"), AT)
    add(home, str(TABLES / "items.csv"))
    build(home, AT)
    assert reachable(wide) == ["home"]  # its owner made it so: what is in it is closed
