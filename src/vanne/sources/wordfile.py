"""Read the text of a word processor's file: Word's (.docx, .docm) and OpenDocument's (.odt).

Both formats are a zip of XML, read here within the limits of every zip. The text is what a person
sees on the page, once: no deleted, moved or hidden text, and no second copy of a text box for older
programs. Comments, which are often other people's, and files inside the file are listed and not
read.

The XML is untrusted: Expat reads it with a bound on depth. A document type is refused as soon as it
begins, since only a document type can define entities.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from vanne.sources.archive import DAMAGE, OPEN_DOCUMENT, layout_fault
from vanne.sources.documents import DocumentText
from vanne.sources.unwrap import typed_text
from vanne.words import Message

MAX_DEPTH = 200
MAX_ELEMENTS = 200_000
TOO_DEEP = Message("xml-too-deep", n=MAX_DEPTH)
TOO_MANY = Message("xml-many-elements", n=f"{MAX_ELEMENTS:,}")
MAX_XML = 32 << 20
LARGE_WORD = Message("word-large", n=MAX_XML >> 20)
_BODY = re.compile(r"word/document\d*\.xml")
_WORD_PARTS = (
    *(re.compile(r"word/header\d*\.xml"), _BODY, re.compile(r"word/diagrams/data\d*\.xml")),
    *(re.compile(r"word/footer\d*\.xml"), re.compile(r"word/(?:foot|end)notes\.xml")),
)
_OPEN_BODY = "content.xml"
_COMMENTS = "word/comments.xml"
_FILES = re.compile(r"word/(?:embeddings/|afchunk).+|Object [^/]+/content\.xml")
_GONE = frozenset(
    "Fallback del moveFrom delText tracked-changes annotation sequence-decls forms".split()
)
_SIGNS = {"tab": "\t", "ptab": "\t", "s": " ", "noBreakHyphen": "-"}
_SIGNS |= dict.fromkeys(("br", "cr", "line-break"), "\n")
_ROWS = frozenset(("tr", "table-row"))
_LABEL = 80
_BOXES = frozenset(("txbxContent", "text-box", "note-body"))


def is_word(start: bytes) -> bool:
    """Say whether a zip begins as a Word file does."""
    return start[:4] == b"PK\x03\x04" and (b"[Content_Types].xml" in start or b"word/" in start)


def is_open_document(start: bytes) -> bool:
    """Say whether a zip begins as a text of OpenDocument does."""
    return start[30:38] == b"mimetype" and OPEN_DOCUMENT in start[:256]


def is_body(name: str) -> bool:
    """Say whether a file in a zip is the body of a Word file."""
    return _BODY.fullmatch(name) is not None


def cv_of_word(data: bytes) -> DocumentText:
    """Read a Word file: headers, body, diagrams and notes, a line for each paragraph.

    The text is one row; a header or notes that cannot be read are one each.
    """

    def parts(names: Sequence[str]) -> list[str]:
        return [name for part in _WORD_PARTS for name in sorted(names) if part.fullmatch(name)]

    return _read(data, is_body, parts, _typed)


def cv_of_open_document(data: bytes) -> DocumentText:
    """Read a text of OpenDocument: the headers and footers of its styles, then its body."""
    return _read(data, _OPEN_BODY.__eq__, lambda _: ["styles.xml", _OPEN_BODY], _mixed)


def _read(
    data: bytes,
    is_main: Callable[[str], bool],
    parts_of: Callable[[Sequence[str]], list[str]],
    shown: Callable[[Element], Iterator[str]],
) -> DocumentText:
    texts: dict[str, None] = {}  # sections repeat their header
    faults: list[Message] = []
    left = MAX_XML
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            if layout_fault(packed) or not any(map(is_main, names)):
                return DocumentText("", (Message("word-unreadable"),))
            for name in parts_of(names):
                try:
                    xml = _unpacked(packed, name, left)
                    left -= len(xml)
                    texts["\n".join(_paragraphs(read_xml(xml), shown))] = None
                except XmlError as error:
                    faults.append(error.fault if is_main(name) else Message("word-part-unreadable"))
            if _COMMENTS in names and b"comment " in _unpacked(packed, _COMMENTS, MAX_XML):
                faults.append(Message("word-comments"))
            faults += [Message("attachment") for name in names if _FILES.fullmatch(name)]
    except (*DAMAGE, OSError, KeyError, XmlError):
        return DocumentText("", (Message("word-unreadable"),))
    return DocumentText(typed_text("\n".join(texts)), tuple(faults))


def _unpacked(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    with packed.open(name) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise XmlError(LARGE_WORD)
    return data


def _paragraphs(
    element: Iterable[Element], shown: Callable[[Element], Iterator[str]]
) -> Iterator[str]:
    """Yield the paragraphs in their order; those of a box in a paragraph come after it."""
    for below in element:
        name = name_of(below)
        if name in ("p", "h"):
            yield "".join(shown(below))
            for box in _boxes(below):
                yield from _paragraphs(box, shown)
        elif name in _ROWS and not any(  # a row that was deleted while changes were tracked
            name_of(form) == "trPr" and any(name_of(one) == "del" for one in form) for form in below
        ):
            cells = [
                [line for line in _paragraphs([cell], shown) if line.strip()] for cell in below
            ]
            *labels, last = [cell for cell in cells if cell] or [[]]
            if labels and all(len(label) == 1 and len(label[0]) <= _LABEL for label in labels):
                # labels stand before what they are the labels of, on its line
                yield "\t".join([*(label[0] for label in labels), last[0]])
                yield from last[1:]
            else:
                yield from (line for cell in cells for line in cell)
        elif name not in _GONE and name not in _ROWS:
            yield from _paragraphs(below, shown)


def _boxes(element: Element) -> Iterator[Element]:
    for below in element:
        name = name_of(below)
        if name in _BOXES:
            yield below
        elif name not in _GONE:
            yield from _boxes(below)


def _typed(element: Element) -> Iterator[str]:
    """Yield what Word shows of a paragraph or run: text is in elements of its own."""
    for below in element:
        name = name_of(below)
        if name == "t":
            yield below.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name not in _GONE and name not in _BOXES:
            signs = (one for form in below if name_of(form) == "rPr" for one in form)
            vanish = next((one for one in signs if name_of(one) == "vanish"), None)
            attributes = {} if vanish is None else vanish.attrib
            value = next((v for key, v in attributes.items() if key.endswith("}val")), "true")
            if vanish is None or value in ("0", "false", "off"):  # it is not hidden
                yield from _typed(below)


def _mixed(element: Element) -> Iterator[str]:
    """Yield what OpenDocument shows of a paragraph: text lies between its elements."""
    yield element.text or ""
    for below in element:
        name = name_of(below)
        if name not in _GONE and name not in _BOXES:
            yield _SIGNS.get(name, "")
            yield from _mixed(below)
        yield below.tail or ""


class XmlError(Exception):
    """The document is refused or broken; `fault` says why."""

    def __init__(self, fault: Message) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _Building:
    def __init__(self) -> None:
        self.tree = TreeBuilder()
        self.open: list[Element] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= MAX_DEPTH:
            raise XmlError(TOO_DEEP)
        if self.count > MAX_ELEMENTS:
            raise XmlError(TOO_MANY)
        self.open.append(self.tree.start(name, attributes))

    def end(self, name: str) -> None:
        self.open.pop()
        self.tree.end(name)

    def refuse(self, *_: object) -> None:
        raise XmlError(Message("xml-doctype"))


def read_xml(data: bytes) -> Element:
    """Return the root; names are `namespace}name`.

    Raises:
        XmlError: there is a document type, or this is no XML.
    """
    parser, building = expat.ParserCreate(namespace_separator="}"), _Building()
    parser.buffer_text = True
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    parser.CharacterDataHandler = building.tree.data
    parser.StartDoctypeDeclHandler = building.refuse
    try:
        parser.Parse(data, True)
        return building.tree.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        raise XmlError(Message("not-xml")) from error


def name_of(element: Element) -> str:
    """Return the name without its namespace."""
    return element.tag.rpartition("}")[2]
