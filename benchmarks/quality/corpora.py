"""Real text by many authors, and for each collection a ground that nobody can withdraw.

    peps        paragraphs of Python Enhancement Proposals (public domain); English
    man-pages   paragraphs of Debian's manual pages in French, German and Italian, by their
                translators (packages manpages-fr, -de and -it; free licences)
    changelogs  what Debian's maintainers wrote into the changelogs of this machine's packages;
                English, terse, many quite alike

An author is a member. Authors who are held out share no document with members. No text is kept in
the results, and no name leaves this module: an author is the number of a name.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from babel.messages.pofile import read_po

from vanne.corpus import Document

SHORTEST, LONGEST = 180, 420
"""Letters of a text."""
SENTENCE = 60
PER_AUTHOR = 4
MEMBERS, HELD_OUT, GROUND = 48_000, 12_000, 12_000
"""About so many letters of each part."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of an author, in a language, from a document that holds several."""

    author: str
    document: str
    text: str
    lang: str = "en"


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts to train on, texts of other authors to measure on, and the ground."""

    name: str
    members: Sequence[Text]
    held_out: Sequence[Text]
    ground: Sequence[str]

    def documents(self) -> list[Document]:
        """Return the members' texts as documents of a corpus."""
        return [
            Document(_number(row.document, row.text), row.author, row.text, row.lang, "post")
            for row in self.members
        ]


def collect(name: str, texts: Iterable[Text], ground: Iterable[str], letters: int) -> Collection:
    """Choose from texts, by a hash: a quarter of the authors is held out, nobody writes most.

    `letters` is how much members write in all.
    """
    by_author = defaultdict(list)
    known = set[str]()
    for row in sorted(texts, key=lambda row: _number(row.document, row.text)):
        if row.text not in known and len(by_author[row.author]) < PER_AUTHOR:
            by_author[row.author].append(row)
        known.add(row.text)
    members, held_out = list[Text](), list[Text]()
    room = {False: letters, True: HELD_OUT}
    for author in sorted(by_author, key=_number):
        out = int(_number(author), 16) % 4 == 0
        if room[out] > 0:
            (held_out if out else members).extend(by_author[author])
            room[out] -= sum(len(row.text) for row in by_author[author])
    seen = {row.document for row in members}
    apart = [row for row in held_out if row.document not in seen]
    return Collection(name, members, apart, _first(ground, GROUND))


def peps(data: Path) -> tuple[Iterator[Text], Iterator[str]]:
    """Read the folder `peps`: `paragraphs.jsonl`, and EIPs (CC0) as the ground."""
    rows = map(json.loads, (data / "peps/paragraphs.jsonl").read_text().splitlines())
    ground = (data / "peps/ground.jsonl").read_text().splitlines()
    return (
        (Text(_number(row["author"]), row["document"], row["text"]) for row in rows),
        (json.loads(line)["text"] for line in ground),
    )


_CREDIT = {"fr": "TRADUCTION", "de": "ÜBERSETZUNG", "it": "TRADUZIONE"}


def man_pages(data: Path) -> tuple[Iterator[Text], Iterator[str]]:
    """Read the folder `man` (`fr`, `de`, `it` in it); Vanne's own sentences are the ground."""

    def texts() -> Iterator[Text]:
        for lang, credit in _CREDIT.items():
            for path in sorted((data / "man" / lang).rglob("*.gz")):
                if path.is_file() and not path.is_symlink():
                    page = gzip.decompress(path.read_bytes()).decode()
                    body, _, by = page.partition(f".SH {credit}")
                    people = re.findall(r"([^<>,]+) <", by.replace("\n", " "))
                    who = " ".join(sorted(one.split()[-1] for one in people if one.split()))
                    for text in _paragraphs(body) if who else ():
                        yield Text(_number(lang, who), path.stem, text, lang)

    return texts(), own_sentences()


def changelogs(data: Path) -> tuple[Iterator[Text], Iterator[str]]:
    """Read the folder `doc`: what each maintainer wrote of a version; EIPs are the ground."""

    def texts() -> Iterator[Text]:
        for path in sorted((data / "doc").glob("*/changelog.Debian.gz")):
            entries = gzip.decompress(path.read_bytes()).decode(errors="replace")
            for body, who in re.findall(r"(?ms)^\S+ \(.*?\n\n(.*?)\n\n -- .*?<(.*?)>", entries):
                text = " ".join(re.sub(r"\(?Closes:[^)\n]*\)?", "", body).split())
                if SHORTEST <= len(text) <= LONGEST:
                    yield Text(_number(who), path.parent.name, text)

    return texts(), peps(data)[1]


def own_sentences() -> Iterator[str]:
    """Yield what Vanne itself says to people, four sentences a text, in three languages."""
    for lang in _CREDIT:
        with (files("vanne") / "locale" / f"{lang}.po").open("rb") as file:
            said = [str(m.string) for m in read_po(file) if m.id and isinstance(m.id, str)]
        whole = [text for text in said if "%" not in text and len(text) > SENTENCE]
        for start in range(0, GROUND // len(_CREDIT) // SENTENCE, 4):
            yield "\n".join(whole[start : start + 4])[:LONGEST]


READERS: Mapping[str, Callable[[Path], tuple[Iterator[Text], Iterator[str]]]] = {
    "peps": peps,
    "man-pages": man_pages,
    "changelogs": changelogs,
}


def _paragraphs(page: str) -> Iterator[str]:
    """Yield the running text of a page in roff, without what marks it up."""
    for part in re.split(r"(?m)^[.'].*$", page):
        plain = re.sub(r"\\f[A-Z]|\\f\([A-Z]{2}|\\&|\\[/,:%]", "", part)
        plain = re.sub(r"\\\((?:aq|cq)", "'", plain).replace("\\-", "-").replace("\\ ", " ")
        text = " ".join(plain.split())
        if SHORTEST <= len(text) <= LONGEST and "\\" not in text:
            yield text


def _first(texts: Iterable[str], room: int) -> list[str]:
    found = list[str]()
    for text in texts:
        if (room := room - len(text)) < 0:
            break
        found.append(text)
    return found


def _number(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16]
