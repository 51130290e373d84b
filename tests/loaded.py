"""What a forked process begins with (`tests.forked`). Nothing runs here: a fork has no threads."""

from importlib import import_module

from vanne.train.base import quiet

with quiet():
    for name in (
        "peft",
        "torch",
        "transformers.masking_utils",
        "transformers.models.auto.modeling_auto",
        "transformers.models.llama.modeling_llama",
        "vanne.forget.forgetting",
        "vanne.inference.exporting",
    ):
        import_module(name)
