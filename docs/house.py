"""Draw the house by its imports: `./run python docs/house.py FOLDER OUT.svg`.

A box is a room: a folder of a package, or a file in it. The area of a box follows its lines of
Python. A room stands above all that it imports. A line is an import from the room above by the one
below; its width follows how many files import. A red line runs back up.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

WIDTH, FLOOR, MARGIN = 1080, 112, 24
COLOURS = {
    "vanne": "#dbe8f4",
    "vanne_assist": "#f6e3c5",
    "vanne_azure": "#e2efd9",
    "vanne_audit": "#eadcf0",
}


def room_of(module: str) -> str:
    """Return the room of a module: of a plug-in the whole package is one.

    >>> room_of("vanne.corpus.export.card"), room_of("vanne.terms"), room_of("vanne_assist.jobs")
    ('corpus', 'terms', 'vanne_assist')
    """
    package, *inner = module.split(".")
    return inner[0] if package == "vanne" and inner else package


def imports_of(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, in functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for name in node.names:
                yield node.module if node.module != "vanne" else f"vanne.{name.name}"
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def measured(folder: Path) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the lines of each room, and how many files of one room import another."""
    lines: dict[str, int] = defaultdict(int)
    arrows: dict[tuple[str, str], set[Path]] = defaultdict(set)
    for file in sorted(folder.glob("vanne*/**/*.py")):
        module = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        room = room_of(module)
        lines[room] += len(file.read_text(encoding="utf-8").splitlines())
        for target in imports_of(file):
            if target.split(".")[0] in COLOURS and room_of(target) not in {room, "vanne"}:
                arrows[room, room_of(target)].add(file)
    lines.pop("vanne", None)  # the package's own file, and `python -m vanne`
    lines.pop("__main__", None)
    found = {pair: len(files) for pair, files in arrows.items() if set(pair) <= set(lines)}
    return dict(lines), found


def floors_of(lines: dict[str, int], arrows: dict[tuple[str, str], int]) -> dict[str, int]:
    """Return the floor of each room: one above the highest that it imports."""
    floors: dict[str, int] = {}

    def floor(room: str, above: tuple[str, ...]) -> int:
        if room not in floors:
            below = [b for a, b in arrows if a == room and b not in above and b != room]
            floors[room] = 1 + max((floor(b, (*above, room)) for b in below), default=-1)
        return floors[room]

    for room in sorted(lines):
        floor(room, ())
    return floors


def drawing(folder: Path) -> str:
    """Return the SVG of a source folder."""
    lines, arrows = measured(folder)
    floors = floors_of(lines, arrows)
    top = max(floors.values())
    boxes: dict[str, tuple[float, float, float, float]] = {}
    scale = 0.62
    for level in range(top + 1):
        rooms = sorted((r for r in lines if floors[r] == level), key=lambda r: -lines[r])
        rooms = rooms[::2] + rooms[1::2][::-1]  # the large ones apart from each other
        sides = [
            (max(54.0, 2.1 * scale * sqrt(lines[r])), max(26.0, scale * sqrt(lines[r])))
            for r in rooms
        ]
        gap = (WIDTH - sum(w for w, _ in sides)) / (len(rooms) + 1)
        x = gap
        for room, (w, h) in zip(rooms, sides, strict=True):
            middle = MARGIN + (top - level) * FLOOR + FLOOR / 2
            boxes[room] = (x, middle - h / 2, w, h)
            x += w + gap
    height = MARGIN * 2 + (top + 1) * FLOOR
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" text-anchor="middle">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for (above, below), files in sorted(arrows.items()):
        (ax, ay, aw, ah), (bx, by, bw, _) = boxes[above], boxes[below]
        colour = "#b9bec6" if floors[above] > floors[below] else "#c0392b"
        parts.append(
            f'<path d="M{ax + aw / 2:.0f} {ay + ah:.0f} L{bx + bw / 2:.0f} {by:.0f}" '
            f'stroke="{colour}" stroke-width="{min(4, 0.5 + files / 8):.1f}" fill="none"/>'
        )
    for room, (x, y, w, h) in sorted(boxes.items()):
        fill = COLOURS.get(room, COLOURS["vanne"])
        middle, half = x + w / 2, y + h / 2
        parts += [
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}" rx="3" '
            f'fill="{fill}" stroke="#33475b"/>',
            f'<text x="{middle:.0f}" y="{half - 1:.0f}" font-size="12">{room}</text>',
            f'<text x="{middle:.0f}" y="{half + 12:.0f}" font-size="9">{lines[room]:,}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    source, target = sys.argv[1:]
    Path(target).write_text(drawing(Path(source)), encoding="utf-8")
