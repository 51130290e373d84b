"""Forgetting on another machine: asked about, done either way, and certified for what it is."""

from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from tests.forget.test_forget import let_go, train
from tests.train.tiny import SALT, documents, without
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import current as current_corpus
from vanne.corpus import read
from vanne.errors import RefusedError
from vanne.forget import plan, verify_certificate
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import Item, Member
from vanne.train.fit import fit
from vanne.train.model import current, items_in
from vanne.train.shards import slot

ROWS = documents(12, 1)


@pytest.fixture
def elsewhere(monkeypatch):
    """Change the processor, as far as a program can tell."""
    return lambda: monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")


def test_accepted_mix_is_certified_without_a_claim_of_bits_and_holds(tiny, tmp_path, elsewhere):
    before = train(ROWS, tmp_path, tiny)
    elsewhere()
    left = without(ROWS, 3)
    expected = plan(tmp_path, before, left)
    certificate = let_go(left, tmp_path, tiny, accept=before.environments)
    after = current(tmp_path)
    assert expected.tokens_if_accepted == certificate.cost.tokens == after.run.tokens
    assert expected.tokens_if_accepted < expected.tokens_to_train
    assert "the same bits are not claimed" in certificate.document["claim"]
    facts = certificate.document["configuration"]["facts"]
    assert [place["ONEDNN_MAX_CPU_ISA"] for place in facts] == ["", "AVX2"]
    verify_certificate(certificate, tmp_path)


def test_second_leaver_of_a_mix_touches_no_more_than_the_first_did(tiny, tmp_path, elsewhere):
    first = train(ROWS, tmp_path, tiny)
    elsewhere()
    let_go(without(ROWS, 3), tmp_path, tiny, accept=first.environments)
    mixed = current(tmp_path)
    left = without(ROWS, 3, 5)
    let_go(left, tmp_path, tiny, before="c2", after="c3", accept=mixed.environments)
    again = current(tmp_path)
    shard, part = slot("member-5", SALT, tiny)
    assert again.shards[1 - shard] == mixed.shards[1 - shard]
    assert again.shards[shard][:part] == mixed.shards[shard][:part]


@pytest.fixture
def home(tmp_path, tiny):
    home, made = Home(tmp_path / "home"), datetime(2025, 1, 1, tzinfo=UTC)
    people = [f"member-{n}" for n in range(12)]
    items = [Item(f"i-{who}", who, "post", created_at=made, text=f"{who} weaves") for who in people]
    write_items(items, home.items / "items.parquet")
    write_members([Member(who, "CH", date(1990, 1, 1)) for who in people], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    run(home, "corpus", "build")
    corpus = current_corpus(home)
    fit(read(home, corpus), home.model, tiny, corpus_version=corpus.version, ground=())
    run(home, "choose", "member-2", "off")
    return home


def run(home, *arguments):
    return CliRunner().invoke(cli, [*arguments, "--home", str(home.root)])


def test_command_takes_out_what_left_and_asks_before_it_trains(home, elsewhere):
    elsewhere()
    asked = run(home, "forget")
    assert isinstance(asked.exception, RefusedError)
    said = str(asked.exception)
    assert "another environment (ONEDNN_MAX_CPU_ISA: not set there, AVX2 here)" in said
    assert "--accept-environment" in said
    assert "--retrain-all" in said
    assert "\n" not in said
    served = current(home.model)
    assert "i-member-2" not in items_in(home.model, served)
    assert served.run.tokens == 0


def test_command_keeps_or_trains_all_as_it_is_told(home, elsewhere):
    elsewhere()
    assert run(home, "forget", "--accept-environment").exit_code == 0
    kept = current(home.model)
    assert len(kept.environments) == 2 or kept.run.tokens == 0
    run(home, "choose", "member-4", "off")
    assert run(home, "forget", "--retrain-all").exit_code == 0
    anew = current(home.model)
    assert [place["ONEDNN_MAX_CPU_ISA"] for place in anew.environments] == ["AVX2"]
    assert anew.run.tokens == anew.tokens_total
