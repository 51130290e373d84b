"""The model card of an export: what it is, and what whoever receives it must do.

It is written from the lineage and from figures: how the texts of the corpus were screened, and what
an audit found. Nothing here knows a member.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vanne.config import Home
from vanne.corpus import read
from vanne.corpus.export.marks import marks_in, screening_of, screening_text
from vanne.corpus.manifest import Screening, load
from vanne.errors import VanneError
from vanne.train.base import PACKAGE, VERSION
from vanne.train.model import Model


@dataclass(frozen=True, slots=True)
class Told:
    """`screening` is None where the corpus of the model is no longer there, and `marks` where it
    can no longer be read. `audited` are sentences of an audit of this version; none: there is none.
    """

    screening: Screening | None = None
    marks: Mapping[str, int] | None = None
    audited: tuple[str, ...] = ()


def told_of(home: Home, model: Model, audited: tuple[str, ...]) -> Told:
    """Look what was taken out of the texts of a model; its corpus is read once, and counted."""
    screening, marks = None, None
    with suppress(VanneError):  # a corpus that is gone, or was made by other rules: not known
        manifest = load(home, model.corpus_version)
        screening = screening_of(manifest)
        marks = marks_in((each.text for each in read(home, manifest)), screening.redact)
    return Told(screening, marks, audited)


_HEADERS = {"peft": "peft", "safetensors": "transformers", "gguf": "gguf"}

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

_DELETE = """\
It holds what was learnt from people who may take it back. Their network then makes another version
and deletes this one where it can reach it. Whoever holds a copy must do the same: **delete this
folder, and everything made from it (converted, quantised or fine-tuned models, caches), as soon as
another version is published.** Ask the network for the new one and for the certificate, which says
what was forgotten. Do not train it further: what was learnt could then no longer be taken out."""


_COMPARED = """\
Whoever holds this version and another one can compare them, and may then tell whose texts were
taken out in between."""


def card(model: Model, document: Mapping[str, Any], told: Told) -> str:
    """Return the card, in Markdown with the header that Hugging Face reads."""
    form, shard = document["form"], document["shard"]
    parts = (
        _header(model, form),
        f"# Model {model.version[:12]}",
        _what(model, form, shard),
        "## Use",
        _USES[form],
        "## What was taken out of the texts",
        _taken_out(model, told),
        "## What it remembers",
        _remembers(model, told),
        "## When somebody takes back what they gave",
        _DELETE,
        "## What is not claimed",
        "That it says nothing true of anybody, that it is safe or right for any purpose, or that "
        "its answers are: measure it for yours. It is not differentially private.",
        "## What it was made of",
        _made(model, document),
    )
    return "\n\n".join(parts) + "\n"


def _header(model: Model, form: str) -> str:
    licence = "apache-2.0" if model.settings.base is None else "other"
    lines = [
        f"license: {licence}",
        f"library_name: {_HEADERS[form]}",
        "pipeline_tag: text-generation",
    ]
    return "\n".join(["---", *lines, "---"])


def _what(model: Model, form: str, shard: int | None) -> str:
    count = len(model.shards)
    merged = {
        "peft": f"The mean of {count} adapters as one adapter, made from the mean alone: no row of "
        "it belongs to one of them. It gives the answers of "
    }.get(form, f"The mean of {count} adapters, merged into the weights as it serves: ")
    what = (
        merged
        if shard is None
        else f"**The adapter of shard {shard} alone. It is not for publishing**: it remembers "
        "single people better than the merged model does. "
    )
    return (
        f"{what}a language model that was trained on {model.documents:,} texts of members of a "
        f"network, as their choices then allowed, on top of {_base(model)}."
    )


def _taken_out(model: Model, told: Told) -> str:
    if told.screening is None:
        return (
            "Not known: the version of the corpus that it was trained on is no longer kept. "
            "Take it that the texts held whatever people write."
        )
    where = f"Counted in the texts of the corpus `{model.corpus_version}`:"
    return f"{where}\n\n{screening_text(told.screening, told.marks)}"


def _remembers(model: Model, told: Told) -> str:
    found = (
        "An audit of this version by its operator, which looked into the parts that it is the mean "
        "of as well:\n\n" + "\n".join(f"* {sentence}" for sentence in told.audited)
        if told.audited
        else "Nobody has audited this version. Take it that people whose texts are in it can be "
        "told from people whose texts are not, and that it can say things that it read."
    )
    alone = (
        " It is the mean of one adapter: nothing of what that one remembers was averaged away."
        if len(model.shards) == 1
        else ""
    )
    return f"{found}{alone}\n\n{_COMPARED}"


def _base(model: Model) -> str:
    if model.settings.base is None:
        return (
            f"SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), as the package {PACKAGE} {VERSION} "
            "holds it"
        )
    return "a base model of the network's own choice, whose licence holds for this one too"


def _made(model: Model, document: Mapping[str, Any]) -> str:
    rows = {
        "model": model.version,
        "corpus": model.corpus_version,
        "base model (digest)": document["base"],
        "settings (digest)": document["settings"],
        "certificate of the last forgetting": document["certificate"] or "none: nothing was yet",
    }
    lines = [f"| {name} | `{value}` |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])
