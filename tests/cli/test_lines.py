"""What commands write on a terminal."""

import io

import pytest

from vanne.cli.lines import overwriting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "written"),
    [(Terminal(), "\rhalf of it\rall       \n"), (io.StringIO(), "")],
    ids=["terminal", "file"],
)
def test_a_line_is_written_over_the_one_before_on_a_terminal_alone(
    stream: io.StringIO, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    with overwriting() as write:
        for line in ("half of it", "half of it", "all"):
            write(line)
    assert stream.getvalue() == written
