"""Send the mail of each message that waits for one: once, whatever happens meanwhile.

    waiting -> begun -> sent
                     -> waiting   the server did not take it: it is tried again
                     -> refused   the server takes nothing to that address

`begun` is written before the server is asked. A mail that was begun and of which nobody knows the
end, because the worker was killed or the server went away, is not sent again.
"""

import hmac
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256

from sqlalchemy import delete, select, update

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.database.tables import mail_address, member_message
from vanne.errors import LostError, RefusedError, VanneError
from vanne.messages.mail import Mail, message
from vanne.secrets import keyed
from vanne.terms import MemberId
from vanne.words import sentence, words

# Where a member wants mail: one address each, confirmed by a link, withdrawn by one click.
#
# An address is written only when the link in the first mail was followed, and lies in the
# database in plain text: who sends mail has to know it. It goes when it is withdrawn or its
# member is erased. The link that withdraws it holds a key of the database and a digest of that
# key under the secret of the pages: who has only one of both withdraws nothing.


@dataclass(frozen=True, slots=True)
class MailAddress:
    """Where a member gets mail, in which language, and at which origin the pages are.

    `key` names it in the link that withdraws it.
    """

    member: MemberId
    address: str
    lang: str
    origin: str
    key: str


def address_of(home: Home, member: MemberId) -> MailAddress | None:
    """Return where a member wants mail; None: nowhere."""
    return _found(home, mail_address.c.member == member)


def put_address(home: Home, member: MemberId, address: str, lang: str, origin: str) -> None:
    """Send the mail of a member to an address from now on, in the place of the one before."""
    row = {"address": address, "lang": lang, "origin": origin}
    new = row | {"member": member, "key": secrets.token_urlsafe(24)}
    with Database.of(home).writing() as db:
        add_persons(db, [member])
        db.execute(
            upsert(db, mail_address)
            .values(new)
            .on_conflict_do_update(index_elements=["member"], set_=row)
        )


def stop_mail(home: Home, member: MemberId) -> None:
    """Send a member no mail any more, and forget the address; what waits is not sent."""
    waits = (member_message.c.member == member) & (member_message.c.mail == "waiting")
    with Database.of(home).writing() as db:
        db.execute(delete(mail_address).where(mail_address.c.member == member))
        db.execute(update(member_message).where(waits).values(mail="none"))


def stop_link(home: Home, address: MailAddress) -> str:
    """Return the link that withdraws an address."""
    return f"{address.origin}/messages/stop/{address.key}.{keyed(home.root, 'stop', address.key)}"


def stopped_by(home: Home, link: str) -> MailAddress | None:
    """Return whose mail a link withdraws; None if it is withdrawn already, or never was one."""
    key, _, digest = link.partition(".")
    is_ours = hmac.compare_digest(digest.encode(), keyed(home.root, "stop", key).encode())
    return _found(home, mail_address.c.key == key) if is_ours else None


def _found(home: Home, condition: object) -> MailAddress | None:
    with Database.of(home).reading() as db:
        row = db.execute(select(mail_address).where(condition)).mappings().first()  # type: ignore[arg-type]
        return MailAddress(**row) if row else None


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
