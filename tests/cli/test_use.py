"""`vanne use`: numbers of whole weeks, and an experiment from its plan to its result."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.assist.use.homes import CASES, PEOPLE, SHARE, make, many
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import VanneError
from vanne.ledger import Ledger
from vanne_assist.use.experiments import register, start

AGO = datetime(2026, 11, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make(tmp_path_factory.mktemp("network"))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def vanne(home: Home | None, *words: str) -> Result:
    where = ["--home", str(home.root)] if home else []
    return CliRunner().invoke(cli, ["use", *words, *where])


def plan(tmp_path: Path, **changed: str) -> str:
    """A plan whose last day is to come, whatever today is."""
    text = SHARE.replace("2026-12-31", str((datetime.now(UTC) + timedelta(days=30)).date()))
    for key, value in changed.items():
        text = text.replace(f"{key} = ", f"{key} = {value} # ")
    (tmp_path / "plan.toml").write_text(text)
    return str(tmp_path / "plan.toml")


def test_status_tells_whole_weeks_in_words_and_as_json(home: Home) -> None:
    many(home, PEOPLE[:9], datetime.now(UTC) - timedelta(days=8))
    said = vanne(home, "status", "--lang", "en")
    assert said.exit_code == 0 and "Finding people: Begun 9 times. In 100 % of them" in said.output
    told = json.loads(vanne(home, "status", "--json").output)
    assert told["schema"] == "vanne/use/1" and told["tasks"][0]["begun"] == 9


def test_a_plan_is_weighed_registered_started_and_stopped(home: Home, tmp_path: Path) -> None:
    file = plan(tmp_path)
    assert vanne(None, "experiment", "power", file).output.startswith("each arm needs 894")
    for words, step in (
        (("register", file), "registered"),
        (("start", "open-criteria"), "started"),
        (("stop", "open-criteria"), "stopped"),
    ):
        done = json.loads(vanne(home, "experiment", *words, "--json").output)
        assert (done["schema"], done["step"]) == ("vanne/experiment-step/1", step)
    told = json.loads(vanne(home, "experiment", "report", "open-criteria", "--json").output)
    assert told["stands"] == "stopped" and told["result"] is None
    assert [told["steps"][step]["entry"] for step in told["steps"]] == [
        done["entry"] - 2,
        done["entry"] - 1,
        done["entry"],
    ]


def test_a_plan_that_a_windows_editor_saved_is_read(tmp_path: Path) -> None:
    file = Path(plan(tmp_path))
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert vanne(None, "experiment", "power", str(file)).exit_code == 0


def test_a_plan_that_is_too_small_has_an_exit_code_of_its_own(home: Home, tmp_path: Path) -> None:
    file = plan(tmp_path, occasions="5")
    assert vanne(None, "experiment", "power", file).exit_code == 1
    answer = vanne(home, "experiment", "register", file)
    assert isinstance(answer.exception, VanneError) and answer.exception.exit_code == 78


def test_the_result_is_told_when_the_last_day_is_over(home: Home) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    text = SHARE.replace("2026-12-31", str(yesterday))
    at = datetime.combine(yesterday, AGO.time(), UTC)
    with Ledger.of(home) as ledger:
        register(home, ledger, text, "plan.toml", at - timedelta(days=9))
        start(home, ledger, "open-criteria", at - timedelta(days=8))
    many(home, PEOPLE, at)
    said = vanne(home, "experiment", "report", "open-criteria", "--lang", "de").output
    assert "Beendet seit" in said and "Es wurde kein Unterschied gefunden" in said
    assert "weniger Gelegenheiten als geplant" in said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("experiment", "report", "nobody"), 69),
        (("experiment", "start", "nobody"), 69),
        (("experiment", "register", "no-such-file.toml"), 74),
        (("experiment", "register", str(CASES / "behaviour.csv")), 78),
    ],
)
def test_what_is_not_there_or_no_plan_is_one_clear_line(
    home: Home, words: tuple[str, ...], code: int
) -> None:
    answer = vanne(home, *words)
    assert isinstance(answer.exception, VanneError) and answer.exception.exit_code == code
    assert "\n" not in str(answer.exception)
