"""Reads a CV, or another document, from a PDF: its text is one row.

A page that cannot be read costs itself and is listed. A PDF is read by pypdf in a process of its
own, which may use `PDF_SECONDS` of processor and `PDF_BYTES` of memory: what a PDF makes a reader
do has no other bound.
"""

import json
import subprocess
from typing import Any

from vanne.python import python
from vanne.sources.parts import Parts, one_row
from vanne.words import Message

PDF_SECONDS = 60
PDF_BYTES = 1 << 30
_END = 2048
TOO_MUCH = Message("pdf-too-much", n=PDF_SECONDS, m=PDF_BYTES >> 30)


def cv_of_pdf(data: bytes) -> Parts:
    """Read the text of a PDF; files inside it are listed."""
    command = python("vanne.sources.pdftext")
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=2 * PDF_SECONDS, check=False
        )
        if done.returncode:
            return one_row("", [_why(done.returncode, data)])
        said: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, MemoryError):
        return one_row("", [TOO_MUCH])
    except ValueError:
        return one_row("", [Message("pdf-unreadable")])
    faults = [Message(each["code"], **each["params"]) for each in said["faults"]]
    return one_row(said["text"], [*faults, *[Message("attachment")] * said["attached"]])


def _why(code: int, data: bytes) -> Message:
    broken = Message("pdf-unreadable") if b"%%EOF" in data[-_END:] else Message("truncated")
    return {3: Message("pdf-needs-extra"), 4: Message("pdf-encrypted")}.get(
        code, TOO_MUCH if code < 0 else broken
    )
