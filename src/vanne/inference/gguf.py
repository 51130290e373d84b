"""The merged model as a GGUF file, without llama.cpp's scripts.

The base model's own GGUF file is copied, key by key and tensor by tensor, and what training touched
is put in its place: as Q8_0, or F16 where rows are no whole number of blocks. Files of the
architecture `llama` keep the rows of queries and keys in another order than transformers (halves of
each head interleaved for rotary positions), so these are permuted as llama.cpp's converter does.
A base model without such a file is refused: its vocabulary would have to be translated by rules
that only llama.cpp's converter knows.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from vanne.errors import RefusedError, storing
from vanne.train.base import source_path
from vanne.train.settings import TrainingSettings

ARCHITECTURE = "llama"
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
    if architecture != ARCHITECTURE:
        raise RefusedError(
            f"the base model's GGUF file is of the architecture `{architecture}`, and only "
            f"`{ARCHITECTURE}` can be written",
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
    for name, field in read.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            kind = field.types[0]
            sub = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), kind, sub_type=sub)
    writer.add_string("vanne.model", version)
    for tensor in read.tensors:
        data, quantisation = changed.get(tensor.name, (tensor.data, tensor.tensor_type))
        writer.add_tensor(tensor.name, data, raw_dtype=quantisation)
    with storing("the GGUF file"):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
