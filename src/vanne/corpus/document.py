"""What a trainer is given: the text of an allowed item, and how it can be taken out again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one allowed item.

    `shared` says that somebody besides the owner is in it, the author or a subject: their no takes
    it out as well. `photo` is what a headline goes with: where it lies, and the digest of its
    pixels (hex).
    """

    item_id: str
    owner: str
    text: str
    lang: str | None
    category: str
    shared: bool = False
    photo: tuple[str, str] | None = None
