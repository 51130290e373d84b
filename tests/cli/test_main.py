"""The command line as a person types it: one clear line, the documented code, nothing half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tests.conftest import Run
from tests.table import every
from vanne.cli import all_commands, cli

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "examples" / "tables"
DECIDE = [
    "decide",
    f"--items={TABLES / 'items.csv'}",
    f"--members={TABLES / 'members.csv'}",
    "--policy=linkedin-2025-11-03",
    "--as-of=2026-01-01",
]


def test_help_names_every_command_and_imports_nothing_heavy(vanne: Run) -> None:
    program = (
        "import sys; sys.argv = ['vanne', '--help']\n"
        "from vanne.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'duckdb', 'pyarrow', 'starlette', 'faker'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert all(f"  {name} " in done.stdout for name in all_commands())
    assert "HEAVY []" in done.stdout


@every("name", all_commands())
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0
    assert all_commands()[name] in " ".join(done.stdout.split())


WRONG = {
    "no such command": (["inspct"], 2, "inspct"),
    "no such option": (["decide", "--item", "x"], 2, "--item"),
    "not a date": ([*DECIDE, "--as-of", "tomorrow"], 2, "`tomorrow` is not a date"),
    "no such policy": ([*DECIDE, "--policy", "linkedin"], 78, "`linkedin-2025-11-03`"),
    "no such purpose": ([*DECIDE, "--purpose", "ads"], 78, "no purpose `ads`"),
    "no such file": ([*DECIDE, "--items", "absent.csv"], 74, "no such file: `absent.csv`"),
    "members are items": (
        [*DECIDE, f"--members={TABLES / 'items.csv'}"],
        65,
        "column `member_id` is missing",
    ),
    "no such folder to write": (
        [*DECIDE, "--out", "absent/v.parquet"],
        74,
        "no such folder: `absent`",
    ),
    "no network": (["corpus", "build", "--home", "absent"], 69, "`absent` holds no network"),
    "nothing to serve": (["serve", "--home", "absent"], 69, "vanne demo"),
    "a public address": (["serve", "--host", "0.0.0.0"], 77, "other machines"),
    "no archive": (["inspect", "absent.zip"], 74, "absent.zip"),
    "no such platform": (["guide", "linkedn"], 65, "did you mean `linkedin`"),
    "no receipt": (["verify", "absent.json"], 74, "absent.json"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line_with_the_documented_code(vanne: Run, case: str) -> None:
    arguments, code, message = WRONG[case]
    done = vanne(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.startswith("vanne: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "case", ["no such file", "no such policy", "members are items", "not a date"]
)
def test_with_json_an_error_is_a_problem_document(vanne: Run, case: str) -> None:
    arguments, code, message = WRONG[case]
    done = vanne(*arguments, "--json")
    problem = json.loads(done.stderr)
    assert (done.returncode, done.stdout) == (code, "")
    assert problem["schema"] == "vanne/problem/1"
    assert problem["exit_code"] == code
    assert message in problem["title"] + problem["detail"]
    assert problem["type"] != "urn:vanne:problem:internal"


def test_wrong_usage_points_to_the_help_of_that_command(vanne: Run) -> None:
    done = vanne("corpus", "build", "--nope")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("vanne: No such option '--nope'")
    assert done.stderr.endswith(": see `vanne corpus build --help`\n")


def test_an_error_leaves_the_verdicts_of_before_whole(vanne: Run, tmp_path: Path) -> None:
    before = tmp_path / "verdicts.parquet"
    assert vanne(*DECIDE, f"--out={before}").returncode == 0
    whole = before.read_bytes()
    broken = tmp_path / "broken.csv"
    rows = (TABLES / "items.csv").read_text() + '"unclosed'
    broken.write_text(rows)
    assert vanne(*DECIDE, f"--items={broken}", f"--out={before}").returncode == 65
    assert before.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.csv", "verdicts.parquet"]


def test_verdicts_are_not_written_over_what_they_are_made_from(vanne: Run, tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_bytes((TABLES / "items.csv").read_bytes())
    done = vanne(*DECIDE, f"--items={items}", f"--out={items}")
    assert (done.returncode, "holds no verdicts" in done.stderr) == (65, True)
    assert items.read_bytes() == (TABLES / "items.csv").read_bytes()
    assert vanne(*DECIDE, "--out=/dev/null").returncode == 65
    assert not Path("/dev/null").is_file()
    among = vanne(*DECIDE, f"--items={tmp_path}", f"--out={tmp_path / 'new.parquet'}")
    assert (among.returncode, "lies among the tables" in among.stderr) == (65, True)
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"reason": [1]}), foreign)
    assert vanne(*DECIDE, f"--out={foreign}").returncode == 65
    assert pq.read_table(foreign).num_rows == 1


def test_an_explanation_is_of_one_item_and_writes_no_verdicts(vanne: Run, tmp_path: Path) -> None:
    both = vanne(*DECIDE, "--explain=1", f"--out={tmp_path / 'v.parquet'}")
    assert (both.returncode, list(tmp_path.iterdir())) == (2, [])


def test_a_misspelt_purpose_does_not_lose_a_no(vanne: Run, tmp_path: Path) -> None:
    choices = tmp_path / "choices.csv"
    head = "member_id,purpose,scope,on,at\n"
    choices.write_text(head + "ada,generativ-ai-training,all,off,2025-12-01\n")
    done = vanne(*DECIDE, f"--choices={choices}")
    assert (done.returncode, "row 1" in done.stderr) == (65, True)
    choices.write_text(head + "ada,generative-ai,all,off,2025-12-01\n")
    assert vanne(*DECIDE, f"--choices={choices}").returncode == 65
    choices.write_text(head + "ada,recruiter-search,all,off,2025-12-01\n")
    assert vanne(*DECIDE, f"--choices={choices}").returncode == 0
    assert vanne(*DECIDE, "--choices=").returncode == 65


def test_a_full_disk_is_said_and_leaves_what_was_there_whole(vanne: Run, tmp_path: Path) -> None:
    before = tmp_path / "verdicts.parquet"
    assert vanne(*DECIDE, f"--out={before}").returncode == 0
    whole = before.read_bytes()
    limited = f'ulimit -f 1; exec "{sys.executable}" -B -m vanne "$@"'
    items = tmp_path / "items.csv"
    lines = [f"{n:040},ada,post,2025-01-01\n" for n in range(60_000)]
    items.write_text("item_id,owner,category,created_at\n" + "".join(lines))
    done = subprocess.run(
        [
            "sh",
            "-c",
            "trap '' XFSZ; " + limited,
            "sh",
            *DECIDE,
            f"--items={items}",
            f"--out={before}",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 74
    assert done.stderr.startswith("vanne: ") and done.stderr.count("\n") == 1
    assert before.read_bytes() == whole
    assert [path.name for path in tmp_path.glob("*partial*")] == []


def test_a_choice_gives_a_receipt_that_verifies_offline(vanne: Run, tmp_path: Path) -> None:
    from datetime import UTC, date, datetime

    from vanne.config import Home
    from vanne.ledger import Ledger
    from vanne.policy.load import text_of
    from vanne.sources.tables import write_items, write_members
    from vanne.terms import Item, Member

    home = Home(tmp_path / "home")
    write_items(
        [Item("1", "ada", "post", created_at=datetime(2025, 1, 1, tzinfo=UTC), text="x")],
        home.items / "items.parquet",
    )
    write_members([Member("ada", "CH", date(1990, 1, 1))], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    assert "1 documents" in vanne("corpus", "build", "--home", home.root).stdout
    chosen = vanne("choose", "ada", "off", "--home", home.root)
    (tmp_path / "receipt.json").write_text(chosen.stdout)
    assert vanne("verify", "receipt.json").returncode == 0
    assert "0 documents" in vanne("corpus", "build", "--home", home.root).stdout
    assert vanne("corpus", "verify", "--home", home.root).returncode == 0
    assert vanne("ledger", "fsck", "--home", home.root).returncode == 0
    (tmp_path / "forged.json").write_text(chosen.stdout.replace('"on": false', '"on": true'))
    assert vanne("verify", "forged.json").returncode == 1
    for option in ("--category", "--item"):
        done = vanne("choose", "ada", "on", option, "", "--home", home.root)
        assert (done.returncode, done.stdout) == (2, "")
        assert "these need a value: --category, --item; without them it is for all" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["guide", "linkedin"],
        ["guide", "linkedin", "--json"],
        ["--pack", str(ROOT / "examples" / "chirp"), "guide", "Tweetle"],
    ],
    ids=" ".join,
)
def test_a_reader_who_has_enough_ends_a_command_well(command: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)  # as after `| head -1`
    done = subprocess.run(
        [sys.executable, "-m", "vanne", *command], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
