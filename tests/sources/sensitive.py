"""Texts with the tags that they must get: a line each, tags and text; `-` is a trap."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from vanne.sources.sensitive import tags_of

CASES = Path(__file__).parents[1] / "cases" / "sensitive"
LANGUAGES = ("fr", "en", "de", "it")


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text and its tags."""

    lang: str
    text: str
    tags: frozenset[str]


def tagged_texts(folder: str) -> list[Tagged]:
    """Read the texts of a folder: `labelled`, from which rules are made, or one of the others."""
    rows = []
    for lang in LANGUAGES:
        for line in (CASES / folder / f"{lang}.txt").read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                tags, _, text = line.partition("\t")
                rows.append(Tagged(lang, text, frozenset(tags.split(",")) - {"-"}))
    return rows


def score(texts: list[Tagged]) -> Counter[tuple[str, str, str]]:
    """Count by language and tag what is `found`, `missed` and `false`."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for each in texts:
        found = tags_of(each.text)
        for tag in each.tags | found:
            both = "found" if tag in each.tags else "false"
            counts[each.lang, tag, both if tag in found else "missed"] += 1
    return counts
