"""The messages of a member: made from certificates, each once; read when the page was shown.

A certificate names nobody. Whom it concerns follows from the ledger and from the corpus. The ledger
says who made an entry that the corpus after had heard and the corpus before had not, and had not
chosen otherwise by then. The corpus says whether a model held, or holds, an item that the entry is
about: a member who was kept out anyway, or who has nothing here, gets no message.

    out        what was turned off is out of the model that serves
    retrained  what was out already was trained again without it
    back       the model was trained again, and holds an item that was turned on
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, delete, func, select, update

from vanne.config import Home
from vanne.corpus import Manifest, read_batches
from vanne.corpus.manifest import load
from vanne.database import Database, add_persons, upsert
from vanne.database.tables import mail_address, member_message, told_certificate
from vanne.errors import MissingError, StorageError, VerificationError
from vanne.forget.certificate import AT_ONCE, Certificate
from vanne.forget.history import known_in
from vanne.forget.requests import asks_to_remove, opening
from vanne.ledger import Ledger
from vanne.terms import Channel, Choice, MemberId

Kind = Literal["out", "retrained", "back"]

STALE = timedelta(days=30)
"""Of an older certificate nobody is told: it is one of before there were messages."""
KEPT = timedelta(days=2 * 365)

_Item = tuple[MemberId, str, str]
"""Owner, category and id."""
_About = tuple[MemberId, str, str | None]
"""What a choice is about: member, scope and target."""


@dataclass(frozen=True, slots=True)
class MemberMessage:
    """One message. `about` is the id of the certificate that proves it.

    `read` is when it was first shown.
    """

    id: int
    kind: str
    about: str
    at: datetime
    read: datetime | None


def messages_of(home: Home, member: MemberId) -> list[MemberMessage]:
    """Return the messages of a member, the last one first.

    Raises:
        StorageError: the database cannot be read.
    """
    names = [member_message.c[name] for name in MemberMessage.__slots__]
    theirs = select(*names).filter_by(member=member)
    with Database.of(home).reading() as db:
        rows = db.execute(theirs.order_by(member_message.c.id.desc())).mappings()
        return [MemberMessage(**row) for row in rows]


def unread(home: Home, member: MemberId) -> int:
    """Return how many messages a member has not read yet."""
    is_new = and_(member_message.c.member == member, member_message.c.read.is_(None))
    with Database.of(home).reading() as db:
        count: int = db.execute(select(func.count()).where(is_new)).scalar_one()
    return count


def mark_read(home: Home, member: MemberId, at: datetime) -> None:
    """Record that a member has seen the messages that there are."""
    is_new = and_(member_message.c.member == member, member_message.c.read.is_(None))
    with Database.of(home).writing() as db:
        db.execute(update(member_message).where(is_new).values(read=at))


def tell(home: Home, now: datetime) -> int:
    """Make the messages of the certificates of which nobody was told; return how many.

    Raises:
        StorageError: ledger or database cannot be read or written.
    """
    known = known_in(home)
    with Database.of(home).reading() as db:
        told = set(db.execute(select(told_certificate.c.id)).scalars())
    new = sorted((known[each] for each in known.keys() - told), key=lambda each: each.day)
    made = 0
    for each in new:
        messages = dict[tuple[MemberId, Kind], None]()
        if each.day >= (now - STALE).date():
            messages |= dict.fromkeys(_concerned(home, each, known))
        with Database.of(home).writing() as db:
            made += _write(db, each.id, messages, now)
    return made


def _write(
    db: Connection, certificate: str, messages: Iterable[tuple[MemberId, Kind]], now: datetime
) -> int:
    """Write the messages of a certificate, and forget the oldest.

    None is written if another worker has written them meanwhile. Each is mailed to whoever wants
    mail.
    """
    first = upsert(db, told_certificate).values(id=certificate, at=now).on_conflict_do_nothing()
    if db.execute(first).rowcount == 0:
        return 0
    rows = [{"member": member, "kind": kind} for member, kind in messages]
    add_persons(db, (row["member"] for row in rows))
    wants = set(db.execute(select(mail_address.c.member)).scalars()) if rows else set()
    for row in rows:
        mail = "waiting" if row["member"] in wants else "none"
        one = upsert(db, member_message).values(**row, about=certificate, at=now, mail=mail)
        db.execute(one.on_conflict_do_nothing())
    db.execute(delete(member_message).where(member_message.c.at < now - KEPT))
    return len(rows)


def _concerned(
    home: Home, certificate: Certificate, known: Mapping[str, Certificate]
) -> Iterator[tuple[MemberId, Kind]]:
    """Yield whom a certificate concerns, and what it says to them."""
    steps = [known[step] for step in certificate.steps if step in known]
    try:
        after = load(home, certificate.corpus_after)
        before = [load(home, each.corpus_before) for each in (certificate, *steps)]
    except VerificationError:  # a version of the corpus is gone: who asked is not known any more
        return
    first, size = min(each.ledger_size for each in before), after.ledger_size
    heard_at_once = {opening for step in steps for opening in step.requests}
    on, off = list[Choice](), list[tuple[Choice, Kind]]()
    last = dict[tuple[MemberId, str, str | None], tuple[int, Choice]]()
    with Ledger.of(home, read_only=True) as ledger:
        for index, record in ledger.records(min(first, size), size):
            if isinstance(record, Choice) and record.purpose == after.purpose:
                last[record.member_id, record.scope, record.target] = index, record
        for index, choice in last.values():
            if choice.channel == Channel.ERASURE:  # nobody is left to be told
                continue
            if asks_to_remove(choice, after.purpose):
                opened = opening(ledger, index)
                if opened in certificate.requests:
                    kind: Kind = "retrained" if opened in heard_at_once else "out"
                    off.append((choice, kind))
            elif choice.on and certificate.phase != AT_ONCE:
                on.append(choice)
    left = _left(home, before, after, [choice for choice, _ in off])
    for choice, kind in off:
        if left is None or (choice.member_id, choice.scope, choice.target) in left:
            yield choice.member_id, kind
    learnt = _learnt(home, certificate.after, after, on)
    for choice in on:
        if (choice.member_id, choice.scope, choice.target) in learnt:
            yield choice.member_id, "back"


def _left(
    home: Home, before: Sequence[Manifest], after: Manifest, turned_off: Sequence[Choice]
) -> set[_About] | None:
    """Return what a choice may be about that left; None: that is not known."""
    try:
        held = [_texts_of(home, corpus, turned_off) for corpus in before]
        return _abouts(set[_Item]().union(*held) - _texts_of(home, after, turned_off))
    except (MissingError, StorageError, VerificationError):
        return None


def _learnt(home: Home, version: str, corpus: Manifest, turned_on: Sequence[Choice]) -> set[_About]:
    """Return what a choice may be about that a model holds; nothing where that is not known.

    A choice alone opens nothing: age, region or another opt-out may keep the item out.
    """
    from vanne.train.model import items_in
    from vanne.train.model import load as load_model

    if not turned_on:
        return set()
    try:
        items = items_in(home.model, load_model(home.model, version))
        return _abouts(each for each in _texts_of(home, corpus, turned_on) if each[2] in items)
    except (MissingError, StorageError, VerificationError):
        return set()


def _abouts(items: Iterable[_Item]) -> set[_About]:
    """Return the member, scope and target of each choice that is about one of the items."""
    held = set[_About]()
    for owner, category, item_id in items:
        held |= {(owner, "all", None), (owner, "category", category), (owner, "item", item_id)}
    return held


def _texts_of(home: Home, corpus: Manifest, choices: Sequence[Choice]) -> set[_Item]:
    """Return what a corpus holds of those who chose; a model learns from no item without a text.

    Raises:
        StorageError, VerificationError: a data file is gone, or is not what it was.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    owners, items = pa.array({choice.member_id for choice in choices}, pa.string()), set[_Item]()
    if not choices:
        return items
    for batch in read_batches(home, corpus, ("item_id", "owner", "category", "text")):
        theirs = batch.filter(pc.is_in(batch["owner"].cast(pa.string()), value_set=owners))
        rows = theirs.to_pylist()
        items |= {(row["owner"], row["category"], row["item_id"]) for row in rows if row["text"]}
    return items
