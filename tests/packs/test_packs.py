"""A network is a folder of TOML: it is found, checked and tried, and its mistakes are said in one line."""

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.table import every
from vanne.packs import Pack, attach, named, packs, working
from vanne.packs.finding import ATTACHED, given_pack
from vanne.packs.pack import MOST_BYTES
from vanne.packs.schema import missing_languages
from vanne.policy import builtin_names, load
from vanne.report.guide import load_guide
from vanne.report.inspection import inspect
from vanne.report.pack_check import check, example_archives, try_examples
from vanne.sources.readers import kinds_of, record_kinds
from vanne.terms import MAIN_PURPOSE

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 6, 1)
PACK = Path(__file__).parent / "chirp"
"""A small pack that is right."""
OWN = [pack.key for pack in packs()]
EXAMPLES = {pack.key: archives for pack in packs() if (archives := example_archives(pack))}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no pack of one test to the next."""
    monkeypatch.setenv(ATTACHED, "")


@pytest.fixture
def chirp(tmp_path: Path) -> Path:
    return shutil.copytree(PACK, tmp_path / "chirp")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def started(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `vanne` from nothing, with variables."""
    command = [sys.executable, "-m", "vanne", *map(str, arguments)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)


# Vanne's own networks


@every("key", OWN)
def test_each_network_of_our_own_is_a_pack_without_a_fault(key: str) -> None:
    pack = next(pack for pack in packs() if pack.key == key)
    found = check(Path(str(pack.folder)))
    assert found.faults == []
    assert list(missing_languages(pack.data("guide.toml") if pack.guide else {})) == []


@pytest.mark.parametrize("key", EXAMPLES)
def test_each_example_of_our_own_networks_comes_out(key: str) -> None:
    pack = next(pack for pack in packs() if pack.key == key)
    for result in try_examples(pack):
        assert result.differences == [], result.name


def test_python_names_no_network() -> None:
    names = re.compile(rf"""["'](?:{"|".join(sorted({*OWN} - {"x", "threads"}))})["']""")
    rooms = ("sources", "report", "policy", "packs", "cli")
    lines = [
        (file.name, line)
        for room in rooms
        for file in (ROOT / "src" / "vanne" / room).rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if names.search(line) and ">>>" not in line
    ]
    rules = [line for name, line in lines if name == "network_rules.py"]
    others = [(name, line) for name, line in lines if name != "network_rules.py"]
    assert len(rules) == 3, rules  # the names of rules
    assert {line.strip() for _, line in others} == {
        "('x', 'linkedin', None)",
        "{'meta': ('facebook', 'instagram')}",
    }, others  # examples


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("twitter", "x"),
        ("Twitter", "x"),
        ("LinkedIn", "linkedin"),
        ("X", "x"),
        ("tiktok", "tiktok"),
    ],
)
def test_a_guide_is_found_by_any_name_of_its_network(name: str, key: str) -> None:
    assert load_guide(name).platform == key


# A pack of somebody else


def test_a_pack_is_right_and_its_example_comes_out(chirp: Path) -> None:
    assert check(chirp).faults == []
    attach([chirp])
    (result,) = try_examples(given_pack(chirp))
    assert (result.found.rows, result.found.items, result.found.listed) == (3, 2, 1)
    assert result.differences == []
    assert load("chirp-2026-06-01").title.startswith("Chirp")
    assert load_guide("Chirp").kind == "objection"


def test_a_pack_is_used_by_the_option_the_variable_and_the_setting(
    vanne: Run, chirp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "vanne.toml").write_text('packs = "../chirp"\n')
    archive = chirp / "examples" / "first"
    ways = [vanne("--pack", chirp, "inspect", archive, "--region", "CH")]
    monkeypatch.setenv("VANNE_PACKS", str(chirp))
    ways.append(vanne("inspect", archive, "--region", "CH"))
    monkeypatch.delenv("VANNE_PACKS")
    monkeypatch.setenv("VANNE_HOME", str(home))
    ways.append(vanne("inspect", archive, "--region", "CH"))
    assert [way.returncode for way in ways] == [0, 0, 0], ways
    assert all("Policy: chirp-2026-06-01." in way.stdout for way in ways)
    shown = vanne("config", "show").stdout
    assert 'packs = "../chirp"  # vanne.toml' in shown
    monkeypatch.delenv("VANNE_HOME")
    assert "chirp-2026-06-01" not in vanne("inspect", archive, "--region", "CH").stdout


