"""An explanation is the verdict with its reasons: it never differs, and it never tells on others."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.decide.conformance import load_cases
from tests.policy.made_up import asked, people_of, purpose_policies
from tests.table import every
from vanne.decide import People, decide
from vanne.decide.explain import Explanation, explain, explain_item
from vanne.decide.people import until
from vanne.decide.request import EvaluationRequest, Tables
from vanne.errors import InputError
from vanne.policy import PurposePolicy, load
from vanne.policy.policy import Clause
from vanne.sources.tables import read_choices, read_items, read_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member, Reason

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Member("ada", "CH", date(1990, 4, 12))
POST = Item("p", "ada", "post", created_at=datetime(2025, 6, 1, tzinfo=UTC))


def told(
    item: Item,
    *others: Member,
    owner: Member = ADA,
    said: tuple[Choice, ...] = (),
    policy: str = "linkedin-2025-11-03",
) -> Explanation:
    return explain(item, People.of([owner, *others], said, load(policy), MAIN_PURPOSE, NOW))


@settings(max_examples=25)
@given(purpose_policies(), asked())
def test_an_explanation_is_the_verdict(rules: PurposePolicy, question: tuple) -> None:  # type: ignore[type-arg]
    item, members, choices, as_of = question
    people = people_of(rules, members, choices, as_of)
    said = explain(item, people)
    assert said.reason is decide(item, people)
    assert (said.rule is None) == (said.reason is Reason.ALLOWED)
    holds(said, item, people)


def holds(said: Explanation, item: Item, people: People) -> None:
    """What is said to be the ground is one."""
    facts = said.facts
    match said.reason:
        case Reason.MINOR:
            assert facts.sign or (facts.of_age and facts.of_age > people.as_of.date())
        case Reason.MADE_AS_MINOR:
            assert facts.of_age and facts.created_at and facts.created_at.date() < facts.of_age
        case Reason.OUTSIDE_WINDOW:
            assert facts.created_at and facts.oldest and facts.created_at < facts.oldest
        case Reason.VISIBILITY_NOT_LISTED:
            assert facts.visibilities == tuple(sorted(people.rules.visibilities or ()))
            assert facts.visibility == item.visibility not in facts.visibilities
        case Reason.SENSITIVE:
            assert facts.tags and set(facts.tags) <= set(item.tags)
        case Reason.OFF | Reason.OFF_CATEGORY | Reason.OFF_ITEM:
            assert facts.off_since and facts.off_since <= people.as_of
        case Reason.OFF_BY_DEFAULT:
            assert facts.started and not facts.default_on and not facts.chosen
        case Reason.REGION_NOT_STARTED:
            assert facts.started is None
            assert facts.starts is None or facts.starts > people.as_of.date()
            assert facts.ended is None or facts.ended <= people.as_of.date()
        case Reason.ALLOWED:
            assert facts.started and (facts.chosen or facts.default_on)
        case Reason.UNREADABLE:
            assert facts.unreadable


def test_each_item_of_the_conformance_cases_is_explained_as_it_is_decided(tmp_path: Path) -> None:
    for number, case in enumerate(load_cases()[::4]):
        (folder := tmp_path / str(number)).mkdir()
        tables, question = case.write(folder, "jsonl"), case.question()
        asked = (question.policy, question.purpose, question.as_of)
        said = () if tables.choices is None else read_choices(tables.choices)
        people = People.of(read_members(tables.members), until(said, question.as_of), *asked)
        items = list(read_items(tables.items, with_text=False))
        reasons = [explain(item, people).reason.value for item in items]
        assert reasons == case.expected, case.name
        if number % 10 == 0:
            only = explain_item(tables, question, items[-1].item_id)
            assert only == explain(items[-1], people), case.name


def test_every_item_that_somebody_objected_to_is_explained_alone_as_among_all(
    tmp_path: Path,
) -> None:
    for case in (case for case in load_cases() if "/to-an-item" in case.name):
        (folder := tmp_path / case.name).mkdir(parents=True)
        tables, question = case.write(folder, "jsonl"), case.question()
        ids = [item.item_id for item in read_items(tables.items, with_text=False)]
        alone = [explain_item(tables, question, item_id).reason.value for item_id in ids]
        assert alone == case.expected, case.name


def test_an_allowed_item_is_explained_by_its_kind_and_its_region() -> None:
    said = told(POST)
    assert said.reason is Reason.ALLOWED and said.rule is None
    assert said.places() == [
        f"purposes.{MAIN_PURPOSE}.{at}" for at in ("listed.post", "rollout[1]")
    ]
    assert said.clauses[0].sources == ("faq", "notice")
    assert (said.facts.started, said.facts.chosen) == (date(2025, 11, 3), False)


def test_an_off_is_explained_by_when_it_was_said() -> None:
    at = datetime(2025, 12, 1, 8, tzinfo=UTC)
    said = told(POST, said=(Choice("ada", MAIN_PURPOSE, "category", False, at, "post"),))
    assert (said.reason, said.rule, said.who) == (Reason.OFF_CATEGORY, "owner_off", "owner")
    assert (said.facts.off_since, said.facts.scope) == (at, "category")
    assert said.clauses[0].where == "objection" and said.clauses[0].uncertain


@every(
    ("signs", "born", "reason", "sign", "of_age"),
    [
        # a sign that is no minor's comes first in the alphabet and has no part in the verdict
        (("apprentice",), date(2010, 5, 1), Reason.MINOR, None, date(2028, 5, 1)),
        (("apprentice",), date(2007, 7, 1), Reason.MADE_AS_MINOR, None, date(2025, 7, 1)),
        (("apprentice",), None, Reason.AGE_UNKNOWN, None, None),
        (("secondary-school",), ADA.birth_date, Reason.MINOR, "secondary-school", None),
        (("apprentice", "secondary-school"), None, Reason.MINOR, "secondary-school", None),
        (("Secondary-School ", "apprentice"), date(2010, 5, 1), Reason.MINOR, "secondary-school", None),
    ],
)  # fmt: skip
def test_an_age_is_explained_by_the_sign_of_a_minor_and_by_no_other(
    signs: tuple[str, ...], born: date | None, reason: Reason, sign: str | None, of_age: date | None
) -> None:
    said = told(POST, owner=Member("ada", "CH", born, signs))
    assert (said.reason, said.facts.sign, said.facts.of_age) == (reason, sign, of_age)


def test_a_region_that_has_not_started_is_explained_by_when_it_will() -> None:
    people = People.of(
        [ADA], [], load("linkedin-2025-11-03"), MAIN_PURPOSE, datetime(2025, 10, 1, tzinfo=UTC)
    )
    said = explain(POST, people)
    assert (said.reason, said.facts.starts) == (Reason.REGION_NOT_STARTED, date(2025, 11, 3))
    assert [clause.where for clause in said.clauses] == ["rollout[1]"]
    china = told(POST, owner=Member("ada", "CN", ADA.birth_date))
    assert china.facts.starts is None and china.clauses[0].where == "not-started"


def test_what_is_never_used_is_explained_by_its_line() -> None:
    said = told(Item("m", "ada", "private_message"))
    assert said.who is None
    assert said.clauses == (Clause("never.private_message", ("faq", "notice")),)


REFUSERS = [
    (Member("bob", "CH", date(2012, 1, 1)), ()),
    (Member("bob", "CN", date(1980, 1, 1)), ()),
    (Member("bob", None, date(1980, 1, 1)), ()),
    (Member("bob", "CH", None), ()),
    (Member("bob", "CH", date(1980, 1, 1), ("secondary-school",)), ()),
    (Member("bob", "CH", date(1980, 1, 1)), (Choice("bob", MAIN_PURPOSE, "all", False, NOW - timedelta(days=3)),)),
    (Member("bob", "CH", date(1980, 1, 1)), (Choice("bob", MAIN_PURPOSE, "item", False, NOW, "p"),)),
]  # fmt: skip


def test_of_another_member_it_is_not_said_who_refused_nor_why() -> None:
    shown = Item("p", "ada", "photo", subjects=("bob", "ben"), created_at=POST.created_at)
    ben = Member("ben", "CH", date(1970, 1, 1))
    explanations = {repr(asdict(told(shown, bob, ben, said=said))) for bob, said in REFUSERS}
    assert len(explanations) == 1
    only = explanations.pop()
    assert "subject-refuses" in only and "bob" not in only and "ben" not in only


def test_the_author_who_refuses_is_not_named_and_their_reason_stays_with_them() -> None:
    written = Item("p", "ada", "recommendation", author="bob", created_at=POST.created_at)
    explanations = {repr(asdict(told(written, bob, said=said))) for bob, said in REFUSERS}
    assert len(explanations) == 1 and "bob" not in explanations.pop()


def test_an_item_that_is_not_there_is_an_error_that_does_not_repeat_the_id(tmp_path: Path) -> None:
    case = load_cases()[0]
    with pytest.raises(InputError, match="no item has that id") as caught:
        explain_item(case.write(tmp_path), case.question(), "gone-42")
    assert "gone-42" not in str(caught.value)


def test_who_is_in_an_item_counts_in_its_explanation() -> None:
    """The tables of the examples, whose items are decided in docs/howto/decide-tables.md."""
    examples = Path(__file__).parents[2] / "examples" / "tables"
    tables = Tables(*(str(examples / f"{name}.csv") for name in ("items", "members", "choices")))
    question = EvaluationRequest(load("linkedin-2025-11-03"), MAIN_PURPOSE, NOW)
    found = {n: explain_item(tables, question, f"p{n}").reason.value for n in (4, 6, 9)}
    assert found == {4: "allowed", 6: "off", 9: "subject-refuses"}
