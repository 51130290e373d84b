"""Extract the text of an HTML page as a reader would see it.

HTML's own rules separate tags from text (WHATWG, 13.2.5), in one pass. So the time grows in
proportion to the length of a page, even if tags are left open. Python's own parser takes the square
of the length for some pages (CVE-2025-6069).
"""

import re
from collections.abc import Generator, Iterable, Iterator
from html import unescape
from typing import Literal

_SILENT = {"title", "style", "script", "head", "template"}
_BLOCKS = set(
    "p div br h1 h2 h3 h4 h5 h6 li ul ol blockquote pre table tr section figure hr".split()
)
_OPENED = re.compile(
    r"<(?:(?P<comment>!--)|(?P<other>[!?]|/(?![a-zA-Z]))|/?(?P<name>[a-zA-Z][^\s/>]*))"
)
_TAG_END = re.compile(r"""(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?|["'])*+>""")
"""The rest of a tag. INVARIANT: nothing is given back (`++`): a quotation mark that is never closed
would be looked for from each place else."""
_WHOLE_TAG_END = re.compile(
    r"""(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'\s]))|["'])*+>""",
)
"""The same where more may come: a quotation mark after `=` is waited for."""
_RAW_ENDS = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")
}
_LINKED_DATA = re.compile(r"""\stype\s*+=\s*+["']?\s*+application/ld\+json\b""", re.IGNORECASE)
_LONG_NUMBER = re.compile("&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")

Piece = tuple[Literal["text", "raw", "start", "end"], str, str]
"""Text; what stands raw in a script or style; a tag. For a tag its name and what stands in it."""


MAX_OPEN = 4 << 20
"""So many letters of a tag or a script are waited for that has no end yet."""


def pieces_of(html: str) -> Iterator[Piece]:
    """Yield the pieces of a page; what is opened and never ends is text.

    >>> [said for kind, said, _ in pieces_of("<b>Fish</B> &amp; <!-- no -->chips <a")]
    ['b', 'Fish', 'b', ' & ', 'chips ', '<a']
    """
    at = yield from _whole_pieces(html, is_last=True)
    if at < len(html):
        yield "text", unescaped(html[at:]), ""


def pieces_of_parts(parts: Iterable[str]) -> Iterator[Piece]:
    """Yield the pieces of a page that comes in parts, without holding it whole.

    >>> [said for kind, said, _ in pieces_of_parts(["<b>Fi", "sh</", "B> &am", "p; <a"])]
    ['b', 'Fish', 'b', ' & ', '<a']
    """
    rest = ""
    for part in parts:
        rest += part
        at = yield from _whole_pieces(rest, is_last=len(rest) > MAX_OPEN)
        rest = rest[at:]
        if len(rest) > MAX_OPEN:
            yield "text", unescaped(rest), ""
            rest = ""
    yield from pieces_of(rest)


def _whole_pieces(html: str, *, is_last: bool) -> Generator[Piece, None, int]:
    """Yield the pieces that are whole, and return where the rest begins."""
    at = 0
    while (opened := _OPENED.search(html, at)) is not None:
        if opened.start() > at:
            yield "text", unescaped(html[at : opened.start()]), ""
        at, name = opened.start(), (opened["name"] or "").lower()
        if name:
            rest = (_TAG_END if is_last else _WHOLE_TAG_END).match(html, opened.end())
            end = rest.end() if rest else -1
        else:
            sign = "-->" if opened["comment"] else ">"
            end = html.find(sign, at + 2)  # `<!-->` is a whole comment
            end += len(sign) if end >= 0 else 0
        is_raw = name in _RAW_ENDS and html[at + 1] != "/"
        closed = _RAW_ENDS[name].search(html, end) if is_raw and end >= 0 else None
        if end < 0 or (is_raw and closed is None and not is_last):
            return at
        if name:
            yield "end" if html[at + 1] == "/" else "start", name, html[opened.end() : end]
            if is_raw:
                start, end = end, closed.start() if closed else len(html)
                yield "raw", html[start:end], ""
        at = end
    return at


def unescaped(text: str) -> str:
    """Return a text without references; one to a number that is no sign stays as it is."""
    if "&" not in text:
        return text
    return unescape(_LONG_NUMBER.sub(lambda found: "&amp;" + found[0][1:], text))


def linked_data(html: str) -> Iterator[str]:
    """Yield the scripts of a page that hold JSON-LD."""
    is_wanted = False
    for kind, value, attributes in pieces_of(html):
        if kind == "raw" and is_wanted:
            yield value
        is_wanted = value == "script" and _LINKED_DATA.search(attributes) is not None


def text_of_html(html: str) -> str | None:
    """Return the text; `None` if there is none.

    >>> text_of_html("<p>Fish &amp; chips</p><p>twice</p>")
    'Fish & chips\\ntwice'
    """
    return "\n".join(line for line in page_lines(html)[1] if line) or None


def page_lines(html: str) -> tuple[str, list[str]]:
    """Return the title of a page and the lines that a reader sees."""
    parts: list[str] = []
    title: list[str] = []
    silent: list[str] = []
    for kind, value, _ in pieces_of(html):
        if kind == "text" and silent[-1:] == ["title"]:
            title.append(value)
        elif kind == "text" and not silent:
            parts.append(value)
        elif kind == "start" and value == "body":
            silent.clear()
        elif kind == "start" and value in _SILENT and value not in silent:
            silent.append(value)
        elif kind == "end" and value in silent:
            del silent[silent.index(value) :]
        if kind in ("start", "end") and value in _BLOCKS:
            parts.append("\n")
    lines = [" ".join(line.split()) for line in "".join(parts).split("\n")]
    return " ".join("".join(title).split()), lines
