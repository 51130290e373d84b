"""Draw the made-up photos: a sign for the person's trade among discs, no face and no text.

A sign is a symmetric pattern of squares that follows from the name of the trade. Colours, place and
size are random, so that no two are the same.
"""

import io
from pathlib import Path

from vanne.demo.dice import Dice
from vanne.files import write_whole

_SIDE = 96  # pixels; with 8 colours such a picture stays under 2 kB
_GROUND, _INK = 0, 7
_CELLS = 5  # squares of a sign in each direction: 15 free ones tell all trades apart


def photo(dice: Dice, trade: str) -> bytes:
    """Return a PNG."""
    from PIL import Image, ImageDraw

    picture = Image.new("P", (_SIDE, _SIDE), _GROUND)
    picture.putpalette(_palette(dice))
    draw = ImageDraw.Draw(picture)
    for colour in range(1, _INK):
        x, y, radius = dice.below(_SIDE), dice.below(_SIDE), dice.between(4, 14)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    size = dice.between(_SIDE * 5 // 10, _SIDE * 8 // 10)
    left, top = (dice.below(_SIDE - size + 1) for _ in "xy")
    cell = size // _CELLS
    for column, row in sign(trade):
        x, y = left + column * cell, top + row * cell
        draw.rectangle((x, y, x + cell, y + cell), fill=_INK)
    file = io.BytesIO()
    picture.save(file, "PNG", bits=4)
    return file.getvalue()


def sign(trade: str) -> list[tuple[int, int]]:
    """Return the squares (column, row) of a trade's sign, which is the same left and right."""
    dice, half = Dice("sign", trade), (_CELLS + 1) // 2
    drawn = [(x, y) for x in range(half) for y in range(_CELLS) if dice.chance(0.5)]
    return sorted({place for x, y in drawn for place in ((x, y), (_CELLS - 1 - x, y))})


def store(media: Path, name: str, dice: Dice, trade: str) -> None:
    """Write a photo into the media folder unless it is there.

    It waits for no disk: a demo is put in place whole or not at all.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    path = media / name
    if not path.exists():
        write_whole(path, photo(dice, trade), durable=False)


def _palette(dice: Dice) -> list[int]:
    """Return a light ground, lighter and darker discs, and a dark ink: RGB for 8 colours."""
    light = [dice.between(190, 255) for _ in range(3)]
    discs = [dice.between(140, 255) for _ in range(3 * (_INK - 1))]
    return [*light, *discs, *(dice.below(110) for _ in range(3))]
