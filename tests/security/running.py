"""`vanne serve` as it runs: a process of its own, asked over HTTP from addresses of this machine.

It is a fork (`tests.forked`), unless its start itself is looked at.
"""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.forked import VANNE, Started
from tests.web.conftest import sign_in
from vanne.config import Home


@dataclass(frozen=True, slots=True)
class Running:
    """A server: its process, its port, and what it says of itself on stderr."""

    process: subprocess.Popen[str] | Started
    port: int
    log: Path
    browsers: list[httpx2.Client] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def browser(self, lang: str = "en") -> httpx2.Client:
        """A browser on this machine, signed in as nobody."""
        headers = {"accept-language": lang, "sec-fetch-site": "same-origin"}
        options = {"headers": headers, "follow_redirects": True, "timeout": 300}
        self.browsers.append(httpx2.Client(base_url=self.origin, **options))  # type: ignore[arg-type]
        return self.browsers[-1]

    def member(self, name: str, lang: str = "en") -> httpx2.Client:
        """A browser, signed in as a member."""
        return sign_in(self.browser(lang), name)  # type: ignore[arg-type, return-value]

    def ask(
        self,
        method: str,
        path: str,
        body: str = "",
        source: str = "127.0.0.1",
        **headers: str,
    ) -> tuple[int, bytes]:
        """Ask once from an address of this machine; return the status and the body."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=120, source_address=(source, 0)
        )
        try:
            connection.request(
                method, path, body, {name.replace("_", "-"): v for name, v in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def running(
    home: Home,
    *,
    files: int | None = None,
    cwd: Path | None = None,
    started: Sequence[str] = (),
    worker: bool = False,
    **settings: str,
) -> Iterator[Running]:
    """Run the server of a home: in a folder, with so many files that it may open, with settings.

    The `worker` beside it does what members chose.
    """
    log = home.root.with_name(f"{home.root.name}.log")
    words = ["serve", "--home", str(home.root), "--port", "0"]
    words.append("--worker" if worker else "--no-worker")
    env = os.environ | settings
    process: subprocess.Popen[str] | Started
    with log.open("w") as err:
        if files or started:
            command = [sys.executable, *(started or ("-I", "-m", "vanne")), *words]
            limit = ["/bin/sh", "-c", f'ulimit -n {files} && exec "$@"', "sh"] if files else []
            process = subprocess.Popen(
                [*limit, *command], stdout=subprocess.PIPE, stderr=err, text=True, env=env, cwd=cwd
            )
        else:
            process = Started(VANNE, *words, cwd=cwd, env=env, err=err.fileno())
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "://" in line, log.read_text()
        server = Running(process, int(line.split("://127.0.0.1:")[1].split("/")[0]), log)
        try:
            yield server
        finally:
            for browser in server.browsers:
                browser.close()
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout:
            process.stdout.close()
