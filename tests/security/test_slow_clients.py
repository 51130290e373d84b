"""Clients that are slow, half-open or ambiguous: dropped in time, and nobody else waits for them."""

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.security.running import Running, running
from tests.web.network import make_home
from vanne.config import Home
from vanne.web.server import BODY_SECONDS, HEAD_SECONDS, most_connections

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("slow") / "home")


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Running]:
    with running(home, files=256) as server:
        yield server


def connect(server: Running, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 60, source_address=(source, 0))


def is_open(connection: socket.socket) -> bool:
    """Say whether the other side has not closed a connection."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_half_open_connections_keep_nobody_out_and_are_closed_in_time(server: Running) -> None:
    with ExitStack() as held:
        connections = [
            held.enter_context(connect(server, f"127.0.0.{2 + n // 100}")) for n in range(300)
        ]
        for connection in connections:
            drip(connection, HALF)
        begun = time.monotonic()
        assert server.ask("GET", "/v1/health", source="127.0.0.9")[0] == 200
        assert time.monotonic() - begun < HEAD_SECONDS, "it was answered while they were held"
        for _ in range(HEAD_SECONDS + 20):
            if not any(map(is_open, connections)):
                break
            time.sleep(1)
            for connection in filter(is_open, connections):
                drip(connection)
        assert not any(map(is_open, connections))
    assert len(server.log.read_bytes()) < 2000


def drip(connection: socket.socket, data: bytes = b"x") -> None:
    with suppress(OSError):  # it was closed
        connection.sendall(data)


def test_a_body_that_does_not_come_is_not_waited_for(server: Running) -> None:
    with connect(server) as connection:
        connection.sendall(
            b"POST /object HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
        )
        for _ in range(BODY_SECONDS + 20):
            if not is_open(connection):
                break
            time.sleep(1)
        assert not is_open(connection)
    assert "a fault of ours" not in server.log.read_text()


SERVED_WITHOUT_FILES = """
import asyncio, os, resource, sys, threading
from vanne.web.server import listen, serve_on

async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        return
    assert (await receive())["type"] == "lifespan.startup"
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        while True:
            os.open("/dev/null", os.O_RDONLY)
    except OSError:
        pass
    await send({"type": "lifespan.startup.complete"})
    print(listener.getsockname()[1], flush=True)
    await receive()

listener = listen("127.0.0.1", 0)
threading.Timer(4, os._exit, (0,)).start()
asyncio.run(serve_on(listener, app, ()))
"""


def test_a_connection_that_cannot_be_taken_is_one_line_in_the_log() -> None:
    """No file is left to the process: what asyncio says of it is a traceback for each try."""
    command = [sys.executable, "-c", SERVED_WITHOUT_FILES]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with ExitStack() as held:
            for _ in range(20):
                held.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            log = process.communicate()[1]
    assert log.splitlines() == ["a connection could not be taken: too many open files"]


def test_more_connections_than_files_are_one_line_in_the_log(home: Home) -> None:
    with running(home, files=64) as server, ExitStack() as held:
        for n in range(200):
            connection = held.enter_context(connect(server, f"127.0.0.{2 + n}"))
            drip(connection)
        time.sleep(2)
        log = server.log.read_text()
        assert "Traceback" not in log and len(log.splitlines()) <= 3, log[:2000]


def test_there_are_never_more_connections_than_files() -> None:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, soft[1]))
        assert 8 <= most_connections() <= 1000
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > most_connections()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, soft)


def test_a_request_with_two_lengths_is_refused_and_its_connection_closed(server: Running) -> None:
    with connect(server) as connection:
        connection.sendall(
            b"POST /object HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            b"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("host", ["LOCALHOST", "LocalHost"])
def test_the_name_of_the_host_has_no_case(server: Running, host: str) -> None:
    status, _ = server.ask("GET", "/sign-in", Host=f"{host}:{server.port}")
    assert status == 200
