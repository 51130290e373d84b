"""Paint the photos: a thing of the person's trade among discs, without a face and without text.

What is shown follows the trade, so a model can learn what a photo has to do with a headline;
colours, place and size are chance, so it cannot learn the photo itself by these.
"""

import io
from pathlib import Path
from typing import Any

from vanne.demo.dice import Dice
from vanne.demo.motifs import MOTIFS, Shape
from vanne.files import write_whole

_SIDE = 96  # pixels; with 8 colours such a picture stays under 2 kB
_GROUND, _INK = 0, 7


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
    for shape in MOTIFS[trade]:
        _draw(draw, shape, (left, top, size))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def store(media: Path, name: str, dice: Dice, trade: str) -> None:
    """Write a photo into the media folder unless it is there.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    path = media / name
    if not path.exists():
        write_whole(path, photo(dice, trade))


def _palette(dice: Dice) -> list[int]:
    """Return a light ground, lighter and darker discs, and a dark ink: RGB for 8 colours."""
    light = [dice.between(190, 255) for _ in range(3)]
    discs = [dice.between(140, 255) for _ in range(3 * (_INK - 1))]
    return [*light, *discs, *(dice.below(110) for _ in range(3))]


def _draw(draw: Any, shape: Shape, frame: tuple[int, int, int]) -> None:
    """Draw a shape of a motif into a square that is `size` wide."""
    (ink, kind, corners), (left, top, size) = shape, frame
    places = [(top if n % 2 else left) + size * each / 100 for n, each in enumerate(corners)]
    colour, width = _INK if ink == "+" else _GROUND, max(2, size // 16)
    if kind == "line":
        draw.line(places, fill=colour, width=width)
    elif kind == "upper arc":
        draw.arc(places, 180, 360, fill=colour, width=width)
    elif kind == "lower arc":
        draw.arc(places, 0, 180, fill=colour, width=width)
    elif kind == "dome":
        draw.pieslice(places, 180, 360, fill=colour)
    else:
        getattr(draw, kind)(places, fill=colour)
