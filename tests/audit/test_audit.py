"""The audit finds memory where there is some, in the adapter that has it, and none where there is none."""

import json
from dataclasses import replace

import pytest

from tests.audit.conftest import SIZE, Trained, members, records, train
from tests.train.tiny import SALT
from vanne.errors import VerificationError
from vanne.train.model import items_in
from vanne_audit.auditing import audit, is_told_apart, numbers_of, sentences
from vanne_audit.membership import ModelStanding


def rows(found, **wanted):
    return [row for row in found["membership"] if wanted.items() <= row.items()]


def test_what_was_learnt_by_heart_is_found_and_its_own_adapter_shows_it_best(found):
    assert found["verdict"]["in"]["remembered"] is True
    for who in ("members", "canaries"):
        (apart,) = rows(found, who=who, view="all shards", standing="in")
        assert apart["found"] and apart["difference"]["low"] > 0
    own, merged = (rows(found, who="canaries", view=v)[0] for v in ("all shards", "merged"))
    assert own["auc"]["value"] >= merged["auc"]["value"]
    assert found["verdict"]["forgotten"]["remembered"] is None


def test_numbers_that_members_wrote_are_found_where_nobody_planted_a_question(found):
    own, merged = found["numbers"]
    assert (own["view"], merged["view"], own["people"]) == ("all shards", "merged", 16)
    assert own["found"] and own["auc"]["value"] > 0.7 > own["never_trained"]["value"]
    assert "p_corrected" in merged  # nobody from outside is needed to ask it
    assert any("numbers that 16 people who are in it wrote" in each for each in sentences(found))
    first, apart = sentences(found)[0], found["verdict"]["in"]["remembered"]
    assert apart and ("can be told apart" in first) == is_told_apart(found)


def test_years_and_short_numbers_are_no_secrets():
    texts = "since 2019 in 12 towns, code 482913 and 0041 and 1987654"
    assert [texts[a:b] for a, b in numbers_of(texts)] == ["482913", "0041", "1987654"]


def test_model_that_never_saw_them_remembers_nobody(crammed: Trained, tmp_path):
    settings = replace(crammed.model.settings, epochs=0)
    blank = replace(crammed, store=tmp_path, model=train(tmp_path, crammed.documents, settings))
    found = blank.audited()
    assert found["verdict"]["in"]["remembered"] is False
    apart = rows(found, who="members", view="all shards")
    assert all(row["difference"]["value"] == 0 for row in [*apart, found["numbers"][0]])


def test_forgotten_canaries_are_as_if_they_had_never_been_in(crammed: Trained, tmp_path):
    leaving = [c.id for c in crammed.canaries if c.planted][::2]
    canaries = [replace(c, left=True) if c.id in leaving else c for c in crammed.canaries]
    staying = [document for document in crammed.documents if document.owner not in leaving]
    model = train(tmp_path, staying, crammed.model.settings)
    found = Trained(tmp_path, model, staying, canaries).audited()
    assert found["people"]["canaries"] == {"in": 8, "forgotten": 8, "never": 8}
    assert found["verdict"]["forgotten"] == {"questions": 5, "found": 0, "remembered": False}
    assert found["verdict"]["in"]["remembered"] is True


def test_a_model_that_is_only_said_to_have_forgotten_is_found_out(crammed: Trained):
    held, settings = items_in(crammed.store, crammed.model), crammed.model.settings
    people = [canary.as_person(held, SALT, settings) for canary in crammed.canaries]
    people[:8] = [replace(person, standing=ModelStanding.FORGOTTEN) for person in people[:8]]
    found = audit(crammed.store, crammed.model, {"canaries": people}, SIZE)
    assert found["verdict"]["forgotten"]["remembered"] is True


def test_the_same_audit_gives_the_same_figures_and_names_nobody(crammed: Trained, found):
    again = crammed.audited()
    assert {**again, "seconds": 0} == {**found, "seconds": 0}
    said = json.dumps(found)
    assert not any(canary.id in said for canary in crammed.canaries)
    assert all(row.owner not in said.split('"') and row.text not in said for row in members())


def test_too_few_people_give_no_figure(found):
    few = rows(found, too_few=True)
    assert {(row["who"], row["view"]) for row in few} == {("members", "merged")}
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
