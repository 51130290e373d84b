"""`vanne train` as an operator types it: a file of settings, a plan, a training, its curves."""

import json
import shutil
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.forked import Started
from tests.members import replace_members
from vanne.cli import cli
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import Item, Member
from vanne.train.ensemble import base_loss, load_ensemble
from vanne.train.model import current
from vanne.train.private import epsilon_of
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore
from vanne.train.tokens import write_ground

MADE = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, tiny: TrainingSettings) -> Home:
    """A network of twelve members whose model is a tiny one, with its settings in train.toml."""
    home = Home(tmp_path / "home")
    people = [f"member-{n}" for n in range(12)]
    items = [Item(f"i-{who}", who, "post", created_at=MADE, text=f"{who} weaves") for who in people]
    write_items(items, home.items / "items.parquet")
    write_members([Member(who, "CH", date(1990, 1, 1)) for who in people], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    write_ground(home.ground, ["wanted: a weaver", "wanted: a miller"])
    values = {name: value for name, value in tiny.as_dict().items() if value is not None}
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items()]
    home.training.write_text("".join(lines))
    assert run(home, "corpus", "build").exit_code == 0
    return home


def run(home: Home, *arguments: str):
    return CliRunner().invoke(cli, [*arguments, "--home", str(home.root)], catch_exceptions=True)


def error(result) -> str:
    assert result.exit_code != 0
    return f"{result.exception}"


def test_file_in_the_home_says_how_it_is_trained_and_options_go_over_it(home, tiny):
    assert run(home, "train").exit_code == 0
    assert current(home.model).settings == tiny
    done = run(home, "train", "--shards", "1", "--seed", "5")
    assert "seed 0 -> 5" in done.stderr
    assert "a new one is trained from the beginning" in done.stderr
    model = current(home.model)
    assert (model.settings.shards, model.settings.seed, model.settings.rank) == (1, 5, tiny.rank)


def test_named_file_is_read_instead_of_that_of_the_home(home, tmp_path, tiny):
    (tmp_path / "other.toml").write_text(home.training.read_text().replace("rank = 2", "rank = 3"))
    assert run(home, "train", "--config", str(tmp_path / "other.toml")).exit_code == 0
    assert current(home.model).settings.rank == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shard = 4", "unknown training setting `shard`: did you mean `shards`?"),
        ("shards = 0", "`shards` should be greater than or equal to 1: `0`"),
        ("seed = 1\nshards = x", "not valid TOML: Invalid value (at line 2"),
        ('size = "smal"', "unknown training size `smal`: did you mean `small`?"),
        ('device = "gpu"', "`device` should be 'auto', 'cpu' or 'cuda': `'gpu'`"),
        ("[train]\nshards = 4", "no table `[train]`: write the settings at the top of the file"),
        ("seed = \ud800".encode("utf-8", "surrogatepass"), "not UTF-8 at byte 7"),
    ],
)
def test_wrong_file_is_named_with_its_key_and_trains_nothing(home, text, says):
    home.training.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = error(run(home, "train"))
    assert f"{home.training}: " in said
    assert says in said
    assert "\n" not in said
    assert not home.model.exists()


def test_file_that_is_not_there_is_named(home):
    assert "no such file: `nowhere.toml`" in error(run(home, "train", "--config", "nowhere.toml"))


def test_plan_says_what_a_training_then_does_and_publishes_nothing(home):
    done = run(home, "train", "--dry-run", "--json")
    plan = json.loads(done.stdout)
    assert not home.model.joinpath("CURRENT").exists()
    assert plan["rate"]["source"] == "measured steps"
    assert plan["seconds_expected"] > 0
    trained = json.loads(run(home, "train", "--json").stdout)
    model = current(home.model)
    ground = model.ground.tokens
    assert plan["tokens_to_train"] == trained["tokens_trained"] + ground
    assert plan["ground_tokens"] == ground
    assert [s["documents"] for s in plan["shards"]] == [
        sum(note.documents for note in notes) for notes in model.shards.values()
    ]
    files = [f.read_bytes() for f in (home.model / "checkpoints").glob("*.safetensors")]
    assert plan["checkpoints_to_write"] == len(files)
    headers = sum(8 + int.from_bytes(data[:8], "little") for data in files)  # large beside so few
    assert sum(map(len, files)) - headers == pytest.approx(plan["bytes_to_write"], rel=0.01)


def test_plan_proposes_the_fewest_shards_whose_nights_fit(home):
    planned = json.loads(run(home, "train", "--dry-run", "--json", "--leavers-a-day", "5").stdout)
    assert planned["leavers_a_day"] == 5
    assert planned["sizing"]["shards"] == 1, "everything is trained in less than a night"
    said = run(home, "train", "--dry-run", "--leavers-a-day", "5").stdout
    assert "5 opt-outs a day: with 1 shard a bad night trains for 0.0 h, with 2 as set for" in said
    assert run(home, "train", "--leavers-a-day", "5").exit_code == 2
    assert json.loads(run(home, "train", "--dry-run", "--json").stdout)["leavers_a_day"] == 0
    run(home, "choose", "member-1", "off")
    planned = json.loads(run(home, "train", "--dry-run", "--json").stdout)
    assert (planned["leavers_a_day"], planned["before_start"]) == (1, None)
    many = ("--leavers-a-day", "5", "--members", "1000000000")
    sizing = json.loads(run(home, "train", "--dry-run", "--json", *many).stdout)["sizing"]
    assert sizing["shards"] > 1 and sizing["full_hours"] > 3


