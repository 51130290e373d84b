"""Finds the reader of a file: by what is in it, and by its name where several would fit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import PurePosixPath

from vanne.sources.archive import (
    OLD_OFFICE,
    WORKBOOKS,
    Archive,
    Entry,
    is_archive,
    is_litter,
)
from vanne.sources.car import is_car, records_of
from vanne.sources.csvtext import sample_of
from vanne.sources.documents import MAX_DOCUMENT, DocumentParts, cv_of_pdf, open_parts
from vanne.sources.file_reader import FileReader, MemberClue, set_aside
from vanne.sources.htmlpage import open_page
from vanne.sources.jsonfile import open_json, open_records_table
from vanne.sources.jsontext import Node
from vanne.sources.linkedin import open_table, open_unknown_table
from vanne.sources.mediafile import is_picture, open_media
from vanne.sources.records import Records, record_kinds
from vanne.sources.streams import Pieces
from vanne.sources.wordfile import cv_of_open_document, cv_of_word, is_open_document, is_word
from vanne.words import Message

_TABLES = (".csv", ".tsv")
_HEAD = 64 << 10
_PDF_BEGINS = 1024
_MOST_TOLD = 20
_A_SENTENCE = 1000
_PAGE_OF_X = "Your archive.html"
_DOCUMENTS = frozenset((".pdf", ".docx", ".docm", ".odt"))
_RICH_TEXT = b"{\\rtf"
_OLD_WORD = "WordDocument".encode("utf-16-le")
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body|h1|meta)", re.I | re.S)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[\[{]|window\.(?:YTD|__THAR))")


def open_file(archive: Archive, entry: Entry) -> FileReader:
    """Open a file of an archive; one that nobody can read is listed with the reason."""
    suffix = PurePosixPath(entry.path).suffix.lower()
    if entry.is_link:
        return set_aside(archive, entry, Message("link"))
    if _holds_nothing(archive, entry):
        return set_aside(archive, entry, Message("nothing-of-yours"))
    head, _ = entry.start(_HEAD)
    if suffix in WORKBOOKS and head.startswith((b"PK", OLD_OFFICE)):
        return set_aside(archive, entry, Message("workbook", form=suffix))
    is_packed = is_archive(entry.path)
    if is_word(head) and not is_packed:
        return _document(archive, entry, "cv/word", cv_of_word)
    if is_open_document(head) and not is_packed:
        return _document(archive, entry, "cv/opendocument", cv_of_open_document)
    if why := _other_document(entry, head, suffix):
        return open_media(archive, entry, set_aside(archive, entry, why), picture=False)
    if is_packed:
        return set_aside(archive, entry, Message("nested-archive"))
    if suffix in _TABLES:
        sample = sample_of(entry)
        file = open_table(archive, entry, sample) or open_records_table(archive, entry, sample)
        if file is None and (_JSON.match(head) or _HTML.match(head)):  # it is only called a table
            return _by_content(archive, entry, head, "")
        return file or open_unknown_table(archive, entry, sample)
    return _by_content(archive, entry, head, suffix)


def _document(
    archive: Archive, entry: Entry, reader: str, parse: Callable[[bytes], DocumentParts]
) -> FileReader:
    """Open a document that may be a CV, or else what a record says that it is.

    It says something of the member where a few documents are all there is: among a network's files
    it may be somebody else's. It is taken apart once, since that costs.
    """
    parsed: list[DocumentParts] = []

    def clues() -> Iterator[MemberClue]:
        parsed.append(parse(entry.read()))
        yield MemberClue(reader, facts=parsed[0].facts)

    file = open_parts(archive, entry, reader, lambda data: parsed.pop() if parsed else parse(data))
    suffixes = {PurePosixPath(other.path).suffix.lower() for other in archive.entries}
    is_own = suffixes <= _DOCUMENTS or len(archive.entries) == 1
    is_small = len(archive.entries) <= _MOST_TOLD and entry.size <= MAX_DOCUMENT
    file = replace(file, clues=clues if is_own and is_small else None)
    return open_media(archive, entry, file, picture=False)


def _other_document(entry: Entry, head: bytes, suffix: str) -> Message | None:
    """Say why a document of a form that has no reader is not read; `None` of anything else."""
    if head.startswith(_RICH_TEXT):
        return Message("other-document", form=".rtf")
    if suffix == ".pages" and head.startswith(b"PK"):
        return Message("other-document", form=".pages")
    if not head.startswith(OLD_OFFICE) or entry.size > MAX_DOCUMENT:
        return None
    names = entry.read()
    if "EncryptedPackage".encode("utf-16-le") in names:
        return Message("word-locked")
    return Message("other-document", form=".doc") if _OLD_WORD in names else None


def _by_content(archive: Archive, entry: Entry, head: bytes, suffix: str) -> FileReader:
    if head.startswith(b"%PDF-"):
        return _document(archive, entry, "cv/pdf", cv_of_pdf)
    if is_car(head):

        def nodes() -> Iterator[Node]:
            return records_of(BufferedReader(Pieces(entry.chunks()), _HEAD))

        kinds = {key: k for k in record_kinds() if k.network == "bluesky" for key in k.keys}
        file = Records(archive, entry, kinds, nodes).opened()
        return replace(file, reader="bluesky/repository")
    if is_picture(head):
        return open_media(archive, entry, None, picture=True)
    if suffix in (".html", ".htm") or _HTML.match(head):
        return open_page(archive, entry, head)
    if _JSON.match(head) or suffix in (".json", ".jsonld", ".jsonl", ".js"):
        return open_json(archive, entry, head)
    if b"%PDF-" in head[:_PDF_BEGINS]:
        return _document(archive, entry, "cv/pdf", cv_of_pdf)
    if suffix == ".txt":
        table = open_table(archive, entry, sample_of(entry))
        return table or set_aside(archive, entry, Message("unknown-file"))
    return open_media(archive, entry, None, picture=False)


def _holds_nothing(archive: Archive, entry: Entry) -> bool:
    """Say whether a file came with the archive but is no data of the member.

    It is what a computer adds to a folder, the page with which X shows an archive and what belongs
    to it, or what Facebook puts where there is nothing.
    """
    name = PurePosixPath(entry.path).name
    is_empty = name == "no-data.txt" and entry.size <= _A_SENTENCE
    if is_litter(entry.path) or is_empty or name == _PAGE_OF_X:
        return True
    for part in ("/assets/", "/data/README.txt"):
        around, part_there, _ = f"/{entry.path}".partition(part)
        page = f"{around}/{_PAGE_OF_X}".lstrip("/")
        if part_there and any(other.path == page for other in archive.entries):
            return True
    return False
