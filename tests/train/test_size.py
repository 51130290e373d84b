"""One dial for size, where it is trained, and what is told of it."""

from dataclasses import fields

import pytest

from vanne.errors import ConfigError, MissingError
from vanne.train.environment import device_of
from vanne.train.loop import STRIDE, losses_of
from vanne.train.settings import SHARDS, SIZES, TrainingSettings, rate_for, read_settings


def test_nothing_said_is_the_size_small():
    assert TrainingSettings() == TrainingSettings.of({}) == TrainingSettings.of({"size": "small"})


@pytest.mark.parametrize("size", SIZES)
def test_digest_knows_the_numbers_and_not_the_name_of_the_size(size):
    named, one = TrainingSettings.of({"size": size}), SIZES[size]["learning_rate"]
    rate = {"learning_rate": rate_for(one, SHARDS)}
    numbers = TrainingSettings(**SIZES[size] | rate)
    assert named.digest() == numbers.digest()
    assert "size" not in named.as_dict()


def test_each_size_is_larger_than_the_one_before_and_all_of_it_can_be_set_over():
    sizes = [TrainingSettings.of({"size": size}) for size in SIZES]
    for name in ("layers", "rank", "max_tokens"):
        values = [getattr(size, name) for size in sizes]
        assert values == sorted(set(values))
    for field in fields(TrainingSettings):
        if field.type is int:
            assert getattr(TrainingSettings.of({"size": "large", field.name: 7}), field.name) == 7


def test_a_rate_follows_the_shards_until_somebody_says_one():
    rates = [TrainingSettings.of({"shards": shards}).learning_rate for shards in (1, 4, 16, 256)]
    assert rates[0] < rates[1] < rates[2] == rates[3] == 3 * rates[0]
    assert TrainingSettings.of({"shards": 16, "learning_rate": 0.002}).learning_rate == 0.002


def test_a_model_keeps_its_settings_until_a_file_or_a_command_says_another(tmp_path):
    kept = TrainingSettings.of({"shards": 8, "epochs": 2, "learning_rate": 0.004})
    (tmp_path / "train.toml").write_text("rank = 4\nshards = 8\n")
    mine = read_settings(tmp_path / "train.toml", {}, kept)
    assert (mine.rank, mine.epochs, mine.learning_rate) == (4, 2, 0.004)
    other = read_settings(tmp_path / "train.toml", {"shards": 16}, kept)
    assert other == TrainingSettings.of({"rank": 4, "shards": 16}), "another number begins anew"


@pytest.mark.parametrize("size", [None, 3, [], {}, "Small", "huge"])
def test_size_that_does_not_exist_is_refused_with_those_that_do(size):
    with pytest.raises(ConfigError, match="unknown training size") as caught:
        TrainingSettings.of({"size": size})
    assert "`small`" in str(caught.value.todo)


def test_processor_adds_no_fact_so_that_older_homes_keep_their_keys():
    assert device_of(TrainingSettings(device="cpu")) == "cpu"
    assert TrainingSettings(device="cpu").digest() == TrainingSettings(device="cuda").digest()


def test_gpu_that_is_wanted_and_not_there_is_an_error():
    import torch

    if torch.cuda.is_available():
        assert device_of(TrainingSettings()) == "cuda"
        return
    assert device_of(TrainingSettings()) == "cpu"
    with pytest.raises(MissingError, match="no GPU"):
        device_of(TrainingSettings(device="cuda"))


def test_kept_loss_is_the_mean_over_the_tokens_of_some_steps():
    record = [(2.0 * n, n) for n in range(1, STRIDE + 1)] + [(9.0, 3)]
    assert losses_of(record) == (2.0, 3.0)
    assert losses_of([]) == ()
