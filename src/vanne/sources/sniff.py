"""Find the reader of each file by its content, and by its name where several readers fit.

HTML pages, and files that records name, are read here. LinkedIn exports an article as a page with a
title, a body, and sometimes the dates on which the article was begun and published. A picture is
read last, since the record that names the picture says what it is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import PurePosixPath

from vanne.sources.archive import (
    OLD_OFFICE,
    WORKBOOKS,
    Archive,
    ArchiveMember,
    is_archive,
    is_litter,
)
from vanne.sources.assistants import Chat, chat_around
from vanne.sources.car import is_car, records_of
from vanne.sources.cards import NOT_UNDERSTOOD, cards_of
from vanne.sources.chats import CHAT, is_chat, messages_of
from vanne.sources.csvtext import sample_of
from vanne.sources.cvtext import cv_of_text, is_cv
from vanne.sources.dates import parse
from vanne.sources.documents import MAX_DOCUMENT, DocumentText, PdfWatch, open_document
from vanne.sources.file_reader import (
    PHOTO_COUNTED,
    Context,
    FileMention,
    FileReader,
    MemberClue,
    set_aside,
)
from vanne.sources.jsonfile import open_json, open_records_table, open_xml
from vanne.sources.jsontext import Node
from vanne.sources.kinds import NO_READER, kind_of
from vanne.sources.marks import is_of_messages, is_of_the_network, network_of_page
from vanne.sources.markup import page_lines, pieces_of_parts
from vanne.sources.named_files import open_table, open_unknown_table
from vanne.sources.readers import record_kinds
from vanne.sources.reading import OWNER, RowResult, item_id
from vanne.sources.records import Records
from vanne.sources.row_kinds import CARDS, kind_of_page
from vanne.sources.streams import LOST, Pieces, decode, text_of
from vanne.sources.textfile import open_blocks_of_page, open_text
from vanne.sources.wordfile import cv_of_open_document, cv_of_word, is_open_document, is_word
from vanne.terms import TO_ASSISTANT, WITH_ASSISTANT, Category, Item, is_unicode
from vanne.words import Message

_TABLES = (".csv", ".tsv")
_HEAD = 64 << 10
_PDF_BEGINS = 1024
_MOST_TOLD = 20
_TEXTS = (".txt", ".md")
_DOCUMENTS = frozenset((".pdf", ".docx", ".docm", ".odt", *_TEXTS))
_RICH_TEXT = b"{\\rtf"
_OLD_WORD = "WordDocument".encode("utf-16-le")
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body|h1|meta)", re.I | re.S)
_XML = (b"<?xml", b"\xef\xbb\xbf<?xml")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[\[{]|window\.(?:YTD|__THAR))")


def open_file(archive: Archive, entry: ArchiveMember, watch: PdfWatch) -> FileReader:
    """Open a file of an archive; one that nobody can read is listed with the reason."""
    suffix = PurePosixPath(entry.path).suffix.lower()
    if entry.is_link:
        return set_aside(archive, entry, Message("link"))
    # What a computer adds to a folder, or what a network puts into an archive for itself.
    if is_litter(entry.path) or is_of_the_network(archive, entry):
        return set_aside(archive, entry, Message("nothing-of-yours"))
    head, _ = entry.start(_HEAD)
    if suffix in WORKBOOKS and head.startswith((b"PK", OLD_OFFICE)):
        return set_aside(archive, entry, Message("workbook", form=suffix))
    is_packed = is_archive(entry.path)
    if is_word(head) and not is_packed:
        return _document(archive, entry, "cv/word", cv_of_word)
    if is_open_document(head) and not is_packed:
        return _document(archive, entry, "cv/opendocument", cv_of_open_document)
    why = None
    if head.startswith(_RICH_TEXT):
        why = Message("other-document", form=".rtf")
    elif suffix == ".pages" and head.startswith(b"PK"):
        why = Message("other-document", form=".pages")
    elif head.startswith(OLD_OFFICE) and entry.size <= MAX_DOCUMENT:
        data = entry.read()
        if "EncryptedPackage".encode("utf-16-le") in data:
            why = Message("word-locked")
        elif _OLD_WORD in data:
            why = Message("other-document", form=".doc")
    if why:
        return open_media(archive, entry, set_aside(archive, entry, why), picture=False)
    if is_packed:
        return set_aside(archive, entry, Message("nested-archive"))
    if suffix in _TABLES:
        sample = sample_of(entry)
        file = open_table(archive, entry, sample) or open_records_table(archive, entry, sample)
        if file is None and (_JSON.match(head) or _HTML.match(head)):  # it is only called a table
            return _by_content(archive, entry, head, "", watch)
        return file or open_unknown_table(archive, entry, sample)
    return _by_content(archive, entry, head, suffix, watch)


def _document(
    archive: Archive, entry: ArchiveMember, reader: str, parse: Callable[[bytes], DocumentText]
) -> FileReader:
    """Open a document that may be a CV, or else what a record says that it is.

    It says something of the member where a few documents are all there is: among a network's files
    it may be somebody else's. It is taken apart once, since that costs.
    """
    parsed: list[DocumentText] = []

    def clues() -> Iterator[MemberClue]:
        parsed.append(parse(entry.read()))
        yield MemberClue(reader, facts=parsed[0].facts)

    file = open_document(
        archive, entry, reader, lambda data: parsed.pop() if parsed else parse(data)
    )
    is_own = _is_own(archive)
    is_small = len(archive.entries) <= _MOST_TOLD and entry.size <= MAX_DOCUMENT
    file = replace(file, clues=clues if is_own and is_small else None)
    return open_media(archive, entry, file, picture=False)


def _is_own(archive: Archive) -> bool:
    """Say whether documents are all there is: one is then the person's own."""
    suffixes = {PurePosixPath(other.path).suffix.lower() for other in archive.entries}
    return suffixes <= _DOCUMENTS or len(archive.entries) == 1


