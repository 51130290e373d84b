"""Photos: where one lies, and how it leaves without what its file says about people.

A camera writes where and when, and with which device, into EXIF; programs add XMP, IPTC, comments,
thumbnails of what was cropped away, and further pictures. `clean_photo` keeps the pixels alone. No
face is looked for, measured or compared, here or anywhere in Vanne.
"""

import io
import os
import warnings
from pathlib import Path
from typing import Any

from vanne.errors import InputError, MissingError

JPEG_QUALITY = 92


def photo_path(media: Path, name: str) -> Path | None:
    """Return where a photo is, or None if there is none: a row may name only what is in `media`.

    What a row says is a member's or an importer's word: it must not lead out of the folder.
    """
    if "\0" in name:
        return None  # no file has such a name
    inside, place = media.resolve(), Path(os.path.realpath(media / name))
    return place if place.is_relative_to(inside) and place.is_file() else None


def clean_photo(data: bytes) -> bytes:
    """Return the pixels of a photo in a new file of the same format, upright, and nothing else.

    JPEG, PNG and WEBP keep their format (JPEG is encoded again, at quality 92; PNG and WEBP lose
    nothing); of an animation the first picture stays. The result is RGB, or RGBA if something is
    transparent. A colour profile is dropped too, so colours beyond sRGB become a little duller.
    Same bytes in, same Pillow: same bytes out.

    Raises:
        InputError: it is no such photo, it is damaged, or larger than a photo can be.
        MissingError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise MissingError(
            "the package `pillow` is not installed", todo="run `pip install 'vanne[photos]'`"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as photo:
                kind = photo.format
                upright = ImageOps.exif_transpose(photo)
                return _encoded(
                    _pixels(upright), "JPEG" if kind == "MPO" else str(kind)
                )  # a JPEG of several
    except InputError:
        raise
    except Exception:  # what a damaged file makes Pillow raise has no common class
        raise InputError(
            "a photo is no JPEG, PNG or WEBP that can be read", todo="convert it, or leave it out"
        ) from None


def media_type(data: bytes) -> str:
    """Return the media type of a photo that `clean_photo` wrote.

    >>> media_type(b"\\x89PNG\\r\\n")
    'image/png'
    """
    if data.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if data.startswith(b"RIFF") else "image/jpeg"


def _pixels(photo: Any) -> Any:
    """Return a new picture with the same pixels, RGB or RGBA: it has no room for anything else."""
    from PIL import Image

    mode = "RGBA" if photo.has_transparency_data else "RGB"
    converted = photo.convert(mode)
    return Image.frombytes(mode, converted.size, converted.tobytes())


def _encoded(pixels: Any, kind: str) -> bytes:
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": JPEG_QUALITY, "subsampling": 0, "optimize": True},
        "PNG": {"optimize": True},
        "WEBP": {"lossless": True, "method": 4},
    }
    file = io.BytesIO()
    pixels.save(file, kind, **options[kind])
    return file.getvalue()
