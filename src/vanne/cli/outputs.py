"""Where a command writes: said to be wrong before the work, not after it."""

from errno import ENOTDIR
from pathlib import Path
from typing import Any

import click

from vanne.errors import InputError, no_such_folder, storage_error
from vanne.words import Message

_FORMATS = frozenset(
    ".arrow .avro .csv .db .duckdb .feather .gguf .gz .html .json .jsonl .md .ndjson .npy .npz "
    ".orc .parquet .pdf .sqlite .svg .toml .tsv .txt .xlsx .zip".split()
)
"""Suffixes that promise a format; others, such as that of a date in a name, promise nothing."""


class OutputFile(click.Path):
    """A file to write in one of some formats, in a folder that is there."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self._suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that promises another format, and a folder that is missing."""
        path = Path(str(super().convert(value, param, ctx)))
        suffix = path.suffix.lower()
        if suffix in _FORMATS - {*self._suffixes}:
            kinds = " / ".join(self._suffixes)
            raise InputError(
                Message("other-kind-of-output", file=str(path), kinds=kinds, suffix=suffix),
                todo=Message("give-another-name"),
            )
        if folder := no_such_folder(str(path)):
            raise folder
        if path.parent.exists() and not path.parent.is_dir():
            raise storage_error(NotADirectoryError(ENOTDIR, "", f"{path.parent}/"), f"`{path}`")
        return path


class OutputFolder(click.Path):
    """A folder to write files into; it is made if it is not there."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that promises a file."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() in _FORMATS and not path.is_dir():
            file = Message("output-is-folder", file=str(path))
            raise InputError(file, todo=Message("give-another-name"))
        return path