def test_its_policy_decides_and_becomes_sql(vanne: Run, chirp: Path) -> None:
    assert "policy `chirp-2026-06-01`" in vanne("policy", "check", "chirp-2026-06-01").stderr
    assert vanne("--pack", chirp, "policy", "check", "chirp-2026-06-01").returncode == 0
    said = vanne(
        "--pack",
        chirp,
        "sql",
        "--policy",
        "chirp-2026-06-01",
        "--dialect",
        "duckdb",
        "--as-of",
        "2026-06-02",
    )
    assert said.returncode == 0 and "SELECT" in said.stdout


def test_a_network_says_its_own_words_for_kinds_of_data(vanne: Run, chirp: Path) -> None:
    add(chirp / "pack.toml", '[words.post]\nen = "Chirps"\n')
    archive = chirp / "examples" / "first"
    said = vanne("--pack", chirp, "inspect", archive, "--region", "CH", "--by", "category").stdout
    assert re.search(r"^  Chirps +2$", said, re.M)


# What is wrong in a pack


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("pack.toml", "policy = ", "polcy = ",
         "chirp/pack.toml: line 2: `polcy` is not a key of this table: did you mean `policy`?"),
        ("pack.toml", 'policy = "chirp-2026', 'policy = "chirp-2025',
         "chirp/pack.toml: `policy` names `chirp-2025-06-01`, which is not there: did you mean `chirp-2026-06-01`?"),
        ("pack.toml", "policy = ", "judges_cvs = true\npolicy = ",
         "chirp/pack.toml: `judges_cvs` is what another pack does: take the key out"),
        ("pack.toml", 'name = "Chirp"', 'name = "Chirp', "chirp/pack.toml: not valid TOML: "),
        ("readers/records.toml", "created = ", "creatd = ",
         "chirp/readers/records.toml: line {n}: `posts.creatd` is not a key of this table: did you mean `created`?"),
        ("readers/records.toml", 'category = "post"', 'category = "posts"',
         "chirp/readers/records.toml: line {n}: `posts.category` is not one of the words here: use one of `profile`"),
        ("readers/records.toml", 'time = "iso"', 'time = "isoo"',
         "chirp/readers/records.toml: line {n}: `posts.time` is not one of the words here: use one of `seconds`, `milliseconds`, `iso`, `slash` or `x`"),
        ("readers/records.toml", 'must = ["text"]', 'must = "text"',
         "chirp/readers/records.toml: line {n}: `posts.must` must be a list: write `[...]`"),
        ("readers/records.toml", 'must = ["text"]', 'rule = "twet"',
         "chirp/readers/records.toml: line {n}: `posts.rule` names the rule `twet`: did you mean `tweet`?: mend it"),
        ("readers/records.toml", 'has = ["chirp_id", "text", "created_at"]\n', "",
         "chirp/readers/records.toml: line {n}: `posts` `has` is missing: a table is known by its columns: mend it"),
        ("readers/records.toml", "[posts]", 'format = "recrods"\n[posts]',
         "chirp/readers/records.toml: line 1: `format` is `recrods`: did you mean `records`?"),
        ("policies/chirp-2026-06-01.toml", 'name = "chirp-2026', 'name = "chirp-2025',
         "chirp/policies/chirp-2026-06-01.toml: `name` is `chirp-2025-06-01`, and the file is called `chirp-2026-06-01`: give both one name"),
        ("policies/chirp-2026-06-01.toml", "minimum = 18", "minimun = 18",
         "chirp/policies/chirp-2026-06-01.toml, line {n}: `purposes.generative-ai-training.age.minimun` is not a key of this table: did you mean `minimum`?"),
        ("guide.toml", 'platform = "chirp"', 'platform = "chrip"',
         "chirp/guide.toml: `platform` is `chrip`, and the pack is called `chirp`: give both one name"),
        ("guide.toml", "[[covers]]", "[[cover]]",
         "chirp/guide.toml: line {n}: `cover` is not a key of this table: did you mean `covers`?"),
        ("examples/first.toml", "listed = 1", "listed = 2",
         "chirp/examples/first.toml: `rows` is 3, and `items` and `listed` add up to something else: count again: no row is lost"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_file_key_and_what_to_do(
    chirp: Path, file: str, old: str, new: str, line: str
) -> None:
    change(chirp / file, old, new)
    faults = check(chirp).faults
    assert len(faults) == 1, faults
    assert re.match(re.escape(line).replace(r"\{n\}", r"\d+"), faults[0]), faults[0]


def test_every_mistake_is_said_at_once_and_the_command_fails(vanne: Run, chirp: Path) -> None:
    change(chirp / "pack.toml", "policy = ", "polcy = ")
    change(chirp / "readers" / "records.toml", "created = ", "creatd = ")
    change(chirp / "guide.toml", 'kind = "objection"', 'kind = "objektion"')
    (chirp / "raeders").mkdir()
    done = vanne("pack", "check", chirp)
    assert done.returncode == 78 and len(re.findall("(?m)^chirp/", done.stdout)) == 4, done.stdout
    assert "chirp/raeders: is no part of a pack: did you mean `readers`?" in done.stdout
    assert done.stderr == "vanne: the network pack `chirp` has 4 faults: mend what is listed\n"


def test_a_missing_language_is_said_and_shown_in_english(chirp: Path) -> None:
    (remark, *_) = check(chirp).remarks
    assert remark == "chirp/guide.toml: 7 texts are missing in `de`, and shown in English"
    change(
        chirp / "guide.toml",
        'title = { en = "How',
        'title = { fr = "Comment", de = "Wie", it = "Come", en = "How',
    )
    assert "6 texts" in check(chirp).remarks[0]
    attach([chirp])
    assert load_guide("chirp").localised("fr", TODAY)["title"].startswith("Comment")
    assert (
        load_guide("chirp").localised("fr", TODAY)["covers"][0]["text"] == "Training on your posts."
    )


def test_each_difference_of_an_example_is_said(vanne: Run, chirp: Path) -> None:
    add(chirp / "examples" / "first" / "posts.csv", "4,Another,2026-06-01T10:00:00Z\n")
    done = vanne("pack", "test", chirp)
    assert done.returncode == 1
    assert done.stdout == (
        "first: 4 rows = 3 items + 1 listed, differs\n"
        "  rows: 3 expected, 4 found\n"
        "  items: 2 expected, 3 found\n"
        "  categories.post: 2 expected, 3 found\n"
        "  verdicts.allowed: 2 expected, 3 found\n"
        "  1 row listed: posts.csv: date not understood in column created_at\n"
    )
    assert "1 example differs from what must come out" in done.stderr


def test_an_example_says_what_must_come_out(vanne: Run, chirp: Path) -> None:
    (chirp / "examples" / "first.toml").unlink()
    assert (
        "chirp/examples/first.toml is missing: say what must come out"
        in vanne("pack", "test", chirp).stderr
    )


@pytest.mark.parametrize("sign", ["\\u001b]52;c;aGk=\\u0007", "\\u202e", "\\u200f", "\\u2028"])
@pytest.mark.parametrize(
    ("file", "old"),
    [
        ("pack.toml", 'name = "'),
        ("guide.toml", 'en = "'),
        ("policies/chirp-2026-06-01.toml", 'title = "'),
        ("readers/records.toml", 'reads = "'),
    ],
)
def test_an_invisible_sign_in_a_pack_is_a_fault_and_reaches_no_terminal(
    vanne: Run, chirp: Path, file: str, old: str, sign: str
) -> None:
    change(chirp / file, old, f"{old}{sign}")
    done = [vanne("pack", "check", chirp), vanne("--pack", chirp, "guide", "chirp")]
    code = f"U+{sign[2:6].upper()}"
    assert done[0].returncode == 78 and f"holds an invisible character ({code})" in done[0].stdout
    said = "".join(each.stdout + each.stderr for each in done).replace("\n", "")
    assert not {unicodedata.category(letter) for letter in said} & {"Cc", "Cf", "Zl", "Zp"}


def test_no_name_of_a_file_or_of_a_folder_of_a_pack_reaches_a_terminal(
    vanne: Run, chirp: Path
) -> None:
    policy = chirp / "policies" / "chirp-2026-06-01.toml"
    policy.rename(policy.with_name("chirp\x1b[2J.toml"))
    assert "has a file with an invisible character" in vanne("pack", "check", chirp).stderr
    folder = chirp.rename(chirp.with_name("chirp\x1b[2J"))
    done = vanne("--pack", folder, "guide", "chirp")
    assert done.returncode == 78 and "\x1b" not in done.stdout + done.stderr


def test_a_name_of_another_network_is_a_fault(chirp: Path) -> None:
    change(chirp / "pack.toml", 'name = "Chirp"', 'name = "LINKEDIN"')
    (fault,) = check(chirp).faults
    assert "a name is that of the pack `linkedin` too" in fault


# Two packs, and packs that are broken


def test_two_packs_of_one_name_are_an_error_that_names_both(vanne: Run, tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "linkedin")
    done = vanne("--pack", tmp_path / "linkedin", "guide", "linkedin")
    assert done.returncode == 78
    assert done.stderr == (
        f"vanne: two network packs are called `linkedin`: from Vanne and `{tmp_path / 'linkedin'}`: "
        "rename the folder of one, or leave one out\n"
    )


def test_two_packs_that_claim_one_archive_are_an_error_that_names_both(
    vanne: Run, chirp: Path, tmp_path: Path
) -> None:
    other = chirp.rename(tmp_path / "tweeter")
    shutil.copytree(PACK, chirp)
    archive = chirp / "examples" / "first"
    (other / "policies" / "chirp-2026-06-01.toml").unlink()
    done = vanne("--pack", chirp, "--pack", other, "inspect", archive, "--region", "CH")
    assert done.returncode == 78
    assert "tweeter/readers: claims the same files as the pack `chirp`" in done.stderr
    attach([chirp])
    assert any(
        "`posts` claims the same files as the pack `chirp`" in fault
        for fault in check(other).faults
    )


def installed(folder: Path, pack: Path) -> Path:
    """Put a pack into a package that an entry point names."""
    package = folder / "lib" / "someones_packs"
    package.mkdir(parents=True)
    pack.rename(package / pack.name)
    about = folder / "lib" / "someones-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: someones\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[vanne.networks]\nsomeone = someones_packs\n")
    return package / pack.name


