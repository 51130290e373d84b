"""The proxy's configuration on the page is one that works."""

import http.client
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import Run
from tests.security.running import Running, running
from tests.web.network import make_home
from vanne.config import Home
from vanne.web.server import listen

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
PAGE = Path(__file__).parents[2] / "docs" / "howto" / "run-the-pages.md"
ORIGIN = {
    "VANNE_OIDC_ISSUER": "https://id.example.org",
    "VANNE_OIDC_CLIENT_ID": "vanne",
    "VANNE_PUBLIC_ORIGIN": "https://vanne.example.org",
}
OBJECTION = "name=Marie+Dupont&email=marie{}%40example.org&for%3Agenerative-ai-training=1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_pages_with_an_https_origin_are_not_served_without_a_proxy(
    vanne: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in ORIGIN.items():
        monkeypatch.setenv(variable, value)
    done = vanne("serve", "--home", home.root, "--port", 0)
    assert done.returncode == 78 and done.stderr.count("\n") == 1
    assert "`VANNE_PROXY` does not name the proxy" in done.stderr


@pytest.mark.skipif(NGINX is None, reason="needs nginx: apt-get install nginx-light")
def test_the_configuration_on_the_page_serves_pages_and_names_clients(
    home: Home, tmp_path: Path
) -> None:
    with (
        running(home, **ORIGIN, VANNE_PROXY="127.0.0.1") as server,
        proxied(server, tmp_path) as port,
    ):
        status, headers, page = ask(port, "GET", "/")
        assert status == 200 and b"<html" in page
        assert headers["cross-origin-opener-policy"] == "same-origin"
        statuses = [
            ask(port, "POST", "/object", OBJECTION.format(n), "127.0.0.2")[0] for n in range(21)
        ]
        assert statuses == [303] * 20 + [429]
        assert ask(port, "POST", "/object", OBJECTION.format(""), "127.0.0.3")[0] == 303
        forged = {"X-Forwarded-For": "127.0.0.9"}
        assert ask(port, "POST", "/object", OBJECTION, "127.0.0.2", forged)[0] == 429
        assert ask(port, "POST", "/object", "x" * (3 << 20), "127.0.0.3")[0] == 413


@contextmanager
def proxied(server: Running, folder: Path) -> Iterator[int]:
    """Run nginx with the configuration of the page, before a server; give its port."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    certificate(folder)
    block = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    for before, after in (
        ("10.0.0.5:8000", f"127.0.0.1:{server.port}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/vanne/", f"{folder}/"),
    ):
        assert before in block
        block = block.replace(before, after)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/errors.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{block}}}\n"
    )
    tried = subprocess.run([str(NGINX), "-t", "-c", file], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    with subprocess.Popen([str(NGINX), "-c", file], stderr=subprocess.DEVNULL) as nginx:
        try:
            for _ in range(100):
                try:
                    ask(port, "GET", "/robots.txt")
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            nginx.terminate()


def ask(
    port: int,
    method: str,
    path: str,
    body: str = "",
    source: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Ask the proxy by the name of the pages, from an address of this machine."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        "127.0.0.1", port, timeout=60, source_address=(source, 0), context=context
    )
    sent = {
        "Host": "vanne.example.org",
        "Origin": "https://vanne.example.org",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request(method, path, body, sent | (headers or {}))
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, named, answer.read()
    finally:
        connection.close()


def certificate(folder: Path) -> None:
    """Write a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vanne.example.org")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *private))
