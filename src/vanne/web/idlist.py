"""The ids that a request asks about: JSON, or text with one id a line.

Text is the fast form: its lines become an Arrow array without becoming strings of Python first.
"""

import json
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.web.answers import Answer, problem

if TYPE_CHECKING:
    import pyarrow as pa

MOST_IDS = 10_000
LONGEST_ID = 4096
"""In bytes: hashing takes a step for every eight bytes of the longest."""
_NEWLINE = 10

NOT_UTF_8 = problem(400, "not-utf-8", "the request is not UTF-8", "send ids in UTF-8")
_NOT_JSON = problem(
    400, "not-json", "the body is not JSON", 'send a document such as {"ids": ["item-1"]}'
)
_NOT_IDS = problem(
    422,
    "bad-input",
    "the body is not a list of ids",
    'send a document with one key, `ids`, and in it a list of strings: {"ids": ["item-1"]}',
)
_EMPTY = problem(422, "bad-input", "an id is empty", "every id has at least one character")
TOO_LONG = problem(
    422,
    "bad-input",
    f"an id is longer than {LONGEST_ID:,} bytes",
    "check whether each id is one id",
)
TOO_MANY = problem(
    413, "too-many", f"more than {MOST_IDS:,} ids", f"ask for at most {MOST_IDS:,} ids at once"
)


def ids_in_json(body: bytes) -> "pa.Array | Answer":
    """Return the ids of `{"ids": [...]}`, or what is wrong with it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        document = json.loads(body.decode())
    except UnicodeDecodeError:
        return NOT_UTF_8
    except (ValueError, RecursionError):
        return _NOT_JSON
    if not isinstance(document, dict) or list(document) != ["ids"]:
        return _NOT_IDS
    listed = document["ids"]
    if not isinstance(listed, list):
        return _NOT_IDS
    if len(listed) > MOST_IDS:
        return TOO_MANY
    try:
        ids = pa.array(listed, pa.large_string())
    except UnicodeEncodeError:  # half of a surrogate pair, escaped
        return NOT_UTF_8
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return _NOT_IDS
    if ids.null_count:
        return _NOT_IDS
    return _wrong_length(pc.binary_length(ids).to_numpy()) or ids


def ids_in_text(body: bytes) -> "pa.Array | Answer":
    """Return the ids of a text with one a line, or what is wrong with it."""
    import pyarrow as pa

    if not body.isascii() and not is_utf_8(body):
        return NOT_UTF_8
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    if body and not body.endswith(b"\n"):
        body += b"\n"
    text = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    if len(ends) > MOST_IDS:
        return TOO_MANY
    offsets = np.zeros(len(ends) + 1, np.int64)
    np.subtract(ends, np.arange(len(ends)), out=offsets[1:])  # without the ends of lines before
    if wrong := _wrong_length(np.diff(offsets)):
        return wrong
    letters = body.replace(b"\n", b"")
    return pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(letters))


def _wrong_length(lengths: npt.NDArray[np.int64]) -> Answer | None:
    """Return what is wrong with ids that are so many bytes long."""
    if not lengths.all():
        return _EMPTY
    return TOO_LONG if lengths.max(initial=0) > LONGEST_ID else None


def is_utf_8(body: bytes) -> bool:
    """Say whether some bytes are text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
