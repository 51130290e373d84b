"""How far a long step is: on a terminal one line that is written over, elsewhere now and then."""

import io

import click
import pytest

from vanne.cli.options import Progress, quiet


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "written"),
    [
        (Terminal(), "\rlecture\u00a0: 25\u00a0%\rlecture\u00a0: 100\u00a0%\n"),
        (io.StringIO(), "lecture\u00a0: 25\u00a0%\nlecture\u00a0: 100\u00a0%\n"),
    ],
    ids=["terminal", "file"],
)
def test_a_line_is_written_over_the_one_before_on_a_terminal_alone(
    stream: io.StringIO, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(Progress, "TERMINAL_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(Progress, "LOG_SECONDS", (0.0, 0.0))
    with Progress(lang="fr") as progress:
        progress(50, 200, "lecture")
        progress(200, 200, "lecture")
    assert stream.getvalue() == written


def test_a_short_step_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("items", 2) as progress:
        progress(1)
        progress(2)
    assert capsys.readouterr().err == ""


def test_it_is_the_pace_of_the_last_seconds_that_counts() -> None:
    progress = Progress("reading", 3000)
    fast = [progress.seconds_left(100 * at, float(at)) for at in range(11)]
    assert fast[5] == 25 and fast[10] == 20
    slow = [progress.seconds_left(1000 + 10 * at, 10.0 + at) for at in range(1, 31)]
    assert slow[-1] == 170  # 1,700 at 10 a second; by the mean of all it would be 52


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    class Eager(Progress):
        LOG_SECONDS = (0.0, 0.0)

    @click.command()
    @quiet
    def count() -> None:
        with Eager("items", 2) as progress:
            progress(1)

    for options, shown in (([], "items: 50\u00a0%\n"), (["-q"], "")):
        count.main(options, standalone_mode=False)
        assert capsys.readouterr().err == shown
