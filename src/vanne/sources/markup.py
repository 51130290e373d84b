"""The text of a piece of HTML, as a reader would see it."""

from vanne.sources.articles import page_lines


def text_of_html(html: str) -> str | None:
    """Return the text; `None` if there is none.

    >>> text_of_html("<p>Fish &amp; chips</p><p>twice</p>")
    'Fish & chips\\ntwice'
    """
    lines = page_lines(html)
    return None if lines is None else "\n".join(line for line in lines[1] if line) or None
