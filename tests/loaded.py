"""What a forked process begins with (`tests.forked`). Nothing runs here: a fork has no threads."""

import gc
from importlib import import_module
from pkgutil import iter_modules

import vanne.cli
from vanne.train.base import quiet

with quiet():
    for name in (
        "alembic.command",
        "benchmarks.corpora",
        "benchmarks.ways",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "duckdb",
        "http_sf",
        "numpy.ma",
        "peft",
        "phonenumbers",
        "pyarrow.compute",
        "pyarrow.csv",
        "pyarrow.dataset",
        "pyarrow.parquet",
        "sqlalchemy.ext.compiler",
        "sqlglot",
        "torch",
        "transformers.masking_utils",
        "transformers.models.auto.modeling_auto",
        "transformers.models.llama.modeling_llama",
    ):
        import_module(name)
    for command in iter_modules(vanne.cli.__path__, "vanne.cli."):
        import_module(command.name)
gc.freeze()  # a collection in a fork would write to, and so copy, all that it shares
