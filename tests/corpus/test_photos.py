"""A photo leaves with its pixels and with nothing that its file says about people."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, JpegImagePlugin, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from vanne.corpus.photos import photo_path, pixels_of
from vanne.errors import InputError


def clean_photo(data: bytes) -> bytes:
    return pixels_of(data).encoded()


SECRET = b"Avenue des Alpes"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:li>' + SECRET + b"</rdf:li></x:xmpmeta>"
ORIENTATION, MAKE, GPS, THUMBNAIL = 0x0112, 0x010F, 0x8825, 0x0201


def picture(mode: str = "RGB") -> Image.Image:
    """Eight by four, with one red corner, so that a turn can be seen."""
    image = Image.new(mode, (8, 4), "white")
    image.paste("red", (0, 0, 4, 2))
    return image


def exif() -> Image.Exif:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = SECRET.decode(), 6
    exif.get_ifd(GPS).update({1: "N", 2: (IFDRational(46), IFDRational(31), IFDRational(0))})
    return exif


def jpeg() -> bytes:
    file = io.BytesIO()
    picture().save(file, "JPEG", exif=exif(), comment=SECRET, xmp=XMP, quality=100)
    return file.getvalue()


def png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    file = io.BytesIO()
    picture("RGBA").save(file, "PNG", pnginfo=texts, exif=exif())
    return file.getvalue()


def webp() -> bytes:
    file = io.BytesIO()
    picture().save(file, "WEBP", exif=exif(), xmp=XMP, lossless=True)
    return file.getvalue()


@pytest.mark.parametrize("make", [jpeg, png, webp])
def test_nothing_that_the_file_said_is_left(make: Callable[[], bytes]) -> None:
    before = make()
    with Image.open(io.BytesIO(before)) as photo:  # so that the test is about something
        assert SECRET in before and photo.getexif().get_ifd(GPS)
    after = clean_photo(before)
    assert SECRET not in after
    for marker in (b"Exif", b"EXIF", b"eXIf", b"XMP ", b"http://ns.adobe.com", b"tEXt", b"iTXt"):
        assert marker not in after
    with Image.open(io.BytesIO(after)) as photo:
        assert not photo.getexif()
        names = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
        assert set(photo.info) <= names


@pytest.mark.parametrize(("make", "kind"), [(jpeg, "JPEG"), (png, "PNG"), (webp, "WEBP")])
def test_the_picture_stays_in_its_format_and_stands_upright(make: Callable[[], bytes], kind: str):
    with Image.open(io.BytesIO(clean_photo(make()))) as photo:
        assert (photo.format, photo.size) == (kind, (4, 8))  # orientation 6: a quarter turn
        red, green, _ = photo.convert("RGB").getpixel((3, 0))
        assert red > 200 and green < 60
        assert photo.convert("RGB").getpixel((0, 7)) >= (240, 240, 240)


@pytest.mark.parametrize("mode", ["P", "L", "LA", "CMYK", "1"])
def test_every_mode_becomes_rgb_or_rgba(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (4, 4)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    with Image.open(io.BytesIO(clean_photo(file.getvalue()))) as photo:
        assert photo.mode == ("RGBA" if mode == "LA" else "RGB")


def test_of_several_pictures_in_a_file_the_first_stays() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("blue", "red")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with Image.open(io.BytesIO(clean_photo(file.getvalue()))) as photo:
        assert (getattr(photo, "n_frames", 1), photo.convert("RGB").getpixel((0, 0))) == (
            1,
            (0, 0, 255),
        )


def test_a_jpeg_of_several_pictures_as_telephones_make_them_keeps_the_first() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "blue").save(
        file, "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4), "red")]
    )
    with Image.open(io.BytesIO(clean_photo(file.getvalue()))) as photo:
        assert (photo.format, photo.getpixel((0, 0))[2] > 200) == ("JPEG", True)


def test_the_colours_of_a_jpeg_stay_as_fine_as_its_pixels() -> None:
    with Image.open(io.BytesIO(clean_photo(jpeg()))) as photo:
        assert JpegImagePlugin.get_sampling(photo) == 0  # 4:4:4


def test_the_same_photo_gives_the_same_bytes() -> None:
    assert clean_photo(jpeg()) == clean_photo(jpeg())


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has more pixels than memory can hold."""
    file = io.BytesIO()
    Image.new("1", (1, 1)).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


def gif() -> bytes:
    file = io.BytesIO()
    picture().convert("P").save(file, "GIF")
    return file.getvalue()


def nothing() -> bytes:
    return b""


def torn() -> bytes:
    return jpeg()[:-200]


@pytest.mark.parametrize("make", [nothing, torn, gif])
def test_what_is_no_whole_photo_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(InputError, match="no JPEG, PNG or WEBP"):
        clean_photo(make())


def test_a_photo_beyond_measure_is_refused_and_the_limit_is_named() -> None:
    with pytest.raises(InputError, match=f"more than {Image.MAX_IMAGE_PIXELS:,} pixels"):
        clean_photo(bomb())


@pytest.mark.parametrize("make", [jpeg, png, webp])
def test_a_film_or_a_file_after_the_end_is_gone(make: Callable[[], bytes]) -> None:
    film = b"\0\0\0\x18ftypmp42" + SECRET
    assert clean_photo(make() + film) == clean_photo(make())


def test_a_profile_of_colours_and_iptc_are_gone() -> None:
    file = io.BytesIO()
    picture().save(file, "JPEG", icc_profile=b"\0" * 128 + SECRET)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0" + bytes([len(SECRET)]) + SECRET
    data = file.getvalue()
    data = data[:2] + b"\xff\xed" + (len(iptc) + 2).to_bytes(2, "big") + iptc + data[2:]
    assert data.count(SECRET) == 2
    assert SECRET not in clean_photo(data)


def test_pictures_are_the_same_if_their_pixels_are_whatever_their_files_say() -> None:
    plain = io.BytesIO()
    picture().transpose(Image.Transpose.ROTATE_270).save(plain, "PNG")
    file = io.BytesIO()
    picture().save(file, "PNG", exif=exif())
    assert plain.getvalue() != file.getvalue()
    assert pixels_of(plain.getvalue()).digest == pixels_of(file.getvalue()).digest
    other = io.BytesIO()
    picture().save(other, "PNG")
    assert pixels_of(other.getvalue()).digest != pixels_of(file.getvalue()).digest


def test_a_row_cannot_name_a_file_outside_the_folder(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "a.png").write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"x")
    (media / "link").symlink_to(tmp_path / "secret")
    assert photo_path(media, "a.png") == media / "a.png"
    for name in ("../secret", "/etc/passwd", "link", "none.png", "a\0.png", ""):
        assert photo_path(media, name) is None
