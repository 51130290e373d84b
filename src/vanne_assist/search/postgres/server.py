"""The tables of an index in PostgreSQL, and what can go wrong with a server, in one clear line.

The tables lie in the first schema of the search path, whose names begin with `search_`: they may
share a database with the ledger. Whoever writes locks the one row of `search_index` first. Texts of
members are kept as bytes, since PostgreSQL's own text cannot hold a NUL; members and items are
named by keyed hashes, which are short whatever the ids are.

    search_index      one row: how far the ledger was heard, the last id given, how many
    search_profile    who: the order among equals, who and what is in it, values that are counted
    search_document   what is shown of them: passages, facts and where these stand
    search_value      each value and each stem once, and how many rows have it
    search_fact       who has which value, how much of it, and whether it is over
    search_posting    who has which stem how often (BM25)
    search_title      of each title its words, its occupations, its vector, its runs of letters
    search_run        how rare each run of letters is
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vanne.errors import (
    BusyError,
    ConfigError,
    InputError,
    MissingError,
    StorageError,
    VanneError,
)
from vanne.ledger.postgres_errors import BUSY, first_line, name_of, psycopg_of

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

SETTING = "VANNE_SEARCH_URL"
BUILD = "run `vanne search index`"
RUNS = 10**9
"""The width of a sparse vector of letters: as wide as pgvector has them."""
_PATIENCE_S = 10
_LEAST_VECTOR = (0, 7)  # the first pgvector with sparse vectors
_SCHEMA = 3
_MARK = "Vanne search, schema "
_ADVISORY = int.from_bytes(b"Find", "big")  # the lock under which tables are made
_TABLES = ("index", "profile", "document", "value", "fact", "posting", "title", "run")
_CREATE = f"""
CREATE TABLE search_index (
    one integer PRIMARY KEY CHECK (one = 1),
    heard bigint NOT NULL,
    last integer NOT NULL,
    profiles integer NOT NULL,
    words bigint NOT NULL,
    titles integer NOT NULL,
    made text
);
CREATE TABLE search_profile (
    id integer PRIMARY KEY,
    place bytea NOT NULL UNIQUE,
    people bytea[] NOT NULL,
    items bytea[] NOT NULL,
    titles integer[] NOT NULL,
    facets integer[] NOT NULL,
    words integer NOT NULL,
    digest bytea NOT NULL
);
CREATE INDEX ON search_profile USING gin (people);
CREATE INDEX ON search_profile USING gin (items);
CREATE TABLE search_document (profile integer PRIMARY KEY, document bytea NOT NULL);
CREATE TABLE search_value (
    number integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    value bytea NOT NULL,
    held integer NOT NULL
);
CREATE UNIQUE INDEX ON search_value (kind, sha256(value));
CREATE INDEX ON search_value (number) WHERE held = 0;
CREATE TABLE search_fact (
    profile integer NOT NULL,
    position integer NOT NULL,
    value integer NOT NULL,
    number double precision,
    level integer,
    ended boolean NOT NULL,
    PRIMARY KEY (profile, position)
);
CREATE INDEX ON search_fact (value) INCLUDE (profile, ended);
CREATE TABLE search_posting (
    value integer NOT NULL,
    profile integer NOT NULL,
    count integer NOT NULL,
    length integer NOT NULL,
    PRIMARY KEY (value, profile) INCLUDE (count, length)
);
CREATE INDEX ON search_posting (profile);
CREATE TABLE search_title (
    value integer PRIMARY KEY,
    words bytea[] NOT NULL,
    occupations text[] NOT NULL,
    meaning vector NOT NULL,
    letters sparsevec NOT NULL
);
CREATE TABLE search_run (
    number integer PRIMARY KEY,
    run bytea NOT NULL UNIQUE,
    rare double precision NOT NULL
);
INSERT INTO search_index VALUES (1, 0, 0, 0, 0, 0, NULL);
COMMENT ON TABLE search_index IS '{_MARK}{_SCHEMA}';
"""


def connect(url: str) -> "Connection":
    """Connect to the server, and find pgvector there whatever schema it is in.

    Raises:
        ConfigError: pgvector is not there, or too old.
    """
    options = {"client_encoding": "utf8", "fallback_application_name": "vanne"}
    options["tcp_user_timeout"] = "30000"  # ms: so that a network that is gone is noticed
    db: Connection = psycopg_of().connect(
        url, autocommit=True, connect_timeout=_PATIENCE_S, **options
    )
    # a question has many joins of one kind: neither compiling nor reordering them pays
    settings = {
        "jit": "off",
        "join_collapse_limit": "1",
        "work_mem": "64MB",
        "lock_timeout": f"{_PATIENCE_S}s",
    }
    for setting, value in settings.items():
        db.execute("SELECT set_config(%s, %s, false)", [setting, value])
    _see_vectors(db)
    return db


def _see_vectors(db: "Connection") -> None:
    """Put the schema of pgvector at the end of the search path, if it is not in it."""
    db.execute(
        "SELECT set_config('search_path', current_setting('search_path') || ',' || "
        "quote_ident(nspname), false) FROM pg_extension e JOIN pg_namespace n "
        "ON n.oid = e.extnamespace WHERE extname = 'vector' "
        "AND nspname <> ALL (current_schemas(false))"
    )


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what PostgreSQL says into one clear line."""
    name, psycopg = name_of(url, SETTING), psycopg_of()
    try:
        yield
    except psycopg.Error as error:
        raise _explain(error, name) from None  # its text may repeat what was asked


