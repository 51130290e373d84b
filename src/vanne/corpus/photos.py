"""Find a photo's file, and read its pixels alone, without the metadata about people.

A camera writes place, time and device into EXIF. Programs add XMP, IPTC, comments, thumbnails of
cropped parts, and further pictures or a film after the end. Exports and training get nothing but
the pixels, and `read_photo` is their only way to a photo. Vanne looks for no face, and measures and
compares none.
"""

import io
import os
import warnings
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from vanne.errors import InputError, storing
from vanne.extras import require

JPEG_QUALITY = 92


def photo_path(media: Path, name: str) -> Path | None:
    """Return where a photo is, or None if there is none: a row may name only what is in `media`.

    What a row says is a member's or an importer's word: it must not lead out of the folder.
    """
    if "\0" in name:
        return None  # no file has such a name
    inside, place = media.resolve(), Path(os.path.realpath(media / name))
    return place if place.is_relative_to(inside) and place.is_file() else None


@dataclass(frozen=True, slots=True)
class Pixels:
    """A photo without its file: RGB or RGBA, upright, row by row; and its file's format."""

    mode: str
    size: tuple[int, int]
    data: bytes
    kind: str

    @property
    def digest(self) -> bytes:
        """The sha256 of what is seen: copies have the same, whatever else their files say."""
        head = f"{self.mode} {self.size[0]} {self.size[1]}\n".encode()
        return sha256(head + self.data).digest()

    def thumbnail(self, side: int) -> bytes:
        """Return a small square picture as JPEG, cut from the middle."""
        from PIL import Image, ImageOps

        file, whole = io.BytesIO(), Image.frombytes(self.mode, self.size, self.data)
        ImageOps.fit(whole.convert("RGB"), (side, side)).save(file, "JPEG", quality=80)
        return file.getvalue()

    def encoded(self) -> bytes:
        """Return a new file of the same format that holds the pixels and nothing else.

        JPEG is encoded again, PNG and WEBP lose nothing. Same photo, same Pillow: same bytes.
        """
        from PIL import Image

        file = io.BytesIO()
        Image.frombytes(self.mode, self.size, self.data).save(
            file, self.kind, **_OPTIONS[self.kind]
        )
        return file.getvalue()


_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": JPEG_QUALITY, "subsampling": 0, "optimize": True},
    "PNG": {"optimize": True},
    "WEBP": {"lossless": True, "method": 4},
}


def read_photo(media: Path, name: str) -> Pixels | None:
    """Return the pixels of a photo, or None if it is not there.

    Whatever gives photos away or learns from them reads them here.

    Raises:
        InputError: it is no photo that can be read, or too large.
        StorageError: the file cannot be read.
    """
    place = photo_path(media, name)
    if place is None:
        return None
    with storing("a photo"):
        data = place.read_bytes()
    return pixels_of(data)


def pixels_of(data: bytes) -> Pixels:
    """Return what a photo's file shows: upright, RGB, or RGBA if something is transparent.

    Of an animation it is the first picture. A colour profile is dropped, so colours beyond sRGB
    become a little duller.

    Raises:
        InputError: it is no JPEG, PNG or WEBP, it is damaged, or larger than a photo can be.
        MissingError: Pillow is not installed.
    """
    require_pillow()
    from PIL import Image, ImageOps

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which is dropped
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as photo:
                kind = "JPEG" if photo.format == "MPO" else str(photo.format)  # several in one
                upright = ImageOps.exif_transpose(photo)
                mode = "RGBA" if upright.has_transparency_data else "RGB"
                plain = upright.convert(mode)
                return Pixels(mode, plain.size, plain.tobytes(), kind)
    except bombs:
        raise InputError(
            f"a photo has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels, the most that is read",
            todo="make it smaller, or leave it out",
        ) from None
    except Exception:  # what a damaged file makes Pillow raise has no common class
        raise InputError(
            "a photo is no JPEG, PNG or WEBP that can be read", todo="convert it, or leave it out"
        ) from None


def require_pillow() -> None:
    """Refuse to go on without the library that reads photos.

    Raises:
        MissingError: Pillow is not installed.
    """
    require("photos")
