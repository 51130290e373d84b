"""Assist's first tables, and the triggers that keep the record of searches as it is."""

import sqlalchemy as sa
from alembic import op

revision = "assist_0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _recruiters_tables()
    _record_of_searches()
    _members_tables()
    statements = _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE
    for statement in statements:
        op.execute(statement)


def _text(name: str, *, key: bool = False, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def _number(name: str, *, key: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, primary_key=key, nullable=False)


def _reference(name: str, to: str, ondelete: str | None, *, key: bool = False) -> "sa.Column[str]":
    reference = sa.ForeignKey(to, ondelete=ondelete)
    return sa.Column(name, sa.Text, reference, primary_key=key, nullable=ondelete == "SET NULL")


def _person(name: str, *, key: bool = False) -> "sa.Column[str]":
    return _reference(name, "person.id", "CASCADE", key=key)


def _candidate(*, key: bool = False) -> "sa.Column[str]":
    return _reference("person_id", "candidate.person_id", "CASCADE", key=key)


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column])


def _recruiters_tables() -> None:
    op.create_table("candidate", _person("person_id", key=True))
    op.create_table(
        "saved_brief",
        _text("id", key=True),
        _person("account"),
        *map(_text, ("name", "text", "lang", "criteria", "rest", "thread", "at", "looked_at")),
        _number("gone"),
        _number("dropped"),
    )
    op.create_table(
        "brief_match",
        _reference("brief_id", "saved_brief.id", "CASCADE", key=True),
        _candidate(key=True),
        _text("mark"),
        _text("news"),
    )
    op.create_table(
        "people_list",
        _text("id", key=True),
        _person("account"),
        _text("name"),
        _text("at"),
        _number("gone"),
    )
    op.create_table(
        "list_entry",
        _reference("list_id", "people_list.id", "CASCADE", key=True),
        _candidate(key=True),
        _text("at"),
        _text("search"),
    )
    op.create_table(
        "note", _text("id", key=True), _person("account"), _candidate(), _text("text"), _text("at")
    )
    op.create_table(
        "opinion",
        _text("id", key=True),
        _person("account"),
        _text("thread"),
        _candidate(),
        sa.Column("is_good", sa.Boolean, nullable=False),
        _text("kind"),
        _text("at"),
    )
    op.create_table(
        "list_export", _text("id", key=True), _person("account"), _text("list_id"), _text("at")
    )
    op.create_table(
        "list_export_row",
        _reference("export_id", "list_export.id", "CASCADE", key=True),
        _text("number", key=True),
        _reference("person_id", "candidate.person_id", "SET NULL"),
    )
    op.create_table("ledger_seen", _number("size", key=True))
    for table in ("saved_brief", "people_list", "note", "opinion", "list_export"):
        _index(table, "account")
    for table in ("brief_match", "list_entry", "note", "opinion", "list_export_row"):
        _index(table, "person_id")


def _record_of_searches() -> None:
    op.create_table(
        "search",
        _text("id", key=True),
        _text("at"),
        _reference("account", "person.id", "SET NULL"),
        *map(_text, ("role", "organisation", "brief", "document")),
    )
    op.create_table(
        "search_hit",
        _reference("search_id", "search.id", None, key=True),
        _number("place", key=True),
        _reference("person_id", "person.id", "SET NULL"),
        _number("place_before"),
        _text("parts"),
        _text("met"),
    )
    op.create_table("search_pruning", _text("until"))
    _index("search", "at")
    _index("search", "account")
    _index("search_hit", "person_id")


def _members_tables() -> None:
    op.create_table(
        "suggestion_answer",
        _person("person_id", key=True),
        _text("suggestion", key=True),
        sa.Column("accepted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "posting_shown", _person("person_id", key=True), _text("posting_id", key=True), _text("at")
    )
    op.create_table(
        "muted_reason",
        _person("person_id", key=True),
        _text("kind", key=True),
        _text("value", key=True),
        _text("at"),
    )
    op.create_table(
        "draft_tokens", _person("person_id", key=True), _text("day", key=True), _number("count")
    )
    op.create_table(
        "guard_count",
        *(_text(name, key=True) for name in ("model", "prompt", "kind")),
        _number("count"),
    )


# A record of a search stands: it may only lose a person who is erased, or be deleted when it is
# old enough. A candidate who leaves is counted in lists and briefs.

_LEAVES = """
  UPDATE people_list SET gone = gone + 1
    WHERE id IN (SELECT list_id FROM list_entry WHERE person_id = old.person_id);
  UPDATE saved_brief SET gone = gone + 1
    WHERE id IN (SELECT brief_id FROM brief_match WHERE person_id = old.person_id);
"""
_KEPT = ">= coalesce((SELECT max(until) FROM search_pruning), '')"
_SEARCH = "id, at, role, organisation, brief, document"
_HIT = "search_id, place, place_before, parts, met"
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'a record stands'); END"
_SQLITE = (
    f"CREATE TRIGGER candidate_leaves BEFORE DELETE ON candidate BEGIN {_LEAVES} END",
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
    _function("candidate_leaves", f"{_LEAVES} RETURN old;"),
    _function("record_stands", f"{_RAISE};"),
    _function("search_is_kept", f"IF old.at {_KEPT} THEN {_RAISE}; END IF; RETURN old;"),
    _function(
        "hit_is_kept",
        f"IF (SELECT at FROM search WHERE id = old.search_id) {_KEPT} THEN {_RAISE}; END IF;"
        " RETURN old;",
    ),
    _trigger("candidate_leaves", "DELETE ON candidate", "candidate_leaves"),
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
