"""What a reader is given: what an allowed item says, and how it can be taken out again."""

from dataclasses import dataclass, field

from vanne.terms import Fields


@dataclass(frozen=True, slots=True)
class Document:
    """The text and the fields of one allowed item; what is screened is in neither.

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
    fields: Fields = field(default_factory=dict, hash=False)
