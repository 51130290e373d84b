"""The LoRA adapter on the top layers of the base model (Hu et al., 2021), through peft.

All linear layers of the top layers: the frozen lower ones then need no backward pass at all, which
gives twice the tokens a second of query and value in every layer. Base in bf16, adapter in fp32.
Tensors have the names of peft's own file format.
"""

import math
import re
from typing import Any

from vanne.errors import InputError
from vanne.train.base import quiet
from vanne.train.digests import seed_of
from vanne.train.settings import Settings

SCALE = 2.0
"""What B A is multiplied with (alpha / rank)."""

Tensors = dict[str, Any]


def attach(model: Any, settings: Settings) -> Any:
    """Return the base model with a LoRA adapter on every linear layer of its top layers."""
    with quiet():
        from peft import LoraConfig, get_peft_model

        return get_peft_model(
            model,
            LoraConfig(
                r=settings.rank,
                lora_alpha=round(SCALE * settings.rank),
                target_modules=_top_linears(model, settings.layers),
                lora_dropout=0.0,
                bias="none",
                task_type="CAUSAL_LM",
            ),
        )


def initial(model: Any, seed: int) -> Tensors:
    """Return the adapter that changes nothing: B is zero, each A drawn from a seed of its own."""
    import torch

    tensors = {}
    for name, parameter in trainable(model).items():
        tensor = torch.zeros_like(parameter, device="cpu", requires_grad=False)
        if ".lora_A." in name:
            draw = torch.Generator().manual_seed(seed_of("vanne/lora-init/1", seed, name))
            torch.nn.init.kaiming_uniform_(tensor, a=math.sqrt(5), generator=draw)
        tensors[name] = tensor
    return tensors


def trainable(model: Any) -> Tensors:
    """Return the adapter's parameters by their names in peft's file format."""
    return {
        name.replace(".default.", "."): parameter
        for name, parameter in sorted(model.named_parameters())
        if parameter.requires_grad
    }


def put(model: Any, tensors: Tensors) -> None:
    """Copy tensors into the adapter."""
    import torch

    with torch.no_grad():
        for name, parameter in trainable(model).items():
            parameter.copy_(tensors[name])


def taken(model: Any) -> Tensors:
    """Return a copy of the adapter's tensors, in main memory."""
    found = trainable(model).items()
    return {name: parameter.detach().to("cpu", copy=True) for name, parameter in found}


def _top_linears(model: Any, layers: int) -> list[str]:
    import torch

    first = model.config.num_hidden_layers - layers
    names = [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and (number := re.search(r"\.(\d+)\.", name))
        and int(number[1]) >= first
    ]
    if not names:
        raise InputError(
            f"the base model `{model.config.model_type}` has no linear layers to adapt"
        )
    return names
