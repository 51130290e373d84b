"""No text takes the square of its length: searched for with hostile texts in every public reader.

`./run pytest tests/security/test_growth.py -s` shows the figures: for each reader how many texts
were tried, and its slowest one.
"""

import gc
import time
from dataclasses import dataclass
from typing import Protocol

import pytest

from tests.table import every
from vanne.sources.markup import linked_data, page_lines

pytest.importorskip("vanne_assist", reason="its functions are searched with those of the core")
from tests.security.hostile import Reader, hostile_texts, readers

READERS, UNKNOWN = readers()
TEXTS = hostile_texts()
SHORT, LONG, LONGEST = 500, 4_000, 32_000
NOISE = 0.008
"""Seconds below which a figure says nothing."""
TIMES_EIGHT = 20.0
"""From a text eight times as long in so many times the time on, doubling is measured with care."""
DOUBLED = 3.0
BUDGET = 0.03
"""Seconds of processor for one reader; the texts that once stopped it come first."""


class Text(Protocol):
    """A way to make a text of any length."""

    def text(self, length: int) -> str: ...


def seconds(reader: Reader, text: Text, length: int) -> float:
    """Return the processor time of one call; another length each time, for nothing is kept then.

    No garbage is collected meanwhile: that takes the time of all that lives in the process.
    """
    arguments = reader.arguments(text.text(length))
    gc.disable()
    try:
        before = time.process_time()
        reader.call(arguments)
        return time.process_time() - before
    finally:
        gc.enable()


def grows(reader: Reader, text: Text) -> bool:
    """Say whether a text eight times as long takes more than twenty times the time."""
    short, long = seconds(reader, text, SHORT), seconds(reader, text, LONG)
    length = LONG
    if long < NOISE / 4:
        short, long, length = long, seconds(reader, text, LONGEST), LONGEST
    if long < NOISE or long < TIMES_EIGHT * short:
        return False
    return all(doubles(reader, text, length // 2 + attempt) for attempt in range(0, 30, 10))


def doubles(reader: Reader, text: Text, length: int) -> bool:
    """Say whether doubling a length more than triples the time."""
    once = min(seconds(reader, text, length + more) for more in range(3))
    return min(seconds(reader, text, 2 * length + more) for more in range(3)) > DOUBLED * once


def test_each_public_function_that_takes_a_text_is_searched() -> None:
    assert not UNKNOWN, "say in tests/security/hostile.py how these are made of a text"


@every("reader", READERS, ids=lambda reader: reader.name)
def test_no_text_takes_the_square_of_its_length(reader: Reader) -> None:
    reader.call(reader.arguments("a word"))
    begin, tried, bad = time.process_time(), 0, list[str]()
    for text in TEXTS:
        if time.process_time() - begin > BUDGET:
            break
        tried += 1
        if grows(reader, text):
            bad.append(repr(text.before + text.unit + text.after))
    used = time.process_time() - begin
    print(f"\n{reader.name}: {tried} texts, {1000 * used / tried:.1f} ms each", end="")
    assert not bad


@dataclass
class Halves:
    """A text of one piece many times, and then of another many times."""

    first: str
    second: str

    def text(self, length: int) -> str:
        half = length // 2
        return (self.first * half)[:half] + (self.second * half)[:half]


@dataclass
class Turns:
    """A text of two pieces in turn."""

    first: str
    second: str

    def text(self, length: int) -> str:
        return ((self.first + self.second) * length)[:length]


PIECES = ("<a ", "<a", "<!--", "<!--x-->", "<a x='", '<a x="', "<![", "<?", "</", "</a", "<script>", "</script", "<head>", "</head>",
          "<title>", "</title>", "<style>", "&#9", "&a", "<b>", ">", "=", "'", '"', "x", " ", "<SCRIPT type=application/ld+json>")  # fmt: skip


@every("first", PIECES)
def test_no_page_takes_the_square_of_its_length(first: str) -> None:
    """Every two pieces of HTML: in turn, and the one many times before the other.

    Of `abab...` and `baba...`, which differ by a piece at each end, one is enough.
    """
    lines = Reader("page", page_lines, {"html": str}, {})
    data = Reader("data", lambda html: list(linked_data(html)), {"html": str}, {})
    for second in PIECES:
        # the pieces of a page are found by one function: what linked data add are its scripts
        for reader in (lines, data) if "cript" in (first + second).lower() else (lines,):
            assert not grows(reader, Halves(first, second)), second
            assert first > second or not grows(reader, Turns(first, second)), second
