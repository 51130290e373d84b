"""The year that is computed is the one that `vanne forget` does, and the one of the closed form."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.year.simulate import ModelState, Network, Schedule, simulate

from tests.benchmarks.test_training import run
from tests.forget.test_forget import NOON
from tests.train.tiny import GROUND, SALT, documents, tiny_settings, train, without
from vanne.forget import ForgetRequest
from vanne.forget.forgetting import at_once, retrain
from vanne.train.base import find_base
from vanne.train.model import current
from vanne.train.shards import slot
from vanne.train.sizing import share_that_serves
from vanne.train.tokens import BaseTokenizer

ALIKE = Network(np.ones(20_000), others=0.0, share_of_others=0.0)


def test_share_that_serves_is_that_of_the_closed_form():
    never = Schedule("never", 1.0, at_once=True, due_days=99)
    days = np.full(5, 40)
    ends = [
        simulate(ALIKE, 64, 4, days, never, np.random.default_rng(seed)).serves[-1]
        for seed in range(60)
    ]
    assert np.mean(ends) == pytest.approx(share_that_serves(5 * 40 / 64, 4), rel=0.03)


def test_a_swap_whose_night_is_long_enough_serves_everything_at_every_hour():
    days = np.full(10, 40)
    year = simulate(ALIKE, 64, 4, days, Schedule("swap", 4.0), np.random.default_rng(0))
    assert min(year.serves) == 1.0
    assert max(year.waits) <= 24
    assert sum(year.leavers) + 30 > days.sum() >= sum(year.leavers)


def test_ten_leavers_cost_and_leave_what_forgetting_really_does(tmp_path: Path, tiny):
    settings = tiny_settings(Path(tiny.base), shards=3, slices=3)
    rows = documents(24)
    train(rows, tmp_path, settings)
    (tmp_path / "salt").write_bytes(SALT)
    model = current(tmp_path)
    slots = np.zeros((3, 3))
    tokens, sizes = BaseTokenizer(find_base(settings), settings.max_tokens), {}
    for number in range(24):
        own = tokens.encode([row.text for row in rows[2 * number : 2 * number + 2]])
        sizes[number] = sum(map(len, own))
        slots[slot(f"member-{number}", SALT, settings)] += sizes[number]
    assert slots.sum() == model.tokens_total
    state, left = ModelState(slots), list[int]()
    for number in range(0, 20, 2):
        left.append(number)
        shard, part = slot(f"member-{number}", SALT, settings)
        state.lose(np.array([shard]), np.array([part]), np.array([float(sizes[number])]))
        state.go_back()
        corpus = f"c{number + 2}"
        request = ForgetRequest(current(tmp_path).corpus_version, corpus, lambda: NOON, ("asked",))
        at_once(without(rows, *left), tmp_path, request)
        serves = current(tmp_path).tokens_total / (model.tokens_total - sum(map(sizes.get, left)))
        assert serves == pytest.approx(state.serves())
        if number % 4 == 0:
            retrain(without(rows, *left), tmp_path, request, ground=GROUND)
            assert current(tmp_path).run.tokens == state.train(float(model.tokens_total))
            assert state.serves() == 1.0


def test_the_page_says_where_the_proposal_is_kept(tmp_path: Path):
    found = run("year", tmp_path, "--items", "20k", "--sizes", "1k", "--days", 20)
    assert [row["keeps"] for row in found["defaults"]] == [True, True, True]
    assert (tmp_path / "bench-year.svg").read_text().count("<svg") == 1
