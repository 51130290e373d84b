"""What follows from an objection: matched, denied, reviewed, taken back; by the real engines."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.web.network import START, item, make_home
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build, current, read, refresh
from vanne.corpus.history import trace
from vanne.corpus.verifying import verify
from vanne.errors import InputError
from vanne.ledger import Ledger, verify_receipt
from vanne.objections import (
    excerpts,
    match,
    object_to,
    objector,
    review,
    standing,
    waiting,
    withdraw,
)
from vanne.policy import load
from vanne.report.member import member_report
from vanne.report.public import usage_of
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice, Reason
from vanne.words import reason_words

PROFILE = "https://www.linkedin.com/in/marie-dupont"
ABOUT_HER = (
    item("by-address", "anna", "post", subjects=("linkedin.com/in/marie-dupont/",)),
    item("by-another-address", "anna", "post", subjects=("linkedin.com/in/marie-dupond",)),
    item("by-name", "anna", "post", "Hier, j'ai vu DUPONT, Marie. Il pleuvait."),
    item("somebody-else", "anna", "post", "Marie Dupontel joue ce soir."),
    item("her-homonym", "anna", "post", "Marie Dupont, la chanteuse, est morte en 1920."),
    item("by-author", "anna", "recommendation", "Bravo", author="Marie Dupont"),
    item("not-listed", "anna", "search", "Marie Dupont"),
    item("a-secret", "anna", "private_message", "Marie Dupont"),
)
LATER = START + timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The small network, and items that may be about Marie Dupont."""
    home = make_home(tmp_path / "home")
    write_items(ABOUT_HER, home.items / "more.parquet")
    refresh(home, START)
    return home


def type_(home: Home, *arguments: object) -> Result:
    """Type a command of `vanne objections`."""
    typed = ["objections", *map(str, arguments), "--home", str(home.root)]
    return CliRunner().invoke(cli, typed, catch_exceptions=False)


def objects(home: Home, name: str = "Marie Dupont", profile: str | None = PROFILE, **more) -> int:
    with Ledger.of(home) as ledger:
        return object_to(
            ledger,
            name,
            profile,
            MAIN_PURPOSE,
            START,
            key=f"{name}{profile}",
            channel="web",
            **more,
        )


def takes_back(home: Home, index: int, at: datetime = LATER) -> None:
    with Ledger.of(home) as ledger:
        withdraw(ledger, index, at, key=f"back {index}", channel="web")


def look(home: Home, **options: bool):
    return match(home, load(str(home.policy)), **options)


def denied(home: Home, at: datetime = LATER) -> set[str]:
    """What is denied because somebody objected, after a refresh that is what a build would be."""
    fresh = refresh(home, at)
    assert fresh == build(home, at, make_current=False)
    verify(home, fresh)
    allowed = {document.item_id for document in read(home, fresh)}
    found = set()
    for each in ABOUT_HER:
        last = trace(home, each.item_id).traces[-1]
        assert (last.reason == "allowed") == (each.item_id in allowed)
        if last.reason == "objection":
            found.add(each.item_id)
    return found


def test_what_is_about_somebody_is_denied_after_match_and_refresh(home: Home) -> None:
    assert denied(home) == set()
    index = objects(home)
    assert denied(home) == set()
    done = look(home)
    assert (done.objections, done.certain, done.uncertain, done.by_hand) == (1, 1, 3, 0)
    assert denied(home) == {"by-address", "by-name", "her-homonym", "by-author"}
    with Ledger.of(home) as ledger:
        made = [c for c in ledger.choices() if c.channel == "objection"]
    assert {c.member_id for c in made} == {"linkedin.com/in/marie-dupont/", f"objection:{index}"}
    assert {(c.notice, c.on) for c in made} == {(f"objection/{index}", False)}
    assert all(c.at > c.since == START for c in made)


