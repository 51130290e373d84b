"""A folder of everything that people give and that cannot be read, made by hand."""

import os
import stat
import struct
import zipfile
from pathlib import Path

from tests.conftest import CASES
from tests.sources.test_archive import entry, zip_of


def make(folder: Path) -> None:
    """Fill a folder with archives, policies and tables that are refused, each for one reason."""
    _archives(folder)
    _archives_that_lie(folder)
    _policies(folder)
    _tables(folder)


def _archives(folder: Path) -> None:
    zip_of(folder / "good.zip")
    (folder / "empty").mkdir()
    (folder / "empty.zip").touch()
    (folder / "cut.zip").write_bytes((folder / "good.zip").read_bytes()[:40])
    (folder / "text.zip").write_text("my photos")
    (folder / "page.zip").write_text("<!DOCTYPE html><title>Sign in</title>")
    (folder / "packed.tar.gz").write_bytes(b"\x1f\x8b\x08\x00")
    os.mkfifo(folder / "pipe.zip")
    (folder / "loop.zip").symlink_to("loop.zip")
    with zipfile.ZipFile(folder / "nothing.zip", "w"):
        pass
    with zipfile.ZipFile(folder / "inner-two.zip", "w") as packed:
        for name in ("1.zip", "2.zip"):
            packed.writestr(name, b"x")
    with zipfile.ZipFile(folder / "inner-broken.zip", "w") as packed:
        packed.writestr("inner.zip", b"PK no zip")
    for folder_name, files, size in (("large", 1, 5 << 30), ("huge", 5, 7 << 29)):
        (folder / folder_name).mkdir()
        for number in range(files):
            with (folder / folder_name / f"{number}.csv").open("wb") as sparse:
                sparse.truncate(size)


def _archives_that_lie(folder: Path) -> None:
    zip_of(folder / "absolute.zip", (entry("/etc/passwd"), b"x"))
    zip_of(folder / "out.zip", (entry("../x.csv"), b"x"))
    zip_of(folder / "link.zip", (entry("Shares.csv", stat.S_IFLNK | 0o777), b"/etc/passwd"))
    with zipfile.ZipFile(zip_of(folder / "bomb.zip"), "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("messages.csv", b"0" * (30 << 20))
    with zipfile.ZipFile(folder / "many.zip", "w") as packed:
        for number in range(100_001):
            packed.writestr(f"{number}", b"")
    good = (folder / "good.zip").read_bytes()
    _patched(folder / "encrypted.zip", good, "<H", 6, 8, 1)
    _patched(folder / "longer.zip", good, "<I", 22, 24, 5)
    _patched(folder / "checksum.zip", good, "<I", 14, 16, 5)
    with zipfile.ZipFile(folder / "inner-lzma.zip", "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("export.zip", b"x")


def _patched(path: Path, data: bytes, form: str, local: int, central: int, value: int) -> None:
    """Write a zip whose first entry says another number in both of its headers."""
    changed = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        struct.pack_into(form, changed, changed.index(signature) + offset, value)
    path.write_bytes(changed)


def _policies(folder: Path) -> None:
    (folder / "wrong").symlink_to(CASES / "policy" / "errors")
    (folder / "whole.toml").symlink_to(CASES / "policy" / "whole.toml")
    (folder / "latin.toml").write_bytes('title = "é"'.encode("latin-1"))
    (folder / "tools.toml").write_text("[purposes.job-matching.listed]\n")
    (folder / "half.toml").write_text('name = "')
    whole = (CASES / "policy" / "whole.toml").read_text(encoding="utf-8")
    (folder / "other.toml").write_text(whole.replace("generative-ai-training", "something-else"))


def _tables(folder: Path) -> None:
    head, row = "item_id,owner,category,created_at", "1,a,post,2026-01-01"
    texts = {
        "items.csv": f"{head},text\n{row},x\n",
        "no-text.csv": f"{head}\n{row}\n",
        "no-owner.csv": f"{head}\n".replace("owner", "owners"),
        "no-id.csv": "number\n",
        "misspelt.csv": f"{head},Tag\n{row},x\n",
        "tagged.csv": f"{head},text,tags\n{row},x,union\n",
        "twice.csv": "item_id,item_id\n",
        "blank.csv": "",
        "short-row.csv": f"{head},text\n{row},x\n2,b\n",
        "quote.csv": f'{head},text\n{row},"x\n',
        "broken.jsonl": '{"item_id": "1", \n',
        "broken.parquet": "PAR1",
        "text.parquet": "no Parquet at all, but long enough",
        "note.txt": "x",
        "mixed/items.csv": head,
        "mixed/note.txt": "x",
        "headers/a.csv": head,
        "headers/b.csv": "item_id",
    }
    for name in ("mixed", "headers", "none"):
        (folder / name).mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "latin.csv").write_bytes("item_id,é\n".encode("latin-1"))
    rows = "".join(f"{number},a,post,2026-01-01,x\n" for number in range(9_000))
    (folder / "latin-row.csv").write_bytes(f"{head},text\n{rows}{row},é\n".encode("latin-1"))
