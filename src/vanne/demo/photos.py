"""Paint the photos: discs in a few colours, without a face and without text."""

import io
from pathlib import Path

from vanne.demo.dice import Dice
from vanne.files import write_whole

_SIDE = 64  # pixels; with 8 colours such a picture stays under 2 kB


def photo(dice: Dice) -> bytes:
    """Return a PNG."""
    from PIL import Image, ImageDraw

    picture = Image.new("P", (_SIDE, _SIDE))
    picture.putpalette([dice.below(256) for _ in range(3 * 8)])
    draw = ImageDraw.Draw(picture)
    for colour in range(1, 8):
        x, y, radius = dice.below(_SIDE), dice.below(_SIDE), dice.between(6, 26)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def store(media: Path, name: str, dice: Dice) -> None:
    """Write a photo into the media folder unless it is there.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    path = media / name
    if not path.exists():
        write_whole(path, photo(dice))
