"""Export the model for other engines: a peft adapter, merged weights, or a GGUF file.

    OUT/
    ├─ README.md    a model card: what it is, on which base, which licence, how to delete it
    ├─ vanne.json   version, corpus, digests, the sha256 of every file (vanne/model-export/1)
    └─ ...          what the engine reads

An export is whole or does not exist. The store records it before its first byte is written, so that
forgetting deletes it, and deletes what a killed export has left. Only the model that serves can be
exported. Same model, form and libraries: same bytes.

The model card says what the export is, and what its receiver must do. The card is made from the
lineage and from figures: how the texts of the corpus were screened, and what an audit found. It
names no member.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from vanne.config import Home
from vanne.corpus import read
from vanne.corpus.export.card import marks_in, screening_text
from vanne.corpus.export.folder import whole_folder
from vanne.corpus.manifest import ScreeningRules, load
from vanne.errors import (
    ConflictError,
    MissingError,
    RefusedError,
    VanneError,
    storing,
)
from vanne.files import sha256_of, write_whole
from vanne.inference.talk import PLAIN, has_template
from vanne.train.adapter import SCALE
from vanne.train.base import PACKAGE, VERSION, find_base, quiet, source_path
from vanne.train.ensemble import load_ensemble
from vanne.train.exports import ExportedCopy, delete, digest_of, record
from vanne.train.model import Model, current, load_mean
from vanne.train.private import facts_of
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore


@dataclass(frozen=True, slots=True)
class CardFacts:
    """`screening` is None where the corpus of the model is no longer there, and `marks` where it
    can no longer be read. `audited` are sentences of an audit of this version; none: there is none.
    """

    screening: ScreeningRules | None = None
    marks: Mapping[str, int] | None = None
    audited: tuple[str, ...] = ()


def card_facts(home: Home, model: Model, audited: tuple[str, ...]) -> CardFacts:
    """Look what was taken out of the texts of a model; its corpus is read once, and counted."""
    screening, marks = None, None
    with suppress(VanneError):  # a corpus that is gone, or was made by other rules: not known
        manifest = load(home, model.corpus_version)
        screening = manifest.screening
        marks = marks_in((each.text for each in read(home, manifest)), screening.redact)
    return CardFacts(screening, marks, audited)


_LIBRARIES = {"peft": "peft", "safetensors": "transformers", "gguf": "gguf"}

_USES = {
    "peft": """\
```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained(BASE)  # the folder that `vanne model show` names
model = PeftModel.from_pretrained(base, "THIS FOLDER")
```

The adapter belongs to the base model with the digest below: on other weights it is another.""",
    "safetensors": """\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("THIS FOLDER")