def test_a_pack_that_is_installed_is_found_by_its_entry_point(chirp: Path, tmp_path: Path) -> None:
    installed(tmp_path, chirp)
    found = started("pack", "check", PYTHONPATH=str(tmp_path / "lib")).stdout
    assert re.search(r"^chirp +Chirp +readers, policies, guide +someones$", found, re.M)
    assert started("guide", "Chirp", PYTHONPATH=str(tmp_path / "lib")).returncode == 0


def test_a_broken_pack_that_is_installed_stops_no_command_that_does_without_it(
    chirp: Path, tmp_path: Path
) -> None:
    pack = installed(tmp_path, chirp)
    change(pack / "readers" / "records.toml", "created = ", "creatd = ")
    where = {"PYTHONPATH": str(tmp_path / "lib")}
    archive = ROOT / "examples" / "archive"
    done = started("inspect", archive, "--region", "CH", **where)
    assert done.returncode == 0 and "LinkedIn" in done.stdout
    assert done.stderr.startswith(
        "the network pack `chirp` of someones is left out: chirp/readers/records.toml: line"
    )
    assert done.stderr.count("\n") == 1
    assert (
        started(
            "sql",
            "--policy",
            "linkedin-2025-11-03",
            "--dialect",
            "duckdb",
            "--as-of",
            "2026-01-01",
            **where,
        ).stderr
        == ""
    )
    (pack / "pack.toml").write_text("name = 1\n")
    assert "`chirp` of someones is left out" in started("guide", "twitter", **where).stderr