def _explain(error: "psycopg.Error", name: str) -> VanneError:
    state, said = error.sqlstate or "", first_line(error)
    if state in BUSY:
        return BusyError(f"the search index in {name} is being written", todo="try again soon")
    if state in ("42P01", "42703", "42704"):
        return MissingError(f"{name} has no search index", todo=BUILD)
    if state.startswith("53"):
        todo = "free some space or connections and run this again"
        return StorageError(f"{name} has no room left ({said})", todo=todo)
    if state in ("42501", "25006"):
        todo = "use a user that may write, on the primary server"
        return StorageError(f"{name} does not let us write ({said})", todo=todo)
    if "password" in said or "authentication" in said:
        todo = f"give the password in {SETTING}, PGPASSWORD or ~/.pgpass"
        return ConfigError(f"{name} does not let us in: wrong or no password", todo=todo)
    if state[:2] in ("3D", "3F", "28") or "does not exist" in said:
        return ConfigError(f"{name} cannot be used ({said})", todo=f"check {SETTING}")
    if state and state[:2] not in ("08", "57"):
        return VanneError(f"{name} refused a statement of ours (SQLSTATE {state})")
    return StorageError(f"{name} cannot be reached ({said})", todo="check that the server runs")


def require(db: "Connection", url: str) -> None:
    """Check that an index that we can read is there.

    Raises:
        MissingError: there is none, or another version of Vanne made it.
        InputError: the tables are somebody else's.
    """
    if (version := _version(db, url)) is None:
        raise MissingError(f"{name_of(url, SETTING)} has no search index", todo=BUILD)
    if version != _SCHEMA:
        raise MissingError(
            f"the search index in {name_of(url, SETTING)} has schema {version}, "
            f"this Vanne reads {_SCHEMA}",
            todo=BUILD,
        )


def create(db: "Connection", url: str) -> None:
    """Make the tables unless they are there; an index of another schema is made anew.

    Raises:
        InputError: the tables are somebody else's.
        ConfigError: the server has no pgvector that we can use.
    """
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY])
        if (version := _version(db, url)) == _SCHEMA:
            return
        if version is not None:
            for table in _TABLES:
                db.execute(f"DROP TABLE IF EXISTS search_{table}")
        _need_vectors(db, url)
        db.execute(_CREATE)


def _version(db: "Connection", url: str) -> int | None:
    """Return the schema of the tables that are there; None if there are none."""
    row = db.execute(
        "SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE relname = 'search_index' "
        "AND relnamespace = to_regnamespace(quote_ident(current_schema()))"
    ).fetchone()
    if row is None:
        return None
    said = str(row[0]).removeprefix(_MARK)
    if not said.isdecimal():
        raise InputError(
            f"the tables in {name_of(url, SETTING)} are not a search index's",
            todo="name another database, or another schema (`?options=-csearch_path%3Dvanne`)",
        )
    return int(said)


def _need_vectors(db: "Connection", url: str) -> None:
    psycopg = psycopg_of()
    name, wanted = name_of(url, SETTING), ".".join(map(str, _LEAST_VECTOR))
    todo = f"install pgvector {wanted} or newer there (Debian: postgresql-17-pgvector)"
    try:
        with db.transaction():
            db.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
        raise ConfigError(f"{name} has no pgvector", todo=todo) from None
    except psycopg.errors.InsufficientPrivilege:
        raise ConfigError(
            f"{name} does not let us add pgvector",
            todo="let its owner run `CREATE EXTENSION vector` there",
        ) from None
    row = db.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    has = str(row[0]) if row else "0"
    if tuple(map(int, has.split(".")[:2])) < _LEAST_VECTOR:
        raise ConfigError(f"{name} has pgvector {has}", todo=todo)
    _see_vectors(db)
