"""Put other members into a home that has some, as `vanne corpus add --members` does."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from vanne.config import Home
from vanne.corpus.intake import put_members
from vanne.sources.tables import write_members
from vanne.terms import Member


def replace_members(members: Iterable[Member], home: Home) -> None:
    with TemporaryDirectory() as folder:
        table = Path(folder) / "members.parquet"
        write_members(members, table)
        put_members(home, str(table))
