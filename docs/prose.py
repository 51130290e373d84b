"""How long the sentences of the documentation are: `./run python docs/prose.py [PAGE...]`.

Paragraphs, lists and tables are read; code, headings, the log, the decision records and generated
pages are not.
"""

import re
import sys
from pathlib import Path
from statistics import median

from markdown_it import MarkdownIt

DOCS = Path(__file__).parent
GENERATED = (
    "design/one-truth.md",
    "design/proofs.md",
    "reference/cli.md",
    "reference/codes.md",
    "reference/settings.md",
)
HISTORY = ("log.md", "adr/")
SENTENCE_END = re.compile(r"(?<=[.!?])\)?\s+(?=[\"«“(*`]*[A-Z0-9])")


def pages() -> list[Path]:
    """Return the pages that somebody writes: the README, and those of the site."""
    site = sorted(DOCS.rglob("*.md"))
    named = [
        (page, page.relative_to(DOCS).as_posix()) for page in site if "_build" not in page.parts
    ]
    return [
        DOCS.parent / "README.md",
        *(page for page, name in named if not name.startswith((*GENERATED, *HISTORY))),
    ]


def sentences(text: str) -> list[str]:
    """Return the sentences of the paragraphs, lists and tables of a page in Markdown."""
    tokens = MarkdownIt().enable("table").parse(re.sub(r"(?ms)^```\{.*?^```$", "", text))
    found = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if (
            token.type == "inline"
            and before is not None
            and before.type in ("paragraph_open", "td_open")
        ):
            words = "".join(
                "\n" if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
            )
            found += SENTENCE_END.split(words)
    return [
        sentence for sentence in found if len(sentence.split()) > 4
    ]  # fewer: a label or a value


def main() -> None:
    """Print the words, sentences and lengths of each page, the longest sentences last."""
    asked = [Path(name) for name in sys.argv[1:]] or pages()
    every: list[int] = []
    words = 0
    for page in asked:
        text = page.read_text()
        lengths = [len(sentence.split()) for sentence in sentences(text)]
        every += lengths
        words += len(text.split())
        middle = median(lengths) if lengths else 0
        print(f"{len(text.split()):7} words {len(lengths):5} sentences, median {middle:4}  {page}")
    ordered = sorted(every)
    ninth = ordered[len(ordered) * 9 // 10]
    print(f"{words} words, median {median(every)} words a sentence, nine of ten within {ninth}")


if __name__ == "__main__":
    main()
