"""The register of the members, kept beside the corpus as the facts of a data file are."""

from pathlib import Path

from vanne.corpus import arrays
from vanne.decide.states import Register, register_of
from vanne.errors import VerificationError
from vanne.ids import IdIndex
from vanne.sources.batches import member_batches

SCHEMA = "vanne/register/2"
_COLUMNS = ("region", "birth_day", "sign_of", "sign")


def keep(members: Path, path: Path) -> None:
    """Read the table of the members and write its register to `path`.

    Raises:
        InputError: the table cannot be read, or lists a member twice.
    """
    register = register_of(member_batches(str(members)))
    about = {"schema": SCHEMA, "regions": register.regions, "signs": register.signs}
    columns = {name: getattr(register, name) for name in _COLUMNS}
    arrays.save(path, about, columns | {"ids": register.index.ids} | register.index.parts)


def load(path: Path, *, check: bool = False) -> Register:
    """Take up a register from where it was kept; `check` every byte of it.

    Raises:
        VerificationError: the file is damaged, or of another version.
    """
    about, saved = arrays.load(path, check=check)
    if about.get("schema") != SCHEMA:
        raise VerificationError(
            f"`{path.name}` was written by another version of Vanne",
            todo="remove it and run `vanne corpus refresh`",
        )
    return Register(
        index=IdIndex(saved["ids"], saved),
        regions=about["regions"],
        signs=about["signs"],
        **{name: saved[name] for name in _COLUMNS},
    )
