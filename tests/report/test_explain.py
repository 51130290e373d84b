"""Policies and verdicts are said in four languages, completely, and no member learns of another."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.decide.conformance import load_cases
from tests.table import every
from vanne.decide import People
from vanne.decide.explain import explain
from vanne.decide.people import until
from vanne.errors import ConfigError
from vanne.policy import Policy, PurposePolicy, PurposeWords, Rollout, builtin_names, load
from vanne.policy.policy import Clause
from vanne.policy.sentences import places
from vanne.report.explain import document, explained
from vanne.report.policy_text import example_table, explained_policy
from vanne.sources.tables import read_choices, read_items, read_members
from vanne.terms import GROUPS, MAIN_PURPOSE, REASONS, Choice, Item, Member
from vanne.words import LANGUAGES, words

WHOLE = load(str(Path(__file__).parents[1] / "cases" / "policy" / "whole.toml"))
RULES = WHOLE.purpose(MAIN_PURPOSE)
NOW = datetime(2026, 8, 1, tzinfo=UTC)


def saying(rules: PurposePolicy, lang: str = "en") -> dict:  # type: ignore[type-arg]
    return explained_policy(WHOLE.with_purposes({rules.purpose: rules}), lang)


def sentences(rules: PurposePolicy, lang: str = "en") -> list[str]:
    (told,) = saying(rules, lang)["purposes"]
    return [said["text"] for rule in told["rules"] for said in rule["said"]]


OTHERWISE: dict[str, list[object]] = {
    "purpose": ["another-purpose"],
    "listed": [frozenset(), RULES.listed | {"cv"}, frozenset(list(RULES.listed)[1:])],
    "never": [frozenset(), RULES.never | {"cv"}],
    "rollouts": [(), RULES.rollouts[:1], RULES.rollouts[::-1]],
    "not_started": [frozenset(), frozenset(("CN",)), RULES.not_started | {"HK"}],
    "minimum_age": [13, 18],
    "minor_signs": [frozenset(), frozenset(("teen-account",)), RULES.minor_signs | {"pupil"}],
    "reserves": [True],
    "is_generative": [False],
    "account_age": [None, 14],
    "sensitive_tags": [frozenset(), frozenset(("health",)), RULES.sensitive_tags | {"politics"}],
    "window_days": [None, 364],
    "window_since": [date(2020, 1, 1)],
    "visibilities": [None, frozenset(), frozenset(("public",))],
    "objection_covers": ["everything"],
    "non_members": ["deny"],
    "reservation_keys": [RULES.reservation_keys - {"tdm"}, frozenset(("search",))],
    "redact": [frozenset(), frozenset(("phone",)), RULES.redact - {"card"}],
    "announced": [None, date(2026, 1, 6)],
    "waiting_days": [60],
    "gpc": [False],
    "forget_days": [1, 30],
    "words": [{}, {lang: PurposeWords("Models", "They learn.") for lang in LANGUAGES}],
    "clauses": [(), *[RULES.clauses[:n] + RULES.clauses[n + 1 :] for n, c in enumerate(RULES.clauses) if c.sources or c.uncertain]],
}  # fmt: skip
ROLLOUT: dict[str, list[object]] = {
    "regions": [frozenset(("LI",)), GROUPS["EU"], GROUPS["EEA"] - {"IS"}],
    "start": [date(2026, 3, 8)],
    "default_on": [True],
    "end": [None, date(2026, 6, 30)],
    "basis": [None, "dpv:Consent"],
    "everywhere": [True],
}


def otherwise() -> Iterator[tuple[str, PurposePolicy]]:
    for name, values in OTHERWISE.items():
        for number, value in enumerate(values):
            rules = replace(RULES, **{name: value})
            if name == "window_since":
                rules = replace(rules, window_days=None)
            yield f"{name}-{number}", rules
    first, *rest = RULES.rollouts
    for name, values in ROLLOUT.items():
        for number, value in enumerate(values):
            other = (replace(first, **{name: value}), *rest)
            yield f"rollout.{name}-{number}", replace(RULES, rollouts=other)
    for n, clause in enumerate(RULES.clauses):
        for number, other in enumerate([replace(clause, sources=("letter", "notice", "letter")), replace(clause, uncertain="it is not clear")]):  # fmt: skip
            clauses = (*RULES.clauses[:n], other, *RULES.clauses[n + 1 :])
            yield f"clause.{clause.where}-{number}", replace(RULES, clauses=clauses)


OTHERS = dict(otherwise())


def test_every_field_of_a_policy_is_changed_below() -> None:
    assert set(OTHERWISE) == {field.name for field in fields(PurposePolicy)}
    assert set(ROLLOUT) == {field.name for field in fields(Rollout)}


@every("changed", OTHERS)
@every("lang", LANGUAGES)
def test_whatever_a_policy_says_otherwise_is_said_otherwise(changed: str, lang: str) -> None:
    rules = OTHERS[changed]
    assert rules != RULES
    assert saying(rules, lang)["purposes"] != saying(RULES, lang)["purposes"]


@every("changed", OTHERS)
def test_it_is_the_sentences_that_change_and_not_only_the_tables(changed: str) -> None:
    rules = OTHERS[changed]
    if rules.clauses == RULES.clauses and rules.purpose == RULES.purpose:
        assert sentences(rules) != sentences(RULES)


def test_every_reason_but_allowed_is_given_by_one_rule_in_the_order_of_the_rules() -> None:
    (told,) = saying(RULES)["purposes"]
    reasons = [reason for rule in told["rules"] for reason in rule["reasons"]]
    assert reasons == [reason.value for reason in REASONS[1:]]


@every("name", builtin_names())
@every("lang", LANGUAGES)
def test_a_built_in_policy_is_said_in_whole_sentences(name: str, lang: str) -> None:
    told = explained_policy(load(name), lang)
    said = [each["text"] for p in told["purposes"] for rule in p["rules"] for each in rule["said"]]
    assert all(re.fullmatch(r"[A-ZÀ-Ý].*\.", sentence) for sentence in said)
    assert not [sentence for sentence in said if "%(" in sentence or "None" in sentence]
    doubts = [words(lang)(why) for _, why in load(name).uncertain]
    assert sorted(doubts) == sorted(_doubts(told))
    cited = {s for p in told["purposes"] for kind in p["kinds"] for s in kind["sources"]}
    assert cited <= set(told["sources"])


def _doubts(told: dict) -> list[str]:  # type: ignore[type-arg]
    return [
        each["uncertain"]
        for purpose in told["purposes"]
        for each in (*purpose["kinds"], *(s for rule in purpose["rules"] for s in rule["said"]))
        if each["uncertain"]
    ]


@every("name", [name for name in builtin_names() if load(name).is_of_network])
def test_vannes_own_rules_are_not_told_as_those_of_a_network(name: str) -> None:
    policy = load(name)
    (told, *_) = explained_policy(policy, "en")["purposes"]
    network = " ".join(s["text"] for r in told["rules"] for s in r["said"] if not s["own"])
    own = " ".join(s["text"] for r in told["rules"] for s in r["said"] if s["own"])
    for safeguard in ("Taken out of every text", "has forgotten it 30 days after", "Any off"):
        assert safeguard in own
        assert safeguard not in network
    for each in (*told["kinds"], *(s for rule in told["rules"] for s in rule["said"])):
        publishers = {policy.sources[source].publisher for source in each["sources"]}
        assert each["own"] or "Vanne" not in publishers
    flat = policy.explain("en")
    assert all(text.startswith("Vanne's own rule: ") for text in flat if "Taken out" in text)


def test_a_policy_of_ones_own_is_told_as_one() -> None:
    mine = Policy.of("mine", "1", "Mine", "0" * 64, {MAIN_PURPOSE: RULES})
    assert not any("Vanne" in text for text in mine.explain("en"))


def test_the_table_is_what_the_reference_says() -> None:
    rows = list(example_table(RULES, words("en")))
    assert [(row["regions"][0], row["from"], row["until"]) for row in rows] == [
        ("AT", "2026-03-07", "2026-07-01"),
        ("AT", "2026-07-01", None),
        ("CH", "2026-03-07", None),
        ("AD", "2026-03-07", None),
    ]
    assert rows[3]["place"] == "every country that the policy does not name elsewhere"
    answers = {"never": "off-by-default", "off": "off", "off-later": "off-by-default"}
    assert rows[0]["answers"] == answers | {"on": "allowed"}
    assert {"CN", "GB"}.isdisjoint(rows[3]["regions"]) and "JP" in rows[3]["regions"]


def test_at_one_time_the_table_holds_what_is_in_force_then() -> None:
    assert list(example_table(RULES, words("en"), datetime(2026, 3, 6, tzinfo=UTC))) == []
    begins = [row["from"] for row in example_table(RULES, words("en"), NOW)]
    assert begins == ["2026-07-01", "2026-03-07", "2026-03-07"]


def test_groups_of_regions_are_named_as_such() -> None:
    en = words("en")
    assert places(GROUPS["EEA"] | {"CH"}, en) == "European Economic Area and Switzerland"
    assert places(GROUPS["EU"] | {"LI"}, en) == "European Union and Liechtenstein"
    assert "European" not in places(GROUPS["EU"] - {"MT"}, en)


def test_a_purpose_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no purpose `ranking`"):
        explained_policy(WHOLE, "en", "ranking")


# Verdicts


def verdict(
    item: Item,
    *members: Member,
    said: tuple[Choice, ...] = (),
    policy: Policy = WHOLE,
    at: datetime = NOW,
    lang: str = "en",
) -> list[str]:
    people = People.of(members, said, policy, MAIN_PURPOSE, at)
    return explained(explain(item, people), policy, lang)


ADA = Member("ada", "CH", date(1990, 4, 12))
POST = Item("p", "ada", "post", created_at=datetime(2026, 6, 1, tzinfo=UTC), visibility="public")


def test_an_allowed_item_is_told_with_its_grounds() -> None:
    assert verdict(POST, ADA) == [
        "It may be used to train generative AI.",
        "Kind of data: Posts.",
        "Switzerland: this use started on 7 March 2026.",
        "You have not chosen, and the default there is on.",
        "Asked for the time 1 August 2026, 00:00 UTC.",
        "Where the policy whole says it: purposes.generative-ai-training.listed.post and purposes.generative-ai-training.rollout[3].",
        "It cites: Nobody, A made-up notice, 5 January 2026, https://example.org/notice",
        "Not certain: the notice does not name Switzerland",
    ]


@every(
    ("item", "member", "said"),
    [
        (POST, replace(ADA, birth_date=date(2012, 4, 12)), "You reach it on 12 April 2028."),
        (POST, replace(ADA, birth_date=date(2010, 7, 12)), "You reached it on 12 July 2026."),
        (POST, replace(ADA, signs=("Teen_Account",)), "A sign says that you may be younger, at any birth date: teen-account."),
        (POST, replace(ADA, region="GB"), "United Kingdom: the policy names no day on which this use starts."),
        (replace(POST, visibility=None), ADA, "Its visibility: not known."),
        (replace(POST, tags=("Health",)), ADA, "It carries these tags: health."),
        (replace(POST, created_at=None), ADA, "What cannot be read: created_at."),
        (replace(POST, created_at=datetime(2015, 1, 1, tzinfo=UTC)), ADA, "Only what was made on 3 August 2016, 00:00 UTC or later is used."),
        (replace(POST, category="salary"), ADA, "Kind of data: Salary."),
        (replace(POST, owner="zoe"), ADA, "This is a rule of every policy: what is not known permits nothing."),
    ],
)  # fmt: skip
def test_the_fact_that_counted_is_told(item: Item, member: Member, said: str) -> None:
    assert said in verdict(item, member)


def test_before_the_start_the_day_is_told_and_after_the_end_too() -> None:
    early = verdict(POST, ADA, at=datetime(2026, 2, 1, tzinfo=UTC))
    assert "Switzerland: this use starts on 7 March 2026." in early
    first = replace(RULES, rollouts=(replace(RULES.rollouts[2], end=date(2026, 4, 1)),))
    ended = verdict(POST, ADA, policy=WHOLE.with_purposes({MAIN_PURPOSE: first}))
    assert "Switzerland: this use ended with 31 March 2026." in ended


def test_an_off_is_told_with_its_day() -> None:
    off = Choice("ada", MAIN_PURPOSE, "item", False, datetime(2026, 3, 1, 9, tzinfo=UTC), "p")
    told = verdict(POST, ADA, said=(off,))
    assert told[:2] == [
        "You switched this item off.",
        "You have been off since 1 March 2026, 09:00 UTC.",
    ]


def test_an_off_that_spares_what_was_made_before_is_told_for_what_it_is() -> None:
    off = Choice("ada", MAIN_PURPOSE, "all", False, datetime(2026, 7, 1, 9, tzinfo=UTC))
    later = replace(RULES, objection_covers="afterwards")
    told = verdict(POST, ADA, said=(off,), policy=WHOLE.with_purposes({MAIN_PURPOSE: later}))
    assert told[0] == "It may be used to train generative AI."
    assert (
        "You said no on 1 July 2026. That no covers what is made from then on, "
        "and this was made before." in told
    )
    assert "The item was made on 1 June 2026, 00:00 UTC." in told
    assert not any("not chosen" in line or "off since" in line for line in told)


def test_of_another_member_nothing_is_told_but_that_they_do_not_permit() -> None:
    photo = replace(POST, subjects=("bob", "ben"))
    ben, young = Member("ben", "CH", date(1980, 1, 1)), Member("bob", "CH", date(2012, 1, 1))
    off = Choice("bob", MAIN_PURPOSE, "all", False, datetime(2026, 1, 1, tzinfo=UTC))
    stories = {
        tuple(verdict(photo, ADA, ben, young)),
        tuple(verdict(photo, ADA, ben, replace(young, birth_date=date(1980, 1, 1)), said=(off,))),
        tuple(verdict(photo, ADA, ben, replace(young, region="CN"))),
    }
    assert len(stories) == 1
    (told,) = stories
    assert told[:2] == (
        "Somebody else is in it and does not permit it.",
        "Who it is, and why, stays with them.",
    )
    assert not [said for said in told if "bob" in said or "ben" in said]


def test_every_verdict_of_the_conformance_cases_can_be_told(tmp_path: Path) -> None:
    reasons = set()
    for number, case in enumerate(load_cases()[::5]):
        (folder := tmp_path / str(number)).mkdir()
        tables, question = case.write(folder, "jsonl"), case.question()
        said = () if tables.choices is None else read_choices(tables.choices)
        people = People.of(
            read_members(tables.members),
            until(said, question.as_of),
            question.policy,
            question.purpose,
            question.as_of,
        )
        for item in read_items(tables.items, with_text=False):
            explanation = explain(item, people)
            reasons.add(explanation.reason)
            lang = LANGUAGES[number % len(LANGUAGES)]
            told = document(explanation, question.policy, lang)["sentences"]
            assert len(told) >= 2 and not [s for s in told if "%(" in s or "None" in s]
    assert len(reasons) > 15


def test_a_purpose_that_is_not_the_main_one_is_named_when_it_is_allowed() -> None:
    policy = WHOLE.with_purposes({"search-ranking": WHOLE.purposes["search-ranking"]})
    people = People.of([ADA], [], policy, "search-ranking", NOW)
    told = explained(explain(POST, people), policy, "en")
    assert told[0] == "It may be used for this purpose: search-ranking."


def test_a_doubt_of_the_clause_is_told() -> None:
    doubtful = replace(RULES, clauses=(Clause("window", ("letter",), "the period is not public"),))
    old = replace(POST, created_at=NOW - timedelta(days=4000))
    told = verdict(old, ADA, policy=WHOLE.with_purposes({MAIN_PURPOSE: doubtful}))
    assert told[-1] == "Not certain: the period is not public"
    assert "It cites: No authority, A made-up letter of an authority" in told[-2]


@pytest.mark.parametrize("lang", ["fr", "de", "it"])
def test_what_a_policy_that_ships_leaves_open_is_said_in_the_reader_s_language(lang: str) -> None:
    for name in builtin_names():
        policy = load(name)
        english = {why for _, why in policy.uncertain}
        told = explained_policy(policy, lang)
        said = [
            each
            for purpose in told["purposes"]
            for rule in purpose["rules"]
            for each in rule["said"]
        ]
        doubts = {each["uncertain"] for each in said if each["uncertain"]}
        assert doubts and not doubts & english
        assert told["title"] != policy.title


def test_a_policy_of_one_s_own_says_what_is_open_as_it_was_written() -> None:
    clauses = tuple(replace(clause, uncertain="wir wissen es nicht") for clause in RULES.clauses)
    (told,) = saying(replace(RULES, clauses=clauses), "fr")["purposes"]
    doubts = {each["uncertain"] for rule in told["rules"] for each in rule["said"]}
    assert doubts - {None} == {"wir wissen es nicht"}
