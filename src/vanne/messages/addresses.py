"""Where a member wants mail: one address each, confirmed by a link, withdrawn by one click.

An address is written only when the link in the first mail was followed, and lies in the database
in plain text: who sends mail has to know it. It goes when it is withdrawn or its member is erased.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.database.tables import mail_address, member_message
from vanne.terms import MemberId


@dataclass(frozen=True, slots=True)
class MailAddress:
    """Where a member gets mail, in which language, and at which origin the pages are.

    `key` is what the link that withdraws it holds: nobody can guess it.
    """

    member: MemberId
    address: str
    lang: str
    origin: str
    key: str

    @property
    def stop(self) -> str:
        """The link that withdraws it."""
        return f"{self.origin}/messages/stop/{self.key}"


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


def stopped_by(home: Home, key: str) -> MailAddress | None:
    """Return whose mail a link withdraws; None if it is withdrawn already, or never was one."""
    return _found(home, mail_address.c.key == key)


def _found(home: Home, condition: object) -> MailAddress | None:
    with Database.of(home).reading() as db:
        row = db.execute(select(mail_address).where(condition)).mappings().first()  # type: ignore[arg-type]
        return MailAddress(**row) if row else None
