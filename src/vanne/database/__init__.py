"""The one database of a deployment: all that changes and is no choice of a member.

Choices are in the ledger (`vanne.ledger`), which is append-only and signed. Everything else that
people or programs change lies here as tables: a program's tokens, sessions that were signed out,
and what plug-ins bring. By default it is one SQLite file of the home; with `VANNE_DATABASE_URL` it
is a PostgreSQL database, in which the ledger's tables lie too.

    vanne.database.tables      the core's own tables, and `person`, to which all others refer
    vanne.database.schema      the version of each package's tables, and its migrations
    vanne.database.database    `Database`: transactions, and erasing a person
    vanne.database.engines     how a connection is opened, for the ledger as well
    vanne.database.faults      what a database reports, as one line for a person

Always true: a row that concerns a person refers to `person`, so deleting that one row deletes or
empties all of them, also the rows of a plug-in that is not installed any more.
"""

from vanne.database.database import Database
from vanne.database.tables import (
    Moment,
    PlainText,
    add_persons,
    person,
    person_reference,
    upsert,
)

__all__ = [
    "Database",
    "Moment",
    "PlainText",
    "add_persons",
    "person",
    "person_reference",
    "upsert",
]
