"""The home of a deployment: the one folder that holds its files, and the path of each.

    HOME/
    ├─ items/*.parquet       member data; `never-*.parquet` holds what is never used
    ├─ media/                the photos that items name
    ├─ members.parquet       who the members are
    ├─ contract.json         what the tables must keep: columns, types, checksums
    ├─ policy.toml           the first policy: in force until a notice replaces it
    ├─ notices/              changes of policy that were announced, each with the new policy
    ├─ vanne.toml            settings (optional): `vanne.settings`
    ├─ contact.toml          whom members can write to (optional)
    ├─ ledger.sqlite, .key   every choice, and the key that signs checkpoints
    ├─ checkpoint            the newest one that was signed; `published`: where they are published
    ├─ database.sqlite       everything else that changes: `vanne.database`
    ├─ export.key            the secret that names the rows of exports
    ├─ train.toml            how the model is trained (optional)
    ├─ ground.jsonl          text that nobody can withdraw: training starts from it
    ├─ night.toml            what a night takes in (optional): `vanne.night`
    ├─ night/                what was taken of each source, the last report, what is held
    ├─ corpus/               facts, choices, sidecars, patches, manifests, CURRENT for each purpose
    ├─ model/                checkpoints, lineages, CURRENT, exports.json
    └─ certificates/         the proofs that a model forgot

A plug-in keeps its files in the same folder; the docstring of its package names them.

The option `--home` names the home. Without the option, the variable `VANNE_HOME` does; without
both, the home is `./vanne-home`. With `VANNE_DATABASE_URL` the database and the ledger are in that
PostgreSQL database; the ledger's key stays in the home. A secret, such as that address, comes from
an environment variable, or from a file that a variable names.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vanne.errors import MissingError, storing


def secret_in(environment: Mapping[str, str], variable: str) -> tuple[str, str] | None:
    """Return a secret and what it came from: `variable`, else the file that `variable_FILE` names.

    Raises:
        StorageError: the file cannot be read.
    """
    if (secret := environment.get(variable)) is not None:
        return secret, variable
    source = f"{variable}_FILE"
    if not (file := environment.get(source)):
        return None
    with storing(f"the file of `{source}`"):
        return Path(file).read_bytes().decode(errors="replace").strip(), source


class _Inside:
    """A path in the home; whether it must be there is said above."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, home: "Home", owner: type) -> Path:
        return home.root / self.name


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one deployment, and the paths in it."""

    root: Path
    database_url: str | None = field(default=None, repr=False)  # it may hold a password

    items = _Inside("items")  # the data files
    media = _Inside("media")  # the photos
    members = _Inside("members.parquet")
    contract = _Inside("contract.json")
    policy = _Inside("policy.toml")  # which policy is in force at a time: `vanne.policy.schedule`
    notices = _Inside("notices")
    contact = _Inside("contact.toml")
    training = _Inside("train.toml")
    ground = _Inside("ground.jsonl")  # one JSON string a line
    ledger = _Inside("ledger.sqlite")  # unless it is in PostgreSQL; its key is beside it
    ledger_key = _Inside("ledger.key")
    checkpoint = _Inside("checkpoint")  # the newest that this home signed
    published = _Inside("published")  # the folders that the ledger was published to, a line each
    database = _Inside("database.sqlite")  # unless it is in PostgreSQL
    night_plan = _Inside("night.toml")
    night = _Inside("night")
    corpus = _Inside("corpus")
    model = _Inside("model")
    certificates = _Inside("certificates")

    @classmethod
    def find(cls, option: Path | None) -> "Home":
        """Return the home that an option names, or the environment, or the default.

        Raises:
            StorageError: a file is to hold the address of the database, and cannot be read.
        """
        root = option or Path(os.environ.get("VANNE_HOME") or "vanne-home")
        database = secret_in(os.environ, "VANNE_DATABASE_URL")
        return cls(root, (database and database[0]) or None)

    @classmethod
    def of(cls, home: "Home | str | os.PathLike[str]") -> "Home":
        """Return the home that a caller names, if it holds a network.

        Raises:
            MissingError: it does not.
        """
        return (home if isinstance(home, Home) else cls.find(Path(home))).require()

    def require(self) -> "Home":
        """Return this home if it holds a network.

        Raises:
            MissingError: it does not.
        """
        needed = [self.members, self.policy, *([] if self.database_url else [self.ledger])]
        for path in needed:
            if not path.exists():
                raise MissingError(
                    f"`{self.root}` holds no network (`{path.name}` is missing)",
                    todo="make one: `vanne corpus init` or `vanne demo`; or name it with --home",
                )
        return self
