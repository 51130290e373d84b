"""Between an opt-out and the swap of the model, the headline says when what is off leaves it.

`tests/cases/person/headline.toml` has the times, and the sentence in each language.
"""

import tomllib
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import CASES
from tests.forget.homes import hours, make_home, say, train
from tests.web.conftest import SWITCH, sign_in
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.corpus import refresh
from vanne.report.person import state_of_member
from vanne.report.person_words import headline
from vanne.terms import LANGUAGES, MAIN_PURPOSE
from vanne.train.settings import TrainingSettings
from vanne.web import create_app
from vanne.web.app import COOKIE, zone_of
from vanne.words import ZONE, words
from vanne.worker.tasks import beat, claim, enqueue

TEXT = (CASES / "person" / "headline.toml").read_text(encoding="utf-8")
EACH = {case["name"]: case for case in tomllib.loads(TEXT)["case"]}
TAKES = {"seconds_expected": 600}


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> Home:
    """A home whose model holds what a member has turned off; the training set has let it go."""
    home = make_home(tmp_path_factory.mktemp("off") / "home")
    train(home, tiny)
    say(home, 2, False, hours(1))
    refresh(home, hours(1))
    return home


def planned(home: Home, case: dict[str, Any]) -> None:
    """Plan the training of a case; a worker is alive then, and may have begun it."""
    if "training" in case:
        enqueue(home, "retrain", case["training"], hours(1), TAKES)
    if case.get("runs"):
        assert claim(home, "one", case["training"])
    if case.get("worker", True):
        beat(home, "one", case["now"])


@pytest.mark.parametrize("name", EACH)
def test_the_headline_says_when_it_leaves_the_model_if_that_is_known(
    off: Home, tmp_path: Path, name: str
) -> None:
    case, home = EACH[name], Home(Path(copytree(off.root, tmp_path / "home")))
    planned(home, case)
    zone = case.get("zone", "UTC")
    token = ZONE.set(zone_of(zone))
    try:
        message = headline(state_of_member(home, "m2", MAIN_PURPOSE, case["now"]))
        assert {lang: words(lang).say(message) for lang in LANGUAGES} == case["says"]
    finally:
        ZONE.reset(token)
    app = create_app(home, now=lambda: case["now"])
    with TestClient(app, base_url="http://127.0.0.1:8000", cookies={COOKIE: zone}) as client:
        page = text_of(sign_in(client, "m2").get(SWITCH, headers={"accept-language": "fr"}).text)
    assert case["says"]["fr"] in page
