"""What a message to a member says: that something is done, and what proves it."""

from typing import NamedTuple

from vanne.messages import MemberMessage
from vanne.words import Words, sentence

_HEADLINES = {
    "out": sentence("What you turned off is out of the model."),
    "retrained": sentence("The model was trained again without what you turned off."),
    "back": sentence("The model was trained again with what you turned on."),
}
_DETAILS = {
    "out": sentence("The model that serves holds none of it. What had learned from it is deleted."),
    "retrained": sentence("All parts of the model serve again, and none has learned from it."),
    "back": sentence("It holds what you turned on, as far as the policy permits it."),
}


class MessageText(NamedTuple):
    """What a message says, and the page that shows the rest."""

    headline: str
    detail: str
    href: str
    link: str


def message_text(message: MemberMessage, w: Words) -> MessageText:
    """Say a message in the language of its reader."""
    said = w(_HEADLINES[message.kind]), w(_DETAILS[message.kind])
    return MessageText(*said, f"/certificates/{message.about[:16]}", w("The certificate"))
