"""Reads a PDF from stdin and writes its text as JSON: `python -m vanne.sources.pdftext`.

It runs in a process of its own, with bounds, because a PDF can make its reader work for ever.
"""

import io
import json
import logging
import resource
import sys

MAX_PAGES = 500
MAX_TEXT = 8 << 20
_XML = (b"<?xml", b"\xef\xbb\xbf<?xml", b"<Candidate", b"<SkillsPassport")


def main() -> int:
    """Read and write; the exit code says why not."""
    from vanne.sources.cvfile import PDF_BYTES, PDF_SECONDS

    resource.setrlimit(resource.RLIMIT_CPU, (PDF_SECONDS, PDF_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (PDF_BYTES, PDF_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    try:
        from pypdf import PdfReader
    except ImportError:
        return 3
    try:
        reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return 4
        attached = [
            data[: 2 * MAX_TEXT].decode("utf-8", "replace")
            for contents in reader.attachments.values()
            for data in contents
            if data.lstrip()[:20].startswith(_XML)
        ]
        text = "\n".join(page.extract_text() or "" for page in reader.pages[:MAX_PAGES])
    except BaseException:
        return 5
    said = {"text": text[:MAX_TEXT].encode("utf-8", "replace").decode(), "attached": attached}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
