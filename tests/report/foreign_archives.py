"""Archives made like foreign ones, and how the answer on each row compares with what is expected.

`python -m tests.report.foreign_archives` prints the figures of each network, and each wrong row;
with names of archives, only of those.
"""

import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile, ZipInfo

from vanne.report.inspection import Inspection, inspect
from vanne.report.states import ItemState
from vanne.sources import FileReading, read_archives
from vanne.terms import Item

FOLDER = Path(__file__).parents[1] / "cases" / "archives"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
MADE = (2026, 11, 20, 8, 0, 0)
OUTCOMES = ("right", "false used", "false not used", "not told", "unread")
"""*Not told*: the network says it, and the answer is *not known*. *Unread*: the same without item."""
WRONG = ("false used", "false not used")
NO_ITEM = "no item"


@dataclass(frozen=True)
class ForeignArchive:
    """One archive: its files, and what is expected of their rows."""

    folder: Path
    expected: dict[str, Any]

    @property
    def is_put_aside(self) -> bool:
        """Say whether nobody looks at it while the product is developed."""
        return int(self.folder.name[:2]) % 2 == 1

    def packed(self, folder: Path) -> Path:
        """Make the zip that a network would hand out."""
        made = folder / f"{self.folder.name}.zip"
        with ZipFile(made, "w") as archive:
            files = self.folder / "files"
            for path in sorted(path for path in files.rglob("*") if path.is_file()):
                name = ZipInfo(path.relative_to(files).as_posix(), MADE)
                archive.writestr(name, path.read_bytes())
        if self.expected.get("wrap") != "zip":
            return made
        outer = folder / f"{self.folder.name}-outer.zip"
        with ZipFile(outer, "w") as archive:
            archive.writestr(ZipInfo(made.name, MADE), made.read_bytes())
        return outer


@dataclass(frozen=True)
class Answer:
    """What the product says of one row, and whether that is what is expected."""

    archive: str
    network: str
    where: str
    expected: tuple[str, ...]
    got: str
    outcome: str

    def __str__(self) -> str:
        wanted = " or ".join(self.expected)
        return f"{self.archive} {self.where}: {wanted}, and the answer is {self.got}"


def foreign_archives() -> list[ForeignArchive]:
    """Return all archives, in the order of their numbers."""
    folders = sorted(path.parent for path in FOLDER.glob("*/expected.toml"))
    return [
        ForeignArchive(folder, tomllib.loads((folder / "expected.toml").read_text("utf-8")))
        for folder in folders
    ]


def answers(archive: ForeignArchive) -> Iterator[Answer]:
    """Inspect an archive as a person does, and compare the answer on each row.

    Where the archive does not tell the country, the person says it then.
    """
    with TemporaryDirectory() as folder:
        zipped = archive.packed(Path(folder))
        options = archive.expected.get("options", {})
        born = options.get("birth_date")
        birth_date = date.fromisoformat(born) if born else None
        how: dict[str, Any] = {"as_of": NOW, "birth_date": birth_date}
        inspection = inspect([zipped], region=options.get("region"), **how)
        country = archive.expected["country"]
        looks = [states_of(inspection)]
        if inspection.member.region is None and country:
            looks.append(states_of(inspect([zipped], region=country, **how)))
        files = {plain(file.path): file for file in read_archives([zipped]).files}
    name, network = archive.folder.name, archive.expected["network"] or "none"
    for part in archive.expected["file"]:
        named = (f for path, f in files.items() if f"/{path}".endswith(f"/{part['path']}"))
        file = next(named, None)
        for where, expected, found in rows_of(part, file):
            at = f"{part['path']} {where}"
            for states in looks:
                got = {told(states.get(item.item_id)) for item in found} or {NO_ITEM}
                for one in sorted(got):
                    said = outcome(expected, one)
                    if states is looks[-1] or said in WRONG:
                        yield Answer(name, network, at, expected, one, said)


def states_of(inspection: Inspection) -> dict[str, ItemState]:
    """Return what is said of each item."""
    return {each.item.item_id: each.state for each in inspection.decided}


def told(state: ItemState | None) -> str:
    """Return a state with its reason."""
    return f"{state.state} ({state.reason.value})" if state else NO_ITEM


def outcome(expected: tuple[str, ...], got: str) -> str:
    """Say what is right or wrong with an answer."""
    state = got.partition(" (")[0]
    if state == NO_ITEM:
        return "right" if "not-known" in expected else "unread"
    if state in expected or (state == "reserved" and "used" in expected):
        return "right"  # the archives were judged before *reserved* had a word of its own
    return {"used": "false used", "reserved": "false used", "not-used": "false not used"}.get(
        state, "not told"
    )


def rows_of(
    part: dict[str, Any], file: FileReading | None
) -> Iterator[tuple[str, tuple[str, ...], list[Item]]]:
    """Yield each expected row of a file, and the items that it gave."""
    items = list(file.items) if file else []
    if whole := part.get("whole"):
        yield "whole", tuple(whole), items
        return
    listed = {row.row for row in file.listed} if file else set()
    by_number = dict(zip((n for n in range(1, 10_000) if n not in listed), items, strict=False))
    for row in part["rows"]:
        expected = tuple(row.get("either") or [row["state"]])
        if "row" in row:
            found = [by_number[row["row"]]] if row["row"] in by_number else []
        else:
            found = [item for item in items if plain(row["says"]) in text_of(item)]
        yield f"{row.get('row', '')} {row['says']!r}".strip(), expected, found


def text_of(item: Item) -> str:
    """Return every text of an item."""
    return plain("\n".join([item.text or "", item.media or "", *map(str, item.fields.values())]))


def plain(text: str) -> str:
    """Return a text as it is compared: without entities, with one form of quotation mark."""
    return unescape(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def main() -> None:
    """Print the figures."""
    named = sys.argv[1:]
    figures: dict[str, Counter[str]] = {}
    for archive in foreign_archives():
        if named and not any(name in archive.folder.name for name in named):
            continue
        for answer in answers(archive):
            half = "put aside" if archive.is_put_aside else "development"
            for row in (answer.network, half, "all"):
                figures.setdefault(row, Counter())[answer.outcome] += 1
                figures[row][NO_ITEM] += answer.got == NO_ITEM
            if answer.outcome != "right":
                print(f"{answer.outcome}: {answer}")
    columns = (*OUTCOMES, NO_ITEM)
    print(f"{'':12}{'rows':>8}" + "".join(f"{name:>16}" for name in columns))
    for row, counts in figures.items():
        rows = sum(counts[name] for name in OUTCOMES)
        print(f"{row:12}{rows:8}" + "".join(f"{counts[name]:16}" for name in columns))


if __name__ == "__main__":
    main()
