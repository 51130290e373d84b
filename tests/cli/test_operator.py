"""What an operator can do wrong with corpus, choices, training and certificates, and what is said."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.members import replace_members
from vanne.config import Home
from vanne.corpus import current, read
from vanne.forget.requests import opening
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Item, Member
from vanne.train.fit import fit
from vanne.train.model import current as current_model
from vanne.train.model import items_in
from vanne.train.settings import TrainingSettings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    made = datetime(2025, 1, 1, tzinfo=UTC)
    write_items([Item("1", "ada", "post", created_at=made, text="x")], home.items / "items.parquet")
    write_members([Member("ada", "CH", date(1990, 1, 1))], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    return home


def test_a_corpus_does_not_go_back_in_time_by_accident(home: Home, vanne: Run) -> None:
    where = ("--home", home.root)
    assert vanne("corpus", "build", *where, "--as-of", "2026-06-01").returncode == 0
    back = vanne("corpus", "build", *where, "--as-of", "2026-01-01")
    assert (back.returncode, "--force builds it anyway" in back.stderr) == (77, True)
    forced = vanne("corpus", "build", *where, "--as-of", "2026-01-01", "--force")
    assert forced.returncode == 0


def test_a_refresh_whose_clock_is_behind_keeps_the_corpus_time(home: Home, vanne: Run) -> None:
    where = ("--home", home.root)
    assert vanne("corpus", "build", *where, "--as-of", "2199-01-01").returncode == 0
    back = vanne("corpus", "refresh", *where)
    assert back.returncode == 0 and "is later than" in back.stderr
    assert current(home).as_of.year == 2199


def test_a_corpus_verifies_without_the_private_key(home: Home, vanne: Run) -> None:
    assert vanne("corpus", "build", "--home", home.root).returncode == 0
    home.ledger.with_suffix(".key").unlink()
    assert vanne("corpus", "verify", "--home", home.root).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("ada", "off", "--at", "2999-01-01"), 2, "in the future"),
        (("ada ", "off"), 2, "space around it"),
        (("ada", "off", "--category", "cvs"), 2, "did you mean `cv`?"),
        (
            ("ada", "off", "--category", "cv", "--item", "1"),
            2,
            "--item does not go with --category",
        ),
        (("ada", "off", "--purpose", "ads"), 78, "no purpose `ads`"),
    ],
)
def test_a_choice_that_makes_no_sense_is_not_written(
    home: Home, vanne: Run, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = vanne("choose", *arguments, "--home", home.root)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    with Ledger(home.ledger) as ledger:
        assert ledger.size == 0


def test_somebody_who_is_no_member_is_refused_unless_it_is_an_objection(
    home: Home, vanne: Run
) -> None:
    for on in ("off", "on"):
        done = vanne("choose", "nobody", on, "--home", home.root)
        assert (done.returncode, done.stdout) == (65, "")
        assert "no member has that id: check it, or give --objection" in done.stderr
        assert done.stderr.count("\n") == 1 and "nobody" not in done.stderr
    with Ledger(home.ledger) as ledger:
        assert ledger.size == 0
    done = vanne("choose", "nobody", "off", "--objection", "--home", home.root)
    assert (done.returncode, json.loads(done.stdout)["choice"]["member_id"]) == (0, "nobody")


@pytest.mark.parametrize("options", [(), ("--objection",)])
def test_without_a_table_of_members_there_is_no_network_to_choose_in(
    home: Home, vanne: Run, options: tuple[str, ...]
) -> None:
    home.members.unlink()
    done = vanne("choose", "ada", "off", *options, "--home", home.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (69, "", 1)
    assert "`members.parquet` is missing" in done.stderr


def test_a_choice_says_what_holds_now_and_whether_it_changed_anything(
    home: Home, vanne: Run
) -> None:
    def holds(*arguments: str) -> str:
        return str(vanne("choose", "ada", *arguments, "--home", home.root).stderr)

    whole = f"off for everything of `{MAIN_PURPOSE}`"
    assert holds("off", "--at", "2026-01-02") == f"vanne: now {whole}\n"
    assert holds("off") == f"vanne: nothing changed: {whole} already\n"
    assert holds("on", "--category", "post") == (
        f"vanne: now on for that category of `{MAIN_PURPOSE}`, "
        "which permits nothing while they are off for everything\n"
    )


def test_a_no_of_a_person_who_is_kept_out_says_why_nothing_is_used(home: Home, vanne: Run) -> None:
    replace_members([Member("ada", "CH", date(2012, 1, 1))], home)
    done = vanne("choose", "ada", "off", "--home", home.root)
    assert done.returncode == 0
    _, reason, way, kept = done.stderr.splitlines()
    assert reason == "vanne: You are, or may be, under the minimum age."
    assert way.startswith("vanne: No choice changes that.")
    assert kept.startswith("vanne: Your “no” is kept, and counts later too: ")


def test_a_yes_of_a_person_who_is_kept_out_is_refused_and_does_not_open_on_their_birthday(
    home: Home, vanne: Run
) -> None:
    replace_members([Member("ada", "CH", date(2012, 1, 1))], home)
    done = vanne("choose", "ada", "on", "--home", home.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (77, "", 1)
    assert "the member is kept out (minor)" in done.stderr and "ada" not in done.stderr
    with Ledger(home.ledger) as ledger:
        assert list(ledger.choices()) == []


def test_a_no_right_after_a_yes_is_the_one_that_counts(home: Home, vanne: Run) -> None:
    for choice in ("on", "off"):
        assert vanne("choose", "ada", choice, "--home", home.root).returncode == 0
    assert "0 documents" in vanne("corpus", "build", "--home", home.root).stdout


@pytest.mark.parametrize("text", ["[]", "{", '"x"'])
def test_what_is_no_certificate_is_refused(home: Home, vanne: Run, tmp_path: Path, text) -> None:
    (tmp_path / "c.json").write_text(text)
    done = vanne("verify", "c.json", "--home", home.root)
    assert (done.returncode, "not a certificate" in done.stderr) == (65, True)


def test_a_time_that_does_not_exist_is_wrong_usage(home: Home, vanne: Run) -> None:
    when = ("--as-of", "0001-01-01T00:00:00+05:00")
    assert vanne("corpus", "build", "--home", home.root, *when).returncode == 2


def test_a_no_reaches_the_model_and_the_certificate_names_just_it(
    home: Home, vanne: Run, tiny: TrainingSettings
) -> None:
    where = ("--home", home.root)
    made = datetime(2025, 1, 1, tzinfo=UTC)
    people = [f"member-{n}" for n in range(40)]  # so many that nobody is alone in a slice
    items = [
        Item(f"i-{who}", who, "post", created_at=made, text=f"{who} says so") for who in people
    ]
    write_items(items, home.items / "items.parquet")
    write_members([Member(who, "CH", date(1990, 1, 1)) for who in people], home.members)
    assert vanne("corpus", "build", *where).returncode == 0
    corpus = current(home)
    model = fit(read(home, corpus), home.model, tiny, corpus_version=corpus.version, ground=["g"])
    for arguments in (("member-1", "on"), ("member-2", "off"), ("member-3", "on")):
        assert vanne("choose", *arguments, *where).returncode == 0

    planned = vanne("forget", "--dry-run", "--json", *where)
    assert json.loads(planned.stdout)["tokens_to_train"] > 0
    assert (current(home), current_model(home.model)) == (corpus, model)

    done = vanne("forget", "--json", *where)
    certificate = json.loads(done.stdout)
    with Ledger.of(home, read_only=True) as ledger:
        assert opening(ledger, 1) in certificate["requests"]
        assert opening(ledger, 0) not in certificate["requests"]
    assert "i-member-2" not in items_in(home.model, current_model(home.model))
    paths = sorted(home.certificates.glob("*.json"))
    assert len(paths) == 1 + len(certificate["at_once"])
    for path in paths:
        assert vanne("verify", path, *where).returncode == 0
    assert vanne("ledger", "fsck", *where).returncode == 0

    vanne("choose", "member-4", "off", *where)
    vanne("corpus", "build", *where)
    refused = vanne("train", *where)
    assert (refused.returncode, "`vanne forget`" in refused.stderr) == (77, True)
