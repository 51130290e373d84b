"""One dial for size, where it is trained, and what is told of it."""

from dataclasses import fields

import pytest

from vanne.errors import ConfigError, MissingError
from vanne.train.environment import device_of
from vanne.train.loop import STRIDE, losses_of
from vanne.train.settings import SIZES, TrainingSettings


def test_nothing_said_is_the_size_small():
    assert TrainingSettings() == TrainingSettings.of({}) == TrainingSettings.of({"size": "small"})


@pytest.mark.parametrize("size", SIZES)
def test_digest_knows_the_numbers_and_not_the_name_of_the_size(size):
    named, numbers = TrainingSettings.of({"size": size}), TrainingSettings(**SIZES[size])
    assert named.digest() == numbers.digest()
    assert "size" not in named.as_dict()


def test_each_size_is_larger_than_the_one_before_and_all_of_it_can_be_set_over():
    sizes = [TrainingSettings.of({"size": size}) for size in SIZES]
    for name in ("layers", "rank", "epochs", "max_tokens"):
        values = [getattr(size, name) for size in sizes]
        assert values == sorted(set(values))
    for field in fields(TrainingSettings):
        if field.type is int:
            assert getattr(TrainingSettings.of({"size": "large", field.name: 7}), field.name) == 7


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
