"""Say what screening took out of texts, and what it misses, for whoever receives them.

`[PHONE]` stands where a phone number was found. The marks are counted in the texts themselves, so
that everybody can count them again; a member may also have written such a mark by hand.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib.resources import files

from vanne.corpus.manifest import Manifest, Screening
from vanne.screening import KINDS, placeholder, rules_digest


def screening_of(manifest: Manifest) -> Screening:
    """Return what is taken out of the texts of a version of the corpus, and by which rules."""
    return manifest.screening or Screening(KINDS, rules_digest())


def marks_in(texts: Iterable[str | None], kinds: Collection[str]) -> Counter[str]:
    """Count the marks of these kinds in texts.

    >>> marks_in(["[PHONE] or [PHONE]", None], ["phone", "iban"])
    Counter({'phone': 2, 'iban': 0})
    """
    marks = {kind: placeholder(kind) for kind in kinds}
    counts = Counter(dict.fromkeys(kinds, 0))
    for text in texts:
        if text and "[" in text:
            counts.update({kind: text.count(mark) for kind, mark in marks.items()})
    return counts


def screening_text(screening: Screening, marks: Mapping[str, int] | None) -> str:
    """Say it in paragraphs and a table, in Markdown; `marks` is None where nobody can count them.

    The last column is what the labelled texts of the blind sets measure (`docs/screening.py`).
    """
    rest = ", ".join(sorted(set(KINDS) - set(screening.redact)))
    if not screening.redact:
        return f"Nothing was taken out of the texts: the policy names no kind ({rest} stay in)."
    rows = [("mark", "places", "found in a test"), ("---", "---", "---")]
    for kind in screening.redact:
        found, asked = measured()[kind]
        places = "not counted" if marks is None else f"{marks[kind]:,}"
        rows.append((f"`{placeholder(kind)}`", places, f"{found} of {asked}"))
    parts = [
        "Before anything read the texts, a mark was put in the place of what was found of these "
        f"kinds (rules of screening: sha256 `{screening.rules}`).",
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
        "**Not everything is found.** The last column is the lowest figure of several sets of "
        "texts that the rules were not made from, in French, English, German and Italian; expect "
        "no more of other texts, and less in other languages. What was missed is still there. "
        "Names of people and companies, dates of birth and what pictures show are not looked for.",
    ]
    if rest:
        parts.append(
            "Of what can be looked for, these kinds were not taken out, because the policy does "
            f"not name them: {rest}."
        )
    return "\n\n".join(parts)


@cache
def measured() -> dict[str, tuple[int, int]]:
    """Return of each kind how many were found, of how many in the hardest blind set."""
    text = (files("vanne.screening") / "measured.json").read_text(encoding="utf-8")
    return {kind: (each["found"], each["marks"]) for kind, each in json.loads(text).items()}
