"""Every way to get a policy wrong is one line: the file, the line, what is wrong, what to do.

Each file in tests/cases/policy/errors is a wrong policy; its first line is the message.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.table import every
from vanne.errors import ConfigError
from vanne.policy.load import parse

CASES = Path(__file__).parents[1] / "cases" / "policy"
WRONG = sorted((CASES / "errors").glob("*.toml"))
WHOLE = (CASES / "whole.toml").read_text(encoding="utf-8")


@every("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_policy_is_refused_in_one_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        parse(text, file=path.name)
    assert f"# {caught.value}" == text.split("\n")[0]
    assert caught.value.exit_code == 78


def test_every_message_says_what_to_do() -> None:
    assert len(WRONG) > 80
    for path in WRONG:
        message = path.read_text(encoding="utf-8").split("\n")[0]
        assert message.count(": ") >= 2 and not message.endswith(".")


ODD = st.sampled_from(
    ["true", "0", "-1", "1.5", "nan", '""', '" "', '"x"', "[]", "[[]]", "[1]", "{}", "1999-99-99",
     "2026-01-01", "9999-12-31", "2026-01-01T00:00:00Z", "99999999999999999999", "\u2028", "a.b"]
)  # fmt: skip
LINES = WHOLE.split("\n")
VALUES = [number for number, line in enumerate(LINES) if "=" in line and line[0] != "#"]


@given(st.lists(st.tuples(st.sampled_from(VALUES), ODD), min_size=1, max_size=3))
def test_odd_values_give_a_policy_or_one_line_and_never_a_fault(odd: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for number, value in odd:
        lines[number] = f"{lines[number].split('=')[0]}= {value}"
    refused("\n".join(lines))


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1))
def test_lines_that_are_lost_or_swapped_are_refused_or_understood(one: int, other: int) -> None:
    lines = list(LINES)
    lines[one], lines[other] = lines[other], lines[one]
    refused("\n".join(lines))
    refused("\n".join(lines[:one] + lines[one + 1 :]))


@every("number", VALUES, ids=lambda number: f"line {number + 1}")
def test_a_key_with_a_letter_too_many_is_refused_at_its_line(number: int) -> None:
    lines = list(LINES)
    key, _, value = lines[number].partition(" = ")
    lines[number] = f"{key}x = {value}"
    said = refused("\n".join(lines))
    assert said is not None and f"line {number + 1}: " in said and f"{key}x`" in said


def refused(text: str) -> str | None:
    try:
        parse(text, file="odd.toml")
    except ConfigError as error:
        assert "\n" not in str(error) and str(error).startswith("odd.toml")
        return str(error)
    return None
