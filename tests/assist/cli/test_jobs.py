"""`vanne jobs`: offers added and matched both ways, as a person types it."""

import json
from pathlib import Path

from tests.assist.search.homes import AS_OF, item, job, member, network
from tests.conftest import Run
from vanne_assist.fairness.record import SearchLog
from vanne_assist.search.indexer import update

CASES = Path(__file__).parents[1] / "jobs" / "cases"


def test_offers_are_added_and_matched_both_ways(vanne: Run, tmp_path: Path) -> None:
    home = network(
        tmp_path / "home",
        [member("ada")],
        [item("ada-position-1", "position", job("Nurse", place="Bern", start="2015"))],
    )
    update(home, AS_OF)
    at = ("--home", home.root, "--as-of", AS_OF.isoformat())
    missing = vanne("jobs", "match", "--member", "ada", *at)
    assert (missing.returncode, "vanne jobs add" in missing.stderr) == (69, True)
    added = vanne("jobs", "add", CASES / "page.html", CASES / "rows.jsonl", *at)
    assert "5 new, 0 replaced, 9 listed; 1 let go as over" in added.stdout, added.stderr
    assert "rows.jsonl, row 9: broken JSON" in added.stdout
    both = vanne("jobs", "match", *at)
    assert both.returncode == 2
    matched = json.loads(vanne("jobs", "match", "--member", "ada", *at, "--json").stdout)
    assert [each["posting"]["posting_id"] for each in matched["opportunities"]] == ["ost-1"]
    people = json.loads(vanne("jobs", "match", "--posting", "ost-1", *at, "--json").stdout)
    assert [each["member"] for each in people["people"]] == ["ada"]
    (kept,) = SearchLog(home).searches()
    again = vanne("fairness", "record", kept.id, "--home", home.root)
    assert (again.returncode, again.stdout.splitlines()[0]) == (
        0, "the same list, from the same index"
    ), again.stderr  # fmt: skip
