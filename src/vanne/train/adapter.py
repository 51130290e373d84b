"""The LoRA adapter on the top layers of the base model (Hu et al., 2021), through peft.

All linear layers of the top layers are adapted: the frozen lower layers then need no backward pass
at all, which trains twice as many tokens a second as adapting query and value in every layer. The
base is in bf16, the adapter in fp32. Tensors have the names of peft's own file format.

Of the two factors only B learns in a slice (FFA-LoRA: Sun et al., 2024, arXiv 2403.12313). A is the
ground's, which nobody can leave, and is the same in every shard. So the mean of all shards is one
adapter of the same rank, in which no shard can be told from another.

Any causal model works. GPT-2's `Conv1D` is a linear layer with a transposed weight (inputs x
outputs). Experts that are stored as one three-dimensional parameter (Mixtral, Qwen3-MoE, gpt-oss)
are not adapted; the attention beside them is.
"""

import math
from typing import Any

from vanne.errors import InputError
from vanne.train.base import quiet
from vanne.train.digests import seed_of
from vanne.train.settings import TrainingSettings

SCALE = 2.0
"""What B A is multiplied with (alpha / rank)."""

Tensors = dict[str, Any]

_REFUSED = {"rwkv": "it rescales its weights when it first reads"}
_MAMBA = {"falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h"}
_READ_DIRECTLY = {"dt_proj", "out_proj", "x_proj"}
"""Layers of state-space models whose weights are read past the layer, and so past an adapter."""


def attach(model: Any, settings: TrainingSettings) -> Any:
    """Return the base model with a LoRA adapter on every linear layer of its top layers."""
    with quiet():
        from peft import LoraConfig, get_peft_model

        return get_peft_model(
            model,
            LoraConfig(
                r=settings.rank,
                lora_alpha=round(SCALE * settings.rank),
                target_modules=top_linears(model, settings.layers),
                lora_dropout=0.0,
                bias="none",
                task_type="CAUSAL_LM",
            ),
        )


def initial(model: Any, seed: int) -> Tensors:
    """Return the adapter that changes nothing: B is zero, each A drawn from a seed of its own."""
    import torch

    tensors = {}
    for name, parameter in parameters_of(model).items():
        tensor = torch.zeros_like(parameter, device="cpu", requires_grad=False)
        if ".lora_A." in name:
            draw = torch.Generator().manual_seed(seed_of("vanne/lora-init/1", seed, name))
            torch.nn.init.kaiming_uniform_(tensor, a=math.sqrt(5), generator=draw)
        tensors[name] = tensor
    return tensors


def parameters_of(model: Any) -> Tensors:
    """Return the adapter's parameters by their names in peft's file format."""
    return {
        name.replace(".default.", "."): parameter
        for name, parameter in sorted(model.named_parameters())
        if ".lora_" in name
    }


def learning(model: Any, *, ground: bool) -> Tensors:
    """Return the parameters that learn, and hold the others still: A learns in the ground alone.

    All shards then have the same A, and the mean of their changes is the mean of their Bs.
    """
    parameters = parameters_of(model)
    for name, parameter in parameters.items():
        parameter.requires_grad_(ground or ".lora_A." not in name)
    return {name: each for name, each in parameters.items() if each.requires_grad}


def put(model: Any, tensors: Tensors) -> None:
    """Copy tensors into the adapter."""
    import torch

    with torch.no_grad():
        for name, parameter in parameters_of(model).items():
            parameter.copy_(tensors[name])


def is_transposed(module: Any) -> bool:
    """Say whether a layer's weight is inputs x outputs, as in GPT-2 (peft: `fan_in_fan_out`)."""
    from transformers.pytorch_utils import Conv1D

    return isinstance(module, Conv1D)


def blocks_of(model: Any) -> tuple[str, Any]:
    """Return the layers of the decoder, and where they are; none if they are nowhere."""
    import torch

    total = model.config.get_text_config().num_hidden_layers
    inside = {id(module) for module in model.get_decoder().modules()}
    lists = ((n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.ModuleList))
    return next(
        (each for each in lists if len(each[1]) == total and id(each[1]) in inside), ("", ())
    )


def top_linears(model: Any, layers: int) -> list[str]:
    """Return the names of the linear layers in the top layers of the decoder."""
    import torch

    kind = model.config.model_type
    if kind in _REFUSED:
        raise InputError(
            f"the base model `{kind}` cannot be adapted: {_REFUSED[kind]}",
            todo="name a base model of another family",
        )
    blocks = blocks_of(model)
    total = len(blocks[1])
    names = [
        f"{blocks[0]}.{number}.{name}"
        for number in range(max(0, total - layers), total)
        for name, module in blocks[1][number].named_modules()
        if (isinstance(module, torch.nn.Linear) or is_transposed(module))
        and not (kind in _MAMBA and name.rpartition(".")[2] in _READ_DIRECTLY)
    ]
    if not names:
        raise InputError(
            f"the base model `{kind}` has no linear layers to adapt",
            todo="name a base model of another family",
        )
    return names
