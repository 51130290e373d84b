"""A certificate that was touched, or that the files contradict, does not hold, and says at which step."""

import json
from copy import deepcopy
from pathlib import Path
from shutil import copytree

import pytest

from tests.forget.test_forget import let_go, train
from tests.train.tiny import documents, without
from vanne.errors import VerificationError
from vanne.forget import verify_certificate
from vanne.forget.certificate import public_key, sign
from vanne.forget.verifying import verify_offline
from vanne.train.model import current
from vanne.train.store import ModelStore


@pytest.fixture(scope="module")
def once(tiny, tmp_path_factory):
    """A forgetting and the folder in which it was done, once for all tests."""
    rows, store = documents(6), tmp_path_factory.mktemp("certified")
    train(rows, store, tiny)
    return let_go(without(rows, 2), store, tiny), store


@pytest.fixture
def certified(once, tmp_path):
    """The same, in a folder to change."""
    return once[0], Path(copytree(once[1], tmp_path / "store"))


def fails_at(step, certificate, store):
    with pytest.raises(VerificationError, match=f"does not hold at step `{step}`"):
        verify_certificate(certificate, store)


def test_written_certificate_holds(certified):
    certificate, store = certified
    path = store / "certificates" / f"{certificate.id[:16]}.json"
    verify_certificate(json.loads(path.read_text()), store)


def test_certificate_names_who_asked_and_nobody_else(certified):
    certificate, _ = certified
    assert "asked" in certificate.requests
    assert certificate.document["day"] == "2026-11-25"
    assert "member-" not in json.dumps(certificate.document)
    assert "item-" not in json.dumps(certificate.document)


def test_certificate_holds_when_the_member_said_yes_again(certified, tiny):
    certificate, store = certified
    let_go(documents(6), store, tiny, before="c2", after="c3")
    (check,) = [c for c in verify_certificate(certificate, store) if c.step == "dropped"]
    assert "came back with the model that serves" in check.told
    assert not check.is_checked


def test_checkpoint_that_was_put_back_by_nobody_s_yes_is_found(certified, tiny):
    certificate, store = certified
    let_go(without(documents(6), 1, 2), store, tiny, before="c2", after="c3")
    key = certificate.document["keys"]["dropped"][0]
    ModelStore(store).checkpoint(key).write_bytes(b"put back")
    fails_at("dropped", certificate, store)


@pytest.mark.parametrize("field", ["claim", "day", "corpus", "waiting", "digests"])
def test_changed_field_breaks_the_signature(certified, field):
    certificate, store = certified
    document = deepcopy(dict(certificate.document))
    document[field] = "something else"
    fails_at("signature", document, store)


def test_missing_field_is_named_as_a_schema_error(certified):
    certificate, store = certified
    fails_at("schema", {"schema": "vanne/certificate/3"}, store)
    fails_at("schema", {"schema": "vanne/certificate/9"}, store)
    signature = {"signature": {"public_key": "?", "value": "?"}}
    fails_at("schema", {**certificate.document, **signature}, store)


@pytest.mark.parametrize("claim", [None, ["\x1b[2J"], {"a": 1}])
def test_claim_that_is_no_text_is_a_schema_error(certified, claim):
    certificate, store = certified
    body = {k: v for k, v in certificate.document.items() if k not in ("signature", "claim")}
    body |= {} if claim is None else {"claim": claim}
    with pytest.raises(VerificationError, match="step `schema`"):
        verify_offline(sign(body, ModelStore(store)).document)


def test_certificate_that_is_nested_beyond_measure_is_a_schema_error(certified):
    certificate, _ = certified
    deep: list = []
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(VerificationError, match="step `schema`"):
        verify_offline({**certificate.document, "deleted": deep})


def test_somebody_elses_signature_is_not_ours(certified, tiny):
    certificate, store = certified
    (store / "certificate.pub").unlink()
    fails_at("key", certificate, store)
    (store / "certificate.key").unlink()
    let_go(documents(6), store, tiny, before="c2", after="c3")
    fails_at("key", certificate, store)


def test_auditor_needs_no_secret_and_leaves_no_trace(certified):
    certificate, store = certified
    assert (store / "certificate.key").stat().st_mode & 0o777 == 0o600
    (store / "certificate.key").unlink()
    (store / "salt").unlink()
    before = sorted(store.rglob("*"))
    verify_certificate(certificate, store)
    assert sorted(store.rglob("*")) == before


def test_changed_checkpoint_is_found(certified):
    certificate, store = certified
    key = certificate.document["keys"]["kept"][0]
    path = store / "checkpoints" / f"{key}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    fails_at("checkpoints", certificate, store)
    path.unlink()
    fails_at("checkpoints", certificate, store)


def test_dropped_checkpoint_that_came_back_is_found(certified):
    certificate, store = certified
    key = certificate.document["keys"]["dropped"][0]
    (store / "checkpoints" / f"{key}.safetensors").write_bytes(b"restored from a backup")
    fails_at("dropped", certificate, store)


def test_old_lineage_that_came_back_is_found(certified):
    certificate, store = certified
    before, after = (certificate.document["model"][name] for name in ("before", "after"))
    lineage = (store / "models" / f"{after}.json").read_text()
    (store / "models" / f"{before}.json").write_text(lineage)
    fails_at("model", certificate, store)


def test_list_of_items_that_came_back_is_found(certified):
    certificate, store = certified
    (version,) = certificate.document["deleted"]["item_lists"][:1]
    (store / "models" / f"{version}.items.parquet").write_bytes(b"restored from a backup")
    fails_at("deleted", certificate, store)


def test_certificate_that_hides_what_waits_is_found(certified):
    certificate, store = certified
    hiding = {name: v for name, v in certificate.document.items() if name != "signature"}
    fails_at("model", sign(hiding | {"waiting": 5}, ModelStore(store)), store)


def test_offline_nothing_but_the_certificate_is_needed(certified):
    certificate, store = certified
    steps = {each.step: each for each in verify_offline(certificate.document)}
    assert list(steps) == ["schema", "signature", "key", "ledger"]
    assert not steps["key"].is_checked
    ours = public_key(ModelStore(store))
    steps = verify_offline(certificate.document, ours)
    assert [each.step for each in steps if not each.is_checked] == ["ledger"]
    with pytest.raises(VerificationError, match="step `key`"):
        verify_offline(certificate.document, bytes(32))


def test_lineage_that_was_changed_is_found(certified):
    certificate, store = certified
    path = store / "models" / f"{current(store).version}.json"
    lineage = json.loads(path.read_text())
    lineage["shards"][0][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(lineage))
    fails_at("model", certificate, store)


def test_certificate_still_holds_after_a_later_one(certified, tiny):
    certificate, store = certified
    let_go(without(documents(6), 2, 4), store, tiny, before="c2", after="c3")
    verify_certificate(certificate, store)
