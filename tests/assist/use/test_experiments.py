"""An experiment is registered before it begins, cannot be changed, and tells nothing before its end."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.assist.use.homes import AFTER, BEFORE, LAST_DAY, NOW, PEOPLE, SECONDS, SHARE, make, many
from vanne.config import Home
from vanne.errors import (
    ConfigError,
    ConflictError,
    InputError,
    MissingError,
    VanneError,
    VerificationError,
)
from vanne.ledger import Ledger
from vanne.terms import Choice, ExperimentStep
from vanne_assist.use import PURPOSE, Event, Part, count, look_of, store
from vanne_assist.use.experiments import Experiment, register, start, stop
from vanne_assist.use.plan import read_plan
from vanne_assist.use.telling import experiment, told
from vanne_assist.use.trials import OTHER, assigned

NAME = "open-criteria"
PART = Part.FIND_CRITERIA


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make(tmp_path_factory.mktemp("network"))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def registered(home: Home, text: str = SHARE) -> Experiment:
    with Ledger.of(home) as ledger:
        return register(home, ledger, text, "plan.toml", BEFORE)


def running(home: Home, text: str = SHARE) -> Experiment:
    found = registered(home, text)
    with Ledger.of(home) as ledger:
        return start(home, ledger, found.plan.name, BEFORE)


def report(home: Home, name: str = NAME, at=AFTER) -> dict:
    with Ledger.of(home, read_only=True) as ledger:
        return experiment(home, ledger, name, at)


def looks(home: Home, at=NOW) -> list[str]:
    with Ledger.of(home, read_only=True) as ledger:
        return [look_of(home, ledger, who, PART, at) for who in PEOPLE[:60]]


# Registered


def test_a_plan_is_in_the_public_log_before_it_begins(home: Home) -> None:
    plan = running(home).plan
    with Ledger.of(home, read_only=True) as ledger:
        said = [r for _, r in ledger.records() if isinstance(r, ExperimentStep)]
        assert ledger.fsck().ok
    assert said == [
        ExperimentStep(NAME, "registered", plan.digest, BEFORE),
        ExperimentStep(NAME, "started", plan.digest, BEFORE + timedelta(microseconds=1)),
    ]


def test_the_same_plan_again_is_the_same_and_another_of_its_name_is_refused(home: Home) -> None:
    first = registered(home)
    assert registered(home) == first
    with pytest.raises(ConflictError, match="another plan is registered"):
        registered(home, SHARE.replace("baseline_percent = 40", "baseline_percent = 41"))


def test_a_plan_that_was_changed_is_refused_before_and_after_the_start(home: Home) -> None:
    registered(home)
    file = home.experiments / NAME / "plan.toml"
    file.write_text(SHARE.replace("effect_percent = 10", "effect_percent = 11"))
    with (
        Ledger.of(home) as ledger,
        pytest.raises(VerificationError, match="not what was registered"),
    ):
        start(home, ledger, NAME, NOW)
    file.write_text(SHARE)
    with Ledger.of(home) as ledger:
        start(home, ledger, NAME, NOW)
    file.write_text(SHARE + "\n")
    with pytest.raises(VerificationError):
        report(home)
    assert set(looks(home)) == {"closed"}
    many(home, PEOPLE[:3], NOW)
    with store.opened(home.root) as db:
        assert db.execute("SELECT count(*) FROM trial").fetchone() == (0,)
    with Ledger.of(home, read_only=True) as ledger:
        assert told(home, ledger, AFTER)["damaged"] == [NAME]


def test_a_plan_whose_files_were_both_changed_is_not_what_the_ledger_says(home: Home) -> None:
    running(home)
    folder = home.experiments / NAME
    other = SHARE.replace("effect_percent = 10", "effect_percent = 11")
    (folder / "plan.toml").write_text(other)
    steps = json.loads((folder / "steps.json").read_text())
    steps["digest"] = read_plan(other, "plan.toml").digest
    (folder / "steps.json").write_text(json.dumps(steps))
    with pytest.raises(VerificationError):
        report(home)
    with Ledger.of(home, read_only=True) as ledger:
        found = told(home, ledger, AFTER)
    assert (found["experiments"], found["damaged"]) == ([], [NAME])


@pytest.mark.parametrize("left", [(), ("plan.toml",)], ids=["nothing", "plan"])
def test_a_registration_that_was_cut_short_is_finished_by_the_same_again(
    home: Home, left: tuple[str, ...]
) -> None:
    first = registered(home)
    for file in (home.experiments / NAME).iterdir():
        if file.name not in left:
            file.unlink()
    with Ledger.of(home, read_only=True) as ledger:
        assert told(home, ledger, NOW)["experiments"] == []
        size = ledger.size
    assert registered(home) == first
    with Ledger.of(home, read_only=True) as ledger:
        assert ledger.size == size


@pytest.mark.parametrize("damage", ["", "{", '{"steps": []}', '{"digest": 1, "steps": {"x": 1}}'])
def test_damaged_steps_are_one_clear_line(home: Home, damage: str) -> None:
    running(home)
    (home.experiments / NAME / "steps.json").write_text(damage)
    with pytest.raises(VerificationError, match="not what was registered"):
        report(home)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("occasions = 900", "occasions = 893", "each arm needs 894"),
        ("ends = 2026-12-31", "ends = 2026-11-23", "`ends` is 2026-11-23"),
        ('part = "find.criteria"', 'part = "find.ranking"', "`part` is `find.ranking`"),
        ('measure = "share"', 'measure = "clicks"', "`measure` is `clicks`"),
        ("effect_percent = 10", "effect_percent = 60", "`effect_percent` is 60"),
        ("effect_percent = 10\n", "", "`effect_percent` is missing"),
        ('name = "open-criteria"', 'name = "../etc"', "`name` is no name"),
        (
            "measure = ",
            'second_measure = "seconds"\nmeasure = ',
            "`second_measure` is not a key",
        ),
        (
            "Who sees the criteria open corrects them, and finds somebody more often.",
            "More",
            "no sentence",
        ),
        ('analysis = "welch-20-buckets"', 'analysis = "whatever"', "`analysis` is `whatever`"),
        ("schema", "[", "no TOML"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_with_file_and_key(
    home: Home, old: str, new: str, said: str
) -> None:
    assert old in SHARE
    with pytest.raises(ConfigError) as raised:
        registered(home, SHARE.replace(old, new, 1))
    assert said in str(raised.value) and "plan.toml" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not home.experiments.exists()


def test_one_part_is_varied_by_one_experiment_at_a_time(home: Home) -> None:
    running(home)
    registered(home, SECONDS)
    with (
        Ledger.of(home) as ledger,
        pytest.raises(InputError, match=r"varies `find\.criteria` already"),
    ):
        start(home, ledger, "open-criteria-time", NOW)


def test_a_name_that_is_none_is_not_looked_for_elsewhere(home: Home) -> None:
    registered(home)
    for name in ("nobody", "..", "../experiments/open-criteria", "ø", ""):
        with pytest.raises(MissingError, match="there are: `open-criteria`"):
            report(home, name)


def test_an_experiment_begins_once_and_not_after_its_last_day(home: Home) -> None:
    running(home)
    with Ledger.of(home) as ledger:
        for at in (NOW, AFTER):
            with pytest.raises(InputError, match=r"is running|is over"):
                start(home, ledger, NAME, at)


# Running


def test_before_the_start_and_after_the_end_everybody_sees_the_usual_look(home: Home) -> None:
    registered(home)
    assert set(looks(home)) == {"closed"}
    with Ledger.of(home) as ledger:
        start(home, ledger, NAME, NOW)
    assert set(looks(home)) == {"closed", "open"} and looks(home) == looks(home)
    assert set(looks(home, LAST_DAY)) == {"closed", "open"}
    assert set(looks(home, AFTER)) == {"closed"}


def test_a_no_takes_somebody_out_from_then_on(home: Home) -> None:
    running(home)
    who = next(m for m, look in zip(PEOPLE, looks(home), strict=False) if look == "open")
    many(home, [who], NOW)
    with Ledger.of(home) as ledger:
        ledger.append([Choice(who.member_id, PURPOSE, "all", False, NOW)])
        assert look_of(home, ledger, who, PART, NOW + timedelta(minutes=1)) == "closed"
    many(home, [who], NOW + timedelta(minutes=1))
    assert report(home)["occasions"] == [0, 1]


def test_an_occasion_that_began_before_the_start_is_not_in_it(home: Home) -> None:
    registered(home)
    with Ledger.of(home) as ledger:
        begun = count(home, ledger, PEOPLE[0], Event.BRIEF_ASKED, NOW, {})
        start(home, ledger, NAME, NOW + timedelta(seconds=5))
        count(home, ledger, PEOPLE[0], Event.PERSON_OPENED, NOW + timedelta(seconds=9), begun)
    with store.opened(home.root) as db:
        assert db.execute("SELECT count(*) FROM trial").fetchone() == (0,)


def test_while_it_runs_only_tens_of_occasions_are_told(home: Home) -> None:
    running(home)
    many(home, PEOPLE[:57], NOW)
    for at in (NOW, LAST_DAY):
        found = report(home, at=at)
        assert found["stands"] == "running" and found["result"] is None
        assert all(n % 10 == 0 for n in found["occasions"]) and sum(found["occasions"]) in (40, 50)


def test_stopped_early_nobody_ever_sees_what_was_counted(home: Home) -> None:
    running(home)
    many(home, PEOPLE[:20], NOW)
    with Ledger.of(home) as ledger:
        stop(home, ledger, NAME, NOW)
        for again in (stop, start):
            with pytest.raises(InputError, match="is stopped"):
                again(home, ledger, NAME, NOW)
    assert set(looks(home)) == {"closed"}
    with store.opened(home.root) as db:
        assert db.execute(
            "SELECT (SELECT count(*) FROM trial) + (SELECT count(*) FROM salt)"
        ).fetchone() == (0,)
    assert report(home)["result"] is None and report(home)["stands"] == "stopped"


# Over


def test_an_effect_that_is_there_is_told_when_the_last_day_is_over(home: Home) -> None:
    running(home)
    with store.opened(home.root) as db:
        (salt,) = db.execute("SELECT salt FROM salt").fetchone()
    other = [m for m in PEOPLE if assigned(salt, m)[0] == OTHER]
    usual = [m for m in PEOPLE if m not in other]
    for group, share in ((usual, 0.3), (other, 0.7)):
        answered = int(share * len(group))
        many(home, group[:answered], NOW)
        many(home, group[answered:], NOW, None)
    found = report(home)
    assert found["stands"] == "over" and found["occasions"] == [len(usual), len(other)]
    result = found["result"]
    assert result["found"] and result["fewer_than_planned"]
    assert abs(result["usual"]["value"] - 0.3) < 0.01 and abs(result["other"]["value"] - 0.7) < 0.01
    assert result["difference"]["low"] < 0.4 < result["difference"]["high"]


def test_seconds_are_compared_by_their_mean(home: Home) -> None:
    running(home, SECONDS)
    with store.opened(home.root) as db:
        (salt,) = db.execute("SELECT salt FROM salt").fetchone()
    for place, who in enumerate(PEOPLE):
        many(home, [who], NOW, 60 + place % 7 - 20 * assigned(salt, who)[0])
    result = report(home, "open-criteria-time")["result"]
    assert result["found"] and abs(result["difference"]["value"] + 20) < 1


def test_with_too_few_people_nothing_is_compared(home: Home) -> None:
    running(home)
    many(home, PEOPLE[:15], NOW)
    found = report(home)["result"]
    assert found["compared"] is False and max(found["groups"]) < 20


@pytest.mark.parametrize("look", ["count", "report", "status"])
def test_after_the_last_day_the_key_is_gone_with_whatever_comes_first(
    home: Home, look: str
) -> None:
    running(home)
    with store.opened(home.root) as db:
        (salt,) = db.execute("SELECT salt FROM salt").fetchone()
    assert salt in store.path_of(home.root).read_bytes()
    if look == "count":
        many(home, PEOPLE[:1], AFTER)
    elif look == "report":
        report(home)
    else:
        with Ledger.of(home, read_only=True) as ledger:
            told(home, ledger, AFTER)
    assert salt not in store.path_of(home.root).read_bytes()


def test_no_id_is_in_any_file_of_an_experiment(home: Home) -> None:
    running(home)
    many(home, PEOPLE, NOW)
    report(home)
    files = [store.path_of(home.root), *(p for p in home.experiments.rglob("*") if p.is_file())]
    assert len(files) == 3
    for file in files:
        data = file.read_bytes()
        assert b"somebody" not in data.replace(b"finds somebody", b"")
        assert not any(m.member_id.encode() in data for m in PEOPLE)


def test_whoever_came_first_changes_nothing(home: Home, made: Home, tmp_path: Path) -> None:
    running(home)
    again = Home(Path(shutil.copytree(home.root, tmp_path / "again")))
    many(home, PEOPLE[:100], NOW)
    many(again, PEOPLE[:100][::-1], NOW)
    with store.opened(home.root) as one, store.opened(again.root) as two:
        for table in ("tally", "trial"):
            query = f"SELECT * FROM {table}"
            assert one.execute(query).fetchall() == two.execute(query).fetchall()


def test_a_ledger_that_cannot_be_written_registers_nothing(home: Home) -> None:
    with Ledger.of(home, read_only=True) as ledger, pytest.raises(VanneError):
        register(home, ledger, SHARE, "plan.toml", BEFORE)
    assert not home.experiments.exists()
