"""Files that records name, and pictures: read last, since the record says what they are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from vanne.sources.archive import Archive, Entry
from vanne.sources.file_reader import Context, FileMention, FileReader
from vanne.sources.kinds import NO_READER
from vanne.sources.reading import OWNER, RowResult, item_id
from vanne.terms import Category, Item
from vanne.words import Message

READER = "media/file"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
_FOLDERS_OF_MESSAGES = (
    *("messages", "direct_message_media", "direct_message_group_media"),
    *("direct_messages_media", "direct_messages_group_media", "direct"),
)
"""Where Facebook, Instagram (once `direct`) and X put what was sent, named by a record or not."""
_SENT = FileMention(Category.PRIVATE_MESSAGE, None, None, None)
_BOXED = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"heif")


def is_picture(start: bytes) -> bool:
    """Say whether a file begins as a picture does."""
    is_webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    is_boxed = start[4:8] == b"ftyp" and start[8:12] in _BOXED
    return start.startswith(_PICTURES) or is_webp or is_boxed


def open_media(
    archive: Archive, entry: Entry, other: FileReader | None, *, picture: bool
) -> FileReader:
    """Open a file that a record may name; `other` reads it if none does."""
    folders = {folder.casefold() for folder in PurePosixPath(entry.path).parts[:-1]}
    sent = None if folders.isdisjoint(_FOLDERS_OF_MESSAGES) else _SENT

    def read(context: Context) -> Iterator[RowResult]:
        naming = context.named.of(entry.path)
        if sent is not None and (naming is None or not naming.is_private):
            naming = sent if picture or naming or other else None
        if naming is None and other is not None:
            yield from other.read(context)
            return
        digest = entry.digest()
        if naming is None and not picture:
            if entry.size:
                yield RowResult(None, reason=Message("unknown-file"))
            return
        yield RowResult(1, _item(entry, digest, naming, picture=picture))

    if other is not None:
        return replace(other, read=read, is_last=True)
    return FileReader(archive, entry, read, READER if picture else NO_READER, is_last=True)


def _item(entry: Entry, digest: str, naming: FileMention | None, *, picture: bool) -> Item:
    """Make the item of a file: a picture is a photo, unless it was in a private message."""
    naming = naming or FileMention(None, None, None, None)
    return Item(
        item_id(READER, digest),
        OWNER,
        Category.PHOTO if picture and not naming.is_private else naming.category,
        author=naming.author,
        created_at=naming.created_at,
        visibility=naming.visibility,
        tags=naming.tags,
        media=entry.path,
        source=READER,
    )
