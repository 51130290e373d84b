"""A form changes one key of a policy's text, and nothing else."""

import difflib
import tomllib
from datetime import date

import pytest

from tests.table import every
from vanne.errors import ConfigError
from vanne.policy.editing import fields_of, with_fields, with_key
from vanne.policy.load import builtin_names, parse, text_of

RULES = "purposes.generative-ai-training"
LINKEDIN = text_of("linkedin-2025-11-03")


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:2] not in ("--", "++", "@@")]


@every("name", builtin_names())
def test_a_minimum_age_is_one_line_of_every_policy_that_ships(name: str) -> None:
    text = text_of(name)
    for purpose in tomllib.loads(text)["purposes"]:
        after = with_key(text, f"purposes.{purpose}.age", "minimum", 21)
        assert [line[0] for line in changed(text, after)] == ["-", "+"]
        assert tomllib.loads(after)["purposes"][purpose]["age"]["minimum"] == 21


def test_a_kind_of_data_is_moved_and_the_comments_stay() -> None:
    less = with_key(LINKEDIN, f"{RULES}.listed", "photo", None)
    never = with_key(less, f"{RULES}.never", "photo", [])
    assert changed(LINKEDIN, never) == ['-photo = ["faq", "notice"]', "+photo = []"]
    assert never.startswith(LINKEDIN[:100])


def test_the_second_of_several_rollouts_is_changed_alone() -> None:
    after = with_key(LINKEDIN, f"{RULES}.rollout", "from", date(2027, 1, 1), 1)
    assert changed(LINKEDIN, after) == ["-from = 2025-11-03", "+from = 2027-01-01"]
    rollouts = tomllib.loads(after)["purposes"]["generative-ai-training"]["rollout"]
    assert [str(row["from"]) for row in rollouts[:3]] == ["2025-11-03", "2027-01-01", "2025-11-03"]


def test_a_table_that_is_missing_is_added() -> None:
    after = with_key(LINKEDIN, f"{RULES}.waiting", "days", 30)
    assert changed(LINKEDIN, after) == ["+", f"+[{RULES}.waiting]", "+days = 30"]
    assert with_key('x = "1"\n', "", "x", 'a "b" \\') == 'x = "a \\"b\\" \\\\"\n'


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nx = [\n1,\n2]\n",  # of several lines
        "a.x = 1\n",  # not below a header
        "a = { x = 1 }\n",
        '[a]\ny = """\nx = 3\n"""\nx = 1\n',  # what looks like the key is in a text
        "a = [\n",
        "a = 3\n",
    ],
)
def test_what_is_written_otherwise_is_refused_and_not_broken(text: str) -> None:
    with pytest.raises(ConfigError):
        with_key(text, "a", "x", 2)


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    for name in builtin_names():
        text = text_of(name)
        shown = fields_of(text)
        assert shown
        sent = {name: str(value) for name, value in shown._asdict().items()}
        for n, row in enumerate(shown.rollouts):
            sent |= {f"from-{n}": row.start, f"default-{n}": row.default}
        assert with_fields(text, sent) == text


def test_a_form_changes_what_it_says_otherwise() -> None:
    sent = {"kind": "photo", "kind_to": "none", "minimum": "16", "forget_days": "10"}
    sent |= {"from-1": "2027-01-01", "default-1": "off", "announced": "2026-12-01", "days": "30"}
    after = with_fields(LINKEDIN, sent)
    assert changed(LINKEDIN, after) == [
        '-photo = ["faq", "notice"]',
        "-from = 2025-11-03",
        '-default = "on"',
        "+from = 2027-01-01",
        '+default = "off"',
        "-minimum = 18",
        "+minimum = 16",
        "+forget_within_days = 10",
        "+",
        f"+[{RULES}.waiting]",
        "+days = 30",
        "+announced = 2026-12-01",
    ]
    parse(after, "new.toml")


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ({"minimum": "sixteen"}, "`minimum`: `sixteen` is no whole number"),
        ({"from-0": "next May"}, "`from`: `next May` is no day"),
    ],
)
def test_what_is_no_number_and_no_day_is_said(sent: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        with_fields(LINKEDIN, sent)
