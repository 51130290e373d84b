"""What a trainer is given."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one allowed item, with what is needed to take it out again."""

    item_id: str
    owner: str
    text: str
    lang: str | None
    category: str