def test_matching_again_records_nothing_and_finds_new_items(home: Home) -> None:
    objects(home)
    look(home)
    with Ledger.of(home) as ledger:
        size = ledger.size
    again = look(home)
    assert (again.certain, again.uncertain, again.lifted) == (0, 0, 0)
    write_items([item("new", "anna", "post", "Dupont Marie")], home.items / "new.parquet")
    assert look(home).uncertain == 1
    with Ledger.of(home) as ledger:
        assert ledger.size == size + 1


def test_a_dry_run_counts_and_records_nothing(home: Home) -> None:
    objects(home)
    before = home.ledger.read_bytes()
    assert look(home, dry_run=True).uncertain == 3
    assert home.ledger.read_bytes() == before


def test_somebody_else_is_lifted_and_this_person_stays(home: Home) -> None:
    index = objects(home)
    look(home)
    with Ledger.of(home) as ledger:
        review(ledger, index, "her-homonym", same=False, at=LATER, role="operator")
        review(ledger, index, "by-name", same=True, at=LATER, role="operator")
    look(home)  # does not ask again
    assert denied(home) == {"by-address", "by-name", "by-author"}
    with Ledger.of(home) as ledger:
        review(ledger, index, "her-homonym", same=True, at=LATER + timedelta(1), role="operator")
        *_, last = ledger.choices()
    assert (last.channel, last.on, last.target) == ("review/operator", False, "her-homonym")
    at = LATER + timedelta(2)
    assert denied(home, at) == {"by-address", "by-name", "her-homonym", "by-author"}


def test_only_what_may_be_used_for_the_purpose_is_looked_at(home: Home) -> None:
    policy = load(str(Path(__file__).parents[1] / "web" / "three-purposes.toml"))
    with Ledger.of(home) as ledger:
        purposes = ["partner-training", "generative-ai-training", "advertising"]
        said = [
            object_to(ledger, "Marie Dupont", None, purpose, START, channel="web")
            for purpose in purposes
        ]
    match(home, policy)
    with Ledger.of(home) as ledger:
        targets = [{c.target for _, c in ledger.history(f"objection:{n}")} for n in said]
    posts = {"by-name", "her-homonym", "by-address"}
    assert targets == [posts, posts | {"by-author"}, set()]


def test_the_same_answer_twice_is_one_entry(home: Home) -> None:
    index = objects(home)
    look(home)
    with Ledger.of(home) as ledger:
        first = review(ledger, index, "by-name", same=True, at=LATER, role="operator")
        review(ledger, index, "her-homonym", same=True, at=LATER, role="operator")
        again = review(ledger, index, "by-name", same=True, at=LATER, role="operator")
    assert again == first


def test_who_takes_it_back_lifts_all_that_followed(home: Home) -> None:
    index = objects(home)
    look(home)
    with Ledger.of(home) as ledger:
        review(ledger, index, "by-name", same=True, at=LATER + timedelta(1), role="operator")
    takes_back(home, index)
    assert look(home).lifted == 4
    assert look(home).lifted == 0
    assert denied(home, LATER + timedelta(2)) == set()


def test_what_another_objection_asks_for_stays(home: Home) -> None:
    first, second = objects(home), objects(home, "M. Dupont")
    look(home)
    takes_back(home, first)
    look(home)
    assert "by-address" in denied(home)
    takes_back(home, second)
    look(home)
    assert "by-address" not in denied(home, LATER + timedelta(1))


def test_who_takes_back_one_entry_alone_leaves_what_says_the_same(home: Home) -> None:
    first = objects(home)
    with Ledger.of(home) as ledger:
        object_to(ledger, "Marie Dupont", PROFILE, MAIN_PURPOSE, START, key="2", channel="web")
        withdraw(ledger, first, LATER, channel="web", only=True)
        assert standing(ledger) == {first + 1}
        assert objector(ledger, first).in_force
        withdraw(ledger, first, LATER, channel="command-line")
        assert standing(ledger) == set()
        assert objector(ledger, first).until == LATER + timedelta(microseconds=1)


