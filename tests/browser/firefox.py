"""Debian's Firefox, driven by WebDriver BiDi: Playwright drives only a Firefox of its own.

BiDi speaks JSON over a WebSocket (RFC 6455), of which the few lines here are enough.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PREFERENCES = """
user_pref("intl.accept_languages", "it");
user_pref("media.peerconnection.ice.loopback", true);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
"""
"""Italian; and WebRTC may reach this machine, where the tests listen."""
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")


class Socket:
    """A WebSocket to a program on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._stream = self._socket.makefile("rb")
        assert b" 101 " in self._stream.readline()
        while self._stream.readline().strip():
            pass

    def send(self, text: str) -> None:
        """Send a text of at most 65,535 bytes; a client masks what it sends."""
        data = text.encode()
        size = len(data)
        sizes = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        self._socket.sendall(
            bytes([0x81, 0x80 | sizes[0]]) + sizes[1:] + b"\1\1\1\1" + bytes(b ^ 1 for b in data)
        )

    def receive(self) -> str:
        """Return the next text."""
        data, last = b"", False
        while not last:
            first, size = self._stream.read(2)
            last = bool(first & 0x80)
            if size > 125:
                size = int.from_bytes(self._stream.read(2 if size == 126 else 8), "big")
            part = self._stream.read(size)
            if first & 0x0F < 8:  # no ping
                data += part
        return data.decode()

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()


class Window:
    """A window of Firefox, with what the tests of the page need of Playwright's."""

    def __init__(self, socket: Socket) -> None:
        self._socket, self._number = socket, 0
        self._ask("session.new", capabilities={})
        self._context = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.receive())
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result

    def goto(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return what an expression gives, as JSON."""
        text = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        target = {"context": self._context}
        said = self._ask("script.evaluate", expression=text, target=target, awaitPromise=True)
        assert said["type"] == "success", said["exceptionDetails"]["text"]
        return json.loads(said["result"]["value"])

    def set_files(self, selector: str, *paths: Path) -> None:
        """Choose files in a field."""
        locator = {"type": "css", "value": selector}
        found = self._ask("browsingContext.locateNodes", context=self._context, locator=locator)
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        files = [str(path) for path in paths]
        self._ask("input.setFiles", context=self._context, element=element, files=files)


@contextmanager
def firefox(profile: Path) -> Iterator[Window]:
    """Start Firefox with a new profile; end it after."""
    assert FIREFOX
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES)
    command = [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port", "0"]
    where = profile / "WebDriverBiDiServer.json"  # which Firefox writes when it listens
    with subprocess.Popen(
        [*command, "--profile", profile], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            end = time.monotonic() + 60
            while not (where.exists() and where.stat().st_size):
                assert time.monotonic() < end, "Firefox does not start"
                time.sleep(0.05)
            socket = Socket(json.loads(where.read_text())["ws_port"])
            yield Window(socket)
            socket.close()
        finally:
            process.terminate()
