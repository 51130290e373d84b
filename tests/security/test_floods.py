"""The pages are open to everybody, and one client keeps nobody else out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.security.running import Running, running
from tests.settings import settings_in
from tests.web.network import clock, make_home
from vanne.config import Home
from vanne.errors import ConfigError
from vanne.settings import Settings
from vanne.web import create_app
from vanne.web.limits import proxies_of

OBJECTION = "name=Marie+Dupont&email=marie{}%40example.org&for%3Agenerative-ai-training=1"
FORM = {"content_type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("floods") / "home")


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


@pytest.fixture
def server(home: Home) -> Iterator[Running]:
    with running(home, VANNE_PAGES_LIMIT="1500/minute") as server:
        yield server


def test_hundreds_of_objections_of_one_client_shut_nobody_out(server: Running, home: Home) -> None:
    statuses = [
        server.ask("POST", "/object", OBJECTION.format(n), "127.0.0.2", **FORM)[0]
        for n in range(200)
    ]
    assert statuses[0] == 303 and set(statuses[20:]) == {429}
    assert server.ask("POST", "/object", OBJECTION.format(""), "127.0.0.1", **FORM)[0] == 303
    assert len(list((home.root / "outbox").iterdir())) == 21
    assert server.ask("GET", "/object", source="127.0.0.2")[0] == 200
    told = server.ask("POST", "/object", "", "127.0.0.2", **FORM, accept_language="de")[1]
    assert "Es kommen zu viele Anfragen" in told.decode()


def test_pages_and_sign_in_are_limited_for_each_client(home: Home) -> None:
    with running(home, VANNE_PAGES_LIMIT="100/minute") as server:
        begun = [server.ask("GET", "/sign-in", source="127.0.0.2")[0] for _ in range(61)]
        assert begun == [200] * 60 + [429]
        asked = [server.ask("GET", "/guide", source="127.0.0.2")[0] for _ in range(50)]
        assert asked[0] == 200 and asked[-1] == 429
        assert server.ask("GET", "/guide")[0] == 200


def test_a_household_is_one_client_and_its_neighbour_another(home: Home) -> None:
    app = create_app(home, now=clock(), settings=Settings(pages_limit="3/day"))

    def ask(host: str) -> int:
        client = TestClient(app, base_url="http://127.0.0.1:8000", client=(host, 5000))
        return client.get("/robots.txt").status_code

    assert [ask(f"2001:db8:1:2::{n}") for n in range(1, 5)] == [200, 200, 200, 429]
    assert ask("2001:db8:1:3::1") == 200


@pytest.mark.parametrize("proxies", [(), ("10.0.0.4",)])
def test_a_client_is_who_the_proxy_says_if_it_is_the_proxy(
    home: Home, proxies: tuple[str, ...]
) -> None:
    """A stranger who names another client each time is one client all the same."""
    app = create_app(
        home, now=clock(), settings=Settings(pages_limit="3/day", proxy=",".join(proxies))
    )

    def ask(peer: str, forwarded: str) -> int:
        client = TestClient(app, base_url="http://127.0.0.1:8000", client=(peer, 5000))
        return client.get("/robots.txt", headers={"x-forwarded-for": forwarded}).status_code

    strange = [ask("192.0.2.9", f"198.51.100.{n}") for n in range(4)]
    assert strange == [200, 200, 200, 429]
    forged = [ask("10.0.0.4", f"198.51.100.{n}, 192.0.2.7") for n in range(4)]
    assert forged == [200, 200, 200, 429], "the last address is the one that the proxy saw"
    assert ask("10.0.0.4", "192.0.2.8") == (200 if proxies else 429)


@pytest.mark.parametrize("wrong", ["*", "0.0.0.0/0", "proxy.example.org", "10.0.0.4,::/0"])
def test_a_proxy_is_an_address_and_not_everybody(wrong: str) -> None:
    with pytest.raises(ConfigError, match="VANNE_PROXY"):
        proxies_of(settings_in({"VANNE_PROXY": wrong}))
    assert proxies_of(settings_in({"VANNE_PROXY": "10.0.0.4, fd00::/64"})) == (
        "10.0.0.4",
        "fd00::/64",
    )