def test_who_objects_again_after_taking_it_back_is_heard_again(home: Home) -> None:
    first = objects(home)
    look(home)
    takes_back(home, first)
    look(home)
    with Ledger.of(home) as ledger:
        at = LATER + timedelta(1)
        object_to(ledger, "Marie Dupont", PROFILE, MAIN_PURPOSE, at, key="2", channel="web")
    look(home)
    found = denied(home, LATER + timedelta(2))
    assert found == {"by-address", "by-name", "her-homonym", "by-author"}


def test_a_member_is_never_taken_for_a_stranger(home: Home) -> None:
    objects(home, "Anna Bruno", "anna")
    assert look(home).certain == 0
    assert denied(home) == set()


def test_a_member_of_the_same_name_is_a_doubt_and_no_more(home: Home) -> None:
    index = objects(home, "Anna Formidable", None)
    write_items([item("own", "anna", "post", "Anna Formidable")], home.items / "own.parquet")
    assert look(home).uncertain == 1
    with Ledger.of(home) as ledger:
        assert [c.target for _, c in ledger.history(f"objection:{index}")] == ["own"]


@pytest.mark.parametrize("name", ["Marie", "de la"])
def test_a_name_that_is_no_name_denies_nothing_and_waits_for_a_person(
    home: Home, name: str
) -> None:
    objects(home, name, None)
    done = look(home)
    assert (done.uncertain, done.by_hand) == (0, 1)


def test_a_name_that_is_everywhere_is_left_to_a_person(home: Home, monkeypatch) -> None:
    monkeypatch.setattr("vanne.objections.matching.MOST", 2)
    objects(home)
    done = look(home)
    assert (done.certain, done.uncertain, done.by_hand) == (1, 0, 1)


def test_what_is_never_used_is_not_looked_at(home: Home) -> None:
    index = objects(home)
    look(home)
    with Ledger.of(home) as ledger:
        found = {c.target for _, c in ledger.history(f"objection:{index}")}
    assert not found & {"not-listed", "a-secret"}


# What is told of it


@pytest.mark.parametrize("is_fresh", [True, False], ids=["refreshed", "not yet"])
def test_reports_and_public_pages_hear_of_an_objection_to_an_item(
    home: Home, is_fresh: bool
) -> None:
    objects(home)
    look(home)
    if is_fresh:
        refresh(home, LATER)
    wanted = {"by-address", "by-name", "her-homonym", "by-author"}
    report = member_report(home, "anna", LATER)
    assert {i.item_id for i in report.items if i.reason == "objection"} == wanted
    item_ = next(i for i in ABOUT_HER if i.item_id == "by-name")
    assert usage_of(home, item_, LATER) == "train-ai=n"


def test_what_a_member_chose_for_an_item_of_somebody_else_is_no_objection_in_reports(
    home: Home,
) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([Choice("fritz", MAIN_PURPOSE, "item", False, START, "by-name")])
    report = member_report(home, "anna", LATER)
    assert "objection" not in {item.reason for item in report.items}


def test_the_owner_is_told_that_somebody_objected_and_not_who() -> None:
    for lang, words in (("en", "Somebody who is not a member objected."), ("fr", "membre")):
        said = reason_words(Reason.OBJECTION, lang)
        assert words in said and "Marie" not in said


# The command line


def test_the_commands_from_the_objection_to_the_verdict(home: Home) -> None:
    index = objects(home)
    assert "not matched against this data" in refreshed(home).stderr
    done = type_(home, "match", "--json")
    counts = json.loads(done.stdout)
    assert (counts["schema"], counts["certain"], counts["uncertain"]) == (
        "vanne/objections-match/1", 1, 3,
    )  # fmt: skip
    assert refreshed(home).stderr == ""
    listed = json.loads(type_(home, "review", "--json").stdout)["objections"]
    assert [(row["index"], row["waiting"], row["in_force"]) for row in listed] == [(index, 3, True)]
    shown = type_(home, "review", index).stdout
    assert "by-name: Hier, j'ai vu DUPONT, Marie." in shown and "Il pleuvait" not in shown
    type_(home, "review", index, "by-name", "--same")
    type_(home, "review", index, "her-homonym", "--other")
    listed = json.loads(type_(home, "review", "--json").stdout)["objections"]
    assert [row["waiting"] for row in listed] == [1]


