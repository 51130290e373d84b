"""Copies of the model: what others load answers as the ensemble does, and forgetting deletes it."""

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.forked import run_forked
from tests.train.tiny import GROUND, document, documents, without
from vanne.cli import cli
from vanne.corpus import read
from vanne.errors import ConflictError, RefusedError
from vanne.files import sha256_of
from vanne.forget import ForgetRequest, forget
from vanne.inference import exporting
from vanne.inference.exporting import ModelExport, export
from vanne.screening import rules_digest
from vanne.train.base import find_base, load_base, quiet
from vanne.train.ensemble import load_ensemble, merge
from vanne.train.exports import delete_replaced, recorded
from vanne.train.fit import fit
from vanne.train.model import current, load_mean

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def logits(causal):
    import torch

    with torch.inference_mode():
        return causal.float()(input_ids=torch.arange(40)[None]).logits


def test_peft_loads_the_adapter_and_gives_the_ensembles_logits(store, tmp_path):
    import torch

    model = current(store)
    export(store, tmp_path / "out", ModelExport("peft"), NOON)
    base = load_base(find_base(model.settings)).float()
    before = logits(base)
    with quiet():
        from peft import PeftModel

        theirs = logits(PeftModel.from_pretrained(base, tmp_path / "out"))
    exact = load_base(find_base(model.settings)).float()
    merge(exact, load_mean(store, model))
    assert torch.allclose(theirs, logits(exact), atol=1e-5)
    assert not torch.allclose(theirs, before, atol=1e-3)


def test_transformers_loads_the_merged_weights_bit_for_bit(store, tmp_path):
    import torch

    export(store, tmp_path / "out", ModelExport("safetensors"), NOON)
    with quiet():
        from transformers import AutoModelForCausalLM

        theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.bfloat16)
    ours = load_ensemble(store, current(store)).causal
    assert theirs.config.use_cache
    assert all(
        torch.equal(one, other)
        for one, other in zip(theirs.parameters(), ours.parameters(), strict=True)
    )
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == find_base(
        current(store).settings
    ).tokenizer.read_bytes()


@pytest.mark.parametrize("form", ["peft", "safetensors"])
def test_an_export_says_what_it_is_and_is_the_same_bytes_again(store, tmp_path, form):
    model = current(store)
    said = export(store, tmp_path / "one", ModelExport(form), NOON)
    export(store, tmp_path / "two", ModelExport(form), NOON.replace(year=2027))
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert said == json.loads((tmp_path / "one" / "vanne.json").read_text())
    assert said["files"] == {n: sha256_of(tmp_path / "one" / n) for n in names if n != "vanne.json"}
    assert (said["model"], said["adapters"]["1"]) == (model.version, model.digests[1])
    card = (tmp_path / "one" / "README.md").read_text()
    for word in (model.version, model.corpus_version, said["base"], "delete this", "licence"):
        assert word in card
    assert "member-" not in card and "item-" not in card


