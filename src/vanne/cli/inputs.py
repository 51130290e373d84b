"""What a command reads: files, tables and policies. `-` is standard input.

A table is read more than once, and the suffix of a file says what the file holds. So standard input
is copied into a file first, with the suffix of what it begins as. The file is deleted when the
command ends.
"""

import shutil
import sys
import zlib
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from vanne.errors import UsageError, storing
from vanne.words import Message

_SEEN = "vanne.stdin"
_START = 4096  # bytes from which the kind is told
_KINDS = ((b"PAR1", ".parquet"), (b"PK\x03\x04", ".zip"), (b"%PDF-", ".pdf"),
          (b"{", ".jsonl"), (b"[", ".json"))  # fmt: skip
TABLE = "Parquet, CSV, JSON Lines, a folder, an address, a query, or `-`: standard input."


class InputFile(click.Path):
    """A file, or `-`; what begins as nothing that is known gets the suffix `other`."""

    def __init__(self, other: str = ".csv", *, folders: bool = False) -> None:
        super().__init__(allow_dash=True, dir_okay=folders, readable=False, path_type=Path)
        self._other = other

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; of standard input that of its copy."""
        if str(value) == "-" and ctx and not ctx.resilient_parsing:
            return _copied(ctx, self._other)
        return super().convert(value, param, ctx)


class TableParam(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A table: the path of files, a query, or `-`."""

    name = "table"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return what names the table; of standard input the path of its copy."""
        if value == "-" and ctx and not ctx.resilient_parsing:
            return str(_copied(ctx, ".csv"))
        return str(value)


class PolicyParam(click.ParamType):  # type: ignore[type-arg]
    """A policy: a built-in one, the path of a TOML file, or `-`."""

    name = "policy"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return what names the policy; of standard input the path of its copy."""
        if value == "-" and ctx and not ctx.resilient_parsing:
            return str(_copied(ctx, ".toml"))
        return str(value)


def _copied(ctx: click.Context, other: str) -> Path:
    """Copy standard input into a file that is deleted when the command ends.

    Raises:
        UsageError: it was read already.
        StorageError: it cannot be read, or the copy cannot be written.
    """
    if _SEEN in ctx.meta:
        raise UsageError(Message("stdin-twice"), todo=Message("see-help", command=ctx.command_path))
    ctx.meta[_SEEN] = True
    with storing(Message("standard-input")):
        folder = Path(mkdtemp(prefix="vanne-"))
        ctx.find_root().call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
        start = sys.stdin.buffer.read(_START)
        copy = folder / f"stdin{_suffix(start, other)}"
        with copy.open("wb") as file:
            file.write(start)
            shutil.copyfileobj(sys.stdin.buffer, file)
    return copy


def _suffix(start: bytes, other: str) -> str:
    r"""Return the suffix of what begins so.

    >>> _suffix(b"PAR1\x15", ".csv"), _suffix(b'\n{"item_id"', ".csv"), _suffix(b"item_id,", ".csv")
    ('.parquet', '.jsonl', '.csv')
    """
    if start.startswith(b"\x1f\x8b"):
        try:
            return _suffix(zlib.decompressobj(31).decompress(start, _START), other) + ".gz"
        except zlib.error:
            return f"{other}.gz"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((suffix for sign, suffix in _KINDS if text.startswith(sign)), other)
