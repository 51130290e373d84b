"""Another environment: refused silently never, accepted on request, and named for ever after."""

from dataclasses import replace

import pytest

from tests.train.tiny import SALT, document, documents, save_tiny_model, train, without
from vanne.errors import RefusedError
from vanne.forget.certificate import claim
from vanne.train.environment import differences, environment_digest
from vanne.train.model import current
from vanne.train.shards import slot


@pytest.fixture
def elsewhere(monkeypatch):
    """Change the processor, as far as a program can tell."""

    def move(name="AVX2"):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", name)

    return move


def test_accepting_trains_here_just_what_the_leaver_touched(tiny, tmp_path, elsewhere):
    rows = documents(12, 1)
    before = train(rows, tmp_path, tiny)
    alone = train(without(rows, 3), tmp_path / "alone", tiny)
    elsewhere()
    after = train(without(rows, 3), tmp_path, tiny, accept=before.environments)
    shard, part = slot("member-3", SALT, tiny)
    assert after.shards[1 - shard] == before.shards[1 - shard]
    assert after.shards[shard][:part] == before.shards[shard][:part]
    anew = after.shards[shard][part:]
    assert [note.environment["ONEDNN_MAX_CPU_ISA"] for note in anew if note.documents] == [
        "AVX2" for note in anew if note.documents
    ]
    assert after.run.tokens == sum(note.tokens for note in anew)
    assert {note.key for note in anew}.isdisjoint(alone.keys)
    assert after.environment == before.environment


def test_mix_says_so_in_lineage_and_claim(tiny, tmp_path, elsewhere):
    rows = documents(12, 1)
    before = train(rows, tmp_path, tiny)
    assert "have the same bits" in claim(before)
    elsewhere()
    after = train(without(rows, 3), tmp_path, tiny, accept=before.environments)
    again = current(tmp_path)
    assert again.version == after.version != before.version
    assert [place["ONEDNN_MAX_CPU_ISA"] for place in again.environments] == ["", "AVX2"]
    assert "the same bits are not claimed" in claim(again)
    assert "from 2 environments" in claim(again)
    assert differences(*again.environments) == ["ONEDNN_MAX_CPU_ISA: not set there, AVX2 here"]


def test_accepting_again_finds_everything(tiny, tmp_path, elsewhere):
    rows = documents(12, 1)
    first = train(rows, tmp_path, tiny)
    elsewhere()
    second = train(without(rows, 3), tmp_path, tiny, accept=first.environments)
    third = train(without(rows, 3), tmp_path, tiny, accept=second.environments)
    assert third.run.tokens == 0
    assert third.version == second.version


def test_third_environment_keeps_what_the_first_two_made(tiny, tmp_path, elsewhere):
    rows = documents(12, 1)
    first = train(rows, tmp_path, tiny)
    elsewhere("AVX2")
    second = train(without(rows, 3), tmp_path, tiny, accept=first.environments)
    elsewhere("AVX512_CORE")
    third = train(without(rows, 3, 5), tmp_path, tiny, accept=second.environments)
    touched = slot("member-5", SALT, tiny)
    for shard, notes in third.shards.items():
        kept = tiny.slices if shard != touched[0] else touched[1]
        assert notes[:kept] == second.shards[shard][:kept]
    assert third.run.tokens < third.tokens_total
    assert len({environment_digest(place) for place in third.environments}) >= 2


def test_back_on_the_first_machine_the_mix_is_not_taken_for_its_own(tiny, tmp_path, elsewhere):
    rows = documents(12, 1)
    left = without(rows, 3)
    before = train(rows, tmp_path, tiny)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
        mixed = train(left, tmp_path, tiny, accept=before.environments)
    strict = train(left, tmp_path, tiny)
    assert strict.environments == (before.environment,)
    assert strict.run.tokens == mixed.run.tokens > 0
    assert strict.digests == train(left, tmp_path / "anew", tiny).digests


def test_damaged_checkpoint_from_elsewhere_is_trained_here_with_all_that_follows(
    tiny, tmp_path, elsewhere
):
    rows = documents(12, 1)
    before = train(rows, tmp_path, tiny)
    path = tmp_path / "checkpoints" / f"{before.shards[0][0].key}.safetensors"
    path.write_bytes(b"damaged")
    elsewhere()
    after = train(rows, tmp_path, tiny, accept=before.environments)
    assert all(note.environment for note in after.shards[0])
    assert after.shards[1] == before.shards[1]


def test_another_base_model_is_never_accepted(tiny, tmp_path):
    before = train(documents(2), tmp_path / "store", tiny)
    other = replace(tiny, base=str(save_tiny_model(tmp_path / "base", seed=8)))
    with pytest.raises(RefusedError, match="base model is another one"):
        train(documents(2), tmp_path / "store", other, accept=before.environments)


def test_other_settings_cannot_keep_what_was_trained_elsewhere(tiny, tmp_path, elsewhere):
    before = train(documents(2), tmp_path, tiny)
    elsewhere()
    with pytest.raises(RefusedError, match="settings or ground are not those of the model"):
        train(documents(2), tmp_path, replace(tiny, rank=3), accept=before.environments)
    assert current(tmp_path) == before


def test_accepting_where_nothing_differs_changes_nothing(tiny, tmp_path):
    rows = [document(0), document(1)]
    before = train(rows, tmp_path, tiny)
    after = train(rows, tmp_path, tiny, accept=before.environments)
    assert after.version == before.version
    assert after.run.tokens == 0
