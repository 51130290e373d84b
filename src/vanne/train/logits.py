"""What a model answers, and two things about it that are checked on every base model.

- *Causal*: no token sees what follows it. Right padding then needs no attention mask, and a model
  that reads in both directions would learn nothing but to copy.
- *Plain head*: the logits are the head applied to the last hidden state, and nothing else. The
  head, 49 k words wide, is then computed only where there is a label. Gemma 2 caps its logits,
  Granite and Cohere scale them: such a model's own forward pass is used, whole.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vanne.errors import InputError

Change = Callable[[Any, Any], Any]
"""What is made of a module's (first input, output)."""


def label_logits(causal: Any, ids: Any, real: Any) -> Any:
    """Return the logits in fp32 (labels, words) where `real` (rows, width - 1) says so.

    `ids` are tokens (rows, width); the logits at a place predict the token after it.
    """
    if causal.has_plain_head:
        hidden = causal.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        return causal.get_output_embeddings()(hidden[real]).float()
    return causal(input_ids=ids, use_cache=False).logits[:, :-1][real].float()


def has_plain_head(causal: Any) -> bool:
    """Say whether the logits are what the head makes of the last hidden state.

    Known numbers are put in place of the head's output: they must come out as they are. Weights
    play no part, so that a cap far above a small model's logits is found, too.
    """
    import torch

    head, ids, given = causal.get_output_embeddings(), _few_tokens(causal), []

    def known(hidden: Any, output: Any) -> Any:
        given.append(hidden)
        return _ramp(output)

    if head is None:
        return False
    with torch.no_grad():
        with _changed(head, known):
            logits = causal(input_ids=ids, use_cache=False).logits
        found = causal.base_model(input_ids=ids, use_cache=False)
    hidden = getattr(found, "last_hidden_state", None)
    return (
        hidden is not None
        and torch.equal(given[0], hidden)
        and torch.equal(logits.float(), _ramp(hidden.new_empty(logits.shape)).float())
    )


def _ramp(like: Any) -> Any:
    """Return numbers from -100 to 100 along the last axis, shaped as another tensor."""
    import torch

    row = torch.linspace(-100, 100, like.shape[-1], dtype=like.dtype, device=like.device)
    return row.expand_as(like)


def require_causal(causal: Any) -> None:
    """Refuse a model in which a token's answer depends on what follows the token.

    Raises:
        InputError: it does: the gradient of an answer by a later token is not zero.
    """
    import torch

    embedded = []

    def kept(_: Any, output: Any) -> Any:
        embedded.append(output.detach().requires_grad_())
        return embedded[0]

    with torch.enable_grad(), _changed(causal.get_input_embeddings(), kept):
        logits = causal(input_ids=_few_tokens(causal), use_cache=False).logits
        (slope,) = torch.autograd.grad(logits[0, 0].float().sum(), embedded[0])
    if bool((slope[0, 1:].abs() > 0).any()):
        raise InputError(
            f"the base model `{causal.config.model_type}` is not causal: it sees what follows",
            todo="name a model that was trained to predict the next token",
        )


def _few_tokens(causal: Any) -> Any:
    import torch

    return torch.tensor([[0, 1, 2]], device=causal.device)


@contextmanager
def _changed(module: Any, change: Change) -> Iterator[None]:
    """Let a module answer something else for a while."""
    hook = module.register_forward_hook(lambda _, given, output: change(given[0], output))
    try:
        yield
    finally:
        hook.remove()
