"""What of an archive may train generative AI: the answer, its assumptions, the command."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

import vanne
from tests.conftest import hears_ctrl_c
from tests.table import every
from vanne.cli import cli
from vanne.errors import InputError
from vanne.policy import load
from vanne.report.assumptions import checked_region
from vanne.report.inspection import Inspection, inspect
from vanne.terms import Reason
from vanne.web.inspecting import create_app
from vanne.words import LANGUAGES, words

COMPLETE = Path(__file__).parents[1] / "fixtures" / "linkedin" / "2026-complete"
POLICY = load("linkedin-2025-11-03")
NOW = datetime(2026, 11, 25, tzinfo=UTC)
EDUCATION = "School Name,Start Date,End Date,Notes,Degree Name,Activities\n"

Make = Callable[..., Inspection]


@pytest.fixture
def inspected(tmp_path: Path) -> Make:
    """Inspect a folder of the given files."""

    def make(files: dict[str, str], **options: object) -> Inspection:
        for name, text in {"Skills.csv": "Name\nR\n", **files}.items():
            (tmp_path / name).write_text(text)
        settings: dict[str, object] = {"region": "CH", "as_of": NOW, "policy": POLICY, **options}
        return inspect([tmp_path], **settings)  # type: ignore[arg-type]

    return make


def inspect_complete(**options: object) -> Inspection:
    settings: dict[str, object] = {"region": None, "as_of": NOW, "policy": POLICY, **options}
    return inspect([COMPLETE], **settings)  # type: ignore[arg-type]


def run(*arguments: str, lang: str = "C") -> Result:
    done = CliRunner().invoke(cli, ["inspect", *arguments], env={"LC_ALL": lang})
    assert done.exit_code == 0, done.exception
    return done


def test_rows_are_items_and_listed_in_each_file_and_in_total() -> None:
    document = inspect_complete().document()
    for file in document["files"]:
        assert file["rows"] == file["items"] + len(file["listed"])
    totals = document["totals"]
    assert totals["rows"] == totals["items"] + totals["listed"]
    assert totals["rows"] == sum(file["rows"] for file in document["files"])
    assert totals["items"] == sum(verdict["count"] for verdict in document["verdicts"])


def test_what_is_never_used_is_never_allowed() -> None:
    reasons = {(each.item.category, each.reason) for each in inspect_complete().decided}
    for category in ("private_message", "salary", "payment"):
        assert {r for c, r in reasons if c == category} == {Reason.CATEGORY_NEVER}
    assert {r for c, r in reasons if c == "position"} == {Reason.ALLOWED}


def test_before_the_start_in_the_region_nothing_is_allowed() -> None:
    inspection = inspect_complete(as_of=datetime(2025, 11, 2, tzinfo=UTC))
    assert inspection.allowed == 0
    assert Reason.REGION_NOT_STARTED in {each.reason for each in inspection.decided}


def test_the_region_comes_from_the_option_else_from_the_profile(inspected: Make) -> None:
    given, found, unknown = (
        inspect_complete(region="fr"),
        inspect_complete(),
        inspected({}, region=None),
    )
    assert (given.member.region, given.region_from) == ("FR", "option")
    assert (found.member.region, found.region_from) == ("CH", "profile")
    assert (unknown.member.region, unknown.region_from, unknown.allowed) == (None, "unknown", 0)
    assert any("the country is not known" in warning for warning in map(str, unknown.notes))


@pytest.mark.parametrize(
    ("region", "todo"), [("UK", "`GB`"), ("Switzerland", "`CH`"), ("EU", "`FR`"), ("???", "`CH`")]
)
def test_a_region_that_is_no_country_is_an_error_with_a_suggestion(region: str, todo: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_region(region)
    assert todo in str(caught.value.todo)


def test_an_adult_is_assumed_and_the_answer_says_so(inspected: Make) -> None:
    inspection = inspected({})
    assert (inspection.age.source, inspection.allowed) == ("assumed-adult", 1)
    assert any("assumed to be of age" in warning for warning in map(str, inspection.notes))


def test_a_birth_date_that_is_given_decides(inspected: Make) -> None:
    minor = inspected({}, birth_date=date(2010, 1, 1))
    assert (minor.age.source, minor.counts["skill", Reason.MINOR]) == ("given", 1)
    assert inspected({}, birth_date=date(1990, 1, 1)).allowed == 1


def test_a_verified_year_counts_to_its_last_day(inspected: Make) -> None:
    head = "First name,Verification type,Year of birth,Verified date\n"
    inspection = inspected({"Verifications.csv": head + "Odile,Identity,2008,12 Jun 2024\n"})
    assert inspection.age.source == "verified-year"
    assert inspection.counts["skill", Reason.MINOR] == 1


def test_a_birth_date_with_a_year_in_the_profile_decides(inspected: Make) -> None:
    def born(text: str, **more: str) -> Inspection:
        profile = f'First Name,Last Name,Birth Date\nLea,Kid,"{text}"\n'
        return inspected({"Profile.csv": profile, **more})

    minor, adult, without_year = born("Apr 12, 2010"), born("12.04.1985"), born("Apr 12")
    assert (minor.age.source, minor.counts["skill", Reason.MINOR]) == ("profile", 1)
    assert (adult.age.source, adult.counts["skill", Reason.ALLOWED]) == ("profile", 1)
    assert without_year.age.source == "assumed-adult"
    head = "First name,Verification type,Year of birth,Verified date\n"
    verified = born("1985-04-12", **{"Verifications.csv": head + "L,Id,2010,12 Jun 2024\n"})
    assert (verified.age.source, verified.counts["skill", Reason.MINOR]) == ("verified-year", 1)


@every(
    ("row", "is_minor"),
    [
        ("Sekundarschule Flussau,2024,2027,,,", True),
        ("Stadtgymnasium Flussau,2024,,,,", True),
        ("Gymnasium am See,2024,2028,,,", True),
        ("Fachmittelschule Flussau,2024,2027,,,", True),
        ("Wirtschaftsmittelschule,2024,,,,", True),
        ("Bezirksschule Flussau,2024,,,,", True),
        ("Oberschule Flussau,2024,,,,", True),
        ("Integrierte Gesamtschule,2024,,,,", True),
        ("Hauptschule Flussau,2024,,,,", True),
        ("École secondaire du Lac,2024,,,,", True),
        ("Ecole secondaire du Lac,2024,,,,", True),
        ("Cycle d'orientation du Lac,2024,2027,,,", True),
        ("Cycle d’Orientation du Lac,2024,2027,,,", True),
        ("LYCEE DU LAC,2024,,,,", True),
        ("Collège du Lac,2024,,,,", True),
        ("COLLEGE JEAN DU LAC,2024,,,,", True),
        ("Scuola media di Fermo,2024,,,,", True),
        ("ITIS Fermo,2024,,,,", True),
        ("Istituto Tecnico Commerciale,2024,2028,,,", True),
        ("Istituto professionale Fermo,2024,,,,", True),
        ("Lakeside Grammar School,2024,,,,", True),
        ("Lakeside Sixth Form College,2025,2027,,,", True),
        ("Academy of the Lake,2025,2027,,A-levels,", True),
        ("International School,août 2025,juin 2027,,IB Diploma,", True),
        ("International School,,,,IB Diploma,", False),
        ("Gymnasium am See,2009-08,2013-06,,,", False),
        ("Gymnasium am See,août 2009,juin 2013,,,", False),
        ("Berufsschule Flussau,2024,,,,", False),
        ("London Business College,2024,,,,", False),
        ("Boston College,2024,,,,", False),
        ("College of the Lake,2024,,,,", False),
        ("Istituto Tecnico Superiore Meccatronica,2024,,,,", False),
        ("Scuola Superiore Sant'Anna,2024,,,,", False),
        ("Technische Hochschule Flussau,2024,,,,", False),
        ("Lycée du Lac,2024,,,,", True),
        ("Riverside High School,Sep 2023,Jun 2027,,,", True),
        ("Kantonsschule Flussau,,,,Matura,", True),
        ("Liceo Scientifico Fermo,2024,2028,,,", True),
        ("Lycée du Lac,2001,,,,", False),
        ("Lycée du Lac,2019,2022,,,", False),
        ("Lycée du Lac,2025,2027,,BTS,", False),
        ("Fachhochschule Flussau,2024,,,,", False),
        ("Collège de France,2024,,,,", False),
        ("University of Lake,2024,,,,", False),
    ],
)
def test_a_secondary_school_that_is_attended_now_is_a_sign(
    inspected: Make, row: str, is_minor: bool
) -> None:
    inspection = inspected({"Education.csv": EDUCATION + row + "\n"})
    assert (inspection.age.source == "school-sign") is is_minor
    assert (inspection.counts["skill", Reason.MINOR] == 1) is is_minor


def test_the_command_prints_the_public_document() -> None:
    done = run(str(COMPLETE), "--region", "CH", "--as-of", "2026-11-25", "--json")
    document = json.loads(done.stdout)
    assert done.stderr == ""
    assert document["schema"] == "vanne/inspect/1"
    assert list(document) == [
        *("schema", "policy", "as_of", "member", "audience", "audience_unknown", "files"),
        *("verdicts", "states"),
        *("totals", "tagged_fields", "networks"),
        *("warnings", "notes", "todo"),
    ]
    assert list(document["member"]) == ["region", "region_from", "age", "age_state", "age_signs"]
    assert document["member"]["age"] == "assumed-adult"


@pytest.mark.parametrize("lang", ["fr_CH.UTF-8", "en_GB.UTF-8", "de_DE.UTF-8", "it_IT.UTF-8"])
def test_the_command_speaks_to_a_person(lang: str) -> None:
    done = run(str(COMPLETE), "--as-of", "2026-11-25", "--files", lang=lang)
    assert "vanne guide linkedin" in done.stdout
    assert "messages.csv" in done.stdout
    assert "LinkedIn" in done.stdout.splitlines()[0]


def table(tmp_path: Path, *names: str) -> str:
    path = tmp_path / "Skills.csv"
    path.write_text("Name\n" + "".join(f"{name}\n" for name in names))
    return str(path)


def headline(*arguments: str, lang: str = "C") -> str:
    return run(*arguments, "--as-of", "2026-11-25", lang=lang).stdout.splitlines()[0]


def test_the_headline_counts_as_people_do(tmp_path: Path) -> None:
    one = table(tmp_path, "R")
    said = "LinkedIn says that it uses your one item to train generative AI (25 November 2026)."
    assert headline(one, "--region", "CH") == said
    assert headline(one) == said.replace(
        "LinkedIn says that it", "It is not known whether LinkedIn"
    )
    two = table(tmp_path, "R", "Python")
    assert headline(two).startswith("It is not known whether LinkedIn uses your 2 items to train")
    assert headline(two, "--region", "CH").startswith(
        "LinkedIn says that it uses 2 of your 2 items"
    )
    assert headline(table(tmp_path)) == "No item was found in what you gave."


def test_the_headline_names_another_policy_in_place_of_linkedin(tmp_path: Path) -> None:
    for names in (["R"], ["R", "Python"]):
        said = headline(table(tmp_path, *names), "--policy", "facebook-2025-05-27")
        assert said.startswith("By the policy facebook-2025-05-27 ")
        assert "LinkedIn" not in said


@pytest.mark.parametrize("lang", ["fr_CH.UTF-8", "en_GB.UTF-8", "de_DE.UTF-8", "it_IT.UTF-8"])
def test_signs_stand_as_the_language_puts_them(lang: str) -> None:
    by = ("--by", "category")
    said = run(str(COMPLETE), "--as-of", "2026-11-25", *by, lang=lang).stdout
    said = re.sub(r"https:|\[[^]]*\]", "", said)
    before = {said[match.start() - 1] for match in re.finditer(":", said)}
    assert ("\u00a0" in before) == (before == {"\u00a0"}) == lang.startswith("fr")
    assert not re.search(r"\. \w[^.]*\(\d+\)", said)  # a reason leads to its kinds with a colon


def test_what_is_piped_has_titles_above_its_columns() -> None:
    by = ("--by", "category", "--files")
    lines = run(str(COMPLETE), "--as-of", "2026-11-25", *by).stdout.splitlines()
    assert "Kind of data In use Not in use Not known".split() in [line.split() for line in lines]
    assert "  File  [Reader]  Rows = Items + Not read" in lines


def test_a_fault_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "Skills.csv").write_text("Name\nR\n")
    (tmp_path / "Languages.csv").write_text("Nom\nFrench\n")
    (tmp_path / "Comments.csv").write_text('Date,Link,Message\n2026-02-02 07:00:00,l,"half')
    (tmp_path / "Positions.csv").write_text("Company Name,Title,Shoes\nLac,Hydrologist,42\n")
    said = run(str(tmp_path), "--as-of", "2026-11-25", "--by", "category").stdout
    assert said.count("Languages.csv") == said.count("Comments.csv") == 1
    assert "Note: Positions.csv: column Shoes is not known and left out" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_archives_of_two_people_are_told_apart_on_the_first_screen(
    tmp_path: Path, lang: str
) -> None:
    for name in ("Ada", "Bea"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Profile.csv").write_text(f"First Name,Last Name\n{name},Muster\n")
        (tmp_path / name / "Skills.csv").write_text("Name,Shoes\nR,42\n")
    asked = (str(tmp_path / "Ada"), str(tmp_path / "Bea"), "--as-of", "2026-11-25", "--lang", lang)
    w = words(lang)
    first = w("%(what)s: %(why)s", what="Bea", why=w(
        "seems to be of another member than %(archive)s", archive="Ada"
    ))  # fmt: skip
    for more in ((), ("--by", "category"), ("--files",)):
        said = " ".join(run(*asked, *more).stdout.split())
        assert said.count(" ".join(first.split())) == 1
        assert ("Shoes" in said) is bool(more)
    client = TestClient(
        create_app(
            inspect([tmp_path / "Ada", tmp_path / "Bea"], region=None, as_of=NOW), lang, "k"
        ),
        base_url="http://127.0.0.1",
    )
    page = client.get("/?key=k").text
    assert first in page and "Shoes" in page


def test_rows_of_two_archives_are_said_in_one_line(tmp_path: Path) -> None:
    folders = [tmp_path / f"{n}_LinkedInDataExport_0{n}-01-2026" for n in (1, 2)]
    for folder in folders:
        folder.mkdir()
        (folder / "Skills.csv").write_text("Name\nR\nPython\n")
    said = run(*map(str, folders), "--as-of", "2026-11-25", "--by", "category").stdout
    assert "2 rows are in another archive too and count once." in said
    assert "gave no item" not in said


def test_a_minor_is_not_told_that_they_wrote_what_others_wrote(tmp_path: Path) -> None:
    head = "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\n"
    row = 'Pat,R,A,M,Great,"01/01/20, 09:00 AM",VISIBLE\n'
    (tmp_path / "Recommendations_Received.csv").write_text(head + row)
    born = ("--birth-date", "2005-01-01", "--region", "CH")
    said = run(str(tmp_path), "--as-of", "2026-11-25", *born, "--by", "category").stdout
    assert "LinkedIn does not say what follows: Recommendations (1)" in said
    assert "You made" not in said


def test_a_row_without_an_item_says_why_as_data_and_in_words(tmp_path: Path) -> None:
    (tmp_path / "Comments.csv").write_text("Date,Link,Message\n1,l,whole,more\n")
    done = run(str(tmp_path), "--as-of", "2026-11-25", "--json")
    (listed,) = json.loads(done.stdout)["files"][0]["listed"]
    said = "row has 4 fields, header has 3"
    assert listed == {"row": 1, "reason": said, "code": "row-width", "params": {"n": 4, "m": 3}}


def test_what_is_odd_about_a_file_is_data_too(tmp_path: Path) -> None:
    (tmp_path / "Skills.csv").write_bytes("Name\nÉtude\n".encode("cp1252"))
    document = json.loads(run(str(tmp_path), "--as-of", "2026-11-25", "--json").stdout)
    assert "Skills.csv: not UTF-8, read as Windows-1252" in document["warnings"]
    assert {"about": "Skills.csv", "code": "windows-1252", "params": {}} in document["notes"]


def test_each_file_says_of_which_archive_it_is(tmp_path: Path) -> None:
    done = run(table(tmp_path, "R"), "--as-of", "2026-11-25", "--json")
    assert json.loads(done.stdout)["files"][0]["archive"] == "Skills.csv"


def test_ctrl_c_ends_the_page_without_a_trace(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vanne", "inspect", table(tmp_path, "R"), "--open"]
    environment = {"LC_ALL": "C", "PYTHONUTF8": "1", "PATH": "/usr/bin:/bin"}
    environment["PYTHONPATH"] = str(Path(vanne.__file__).parents[1])
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options |= {"env": environment, "preexec_fn": hears_ctrl_c}
    with subprocess.Popen([*command, "--no-browser"], **options) as process:  # type: ignore[call-overload]
        try:
            address = process.stdout.readline().split()[0]
            with httpx2.Client() as browser:
                assert browser.get(address, follow_redirects=True).status_code == 200
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=300)
        finally:
            process.kill()
    assert (process.returncode, out, said.strip()) == (130, "", "vanne: interrupted")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(address)
