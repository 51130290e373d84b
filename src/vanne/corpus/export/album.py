"""Look at photos for an export: what can be exported of them, and how a line shows one.

For the vision fine-tuning of OpenAI and Azure a line is chat JSON: it shows a photo, cleaned, in a
`data:` address, asks in the language of its owner for a headline, and answers with theirs. No line
says whose it is.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from vanne.corpus.export.duplicates import KEPT
from vanne.corpus.photos import Pixels, media_type, read_photo
from vanne.corpus.reader import Caption
from vanne.errors import BusyError, InputError

if TYPE_CHECKING:
    import pyarrow as pa

MISSING, UNREADABLE, TOO_LARGE, NO_HEADLINE = 4, 5, 6, 7


@dataclass(slots=True)
class Album:
    """The photos of a network; with `captions`, only those that go with one.

    `missing` and `unreadable` are the names of photos that could not be exported, for the operator.
    """

    media: Path
    captions: Mapping[str, Caption] | None = None
    missing: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def look(self, owner: str, name: str) -> tuple[int, bytes]:
        """Return what becomes of a photo, and the digest of its content if it is exported."""
        try:
            pixels = read_photo(self.media, name)
        except InputError:
            self.unreadable.append(name)
            return UNREADABLE, b""
        if pixels is None:
            self.missing.append(name)
            return MISSING, b""
        if self.captions is None:
            return KEPT, pixels.digest
        if owner not in self.captions:
            return NO_HEADLINE, b""
        if len(pixels.encoded()) > LARGEST_PHOTO:
            self.unreadable.append(name)
            return TOO_LARGE, b""
        return KEPT, self._digest(pixels, owner)

    def file(self, owner: str, name: str, digest: bytes) -> bytes:
        """Return the file of a photo that was looked at before, cleaned."""
        return self._again(owner, name, digest).encoded()

    def line(self, owner: str, name: str, digest: bytes) -> bytes:
        """Return the line of a photo that was looked at before, with its owner's headline."""
        photo = self._again(owner, name, digest).encoded()
        return photo_line(photo, (self.captions or {})[owner])

    def texts(self, table: "pa.Table") -> list[str | None]:
        """Return the texts that are exported of rows: their own, or their owners' headlines."""
        if self.captions is None:
            texts: list[str | None] = table["text"].to_pylist()
            return texts
        return [self.captions[owner].text for owner in table["owner"].to_pylist()]

    def _again(self, owner: str, name: str, digest: bytes) -> Pixels:
        try:
            pixels = read_photo(self.media, name)
        except InputError:
            pixels = None
        if pixels is None or self._digest(pixels, owner) != digest:
            raise BusyError(f"`{name}` was changed while it was exported", todo="run this again")
        return pixels

    def _digest(self, pixels: Pixels, owner: str) -> bytes:
        """Return what names the content: the pixels, and the headline if it is part of the row."""
        if self.captions is None:
            return pixels.digest
        return sha256(pixels.digest + self.captions[owner].text.encode()).digest()


BOM = b"\xef\xbb\xbf"
"""The service wants UTF-8 with a byte-order mark."""

LARGEST_PHOTO = 10 * 1000 * 1000
PHOTOS_WARNING = (
    "Azure leaves images of people and faces out of every training: expect most profile photos to "
    "be sent and not used"
)
_ASK = {
    "en": "Suggest a headline that goes with this profile photo.",
    "fr": "Propose un titre de profil qui va avec cette photo.",
    "de": "Schlage eine Profilüberschrift vor, die zu diesem Foto passt.",
    "it": "Proponi un titolo di profilo adatto a questa foto.",
}


def photo_line(photo: bytes, headline: Caption) -> bytes:
    """Return the line of a photo that `Pixels.encoded` gave, with its line feed."""
    url = f"data:{media_type(photo)};base64,{base64.b64encode(photo).decode()}"
    ask = _ASK.get((headline.lang or "").replace("_", "-").split("-")[0].lower(), _ASK["en"])
    image = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    return chat_line([{"type": "text", "text": ask}, image], headline.text)


def chat_line(question: object, answer: str) -> bytes:
    """Return an example of one question and one answer."""
    rows = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": rows}, ensure_ascii=False).encode() + b"\n"
