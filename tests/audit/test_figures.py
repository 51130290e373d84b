"""The figures: what they are of known cases, and that they rarely cry wolf."""

import numpy as np
import pytest

from tests.train.tiny import SALT
from vanne.corpus import Document
from vanne.errors import InputError
from vanne.train.settings import TrainingSettings
from vanne.train.shards import slot
from vanne_audit.auditing import AuditSize, read_texts, sample
from vanne_audit.membership import (
    GROUND,
    MERGED,
    AuditedPerson,
    Crowd,
    ModelStanding,
    holm,
    membership,
)

SETTINGS = TrainingSettings(shards=4, slices=2)


def crowd(rng, advantage=0.0, each=15, outside=0):
    """People of four shards; in their own adapter they score higher by `advantage`."""
    shards = np.repeat(np.arange(4), each)
    people = [AuditedPerson(ModelStanding.IN, int(s), ("x",)) for s in shards]
    people += [AuditedPerson(ModelStanding.NEVER, n % 4, ("x",)) for n in range(outside)]
    nature = rng.normal(size=len(people))  # what they write differs
    scores = {}
    for look in (0, 1, 2, 3, MERGED, GROUND):
        noise = rng.normal(scale=0.3, size=nature.shape)
        own = np.array([p.shard == look and p.standing == ModelStanding.IN for p in people])
        scores[look] = nature + noise + advantage * own
    return Crowd(people, scores)


def test_advantage_in_ones_own_adapter_is_measured_and_nowhere_else():
    found = membership(crowd(np.random.default_rng(0), 1.5), ModelStanding.IN, 300, 0)
    whole = next(row for row in found if row["view"] == "all shards")
    # Two normals with standard deviation sqrt(1.09), one 1.5 higher: P(one > other) = 0.845.
    assert whole["auc"]["value"] == pytest.approx(0.845, abs=0.06)
    assert whole["never_trained"]["value"] == pytest.approx(0.5, abs=0.02)
    assert whole["difference"]["low"] > 0.2 and whole["p"] < 1e-6
    assert [row["view"] for row in found if row.get("too_few")] == ["merged"]


def test_somebody_from_outside_lets_the_merged_model_be_asked():
    found = membership(crowd(np.random.default_rng(0), outside=20), ModelStanding.IN, 50, 0)
    (row,) = [r for r in found if r["view"] == "merged"]
    assert (row["people"], row["others"]) == (60, 20)


def test_constant_score_is_no_advantage():
    same = crowd(np.random.default_rng(0))
    flat = Crowd(same.people, {look: np.ones_like(s) for look, s in same.scores.items()})
    found = [row for row in membership(flat, ModelStanding.IN, 20, 0) if "auc" in row]
    assert {(row["auc"]["value"], row["p"]) for row in found} == {(0.5, 1.0)}


def test_without_memory_something_is_found_in_about_one_audit_of_twenty_or_fewer():
    alarms = 0
    for seed in range(60):
        found = membership(crowd(np.random.default_rng(seed)), ModelStanding.IN, 200, seed)
        alarms += min(holm([row["p"] for row in found if "p" in row])) < 0.05
    assert alarms <= 7  # with 5 % each, 8 or more of 60 come in 1 of 100 runs


def test_sample_is_the_same_in_any_order_and_bounded():
    documents = [
        Document(f"i{m}-{n}", f"m{m}", f"text {m} {n}", None, "post")
        for m in range(60)
        for n in range(6)
    ]
    placed = [(d, slot(d.owner, SALT, SETTINGS)) for d in documents]
    people = sample(placed, ModelStanding.IN, AuditSize(8, 3), SALT, 4)
    assert people == sample(placed[::-1], ModelStanding.IN, AuditSize(8, 3), SALT, 4)
    assert [person.shard for person in people] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {len(person.texts) for person in people} == {3}


@pytest.mark.parametrize("line", ["{", "[]", '{"text": ""}', '{"owner": "a"}', '"x"'])
def test_line_that_holds_no_text_is_named_by_its_number(tmp_path, line):
    path = tmp_path / "never.jsonl"
    path.write_text('{"text": "secret words", "owner": "a"}\n\n' + line + "\n")
    with pytest.raises(InputError, match="line 3") as caught:
        list(read_texts(path))
    assert "secret" not in str(caught.value)
