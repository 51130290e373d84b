"""Two archives of one member: what came in, what is gone, which settings changed."""

import json
import os
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.errors import InputError
from vanne.report.comparison import comparing, comparison_words, inspect_both
from vanne.report.inspection import Inspection, inspect
from vanne.web.inspection_pages import Visit, page_of
from vanne.words import LANGUAGES, words

COMPLETE = Path(__file__).parents[1] / "fixtures" / "linkedin" / "2026-complete"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
EARLIER, LATER = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)


def of_day(folder: Path, day: datetime) -> Path:
    for path in folder.rglob("*"):
        os.utime(path, (day.timestamp(), day.timestamp()))
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two archives of one member, the second with two skills more, one less, and no learning."""
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(COMPLETE, old)
    shutil.copytree(COMPLETE, new)
    skills = new / "Skills.csv"
    lines = skills.read_text().splitlines()
    skills.write_text("\n".join([lines[0], *lines[2:], "Wine tasting", "Beekeeping"]) + "\n")
    (new / "Learning.csv").unlink()
    return of_day(old, EARLIER), of_day(new, LATER)


def compared(*archives: Path) -> Inspection:
    return inspect_both(archives, region="CH", as_of=NOW)


def test_new_items_are_told_by_kind_and_by_what_the_network_says(pair: tuple[Path, Path]) -> None:
    found = compared(*pair).comparison
    assert found is not None
    assert found.document()["came"] == [
        {
            "network": "linkedin",
            "category": "skill",
            "state": "used",
            "reason": "allowed",
            "count": 2,
        }
    ]


def test_what_is_gone_is_told(pair: tuple[Path, Path]) -> None:
    found = compared(*pair).comparison
    assert found is not None
    assert [(kind[1], count) for kind, count in found.gone.items()] == [("skill", 1)]


def test_a_file_that_one_archive_lacks_is_no_item_that_is_gone(pair: tuple[Path, Path]) -> None:
    there, back = compared(*pair).comparison, compared(pair[0], pair[0]).comparison
    assert there and dict(there.only_earlier) == {("linkedin", "learning"): 1}
    assert not there.only_later
    assert back and not back.only_earlier
    [remark] = comparison_words(there, words("en"))["remarks"]
    assert "gone, or not asked for" in remark and "(Learning)" in remark


def test_the_order_in_which_they_are_given_changes_nothing(pair: tuple[Path, Path]) -> None:
    one, other = compared(*pair), compared(*reversed(pair))
    assert one.comparison == other.comparison
    assert one.comparison and one.comparison.earlier == EARLIER.date()
    assert one.item_count == other.item_count


def test_the_same_archive_twice_differs_in_nothing(pair: tuple[Path, Path]) -> None:
    found = compared(pair[0], pair[0]).comparison
    assert found and not found.came and not found.gone and not found.settings
    for lang in LANGUAGES:
        assert comparison_words(found, words(lang))["nothing"]


def test_an_account_that_was_closed_is_a_setting_that_changed(tmp_path: Path) -> None:
    fixture = Path(__file__).parents[1] / "fixtures" / "x"
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(fixture, old)
    shutil.copytree(fixture, new)
    account = next(new.rglob("protected-history.js"), None)
    text = 'window.YTD.protected_history.part0 = [ { "protectedHistory" : { '
    text += '"protectedAt" : "2026-08-01T10:00:00.000Z", "action" : "Protect" } } ]'
    (account or next(new.rglob("account.js")).parent / "protected-history.js").write_text(text)
    found = compared(of_day(old, EARLIER), of_day(new, LATER)).comparison
    assert found is not None
    changes = [(each.before, each.after) for each in found.settings]
    assert ("open account", "closed account") in changes


def test_the_page_of_two_archives_compares_them_when_it_is_asked(pair: tuple[Path, Path]) -> None:
    both = inspect(pair, region="CH", as_of=NOW)
    merged = replace(both, compare=comparing(pair, region="CH", as_of=NOW))
    [link] = re.findall(r'href="\?([^"]+)#comparison"', page(merged))
    assert link == "compare=yes" and 'id="comparison"' not in page(merged)
    told = page(merged, ("compare", "yes"))
    assert "2 × LinkedIn, Skills" in told and "Compare the two archives" not in told


def test_what_the_member_says_of_their_posts_holds_for_what_came_in(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(COMPLETE.parents[1] / "facebook-2025", folder)
    given = of_day(old, EARLIER), of_day(new, LATER)
    compare = comparing(given, region="CH", as_of=NOW)
    both = replace(inspect(given, region="CH", as_of=NOW), compare=compare)
    told = page(both, ("audience", "public"), ("compare", "yes"))
    assert "Nothing came in" in told and 'name="audience" value="public"' in told


def test_of_two_archives_one_may_be_broken(pair: tuple[Path, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    given = pair[0], broken
    both = inspect(given, region="CH", as_of=NOW)
    merged = replace(both, compare=comparing(given, region="CH", as_of=NOW))
    assert "Compare the two archives" not in page(merged)


def test_archives_of_two_networks_are_not_compared() -> None:
    given = [COMPLETE, COMPLETE.parents[1] / "x"]
    both = inspect(given, region="CH", as_of=NOW)
    merged = replace(both, compare=comparing(given, region="CH", as_of=NOW))
    assert "Compare the two archives" not in page(merged)
    assert comparing([COMPLETE], region="CH", as_of=NOW) is None


def page(inspection: Inspection, *query: tuple[str, str]) -> str:
    shown = page_of(inspection, Visit("/", query, words("en")))
    assert shown is not None
    return shown


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_takes_two(count: int) -> None:
    with pytest.raises(InputError, match=f"needs two archives, not {count}"):
        compared(*[COMPLETE] * count)


def test_the_command_tells_it_and_the_document_holds_it(pair: tuple[Path, Path]) -> None:
    asked = ["inspect", *map(str, pair), "--compare", "--region", "CH", "--as-of", "2026-11-29"]
    told = CliRunner().invoke(cli, [*asked, "--lang", "fr", "-q"])
    assert told.exit_code == 0
    assert "1er février 2026" in told.stdout and "LinkedIn, Compétences" in told.stdout
    document = json.loads(CliRunner().invoke(cli, [*asked, "--json", "-q"]).stdout)
    assert document["schema"] == "vanne/inspect/1"
    assert document["comparison"]["later"] == "2026-09-01"
    assert [row["count"] for row in document["comparison"]["came"]] == [2]