def test_forgetting_deletes_every_export(store, tmp_path, tiny):
    for form in ("peft", "safetensors"):
        export(store, tmp_path / form, ModelExport(form), NOON)
    assert [copy.kind for copy in recorded(store)] == ["peft", "safetensors"]
    rows = without(documents(4), 1)
    fit(rows, store, tiny, corpus_version="c2", ground=GROUND)
    said = delete_replaced(store, current(store).version)
    assert [each.outcome for each in said] == ["deleted", "deleted"]
    assert not (tmp_path / "peft").exists() and not (tmp_path / "safetensors").exists()


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from vanne.inference import exporting
exporting.card = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
exporting.export(Path(sys.argv[1]), Path(sys.argv[2]), exporting.ModelExport("peft"), datetime.now(UTC))
"""


def test_forgetting_deletes_what_a_killed_export_had_written(store, tmp_path, tiny):
    out = tmp_path / "exports" / "out"
    done = run_forked(KILLED, store, out)
    assert done.returncode == -signal.SIGKILL
    (left,) = out.parent.iterdir()
    assert (left / "adapter_model.safetensors").exists()
    request = ForgetRequest(current(store).corpus_version, "c2", lambda: NOON)
    certificate = forget(without(documents(4), 2), store, request, ground=GROUND)
    assert [each["outcome"] for each in certificate.document["deleted"]["exports"]] == ["deleted"]
    assert not list(out.parent.iterdir())
    export(store, out, ModelExport("peft"), NOON)
    assert [copy.path for copy in recorded(store)] == [out]


def test_an_export_of_a_model_that_is_replaced_meanwhile_does_not_appear(
    store, tmp_path, tiny, monkeypatch
):
    def replaced(*arguments, **named):
        if named:  # it is whole, and about to appear
            fit(without(documents(4), 2), store, tiny, corpus_version="c2", ground=GROUND)
        return record(*arguments, **named)

    record = exporting.record
    monkeypatch.setattr(exporting, "record", replaced)
    with pytest.raises(ConflictError, match="was replaced while it was copied"):
        export(store, tmp_path / "out", ModelExport("peft"), NOON)
    assert not (tmp_path / "out").exists() and recorded(store) == []


def test_an_export_that_is_recorded_and_then_outdated_is_deleted_again(
    store, tmp_path, tiny, monkeypatch
):
    def recorded_then_replaced(*arguments, **named):
        record(*arguments, **named)
        if named:
            fit(without(documents(4), 2), store, tiny, corpus_version="c2", ground=GROUND)

    record = exporting.record
    monkeypatch.setattr(exporting, "record", recorded_then_replaced)
    with pytest.raises(ConflictError):
        export(store, tmp_path / "out", ModelExport("peft"), NOON)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(store, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("mine")
    cases = [
        (tmp_path / "there", ModelExport("peft"), RefusedError, "is there already"),
        (store.parent / "out", ModelExport("peft"), RefusedError, "network's own data"),
        (tmp_path / "out", ModelExport("gguf"), RefusedError, "did not come as a GGUF file"),
    ]
    for out, wish, error, says in cases:
        with pytest.raises(error, match=says):
            export(store, out, wish, NOON)
    assert {path.name for path in tmp_path.iterdir()} == {"there", "home"}
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["file"]
    assert recorded(store) == []


# What its card says


@pytest.mark.parametrize("form", ["peft", "safetensors"])
def test_the_card_counts_what_was_taken_out_of_the_texts_of_its_corpus(tmp_path, tiny, form):
    from tests.web.network import START, make_home
    from vanne.corpus import build
    from vanne.sources.tables import write_items
    from vanne.terms import Item

    home = make_home(tmp_path / "home")
    said = [
        Item(f"call-{n}", "anna", "post", text=f"Call me: +41 79 123 45 67, line {n}.",
             created_at=datetime(2024, 5, 1, tzinfo=UTC), lang="en", visibility="public")
        for n in range(3)
    ]  # fmt: skip
    write_items(said, home.items / "calls.parquet")
    corpus = build(home, START)
    rows = list(read(home, corpus))
    fit(rows, home.model, tiny, corpus_version=corpus.version, ground=GROUND)
    assert (
        run(
            "model", "export", "--out", tmp_path / "out", "--as", form, "--home", home.root
        ).exit_code
        == 0
    )
    card = (tmp_path / "out" / "README.md").read_text()
    marks = sum(row.text.count("[PHONE]") for row in rows)
    assert marks == 3 and f"| `[PHONE]` | {marks} |" in card
    for says in (rules_digest(), "Not everything is found", "Nobody has audited this version"):
        assert says in card
    document = json.loads((tmp_path / "out" / "vanne.json").read_text())
    assert document["redacted"]["phone"] == marks and document["audited"] == []


def test_a_card_of_a_model_whose_corpus_is_gone_says_that_nothing_is_known(store, tmp_path):
    export(store, tmp_path / "out", ModelExport("peft"), NOON)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "Not known: the version of the corpus" in card and "[PHONE]" not in card


# The command


@pytest.fixture
def home(tmp_path, tiny) -> Path:
    """A home whose model has once forgotten somebody."""
    from tests.web.network import make_home

    home = make_home(tmp_path / "home")
    fit(documents(4), home.model, tiny, corpus_version="c1", ground=GROUND, at=NOON)
    forget(
        [*without(documents(4), 1), document(9)],
        home.model,
        ForgetRequest("c1", "c2", lambda: NOON.replace(hour=13), certificates=home.certificates),
        ground=GROUND,
    )
    return home.root


def run(*arguments: object):
    return CliRunner().invoke(cli, [*map(str, arguments)])


def test_the_command_lists_shows_and_exports(home, tmp_path):
    version = current(home / "model").version
    listed = json.loads(run("model", "show", "--home", home, "--json").stdout)["models"]
    assert [each["current"] for each in listed] == [False] * (len(listed) - 1) + [True]
    (first,) = [each for each in listed if each["since"] == NOON.isoformat()]
    assert first["until"] == listed[-1]["since"] == NOON.replace(hour=13).isoformat()
    done = run(
        "model", "export", "--out", tmp_path / "out", "--as", "peft", "--home", home, "--json"
    )
    said = json.loads(done.stdout)
    known = {each["certificate"] for each in listed} - {None}
    assert said["model"] == version and said["certificate"] in known
    shown = json.loads(run("model", "show", "--home", home, "--json").stdout)
    assert [copy["path"] for copy in shown["copies"]] == [str(tmp_path / "out")]
    assert shown["version"] == version and Path(shown["base_folder"]).is_dir()
    text = run("model", "show", "--home", home).stdout
    assert str(tmp_path / "out") in text and version in text
    assert text.endswith("serves\n")
