"""Write an XML document as the JSON that says the same, so that paths of keys lead into both.

An element is an object: its attributes, and the elements in it. Those of one name are an array; one
alone is a value, as in the JSON that programs write of such a document. An element that holds only
text is that text, and one that holds nothing is null. Namespaces are left out.
"""

import json
import re
from typing import Any
from xml.etree.ElementTree import Element

from vanne.sources.wordfile import name_of, read_xml
from vanne.words import Message

MAX_XML = 16 << 20
LARGE_XML = Message("large-document", n=MAX_XML >> 20)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([^\W\d][\w.-]*)")
_BEFORE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<\[]*(?:\[.*?\]\s*)?>", re.S)


def root_of(text: str) -> str:
    """Return the name of the root of a document; nothing if it does not begin as XML does.

    >>> root_of('<?xml version="1.0"?><!-- a --><e:Candidate xmlns:e="urn:x"><e:B/>')
    'Candidate'
    """
    at = 1 if text.startswith("\ufeff") else 0
    while before := _BEFORE.match(text, at):
        at = before.end()
    found = _ROOT.match(text, at)
    return found[1] if found else ""


def json_of(data: bytes) -> str:
    """Return the document as JSON.

    Raises:
        XmlError: there is a document type, or this is no XML.
    """
    root = read_xml(data)
    return json.dumps({name_of(root): _value(root)}, ensure_ascii=False)


def _value(element: Element) -> Any:
    fields: dict[str, Any] = {}
    for below in element:
        name, value = name_of(below), _value(below)
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
    text = (element.text or "").strip()
    if not fields and text:
        return text
    own = {name: value for name, value in element.attrib.items() if "}" not in name}
    return (own | fields) or None
