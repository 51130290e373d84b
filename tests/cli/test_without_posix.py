"""What members use needs nothing of POSIX: it runs where these modules and functions are not there.

That is a test of what the code asks for. No Windows was at hand.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import Run
from tests.forked import ONE_BY_ONE

WITHOUT_POSIX = """
import asyncio, json, multiprocessing, os, signal, subprocess, sys
ABSENT = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
for name in ABSENT:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
for name in (
    "chown chroot fchmod fchown fork forkpty getegid geteuid getgid getpgid getsid getuid initgroups"
    " killpg lchown mkfifo nice openpty sched_getaffinity setgid setsid setuid statvfs wait3 wait4"
).split():
    delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "pthread_sigmask", "setitimer"):
    delattr(signal, name)
def get_context(method=None):
    raise ValueError(f"cannot find context for {method!r}")
multiprocessing.get_context = get_context
"""

COMMANDS = """
inspect --example
inspect --example --json
inspect --example --by category
inspect --example --by item
inspect --example --files
guide linkedin
guide linkedin --json
verify receipt.json
verify changed.json
ledger publish --out tiles
"""


def test_members_commands_need_nothing_of_posix(vanne: Run, tmp_path: Path) -> None:
    tables = Path(__file__).parents[2] / "examples/tables"
    vanne("corpus", "init", "--policy", "linkedin-2025-11-03", "--members", tables / "members.csv")
    receipt = vanne("choose", "ada", "off").stdout
    (tmp_path / "receipt.json").write_text(receipt)
    (tmp_path / "changed.json").write_text(receipt.replace('"ada"', '"dan"'))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX + ONE_BY_ONE],
        input=json.dumps([line.split() for line in COMMANDS.strip().splitlines()]),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    *theirs, changed, publish = json.loads(done.stdout)
    assert [code for code, _ in theirs] == [0] * len(theirs), theirs
    assert changed[0] == 1
    assert publish[0] == 69  # what locks a file names what it needs, in place of a fault of ours
    assert "needs Linux or macOS" in publish[1]
