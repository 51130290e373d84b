"""`vanne guide` after the steps: the letter, the line to keep, the reminders."""

import json
from pathlib import Path

from icalendar import Calendar

from tests.report.test_guide import Result, run


def test_the_command_prints_the_letter_alone_and_says_the_rest_beside_it() -> None:
    told: Result = run("linkedin", "--letter", "--region", "CH", "--lang", "fr")
    assert told.exit_code == 0
    assert told.stdout.startswith("[prénom et nom]") and "art. 30 al. 2 let. b" in told.stdout
    assert "edoeb.admin.ch" not in told.stdout
    assert "Préposé fédéral" in told.stderr and "edoeb.admin.ch" in told.stderr


def test_without_a_country_the_command_says_how_to_name_it() -> None:
    assert "--region CH" in run("linkedin", "--letter", "--lang", "en").stderr


def test_the_command_writes_a_new_file_and_never_over_one(tmp_path: Path) -> None:
    file = tmp_path / "again.ics"
    asked = ("linkedin", "--reminder", str(file), "--as-of", "2026-11-29", "--lang", "en")
    told = run(*asked, "--birth-date", "2009-05-01", "--done")
    assert told.exit_code == 0 and "is switched off" in told.stdout
    assert len(Calendar.from_ical(file.read_bytes()).walk("VEVENT")) == 2
    kept = file.read_bytes()
    assert run(*asked).exit_code != 0 and file.read_bytes() == kept


def test_one_document_holds_all_three(tmp_path: Path) -> None:
    file = str(tmp_path / "again.ics")
    asked = ("x", "--letter", "--region", "GB", "--done", "--reminder", file, "--json")
    document = json.loads(run(*asked, "--as-of", "2026-11-29", "--lang", "en").stdout)
    assert document["schema"] == "vanne/until-done/1"
    assert document["letter"]["law"] == "UK GDPR, Article 21"
    assert document["letter"]["to"]["name"] == "X Internet Unlimited Company"
    assert document["reminders"] == [{"day": "2027-02-28", "title": "X and AI: look again"}]
    assert document["done"].startswith("2026-11-29  X")


def test_an_option_without_the_one_that_it_goes_with_is_refused() -> None:
    assert run("x", "--region", "CH").exit_code == 2
    assert run("x", "--birth-date", "2010-01-01").exit_code == 2
    assert run("--letter").exit_code == 2
    assert run("x", "--letter", "--full").exit_code == 2
