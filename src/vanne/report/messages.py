"""What a message to a member says: that something which they asked for is done."""

from typing import NamedTuple

from vanne.messages import MemberMessage
from vanne.messages.inbox import Kind
from vanne.words import Words, sentence

_HEADLINES: dict[Kind, str] = {
    "out": sentence("What you turned off is out of the model."),
    "retrained": sentence("The model was trained again without what you turned off."),
    "back": sentence("The model was trained again, and your yes counts."),
}
_DETAILS: dict[Kind, str] = {
    "out": sentence("The model that serves holds none of it. What had learned from it is deleted."),
    "retrained": sentence("All parts of the model serve again, and none has learned from it."),
    "back": sentence("It may hold what you turned on, where the policy allows it."),
}


class MessageText(NamedTuple):
    """What a message says."""

    headline: str
    detail: str


def message_text(message: MemberMessage, w: Words) -> MessageText:
    """Say a message in the language of its reader."""
    return MessageText(w(_HEADLINES[message.kind]), w(_DETAILS[message.kind]))
