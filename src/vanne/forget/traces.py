"""Find texts that left: in the ground, which is never trained again, or under another owner.

A text left if a version of the corpus before holds it, and the corpus after does not hold that item
of that owner. It is compared by runs of 13 words (of a shorter text, by the whole), without case,
accents, marks, spaces and signs that are not seen. A run counts as the leaver's if that version had
it of the leaver alone, and the leaver has no other text with it that stays. So what several people
wrote (a template, a quote, an advertisement) is no trace of one of them. Texts of fewer than eight
words are not compared: two people write the same greeting.

It takes time in proportion to the words of all texts, and memory to the words of those that left.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from vanne.corpus import Document
from vanne.folding import fold

RUN = 13
"""Words in a row that two people seldom write alike."""
FEWEST = 8
_WORD = re.compile(r"[^\W_]+")


def runs(text: str) -> Iterator[int]:
    """Return the hashes, of this process, of all runs of words of a text.

    >>> first, second = (list(runs(f"{'one two three ' * 4} {end}")) for end in ("four", "FOUR!"))
    >>> len(first), first == second, list(runs("Happy to help"))
    (1, True, [])
    """
    words = _words(text)
    if len(words) >= FEWEST:
        for start in range(max(1, len(words) - RUN + 1)):
            yield hash(" ".join(words[start : start + RUN]))


def whole(text: str) -> int | None:
    """Return the hash, of this process, of all words of a text; None if they are too few."""
    words = _words(text)
    return hash(" ".join(words)) if len(words) >= FEWEST else None


def switched_off(
    before: Collection[Document], covers: Callable[[Document], bool]
) -> set[tuple[str, int | None]]:
    """Return the owners and whole texts that opt-outs cover, but for those with a second item."""
    off = {(each.owner, whole(each.text)) for each in before if covers(each)}
    owners = {owner for owner, _ in off}
    others = (each for each in before if each.owner in owners and not covers(each))
    return {each for each in off if each[1]} - {(each.owner, whole(each.text)) for each in others}


def left_runs(before: Collection[Document], after: Iterable[Document]) -> dict[int, str]:
    """Return the runs that leavers alone had in a version of the corpus, each with its owner."""
    stays = {(each.owner, each.item_id): each for each in after}
    gone = (each for each in before if (each.owner, each.item_id) not in stays)
    owners = {run: each.owner for each in gone for run in runs(each.text)}
    leavers = set(owners.values())
    for each in before if owners else ():
        for run in runs(each.text):
            if owners.get(run, each.owner) != each.owner:
                del owners[run]
    for each in stays.values():
        if each.owner in leavers:
            for run in runs(each.text):
                if owners.get(run) == each.owner:
                    del owners[run]
    return owners


def holding(left: Collection[int], texts: Iterable[str]) -> int:
    """Count the texts that hold a run of what left."""
    return sum(any(run in left for run in runs(text)) for text in texts)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))
