"""`vanne serve`: on this machine only, and clear when it cannot."""

import http.client
import signal
import socket
import subprocess
import sys

import pytest

from tests.conftest import Run
from vanne.config import Home
from vanne.errors import BusyError, InputError, MissingError, RefusedError
from vanne.web import serve
from vanne.web.server import address, listen


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_an_address_that_others_can_reach_is_refused(home: Home, host: str) -> None:
    with pytest.raises(RefusedError, match="no password") as refused:
        serve(home, host, 0)
    assert refused.value.exit_code == 77
    assert "serve on 127.0.0.1, or set VANNE_OIDC_ISSUER" in refused.value.todo


def test_a_folder_without_a_network_is_said_to_be_one(vanne: Run) -> None:
    done = vanne("serve", "--home", "nowhere")
    assert done.returncode == MissingError.exit_code
    assert done.stderr.count("\n") == 1 and "vanne demo" in done.stderr


def test_a_port_in_use_is_named_with_what_to_do(vanne: Run, home: Home) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = vanne("serve", "--home", home.root, "--port", port)
    assert done.returncode == BusyError.exit_code
    assert done.stderr.count("\n") == 1
    assert f"port {port}" in done.stderr and f"--port {port + 1}" in done.stderr


def test_a_port_that_may_not_be_used_is_bad_input() -> None:
    with pytest.raises(InputError, match="cannot serve on port"):
        listen("203.0.113.7", 8000)  # an address of the documentation range: nobody's own


def test_it_prints_its_address_serves_and_stops_when_interrupted(home: Home) -> None:
    command = [sys.executable, "-m", "vanne", "serve", "--home", str(home.root), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None and server.stderr is not None
        line = server.stdout.readline()
        port = int(line.split("://127.0.0.1:")[1].split("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.request("GET", "/", headers={"Accept-Language": "fr"})
        answer = connection.getresponse()
        assert answer.status == 200
        assert "Démonstration locale" in answer.read().decode()
        connection.close()
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=300) in (0, 130)
        assert "Traceback" not in server.stderr.read()


def test_the_address_of_version_6_is_written_in_brackets() -> None:
    try:
        listener = listen("::1", 0)
    except InputError:
        pytest.skip("this machine has no IPv6")
    with listener:
        port = listener.getsockname()[1]
        assert address("::1", listener) == f"http://[::1]:{port}/"
    assert listener.family is socket.AF_INET6