def test_plan_says_who_left_before_what_a_notice_allows_was_used(home):
    waiting = "[purposes.generative-ai-training.waiting]\nannounced = {}\ndays = 30\n"
    today = datetime.now(UTC).date()
    text = home.policy.read_text()
    run(home, "choose", "member-1", "off")
    home.policy.write_text(f"{text}\n{waiting.format(today)}")
    period = json.loads(run(home, "train", "--dry-run", "--json").stdout)["before_start"]
    assert (period["opt_outs"], period["since"][:10]) == (1, str(today))
    said = run(home, "train", "--dry-run").stdout
    assert "1 opt-out in the 30 days from the notice until what it allows is used" in said
    home.policy.write_text(f"{text}\n{waiting.format(today - timedelta(days=31))}")
    period = json.loads(run(home, "train", "--dry-run", "--json").stdout)["before_start"]
    assert period["opt_outs"] == 0, "member-1 left after the period"


def test_plan_of_what_is_trained_has_nothing_to_do_and_of_other_seeds_knows_the_speed(home):
    assert run(home, "train").exit_code == 0
    done = run(home, "train", "--dry-run")
    assert "to write: 0 checkpoints" in done.stdout
    assert "2 shards make fewer than about 20 optimizer steps" in done.stderr
    other = json.loads(run(home, "train", "--dry-run", "--json", "--seed", "1").stdout)
    assert other["rate"]["source"] == "earlier training"


def test_speed_of_another_machine_is_not_expected_of_this_one(home, monkeypatch):
    assert run(home, "train").exit_code == 0
    model = current(home.model)
    ModelStore(home.model).checkpoint(model.shards[0][-1].key).unlink()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    accepted = run(home, "train", "--dry-run", "--json", "--accept-environment")
    assert json.loads(accepted.stdout)["rate"]["source"] == "measured steps"


def test_second_training_says_what_it_found(home):
    assert "0 found" in run(home, "train").stderr
    assert ", 0 to train; 0 tokens" in run(home, "train").stderr


KILLED_SLOWLY = """
import sys, time
from vanne.train import fit, loop
fit.SECONDS = 0.0
taken = loop.summed_loss
def slow(*arguments, **named):
    time.sleep(0.2)
    return taken(*arguments, **named)
loop.summed_loss = slow
from vanne.cli import main
sys.argv = ["vanne", *sys.argv[1:]]
main()
"""


def test_second_trainer_is_refused_and_a_killed_one_is_resumed_to_the_same_bits(home):
    process = Started(KILLED_SLOWLY, "train", "--home", home.root)
    try:
        until = time.monotonic() + 300
        while not list(home.model.glob("checkpoints/*.snapshot.safetensors")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        for refused in ("train", "forget"):
            assert "another `vanne train` or `vanne forget` of" in error(run(home, refused))
    finally:
        process.kill()
        process.wait(60)
    assert run(home, "train").exit_code == 0
    resumed = current(home.model)
    assert not list(home.model.glob("checkpoints/*.snapshot.safetensors"))
    for folder in ("checkpoints", "models"):
        shutil.rmtree(home.model / folder)
    home.model.joinpath("CURRENT").unlink()
    assert run(home, "train").exit_code == 0
    assert current(home.model).digests == resumed.digests


def test_empty_corpus_is_refused_with_what_to_do(home):
    replace_members([Member(f"member-{n}", "CH", date(2015, 1, 1)) for n in range(12)], home)
    assert run(home, "corpus", "build").exit_code == 0
    assert "there is nothing to train on: the corpus holds no document" in error(run(home, "train"))
    assert not home.model.exists()


def test_other_processor_is_said_and_everything_trained_again_unless_it_is_accepted(
    home, monkeypatch
):
    run(home, "train")
    first = current(home.model)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    kept = run(home, "train", "--accept-environment")
    assert "0 to train" in kept.stderr
    assert "is kept: ONEDNN_MAX_CPU_ISA: not set there, AVX2 here" in kept.stderr
    assert current(home.model).version == first.version
    anew = run(home, "train", "--json")
    assert "is not used: ONEDNN_MAX_CPU_ISA: not set there, AVX2 here" in anew.stderr
    told = json.loads(anew.stdout)
    assert told["tokens_trained"] == told["tokens_total"] > 0
    assert [place["ONEDNN_MAX_CPU_ISA"] for place in told["environments"]] == ["AVX2"]


def test_a_job_trains_its_shard_and_the_last_command_publishes_and_measures(home, tmp_path):
    for shard in "01":
        done = run(home, "train", "--only", shard)
        assert "`vanne train` publishes the model" in done.stdout
    assert not (home.model / "CURRENT").exists()
    (tmp_path / "unseen.jsonl").write_text('"somebody else wrote about wool"\n"and tin"\n')
    told = json.loads(run(home, "train", "--json", "--eval", str(tmp_path / "unseen.jsonl")).stdout)
    assert told["tokens_trained"] == 0 < told["tokens_total"]
    model, texts = current(home.model), ["somebody else wrote about wool", "and tin"]
    assert told["losses"] == {
        "model": round(load_ensemble(home.model, model).loss(texts), 4),
        "base": round(base_loss(model.settings, texts), 4),
    }
    assert told["losses"]["model"] != told["losses"]["base"]
    assert run(home, "train", "--only", "2").exit_code != 0, "there are two shards"


def test_documents_that_are_cut_are_counted(home):
    lines = home.training.read_text().replace("max_tokens = 48", "max_tokens = 15")
    home.training.write_text(lines)
    assert "12 of 12 documents longer than 15 tokens and cut" in run(home, "train").stdout


def test_private_training_keeps_the_epsilon_that_was_asked_for(home):
    assert run(home, "train", "--epsilon", "8", "--delta", "0.001").exit_code == 0
    settings = current(home.model).settings
    assert (settings.delta, 7.9 < epsilon_of(settings) <= 8) == (0.001, True)
