"""Photos as the vision fine-tuning of OpenAI and Azure reads them: chat JSON Lines.

A line shows a photo, cleaned, inside a `data:` address, asks in the owner's language for a
headline, and answers with theirs. No line says whose it is.
"""

import base64
import json

from vanne.corpus.headlines import Headline
from vanne.corpus.photos import media_type

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


def photo_line(photo: bytes, headline: Headline) -> bytes:
    """Return the line of a photo that `Pixels.encoded` gave, with its line feed."""
    url = f"data:{media_type(photo)};base64,{base64.b64encode(photo).decode()}"
    ask = _ASK.get((headline.lang or "").replace("_", "-").split("-")[0].lower(), _ASK["en"])
    shown = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    return chat_line([{"type": "text", "text": ask}, shown], headline.text)


def chat_line(question: object, answer: str) -> bytes:
    """Return an example of one question and one answer."""
    rows = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": rows}, ensure_ascii=False).encode() + b"\n"
