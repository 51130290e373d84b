"""The database of a deployment: everything that changes, except members' choices.

Choices are in the ledger (`vanne.ledger`), which is append-only and signed. Everything else that
people or programs change is in tables of the database: service tokens, sessions that were signed
out, and the tables of plug-ins. By default the database is one SQLite file of the home; with
`VANNE_DATABASE_URL` it is a PostgreSQL database, which holds the ledger's tables too.

    database       `Database`: transactions, erasing a person, and the versions of the tables
    tables         the core's own tables, and `person`, to which all others refer
    migrations/    the core's migrations
    environment/   the script that Alembic runs for each migration
    engines        opens SQLite and PostgreSQL, for the ledger as well
    faults         turns a database error into one line for a person

Always true: a row that concerns a person refers to `person`. So deleting the row of a person
deletes every row about that person, or removes the person from it, even in tables of a plug-in that
is no longer installed.
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
