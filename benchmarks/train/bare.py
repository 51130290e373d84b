"""The floor: PyTorch and peft as plainly as one would write it. No checkpoints, nothing exact.

    python bare.py JOB [tight]

It is given the batches ready-made, goes through them with one optimizer, and keeps nothing. `tight`
computes the head only where there is a label, as Vanne does; without it the model computes its own
loss, as most people would. Imports nothing of Vanne.
"""

import json
import sys
import time
from pathlib import Path

import peft
import torch
import transformers
from torch.nn.functional import cross_entropy


def top_linears(model, layers: int) -> list[str]:
    """Return the names of the linear modules of the top layers, the same that Vanne adapts."""
    first = model.config.num_hidden_layers - layers
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and ".layers." in name
        and int(name.partition(".layers.")[2].partition(".")[0]) >= first
    ]


def with_adapter(base, job):
    """Return the model with its adapter, of which B alone learns, as in Vanne's slices."""
    lora = peft.LoraConfig(
        **job["lora"], target_modules=top_linears(base, job["settings"]["layers"])
    )
    model = peft.get_peft_model(base, lora)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(".lora_B." in name)
    return model


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and labels: (rows, width)."""
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
    return ids, labels


def head_where_needed(model, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    causal = model.get_base_model()
    hidden = causal.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    wanted = labels[:, 1:] >= 0
    return cross_entropy(causal.lm_head(hidden[wanted]).float(), labels[:, 1:][wanted])


if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    tight = "tight" in sys.argv[2:]
    start, cpu, wall = time.process_time(), time.process_time(), time.perf_counter()
    torch.set_num_threads(job["settings"]["threads"])
    torch.manual_seed(0)
    base = transformers.AutoModelForCausalLM.from_pretrained(job["base"], dtype=torch.bfloat16)
    model = with_adapter(base, job)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=job["settings"]["learning_rate"],
        betas=(0.9, 0.99), weight_decay=0.0,
    )  # fmt: skip
    loop_cpu, loop_wall, losses = time.process_time(), time.perf_counter(), []
    for rows in job["batches"]:
        ids, labels = padded(rows)
        if tight:
            loss = head_where_needed(model, ids, labels)
        else:
            loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    said = {
        "start_cpu_s": start,
        "tokens": sum(len(row) for rows in job["batches"] for row in rows),
        "cpu_s": time.process_time() - loop_cpu,
        "wall_s": time.perf_counter() - loop_wall,
        "whole_cpu_s": time.process_time() - cpu,
        "whole_wall_s": time.perf_counter() - wall,
        "loss": sum(losses) / len(losses),
    }
    print(json.dumps(said))
