"""Read a PDF from stdin and write its text as JSON: `python -m vanne.sources.pdftext`.

This program runs in a process of its own, with bounds, because a PDF can make its reader work for
ever. `faults` lists what the text lacks: a page that cannot be read, or the part beyond a bound.

A page is a list of strokes. Its text comes in the order in which a program wrote it, which is the
reading order of most pages. Text that is drawn twice, for bold or a shadow, is read once. Text
above other text, over the same stretch of the line, is read first, whenever it was drawn. Only the
order of drawing tells which of two columns comes first.
"""

import io
import json
import logging
import math
import re
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from vanne.sources.unwrap import printed_text
from vanne.words import Message

if TYPE_CHECKING:
    from pypdf import PageObject

MAX_PAGES = 500
MAX_TEXT = 8 << 20
MAX_BLOCKS = 200
"""On a page with more of them, nothing is put in order."""
MAX_FIELDS = 1000
_NARROWEST = 0.4
"""How wide a letter is at least, as a share of its size: lines must not seem to overlap."""
_GAP = 2.5
_IN_NAMES = " -'’"
_SHAPE = re.compile(r"/[A-Za-z]{1,8}\d{1,5}(?![A-Za-z])")
_STROKES = 4
"""As many strokes back a letter may be drawn again: for bold it is at once."""
_HIDDEN, _PASSWORD = 1 << 1 | 1 << 5, 1 << 13
_TYPED = ("/Tx", "/Ch")
_Matrix = Sequence[float]


