"""Read a chat that WhatsApp exported: a text file with a line, or several, for each message.

A message begins with its time and who sent it, in one of two forms:

    [14.11.23, 22:13:20] Bram Oosterling: Grüezi
    11/14/23, 10:13 PM - Bram Oosterling: Grüezi

What WhatsApp itself says, such as that the chat is encrypted, has no sender.
"""

import re
from collections.abc import Iterable, Iterator

from vanne.sources.cards import moment_of
from vanne.sources.jsontext import Node
from vanne.sources.streams import LOST, TOO_LONG, lines_of

CHAT = "exported-chat"
"""The key of the messages of a chat."""
_UNSEEN = re.compile("[\u200e\u200f\ufeff]")
_TIME = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[ap]\.? ?m\.?)?"
_BEGUN = re.compile(rf"(?:\[({_TIME})\]|({_TIME}) -) (?:([^:]{{1,80}}): )?(.*)", re.I | re.S)
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
    for line in (each for some in lines_of(pieces) for each in some if each != TOO_LONG):
        text = LOST.sub("\ufffd", _plain(line)).rstrip("\r\n")
        begun = _BEGUN.match(text)
        if begun is None:
            lines.append(text)
            continue
        if message:
            yield Node(CHAT, message | {"content": "\n".join(lines).strip()})
        at = moment_of(begun[1] or begun[2])
        message = {"sender_name": begun[3] or "", "timestamp": at}
        lines = [begun[4]]
    if message:
        yield Node(CHAT, message | {"content": "\n".join(lines).strip()})


def _plain(line: str) -> str:
    return _UNSEEN.sub("", line).replace("\u202f", " ").replace("\u00a0", " ")
