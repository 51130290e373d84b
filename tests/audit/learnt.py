"""A tiny model that has read a little, so that adapters on it can learn something by heart."""

import json
import random
from pathlib import Path

from tests.train.tiny import byte_tokenizer
from vanne.train.base import quiet

WORDS = "wool silk tin iron clay salt oak reed corn flax bell rope lamp nail brick".split()


def sentence(draw: random.Random, words: int = 12) -> str:
    """A sentence that says nothing, like every other one."""
    return " ".join(draw.choice(WORDS) for _ in range(words))


def save_read_model(folder: Path, steps: int = 60, seed: int = 7) -> Path:
    """Write a Llama of two layers that has been trained on such sentences and on numbers."""
    reader = json.dumps(byte_tokenizer())
    with quiet():
        import torch
        from tokenizers import Tokenizer
        from transformers import LlamaConfig, LlamaForCausalLM

        torch.manual_seed(seed)
        config = LlamaConfig(
            vocab_size=258, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
            bos_token_id=256, eos_token_id=257, tie_word_embeddings=False,
        )  # fmt: skip
        model, draw = LlamaForCausalLM(config), random.Random(seed)
        encode = Tokenizer.from_str(reader).encode
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
        for step in range(steps):
            texts = [
                sentence(draw, 8) + f" number is {draw.randrange(10**6):06d}" for _ in range(12)
            ]
            rows = [[256, *encode(text).ids[:63], 257] for text in texts]
            ids = torch.tensor([(row + [257] * 65)[:65] for row in rows])
            for group in optimizer.param_groups:
                group["lr"] = 1e-2 * (1 - step / steps)
            model(input_ids=ids, labels=ids).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(reader)
    return folder