tokenizer = AutoTokenizer.from_pretrained("THIS FOLDER")
```

vLLM serves it as it is: `vllm serve "THIS FOLDER"`.""",
    "gguf": """\
llama.cpp, xllamacpp and what is built on them read `model.gguf`: `llama-server -m model.gguf`.
Weights that training touched are 8-bit in it, the others are those of the base's own file.""",
}

_CARD = """\
---
license: {licence}
library_name: {library}
pipeline_tag: text-generation
---

# Model {name}

{merged} a language model that was trained on {documents:,} texts of members of a network, as \
their choices then allowed, on top of {base}.

## Use

{use}

## What was taken out of the texts

{taken_out}

## What it remembers

{remembers}

Whoever holds this version and another one can compare them, and may then tell whose texts were
taken out in between.

## When somebody takes back what they gave

It holds what was learnt from people who may take it back. Their network then makes another version
and deletes this one where it can reach it. Whoever holds a copy must do the same: **delete this
folder, and everything made from it (converted, quantised or fine-tuned models, caches), as soon as
another version is published.** Ask the network for the new one and for the certificate, which says
what was forgotten. Do not train it further: what was learnt could then no longer be taken out.

## What is not claimed

That it says nothing true of anybody, that it is safe or right for any purpose, or that its \
answers are: measure it for yours. {privacy}

## What it was made of

| | |
|---|---|
| model | `{model}` |
| corpus | `{corpus}` |
| base model (digest) | `{base_digest}` |
| settings (digest) | `{settings}` |
| certificate of the last forgetting | `{certificate}` |
"""


def _privacy(settings: TrainingSettings) -> str:
    if not settings.noise:
        return "It is not differentially private."
    promised = facts_of(settings)
    return (
        f"It was trained with differential privacy for each member: epsilon "
        f"{promised['epsilon']:g} at delta {promised['delta']:g}. This holds for this version "
        "alone, while its network keeps its salt secret; the epsilons of several versions add up."
    )


def card(model: Model, document: Mapping[str, Any], facts: CardFacts) -> str:
    """Return the card, in Markdown with the header that Hugging Face reads."""
    form, is_packaged, count = document["form"], model.settings.base is None, len(model.shards)
    if form == "peft":
        merged = (
            f"The mean of {count} adapters as one adapter, made from the mean alone: no row of it "
            "belongs to one of them. It gives the answers of"
        )
    else:
        merged = f"The mean of {count} adapters, merged into the weights as it serves:"
    taken_out = (
        "Not known: the version of the corpus that it was trained on is no longer kept. "
        "Take it that the texts held whatever people write."
    )
    if facts.screening is not None:
        where = f"Counted in the texts of the corpus `{model.corpus_version}`:"
        taken_out = f"{where}\n\n{screening_text(facts.screening, facts.marks)}"
    remembers = (
        "Nobody has audited this version. Take it that people whose texts are in it can be "
        "told from people whose texts are not, and that it can say things that it read."
    )
    if facts.audited:
        remembers = (
            "An audit of this version by its operator, which looked into the parts that it is the "
            "mean of as well:\n\n" + "\n".join(f"* {sentence}" for sentence in facts.audited)
        )
    if count == 1:
        remembers += (
            " It is the mean of one adapter: nothing of what that one remembers was averaged away."
        )
    return _CARD.format(
        licence="apache-2.0" if is_packaged else "other",
        library=_LIBRARIES[form],
        name=model.version[:12],
        merged=merged,
        documents=model.documents,
        base=f"SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), as the package {PACKAGE} "
        f"{VERSION} holds it"
        if is_packaged
        else "a base model of the network's own choice, whose licence holds for this one too",
        use=_USES[form],
        taken_out=taken_out,
        remembers=remembers,
        privacy=_privacy(model.settings),
        model=model.version,
        corpus=model.corpus_version,
        base_digest=document["base"],
        settings=document["settings"],
        certificate=document["certificate"] or "none: nothing was yet",
    )


SCHEMA = "vanne/model-export/1"
Form = Literal["peft", "safetensors", "gguf"]

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
              "chat_template.jinja", "generation_config.json")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelExport:
    """What is exported; `certificate` names the one that holds now.

    `facts` is what the card says besides the lineage.
    """

    form: Form
    certificate: str | None = None
    facts: CardFacts = field(default_factory=CardFacts)


def refuse_inside(out: Path, home: Path) -> None:
    """Refuse to write an export into a network's own folder."""
    if Path(os.path.realpath(out)).is_relative_to(home.resolve()):
        raise RefusedError(
            "an export in the home would be taken for the network's own data",
            todo="name a folder outside it",
        )


def export(store: Path, out: Path, order: ModelExport, at: datetime) -> dict[str, Any]:
    """Write the model that serves into a new folder; return the document in its `vanne.json`.

    Raises:
        RefusedError: something is at `out`, it lies in the store's home, or the base model did not
            come as a GGUF file.
        ConflictError: the model was replaced meanwhile; nothing is there then.
    """
    model = current(store)
    refuse_inside(out, store.parent)
    if order.form == "gguf":
        require_source(model.settings)
    with whole_folder(out, may_replace=lambda _: False) as folder:
        record(store, ExportedCopy(order.form, folder, model.version, at, digest=""))
        with storing("the export"):
            if order.form == "peft":
                _write_peft(store, model, folder)
            elif order.form == "gguf":
                source, causal = require_source(model.settings), load_ensemble(store, model).causal
                touched = adapted(store, model)
                write_gguf(source, causal, touched, model.version, folder / "model.gguf")
            else:  # merged weights with configuration and tokenizer, as transformers writes them
                base, causal = find_base(model.settings), load_ensemble(store, model).causal
                causal.config.use_cache = True  # training did without
                with quiet():
                    causal.save_pretrained(folder)
                for name in _TOKENIZER:
                    if (base.folder / name).is_file():
                        shutil.copyfile(base.folder / name, folder / name)
                if not has_template(base.folder):
                    write_whole(folder / "chat_template.jinja", PLAIN.encode())
        screening, marks = order.facts.screening, order.facts.marks
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "form": order.form,
            "model": model.version,
            "corpus": model.corpus_version,
            "base": model.environment["base"],
            "settings": model.settings.digest(),
            "adapters": {str(shard): digest for shard, digest in model.digests.items()},
            "certificate": order.certificate,
            "screening": asdict(screening) if screening else None,
            "redacted": dict(marks) if marks is not None else None,
            "audited": list(order.facts.audited),
            "files": {path.name: sha256_of(path) for path in sorted(folder.iterdir())},
        }
        write_whole(folder / "README.md", card(model, document, order.facts).encode())
        document["files"]["README.md"] = sha256_of(folder / "README.md")
        write_whole(folder / "vanne.json", json.dumps(document, indent=1).encode())
        where = Path(os.path.realpath(out))
        done = ExportedCopy(order.form, where, model.version, at, digest_of(folder))
        record(store, done, begun=folder)
    try:
        is_current = current(store).version == model.version
    except MissingError:
        is_current = False
    if not is_current:
        with storing("the copy of a model that was replaced"):
            delete(where)
        raise ConflictError(
            f"model `{model.version[:12]}` was replaced while it was copied",
            todo="run this again: another model serves now",
        )
    return document


def _write_peft(store: Path, model: Model, folder: Path) -> None:
    """Write the mean of the shards as one adapter: its A is the ground's, its B their mean."""
    from safetensors.torch import save

    joined = load_mean(store, model)
    with quiet():
        from peft import LoraConfig

        rank = model.settings.rank
        lora = LoraConfig(
            r=rank,
            lora_alpha=round(SCALE * rank),  # peft multiplies with alpha / r
            target_modules=adapted(store, model),
            lora_dropout=0.0,
            bias="none",
            task_type="CAUSAL_LM",
            inference_mode=True,
        )
    named = lora.to_dict()  # type: ignore[no-untyped-call]
    config = {key: sorted(each) if isinstance(each, set) else each for key, each in named.items()}
    write_whole(folder / "adapter_model.safetensors", save(joined, {"format": "pt"}))
    write_whole(folder / "adapter_config.json", json.dumps(config, indent=1).encode())


def adapted(store: Path, model: Model) -> list[str]:
    """Return the names of the layers that the model's adapters change."""
    names = ModelStore(store).load(model.ground, model.ground)
    layers = (name.partition(".lora_A.")[0] for name in names if ".lora_A." in name)
    return sorted(name.removeprefix("base_model.model.") for name in layers)


_ARCHITECTURE = "llama"
_ELSE = "export as safetensors and convert that with llama.cpp's convert_hf_to_gguf.py"
_BLOCK = 32
"""Numbers of a row that share a scale in Q8_0."""


def require_source(settings: TrainingSettings) -> Path:
    """Return the GGUF file that a base model came as.

    Raises:
        RefusedError: it did not come as one.
    """
    path = source_path(settings)
    paths = [path] if path.suffix == ".gguf" and path.is_file() else []
    if path.is_dir() and not any(path.glob("*.safetensors")):
        paths = sorted(path.glob("*.gguf"))
    if len(paths) != 1:
        raise RefusedError(
            "the base model did not come as a GGUF file, so that none can be made from it",
            todo=_ELSE,
        )
    return paths[0]


def write_gguf(
    source: Path, causal: Any, touched: Collection[str], version: str, out: Path
) -> None:
    """Write a GGUF file: the source with the touched weights of a transformers model.

    The base model's own file is copied, key by key and tensor by tensor, and what training touched
    is put in its place: as Q8_0, or F16 where rows are no whole number of blocks. Files of the
    architecture `llama` keep the rows of queries and keys in another order than transformers
    (halves of each head interleaved for rotary positions), so these are permuted as llama.cpp's
    converter does. The vocabulary of another base would have to be translated by rules that only
    that converter knows.

    `touched` are names of linear layers, such as `model.layers.29.mlp.up_proj`.

    Raises:
        RefusedError: the source is of another architecture, or holds no such layer.
    """
    from gguf import (
        MODEL_ARCH,
        GGMLQuantizationType,
        GGUFReader,
        GGUFWriter,
        get_tensor_name_map,
    )
    from gguf.quants import quantize

    with storing(f"`{source.name}`"):
        read = GGUFReader(source)
    architecture = read.fields["general.architecture"].contents()
    if architecture != _ARCHITECTURE:
        raise RefusedError(
            f"the base model's GGUF file is of the architecture `{architecture}`, and only "
            f"`{_ARCHITECTURE}` can be written",
            todo=_ELSE,
        )
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, causal.config.num_hidden_layers)
    heads = {
        "q_proj": causal.config.num_attention_heads,
        "k_proj": causal.config.num_key_value_heads,
    }
    there = {tensor.name for tensor in read.tensors}
    modules, changed = dict(causal.named_modules()), {}
    for module in touched:
        stem = names.get_name(module)
        if f"{stem}.weight" not in there:
            raise RefusedError(f"the base model's GGUF file has no `{module}`", todo=_ELSE)
        weight = modules[module].weight.float().numpy()  # (out, in)
        if count := heads.get(module.rpartition(".")[2]):  # rows in the order of the file
            out_rows, width = weight.shape
            halves = weight.reshape(count, 2, out_rows // count // 2, width)
            weight = halves.swapaxes(1, 2).reshape(out_rows, width)
        fits = weight.shape[1] % _BLOCK == 0
        quantised = GGMLQuantizationType.Q8_0 if fits else GGMLQuantizationType.F16
        changed[f"{stem}.weight"] = quantize(weight, quantised), quantised
    writer = GGUFWriter(out, architecture)
    for name, entry in read.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            kind = entry.types[0]
            sub = entry.types[-1] if len(entry.types) > 1 else None
            writer.add_key_value(name, entry.contents(), kind, sub_type=sub)
    writer.add_string("vanne.model", version)
    if "tokenizer.chat_template" not in read.fields:
        writer.add_chat_template(PLAIN)
    for tensor in read.tensors:
        data, quantisation = changed.get(tensor.name, (tensor.data, tensor.tensor_type))
        writer.add_tensor(tensor.name, data, raw_dtype=quantisation)
    with storing("the GGUF file"):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
