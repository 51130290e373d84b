"""Tell members that what they asked for is done: on a page, and by mail if they want it.

A message is made from a certificate and the ledger, once: what a member turned off is out of the
model, or the model was trained again. Each is a row of the database,
and goes when its member is erased.

    inbox      the messages of a member: made, read, counted
    sending    where a member wants mail, and the mail of each message: sent once, or tried again
    mail       hand a message to a mail server, or to a folder

Always true: a mail says that something is done and names a certificate, and nothing else of a
member. A mail that may have been sent is not sent again: the page has its message anyway.
"""

from vanne.messages.inbox import MemberMessage, mark_read, messages_of, tell, unread
from vanne.messages.sending import (
    MailAddress,
    address_of,
    put_address,
    send_waiting,
    stop_link,
    stop_mail,
    stopped_by,
)

__all__ = [
    "MailAddress",
    "MemberMessage",
    "address_of",
    "mark_read",
    "messages_of",
    "put_address",
    "send_waiting",
    "stop_link",
    "stop_mail",
    "stopped_by",
    "tell",
    "unread",
]