def main() -> int:
    """Read and write within bounds; the exit code says why not."""
    from vanne.sources.documents import PDF_BYTES, PDF_SECONDS

    with suppress(ImportError):  # on Windows only the bound on time holds, which the caller keeps
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (PDF_SECONDS, PDF_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_AS, (PDF_BYTES, PDF_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    code, answer = read(sys.stdin.buffer)
    sys.stdout.write(answer)
    return code


def read(file: BinaryIO) -> tuple[int, str]:
    """Return 0 with the answer, or the exit code that says why there is none."""
    try:
        from pypdf import PdfReader
    except ImportError:
        return 3, ""
    try:
        reader = PdfReader(io.BytesIO(file.read()), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return 4, ""
        texts: list[str] = []
        faults: list[Message] = []  # why some of the text is not there
        for number, page in enumerate(reader.pages, start=1):
            if number > MAX_PAGES:
                faults.append(Message("pdf-many-pages", n=MAX_PAGES))
                break
            try:
                content = text_of_page(page)
            except MemoryError:
                raise
            except Exception:  # whatever a page makes of the reader, the others are still there
                faults.append(Message("pdf-page-unreadable", n=number))
                continue
            texts.append(content.text)
            if content.is_mute:
                faults.append(Message("pdf-font-unreadable", n=number))
            if content.is_picture:
                faults.append(Message("pdf-page-is-picture", n=number))
        text = printed_text("\n".join(texts))
        if len(text) > MAX_TEXT:
            faults.append(Message("pdf-long", n=MAX_TEXT >> 20))
        text = text[:MAX_TEXT].encode("utf-8", "replace").decode()
    except MemoryError:
        return 6, ""
    except BaseException:
        return 5, ""
    try:
        attached = sum(len(contents) for contents in reader.attachments.values())
    except Exception:  # the pages are still there, and there is something beside them
        attached = 1
    answer = {
        "text": text,
        "faults": [fault.document() for fault in faults],
        "attached": attached,
    }
    return 0, json.dumps(answer)


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says. `is_mute` if some of it is in a font that does not say its letters."""

    text: str
    is_mute: bool = False
    is_picture: bool = False


@dataclass(slots=True)
class _Line:
    """Where a line begins, upright: `way` is its direction in degrees, `None` if not known."""

    text: str
    way: int | None = None
    x: float = 0
    y: float = 0
    size: float = 0

    @property
    def end(self) -> float:
        return self.x + _NARROWEST * self.size * len(self.text.strip())

    def repeats(self, other: "_Line") -> bool:
        """Say whether it is drawn where another was, with the same letters."""
        near = abs(self.x - other.x) + abs(self.y - other.y) < 0.25 * self.size
        return near and self.way == other.way is not None and self.text == other.text

    def is_small_caps(self, before: "_Line") -> bool:
        """Say whether it goes on with a word whose initial is larger: what seems a gap is none.

        `before` is the stroke before it. Between words there is more than one space.
        """
        is_other_size = not 0.9 * before.size < self.size < 1.1 * before.size
        initial = before.text[-1:].isupper() and not before.text[-2:-1].isalpha()
        is_next = initial if self.size < before.size else self.text[1:2] in _IN_NAMES
        is_capital = before.text[-1:].isupper() and self.text.lstrip(_IN_NAMES)[:1].isupper()
        has_one_space = self.text[:1] == " " != self.text[1:2]
        return is_other_size and is_next and is_capital and has_one_space


@dataclass(slots=True)
class _Drawn:
    """Collects what pypdf finds on a page."""

    lines: list[_Line] = field(default_factory=list)
    is_mute: bool = False
    _open: _Line | None = None
    _last: deque[_Line] = field(default_factory=lambda: deque(maxlen=_STROKES))
    _depth: int = 0

    def before(self, operator: bytes, _operands: Any, _cm: _Matrix, _tm: _Matrix) -> None:
        self._depth += operator == b"Do"

    def after(self, operator: bytes, _operands: Any, _cm: _Matrix, _tm: _Matrix) -> None:
        self._depth -= operator == b"Do"

    def text(self, text: str, cm: _Matrix, tm: _Matrix, font: Any, size: float) -> None:
        words = text.rstrip("\n")
        # A font may give the numbers of its own shapes and not the letters they stand for, or
        # pypdf the names of shapes that stand for no letter.
        is_mute = 2 * sum(map(len, _SHAPE.findall(words))) > len(words)
        if (
            isinstance(font, Mapping)
            and "/ToUnicode" not in font
            and (
                font.get("/Subtype") == "/Type0"
                and str(font.get("/Encoding")).startswith("/Identity")
            )
        ):
            system: Any = {}
            for below in font.get("/DescendantFonts") or ():
                system = below.get_object().get("/CIDSystemInfo", {})
            is_mute |= str(system.get("/Ordering", "Identity")) == "Identity"
        if words.strip() and is_mute:
            self.is_mute, words = True, ""
        if words.strip():
            # Where it begins. Inside a form it is drawn to a scale that is not known here.
            a, b = tm[0] * cm[0] + tm[1] * cm[2], tm[0] * cm[1] + tm[1] * cm[3]
            x, y = (tm[4] * cm[n] + tm[5] * cm[2 + n] + cm[4 + n] for n in (0, 1))
            scale, stroke = math.hypot(a, b), _Line(words)
            if scale and not self._depth and all(map(math.isfinite, (a, b, x, y, size))):
                cos, sin = a / scale, b / scale
                way = round(math.degrees(math.atan2(b, a)))
                along, above = x * cos + y * sin, y * cos - x * sin
                stroke = _Line(words, way, along, above, abs(size) * scale)
            if any(map(stroke.repeats, self._last)):
                words = ""
            elif self._open is not None and stroke.is_small_caps(self._last[-1]):
                words = words[1:]
            elif self._open is None:
                self._open = replace(stroke, text="")
            self._last.append(stroke)
        if self._open is not None:
            self._open.text += words
            if text.endswith("\n"):
                self.end()

    def end(self) -> None:
        if self._open is not None:
            self.lines.append(self._open)
            self._open = None


def text_of_page(page: "PageObject") -> PageText:
    """Read a page."""
    drawn = _Drawn()
    page.extract_text(
        visitor_operand_before=drawn.before,
        visitor_operand_after=drawn.after,
        visitor_text=drawn.text,
    )
    drawn.end()
    for (left, bottom, top), value in islice(_typed(page), MAX_FIELDS):
        # Behind what stands at its height on the left, else as a line of its own.
        height = top - bottom
        beside = [
            line
            for line in drawn.lines
            if line.way == 0 and 0 <= top - line.y <= height and line.x < left
        ]
        if beside:
            max(beside, key=lambda line: line.x).text += f" {value}"
        else:
            drawn.lines.append(_Line(value, 0, left, top - min(height, 12), min(height, 12)))
    blocks: list[_Block] = []
    for line in drawn.lines:
        if blocks and blocks[-1].takes(line):
            blocks[-1].add(line)
        else:
            blocks.append(_Block([line], line.x, line.end))
    ordered = _in_order(blocks)
    text = "\n".join(line.text for block in ordered for line in block.lines)
    is_picture = not text.strip() and not drawn.is_mute and bool(page.images.keys())
    return PageText(text, drawn.is_mute, is_picture)


def _typed(page: "PageObject") -> Iterator[tuple[list[float], str]]:
    """Yield what was typed into the fields of a form, or as text upon the page, and where.

    One that is broken costs itself: the page is more than its notes.
    """
    from pypdf.errors import PyPdfError

    for reference in page.get("/Annots") or ():
        with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError, PyPdfError):
            one = reference.get_object()
            kind, value = one.get("/Subtype"), None
            if kind == "/FreeText":
                value = one.get("/Contents")
            elif kind == "/Widget" and _inherited(one, "/FT") in _TYPED:
                is_secret = int(_inherited(one, "/Ff") or 0) & _PASSWORD
                value = None if is_secret else _inherited(one, "/V")
            values = value if isinstance(value, list) else [value]
            words = "\n".join(each for each in values if isinstance(each, str))
            if words.strip() and not int(one.get("/F") or 0) & _HIDDEN:
                left, bottom, right, top = (float(number) for number in one["/Rect"])
                yield [min(left, right), min(bottom, top), max(bottom, top)], words


def _inherited(one: Any, key: str) -> Any:
    for _ in range(16):
        if key in one or "/Parent" not in one:
            break
        one = one["/Parent"].get_object()
    return one.get(key)


@dataclass(slots=True)
class _Block:
    """Lines that follow each other downwards, and the stretch that they cover."""

    lines: list[_Line]
    left: float
    right: float

    def takes(self, line: _Line) -> bool:
        last = self.lines[-1]
        if line.way is None or line.way != last.way:
            return False
        step = last.y - line.y
        return -0.5 * line.size < step < _GAP * max(line.size, last.size) and self.covers(
            line.x, line.end
        )

    def covers(self, left: float, right: float) -> bool:
        """Say whether at least half of the narrower of two stretches is in the other."""
        shared = min(self.right, right) - max(self.left, left)
        return shared > 0 and shared >= 0.5 * min(self.right - self.left, right - left)

    def add(self, line: _Line) -> None:
        self.lines.append(line)
        self.left, self.right = min(self.left, line.x), max(self.right, line.end)

    def is_above(self, other: "_Block") -> bool:
        last, first = self.lines[-1], other.lines[0]
        if last.way is None or last.way != first.way:
            return False
        is_higher = last.y > first.y + 0.5 * max(last.size, first.size)
        return is_higher and self.covers(other.left, other.right)


def _in_order(blocks: list[_Block]) -> list[_Block]:
    """Return the blocks in reading order: as drawn, but for the fewest that lie elsewhere."""
    if len(blocks) > MAX_BLOCKS:
        return blocks
    against: dict[int, set[int]] = {n: set() for n in range(len(blocks))}
    for later, block in enumerate(blocks):
        for earlier in range(later):
            if block.is_above(blocks[earlier]):
                against[later].add(earlier)
                against[earlier].add(later)
    moved: list[int] = []

    def weight(n: int) -> tuple[int, int, int]:
        return len(against[n]), -len(blocks[n].lines), n

    while against and against[worst := max(against, key=weight)]:
        for other in against.pop(worst):
            against[other].discard(worst)
        moved.append(worst)
    ordered = [blocks[n] for n in against]
    for block in (blocks[n] for n in sorted(moved)):
        # Before the first that lies under it; what is above all is first, what is under all last.
        first, last = block.lines[0].y, block.lines[-1].y
        after = max((n for n, other in enumerate(ordered, 1) if other.is_above(block)), default=0)
        under = (n for n, other in enumerate(ordered) if n >= after and block.is_above(other))
        place = next(under, after or len(ordered))
        if all(last > other.lines[0].y for other in ordered):
            place = 0
        elif all(first < other.lines[-1].y for other in ordered):
            place = len(ordered)
        ordered.insert(place, block)
    return ordered


if __name__ == "__main__":
    sys.exit(main())
