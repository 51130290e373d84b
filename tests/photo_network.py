"""A small network with texts and photos of twelve members."""

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from vanne.config import Home
from vanne.corpus import build
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

AS_OF, MADE = datetime(2026, 6, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
MEMBERS = [f"member-{n:02}" for n in range(12)]
DENIED = "what must never be sent"
LANGUAGES = ("fr", "en-GB", "de_CH", "it", "rm", None)
GPS = 0x8825


def photo(number: int) -> bytes:
    """A JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x013B] = f"photographer of {DENIED}"
    exif.get_ifd(GPS)[1] = "N"
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def items(media: Path) -> list[Item]:
    rows = []
    for number, owner in enumerate(MEMBERS):
        usual: dict[str, Any] = {"created_at": MADE, "lang": LANGUAGES[number % 6]}
        rows.append(Item(f"{owner}-post", owner, "post", text=f"A post, the {number}th", **usual))
        fields = {"given_name": owner, "headline": f"Headline number {number}"}
        rows.append(Item(f"{owner}-profile", owner, "profile", fields=fields, **usual))
        path = f"photos/{owner}.jpg"
        (media / path).write_bytes(photo(number))
        rows.append(Item(f"{owner}-photo", owner, "photo", media=path, created_at=MADE))
        rows.append(Item(f"{owner}-follow", owner, "follow", text=DENIED, **usual))
    return rows


def make_home(folder: Path) -> Home:
    """Make the network and its corpus: 24 texts and 12 photos of 12 members."""
    home = Home(folder / "home")
    (home.media / "photos").mkdir(parents=True)
    write_items(items(home.media), home.items / "items.parquet")
    salary = [Item(f"{who}-pay", who, "salary", created_at=MADE, text=DENIED) for who in MEMBERS]
    write_items(salary, home.items / "never-items.parquet")
    write_members([Member(who, "CH", date(1990, 4, 12)) for who in MEMBERS], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    build(home, AS_OF)
    return home


def say(home: Home, *members: str, on: bool = False) -> None:
    """Let members say no (or yes), now."""
    with Ledger(home.ledger) as ledger:
        at = datetime.now(UTC)
        ledger.append([Choice(member, MAIN_PURPOSE, "all", on, at) for member in members])