@pytest.mark.parametrize(
    ("file", "arguments"),
    [("guide.toml", ("guide",)), ("policies/chirp-2026-06-01.toml", ("policy", "explain"))],
)
def test_a_list_of_all_networks_leaves_a_broken_one_out(
    chirp: Path, tmp_path: Path, file: str, arguments: tuple[str, ...]
) -> None:
    (installed(tmp_path, chirp) / file).write_text("nam = 1\n")
    done = started(*arguments, PYTHONPATH=str(tmp_path / "lib"))
    assert done.returncode == 0 and "linkedin" in done.stdout and "chirp" not in done.stdout
    assert done.stderr.startswith("the network pack `chirp` of someones is left out: chirp")


def test_the_option_after_the_command_says_where_it_goes(vanne: Run, chirp: Path) -> None:
    done = vanne("inspect", "--pack", chirp, chirp)
    assert done.returncode == 2
    assert "`--pack` goes before the command: `vanne --pack DIR COMMAND`" in done.stderr


def test_an_entry_point_that_cannot_be_imported_is_left_out(tmp_path: Path, chirp: Path) -> None:
    pack = installed(tmp_path, chirp)
    pack.parent.rename(tmp_path / "lib" / "elsewhere")
    done = started("policy", "check", "linkedin-2025-11-03", PYTHONPATH=str(tmp_path / "lib"))
    assert done.returncode == 0
    assert "the network packs of `someones` are left out: ModuleNotFoundError" in done.stderr


