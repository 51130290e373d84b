"""What the page asks of Python is what the command line prints and writes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.site import bridge
from vanne.site.bridge import Form

COMPLETE = Path(__file__).parents[1] / "fixtures" / "linkedin" / "2026-complete"
AS_OF = "2026-11-25"
ASKED = ("inspect", str(COMPLETE), "--region", "CH", "--as-of", AS_OF, "--lang", "fr")


def kept(form: Form) -> str:
    return "".join(bridge.pieces(bridge.read([str(COMPLETE)], "CH", AS_OF), form, "fr"))


@pytest.mark.parametrize(("form", "options"), [("json", ()), ("items", ("--by", "item"))])
def test_a_file_to_keep_holds_what_the_command_prints(form: Form, options: tuple[str, ...]) -> None:
    assert kept(form) == CliRunner().invoke(cli, [*ASKED, "--json", *options]).stdout


def test_a_table_to_keep_holds_what_the_command_writes(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    assert CliRunner().invoke(cli, [*ASKED, "--items", str(file)]).exit_code == 0
    assert kept("csv").encode() == file.read_bytes()


def test_a_file_to_keep_comes_in_pieces_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = kept("items")
    monkeypatch.setattr(bridge, "_PIECE", 1000)
    pieces = list(bridge.pieces(bridge.read([str(COMPLETE)], "CH", AS_OF), "items", "fr"))
    assert "".join(pieces) == whole
    assert len(pieces) > len(whole) // 3000