def test_a_text_cannot_command_the_terminal_of_who_reviews_it(home: Home) -> None:
    text = "Marie Dupont\x1b[2J\x9b1A\r  another-item: harmless"
    write_items([item("\x1b]0;x", "anna", "post", text)], home.items / "new.parquet")
    index = objects(home)
    look(home)
    shown = type_(home, "review", index).stdout
    assert not set(shown) & set("\x1b\x9b\r")


def refreshed(home: Home) -> Result:
    typed = ["corpus", "refresh", "--home", str(home.root), "--as-of", LATER.isoformat()]
    return CliRunner().invoke(cli, typed, catch_exceptions=False)


def test_no_command_but_a_review_prints_a_name_or_a_text(home: Home) -> None:
    index = objects(home)
    said = [type_(home, "match"), type_(home, "match", "--json"), type_(home, "review")]
    said += [type_(home, "review", "--json"), type_(home, "review", index, "by-name", "--same")]
    for done in said:
        assert "upont" not in done.output and "pleuvait" not in done.output


def test_new_data_is_not_matched_until_it_is_looked_through(home: Home) -> None:
    assert refreshed(home).stderr == ""
    objects(home)
    type_(home, "match")
    write_items([item("new", "anna", "post")], home.items / "new.parquet")
    assert "1 objections were not matched" in refreshed(home).stderr
    type_(home, "match")
    assert refreshed(home).stderr == ""


def test_an_item_that_no_name_found_can_be_named_by_hand(home: Home) -> None:
    index = objects(home, "Marie", None)
    type_(home, "match")
    assert type_(home, "review", index, "a-post-1", "--same").exit_code == 0
    refresh(home, LATER + timedelta(days=1000))
    assert trace(home, "a-post-1").traces[-1].reason == "objection"


@pytest.mark.parametrize(("named", "said"), [("a-tpyo", "--same"), ("a-post-1", "--other")])
def test_an_item_that_there_is_not_or_that_waits_for_nobody_is_refused(
    home: Home, named: str, said: str
) -> None:
    from vanne.errors import InputError

    index = objects(home)
    type_(home, "match")
    with pytest.raises(InputError, match="does not concern such an item"):
        type_(home, "review", index, named, said)


def test_an_objection_by_letter_is_recorded_and_taken_back_with_receipts(home: Home) -> None:
    said = type_(home, "add", "--name", "Marie Dupont", "--profile", PROFILE)
    receipt = verify_receipt(json.loads(said.stdout))
    assert (receipt.record.name, receipt.record.on) == ("Marie Dupont", False)
    type_(home, "match")
    assert "by-address" in denied(home, LATER + timedelta(days=1000))
    back = verify_receipt(json.loads(type_(home, "review", receipt.index, "--withdrawn").stdout))
    assert back.record.on
    assert look(home).lifted == 4


@pytest.mark.parametrize("typed", [("review", 0), ("review", 99, "x", "--same")])
def test_an_entry_that_is_no_objection_is_refused(home: Home, typed: tuple[object, ...]) -> None:
    from vanne.errors import InputError

    with pytest.raises(InputError, match="is no objection"):
        type_(home, *typed)


def test_a_choice_of_somebody_else_for_an_item_is_not_touched(home: Home) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([Choice("guest", MAIN_PURPOSE, "item", False, START, "by-name")])
    index = objects(home)
    look(home)
    takes_back(home, index)
    look(home)
    assert denied(home) == {"by-name"}
    assert current(home).documents


def test_a_file_that_cannot_be_read_names_no_item(home: Home) -> None:
    index = objects(home)
    look(home)
    (home.items / "broken.parquet").write_bytes(b"PAR1")
    with Ledger.of(home) as ledger:
        doubts = waiting(ledger, objector(ledger, index))
    with pytest.raises(InputError, match="the data files cannot be read") as refused:
        excerpts(home, doubts)
    assert "by-name" not in str(refused.value)
