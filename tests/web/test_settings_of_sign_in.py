"""The settings of signing in: wrong or incomplete ones are one line before anything is served."""

from pathlib import Path

import pytest

from tests.conftest import Run
from tests.settings import settings_in
from tests.table import every
from vanne.config import Home
from vanne.errors import ConfigError, RefusedError
from vanne.tokens import scopes_known
from vanne.web import oidc, serve
from vanne.web.oidc import SignIn, sign_in_of
from vanne.web.session import ROLES

ISSUER = {"VANNE_OIDC_ISSUER": "https://id.example/realms/x", "VANNE_OIDC_CLIENT_ID": "pages"}
ORIGIN = "VANNE_PUBLIC_ORIGIN"


def test_without_settings_it_is_the_demonstration() -> None:
    assert sign_in_of(settings_in({})) is None
    assert sign_in_of(settings_in({"VANNE_OIDC_ISSUER": " ", "VANNE_OIDC_CLIENT_ID": ""})) is None


def test_the_settings_have_the_documented_defaults() -> None:
    way = sign_in_of(settings_in(ISSUER))
    assert way == SignIn("https://id.example/realms/x", "pages", None, "sub", "roles", None)


def test_every_setting_role_scope_and_reason_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "sign-in.md").read_text()
    for name in (
        oidc.ISSUER,
        *(f"VANNE_{n.upper()}" for n in oidc.NEEDS_ISSUER),
        *ROLES,
        *scopes_known(),
    ):
        assert f"`{name}`" in page


def test_a_secret_is_read_from_a_file_and_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a very secret secret\n")
    way = sign_in_of(settings_in(ISSUER | {"VANNE_OIDC_CLIENT_SECRET_FILE": str(file)}))
    assert way is not None and way.client_secret == "a very secret secret"
    assert "secret secret" not in repr(way)


@every(
    ("origin", "is_public", "host"),
    [
        ("https://vanne.example", True, "vanne.example"),
        ("https://vanne.example/", True, "vanne.example"),
        ("https://Vanne.Example:8443", True, "vanne.example"),
        ("https://vanne.example:443", True, "vanne.example"),
        ("http://127.0.0.1:8000", False, "127.0.0.1"),
        ("http://[::1]:8000", False, "::1"),
    ],
)
def test_the_origin_says_whether_others_may_come(origin: str, is_public: bool, host: str) -> None:
    way = sign_in_of(settings_in(ISSUER | {ORIGIN: origin}))
    assert way is not None and (way.is_public, way.host) == (is_public, host)
    assert way.origin == origin.lower().rstrip("/").removesuffix(":443")


@every(
    ("settings", "names"),
    [
        ({"VANNE_OIDC_ISSUER": "https://id.example"}, "VANNE_OIDC_CLIENT_ID"),
        (ISSUER | {"VANNE_OIDC_ISSUER": "http://id.example"}, "VANNE_OIDC_ISSUER"),
        (ISSUER | {"VANNE_OIDC_ISSUER": "id.example"}, "VANNE_OIDC_ISSUER"),
        (ISSUER | {"VANNE_OIDC_ISSUER": "https://"}, "VANNE_OIDC_ISSUER"),
        (ISSUER | {"VANNE_OIDC_ISSUER": "https://id.example?x=1"}, "VANNE_OIDC_ISSUER"),
        (ISSUER | {"VANNE_OIDC_ISSUER": "https://[::1"}, "VANNE_OIDC_ISSUER"),
        (ISSUER | {"VANNE_OIDC_CLIENT_SECRET": ""}, "VANNE_OIDC_CLIENT_SECRET"),
        (ISSUER | {ORIGIN: "http://vanne.example"}, ORIGIN),
        (ISSUER | {ORIGIN: "vanne.example"}, ORIGIN),
        (ISSUER | {ORIGIN: "https://vanne.example/pages"}, ORIGIN),
        (ISSUER | {ORIGIN: "https://user@vanne.example"}, ORIGIN),
        (ISSUER | {ORIGIN: "https://*.example"}, ORIGIN),
        (ISSUER | {ORIGIN: "https://vanne.example:port"}, ORIGIN),
        ({ORIGIN: "https://vanne.example"}, ORIGIN),
        ({"VANNE_OIDC_CLIENT_ID": "pages"}, "VANNE_OIDC_CLIENT_ID"),
        ({"VANNE_OIDC_ROLES_CLAIM": "groups"}, "VANNE_OIDC_ROLES_CLAIM"),
    ],
    ids=str,
)
def test_a_setting_that_is_wrong_or_alone_is_named_in_one_line(
    settings: dict[str, str], names: str
) -> None:
    with pytest.raises(ConfigError, match=f"`{names}`") as refused:
        sign_in_of(settings_in(settings))
    assert refused.value.exit_code == 78 and refused.value.todo


def test_the_server_does_not_start_with_wrong_settings(
    vanne: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANNE_OIDC_ISSUER", "https://id.example")
    done = vanne("serve", "--home", home.root, "--port", 0)
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.count("\n") == 1 and "VANNE_OIDC_CLIENT_ID" in done.stderr


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:8000"])
def test_others_may_not_come_without_an_https_origin(home: Home, origin: str | None) -> None:
    way = settings_in(ISSUER | ({ORIGIN: origin} if origin else {}))
    with pytest.raises(RefusedError, match="no https origin") as refused:
        serve(home, "0.0.0.0", 0, settings=way)
    assert "VANNE_PUBLIC_ORIGIN" in refused.value.todo


def test_others_may_come_when_people_sign_in_and_in_secret(home: Home) -> None:
    class ReadyError(Exception):
        """Raised in place of serving, once it listens."""

    def ready(url: str) -> None:
        raise ReadyError(url)

    behind = {ORIGIN: "https://vanne.example", "VANNE_PROXY": "10.0.0.4"}
    with pytest.raises(ReadyError, match=r"http://0\.0\.0\.0:\d+/"):
        serve(home, "0.0.0.0", 0, ready, settings=settings_in(ISSUER | behind))
