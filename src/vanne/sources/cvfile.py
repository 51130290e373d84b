"""Reads a CV, or another document, from a PDF or a Word file: its text is one row.

A page of a PDF, or a header of a Word file, that cannot be read costs itself and is listed.

A Word file is a zip of XML and is read here, within the limits of every zip. A PDF is read by pypdf
in a process of its own, which may use `PDF_SECONDS` of processor and `PDF_BYTES` of memory: what a
PDF makes a reader do has no other bound. A CV of Europass carries its XML in the PDF; that is read
in its place, since it is what the person filled in.
"""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from vanne.sources.europass import europass_of_xml
from vanne.sources.parts import Part, Parts
from vanne.sources.reasons import Why
from vanne.sources.xmltext import XmlError, name_of, read_xml

PDF_SECONDS = 60
PDF_BYTES = 1 << 30
MAX_XML = 32 << 20
TOO_MUCH = Why.PDF_TOO_MUCH.of(n=PDF_SECONDS, m=PDF_BYTES >> 30)
LARGE_WORD = Why.LARGE_WORD.of(n=MAX_XML >> 20)
_BODY = "word/document.xml"
_WORD_PARTS = ("word/header", _BODY, "word/footer", "word/footnotes.xml", "word/endnotes.xml")


def is_word(data: bytes) -> bool:
    """Say whether a zip begins as a Word file does."""
    return data[:4] == b"PK\x03\x04" and (b"[Content_Types].xml" in data or b"word/" in data)


def cv_of_word(data: bytes) -> Parts:
    """Read the text of a Word file: headers, body and notes, a line for each paragraph.

    The text is one row; a header or notes that cannot be read are one each.
    """
    texts: list[str] = []
    faults: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in _word_parts(packed):
                try:
                    texts.append(_part_text(packed, name))
                except XmlError as error:
                    faults.append(str(error) if name == _BODY else Why.WORD_PART)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError):
        return Parts((Part(fault=Why.NO_WORD),))
    except (NotImplementedError, RuntimeError, KeyError):
        return Parts((Part(fault=Why.NO_WORD),))
    return _one("\n".join(text for text in texts if text), faults)


def _word_parts(packed: zipfile.ZipFile) -> list[str]:
    names = [name for name in packed.namelist() if name.endswith(".xml")]
    return [name for start in _WORD_PARTS for name in names if name.startswith(start)]


def _part_text(packed: zipfile.ZipFile, name: str) -> str:
    with packed.open(name) as stream:
        data = stream.read(MAX_XML + 1)
    if len(data) > MAX_XML:
        raise XmlError(LARGE_WORD)
    lines: list[str] = []
    _paragraphs(read_xml(data), lines)
    return "\n".join(line for line in lines if line)


def _paragraphs(element: Element, lines: list[str]) -> None:
    """Add the paragraphs in their order; those of a box in a paragraph come after it."""
    for below in element:
        name = name_of(below)
        if name == "p":
            lines.append(" ".join("".join(_runs(below)).split()))
            for box in below.iter():
                if name_of(box) == "txbxContent":
                    _paragraphs(box, lines)
        elif name not in ("Fallback", "del"):
            _paragraphs(below, lines)


def _runs(element: Element) -> list[str]:
    parts: list[str] = []
    for below in element:
        name = name_of(below)
        if name == "t":
            parts.append(below.text or "")
        elif name in ("tab", "br", "cr"):
            parts.append(" ")
        elif name not in ("txbxContent", "Fallback", "del", "delText", "instrText"):
            parts.extend(_runs(below))
    return parts


def _one(text: str, faults: Sequence[str] = ()) -> Parts:
    """Make one row of the text, and one of each part of the document that could not be read."""
    said = [Part("cv", text)] if text.strip() else []
    listed = [Part(fault=fault) for fault in faults or ([] if said else [Why.NO_TEXT])]
    return Parts((*said, *listed))


def cv_of_pdf(data: bytes) -> Parts:
    """Read the text of a PDF, or the CV of Europass that it carries."""
    command = [sys.executable, "-m", "vanne.sources.pdftext"]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=2 * PDF_SECONDS, check=False
        )
        said = json.loads(done.stdout) if done.returncode == 0 else {"fault": _why(done.returncode)}
    except (subprocess.TimeoutExpired, MemoryError):
        said = {"fault": TOO_MUCH}
    except ValueError:
        said = {"fault": Why.NO_PDF}
    for attached in said.get("attached", ()):
        parts = europass_of_xml(attached.encode("utf-8", "replace"))
        if not parts.fault:
            return parts
    if said.get("fault"):
        return Parts((Part(fault=said["fault"]),))
    return _one(said.get("text", ""), said.get("faults", ()))


def _why(code: int) -> str:
    return {3: Why.NO_PYPDF, 4: Why.ENCRYPTED}.get(code, TOO_MUCH if code < 0 else Why.NO_PDF)
