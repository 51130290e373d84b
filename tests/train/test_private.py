"""With noise in the settings each member's part in a model is bounded, and forgetting stays exact."""

from dataclasses import replace

import pytest

from tests.table import every
from tests.train.tiny import SALT, documents, train, without
from vanne.errors import ConfigError
from vanne.forget.certificate import configuration
from vanne.inference.exporting import CardFacts, card
from vanne.train import adapter, loop, private
from vanne.train.base import find_base, load_base
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer


@pytest.fixture
def settings(tiny) -> TrainingSettings:
    return replace(tiny, noise=1.0, drawn=0.5)


# By Opacus 1.6 (`opacus.accountants.analysis.rdp`) at the same orders.
@pytest.mark.parametrize(
    ("noise", "drawn", "epochs", "slices", "delta", "epsilon"),
    [
        (1.0, 0.1, 1, 4, 1e-6, 5.02884),
        (0.8, 0.01, 1, 1, 1e-5, 2.31373),
        (1.1, 0.01, 60, 1, 1e-5, 4.26409),
        (4.0, 0.5, 2, 2, 1e-6, 1.85337),
    ],
)
def test_epsilon_is_what_opacus_says(noise, drawn, epochs, slices, delta, epsilon):
    values = {"noise": noise, "drawn": drawn, "epochs": epochs, "slices": slices, "delta": delta}
    assert private.epsilon_of(TrainingSettings(**values)) == pytest.approx(epsilon, abs=1e-5)


def test_epsilon_chooses_the_least_noise_that_keeps_it():
    made = TrainingSettings.of({"epsilon": 4, "delta": 1e-5})
    assert (
        private.epsilon_of(made) <= 4 < private.epsilon_of(replace(made, noise=made.noise - 0.001))
    )
    assert TrainingSettings.of(made.as_dict()) == made
    with pytest.raises(ConfigError, match="epsilon"):
        TrainingSettings.of({"epsilon": 0})


def test_what_is_not_private_keeps_the_names_of_its_checkpoints():
    assert TrainingSettings(delta=0.01).digest() == TrainingSettings().digest()
    assert TrainingSettings(noise=1.0).digest() != TrainingSettings().digest()


def test_who_leaves_was_never_there_to_the_bit(settings, tmp_path):
    rows = documents(8)
    before = train(rows, tmp_path / "a", settings)
    after = train(without(rows, 3), tmp_path / "a", settings, corpus_version="c2")
    never = train(without(rows, 3), tmp_path / "b", replace(settings, recompute=True))
    assert before.digests != after.digests == never.digests


def test_two_versions_share_no_noise_where_their_texts_differ(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(
        private, "draws", lambda *_: [[], []]
    )  # nobody: all that is learnt is noise
    rows = documents(8)
    before, after, other = (
        train(texts, tmp_path / str(salt[0]), settings, salt=salt).digests
        for texts, salt in ((rows, SALT), (without(rows, 3), SALT), (rows, bytes(32)))
    )
    assert len([shard for shard in before if before[shard] != after[shard]]) == 1
    assert not {*before.values()} & {*other.values()}


def test_no_loss_is_published_and_certificate_and_card_say_what_is_promised(settings, tmp_path):
    model = train(documents(6), tmp_path, settings)
    assert {note.losses for note in model.notes} == {()}
    promised = private.facts_of(settings)
    assert configuration(model)["privacy"] == promised
    about = {
        "form": "peft",
        "base": "",
        "settings": "",
        "environment": "",
        "at": "",
        "certificate": "",
    }
    said = card(model, about, CardFacts())
    assert "not differentially" not in said
    assert f"epsilon {promised['epsilon']:g} at delta 1e-06" in said


def test_member_who_wrote_much_moves_a_step_by_no_more_than_the_clip(settings):
    import torch

    base = find_base(settings)
    model = adapter.attach(load_base(base), settings)
    adapter.put(
        model, {k: torch.full_like(v, 0.1) for k, v in adapter.parameters_of(model).items()}
    )
    learnt = adapter.learning(model, ground=False)
    tokens = BaseTokenizer(base, settings.max_tokens)
    rows = [*documents(3), *documents(1, items=40)[2:]]
    examples = [
        replace(each, member=row.owner)
        for row, each in zip(
            sorted(rows, key=lambda r: r.item_id), tokens.examples(rows), strict=True
        )
    ]

    def summed(batch):
        sums = {each: torch.zeros_like(each) for each in learnt.values()}
        small = replace(settings, clip=1e-3)
        loop._add_clipped(model, batch, small, sums, "")
        return torch.cat([each.flatten() for each in sums.values()])

    without_one = summed([each for each in examples if each.member != "member-0"])
    moved = float((summed(examples) - without_one).norm())
    assert moved == pytest.approx(1e-3, rel=1e-3)


def test_noise_is_normal_and_no_two_of_it_are_alike():
    import torch

    drawn = [
        private.gaussian(*what, (100, 100))
        for what in (("a", 1, "x"), ("a", 2, "x"), ("b", 1, "x"))
    ]
    for number, each in enumerate(drawn):
        assert float(each.mean()) == pytest.approx(0, abs=0.05)
        assert float(each.std()) == pytest.approx(1, abs=0.05)
        for other in drawn[:number]:
            assert (
                abs(float(torch.corrcoef(torch.stack([each.flatten(), other.flatten()]))[0, 1]))
                < 0.05
            )


@every(("noise", "clip"), [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (1.5, 2.0), (1.5, 0.5)])
def test_the_noise_is_as_large_as_epsilon_counts_on_for_any_clip(settings, noise, clip):
    import torch

    where = torch.zeros(100, 100)
    made = private.noise_on({"x": where}, replace(settings, noise=noise, clip=clip), "a", 1)
    assert float(made[where].std()) == pytest.approx(noise * clip, rel=0.05)


def test_each_member_is_drawn_as_often_as_said_and_no_text_without_the_others(settings):
    from vanne.train.tokens import Example

    rows = [Example(f"i{n}", (1, 2), member=f"m{n // 2}") for n in range(400)]
    few = replace(settings, drawn=0.25, epochs=50)
    steps = private.draws(rows, few)
    assert len(steps) == 200
    assert sum(map(len, steps)) / (200 * 400) == pytest.approx(0.25, abs=0.01)
    for batch in steps:
        assert all(len(texts) == 2 for texts in private.by_member(batch))
