"""The table of the members, kept beside the corpus in the form in which they are looked up."""

from functools import partial
from pathlib import Path

from vanne.config import Home
from vanne.corpus import arrays
from vanne.decide.member_columns import MemberTable, member_table
from vanne.ids import IdIndex
from vanne.sources.batches import member_batches

SCHEMA = "vanne/register/2"
_COLUMNS = ("region", "birth_day", "sign_of", "sign")


def member_table_of(home: Home, members_sha256: str, *, check: bool = False) -> MemberTable:
    """Return the members; make their index from the table if it is not there yet.

    With `check` every byte of it is looked at.

    Raises:
        InputError: the table cannot be read, or lists a member twice.
    """
    path = home.corpus / "facts" / f"members-{members_sha256}.arrow"
    return arrays.derived(path, home.members, members_sha256, _make, partial(_load, check=check))


def _make(members: Path, path: Path) -> None:
    table = member_table(member_batches(str(members)))
    about = {"schema": SCHEMA, "regions": table.regions, "signs": table.signs}
    columns = {name: getattr(table, name) for name in _COLUMNS}
    arrays.save(path, about, columns | {"ids": table.index.ids} | table.index.parts)


def _load(path: Path, *, check: bool) -> MemberTable:
    about, saved = arrays.load(path, check=check, schema=SCHEMA)
    return MemberTable(
        index=IdIndex(saved["ids"], saved),
        regions=about["regions"],
        signs=about["signs"],
        **{name: saved[name] for name in _COLUMNS},
    )
