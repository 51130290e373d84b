"""A network, its Azure, and the command line with the keys in the environment."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.azure.server import KEY, TOKEN, Azure, serving
from tests.photo_network import make_home
from vanne.cli import cli
from vanne.config import Home

Vanne = Callable[..., Result]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network, made once."""
    return make_home(tmp_path_factory.mktemp("azure"))


@pytest.fixture
def azure() -> Iterator[Azure]:
    """An Azure of one's own."""
    with serving() as azure:
        yield azure


@pytest.fixture
def home(made: Home, azure: Azure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The folder of the network, for one test to change, with keys for its Azure."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    monkeypatch.setenv("AZURE_MANAGEMENT_TOKEN", TOKEN)
    monkeypatch.delenv("AZURE_OPENAI_AD_TOKEN", raising=False)
    home = Home(Path(shutil.copytree(made.root, tmp_path / "home")))
    (home.root / "azure.toml").write_text(settings_text(azure.url))
    return home


@pytest.fixture
def run(home: Home) -> Vanne:
    """Run `vanne azure ARGUMENT...` on the network."""

    def run(*arguments: object) -> Result:
        words = ["azure", *map(str, arguments), "--home", str(home.root)]
        return CliRunner().invoke(cli, words, catch_exceptions=True)

    return run


def settings_text(url: str, **values: object) -> str:
    """What `azure.toml` says, with values put in or (None) left out."""
    usual: dict[str, object] = {
        "endpoint": url, "management": url, "region": "swedencentral", "subscription": "sub-1",
        "resource_group": "group-1", "account": "acc", "model": "gpt-4.1-mini-2025-04-14",
        "poll_seconds": 0.01, "timeout_seconds": 20.0, "attempts": 2,
    }  # fmt: skip
    rows = [
        f"{name} = {_toml(value)}" for name, value in (usual | values).items() if value is not None
    ]
    return "\n".join(rows) + "\n"


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
