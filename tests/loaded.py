"""What a forked process begins with (`tests.forked`). Nothing runs here: a fork has no threads."""

from importlib import import_module

from vanne.train.base import quiet

with quiet():
    for name in (
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "duckdb",
        "http_sf",
        "numpy",
        "peft",
        "phonenumbers",
        "pyarrow.compute",
        "pyarrow.csv",
        "pyarrow.dataset",
        "pyarrow.parquet",
        "sqlglot",
        "torch",
        "transformers.masking_utils",
        "transformers.models.auto.modeling_auto",
        "transformers.models.llama.modeling_llama",
    ):
        import_module(name)