def _by_content(
    archive: Archive, entry: ArchiveMember, head: bytes, suffix: str, watch: PdfWatch
) -> FileReader:
    if head.startswith(b"%PDF-"):
        return _document(archive, entry, "cv/pdf", watch.parser(entry))
    if is_car(head):

        def nodes() -> Iterator[Node]:
            return records_of(BufferedReader(Pieces(entry.chunks()), _HEAD))

        prefix = "car:"
        kinds = {
            key.removeprefix(prefix): kind
            for kind in record_kinds()
            for key in kind.keys
            if key.startswith(prefix)
        }
        file = Records(archive, entry, kinds, nodes).opened()
        return replace(file, reader=f"{next(iter(kinds.values())).network}/repository")
    if is_picture(head):
        return open_media(archive, entry, None, picture=True)
    if suffix in (".html", ".htm") or _HTML.match(head):
        return open_page(archive, entry, head)
    chat = next((kind for kind in record_kinds() if CHAT in kind.keys), None)
    if chat and suffix == ".txt" and is_chat(decode(head).text):

        def messages() -> Iterator[Node]:
            return messages_of(text_of(entry.chunks(), "utf-8-sig"))

        return Records(archive, entry, {CHAT: chat}, messages).opened()
    if _JSON.match(head) or suffix in (".json", ".jsonld", ".jsonl", ".js"):
        return open_json(archive, entry, head)
    is_xml = suffix == ".xml" or head.startswith(_XML)
    if is_xml and (document := open_xml(archive, entry, head)):
        return document
    if b"%PDF-" in head[:_PDF_BEGINS]:
        return _document(archive, entry, "cv/pdf", watch.parser(entry))
    if suffix in _TEXTS:
        return _open_plain_text(archive, entry)
    return open_media(archive, entry, None, picture=False)


def _open_plain_text(archive: Archive, entry: ArchiveMember) -> FileReader:
    """Open a text: a table, rows of a network, or a CV where documents are all there is."""
    sample = sample_of(entry)
    file = open_table(archive, entry, sample) or open_text(archive, entry, sample)
    if file is not None:
        return file
    if _is_own(archive) and is_cv(sample.text):
        return _document(archive, entry, "cv/text", cv_of_text)
    return open_media(
        archive, entry, set_aside(archive, entry, Message("unknown-file")), picture=False
    )


# HTML pages

