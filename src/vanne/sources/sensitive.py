"""Tag items whose text reveals what policies may call sensitive: health, religion and so on.

The rules are data, `tags/*.toml`, one file for each language. Members mix languages, and an item
does not always give its language, so the rules of all languages always count. A topic alone gives
no tag: a text must state something about a person or a group (Article 9 GDPR speaks of data that
*reveal* it). Tags are a column of the item: every engine sees the same ones, and the policy says
which of them deny.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain

from vanne.folding import fold
from vanne.terms import Item

TAGS = ("union", "health", "religion", "politics", "belief", "ethnicity", "orientation")
"""The tags that there are rules for, in the order in which they are written."""
_LANGUAGES = ("fr", "en", "de", "it")
_KEY = 4
_PART = re.compile(r"\w+")
_NO_ASCII = re.compile("[^\x00-\x7f]+")
_SENTENCE = re.compile(r"[.!?;]+\s|\n")
_MARK = re.compile(r"<(\w{1,4})>")
_MARKED = re.compile(_MARK.pattern + r"(\w*)([?*{]?)")
_FIRST = re.compile(r"^(\w{1,4})(\w*)([?*{]?)")


def tags_of(text: str | None) -> frozenset[str]:
    """Return what a text reveals.

    >>> sorted(tags_of("I am Jewish, and a shop steward."))
    ['religion', 'union']
    >>> sorted(tags_of("The union of two sets"))
    []
    """
    if not text or not (hinted := _hints(text)):
        return frozenset()
    folded = _folded(text)
    speaking = [rule for key in hinted for rule in _rules()[key] if rule.speaks(folded)]
    if not speaking:
        return frozenset()
    looked_at = _ignored().sub(" · ", folded)
    return frozenset(rule.tag for rule in speaking if rule.speaks(looked_at))


_harmless: set[str] = set()
"""Words that hint at nothing: people use few words, and those of most texts are all among them."""
_MOST_WORDS = 50_000
_LONGEST_WORD = 30


def _hints(text: str) -> set[str]:
    """Return the keys of the rules that may speak: a word of the text begins as theirs do."""
    words = text.split()
    keys: set[str] = set()
    if _harmless.issuperset(words):
        return keys
    if len(_harmless) > _MOST_WORDS:
        _harmless.clear()
    for word in set(words).difference(_harmless):
        begun = [(part[:_KEY], part) for part in _PART.findall(_folded(word))]
        hinted = {key for key, part in begun if part.startswith(_stems().get(key, ()))}
        keys |= hinted
        if not hinted and len(word) <= _LONGEST_WORD:
            _harmless.add(word)
    return keys


def tagged(item: Item) -> Item:
    """Return an item with the tags of its text added to its own."""
    if not (revealed := tags_of(item.text)):
        return item
    more = tuple(tag for tag in TAGS if tag in revealed and tag not in item.tags)
    return replace(item, tags=item.tags + more) if more else item


@dataclass(frozen=True, slots=True)
class SensitiveRule:
    """What reveals one thing where a word begins so: `says` alone, or `words` near something."""

    tag: str
    says: str
    words: str
    near: str

    def speaks(self, text: str) -> bool:
        if self.says and _pattern(self.says).search(text):
            return True
        if not self.words or not _pattern(self.words).search(text):
            return False
        words, near = _pattern(self.words), _pattern(self.near)
        return any(words.search(one) and near.search(one) for one in _SENTENCE.split(text))


@cache
def _rules() -> Mapping[str, tuple[SensitiveRule, ...]]:
    """Return the rules by how a word begins that a text must hold."""
    rules: dict[str, list[SensitiveRule]] = {}
    for data in _all():
        for tag in TAGS:
            by_key: dict[str, dict[str, list[str]]] = {"says": {}, "words": {}}
            for name, listed in by_key.items():
                for entry in data[tag].get(name, ()):
                    for key in {key for key, _ in _keys(entry)}:
                        listed.setdefault(key, []).append(entry)
            near = _plain(data[tag].get("near", ()))
            for key in {*by_key["says"], *by_key["words"]}:
                says, words = (_plain(by_key[name].get(key, ())) for name in ("says", "words"))
                rule = SensitiveRule(tag, says, words, near.replace("{}", f"(?:{words})"))
                rules.setdefault(key, []).append(rule)
    return {key: tuple(of_key) for key, of_key in rules.items()}


@cache
def _stems() -> Mapping[str, tuple[str, ...]]:
    """Return by the key of rules how words begin that they look for, as far as that is fixed."""
    stems: dict[str, set[str]] = {}
    for data in _all():
        for tag in TAGS:
            for entry in chain(data[tag].get("says", ()), data[tag].get("words", ())):
                for key, stem in _keys(entry):
                    stems.setdefault(key, set()).add(stem)
    return {key: tuple(of_key) for key, of_key in stems.items()}


def _keys(entry: str) -> set[tuple[str, str]]:
    """Return how words begin of which a text that an entry matches has one: keys with stems.

    >>> _keys("syndicalistes?"), _keys("my <chur>ch")
    ({('synd', 'syndicaliste')}, {('chur', 'church')})
    """
    marks = list(_MARKED.finditer(entry)) or list(_FIRST.finditer(entry))
    return {(mark[1], (mark[1] + mark[2])[: -1 if mark[3] else None]) for mark in marks}


def _plain(entries: Iterable[str]) -> str:
    return "|".join(_MARK.sub(r"\1", entry) for entry in entries)


@cache
def _ignored() -> re.Pattern[str]:
    return _pattern("|".join(_plain(data["not"]["says"]) for data in _all()))


@cache
def _pattern(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")


@cache
def _all() -> tuple[Mapping[str, Mapping[str, tuple[str, ...]]], ...]:
    folder = files("vanne.sources").joinpath("tags")
    texts = (folder.joinpath(f"{lang}.toml").read_text(encoding="utf-8") for lang in _LANGUAGES)
    return tuple(
        {
            tag: {name: tuple(map(_folded, entries)) for name, entries in table.items()}
            for tag, table in tomllib.loads(text).items()
        }
        for text in texts
    )


def _folded(text: str) -> str:
    """Return a text folded. What is not ASCII is folded apart: a text has little of it."""
    return _NO_ASCII.sub(lambda letters: _fold_letters(letters[0]), text).lower()


@lru_cache(maxsize=4096)
def _fold_letters(letters: str) -> str:
    return fold(letters.replace("·", ""))  # the dots of «élu·e·s»