def test_a_broken_pack_that_was_named_ends_the_command(vanne: Run, chirp: Path) -> None:
    change(chirp / "pack.toml", "policy = ", "polcy = ")
    done = vanne("--pack", chirp, "inspect", chirp / "examples" / "first", "--region", "CH")
    assert (
        done.returncode == 78
        and "`polcy` is not a key" in done.stderr
        and done.stderr.count("\n") == 1
    )


def test_a_folder_that_is_no_pack_is_said(vanne: Run, tmp_path: Path) -> None:
    done = vanne("--pack", tmp_path / "nowhere", "guide")
    assert done.returncode == 78
    assert "is no network pack (`pack.toml` is missing)" in done.stderr


# A pack is data


def test_nothing_of_a_pack_is_executed(vanne: Run, chirp: Path, tmp_path: Path) -> None:
    for name in ("__init__.py", "conftest.py", "readers/__init__.py"):
        (chirp / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    assert (
        vanne("--pack", chirp, "inspect", chirp / "examples" / "first", "--region", "CH").returncode
        == 0
    )
    assert not (tmp_path / "ran").exists()


def test_no_file_of_a_pack_lies_outside_of_its_folder(chirp: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.toml"
    (chirp / "guide.toml").rename(outside)
    (chirp / "guide.toml").symlink_to(outside)
    assert check(chirp).faults == [
        "chirp/guide.toml: leads out of the pack: put the file itself there"
    ]


def test_a_file_of_a_pack_is_bounded(chirp: Path) -> None:
    add(chirp / "guide.toml", "#" * MOST_BYTES)
    assert check(chirp).faults == [
        f"chirp/guide.toml: is larger than {MOST_BYTES:,} bytes: shorten it"
    ]


def test_a_pack_that_is_nested_beyond_measure_is_one_line(chirp: Path) -> None:
    (chirp / "readers" / "deep.toml").write_text("a = " + "[" * 5000 + "]" * 5000 + "\n")
    assert check(chirp).faults == [
        "chirp/readers/deep.toml: a number or a nesting beyond all measure: shorten it"
    ]


def test_words_of_a_pack_are_no_patterns(chirp: Path) -> None:
    add(chirp / "pack.toml", 'page_words = ["(a+)+$"]\n')
    attach([chirp])
    assert named("chirp") in working() and isinstance(named("chirp"), Pack)
    assert {kind.network for kind in record_kinds()} > {"chirp"}
    assert len(kinds_of(given_pack(chirp))) == 1 and "chirp-2026-06-01" in builtin_names()


# The tutorial


def test_the_tutorial_shows_the_very_files() -> None:
    page = (ROOT / "docs" / "howto" / "bring-a-network.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    files = [
        file.read_text(encoding="utf-8") for file in (ROOT / "examples" / "chirp").rglob("*.toml")
    ]
    assert [block for block in blocks if not any(block in text for text in files)] == [blocks[-1]]
    assert "vanne.networks" in blocks[-1]


# One list: what a guide, a policy and the readers of a network name is the same


FIXTURES = ROOT / "tests" / "fixtures"
ARCHIVES = {
    "linkedin": ("linkedin/2026-complete", "strangers/linkedin", "strangers/linkedin-api"),
    "facebook": ("strangers/facebook", "facebook-2025"),
    "instagram": ("instagram", "strangers/instagram", "instagram-2025"),
    "x": ("x", "strangers/x"),
}


@pytest.mark.parametrize(("section", "category"), [("used", "skill"), ("never", "salary")])
def test_a_kind_of_data_that_only_the_policy_names_is_a_fault_of_the_guide(
    section: str, category: str, tmp_path: Path
) -> None:
    own = next(pack for pack in packs() if pack.key == "linkedin")
    shutil.copytree(str(own.folder), tmp_path / "linkedin")
    text = (tmp_path / "linkedin" / "guide.toml").read_text(encoding="utf-8")
    less = text.replace(f'"{category}", ', "").replace(f', "{category}"', "")
    (tmp_path / "linkedin" / "guide.toml").write_text(less, encoding="utf-8")
    lacking = f"`{section}` lacks `{category}`, which the policy `linkedin-2025-11-03` names"
    assert any(lacking in fault for fault in check(tmp_path / "linkedin").faults)


TOLD = [pack.key for pack in packs() if pack.guide and pack.facts.policy]
"""Networks whose guide and policy name kinds of data."""


@every("network", TOLD)
def test_every_kind_that_a_network_names_is_read_or_said_not_to_be_in_archives(
    network: str,
) -> None:
    pack = next(pack for pack in packs() if pack.key == network)
    archives = [FIXTURES / archive for archive in ARCHIVES.get(network, ())]
    read = {str(kind.category) for kind in kinds_of(pack) if kind.category}
    read |= {  # a rule of a reader may tell kinds apart by the record
        str(each.item.category)
        for archive in [*archives, *EXAMPLES.get(network, {}).values()]
        for each in inspect([archive], as_of=TODAY, region="CH").decided
        if each.network == network
    }
    for row in load_guide(network).used:
        unread = {str(category) for category in row.categories} - read
        assert not (read and unread) or row.not_in_archive, f"{network}: {unread}"


@every("network", TOLD)
def test_a_guide_and_a_policy_cite_the_same_sources_for_a_kind_of_data(network: str) -> None:
    pack = next(pack for pack in packs() if pack.key == network)
    guide, policy = load_guide(network), load(str(pack.facts.policy))
    rules = policy.purpose(MAIN_PURPOSE)
    for section, rows in (("listed", guide.used), ("never", guide.never)):
        for row in (row for row in rows if row.categories):
            told = [guide.sources[key] for key in row.sources]
            clauses = [rules.clause(f"{section}.{category}") for category in row.categories]
            cited = [policy.sources[key] for clause in clauses for key in clause.sources]
            places = {(source.where, source.date) for source in cited}
            assert places <= {(source.where, source.date) for source in told}, row.text["en"]
            if row.certain:  # others may say more; what a network itself says is in both
                own = [s for s in told if any(domain in s.where for domain in guide.domains)]
                assert {(source.where, source.date) for source in own} <= places, row.text["en"]
