"""Check a training file as the service will, before it is sent: what is wrong, in which line.

The rules are those of Microsoft's pages on fine-tuning (texts and vision, October 2026). Photos
must be `data:` addresses: a link would make Azure fetch from wherever it leads.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from vanne.corpus.export.vision import BOM, LARGEST_PHOTO
from vanne.errors import InputError, storing

LARGEST_FILE = 512 * 1000 * 1000
LEAST_EXAMPLES, MOST_EXAMPLES_WITH_PHOTOS, MOST_PHOTOS = 10, 50_000, 64
_ROLES = ("system", "user", "assistant")
_SIGNATURES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n", "image/webp": b"RIFF"}

Fail = Callable[[str], NoReturn]


def check_file(path: Path) -> int:
    """Return how many examples a training file holds.

    Raises:
        InputError: the service would refuse it; the message names the line and quotes nothing.
        StorageError: it cannot be read.
    """
    name, count, with_photos = path.name, 0, 0

    def fail(what: str, line: int | None = None) -> NoReturn:
        where = f"`{name}`" if line is None else f"`{name}`, line {line}"
        raise InputError(f"{where}: {what}", todo="see docs/reference/azure.md")

    with storing(f"`{path}`"):
        if path.stat().st_size >= LARGEST_FILE:
            fail("512 MB or more")
        with path.open("rb") as file:
            if file.read(3) != BOM:
                fail("does not begin with the byte-order mark of UTF-8", 1)
            for number, line in enumerate(file, 1):
                with_photos += bool(_check_line(line, partial(fail, line=number)))
                count = number
    if count < LEAST_EXAMPLES:
        fail(f"has {count} examples, and a job needs {LEAST_EXAMPLES}")
    if with_photos > MOST_EXAMPLES_WITH_PHOTOS:
        fail(f"has more than {MOST_EXAMPLES_WITH_PHOTOS:,} examples with photos")
    return count


def _check_line(line: bytes, fail: Fail) -> int:
    """Check an example; return how many photos it has."""
    try:
        example = json.loads(line.decode())
    except UnicodeDecodeError:
        fail("is not UTF-8")
    except (ValueError, RecursionError):
        fail("is not JSON")
    messages = example.get("messages") if isinstance(example, dict) else None
    if not (isinstance(messages, list) and messages and all(isinstance(m, dict) for m in messages)):
        fail("has no list `messages`")
    photos = sum(_check_message(message, fail) for message in messages)
    if messages[-1].get("role") != "assistant":
        fail("does not end with a message of the role `assistant`")
    if photos > MOST_PHOTOS:
        fail(f"has more than {MOST_PHOTOS} photos")
    return photos


def _check_message(message: dict[str, Any], fail: Fail) -> int:
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES:
        fail("has a message whose role is none of `system`, `user`, `assistant`")
    if message.get("weight", 1) not in (0, 1):
        fail("has a weight that is neither 0 nor 1")
    if isinstance(content, str) and content.strip():
        return 0
    if not (isinstance(content, list) and content):
        fail(f"has an empty message of the role `{role}`")
    photos = list(_photo_addresses(content, fail))
    if photos and role != "user":
        fail(f"has a photo in a message of the role `{role}`")
    for address in photos:
        _check_photo(address, fail)
    return len(photos)


def _photo_addresses(parts: list[Any], fail: Fail) -> Iterator[Any]:
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "image_url":
            shown = part.get("image_url")
            if not isinstance(shown, dict):
                fail("has a photo without an address")
            if shown.get("detail", "auto") not in ("low", "high", "auto"):
                fail("has a `detail` that is none of `low`, `high`, `auto`")
            yield shown.get("url")
        elif kind != "text" or not isinstance(part.get("text"), str):
            fail("has a part that is neither a text nor a photo")


def _check_photo(address: Any, fail: Fail) -> None:
    head, comma, data = str(address).partition(",")
    kind = head.removeprefix("data:").removesuffix(";base64")
    if not comma or head != f"data:{kind};base64" or kind not in _SIGNATURES:
        fail("has a photo that is no `data:` address of a JPEG, PNG or WEBP")
    try:
        photo = base64.b64decode(data, validate=True)
    except binascii.Error:
        fail("has a photo that is not base64")
    if not photo.startswith(_SIGNATURES[kind]):
        fail(f"has a photo that is no {kind}")
    if len(photo) > LARGEST_PHOTO:
        fail("has a photo of more than 10 MB")
