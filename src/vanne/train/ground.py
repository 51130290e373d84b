"""The ground, the shared start of all shards: texts that nobody can withdraw."""

import json
from collections.abc import Iterable
from pathlib import Path

from vanne.errors import InputError, storing
from vanne.files import write_whole


def write_ground(path: Path, texts: Iterable[str]) -> None:
    """Write texts, one JSON string a line."""
    lines = [json.dumps(text, ensure_ascii=False) + "\n" for text in texts]
    write_whole(path, "".join(lines).encode())


def read_ground(path: Path) -> list[str]:
    """Return the texts of a ground file; none if there is no such file.

    Raises:
        InputError: a line is not a JSON string, or holds half of a surrogate pair.
    """
    if not path.exists():
        return []
    with storing(f"`{path}`"):
        lines = path.read_bytes().splitlines()
    texts = []
    for number, line in enumerate(lines, 1):
        try:
            text = json.loads(line)
        except (ValueError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise InputError(
                f"{path}: line {number} is not a JSON string",
                todo="write one text a line, in quotes",
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can write
            raise InputError(
                f"{path}: line {number} is not valid Unicode at character {error.start}",
                todo="repair it there",
            ) from None
        texts.append(text)
    return texts
