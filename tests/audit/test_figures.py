"""The figures: what they are of known cases, and that they rarely cry wolf."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train.tiny import SALT
from vanne.corpus.document import Document
from vanne.errors import InputError, VerificationError
from vanne.train.settings import Settings
from vanne.train.shards import slot
from vanne_audit.canaries import SPACE, invent, read_canaries, write_canaries
from vanne_audit.chance import combined, holm, least, sign_test
from vanne_audit.exposure import exposure, fitted_bits
from vanne_audit.extraction import Attempt
from vanne_audit.looks import GROUND, MERGED
from vanne_audit.membership import Crowd, membership
from vanne_audit.people import Person, Sample, Standing, read_texts

SETTINGS = Settings(shards=4, slices=2)


def crowd(rng, advantage=0.0, each=15, outside=0):
    """People of four shards; in their own adapter they score higher by `advantage`."""
    shards = np.repeat(np.arange(4), each)
    people = [Person(Standing.IN, int(s), 0, ("x",)) for s in shards]
    people += [Person(Standing.NEVER, n % 4, 0, ("x",)) for n in range(outside)]
    nature = rng.normal(size=(len(people), 5))  # what they write differs
    scores = {}
    for look in (0, 1, 2, 3, MERGED, GROUND):
        noise = rng.normal(scale=0.3, size=nature.shape)
        own = np.array([p.shard == look and p.standing == Standing.IN for p in people])
        scores[look] = nature + noise + advantage * own[:, None]
    return Crowd(people, scores)


def test_advantage_in_ones_own_adapter_is_measured_and_nowhere_else():
    found = membership(crowd(np.random.default_rng(0), 1.5), Standing.IN, 300, 0)
    whole = next(row for row in found if row["view"] == "all shards")
    # Two normals with standard deviation sqrt(1.09), one 1.5 higher: P(one > other) = 0.845.
    assert whole["auc"]["value"] == pytest.approx(0.845, abs=0.06)
    assert whole["never_trained"]["value"] == pytest.approx(0.5, abs=0.02)
    assert whole["difference"]["low"] > 0.2 and whole["p"] < 1e-6
    assert [row["view"] for row in found if row.get("too_few")] == ["merged"]


def test_somebody_from_outside_lets_the_merged_model_be_asked():
    found = membership(crowd(np.random.default_rng(0), outside=20), Standing.IN, 50, 0)
    (row,) = [r for r in found if r["view"] == "merged" and r["attack"] == "loss"]
    assert (row["people"], row["others"]) == (60, 20)


def test_sign_test_of_thousands_of_pairs_is_a_number():
    assert 0 <= sign_test(1200, 0) < 1e-300
    assert sign_test(600, 600) == pytest.approx(0.5, abs=0.02)


def test_constant_score_is_no_advantage():
    same = crowd(np.random.default_rng(0))
    flat = Crowd(same.people, {look: np.ones_like(s) for look, s in same.scores.items()})
    found = [row for row in membership(flat, Standing.IN, 20, 0) if "auc" in row]
    assert {(row["auc"]["value"], row["p"]) for row in found} == {(0.5, 1.0)}


def test_without_memory_something_is_found_in_about_one_audit_of_twenty_or_fewer():
    alarms = 0
    for seed in range(60):
        found = membership(crowd(np.random.default_rng(seed)), Standing.IN, 200, seed)
        alarms += min(holm([row["p"] for row in found if "p" in row])) < 0.05
    assert alarms <= 7  # with 5 % each, 8 or more of 60 come in 1 of 100 runs


def test_rates_that_need_more_people_are_not_given():
    found = membership(crowd(np.random.default_rng(0), 1.5), Standing.IN, 50, 0)
    rates = found[0]["true_positive_rates"]
    assert [rate.get("needs_others") for rate in rates] == [1000, 100, None]
    assert rates[2]["here"]["value"] > rates[2]["never_trained"]["value"]


def test_exposure_of_the_likeliest_and_of_the_least_likely():
    others = np.random.default_rng(0).normal(size=255)
    first, last = exposure(np.array([9.0, *others])), exposure(np.array([-9.0, *others]))
    assert (first["rank"], first["bits"], first["p"]) == (1, 8.0, 1 / 256)
    assert (last["bits"], last["p"]) == (0.0, 1.0)
    assert first["bits_fitted"] == pytest.approx(math.log2(SPACE), abs=0.1)
    tied = exposure(np.zeros(201))
    assert (tied["rank"], tied["p"]) == (101, 1.0)


@pytest.mark.parametrize("z", [-1.0, 0.0, 1.0, 2.0, 3.0])
def test_fit_to_a_normal_crowd_gives_the_normal_tail(z):
    others = np.random.default_rng(1).normal(size=20_000)
    assert fitted_bits(z, others) == pytest.approx(-math.log2(math.erfc(z / 2**0.5) / 2), rel=0.06)


def test_fit_to_a_skewed_crowd_is_nearer_than_a_normal_one():
    draw = np.random.default_rng(1)
    a, b = np.abs(draw.normal(size=(2, 200_000)))
    others = 0.9 * a + (1 - 0.81) ** 0.5 * np.sign(draw.normal(size=b.size)) * b  # skew-normal
    z = float(np.quantile(others, 0.999))
    assert fitted_bits(z, others) == pytest.approx(math.log2(1000), rel=0.03)


def test_secret_drawn_by_chance_has_p_values_that_are_even():
    draw = np.random.default_rng(2)
    p = np.array([exposure(draw.normal(size=100))["p"] for _ in range(2000)])
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_distributions_of_chance():
    assert sign_test(0, 0) == sign_test(0, 5) == 1.0
    assert sign_test(3, 1) == 5 / 16
    assert combined([0.05]) == pytest.approx(0.05)
    assert combined([0.1, 0.1]) == pytest.approx(0.01 * (1 - math.log(0.01)))
    assert least(2, 2) == 1 / 6
    assert holm([0.02, 0.01, 0.9]) == [0.04, 0.03, 0.9]


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 99))
def test_canaries_are_in_every_shard_and_first_of_all_in_the_last_slice(planted, records, seed):
    found = invent(planted, 3, records, SETTINGS, SALT, seed)
    places = [slot(canary.id, SALT, SETTINGS) for canary in found if canary.planted]
    assert [shard for shard, _ in places[:4]] == [0, 1, 2, 3][: len(places)]
    assert {part for _, part in places[:4]} == {1}
    assert len({canary.id for canary in found}) == planted + 3
    for canary in found:
        assert len(set(canary.records)) == records
        assert all(text.endswith(f" {canary.secret}") for text in canary.records)


def test_canaries_without_a_seed_are_others_each_time():
    assert invent(1, 0, 1, SETTINGS, SALT, None) != invent(1, 0, 1, SETTINGS, SALT, None)


def test_file_of_canaries_is_private_and_a_damaged_one_is_refused(tmp_path):
    canaries = invent(2, 1, 2, SETTINGS, SALT, 0)
    write_canaries(tmp_path, canaries)
    path = tmp_path / "canaries.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_canaries(tmp_path) == canaries
    path.write_text(path.read_text().replace(canaries[0].secret, "none"))
    with pytest.raises(VerificationError, match="is damaged"):
        read_canaries(tmp_path)


def test_sample_is_the_same_in_any_order_and_bounded():
    documents = [
        Document(f"i{m}-{n}", f"m{m}", f"text {m} {n}", None, "post")
        for m in range(60)
        for n in range(6)
    ]
    held = {d.item_id: slot(d.owner, SALT, SETTINGS) for d in documents}
    sample = Sample(8, 3, SALT, SETTINGS)
    people = sample.members(documents, held, {"m0"})
    assert people == sample.members(documents[::-1], held, {"m0"})
    assert [person.shard for person in people] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {len(person.texts) for person in people} == {3}
    assert not any(
        "text 0 " in text
        for person in Sample(99, 9, SALT, SETTINGS).members(documents, held, {"m0"})
        for text in person.texts
    )


def test_continuation_counts_from_fifty_characters_in_a_row():
    rest = "".join(chr(97 + n * 7 % 26) for n in range(80))
    attempt = Attempt(Person(Standing.IN, 0, 0, ()), (1,), rest)
    assert attempt.succeeds("so " + rest[20:70])
    assert not attempt.succeeds("so " + rest[20:69] + " and more")


@pytest.mark.parametrize("line", ["{", "[]", '{"text": ""}', '{"owner": "a"}', '"x"'])
def test_line_that_holds_no_text_is_named_by_its_number(tmp_path, line):
    path = tmp_path / "never.jsonl"
    path.write_text('{"text": "secret words", "owner": "a"}\n\n' + line + "\n")
    with pytest.raises(InputError, match="line 3") as caught:
        list(read_texts(path))
    assert "secret" not in str(caught.value)


def test_secret_after_a_common_beginning_is_as_likely_as_in_the_whole_text(reader):
    import torch

    from vanne.train.base import find_base, load_base
    from vanne.train.tokens import Tokens
    from vanne_audit.scores import likelihoods, text_scores

    base = find_base(reader)
    causal, tokens = load_base(base), Tokens(base, 100)
    texts = [f"wool number is {n}" for n in (123456, 129876, 7, 999999)]
    with torch.inference_mode():
        ends = likelihoods(causal, tokens, texts)
        means = text_scores(causal, tokens, texts, lambda count: None)[:, 0]
    whole = means * [len(row) - 1 for row in tokens.encode(texts)]
    assert ends - ends[0] == pytest.approx(whole - whole[0], abs=0.2)  # bf16
    assert np.ptp(ends) > 1
