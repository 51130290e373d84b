"""Create the first tables of Assist, and the triggers that protect the record of searches.

The tables are those of `vanne_assist.tables` (see `core_0001`).
"""

from alembic import op

from vanne_assist.tables import metadata

revision = "assist_0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    db = op.get_bind()
    tables = [metadata.tables[name] for name in _TABLES]
    metadata.create_all(db, tables=tables, checkfirst=False)
    for statement in _POSTGRES if db.dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


_TABLES = "search search_hit search_pruning job_posting draft_tokens".split()

# A record of a search stands: it may only lose a person who is erased, or be deleted when it is
# old enough.

_KEPT = ">= coalesce((SELECT max(until) FROM search_pruning), '')"
_SEARCH = "id, at, role, brief, document"
_HIT = "search_id, place, parts, met"
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'a record stands'); END"
_SQLITE = (
    f"CREATE TRIGGER search_stands BEFORE UPDATE OF {_SEARCH} ON search {_REFUSE}",
    f"CREATE TRIGGER searcher_is_only_erased BEFORE UPDATE OF account ON search"
    f" WHEN new.account IS NOT NULL {_REFUSE}",
    f"CREATE TRIGGER search_is_kept BEFORE DELETE ON search WHEN old.at {_KEPT} {_REFUSE}",
    f"CREATE TRIGGER hit_stands BEFORE UPDATE OF {_HIT} ON search_hit {_REFUSE}",
    f"CREATE TRIGGER person_is_only_erased BEFORE UPDATE OF person_id ON search_hit"
    f" WHEN new.person_id IS NOT NULL {_REFUSE}",
    f"CREATE TRIGGER hit_is_kept BEFORE DELETE ON search_hit"
    f" WHEN (SELECT at FROM search WHERE id = old.search_id) {_KEPT} {_REFUSE}",
)
_RAISE = "RAISE EXCEPTION 'a record stands'"


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _trigger(name: str, event: str, function: str, when: str = "") -> str:
    return f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW {when} EXECUTE FUNCTION {function}()"


_POSTGRES = (
    _function("record_stands", f"{_RAISE};"),
    _function("search_is_kept", f"IF old.at {_KEPT} THEN {_RAISE}; END IF; RETURN old;"),
    _function(
        "hit_is_kept",
        f"IF (SELECT at FROM search WHERE id = old.search_id) {_KEPT} THEN {_RAISE}; END IF;"
        " RETURN old;",
    ),
    _trigger("search_stands", f"UPDATE OF {_SEARCH} ON search", "record_stands"),
    _trigger(
        "searcher_is_only_erased",
        "UPDATE OF account ON search",
        "record_stands",
        "WHEN (new.account IS NOT NULL)",
    ),
    _trigger("search_is_kept", "DELETE ON search", "search_is_kept"),
    _trigger("hit_stands", f"UPDATE OF {_HIT} ON search_hit", "record_stands"),
    _trigger(
        "person_is_only_erased",
        "UPDATE OF person_id ON search_hit",
        "record_stands",
        "WHEN (new.person_id IS NOT NULL)",
    ),
    _trigger("hit_is_kept", "DELETE ON search_hit", "hit_is_kept"),
)
