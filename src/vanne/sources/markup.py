"""The text of HTML, as a reader would see it."""

from html.parser import HTMLParser

_SILENT = {"title", "style", "script", "head", "template"}
_BLOCKS = set(
    "p div br h1 h2 h3 h4 h5 h6 li ul ol blockquote pre table tr section figure hr".split()
)


def text_of_html(html: str) -> str | None:
    """Return the text; `None` if there is none.

    >>> text_of_html("<p>Fish &amp; chips</p><p>twice</p>")
    'Fish & chips\\ntwice'
    """
    lines = page_lines(html)
    return None if lines is None else "\n".join(line for line in lines[1] if line) or None


def page_lines(html: str) -> tuple[str, list[str]] | None:
    """Return the title of a page and the lines that a reader sees; `None` if it is no page."""
    page = _Page()
    try:
        page.feed(html)
        page.close()
    except AssertionError:  # how the parser refuses a marked section that it does not know
        return None
    lines = [" ".join(line.split()) for line in "".join(page.parts).split("\n")]
    return " ".join("".join(page.title).split()), lines


class _Page(HTMLParser):
    """Collects its title and what a reader would see, a line break around each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.title: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._silent.clear()
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._silent[-1:] == ["title"]:
            self.title.append(data)
        elif not self._silent:
            self.parts.append(data)