MAX_PAGE_BYTES = 16 << 20
LARGE_PAGE = Message("large-page", n=MAX_PAGE_BYTES >> 20)
_DATED = re.compile(r"^(Published|Created) on (.+)$")
_DATES = ("minute", "second", "minute-utc", "second-utc")
_FIRST_PAGES = ("index", "start_here")
"""Pages that lead to the others."""


def open_page(archive: Archive, entry: ArchiveMember, head: bytes) -> FileReader:
    """Open a page: an article, or one of a download as HTML whose cards are records.

    A page of a download whose name or form no reader knows says what to ask for instead.
    """
    if kind := kind_of(entry.path):
        return _open_article(archive, entry, kind.reader)
    if blocks := open_blocks_of_page(archive, entry, head):
        return blocks
    network = network_of_page(f"{archive.name}/{entry.path}", head)
    if network is None:
        return set_aside(archive, entry, Message("unknown-file"))
    if PurePosixPath(entry.path).stem.casefold() in _FIRST_PAGES:
        return set_aside(archive, entry, Message("nothing-of-yours"), f"{network}/page")
    record = kind_of_page(entry.path, network)
    if record is None:
        return set_aside(archive, entry, Message("ask-for-json"), f"{network}/page")

    def nodes() -> Iterator[Node]:
        texts = text_of(entry.chunks(), "utf-8-sig")
        pieces = pieces_of_parts(LOST.sub("\ufffd", text) for text in texts)
        for card in cards_of(pieces):
            if card is NOT_UNDERSTOOD:
                yield Node(CARDS, None, Message("ask-for-json"))
            elif not (record.author and card.keys() == {"title"}):  # who is in a thread
                yield Node(CARDS, card)

    file = Records(archive, entry, {CARDS: record}, nodes).opened()

    def read(context: Context) -> Iterator[RowResult]:
        rows = 0
        for result in file.read(context):
            rows += 1
            yield result
        if not rows and entry.size:
            yield RowResult(None, reason=Message("ask-for-json"))

    return replace(file, read=read)


def _open_article(archive: Archive, entry: ArchiveMember, reader: str) -> FileReader:
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


# Files that records name, and pictures

_MEDIA = "media/file"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
_BOXED = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"heif")


def is_picture(start: bytes) -> bool:
    """Say whether a file begins as a picture does."""
    is_webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    is_boxed = start[4:8] == b"ftyp" and start[8:12] in _BOXED
    return start.startswith(_PICTURES) or is_webp or is_boxed


def _sent_in(chat: Chat | None) -> FileMention:
    """Return what a file in a folder of messages is: a message, or what an assistant was given."""
    if chat and chat.is_alone:
        return FileMention(Category.AI_PROMPT, None, TO_ASSISTANT, None)
    visibility = WITH_ASSISTANT if chat else None
    return FileMention(Category.PRIVATE_MESSAGE, None, visibility, None)


def open_media(
    archive: Archive, entry: ArchiveMember, other: FileReader | None, *, picture: bool
) -> FileReader:
    """Open a file that a record may name; `other` reads it if none does."""
    is_sent = is_of_messages(entry.path)

    def read(context: Context) -> Iterator[RowResult]:
        naming = context.named.of(entry.path)
        is_told = naming is not None and naming.is_sent
        if is_sent and not is_told and (picture or naming or other):
            naming = _sent_in(chat_around(archive.name, entry.path, context.chats))
        if naming is None and other is not None:
            yield from other.read(context)
            return
        digest = entry.digest()
        if picture and context.named.has_photo(entry.path):
            yield RowResult(1, reason=PHOTO_COUNTED)
            return
        if naming is None and not picture:
            if entry.size:
                yield RowResult(None, reason=Message("unknown-file"))
            return
        naming = naming or FileMention(None, None, None, None)
        category = Category.PHOTO if picture and not naming.is_private else naming.category
        item = Item(
            item_id(_MEDIA, digest),
            OWNER,
            category,
            author=naming.author,
            created_at=naming.created_at,
            visibility=naming.visibility,
            tags=naming.tags,
            media=entry.path,
            source=_MEDIA,
        )
        yield RowResult(1, item)

    if other is not None:
        return replace(other, read=read, is_last=True)
    return FileReader(archive, entry, read, _MEDIA if picture else NO_READER, is_last=True)
