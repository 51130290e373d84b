"""`vanne search`: an index by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.assist.search.homes import AS_OF, choice, item, job, member, network, say
from vanne.cli import cli
from vanne.errors import MissingError

Vanne = Callable[..., str]


@pytest.fixture
def vanne(capsys: pytest.CaptureFixture[str]) -> Vanne:
    """Run `vanne ARGUMENT...` in this process: each would else load the encoder anew."""

    def run(*arguments: object) -> str:
        cli.main([str(each) for each in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_an_index_is_made_kept_and_told_of(vanne: Vanne, tmp_path: Path) -> None:
    home = network(
        tmp_path / "home",
        [member("ada"), member("ben")],
        [
            item("ada-position-1", "position", job("Nurse", place="Lausanne", start="2015")),
            item("ben-position-1", "position", job("Baker", place="Bern", start="2001")),
        ],
    )
    index = ("search", "index", "--home", home.root)
    with pytest.raises(MissingError) as missing:
        vanne(*index, "--status")
    assert "vanne search index" in str(missing.value.todo)
    made = json.loads(vanne(*index, "--as-of", AS_OF.isoformat(), "--json"))
    assert (made["schema"], made["profiles"], made["changed"]) == ("vanne/search-index/1", 2, True)
    say(home, choice("ada", False))
    status = json.loads(vanne(*index, "--status", "--json"))
    assert (status["profiles"], status["shown"], status["stale"]) == (2, 1, False)
    assert "1 hidden since by an opt-out" in vanne(*index, "--status")
