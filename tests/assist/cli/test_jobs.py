"""`vanne jobs`: offers added and matched, as a person types it."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from tests.assist.search.homes import AS_OF, item, job, member, network
from vanne.cli import cli
from vanne.errors import MissingError

CASES = Path(__file__).parents[1] / "jobs" / "cases"


def vanne(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_offers_are_added_and_matched(tmp_path: Path) -> None:
    home = network(
        tmp_path / "home",
        [member("ada")],
        [item("ada-position-1", "position", job("Nurse", place="Bern", start="2015"))],
    )
    at = ("--home", home.root, "--as-of", AS_OF.isoformat())
    missing = vanne("jobs", "match", "ada", *at)
    assert isinstance(missing.exception, MissingError)
    assert "vanne jobs add" in str(missing.exception.todo)
    added = vanne("jobs", "add", CASES / "page.html", CASES / "rows.jsonl", *at)
    assert "5 new, 0 replaced, 9 listed; 1 let go as over" in added.stdout, added.stderr
    assert "rows.jsonl, row 9: broken JSON" in added.stdout
    assert vanne("jobs", "match", *at).exit_code == 2
    matched = json.loads(vanne("jobs", "match", "ada", *at, "--json").stdout)
    assert [each["posting"]["posting_id"] for each in matched["opportunities"]] == ["ost-1"]
