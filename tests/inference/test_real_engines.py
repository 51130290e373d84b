"""The real SmolLM2-135M as a GGUF file: llama.cpp writes what the merged model writes."""

import shutil
from datetime import UTC, datetime

import pytest

from tests.train.test_real_model import SETTINGS, TRADES
from vanne.inference.exporting import ModelExport, export
from vanne.train.base import find_base
from vanne.train.ensemble import load_ensemble
from vanne.train.model import current
from vanne.train.tokens import BaseTokenizer

pytestmark = pytest.mark.model

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SURE = 0.7
"""How much likelier (nats) a word must be than any other, so that rounding cannot matter."""


@pytest.fixture(scope="module")
def store(learnt, tmp_path_factory):
    return shutil.copytree(learnt, tmp_path_factory.mktemp("home") / "model")


def sure_words(causal, tokens, ends, most=24):
    """Return the likeliest continuation up to its end, as long as nothing comes near it."""
    import torch

    found = []
    with torch.inference_mode():
        while len(found) < most:
            ids = torch.tensor([[*tokens, *found]])
            logits = causal(input_ids=ids).logits[0, -1].float()
            (first, second), (word, _) = logits.log_softmax(0).topk(2)
            if first - second < SURE or int(word) in ends:
                break
            found.append(int(word))
    return found


def test_xllamacpp_serves_the_exported_file_unchanged(store, tmp_path):
    import xllamacpp

    export(store, tmp_path / "out", ModelExport("gguf"), NOON)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(tmp_path / "out" / "model.gguf")
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity = 256, 1, 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    tokenizer = BaseTokenizer(find_base(SETTINGS), 256)
    causal = load_ensemble(store, current(store)).causal
    compared = 0
    posts = [f"I have been a {trade} at the Olmavar work" for trade in TRADES]
    for beginning in [*posts, *(f"Vacancy: {trade} at the Olm" for trade in TRADES)]:
        tokens = tokenizer.prompt(beginning)
        sure = sure_words(causal, tokens, {tokenizer.end})
        if not sure:
            continue
        answer = server.handle_completions(
            {"prompt": tokens, "n_predict": len(sure), "temperature": 0, "cache_prompt": False}
        )
        said = answer["choices"][0]["text"]
        assert said == tokenizer.decode(sure)
        compared += len(sure)
    assert compared >= 6, "nothing was sure enough to be compared"
