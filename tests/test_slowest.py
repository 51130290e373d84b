"""The order in which the tests run names what there is."""

from pathlib import Path

from tests.conftest import slowest

ROOT = Path(__file__).parents[1]


def test_the_files_of_the_slowest_tests_are_there_and_each_is_named_once() -> None:
    names = [name for group in slowest() for name in group]
    assert len(set(names)) == len(names)
    assert [n for n in names if not (ROOT / n.partition("::")[0]).is_file()] == []
