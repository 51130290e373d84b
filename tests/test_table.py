"""A table of cases is a test: each case is tried, and what fails is named."""

import pytest

from tests.table import every


def test_every_case_is_tried_and_all_that_fail_are_named() -> None:
    tried = []

    @every("number", range(5))
    @every(("left", "right"), [("a", "b"), ("c", "d")])
    def is_odd(word: str, *, number: int, left: str, right: str) -> None:
        tried.append(f"{word}{number}{left}{right}")
        assert number % 2, "even"

    with pytest.raises(
        AssertionError, match=r"3 of 5 cases fail\n0: 2 of 2 cases fail\n\('a', 'b'"
    ):
        is_odd("w")
    assert tried == [f"w{n}{pair}" for n in range(5) for pair in ("ab", "cd")]


def test_a_table_without_a_case_fails() -> None:
    @every("number", [])
    def never(number: int) -> None:
        raise NotImplementedError

    with pytest.raises(AssertionError, match="there is no case"):
        never()
