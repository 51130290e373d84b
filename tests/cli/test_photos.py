"""The model of photos: train, ask, forget and verify, on a tiny language model and the real encoder."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.photo_network import make_home, say
from tests.train.encoder import needs_encoder
from tests.train.tiny import save_tiny_model
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import MissingError, RefusedError

pytestmark = [pytest.mark.model, needs_encoder]
SETTINGS = 'base = "base"\nshards = 2\nslices = 2\nepochs = 1\nmax_tokens = 48\nthreads = 1\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path)
    save_tiny_model(home.root / "base")
    home.photo_training.write_text(SETTINGS)
    return home


def run(home: Home, *words: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, words), "--home", str(home.root)])


def test_who_says_no_is_forgotten_and_certified(home: Home) -> None:
    done = run(home, "train", "--photos", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["photos"] == 12
    photo = home.media / "photos" / "member-03.jpg"
    assert run(home, "model", "headline", photo).exit_code == 0
    say(home, "member-03")
    done = run(home, "forget", "--photos")
    assert done.exit_code == 0, done.output
    path = Path(done.stdout.split()[1])
    assert json.loads(path.read_text())["keys"]["dropped"]
    checked = CliRunner().invoke(cli, ["verify", str(path), "--home", str(home.root)])
    assert checked.exit_code == 0 and "checkpoints are gone" in checked.stdout
    assert json.loads(run(home, "train", "--photos", "--json").stdout)["photos"] == 11


def test_a_model_of_another_corpus_is_not_left_behind(home: Home) -> None:
    assert run(home, "train", "--photos").exit_code == 0
    say(home, "member-03")
    refreshed = CliRunner().invoke(cli, ["corpus", "refresh", "--home", str(home.root)])
    assert refreshed.exit_code == 0
    done = run(home, "train", "--photos")
    assert (
        isinstance(done.exception, RefusedError) and "vanne forget --photos" in done.exception.todo
    )


def test_without_photos_there_is_nothing_to_train(home: Home) -> None:
    for path in (home.media / "photos").iterdir():
        path.write_bytes(b"no photo")
    done = run(home, "train", "--photos")
    assert isinstance(done.exception, MissingError) and not home.photo_model.exists()
