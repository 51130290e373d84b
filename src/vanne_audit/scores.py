"""How a model takes a text: the scores that tell members from others, and a secret's likelihood.

Of each text, from the log-probabilities of its tokens (higher: more like a member):

* `loss`: their mean (Yeom et al., 2018)
* `min-k`: the mean of the fifth that are least likely (Shi et al., 2024, arXiv 2310.16789)
* `min-k++`: the same, each measured against the mean and spread of all words at its place (Zhang
  et al., 2024, arXiv 2404.02936)
* `zlib`: their sum per byte that zlib needs for the text (Carlini et al., 2021, arXiv 2012.07805)
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vanne.errors import ConfigError
from vanne.train.logits import label_logits
from vanne.train.tokens import Tokens

ATTACKS = ("loss", "min-k", "min-k++", "zlib")
LEAST_LIKELY = 0.2
_TOKENS_AT_ONCE = 512
_LABELS_AT_ONCE = 128
_CANDIDATES_AT_ONCE = 64

Floats = NDArray[np.float64]
Row = tuple[int, ...]


def text_scores(
    causal: Any, tokens: Tokens, texts: Sequence[str], tell: Callable[[int], None]
) -> Floats:
    """Return the four scores of each text: (texts, 4). `tell` hears of tokens done."""
    rows = tokens.encode(texts)
    found = np.zeros((len(texts), len(ATTACKS)))
    for batch in _batches(rows):
        taken = _of_rows(causal, [rows[n] for n in batch])
        for number, (logs, spread) in zip(batch, taken, strict=True):
            k = max(round(LEAST_LIKELY * len(logs)), 1)
            size = len(zlib.compress(tokens.decode(rows[number]).encode()))
            least = np.sort(logs)[:k].mean(), np.sort(spread)[:k].mean()
            found[number] = logs.mean(), *least, logs.sum() / size
        tell(sum(len(rows[n]) for n in batch))
    return found


def _batches(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Group rows of like length, so that little is padding."""
    batch: list[int] = []
    for number in sorted(range(len(rows)), key=lambda n: (len(rows[n]), n)):
        if batch and len(rows[number]) * (len(batch) + 1) > _TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _of_rows(causal: Any, rows: Sequence[Row]) -> list[tuple[Floats, Floats]]:
    """Return each row's log-probabilities, and the same in standard deviations from the mean."""
    import torch

    inner, width = _plain(causal), max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=inner.device)
    sizes = torch.tensor([[len(row)] for row in rows], device=inner.device)
    real = torch.arange(1, width, device=inner.device)[None] < sizes  # (rows, width - 1)
    logits, words = label_logits(inner, ids, real), ids[:, 1:][real]
    logs, spread = [], []
    for start in range(0, len(words), _LABELS_AT_ONCE):
        every = logits[start : start + _LABELS_AT_ONCE].log_softmax(-1)  # (labels, words)
        mean = (every.exp() * every).sum(-1)
        variance = (every.exp() * every.square()).sum(-1) - mean.square()
        log = every.gather(1, words[start : start + _LABELS_AT_ONCE, None])[:, 0]
        logs.append(log)
        spread.append((log - mean) / variance.clamp_min(1e-9).sqrt())
    ends = np.cumsum([len(row) - 1 for row in rows])[:-1]
    flat = (torch.cat(part).double().cpu().numpy() for part in (logs, spread))
    return list(zip(*(np.split(part, ends) for part in flat), strict=True))


def likelihoods(causal: Any, tokens: Tokens, texts: Sequence[str]) -> Floats:
    """Return the log-probability of each text after what all of them begin with.

    The common beginning is read once and its cache repeated.

    Raises:
        ConfigError: the texts are the same once they are cut to `max_tokens`.
    """
    rows = tokens.encode(texts)
    shared = next((n for n, column in enumerate(zip(*rows, strict=False)) if len({*column}) > 1), 0)
    if not shared:
        raise ConfigError(
            "`max_tokens` cuts the canaries' secrets off", todo="train with more, or plant others"
        )
    ends = [row[shared:] for row in rows]
    parts = [
        _after(causal, rows[0][:shared], ends[n : n + _CANDIDATES_AT_ONCE])
        for n in range(0, len(ends), _CANDIDATES_AT_ONCE)
    ]
    return np.concatenate(parts)


def _after(causal: Any, start: Row, ends: Sequence[Row]) -> Floats:
    import torch
    from transformers import DynamicCache

    inner, width = _plain(causal), max(map(len, ends))
    cache = DynamicCache(config=inner.config)
    first = torch.tensor([start[:-1]], device=inner.device)
    inner(input_ids=first, cache=cache, use_cache=True, logits_to_keep=1)
    cache.batch_repeat_interleave(len(ends))
    padded = [[start[-1], *end, *[0] * (width - len(end))] for end in ends]
    ids = torch.tensor(padded, device=inner.device)
    logs = inner(input_ids=ids[:, :-1], cache=cache, use_cache=True).logits.float().log_softmax(-1)
    picked = logs.gather(2, ids[:, 1:, None])[..., 0].cpu()  # (ends, width)
    real = torch.arange(width)[None] < torch.tensor([[len(end)] for end in ends])
    found: Floats = (picked * real).sum(-1).double().numpy()
    return found


def _plain(causal: Any) -> Any:
    """Return the causal model itself; adapters stay on its layers."""
    return causal.get_base_model() if hasattr(causal, "get_base_model") else causal
