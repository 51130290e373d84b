"""Policies load, or say in one line what is wrong, where, and what to do."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.table import every
from vanne.errors import ConfigError
from vanne.policy import builtin_names, load
from vanne.policy.load import parse, text_of
from vanne.policy.policy import TRAINING_KEYS, Clause
from vanne.terms import MAIN_PURPOSE, Category

CASES = Path(__file__).parents[1] / "cases" / "policy"
CAREFUL = (CASES / "careful.toml").read_text()


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


NOTHING_LISTED = {"bluesky-2024-11-15", "mastodon-2025-07-01", "other-2026-11-26"}
"""Networks that train nothing, as they say, or of which no training is known."""


@every("name", builtin_names())
def test_a_built_in_policy_loads_and_says_that_it_is_itself(name: str) -> None:
    policy = load(name)
    assert policy.name == name
    assert bool(policy.purpose(MAIN_PURPOSE).listed) is (name not in NOTHING_LISTED)


@every("name", builtin_names())
def test_every_line_of_a_built_in_policy_cites_a_source(name: str) -> None:
    text = text_of(name)
    tables = re.split(r"^\[", text, flags=re.M)[1:]
    for table in tables:
        header, *lines = table.split("\n")
        if ".listed]" in header or ".never]" in header:
            rows = [line for line in lines if line and not line.startswith("#")]
            assert rows or (name in NOTHING_LISTED and ".listed]" in header), header
            assert all(re.search(r'\["\w', row) for row in rows), header
        elif "purposes." in header:
            assert "sources = [" in table, header


def test_linkedin_lists_what_it_says_it_uses_and_never_uses_the_five() -> None:
    rules = load("linkedin-2025-11-03").purpose(MAIN_PURPOSE)
    assert {Category.CV, Category.GROUP_MESSAGE, Category.PHOTO} <= rules.listed
    assert rules.never == {
        Category.PRIVATE_MESSAGE,
        Category.SALARY,
        Category.JOB_APPLICATION,
        Category.CREDENTIAL,
        Category.PAYMENT,
    }


@pytest.mark.parametrize(
    ("region", "day", "started"),
    [
        ("CH", "2025-11-02", False),
        ("CH", "2025-11-03", True),
        ("NO", "2025-11-03", True),
        ("US", "2025-01-01", True),
        ("CN", "2026-01-01", False),
    ],
)
def test_linkedin_starts_by_region(region: str, day: str, started: bool) -> None:
    rules = load("linkedin-2025-11-03").purpose(MAIN_PURPOSE)
    assert (rules.rollout(region, at(day)) is not None) is started


def test_every_key_of_the_language_is_read() -> None:
    rules = load(str(CASES / "careful.toml")).purpose(MAIN_PURPOSE)
    assert (rules.minimum_age, rules.window_days, rules.visibilities) == (16, 365, {"public"})
    assert (rules.objection_covers, rules.non_members) == ("afterwards", "deny")
    assert rules.oldest(at("2026-06-01")) == at("2025-06-01")
    assert [r.start for r in rules.rollouts] == [date(2026, 1, 1)] * 2


def test_what_members_are_promised_and_told_is_read() -> None:
    rules = load(str(CASES / "whole.toml")).purpose(MAIN_PURPOSE)
    assert (rules.gpc, rules.forget_days) == (True, 14)
    assert rules.words["de"].title == "Modelle, die schreiben"
    plain = load("linkedin-2025-11-03").purpose(MAIN_PURPOSE)
    assert (plain.gpc, plain.forget_days, plain.words) == (False, 30, {})


def test_the_digest_is_over_what_is_said_and_not_over_layout() -> None:
    same = parse("# a comment\n\n" + CAREFUL.replace("days = 365", "days   =   365"), "x")
    other = parse(CAREFUL.replace("days = 365", "days = 364"), "x")
    assert same.digest == parse(CAREFUL, "x").digest != other.digest


def test_what_is_uncertain_is_kept_with_its_place() -> None:
    assert parse(CAREFUL, "x").uncertain == (
        ("purposes.generative-ai-training.listed.comment", "the notice says «contributions»"),
    )


WRONG = {
    "misspelt key": (
        'default = "off"',
        'defualt = "off"',
        r"line 26: .*defualt.*did you mean `default`",
    ),
    "misspelt table": (".visibility]", ".visiblity]", r"visiblity.*did you mean `visibility`"),
    "misspelt category": ('post = ["us"]', 'posts = ["us"]', r"line 12: .*`posts`|posts.*`post`"),
    "listed and never": ('private_message = ["us"]', 'post = ["us"]', r"both listed and never"),
    "unknown source": ('post = ["us"]', 'post = ["them"]', r"line 12.*`them`.*not given"),
    "unknown region": ('regions = ["FR"]', 'regions = ["UK"]', r"line 24.*`UK`.*`GB`"),
    "overlap": ('regions = ["FR"]', 'regions = ["CH"]', r"overlaps number 1 in `CH`"),
    "dates in the wrong order": (
        'from = 2026-01-01\ndefault = "on"',
        'from = 2026-01-01\nuntil = 2025-01-01\ndefault = "on"',
        r"line 21.*`until`|until.*not after",
    ),
    "wrong word": ('covers = "afterwards"', 'covers = "later"', r"line 39.*`later`"),
    "wrong kind": ("minimum = 16", 'minimum = "16"', r"line 30.*must be a whole number"),
    "impossible age": ("minimum = 16", "minimum = 0", r"between 1 and 99"),
    "impossible window": ("days = 365", "days = 0", r"is 0: it must be between 1 and 36600"),
    "not TOML": ("minimum = 16", "minimum = ", r"not valid TOML.*line 30"),
    "missing": ("minimum = 16", "", r"minimum.*is missing"),
}


@every("case", WRONG)
def test_a_wrong_policy_is_one_line_with_its_place(case: str) -> None:
    old, new, message = WRONG[case]
    assert CAREFUL.count(old) >= 1
    with pytest.raises(ConfigError, match=message) as caught:
        parse(CAREFUL.replace(old, new, 1), "careful.toml")
    said = str(caught.value)
    assert said.startswith("careful.toml") and "\n" not in said
    assert caught.value.exit_code == 78


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean `linkedin-2025-11-03`"):
        load("linkedin-2025-11-30")


def test_a_purpose_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"no purpose `generative-ai-trainin`.*did you mean"):
        load("linkedin-2025-11-03").purpose("generative-ai-trainin")


def test_a_policy_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes("title = «é»".encode("cp1252"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(str(path))


WHOLE = CASES / "whole.toml"


def test_nothing_is_used_before_the_waiting_period_of_a_version_is_over() -> None:
    rules = load(str(WHOLE)).purpose(MAIN_PURPOSE)
    assert (rules.announced, rules.waiting_days) == (date(2026, 1, 5), 61)
    ready = date(2026, 3, 7)
    assert [r.start for r in rules.rollouts] == [ready, date(2026, 7, 1), ready, ready]
    for region in ("FR", "CH", "JP"):
        assert rules.rollout(region, at("2026-03-06")) is None
        assert rules.rollout(region, at("2026-03-07")) is not None


def test_a_region_changes_its_default_and_its_basis_with_the_date() -> None:
    rules = load(str(WHOLE)).purpose(MAIN_PURPOSE)
    spring, summer = (rules.rollout("FR", at(day)) for day in ("2026-06-30", "2026-07-01"))
    assert spring and (spring.default_on, spring.basis) == (False, "eu-gdpr:A6-1-a")
    assert summer and (summer.default_on, summer.basis) == (True, "eu-gdpr:A6-1-f")


def test_the_world_is_every_region_that_nothing_else_names() -> None:
    rules = load(str(WHOLE)).purpose(MAIN_PURPOSE)
    assert [len(rules.rollouts_in(region)) for region in ("JP", "CN", "GB", "CH")] == [1, 0, 0, 1]


def test_a_purpose_says_which_keys_of_a_reservation_speak_of_it() -> None:
    policy = load(str(WHOLE))
    assert policy.purpose(MAIN_PURPOSE).reservation_keys == TRAINING_KEYS
    assert policy.purpose("search-ranking").reservation_keys == {"search", "bots", "all"}
    assert parse(CAREFUL, "x").purpose(MAIN_PURPOSE).reservation_keys == TRAINING_KEYS


def test_each_place_keeps_what_it_cites() -> None:
    policy = load(str(WHOLE))
    rules = policy.purpose(MAIN_PURPOSE)
    assert rules.clause("never.private_message").sources == ("notice", "letter")
    assert rules.clause("rollout[3]").uncertain == "the notice does not name Switzerland"
    assert rules.place(rules.rollouts[2]) == "rollout[3]"
    assert rules.clause("listed.photo") == Clause("listed.photo")
    assert policy.sources["letter"].publisher == "No authority"
    assert (
        f"purposes.{MAIN_PURPOSE}.rollout[3]",
        "the notice does not name Switzerland",
    ) in policy.uncertain


def test_a_window_of_days_never_ends_before_the_calendar_begins() -> None:
    rules = load(str(WHOLE)).purpose(MAIN_PURPOSE)
    assert rules.oldest(at("0005-01-01")) == at("0001-01-01")


DIGESTS = {
    "facebook-2025-05-27": "bd2b8310b130dc0f",
    "instagram-2025-05-27": "bd1ff3a5cd1afab0",
    "linkedin-2024-09-18": "d8a0737506c35071",
    "linkedin-2025-11-03": "e8bd491112097dd0",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_a_built_in_policy_does_not_change_under_its_name(name: str) -> None:
    assert load(name).digest[:16] == DIGESTS[name]
