"""Reads a CV, or another document, from a PDF: its text is one row.

A page that cannot be read costs itself and is listed. A PDF is read by pypdf in a process of its
own, which may use `PDF_SECONDS` of processor and `PDF_BYTES` of memory: what a PDF makes a reader
do has no other bound. A CV of Europass carries its XML in the PDF; that is read in its place, since
it is what the person filled in.
"""

import json
import subprocess
from dataclasses import replace
from typing import Any

from vanne.python import python
from vanne.sources.europass import europass_of_xml
from vanne.sources.parts import Part, Parts, one_row
from vanne.words import Message

PDF_SECONDS = 60
PDF_BYTES = 1 << 30
_END = 2048
TOO_MUCH = Message("pdf-too-much", n=PDF_SECONDS, m=PDF_BYTES >> 30)


def cv_of_pdf(data: bytes) -> Parts:
    """Read the text of a PDF, or the CV of Europass that it carries."""
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
    documents = [europass_of_xml(one.encode("utf-8", "replace")) for one in said["attached"]]
    found = next((parts for parts in documents if not parts.fault), None)
    others = said["others"] + len(documents) - (found is not None)
    faults = [Message(each["code"], **each["params"]) for each in said["faults"]]
    not_read = tuple(Part(fault=Message("attachment")) for _ in range(others))
    parts = found or one_row(said["text"], faults)
    return replace(parts, rows=(*parts.rows, *not_read))


def _why(code: int, data: bytes) -> Message:
    broken = Message("pdf-unreadable") if b"%%EOF" in data[-_END:] else Message("truncated")
    return {3: Message("pdf-needs-extra"), 4: Message("pdf-encrypted")}.get(
        code, TOO_MUCH if code < 0 else broken
    )
