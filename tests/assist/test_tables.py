"""A database of an earlier version goes up to this one."""

import shutil
import sqlite3
from pathlib import Path

from vanne.config import Home
from vanne.database import Database

OLD = """
CREATE TABLE candidate (person_id TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE);
CREATE TABLE people_list (id TEXT PRIMARY KEY, gone INTEGER);
CREATE TABLE list_entry (
  list_id TEXT REFERENCES people_list (id) ON DELETE CASCADE,
  person_id TEXT REFERENCES candidate (person_id) ON DELETE CASCADE
);
CREATE TRIGGER candidate_leaves BEFORE DELETE ON candidate
  BEGIN UPDATE people_list SET gone = gone + 1; END;
INSERT INTO person VALUES ('anna');
INSERT INTO candidate VALUES ('anna');
INSERT INTO people_list VALUES ('nurses', 0);
INSERT INTO list_entry VALUES ('nurses', 'anna');
DROP TABLE findable_other; DROP TABLE findable; DROP TABLE findable_state;
UPDATE schema_version_assist SET version_num = 'assist_0001';
"""


def opened(root: Path) -> Path:
    """Open the database of a home as any program does; return its file."""
    with Database.of(Home(root)).reading():
        return root / "database.sqlite"


def names(file: Path) -> set[str]:
    with sqlite3.connect(file) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_master")}


def test_what_recruiters_stored_goes_with_its_tables(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = opened(tmp_path / "new")
    old = Path(shutil.copytree(tmp_path / "new", tmp_path / "old")) / "database.sqlite"
    with sqlite3.connect(old) as db:
        db.executescript(OLD)
    assert "candidate" in names(old) and "findable" not in names(old)
    assert names(opened(tmp_path / "old")) == names(new)
