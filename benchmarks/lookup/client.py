"""A small load generator: so many requests over so many kept connections, and it ends by itself."""

import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server used to answer: CPU and wall seconds, what it answered, and how soon."""

    cpu_s: float
    wall_s: float
    bodies: list[bytes]
    waits_s: list[float]


def ask(
    port: int, process: int, requests: Sequence[bytes], connections: int = CONNECTIONS
) -> Asked:
    """Send the requests in turns over a few connections to this machine; wait for every answer.

    Raises:
        ConnectionError: the server answered another status than 200 or 201, or hung up.
    """
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(connections)
        ]
        bodies: list[bytes] = []
        waits: list[float] = []
        cpu, wall = cpu_seconds(process), time.perf_counter()
        for first in range(0, len(requests), connections):
            pairs = list(zip(sockets, requests[first : first + connections], strict=False))
            sent = time.perf_counter()
            for connection, request in pairs:
                connection.sendall(request)
            for connection, _ in pairs:
                bodies.append(_body(connection))
                waits.append(time.perf_counter() - sent)
        return Asked(cpu_seconds(process) - cpu, time.perf_counter() - wall, bodies, waits)


def cpu_seconds(process: int) -> float:
    """Return the user and system time of another process: its clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~process << 3) | 2)


def get(path: str, token: str, cookie: str = "") -> bytes:
    """Return a GET as a client writes it."""
    more = f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {path} HTTP/1.1\r\n{_headers(token)}{more}\r\n".encode()


def post(path: str, token: str, kind: str, body: bytes) -> bytes:
    """Return a POST as a client writes it."""
    more = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{_headers(token)}{more}\r\n".encode() + body


def _headers(token: str) -> str:
    return (
        "Host: 127.0.0.1\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
        f"Authorization: Bearer {token}\r\n"
    )


def _body(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[:end].lower()
    if head[9:12] not in (b"200", b"201"):
        raise ConnectionError(data[:200].decode(errors="replace"))
    size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(data) < end + 4 + size:
        data += _more(connection)
    return data[end + 4 :]


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    if not data:
        raise ConnectionError("the server hung up")
    return data
