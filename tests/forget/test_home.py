"""Through tables, ledger, policy and refresh: what is pending, by when it is due, and that it is exact."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.forget.homes import (
    GROUND,
    NOT_STARTED,
    STARTED,
    hours,
    items_of,
    make_home,
    put_items,
    put_members,
    say,
    train,
)
from tests.train.test_exports import export
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import current as current_corpus
from vanne.corpus import read
from vanne.errors import ConflictError, MissingError, VerificationError
from vanne.forget import Certificate, backlog, runs, verify_certificate
from vanne.forget.backlog import find_backlog, forget_at_once, forget_backlog, one_at_a_time
from vanne.forget.certificate import shard_digests, sign
from vanne.forget.history import register
from vanne.forget.proof import prove, to_prove
from vanne.forget.requests import left_on, opening
from vanne.forget.verifying import documents_of, verify_in_home
from vanne.ledger import Ledger
from vanne.train.fit import FitOptions, fit
from vanne.train.model import current, items_in
from vanne.train.store import ModelStore

MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def once(tmp_path_factory, tiny):
    """A home with a trained model, made once."""
    home = make_home(tmp_path_factory.mktemp("once") / "home")
    train(home, tiny)
    return home


@pytest.fixture
def home(once, tmp_path):
    """The same, for one test to change."""
    return Home(Path(copytree(once.root, tmp_path / "home")))


def forget(home, at, only_at_once=False, hours=None):
    if hours is not None:
        return runs.forget(home, hours=hours, now=lambda: at).certificate
    do = forget_at_once if only_at_once else forget_backlog
    return do(home, find_backlog(home, at), lambda: at)


def steps(certificate, home):
    """Which steps hold, and which cannot be looked at any more."""
    checks = verify_certificate(certificate, home.model)
    documents = documents_of(home, certificate.corpus_after)
    checks += verify_in_home(certificate, home, documents)
    return {each.step: each.is_checked for each in checks}


def fails_at(step, certificate, home):
    with pytest.raises(VerificationError, match=f"at step `{step}`"):
        steps(certificate, home)


# What is pending, and by when


def test_request_is_due_when_the_policy_says_and_named_by_its_leaf(home):
    index = say(home, 2, False, hours(1))
    say(home, 3, True, hours(1))
    work = find_backlog(home, hours(2))
    assert [(r.index, r.kind, r.due) for r in work.requests] == [
        (index, "choice", hours(1) + MONTH)
    ]
    assert work.due == hours(1) + MONTH
    assert len(work.requests[0].opening) == 44  # 32 bytes in base64
    assert {each.reason for each in work.left} == {"off", "subject-refuses"}


def test_no_from_a_server_whose_clock_is_ahead_is_pending_at_once(home):
    index = say(home, 2, False, hours(10))
    assert [r.index for r in find_backlog(home, hours(2)).requests] == [index]


def test_what_leaves_by_itself_is_due_from_the_first_corpus_that_lacks_it(home):
    put_members(home, [STARTED, NOT_STARTED, *[STARTED] * 4])
    first = find_backlog(home, hours(1))
    assert (first.requests, first.due) == ((), hours(1) + MONTH)
    assert "region-not-started" in {each.reason for each in first.left}
    assert find_backlog(home, hours(50)).due == hours(1) + MONTH


def test_item_whose_file_went_is_gone(home):
    put_items(home, 4, 1, items_of(4)[1:])
    assert [each.reason for each in find_backlog(home, hours(1)).left] == ["gone"]


def test_erasure_is_a_request(home):
    say(home, 2, False, hours(1))
    with Ledger.of(home) as ledger:
        entry = ledger.erase("m2", hours(2)).entry
    assert [(r.index, r.kind) for r in find_backlog(home, hours(3)).requests] == [
        (entry, "erasure")
    ]


def test_nothing_is_due_where_nobody_asked(home):
    assert find_backlog(home, hours(1)).due is None


def test_plan_says_what_one_run_for_several_members_saves(home):
    for member in (0, 1, 2):
        say(home, member, False, hours(1))
    costs = find_backlog(home, hours(2), make_current=False).plan(home)
    assert costs.members >= 3
    assert costs.tokens_each > costs.tokens_to_train > 0
    assert costs.bytes_freed > 0 < costs.bytes_there


# Both phases, and the certificate


def test_certificate_holds_in_every_step_and_its_proof(home, proof_here):
    index = say(home, 2, False, hours(1))
    last = forget(home, hours(2))
    assert all(steps(last, home).values())
    assert len(list(home.certificates.iterdir())) == 1  # the model before served until then
    with Ledger.of(home) as ledger:
        assert opening(ledger, index) in last.requests
    assert [each.is_checked for each in prove(to_prove(last, home), home)] == [True]
    assert '"m2"' not in json.dumps(last.document)
    assert "post-2" not in json.dumps(last.document)


def test_what_needs_a_model_that_was_replaced_is_not_said_to_be_checked(home):
    say(home, 2, False, hours(1))
    first = forget(home, hours(2))
    say(home, 3, False, hours(3))
    last = forget(home, hours(4))
    assert all(steps(last, home).values())
    unchecked = {step for step, is_checked in steps(first, home).items() if not is_checked}
    assert unchecked == {"model", "texts", "lineage"}


def test_fallback_model_is_certified_and_proved_as_well(home, proof_here):
    index = say(home, 0, False, hours(1))
    first = forget(home, hours(2), only_at_once=True)
    assert first.waiting
    assert all(steps(first, home).values())
    assert [each.is_checked for each in prove(to_prove(first, home), home)] == [True]
    work = find_backlog(home, hours(3))
    assert (work.requests, work.due) == ((), hours(1) + MONTH)  # it waits for the training
    assert [request.index for request in work.served] == [index]
    last = forget(home, hours(28))
    (request,) = work.served
    known = {first.id: first, last.id: last}
    assert left_on(request, last, known) == hours(2).date() < last.day
    assert steps(first, home)["lineage"] is False  # the fallback model is gone
    with pytest.raises(MissingError, match="replaced so that it forgets"):
        to_prove(first, home)


def test_clock_that_went_back_dates_no_certificate_before_the_ledger(home):
    say(home, 2, False, hours(100))
    last = forget(home, hours(2))
    assert last.day == hours(100).date()
    assert all(steps(last, home).values())


def test_model_that_is_replaced_while_its_backlog_is_read_is_no_obstacle(home, monkeypatch):
    say(home, 2, False, hours(1))

    def replaced_meanwhile(store, model):
        monkeypatch.setattr(backlog, "items_in", items_in)
        forget(home, hours(2))
        return items_in(store, model)

    monkeypatch.setattr(backlog, "items_in", replaced_meanwhile)
    say(home, 3, False, hours(1))
    work = find_backlog(home, hours(3))
    assert work.model == current(home.model) and not work.left


def test_few_leavers_wait_for_others_until_something_is_due(home):
    say(home, 2, False, hours(1))
    waits = runs.forget(home, leavers=2, now=lambda: hours(2))
    assert (waits.certificate, waits.is_due, waits.work.leavers) == (None, False, 1)
    alone = runs.forget(home, leavers=2, now=lambda: hours(1) + MONTH - timedelta(days=1))
    assert alone.certificate.together == 1 and "together" not in alone.certificate.document
    for member in (3, 4):
        say(home, member, False, hours(1))
    done = runs.forget(home, leavers=2, now=lambda: hours(1) + MONTH).certificate
    assert done.together == 2 and all(steps(done, home).values())


def test_request_for_which_nothing_leaves_waits_for_no_others(home):
    say(home, 99, False, hours(1))
    work = find_backlog(home, hours(2))
    assert (work.leavers, len(work.requests)) == (0, 1)
    for enough in (0, 1, 2):
        assert not work.may_wait(enough, hours(2))
    say(home, 2, False, hours(1))
    work = find_backlog(home, hours(2))
    assert [work.may_wait(enough, hours(2)) for enough in (0, 1, 2)] == [False, False, True]


def test_request_that_is_done_late_is_said_to_be_late(home):
    say(home, 2, False, hours(1))
    last = forget(home, hours(1) + MONTH + timedelta(days=1))
    checks = list(verify_in_home(last, home, documents_of(home, last.corpus_after)))
    assert "1 entries of the ledger asked; late: 1" in [each.told for each in checks]


def test_model_that_holds_something_else_than_its_corpus_is_found(home, tiny):
    say(home, 2, False, hours(1))
    last = forget(home, hours(2))
    manifest = current_corpus(home)
    documents = [each for each in read(home, manifest) if each.owner != "m5"]
    model = fit(
        documents, home.model, tiny, corpus_version=manifest.version, ground=GROUND, at=hours(3)
    )
    body = {name: value for name, value in last.document.items() if name != "signature"}
    body |= {
        "model": last.document["model"] | {"after": model.version, "replaced": []},
        "digests": model.keys,
        "keys": last.document["keys"] | {"kept": [], "made": sorted(model.keys)},
        "shards": last.document["shards"] | {"after": shard_digests(model)},
    }
    other = sign(body, ModelStore(home.model))
    other.write(home.certificates)
    register(home, lambda: hours(3))
    fails_at("before", other, home)
    body["model"]["before"], body["corpus"]["before"] = last.after, last.corpus_after
    other = sign(body, ModelStore(home.model))
    with pytest.raises(VerificationError, match="does not hold"):
        steps(other, home)


def test_corpus_that_cannot_be_decided_again_any_more_is_said(home):
    say(home, 2, False, hours(1))
    last = forget(home, hours(2))
    put_items(home, 4, 1, items_of(4, more=1))
    forget(home, hours(3))
    held = steps(last, home)
    assert (held["requests"], held["corpus"], held["lineage"]) == (True, False, False)


# Commands


def run(home, *arguments, code=0):
    done = CliRunner().invoke(cli, [*map(str, arguments), "--home", str(home.root)])
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.output


def test_command_waits_for_others_as_the_setting_says(home):
    (home.root / "vanne.toml").write_text("leavers_together = 2\n")
    with Ledger.of(home) as ledger:
        size = ledger.size
    run(home, "choose", "m2", "off")
    before = current(home.model)
    said = run(home, "forget")
    assert "1 request waits; the first thing is due on" in said and "1 of 2 people" in said
    waits = json.loads(run(home, "forget", "--json"))
    assert (waits["done"], waits["requests"]) == (False, 1)
    assert current(home.model) == before
    run(home, "choose", "m3", "off")
    done = json.loads(run(home, "forget", "--json"))
    with Ledger.of(home) as ledger:
        assert opening(ledger, size) in done["requests"] and done["together"] == 2


def test_commands_of_a_night_plan_then_at_once_then_the_rest(home, tmp_path):
    assert "nobody asked" in run(home, "forget", "--at-once")
    copy = export(home.model, tmp_path / "model.gguf").path
    run(home, "choose", "m0", "off")
    planned = json.loads(run(home, "forget", "--dry-run", "--json"))
    assert planned["at_once"]["needed"]
    assert planned["exports"] == [{"kind": "gguf", "path": str(copy)}]
    plan = run(home, "forget", "--dry-run")
    assert "1 request waits" in plan
    assert re.search(r"^\d items? of the model may not be in it any more: .*off \d", plan, re.M)
    assert copy.exists()
    first = json.loads(run(home, "forget", "--at-once", "--json"))
    assert (first["phase"], first["waiting"] > 0, copy.exists()) == ("at-once", True, False)
    again = run(home, "forget", "--at-once")
    assert again.strip().endswith("1 request waits for the training")
    said = run(home, "forget")
    assert "tokens trained again" in said
    path = Path(said.splitlines()[-1].removeprefix("certificate "))
    assert json.loads(path.read_text())["at_once"][0]["model"] == first["model"]["after"]
    checked = run(home, "verify", path, "--proof")
    assert "not checked" not in checked
    assert "same bytes" in checked


def test_at_once_goes_ahead_while_another_process_trains(home):
    run(home, "choose", "m0", "off")
    with one_at_a_time(home):
        assert "clean checkpoints serve" in run(home, "forget", "--at-once")
        assert "is running" in str(
            CliRunner().invoke(cli, ["forget", "--home", str(home.root)]).exception
        )


def test_a_training_begins_again_when_somebody_leaves_at_once_meanwhile(home):
    say(home, 2, False, hours(1))
    left = []

    def leave(*_):
        if not left:
            say(home, 3, False, hours(2))
            left.append(runs.forget(home, at_once=True, now=lambda: hours(2)).certificate)

    done = runs.forget(home, progress=leave, now=lambda: hours(2)).certificate
    assert done.steps == (left[0].id,)
    held = items_in(home.model, current(home.model))
    assert not {"post-2", "post-3"} & held.keys() and current(home.model).waiting == 0
    assert all(steps(done, home).values())


def test_a_conflict_that_nobody_leaving_explains_ends_the_training(home):
    say(home, 2, False, hours(1))

    def refuse(*_):
        raise ConflictError("the same key came before, with something else")

    with pytest.raises(ConflictError, match="the same key"):
        runs.forget(home, progress=refuse, now=lambda: hours(2))


def test_what_is_due_before_a_training_would_end_leaves_at_once(home):
    say(home, 0, False, hours(1))
    done = runs.forget(home, now=lambda: hours(1) + MONTH).certificate
    assert len(done.steps) == 1
    in_time = runs.forget(home, now=lambda: hours(2) + MONTH).certificate
    assert in_time.steps == ()


def test_on_another_machine_what_left_is_out_at_once_and_the_training_is_asked_for(
    home, monkeypatch, proof_here
):
    run(home, "choose", "m0", "off")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    planned = json.loads(run(home, "forget", "--dry-run", "--json"))
    assert planned["environment_changed"] == ["ONEDNN_MAX_CPU_ISA"]
    assert 0 < planned["tokens_if_accepted"] < planned["tokens_to_train"] == planned["tokens_full"]
    done = CliRunner().invoke(cli, ["forget", "--home", str(home.root)])
    assert done.exception.exit_code == 77
    assert "--accept-environment, or all" in done.exception.todo
    assert current(home.model).waiting
    assert "post-0" not in items_in(home.model, current(home.model))
    mixed = json.loads(run(home, "forget", "--accept-environment", "--json"))
    assert "the same bits are not claimed" in mixed["claim"]
    assert len(mixed["configuration"]["facts"]) == 2
    assert current(home.model).run.tokens <= planned["tokens_if_accepted"]
    path = home.certificates / f"{Certificate(mixed).id[:16]}.json"
    lines = run(home, "verify", path).splitlines()
    (other,) = [line for line in lines if "not checked" in line]
    assert other.startswith("environment") and "(ONEDNN_MAX_CPU_ISA)" in other
    # Each environment proves what it made, and names what it did not
    for where in ("AVX2", ""):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", where)
        proof = run(home, "verify", path, "--proof", "--all")
        (proved,) = [line for line in proof.splitlines() if re.match("proof +holds", line)]
        (rest,) = [line for line in proof.splitlines() if re.match("proof +not checked", line)]
        assert "shard" in proved and "shard" in rest
        assert ("ground" in proved) == (where == "")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    done = CliRunner().invoke(cli, ["verify", str(path), "--home", str(home.root), "--proof"])
    assert "this machine differs" in str(done.exception)
    whole = json.loads(run(home, "forget", "--retrain-all", "--json"))
    assert "same bits as if" in whole["claim"]


def test_plan_names_what_is_at_azure_and_not_reached(home):
    azure = pytest.importorskip("vanne_azure.settings")
    azure.AzureRun(
        name="vanne-1a2b", resource="one", corpus="an earlier one", ledger_size=1, examples=10
    ).noted(home)
    assert json.loads(run(home, "forget", "--dry-run", "--json"))["elsewhere"] == [
        "at Azure: vanne-1a2b (`vanne azure forget`)"
    ]
    assert "vanne-1a2b (`vanne azure forget`)" in run(home, "forget", "--dry-run")


def test_verify_says_what_a_file_is_and_checks_it(home, tmp_path):
    run(home, "choose", "m2", "off")
    with Ledger.of(home) as ledger:
        receipt, index = ledger.receipt(ledger.size - 1), ledger.size - 1
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    (tmp_path / "proof.json").write_text(run(home, "ledger", "prove", index))
    (tmp_path / "other.json").write_text("{}")
    run(home, "forget")
    path = next(home.certificates.glob("*.json"))

    def verify(*arguments):
        return CliRunner().invoke(cli, ["verify", *map(str, arguments)])

    assert "the receipt holds" in verify(tmp_path / "receipt.json").output
    assert "the proof holds" in verify(tmp_path / "proof.json").output
    assert verify(path, "--key", home.model / "certificate.pub").exit_code == 0
    assert "compare it with the network's own" in verify(path).output
    (tmp_path / "key").write_text("A" * 43 + "=")
    assert "step `key`" in str(verify(path, "--key", tmp_path / "key").exception)
    assert verify(tmp_path / "other.json").exception.exit_code == 65
    (tmp_path / "text").write_text("no JSON")
    assert verify(tmp_path / "text").exception.exit_code == 65
    assert verify(path, "--proof").exit_code == 2
    body = {k: v for k, v in json.loads(path.read_text()).items() if k != "signature"}
    forged = sign(body | {"claim": "all well\x1b[2J\nnothing"}, ModelStore(tmp_path / "forger"))
    said = verify(forged.write(tmp_path)).output
    assert "holds: all well [2J nothing" in said and "\x1b" not in said


# Exact, whatever happens

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["out", "in", "no-posts", "no-item", "new", "edit", "move", "back"]),
        st.integers(0, 5),
        st.sampled_from([{}, {"only_at_once": True}, {"hours": 1e-9}]),
    ),
    min_size=1,
    max_size=4,
)


def happen(home: Home, event: str, member: int, number: int, regions: list[str]) -> None:
    """Let something happen in the tables or the ledger."""
    at = hours(number)
    if event in ("out", "in"):
        say(home, member, event == "in", at)
    elif event == "no-posts":
        say(home, member, False, at, "category", "post")
    elif event == "no-item":
        say(home, member, False, at, "item", f"post-{member}")
    elif event in ("new", "edit"):
        items = items_of(member, "edited" if event == "edit" else "", more=event == "new")
        put_items(home, member, number, items)
    else:
        regions[member] = NOT_STARTED if event == "move" else STARTED
        put_members(home, regions)


@settings(
    max_examples=int(os.environ.get("VANNE_EXAMPLES", "4")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(EVENTS)
def test_any_sequence_of_events_gives_what_training_from_nothing_gives(once, tiny, events):
    regions = [STARTED] * 6
    with TemporaryDirectory() as folder:
        home = Home(Path(copytree(once.root, Path(folder) / "home")))
        for number, (event, member, how) in enumerate(events, 1):
            happen(home, event, member, number, regions)
            forget(home, hours(number + 0.5), **how)
            same_as_never_trained(home, tiny, Path(folder) / "anew")
        last = forget(home, hours(99))
        assert current(home.model).waiting == 0
        # what left can be compared only while the tables of before are there
        assert {step for step, is_checked in steps(last, home).items() if not is_checked} <= {
            "texts"
        }
        same_as_never_trained(home, tiny, Path(folder) / "anew")


def same_as_never_trained(home, tiny, store):
    """Compare what serves with a training from nothing on what it holds, and that with the corpus.

    `store` has trained nothing but such models: it has never seen a forgetting.
    """
    model, manifest = current(home.model), current_corpus(home)
    held = items_in(home.model, model)
    documents = [each for each in read(home, manifest) if each.item_id in held]
    assert len(documents) == len(held), "it holds nothing that the corpus does not"
    assert len(held) + model.waiting >= len(documents)
    salt = (home.model / "salt").read_bytes()
    anew = fit(
        documents,
        store,
        tiny,
        corpus_version=model.corpus_version,
        ground=GROUND,
        options=FitOptions(salt=salt),
    )
    assert model.digests == anew.digests
    assert model.keys == anew.keys
