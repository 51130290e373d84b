"""A member's report: what the other rooms know about them, and nothing about others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.members import replace_members
from tests.web.network import ITEMS, NEVER, START, choice, make_home
from vanne.config import Home
from vanne.corpus import build
from vanne.decide import People, decide
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.report.member import MemberReport, member_report, open_ledger
from vanne.report.member_items import find_member
from vanne.sources.tables import read_members, write_items
from vanne.terms import MAIN_PURPOSE, Member, Reason

LATER = START + timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


def append(home: Home, *choices: object) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append(choices)  # type: ignore[arg-type]


def reasons(report: MemberReport) -> dict[str, Reason]:
    return {item.item_id: item.reason for item in report.items}


def test_verdicts_are_those_of_the_reference_for_everybody(home: Home) -> None:
    append(home, choice("anna", on=False, scope="item", target="a-post-1"))
    policy = load(str(home.policy))
    with open_ledger(home) as ledger:
        people = People.of(
            read_members(str(home.members)), ledger.choices(), policy, MAIN_PURPOSE, LATER
        )
    for member_id in people.members:
        report = member_report(home, member_id, LATER)
        own = {i.item_id: decide(i, people) for i in (*ITEMS, *NEVER) if i.owner == member_id}
        assert reasons(report) == own


def test_a_default_is_called_so_with_the_day_since_when(home: Home) -> None:
    state = member_report(home, "anna", LATER).state
    assert (state.on, state.by, state.since) == (True, "default", datetime(2025, 11, 3, tzinfo=UTC))
    assert state.used


def test_a_choice_counts_from_the_first_of_equal_ones(home: Home) -> None:
    append(home, choice("anna", on=False, at=START), choice("anna", on=False, at=LATER))
    state = member_report(home, "anna", LATER).state
    assert (state.on, state.by, state.since) == (False, "choice", START)


@pytest.mark.parametrize(
    ("member", "block"),
    [
        ("clara", Reason.MINOR),
        ("dora", Reason.REGION_UNKNOWN),
        ("emil", Reason.REGION_NOT_STARTED),
        ("gina", Reason.AGE_UNKNOWN),
        ("fritz", None),
    ],
)
def test_what_overrides_a_choice_is_named(home: Home, member: str, block: Reason | None) -> None:
    state = member_report(home, member, LATER).state
    assert state.block is block
    assert not state.used


def test_the_history_is_the_members_own_with_the_indices_of_the_receipts(home: Home) -> None:
    append(home, choice("anna", on=False))
    assert [index for index, _ in member_report(home, "anna", LATER).history] == [3]
    assert [index for index, _ in member_report(home, "bruno", LATER).history] == [1, 2]


def test_counts_by_kind_add_up_and_what_no_choice_could_change_comes_last(home: Home) -> None:
    report = member_report(home, "anna", LATER)
    assert sum(count.items for count in report.categories) == len(report.items) == 10
    assert report.allowed == sum(item.reason is Reason.ALLOWED for item in report.items)
    assert [c.why_not for c in report.categories][-3:] == [
        Reason.CATEGORY_NOT_LISTED,
        Reason.CATEGORY_NEVER,
        Reason.CATEGORY_NEVER,
    ]
    assert [count.category for count in report.unlisted] == ["search"]


def test_items_of_others_come_without_text_and_without_reason(home: Home) -> None:
    anna, bruno = (member_report(home, name, LATER) for name in ("anna", "bruno"))
    assert [(o.category, o.role, o.allowed) for o in anna.others] == [("post", "subject", True)]
    assert [(o.category, o.role) for o in bruno.others] == [("recommendation", "author")]
    assert not hasattr(anna.others[0], "text")
    praise = next(item for item in anna.items if item.item_id == "a-praise")
    assert praise.text is None


def test_my_no_reaches_what_others_have_of_me(home: Home) -> None:
    append(home, choice("anna", on=False))
    assert not member_report(home, "anna", LATER).others[0].allowed


def test_the_corpus_keeps_what_it_held_until_it_is_built_again(home: Home) -> None:
    append(home, choice("anna", on=False, at=LATER))
    before = member_report(home, "anna", LATER)
    assert (before.allowed, before.in_corpus) == (0, 6)
    build(home, LATER)
    assert member_report(home, "anna", LATER).in_corpus == 0


def test_a_data_file_that_changed_since_leaves_it_open_what_the_corpus_holds(home: Home) -> None:
    write_items([replace(ITEMS[0], text="new"), *ITEMS[1:]], home.items / "items.parquet")
    held = {item.item_id: item.in_corpus for item in member_report(home, "anna", LATER).items}
    assert held["a-profile"] is None
    assert held["a-salary"] is False


def test_without_a_corpus_or_a_model_the_report_names_none(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    (home.corpus / "CURRENT").unlink()
    report = member_report(home, "anna", LATER)
    assert (report.corpus, report.model) == (None, None)


def test_a_name_with_a_quote_is_a_name(home: Home) -> None:
    member = Member('d\'or, "x" --', "CH")
    replace_members([member], home)
    assert find_member(home, member.member_id) == member
    assert member_report(home, member.member_id, LATER).items == ()


@pytest.mark.parametrize("written", ["anna", "bruno;anna", '["anna"]', '["\\u0061nna"]'])
def test_items_are_found_whatever_subjects_are_stored_as(home: Home, written: str) -> None:
    table = pq.read_table(home.items / "items.parquet")
    texts = [written if subjects else None for subjects in table["subjects"].to_pylist()]
    column = table.schema.get_field_index("subjects")
    with_text = table.set_column(column, "subjects", pa.array(texts, pa.string()))
    pq.write_table(with_text, home.items / "items.parquet")
    (home.items / "never-items.parquet").unlink()
    assert len(member_report(home, "anna", LATER).others) == 1


def test_nobody_else_gets_a_report(home: Home) -> None:
    with pytest.raises(MissingError, match="no such member"):
        member_report(home, "nobody", LATER)


def test_a_lost_ledger_is_never_replaced_by_an_empty_one(home: Home) -> None:
    for path in (home.ledger, home.ledger.with_suffix(".key")):
        path.unlink()
    for writable in (False, True):
        with pytest.raises(MissingError, match="there is no ledger"):
            open_ledger(home, writable=writable)
    assert not home.ledger.exists()
