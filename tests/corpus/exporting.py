"""A small network to export, and what a receiver sees of an export."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image, PngImagePlugin

from vanne.config import Home
from vanne.corpus import build, current
from vanne.corpus.export import Export, ExportOptions, export
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
MADE = datetime(2024, 5, 1, tzinfo=UTC)
MEMBERS = [Member(f"member-{n:02}", "CH", datetime(1990, 4, 12).date()) for n in range(12)]
DENIED = "text that must never be seen"
SAID = (
    "Greetings from a place that many of us know well, with all my thanks to everybody there who "
    "showed us around, cooked for us, and did not mind that we asked the same things twice."
)


def item(item_id: str, owner: str, **fields: Any) -> Item:
    usual = Item(item_id, owner, "post", created_at=MADE, lang="fr", text=f"About {item_id} alone")
    return replace(usual, **fields)


def items() -> list[Item]:
    """Five posts of each member, of which one is everybody's; a photo; more."""
    rows = []
    for number, member in enumerate(MEMBERS):
        owner = member.member_id
        rows += [item(f"{owner}-post-{n}", owner) for n in range(3)]
        rows.append(item(f"all-{owner}", owner, text=SAID))
        photo = {"category": "photo", "text": None, "lang": None, "media": f"photos/{owner}.png"}
        rows.append(item(f"{owner}-photo", owner, **photo))
        rows.append(item(f"{owner}-follow", owner, category="follow", text=f"{DENIED} {number}"))
    return rows


def png(number: int, **texts: str) -> bytes:
    """A photo whose file says more than it shows: in one colour, so that it can be told apart."""
    said = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        said.add_text(name, text)
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (number, 0, 0)).save(file, "PNG", pnginfo=said)
    return file.getvalue()


def shown(photo: bytes) -> int:
    """The number of a photo."""
    with Image.open(io.BytesIO(photo)) as image:
        return int(image.getpixel((0, 0))[0])  # type: ignore[index]


def make_home(tmp_path: Path) -> Home:
    """Make a small network with its corpus."""
    home = Home(tmp_path / "home")
    write_items(items(), home.items / "items.parquet")
    never = [
        item(f"{m.member_id}-pay", m.member_id, category="salary", text=DENIED) for m in MEMBERS
    ]
    write_items(never, home.items / "never-items.parquet")
    write_members(MEMBERS, home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    (home.media / "photos").mkdir(parents=True)
    for number, member in enumerate(MEMBERS):
        photo = png(number, Author=f"{DENIED} {member.member_id}")
        (home.media / "photos" / f"{member.member_id}.png").write_bytes(photo)
    build(home, AS_OF)
    return home


def say(home: Home, *members: str, on: bool = False, at: datetime = AS_OF) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice(member, MAIN_PURPOSE, "all", on, at) for member in members])


def at(moment: datetime) -> Callable[[], datetime]:
    """Return a clock that stands still."""
    return lambda: moment


def exported(home: Home, out: Path, **options: Any) -> Export:
    return export(home, current(home), out, at(AS_OF), ExportOptions(**options))


def rows_of(out: Path) -> list[dict[str, Any]]:
    """Read every row of an export as a receiver would, without our code."""
    paths = sorted((out / "data").iterdir())
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def document(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "export.json").read_text()))
