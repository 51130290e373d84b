"""The words of an item that say a fact, with a few around them, so that anybody can judge them.

>>> p = Passage("i1", "position", "Since 2019 I build Rust services for trains in Lausanne.", "en")
>>> q = quote(Profile("m", (p,), ()), Fact(Kind.SKILL, "rust", "i1", (19, 23)), around=10)
>>> q.before, q.said, q.after
('…I build ', 'Rust', ' services…')
"""

from dataclasses import dataclass

from vanne_assist.brief.criteria import Fact, Kind, Passage, Profile

__all__ = ["Kind", "Passage", "Quote", "quote"]
AROUND = 60


@dataclass(frozen=True, slots=True)
class Quote:
    """A part of an item: the words that say it, and what is around them."""

    item_id: str
    category: str
    lang: str | None
    before: str
    said: str
    after: str

    @property
    def whole(self) -> str:
        """The quotation as one text."""
        return self.before + self.said + self.after


def quote(profile: Profile, fact: Fact, around: int = AROUND) -> Quote | None:
    """Quote the words of a fact; None if its item is not among those that may be shown."""
    passage = next((p for p in profile.passages if p.item_id == fact.item_id), None)
    if passage is None:
        return None
    start, end = fact.span
    text = passage.text
    before, after = _to_word(text, start, around), _from_word(text, end, around)
    return Quote(passage.item_id, passage.category, passage.lang, before, text[start:end], after)


def _to_word(text: str, start: int, around: int) -> str:
    first = max(0, start - around)
    if first and not text[first - 1].isspace():
        space = text.find(" ", first, start)
        first = space + 1 if space >= 0 else first
    return ("…" if first else "") + " ".join(text[first:start].split("\n"))


def _from_word(text: str, end: int, around: int) -> str:
    last = min(len(text), end + around)
    if last < len(text) and not text[last].isspace():
        space = text.rfind(" ", end, last)
        last = space if space >= 0 else last
    return " ".join(text[end:last].split("\n")) + ("…" if last < len(text) else "")
