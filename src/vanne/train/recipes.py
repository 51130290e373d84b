"""Write what Vanne would train as files for TRL, which gives up exact forgetting.

    OUT/
    ├─ ground.jsonl, shard-0-slice-0.jsonl, ...   token ids and labels, in the order of training
    ├─ plan.json                                  stages: file, sha256, the stage before it
    └─ train.py                                   trains the stages one after the other

The same members leave from the same slices: a stage whose file, and those before it, did not change
need not be trained again. What is lost is said in `docs/howto/train-elsewhere.md`. The files hold
members' texts, and no name and no id of an item.
"""

import json
from pathlib import Path
from typing import Any

from vanne.corpus.export.folder import whole_folder
from vanne.errors import ConfigError
from vanne.files import sha256_of, write_whole
from vanne.train.adapter import SCALE, top_linears
from vanne.train.base import load_base
from vanne.train.fit import SliceTask, Work
from vanne.train.loop import batches
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer

Json = dict[str, Any]

_TRL = '''\
"""Train the stages of plan.json with TRL: `python train.py`. What is there is not trained again."""

import json
from pathlib import Path

import datasets
import peft
import torch
import transformers
import trl

HERE = Path(__file__).parent
PLAN = json.loads((HERE / "plan.json").read_text())
TOKENIZER = transformers.AutoTokenizer.from_pretrained(PLAN["base"])
TOKENIZER.eos_token = TOKENIZER.pad_token = PLAN["end"]

for stage in PLAN["stages"]:
    out = HERE / "adapters" / stage["name"]
    if out.exists():
        continue
    model = transformers.AutoModelForCausalLM.from_pretrained(PLAN["base"], dtype=torch.bfloat16)
    if stage["from"]:
        before = HERE / "adapters" / stage["from"]
        model = peft.PeftModel.from_pretrained(model, before, is_trainable=True)
    else:
        model = peft.get_peft_model(model, peft.LoraConfig(**PLAN["lora"]))
    for name, parameter in model.named_parameters():  # A learns in the ground alone
        learns = ".lora_B." in name or (".lora_A." in name and not stage["from"])
        parameter.requires_grad_(learns)
    trainer = trl.SFTTrainer(
        model=model,
        processing_class=TOKENIZER,
        train_dataset=datasets.load_dataset("json", data_files=str(HERE / stage["file"]))["train"],
        args=trl.SFTConfig(f"{out}.part", **(PLAN["arguments"] | stage["arguments"])),
    )
    trainer.train()
    model.save_pretrained(out)
'''


def export_recipe(work: Work, settings: TrainingSettings, out: Path) -> list[Json]:
    """Write the files into a new folder; return the stages. `work` is of an empty store.

    Raises:
        ConfigError: the settings ask for what only Vanne does.
        RefusedError: there is something at `out`.
    """
    if settings.noise:
        raise ConfigError("a private training is Vanne's own and not exported")
    from tokenizers import Tokenizer

    lora: Json = {
        "r": settings.rank, "lora_alpha": round(SCALE * settings.rank), "lora_dropout": 0.0,
        "target_modules": top_linears(load_base(work.base), settings.layers),
    }  # fmt: skip
    tokens = Tokenizer.from_file(str(work.base.tokenizer))
    end = tokens.id_to_token(BaseTokenizer(work.base, settings.max_tokens).end)
    names = {task.key: task.place.replace(", ", "-").replace(" ", "-") for task in work.tasks}
    stages: list[Json] = []
    with whole_folder(out, may_replace=lambda _: False) as folder:
        for task in (task for task in work.tasks if task.examples):
            name = names[task.key]
            write_whole(folder / f"{name}.jsonl", _rows(task, settings).encode(), mode=0o600)
            stages.append(
                {
                    "name": name,
                    "from": names.get(task.previous or ""),
                    "file": f"{name}.jsonl",
                    "sha256": sha256_of(folder / f"{name}.jsonl"),
                    "arguments": {"num_train_epochs": task.epochs},
                }
            )
        done = {stage["name"] for stage in stages}  # without a ground a shard begins by itself
        stages = [
            stage | {"from": stage["from"] if stage["from"] in done else None} for stage in stages
        ]
        plan: Json = {"schema": "vanne/recipe/1", "settings": settings.numbers(), "stages": stages}
        plan |= {"base": str(work.base.folder), "base_digest": work.base.digest, "end": end}
        plan |= {"lora": lora, "arguments": _arguments(settings)}
        write_whole(folder / "train.py", _TRL.encode())
        write_whole(folder / "plan.json", json.dumps(plan, indent=1).encode())
    return stages


def _rows(task: SliceTask, settings: TrainingSettings) -> str:
    """Return a slice in the order of its first reading, a JSON document a line."""
    lines = []
    for batch in batches(task.examples, settings, task.place, 0):
        for example in batch:
            ids = list(example.tokens)
            labels = [-100] * example.begin + ids[example.begin :]
            row = {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}
            lines.append(json.dumps(row))
    return "\n".join([*lines, ""])


def _arguments(settings: TrainingSettings) -> Json:
    """Return the settings by the names that transformers' trainer has for them."""
    return {
        "per_device_train_batch_size": max(1, settings.batch_tokens // settings.max_tokens),
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": "constant_with_warmup",
        "warmup_steps": settings.warmup_steps,
        "optim": "adamw_torch",
        "adam_beta2": 0.99,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "train_sampling_strategy": "sequential",
        "max_length": None,
        "seed": settings.seed % 2**32,
        "gradient_checkpointing": settings.recompute,
        "bf16": False,
        "save_strategy": "no",
        "report_to": "none",
    }
