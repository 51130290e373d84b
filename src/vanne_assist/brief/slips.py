"""Find words that are a slip of the hand away from the name of an occupation or a skill."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import chain

from vanne_assist.brief.criteria import Brief, BriefNotice, Kind
from vanne_assist.brief.lexicon import LANGS, book, data, tool_names
from vanne_assist.brief.scan import title_head
from vanne_assist.brief.text import Word, folded_phrase

_SLIP_LETTERS, _SLIP = 6, 0.9
"""Letters from which a word may be a slip of a name, and how alike the two must be."""
_ENDINGS = frozenset({"", *"s e es n en in innen x i o a".split()})


def misspelt(brief: Brief, words: Sequence[Word]) -> Iterator[BriefNotice]:
    """Yield words that are nearly the name of an occupation or a skill: «electrican», «pyhton»."""
    rest = set(brief.rest.split())
    titles = {each.span for each in brief.criteria if each.kind is Kind.TITLE}
    for word in words:
        name = brief.text[word.start : word.end]
        inside = any(span and span[0] <= word.start < span[1] for span in titles)
        if (name in rest or inside) and (near := near_known(word.folded, brief.lang)):
            yield BriefNotice("misspelt", (name,), near)


@lru_cache(maxsize=4096)
def near_known(word: str, lang: str) -> tuple[str, ...]:
    """Return the names of occupations and skills that a word is a slip of the hand away from.

    >>> near_known("electrican", "en"), near_known("electricians", "en")
    (('electrician',), ())
    """
    known = book().look(word)
    if len(word) < _SLIP_LETTERS or word in book().phrases or title_head(word):
        return ()
    if known and not any(term.kind is Kind.TITLE for term in known):
        return ()
    for langs in ((lang,), LANGS):
        names = _known_names(langs)
        near = get_close_matches(word, names, n=3, cutoff=_SLIP)
        near += [name for name in _swapped(word) if name in names and name not in near]
        if any(_is_ending(word, name) for name in near):
            return ()
        if near:
            return tuple({names[name][1]: names[name][0] for name in reversed(near)}.values())
    return ()


def _swapped(word: str) -> Iterator[str]:
    """Yield a word with two letters that stand together in the other order: «pyhton», «python»."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _is_ending(word: str, name: str) -> bool:
    """Say whether two words differ by their number or gender alone."""
    same = next((at for at, pair in enumerate(zip(word, name)) if pair[0] != pair[1]), None)  # noqa: B905
    same = min(len(word), len(name)) if same is None else same
    if word[:-1] == name and word[-1] != word[-2]:  # another word: «Backend», «backen»
        return True
    return {word[same:], name[same:]} <= _ENDINGS


@cache
def _known_names(langs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the names of one word that are known, folded: as they are written, and of what."""
    skills = data("skills").items() if len(langs) == 1 else ()  # of another language: other words
    rows = chain(skills, data("occupations").items())
    named = ((v, name) for v, of in rows for at in langs for name in of[LANGS.index(at)].split("|"))
    tools = ((name, name) for name in tool_names("software", "names"))
    pairs = ((folded_phrase(name), (name.strip(), value)) for value, name in chain(tools, named))
    return {folded: known for folded, known in pairs if " " not in folded}
