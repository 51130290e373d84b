"""The audit finds memory where there is some, in the adapter that has it, and none where there is none."""

import json
from dataclasses import replace

import pytest

from tests.audit.conftest import Trained, members, records, train
from vanne.errors import VerificationError
from vanne_audit.people import Standing


def rows(found, part, **wanted):
    return [row for row in found[part] if wanted.items() <= row.items()]


def test_what_was_learnt_by_heart_is_found(found):
    assert found["verdict"]["in"]["remembered"] is True
    (all_shards,) = rows(found, "exposure", view="all shards", standing="in")
    assert all_shards["found"] is True
    assert all_shards["bits"] > all_shards["bits_never_trained"] + 1.5
    apart = rows(found, "membership", who="members", view="all shards", standing="in")
    assert any(row["found"] and row["difference"]["low"] > 0 for row in apart)


def test_what_was_never_planted_is_not_found(found):
    assert found["verdict"]["never"] == {"questions": 4, "found": 0, "remembered": False}
    assert found["verdict"]["forgotten"]["remembered"] is None


def test_merging_hides_what_the_shards_own_adapters_show(found):
    own, merged = (
        rows(found, "exposure", view=view, standing="in")[0] for view in ("all shards", "merged")
    )
    assert own["bits"] > merged["bits"]
    assert own["p"] < merged["p"]


def test_model_that_never_saw_them_remembers_nobody(crammed: Trained, tmp_path):
    settings = replace(crammed.model.settings, epochs=0)
    blank = replace(crammed, store=tmp_path, model=train(tmp_path, crammed.documents, settings))
    found = blank.audited()
    assert found["verdict"]["in"]["remembered"] is False
    apart = rows(found, "membership", who="members", view="all shards")
    assert all(row["difference"]["value"] == 0 for row in apart)


def test_forgotten_canaries_are_as_if_they_had_never_been_in(crammed: Trained, tmp_path):
    leaving = [c.id for c in crammed.canaries if c.planted][::2]
    canaries = [replace(c, held_by="v") if c.id in leaving else c for c in crammed.canaries]
    staying = [document for document in crammed.documents if document.owner not in leaving]
    model = train(tmp_path, staying, crammed.model.settings)
    found = Trained(tmp_path, model, staying, canaries).audited()
    standings = [row["standing"] for row in found["canaries"]]
    assert {s: standings.count(s) for s in Standing} == {"in": 4, "forgotten": 4, "never": 8}
    assert found["verdict"]["forgotten"]["remembered"] is False
    assert found["verdict"]["in"]["remembered"] is True


def test_the_same_audit_gives_the_same_figures_and_names_nobody(crammed: Trained, found):
    again = crammed.audited()
    assert {**again, "seconds": 0} == {**found, "seconds": 0}
    said = json.dumps(found)
    for canary in crammed.canaries:
        assert canary.id not in said and canary.secret not in said
    assert all(row.owner not in said.split('"') and row.text not in said for row in members())


def test_too_few_people_give_no_figure(found):
    few = rows(found, "membership", too_few=True)
    assert {row["who"] for row in few} == {"members", "canaries"}
    assert all("p" not in row and min(row["people"], row["others"]) < 8 for row in few)


def test_damaged_adapter_is_refused(crammed: Trained, tmp_path):
    store = tmp_path / "store"
    model = train(
        store,
        [*members(2), *records(crammed.canaries[:1])],
        replace(crammed.model.settings, epochs=1),
    )
    path = store / "checkpoints" / f"{model.shards[0][-1].key}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(VerificationError, match="does not have the digest"):
        Trained(store, model, members(2), []).audited()
