"""`vanne site build`: make the page that reads archives in the browser of the person."""

from pathlib import Path

import click

from vanne.cli.options import as_json, tell
from vanne.extras import require


@click.group()
def command() -> None:
    """Build the page that reads archives in a browser."""


@command.command()
@click.argument("folder", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@as_json
def build(folder: Path, as_json: bool) -> None:
    """Write OUT/index.html: it does in a browser what `vanne inspect` does, and sends nothing.

    It is one file for any web host; a double click opens it too. The same sources give the same
    bytes, so that anybody can compare the digest. Node.js and npm are needed: Pyodide, which is
    Python for the browser, comes from npm once.
    """
    for extra in ("web", "cv"):  # the page holds what they bring
        require(extra)
    from vanne.site.build import build as built

    page = built(folder)
    document = {
        "schema": "vanne/site-build/1",
        "file": str(page.path),
        "sha256": page.sha256,
        "bytes": page.size_bytes,
        "wire_bytes": page.wire_bytes,
    }
    sizes = f"{page.size_bytes:,} bytes, {page.wire_bytes:,} on the wire (gzip)"
    tell(document, as_json, f"{page.path}: {sizes}", f"SHA-256 {page.sha256}")
