"""`vanne choose --from`: every bad row is told, and nothing is recorded twice or in part."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vanne.cli import cli
from vanne.config import Home
from vanne.decide import loader
from vanne.ledger import Ledger
from vanne.sources.tables import read_choices, write_choices, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Member

HEADER = "member_id,purpose,scope,target,on,at,channel,notice"
GOOD = [
    f"anna,{MAIN_PURPOSE},all,,off,2026-03-01T10:00:00Z,web,",
    f"anna,{MAIN_PURPOSE},category,photo,off,2026-03-02,,2026-01",
    f"bruno,{MAIN_PURPOSE},item,b-7,true,2026-03-01T10:00:00+02:00,,",
]
BAD = {
    f"anna,{MAIN_PURPOSE},everything,,off,2026-03-01,,": ("scope", "is not `all`"),
    f"anna,{MAIN_PURPOSE},category,,off,2026-03-01,,": ("target", "is empty"),
    f"anna,{MAIN_PURPOSE},category,fotos,off,2026-03-01,,": ("target", "is not a category"),
    f"anna,{MAIN_PURPOSE},all,post,on,2026-03-01,,": ("target", "is given, and the scope is `all`"),
    f"anna,{MAIN_PURPOSE},all,,maybe,2026-03-01,,": ("on", "is not true or false"),
    f"anna,{MAIN_PURPOSE},all,,,2026-03-01,,": ("on", "is not true or false"),
    f"anna,{MAIN_PURPOSE},all,,off,yesterday,,": ("at", "is not a time"),
    f"anna,{MAIN_PURPOSE},all,,off,2999-01-01,,": ("at", "is in the future"),
    f",{MAIN_PURPOSE},all,,off,2026-03-01,,": ("member_id", "is empty"),
    f" anna,{MAIN_PURPOSE},all,,off,2026-03-01,,": ("member_id", "has space around it"),
    "anna,,all,,off,2026-03-01,,": ("purpose", "is empty"),
    "anna,generative-ai-trainning,all,,off,2026-03-01,,": ("purpose", "is not a purpose"),
    f"anna,{MAIN_PURPOSE},item, ,off,2026-03-01,,": (None, "`target` is empty"),
    f"anna,{MAIN_PURPOSE},all,off,2026-03-01,": (None, "it has 6 fields, the header has 8"),
    f"anna,{MAIN_PURPOSE},all,,off,2026-03-01,,,": (None, "it has 9 fields"),
    f'anna,{MAIN_PURPOSE},all,,off,2026-03-01,"web,': (None, "its quotes do not match"),
    f'anna,{MAIN_PURPOSE},all,,off,2026-03-01,"we"b,': (None, "its quotes do not match"),
    f"anna,{MAIN_PURPOSE},all,,off,2026-03-01,w\udceb,": (None, "bytes that are no text"),
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    write_members([Member("anna", "CH"), Member("bruno", "FR")], home.members)
    policy = files("vanne.packs") / "linkedin/policies/linkedin-2025-11-03.toml"
    home.policy.write_bytes(policy.read_bytes())
    Ledger.create(home).close()
    return home


def run(home: Home, file: Path, *options: object) -> Result:
    arguments = ["choose", "--from", str(file), "--home", str(home.root), *map(str, options)]
    return CliRunner().invoke(cli, arguments)


def said(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["schema"] == "vanne/choices-import/1"
    return document


def written(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join([HEADER, *rows, ""]), "utf-8", "surrogateescape")
    return path


def recorded(home: Home) -> list[Choice]:
    with Ledger.of(home, read_only=True) as ledger:
        return list(ledger.choices())


def claimed(home: Home) -> list[Choice]:
    """What was recorded, with the times of the file, in the order of the ledger."""
    return [replace(c, at=c.claimed_at or c.at, claimed_at=None) for c in recorded(home)]


def by_time(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: choice.at)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path / "good.csv", GOOD)


def test_the_choices_of_a_csv_file_are_recorded_as_the_table_is_read(
    home: Home, good: Path
) -> None:
    document = said(run(home, good, "--json"))
    assert (document["rows"], document["imported"], document["refused"]) == (3, 3, [])
    assert claimed(home) == by_time(read_choices(str(good)))
    assert recorded(home)[0].claimed_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_parquet_and_json_lines_give_the_same(home: Home, good: Path, tmp_path: Path) -> None:
    choices = list(read_choices(str(good)))
    write_choices(choices, tmp_path / "choices.parquet")
    rows = [
        {"member_id": c.member_id, "purpose": c.purpose, "scope": c.scope, "target": c.target}
        | {"on": c.on, "at": c.at.isoformat(), "channel": c.channel, "notice": c.notice}
        for c in choices
    ]
    lines = "".join(json.dumps(row) + "\n\n" for row in rows)
    (tmp_path / "choices.jsonl").write_text(lines)
    for name in ("choices.parquet", "choices.jsonl"):
        assert said(run(home, tmp_path / name, "--json"))["imported"] == 3
    assert claimed(home) == by_time(choices) * 2


def test_marks_line_ends_and_tabs_of_other_programs_are_understood(
    home: Home, tmp_path: Path
) -> None:
    text = "\r\n".join([HEADER, "", *GOOD, ""])
    (tmp_path / "choices.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "choices.tsv").write_text(text.replace(",", "\t"))
    for name in ("choices.csv", "choices.tsv"):
        assert said(run(home, tmp_path / name, "--json"))["imported"] == 3


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_is_told_with_its_number_and_hides_no_other(
    home: Home, tmp_path: Path, row: str
) -> None:
    column, problem = BAD[row]
    file = written(tmp_path / "choices.csv", [GOOD[0], row, *GOOD[1:], row, GOOD[0]])
    result = run(home, file, "--json")
    refused = said(result)["refused"]
    assert [(bad["row"], bad["column"]) for bad in refused] == [(2, column), (5, column)]
    assert all(problem in bad["problem"] and bad["todo"] for bad in refused)
    assert result.exit_code == 65 and recorded(home) == []
    assert said(result)["rows"] == 6


def test_all_kinds_of_bad_rows_in_one_file_are_told_at_once(home: Home, tmp_path: Path) -> None:
    file = written(tmp_path / "choices.csv", [*BAD, *GOOD])
    refused = said(run(home, file, "--json"))["refused"]
    assert [bad["row"] for bad in refused] == list(range(1, len(BAD) + 1))


def test_no_id_and_no_value_is_printed(home: Home, tmp_path: Path) -> None:
    rows = [row.replace("anna", "secret-7") for row in BAD]
    file = written(tmp_path / "choices.csv", rows)
    printed = "".join(run(home, file, *options).output for options in ((), ("--json",)))
    assert "secret-7" not in printed and "trainning" not in printed and "fotos" not in printed


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"member_id": "anna"', "not a JSON object"),
        (b'["anna"]', "not a JSON object"),
        (b'{"on": true, "on": false}', "each name once"),
        (b'{"member_id": "\xff"}', "no text in UTF-8"),
        (b'{"member_id": "\\ud800"}', "half of a surrogate pair"),
        (b"{}", "is not `all`"),
    ],
)
def test_a_bad_line_of_json_lines_is_one_bad_row(
    home: Home, tmp_path: Path, line: bytes, problem: str
) -> None:
    good = {
        "member_id": "anna",
        "purpose": MAIN_PURPOSE,
        "scope": "all",
        "on": 0,
        "at": "2026-03-01",
    }
    whole = json.dumps(good).encode()
    (tmp_path / "choices.jsonl").write_bytes(b"\n".join([whole, line, whole]))
    document = said(run(home, tmp_path / "choices.jsonl", "--json"))
    (bad,) = document["refused"]
    assert (document["rows"], bad["row"]) == (3, 2) and problem in bad["problem"]


def test_the_rest_is_recorded_if_bad_rows_may_be_left_out(home: Home, tmp_path: Path) -> None:
    file = written(tmp_path / "choices.csv", [GOOD[0], *BAD, *GOOD[1:]])
    result = run(home, file, "--skip-bad")
    assert result.exit_code == 0 and len(recorded(home)) == 3
    assert (
        f"imported 3 choices of {3 + len(BAD)} rows; {len(BAD)} rows were left out" in result.stdout
    )


def test_a_dry_run_checks_and_writes_nothing(home: Home, good: Path, tmp_path: Path) -> None:
    result = run(home, good, "--dry-run")
    assert result.exit_code == 0 and "checked: all 3 rows can be used" in result.stdout
    document = said(run(home, good, "--dry-run", "--json"))
    names = ("rows", "imported", "already_imported", "unchanged", "holds")
    assert [document[name] for name in names] == [3, 0, 0, 0, {"on": 0, "off": 0}]
    bad = written(tmp_path / "bad.csv", list(BAD)[:2])
    result = run(home, bad, "--dry-run")
    assert result.exit_code == 65 and "checked: 2 of 2 rows cannot be used" in result.stdout
    assert recorded(home) == []


def test_the_same_file_again_changes_nothing(home: Home, good: Path, tmp_path: Path) -> None:
    run(home, good)
    copy = tmp_path / "elsewhere.csv"
    copy.write_bytes(good.read_bytes())
    document = said(run(home, copy, "--json"))
    assert (document["imported"], document["already_imported"]) == (0, 3)
    assert len(recorded(home)) == 3


def test_an_import_that_was_killed_goes_on_where_it_stopped(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "_BATCH", 2)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    choices = [Choice(f"m{n}", MAIN_PURPOSE, "all", False, at) for n in range(7)]
    write_choices(choices, tmp_path / "choices.parquet")
    append = Ledger.append

    def dying(ledger: Ledger, *arguments: Any, **named: Any) -> range:
        if ledger.size == 4:
            raise KeyboardInterrupt
        return append(ledger, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", dying)
        run(home, tmp_path / "choices.parquet")
    assert len(recorded(home)) == 4
    document = said(run(home, tmp_path / "choices.parquet", "--json"))
    assert (document["imported"], document["already_imported"]) == (3, 4)
    assert claimed(home) == choices


def test_a_file_of_which_other_rows_are_good_now_is_a_conflict(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = f"anna,{MAIN_PURPOSE},all,,off,2026-11-01,,"
    file = written(tmp_path / "choices.csv", [row, *GOOD])
    early = datetime(2026, 10, 1, tzinfo=UTC)
    with monkeypatch.context() as patch:
        patch.setattr("vanne.cli.choose.now", lambda: early)
        run(home, file, "--skip-bad")
    result = run(home, file)
    assert "was imported before" in str(result.exception) and len(recorded(home)) == 3


def test_an_on_that_would_undo_a_no_of_the_ledger_is_a_bad_row(home: Home, tmp_path: Path) -> None:
    said = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with Ledger.of(home) as ledger:
        ledger.append([Choice("anna", MAIN_PURPOSE, "all", False, said)])
    rows = [
        f"anna,{MAIN_PURPOSE},all,,on,{at},,"
        for at in ("2026-03-01", said.isoformat(), "2026-04-01")
    ]
    rows.append(f"bruno,{MAIN_PURPOSE},all,,on,2026-03-01,,")
    file = written(tmp_path / "choices.csv", rows)
    result = run(home, file)
    assert result.exit_code == 65
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["row 1", "row 2"]
    assert "`at` is not after an opt-out for the same that the ledger holds" in result.stderr
    assert len(recorded(home)) == 1
    document = json.loads(run(home, file, "--skip-bad", "--json").stdout)
    assert (document["imported"], document["unchanged"]) == (2, 0)
    assert document["holds"] == {"on": 2, "off": 0}
    again = json.loads(run(home, file, "--skip-bad", "--json").stdout)
    assert (again["imported"], again["already_imported"]) == (0, 2)


def test_rows_are_recorded_in_the_order_of_their_times_of_one_time_the_no_last(
    home: Home, tmp_path: Path
) -> None:
    times = ["2026-03-03", "2026-03-01", "2026-03-02", "2026-03-02"]
    states = ["off", "off", "off", "on"]
    rows = [f"anna,{MAIN_PURPOSE},all,,{on},{at},," for on, at in zip(states, times, strict=True)]
    document = said(run(home, written(tmp_path / "choices.csv", rows), "--json"))
    told = [(choice.at.day, choice.on) for choice in claimed(home)]
    assert told == [(1, False), (2, True), (2, False), (3, False)]
    assert (document["unchanged"], document["holds"]) == (1, {"on": 0, "off": 1})


def test_people_who_are_no_members_and_other_purposes_are_counted(
    home: Home, tmp_path: Path
) -> None:
    rows = [GOOD[0].replace("anna", "zoe"), GOOD[1].replace(MAIN_PURPOSE, "newsletter"), GOOD[2]]
    document = said(run(home, written(tmp_path / "choices.csv", rows), "--json"))
    assert (document["imported"], document["not_members"], document["other_purposes"]) == (3, 1, 1)


def test_a_file_that_is_no_table_of_choices_is_refused_whole(home: Home, tmp_path: Path) -> None:
    for name, content, problem in (
        ("a.csv", "member,purpose\n", "column `member_id` is missing"),
        ("b.csv", "", "with a header line"),
        ("c.csv", HEADER + ",on\n", "names a column twice"),
        ("d.xlsx", "", "is not a table that can be read"),
        ("e.parquet", "no", "its name says .parquet, and it holds something else"),
    ):
        (tmp_path / name).write_text(content)
        assert problem in str(run(home, tmp_path / name).exception)
    assert "no such file" in str(run(home, tmp_path / "none.csv").exception)


def test_a_table_without_rows_imports_nothing(home: Home, tmp_path: Path) -> None:
    document = said(run(home, written(tmp_path / "choices.csv", []), "--json"))
    assert (document["rows"], document["imported"]) == (0, 0)
