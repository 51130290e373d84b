"""Where a member wants mail: one address each, confirmed by a link, withdrawn by one click.

An address is written only when the link in the first mail was followed, and lies in the database
in plain text: who sends mail has to know it. It goes when it is withdrawn or its member is erased.
The link that withdraws it holds a key of the database and a digest of that key under the secret of
the pages: who has only one of both withdraws nothing.
"""

import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.database.tables import mail_address, member_message
from vanne.secrets import keyed
from vanne.terms import MemberId


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
