"""What a recruiter and somebody who was found write to each other, without an address given away.

A recruiter writes to the pseudonym that the search shows. The member reads it in Vanne, with the
recruiter's name and the criteria by which the search found them, and may answer or decline: then
that recruiter does not write again. Always true: nobody who opted out of being found is written to,
and an opt-out ends every conversation; a recruiter sends no second message before an answer, and a
limited number a day; after the end a recruiter sees neither pseudonym nor what the member wrote.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass
from sqlalchemy import Connection, func, insert, select, update

from vanne.database import add_persons
from vanne.messages import put_message
from vanne.terms import MemberId
from vanne_assist.recruiting.lists import add_candidates, new_id
from vanne_assist.tables import contact, contact_message

LONGEST_TEXT = 4000
MOST_A_DAY = 20
"""New messages of one account in 24 hours: who writes to more people writes to nobody."""

Ended = Literal["declined", "left"]
Stage = Literal["new", "contacted", "answered", "declined"]
"""How far somebody whom a recruiter keeps is: `new` until they are written to."""
Sent = Literal["sent", "waiting", "limit", "refused"]
"""What becomes of a message: `waiting` for an answer to the one before, or `refused` by them."""
Reply = Literal["answered", "declined", "nothing"]
"""What becomes of an answer: `nothing` if none was typed, it is too long, or it is over."""


@dataclass(frozen=True, slots=True)
class ContactMessage:
    """One message of a conversation."""

    from_member: bool
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a recruiter and a member wrote to each other. `met` is what the search says they met."""

    id: str
    account: str
    person_id: MemberId
    sender: str
    subject: str
    link: str
    met: tuple[str, ...]
    messages: tuple[ContactMessage, ...]
    ended: Ended | None

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self.ended:
            return "declined"
        return "answered" if self.messages[-1].from_member else "contacted"


@checked_dataclass(frozen=True, slots=True, config=ConfigDict(str_strip_whitespace=True))
class ContactDraft:
    """What a recruiter is about to send; a link is an address of the web that can be read.

    Raises:
        ValidationError: something is missing or too long, or the link is none.
    """

    subject: Annotated[str, Field(min_length=1, max_length=120)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    link: Annotated[str, Field(max_length=300, pattern=r"^(https://[^\s\p{C}]+)?$")]


# The recruiter


def write(
    db: Connection,
    account: str,
    sender: str,
    member: MemberId,
    draft: ContactDraft,
    met: Sequence[str],
    now: datetime,
) -> Sent:
    """Send a message to somebody who may be found; the caller has made sure of that."""
    before = [each for each in conversations(db, account=account) if each.person_id == member]
    if any(each.ended == "declined" for each in before):
        return "refused"
    open_ = next((each for each in before if each.ended is None), None)
    if open_ and open_.stage == "contacted":
        return "waiting"
    since = contact_message.c.at > now - timedelta(days=1)
    own = select(func.count()).select_from(contact_message.join(contact))
    own = own.where(contact.c.account == account, contact_message.c.from_member.is_(False), since)
    if db.scalars(own).one() >= MOST_A_DAY:
        return "limit"
    contact_id = open_.id if open_ else new_id()
    if not open_:
        add_persons(db, [account])
        add_candidates(db, [member])  # so that an opt-out is heard of
        row: dict[str, object] = {"id": contact_id, "account": account, "person_id": member}
        row |= {"sender": sender, "subject": draft.subject, "link": draft.link, "at": now}
        db.execute(insert(contact), row | {"met": json.dumps(list(met), ensure_ascii=False)})
    number = _say(db, contact_id, draft.text, now, from_member=False)
    put_message(db, member, "recruiter", f"{contact_id}-{number}", now)
    return "sent"


# The member


def answer(db: Connection, talk: Conversation, text: str, now: datetime) -> Reply:
    """Answer a recruiter."""
    text = text.strip()
    if talk.ended or not 0 < len(text) <= LONGEST_TEXT:
        return "nothing"
    _say(db, talk.id, text, now, from_member=True)
    return "answered"


def decline(db: Connection, talk: Conversation, now: datetime) -> Reply:
    """End a conversation for good: that recruiter does not write again."""
    if talk.ended:
        return "nothing"
    db.execute(update(contact).filter_by(id=talk.id).values(ended="declined", ended_at=now))
    return "declined"


# Rows


def conversations(db: Connection, **of: str) -> list[Conversation]:
    """Return those of an `account` or of a `person_id`, the newest first."""
    rows = db.execute(select(contact).filter_by(**of).order_by(contact.c.at.desc())).all()
    ids = [row.id for row in rows]
    sent = select(contact_message).where(contact_message.c.contact_id.in_(ids))
    messages: dict[str, list[ContactMessage]] = {}
    for row in db.execute(sent.order_by(contact_message.c.number)):
        said = ContactMessage(row.from_member, row.text, row.at)
        messages.setdefault(row.contact_id, []).append(said)
    return [
        Conversation(
            id=row.id,
            account=row.account,
            person_id=row.person_id,
            sender=row.sender,
            subject=row.subject,
            link=row.link,
            met=tuple(json.loads(row.met)),
            messages=tuple(messages[row.id]),
            ended=row.ended,
        )
        for row in rows
    ]


def _say(db: Connection, contact_id: str, text: str, now: datetime, *, from_member: bool) -> int:
    """Add a message to a conversation; return its number in it."""
    before = select(func.count()).select_from(contact_message).filter_by(contact_id=contact_id)
    number = db.scalars(before).one()
    row = {"contact_id": contact_id, "number": number, "from_member": from_member}
    db.execute(insert(contact_message), row | {"text": text, "at": now})
    return number
