"""What is said of a text: by the coach, by the guard, and by the builder of what an answer lacks.

A remark is a code with its parameters; `vanne_assist.report.drafting` has the sentence for each.
"""

from dataclasses import dataclass
from typing import Literal

RemarkKind = Literal[
    # advice
    "too-long", "too-short", "first-line", "opener", "no-figure", "jargon", "long-sentence",
    "private", "pay", "inside", "hashtag-case", "hashtags", "emoji", "emoji-row", "lookalike",
    "capitals", "click-here", "small-start", "small-noun", "no-end", "bare-figure", "labels",
    "repeated", "language",
    # of a draft
    "figure", "name", "link", "talk", "not-own", "left-out", "invents", "repeats", "empty", "cut",
    # of an answer
    "sentence", "more",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remark:
    """What could be better, where, what stands there, and what could stand instead."""

    kind: RemarkKind
    span: tuple[int, int]
    said: str = ""
    instead: str = ""
    count: int = 0
