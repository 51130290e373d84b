"""Where a deployment keeps its things: one folder, its *home*.

    HOME/
    ├─ items/*.parquet       member data; `never-*.parquet` holds what is never used
    ├─ members.parquet       who the members are
    ├─ policy.toml           the first policy: in force until a notice replaces it
    ├─ notices/              changes of policy that were announced, each with the new policy
    ├─ contact.toml          whom members can write to (optional)
    ├─ ledger.sqlite, .key   every choice, and the key that signs checkpoints
    ├─ export.key            what keys the rows of exports
    ├─ tokens.json           which programs may ask for what: hashed
    ├─ ground.jsonl          text that nobody can withdraw: where training sets out from
    ├─ corpus/               facts, choices, sidecars, patches, manifests, CURRENT for each purpose
    ├─ model/                checkpoints, lineages, CURRENT
    ├─ audit/                what a model gives away; canaries.json is private
    └─ certificates/         what proves that a model forgot

The option `--home` names it, else the environment variable `VANNE_HOME`, else `./vanne-home`.
With `VANNE_LEDGER_URL` the ledger lies in that PostgreSQL database; its key stays in the home.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from vanne.errors import MissingError


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one deployment, and the paths in it."""

    root: Path
    ledger_url: str | None = field(default=None, repr=False)  # it may hold a password

    @classmethod
    def find(cls, option: Path | None) -> "Home":
        """Return the home that an option names, or the environment, or the default."""
        root = option or Path(os.environ.get("VANNE_HOME") or "vanne-home")
        return cls(root, os.environ.get("VANNE_LEDGER_URL") or None)

    def require(self) -> "Home":
        """Return this home if it holds a network.

        Raises:
            MissingError: it does not.
        """
        needed = [self.members, self.policy, *([] if self.ledger_url else [self.ledger])]
        for path in needed:
            if not path.exists():
                raise MissingError(
                    f"`{self.root}` holds no network (`{path.name}` is missing)",
                    todo="make one: `vanne corpus init` or `vanne demo`; or name it with --home",
                )
        return self

    @property
    def items(self) -> Path:
        """The folder of the data files."""
        return self.root / "items"

    @property
    def media(self) -> Path:
        """The folder of the photos."""
        return self.root / "media"

    @property
    def members(self) -> Path:
        """The table of the members."""
        return self.root / "members.parquet"

    @property
    def policy(self) -> Path:
        """The first policy; `vanne.policy.schedule` says which one is in force at a time."""
        return self.root / "policy.toml"

    @property
    def notices(self) -> Path:
        """The changes of policy that were announced."""
        return self.root / "notices"

    @property
    def contact(self) -> Path:
        """Whom members can write to; need not be there."""
        return self.root / "contact.toml"

    @property
    def ground(self) -> Path:
        """The text that nobody can withdraw, one JSON string a line."""
        return self.root / "ground.jsonl"

    @property
    def ledger(self) -> Path:
        """The ledger of choices, unless it is in a database; its key is beside it."""
        return self.root / "ledger.sqlite"

    @property
    def corpus(self) -> Path:
        """Manifests, sidecars and the name of the current version."""
        return self.root / "corpus"

    @property
    def model(self) -> Path:
        """Checkpoints, lineages and the name of the current model."""
        return self.root / "model"

    @property
    def certificates(self) -> Path:
        """What proves that a model forgot."""
        return self.root / "certificates"

    @property
    def audit(self) -> Path:
        """What audits of the model found, and the private file of the canaries."""
        return self.root / "audit"
