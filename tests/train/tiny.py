"""A very small real Llama with a byte tokenizer, so that thousands of steps take seconds."""

import json
import os
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from vanne.corpus import Document
from vanne.train.base import quiet
from vanne.train.fit import FitOptions, fit
from vanne.train.model import Model, current
from vanne.train.settings import TrainingSettings

GROUND = tuple(f"wanted: worker number {n} for the mill" for n in range(4))
SALT = bytes(range(32))
_FOLDER = TemporaryDirectory(prefix="trained-")
"""The models that tests share, each made once by this process."""


def save_tiny_model(folder: Path, seed: int = 7) -> Path:
    """Write a random Llama of two layers and its tokenizer, as transformers would."""
    return copytree(_tiny_model(seed), folder, dirs_exist_ok=True)


@cache
def _tiny_model(seed: int) -> Path:
    folder = Path(_FOLDER.name) / f"base-{seed}"
    with quiet():
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        torch.manual_seed(seed)
        config = LlamaConfig(
            vocab_size=258,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=128,
            bos_token_id=256,
            eos_token_id=257,
        )
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(byte_tokenizer()))
    return folder


def save_tiny_gguf(path: Path, seed: int = 7, context: int = 128) -> Path:
    """Write a random Llama like the other as a GGUF file. What it says is printable."""
    import numpy as np
    from gguf import GGUFWriter
    from tokenizers import pre_tokenizers

    width, inner, heads = 32, 64, 2
    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "th", "<begin>", "<end>"]
    begin, end = len(words) - 2, len(words) - 1
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(2)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(words)
    writer.add_token_types([1] * begin + [3, 3])
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(begin)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(True)
    draw = np.random.default_rng(seed)

    def weights(name: str, *shape: int) -> None:
        drawn = draw.normal(0, 0.3, shape) if len(shape) == 2 else np.ones(shape)
        if name == "output.weight":  # a word that nobody can read is never the likeliest
            drawn *= np.array([[4.0 if len(w) == 1 and w.isascii() else 0.0] for w in words])
        writer.add_tensor(name, drawn.astype(np.float32))

    weights("token_embd.weight", len(words), width)
    for block in ("blk.0", "blk.1"):
        weights(f"{block}.attn_norm.weight", width)
        weights(f"{block}.ffn_norm.weight", width)
        for name, rows, columns in (
            ("attn_q", width, width), ("attn_k", width // heads, width),
            ("attn_v", width // heads, width), ("attn_output", width, width),
            ("ffn_gate", inner, width), ("ffn_up", inner, width), ("ffn_down", width, inner),
        ):  # fmt: skip
            weights(f"{block}.{name}.weight", rows, columns)
    weights("output_norm.weight", width)
    weights("output.weight", len(words), width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def byte_tokenizer() -> dict[str, object]:
    """Return a tokenizer of single bytes and two marks, as tokenizer.json holds it."""

    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: n for n, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<begin>", "<end>"])
    return json.loads(tokenizer.to_str())


def tiny_settings(base: Path, **changes: object) -> TrainingSettings:
    """Two shards of two slices on the tiny model."""
    values = {
        "shards": 2, "slices": 2, "rank": 2, "layers": 1, "epochs": 1, "ground_epochs": 1,
        "learning_rate": 0.01, "max_tokens": 48, "threads": 1, "base": str(base),
    }  # fmt: skip
    return TrainingSettings.of(values | changes)


def document(member: int, item: int = 0, text: str = "") -> Document:
    """One document of an invented member."""
    text = (
        text
        or f"member {member} wrote item {item} about {'wool silk tin iron'.split()[member % 4]}"
    )
    return Document(f"item-{member}-{item}", f"member-{member}", text, "en", "post")


def documents(members: int, items: int = 2) -> list[Document]:
    """The documents of some invented members."""
    return [document(member, item) for member in range(members) for item in range(items)]


def without(rows: list[Document], *members: int) -> list[Document]:
    """What is left when members leave."""
    return [row for row in rows if row.owner not in {f"member-{member}" for member in members}]


def train(rows, store: Path, settings: TrainingSettings, **options) -> Model:
    """Train on documents with the tests' ground and secret.

    The first training of an empty store is done once for all tests, and copied, unless it has
    options other than the corpus's name.
    """
    rows, version = list(rows), options.get("corpus_version", "c1")
    if options.keys() - {"corpus_version"} or (store.exists() and any(store.iterdir())):
        return _fit(rows, store, settings, **options)
    held = tuple(sorted(e for e in os.environ.items() if e[0][:3] in ("OMP", "MKL", "ONE", "DNN")))
    key = (*rows, settings, held, version)
    if key not in _TRAINED:
        _fit(rows, folder := Path(_FOLDER.name) / str(len(_TRAINED)), settings, **options)
        _TRAINED[key] = folder  # only if nothing was raised
    copytree(_TRAINED[key], store, dirs_exist_ok=True)
    return current(store)


_TRAINED: dict[object, Path] = {}


def _fit(rows: list[Document], store: Path, settings: TrainingSettings, **options) -> Model:
    own = {name: options.pop(name) for name in FitOptions.__slots__ if name in options}
    values = {"corpus_version": "c1", "ground": GROUND} | options
    return fit(rows, store, settings, **values, options=FitOptions(**{"salt": SALT} | own))
