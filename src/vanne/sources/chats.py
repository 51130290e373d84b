"""Read a chat that WhatsApp exported: a text file with a line, or several, for each message.

A message begins with its time and who sent it, in one of two forms:

    [14.11.23, 22:13:20] Bram Oosterling: Grüezi
    11/14/23, 10:13 PM - Bram Oosterling: Grüezi

What WhatsApp itself says, such as that the chat is encrypted, is no message: it has no sender, or
it is the first line, and a sentence that begins with an invisible mark. Such a line is listed.
"""

import re
from collections.abc import Iterable, Iterator

from vanne.sources.cards import moment_of
from vanne.sources.jsontext import Node
from vanne.sources.streams import LOST, TOO_LONG, lines_of
from vanne.words import Message

CHAT = "exported-chat"
"""The key of the messages of a chat."""
NAMELESS = "_chat"
"""An iPhone calls each chat so; the zip around it, or the folder, has the name of the chat."""
_UNSEEN = re.compile("[\u200e\u200f\ufeff]")
_CLOCK = r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?: ?[ap]\.? ?m\.?)?"
_DAY = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
_TIME = rf"{_DAY},?(?: [^\W\d]{{1,5}})? {_CLOCK}|{_CLOCK}, {_DAY}"
"""`14.11.23, 22:13`, `14/11/2023 à 22:13`; a copied message has `10:13 pm, 14/11/2023`."""
_OF_APP = Message("line-of-app")
_BEGUN = re.compile(rf"(?:\[({_TIME})\]|({_TIME}) -) (?:([^:]{{1,80}}): )?(.*)", re.I | re.S)
_FIRST = re.compile(r": \u200e[^<]+\.$")
"""The line with which a chat begins on an iPhone: it has the name of the chat for a sender."""
_FEWEST = 2


def is_chat(start: str) -> bool:
    """Say whether a text begins as a chat of WhatsApp does.

    >>> is_chat("[14.11.23, 22:13:20] Bram: Hi\\n[14.11.23, 22:14:01] Zoë: Ciao\\n")
    True
    """
    begun = [match for line in start.splitlines()[:20] if (match := _BEGUN.match(_plain(line)))]
    return len(begun) >= _FEWEST and any(match[3] for match in begun)


def messages_of(pieces: Iterable[str]) -> Iterator[Node]:
    """Yield the messages; a line that begins none goes on with the one before."""
    message: dict[str, object] = {}
    lines: list[str] = []
    is_first = True

    def node() -> Node:
        if not message["sender_name"]:
            return Node(CHAT, None, _OF_APP)
        return Node(CHAT, message | {"content": "\n".join(lines).strip()})

    for line in (each for some in lines_of(pieces) for each in some if each != TOO_LONG):
        text = LOST.sub("\ufffd", _plain(line)).rstrip("\r\n")
        begun = _BEGUN.match(text)
        if begun is None:
            lines.append(text)
            continue
        if message:
            yield node()
        day, _, clock = (begun[1] or begun[2]).rpartition(" ")
        is_dotted = clock[0].isdigit() and ":" not in clock  # `klo 14.08.18`
        at = moment_of(f"{day} {clock.replace('.', ':') if is_dotted else clock}")
        is_of_app = is_first and bool(_FIRST.search(line.rstrip()))
        message = {"sender_name": "" if is_of_app else begun[3] or "", "timestamp": at}
        lines, is_first = [begun[4]], False
    if message:
        yield node()


def _plain(line: str) -> str:
    return _UNSEEN.sub("", line).replace("\u202f", " ").replace("\u00a0", " ")
