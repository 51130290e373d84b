"""TRL's SFTTrainer on the same rows in the same order with the same LoRA; imports nothing of Vanne.

python by_trl.py JOB
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import datasets
import torch
import transformers
import trl

sys.path.insert(0, str(Path(__file__).parent))  # a parent that asks for safe paths took it out
from bare import with_adapter

if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    start, cpu, wall = time.process_time(), time.process_time(), time.perf_counter()
    settings = job["settings"]
    torch.set_num_threads(settings["threads"])
    transformers.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    rows = [row for rows in job["batches"] for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        base = transformers.AutoModelForCausalLM.from_pretrained(job["base"], dtype=torch.bfloat16)
        trainer = trl.SFTTrainer(
            model=with_adapter(base, job),
            processing_class=transformers.PreTrainedTokenizerFast(
                tokenizer_file=str(Path(job["base"], "tokenizer.json")),
                eos_token=job["end"], pad_token=job["end"],
            ),
            train_dataset=datasets.Dataset.from_dict({"input_ids": rows}),
            args=trl.SFTConfig(
                output_dir=folder, use_cpu=True, bf16=False, activation_checkpointing=False,
                per_device_train_batch_size=settings["batch_size"], num_train_epochs=1,
                learning_rate=settings["learning_rate"], lr_scheduler_type="constant",
                adam_beta2=0.99, weight_decay=0.0, max_grad_norm=1.0,
                train_sampling_strategy="sequential", max_length=None,
                save_strategy="no", logging_strategy="no", report_to="none", disable_tqdm=True,
            ),
        )  # fmt: skip
        loop_cpu, loop_wall = time.process_time(), time.perf_counter()
        done = trainer.train()
        said = {
            "start_cpu_s": start,
            "tokens": sum(map(len, rows)),
            "cpu_s": time.process_time() - loop_cpu,
            "wall_s": time.perf_counter() - loop_wall,
            "whole_cpu_s": time.process_time() - cpu,
            "whole_wall_s": time.perf_counter() - wall,
            "loss": done.training_loss,
            "version": trl.__version__,
        }
    print(json.dumps(said))
