"""Why a row, or a whole file, gave no item: every reason that a reader can give.

They are in English, as `vanne inspect --json` has them; `vanne.report.inspection_words` says them
in the reader's language. A hole such as `%(n)s` is filled with a number, or with the name of a
column; never with what a row holds.

>>> Why.WIDTH.of(n=4, m=3)
'row has 4 fields, header has 3'
"""

from enum import StrEnum


class Why(StrEnum):
    """A reason; those with holes are made whole by `of`."""

    # any file
    DUPLICATE = "duplicate of another archive"
    UNKNOWN = "unknown file"
    UNKNOWN_PART = "unknown part of the file"
    NOTHING = "came with the archive and holds nothing of yours"
    LINK = "link: not followed"
    NESTED = "archive inside the archive: not opened"
    UNDECODABLE = "bytes that are no text"
    TRUNCATED = "truncated"
    LARGE_ROW = "row larger than %(n)s MiB"
    OTHERS = "and other faults"
    # rows
    EMPTY = "empty row"
    BAD_DATE = "date not understood in column %(column)s"
    # tables
    NOT_UNDERSTOOD = "header not understood"
    WIDTH = "row has %(n)s fields, header has %(m)s"
    QUOTES = "quotes that do not match"
    NO_KNOWN_TEXT = "no text in a known column"
    # records
    NO_OBJECT = "not an object"
    NO_KNOWN_FIELD = "no known field"
    ODD_VALUE = "odd value in %(column)s"
    ODD_COLUMN = "odd value in a column"
    ODD = "odd value"
    NO_ACTIVITY = "kind of activity not known"
    NOT_ROWS = "names the files of the archive"
    # JSON, CBOR
    NO_JSON = "not JSON"
    TOO_DEEP = "nested more than %(n)s deep"
    MORE_BEHIND = "more text behind the end"
    NO_CBOR = "not DAG-CBOR"
    NO_TYPE = "no type of record"
    LARGE_BLOCK = "block larger than %(n)s MiB"
    # pages and documents
    ASK_FOR_JSON = "download as HTML: ask the network for JSON in its place"
    LARGE_PAGE = "page larger than %(n)s MiB"
    NO_ARTICLE_TEXT = "no text in the article"
    LARGE_DOCUMENT = "document larger than %(n)s MiB"
    NO_TEXT = "no text in the document"
    NO_PERSON = "no person in the document"
    NO_PDF = "PDF that cannot be read"
    NO_PYPDF = "PDF: needs the extra vanne[cv]"
    ENCRYPTED = "encrypted PDF"
    PDF_TOO_MUCH = "PDF that takes more than %(n)s s or %(m)s GiB to read"
    PDF_PAGE = "page %(n)s of the PDF cannot be read"
    PDF_PICTURE = "page %(n)s of the PDF is a picture: its text is not read"
    PDF_FONT = "page %(n)s of the PDF has a font that does not say its letters: that is not read"
    PDF_PAGES = "PDF with more than %(n)s pages: the rest is not read"
    PDF_LONG = "PDF with more than %(n)s MiB of text: the rest is not read"
    NO_WORD = "Word file that cannot be read"
    WORD_PART = "header, footer or notes of the Word file cannot be read"
    WORD_COMMENTS = "comments in the Word file: not read"
    LOCKED_WORD = "Word file with a password: save it without one"
    WORKBOOK = "workbook in the form %(column)s: save each of its tables as CSV"
    OTHER_DOCUMENT = "document in the form %(column)s: save it as PDF or as .docx"
    LARGE_WORD = "Word file larger than %(n)s MiB once unpacked"
    # XML
    NO_XML = "not XML"
    HAS_DOCTYPE = "XML with a document type: not read"
    XML_TOO_DEEP = "XML nested more than %(n)s deep"
    XML_TOO_MANY = "XML with more than %(n)s elements"
    NOT_EUROPASS = "XML of another kind than Europass"
    NOT_READ = "attachment or picture in the file: not read"

    def of(self, **holes: object) -> str:
        """Return the reason with its holes filled."""
        return self.value % holes
