"""Reads XML that nobody vouches for: no document type, so no entities; no depth without end.

Expat is the parser of the standard library; entities need a document type, and one is refused as
soon as it begins.
"""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from vanne.words import Message

MAX_DEPTH = 200
MAX_ELEMENTS = 200_000
TOO_DEEP = Message("xml-too-deep", n=MAX_DEPTH)
TOO_MANY = Message("xml-many-elements", n=f"{MAX_ELEMENTS:,}")


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
