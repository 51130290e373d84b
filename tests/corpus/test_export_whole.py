"""An export is whole or not there, whenever whoever writes it dies."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.corpus.exporting import (
    AS_OF,
    contents,
    exported,
    make_home,
    say,
)
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.export.folder import whole_folder
from vanne.errors import (
    BusyError,
    RefusedError,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


# The folder


def test_what_is_there_already_is_refused(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    exported(home, out)  # an empty folder is none
    with pytest.raises(RefusedError, match="is there already"):
        exported(home, out)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(RefusedError, match="is there already"):
        exported(home, mine, replace=True)
    (tmp_path / "file").write_text("a file")
    with pytest.raises(RefusedError, match="is there already"):
        exported(home, tmp_path / "file", replace=True)
    assert contents(mine) == {"thesis.txt": b"years of work"}
    with pytest.raises(RefusedError, match="in the home"):
        exported(home, home.items / "out")


def test_an_earlier_export_is_replaced_if_that_is_asked_for(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported(home, out)
    say(home, "member-01")
    build(home, AS_OF)
    done = exported(home, out, since=out, replace=True)
    assert done.document["since"]["removed"] == 3
    assert set(contents(out)) == {
        "README.md", "croissant.json", "export.json", "keys.txt", "removed.jsonl",
        "training-summary.md", f"data/{done.shards[0].name}",
    }  # fmt: skip
    (out / "notes.txt").write_text("somebody's")
    with pytest.raises(RefusedError, match="1 files that no export wrote"):
        exported(home, out, replace=True)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "out"}


def test_two_do_not_write_the_same_folder(tmp_path: Path) -> None:
    never = lambda _path: False  # noqa: E731
    with whole_folder(tmp_path / "out", may_replace=never) as folder:
        (folder / "mine").touch()
        with (
            pytest.raises(BusyError, match="another process"),
            whole_folder(tmp_path / "out", may_replace=never),
        ):
            pass
    assert (tmp_path / "out" / "mine").exists()


# Killed, or out of space. A process of its own forks one child per order: the child exports, with an
# audit hook that sees every file that Python writes, renames, removes or makes, and strikes at one.

SERVER = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from vanne.config import Home
from vanne.corpus import current
from vanne.corpus.export import ExportOptions, export
import duckdb, pyarrow.compute, pyarrow.parquet, vanne.ledger, vanne.policy.load

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "fcntl.flock")

def run(home, out, fault, at):
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        flags = arguments[2] if event == "open" else 0
        if event in CHANGES or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)):
            seen += 1
            if seen == at and fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if seen == at and fault == "full":
                raise OSError(28, "No space left on device")
    manifest = current(home)
    sys.addaudithook(hook)
    moment = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
    export(home, manifest, out, lambda: moment, ExportOptions(shard_rows=20, replace=True))

home, out = map(Path, sys.argv[1:3])
for order in sys.stdin:
    fault, at = order.split()
    child = os.fork()
    if not child:
        try:
            run(Home(home), out, fault, int(at))
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else "ended", os.waitstatus_to_exitcode(status), flush=True)
"""

Strike = Callable[[str, int], list[str]]


@pytest.fixture
def strike(home: Home, tmp_path: Path) -> Iterator[Strike]:
    """Export to `out`, and let a fault strike at the n-th change on the disk; give what was said."""
    command = [sys.executable, "-c", SERVER, str(home.root), str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        orders, answers = server.stdin, server.stdout
        assert orders and answers

        def order(fault: str, at: int) -> list[str]:
            orders.write(f"{fault} {at}\n")
            orders.flush()
            said = [answers.readline().strip()]
            while not said[-1].startswith(("killed", "ended")):
                assert said[-1], "the server is gone"
                said.append(answers.readline().strip())
            return said

        yield order
        orders.close()


def ready(
    home: Home, tmp_path: Path, has_old: bool
) -> tuple[Path, dict[str, bytes], dict[str, bytes]]:
    """Return where to export, what is there before, and what is there in the end."""
    out, before = tmp_path / "out", dict[str, bytes]()
    if has_old:
        exported(home, out)
        before = contents(out)
        say(home, "member-01")
        build(home, AS_OF)
    exported(home, tmp_path / "expected", shard_rows=20)
    return out, before, contents(tmp_path / "expected")


def is_old_or_new(out: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    return contents(out) in (before, after) if out.exists() else not before


@pytest.mark.parametrize("has_old", [False, True])
def test_killed_at_every_change_on_the_disk_it_leaves_the_old_one_or_the_new_one(
    home: Home, tmp_path: Path, strike: Strike, has_old: bool
) -> None:
    """Where there is an old one and the kill falls between the two renames, `out` is not there for
    that long: the old one lies beside it, and the next run brings it back before it does anything.
    Where there is none, every third change: the others are the same as with an old one."""
    out, before, after = ready(home, tmp_path, has_old)
    between = at = 0
    while strike("kill", at := at + (1 if has_old else 3)) == ["killed -9"]:
        if has_old and not out.exists():
            between += 1
            assert contents(tmp_path / ".out.old") == before
        else:
            assert is_old_or_new(out, before, after)
        if at % 6 == 0 or (has_old and not out.exists()):  # with what was left behind
            assert strike("none", 0) == ["ended 0"]
            assert contents(out) == after
            assert {path.name for path in tmp_path.iterdir()} == {"home", "out", "expected"}
        put_back(out, before)
    assert at > 20 and between == has_old
    assert contents(out) == after


def put_back(out: Path, files: Mapping[str, bytes]) -> None:
    """Make everything as it was before the first attempt."""
    for path in (out, *out.parent.glob(".out.*")):
        shutil.rmtree(path, ignore_errors=True)
    for name, data in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(
    home: Home, tmp_path: Path, strike: Strike
) -> None:
    out, _, after = ready(home, tmp_path, has_old=False)
    failed = 0
    for at in range(1, 40, 3):
        said = strike("full", at)
        if said == ["ended 0"]:  # after the last change, or while leftovers were removed
            assert contents(out) == after
        else:
            failed += 1
            assert said[0].startswith("StorageError no space left on the disk"), said
            assert said[1] == "ended 1" and (not out.exists() or contents(out) == after)
        put_back(out, {})
    assert failed > 5
