"""HTML pages: LinkedIn's articles, and downloads that cannot be read.

LinkedIn exports an article as a page with a title, a body, and at times the dates on which the
article was begun and published.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from vanne.sources.archive import Archive, Entry
from vanne.sources.dates import parse
from vanne.sources.file_reader import Context, FileReader, set_aside
from vanne.sources.kinds import kind_of, kinds
from vanne.sources.markup import page_lines
from vanne.sources.reading import OWNER, RowResult, item_id
from vanne.sources.streams import decode
from vanne.terms import Item, is_unicode
from vanne.words import Message

MAX_PAGE_BYTES = 16 << 20
LARGE_PAGE = Message("large-page", n=MAX_PAGE_BYTES >> 20)
_META = re.compile(rb"facebook|instagram|_a6-g|_3-95", re.IGNORECASE)
_FOLDERS_OF_META = re.compile(
    r"facebook|instagram|(?:^|/)(?:ads|logged|personal|security_and_login)_information/"
    r"|(?:^|/)(?:messages/inbox|connections|preferences|posts|comments_and_reactions)/",
    re.IGNORECASE,
)
_DATED = re.compile(r"^(Published|Created) on (.+)$")
_DATES = ("minute", "second", "minute-utc", "second-utc")


def open_page(archive: Archive, entry: Entry, head: bytes) -> FileReader:
    """Open a page: an article is read; a page of Meta's download says what to ask for instead."""
    if kind_of(entry.path) is not None:
        return _open_article(archive, entry)
    place = f"{archive.name}/{entry.path}"
    if not (_META.search(head) or _FOLDERS_OF_META.search(place)):
        return set_aside(archive, entry, Message("unknown-file"))
    # A page is of the network that its place names, or else its links.
    named = f"{place} {head.decode(errors='replace')}".casefold()
    in_place = [n for n in ("facebook", "instagram") if n in place.casefold()]
    in_head = [n for n in ("facebook", "instagram") if n in named]
    network = next(iter(in_place or in_head), "facebook")
    return set_aside(archive, entry, Message("ask-for-json"), f"{network}/page")


def _open_article(archive: Archive, entry: Entry) -> FileReader:
    reader = kinds()["articles"].reader
    if entry.size > MAX_PAGE_BYTES:
        return replace(set_aside(archive, entry, LARGE_PAGE, reader), warnings=(LARGE_PAGE,))

    def read(_: Context) -> Iterator[RowResult]:
        page = decode(entry.read()).text
        if not is_unicode(page):
            yield RowResult(1, reason=Message("not-text"))
            return
        title, lines = page_lines(page)
        if title and title not in lines:
            lines.insert(0, title)
        dated = [match for line in lines if (match := _DATED.match(line))]
        dates = {match[1]: moment for match in dated if (moment := parse(match[2], _DATES))}
        text = "\n".join(line for line in lines if line and not _DATED.match(line))
        if not text:
            yield RowResult(1, reason=Message("article-without-text"))
            return
        created_at = dates.get("Published") or dates.get("Created") or archive.snapshot
        key = item_id(reader, text)
        item = Item(key, OWNER, "article", created_at=created_at, text=text, source=reader)
        yield RowResult(1, item)

    return FileReader(
        archive, entry, read, reader, warnings=decode(entry.start(1 << 16)[0]).warnings
    )
