"""Send the mail of each message that waits for one: once, whatever happens meanwhile.

    waiting -> begun -> sent
                     -> waiting   the server did not take it: it is tried again
                     -> refused   the server takes nothing to that address

`begun` is written before the server is asked. A mail that was begun and of which nobody knows the
end, because the worker was killed or the server went away, is not sent again.
"""

from email.message import EmailMessage
from hashlib import sha256

from sqlalchemy import select, update

from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import mail_address, member_message
from vanne.errors import LostError, RefusedError, VanneError
from vanne.messages.addresses import MailAddress, stop_link
from vanne.messages.mail import Mail, message
from vanne.words import sentence, words

_SUBJECT = sentence("Done: what you asked for about your data")
_SEE = sentence("What you asked for about your data is done. The page says what:")
_PROOF = sentence("The certificate that proves it: %(name)s")
_STOP = sentence("You get this message because you asked for it. To get none any more:")

MOST_AT_ONCE = 200
"""A task sends so many, then lets others go first."""


def send_waiting(home: Home, mail: Mail) -> tuple[int, bool]:
    """Send what waits; return how many were sent, and whether more wait.

    Raises:
        MissingError: the mail server is not there; nothing is lost, and nothing was sent twice.
        StorageError: the database cannot be written.
    """
    sent = 0
    while sent < MOST_AT_ONCE:
        begun = _begin(home)
        if begun is None:
            return sent, False
        key, about, to = begun
        try:
            mail.send(_written(mail, to, stop_link(home, to), key, about))
        except RefusedError:
            _end(home, key, "refused")
            continue
        except LostError:
            _end(home, key, "sent")  # it may have been
        except VanneError:
            _end(home, key, "waiting")
            raise
        else:
            _end(home, key, "sent")
        sent += 1
    return sent, True


def _begin(home: Home) -> tuple[int, str, MailAddress] | None:
    """Take the first message that waits, so that no other worker does."""
    waits = member_message.join(mail_address, member_message.c.member == mail_address.c.member)
    message = member_message.c
    first = select(message.id, message.about, *mail_address.c)
    first = first.select_from(waits).where(member_message.c.mail == "waiting")
    with Database.of(home).writing() as db:
        first = first.order_by(member_message.c.id).limit(1)
        locked = first.with_for_update(skip_locked=True, of=member_message)  # PostgreSQL
        row = db.execute(locked).mappings().first()
        if row is None:
            return None
        its = member_message.c.id == row["id"]
        db.execute(update(member_message).where(its).values(mail="begun"))
    to = MailAddress(**{name: row[name] for name in MailAddress.__slots__})
    return row["id"], row["about"], to


def _end(home: Home, key: int, state: str) -> None:
    with Database.of(home).writing() as db:
        its = (member_message.c.id == key) & (member_message.c.mail == "begun")
        db.execute(update(member_message).where(its).values(mail=state))


def _written(mail: Mail, to: MailAddress, stop: str, key: int, about: str) -> EmailMessage:
    """Write a mail that says that something is done, and where it is said what."""
    w = words(to.lang)
    proof = w(_PROOF, name=about[:16])
    paragraphs = (w(_SEE), f"{to.origin}/messages", proof, w(_STOP), stop)
    return message(
        mail,
        to.address,
        w(_SUBJECT),
        "\n\n".join(paragraphs) + "\n",
        # one message has one name, so that a mailbox that gets it twice can tell (RFC 5322, 3.6.4)
        Message_ID=f"<{sha256(about.encode()).hexdigest()[:16]}.{key}@{mail.sender.partition('@')[2]}>",
        List_Unsubscribe=f"<{stop}>",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",  # RFC 8058
    )
