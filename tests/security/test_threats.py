"""The page of threats and the tests that try them agree."""

import ast
import re
from pathlib import Path

from tests.table import every

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design" / "threats.md"
ROW = re.compile(r"^\|(.+)\|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)


def rows() -> list[list[str]]:
    """Return the rows of the page's tables: boundary, threat, defence, test."""
    cells = [[cell.strip() for cell in row] for row in ROW.findall(PAGE.read_text())]
    return [row for row in cells if row[0] != "boundary" and set(row[0]) != {"-"}]


def attacks_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named_tests() -> set[str]:
    return {test for row in rows() for test in re.findall(r"`(tests/[^`]+)`", row[3])}


@every("row", rows(), ids=lambda row: row[1][:40])
def test_each_threat_names_a_test_that_is_there(row: list[str]) -> None:
    assert all(row)
    tests = re.findall(r"`(tests/[^`]+\.py)::(test_\w+)`", row[3])
    assert tests, f"the threat `{row[1]}` names no test"
    for path, name in tests:
        assert name in attacks_in(ROOT / path), f"{path} has no {name}"


def test_each_test_of_security_stands_on_the_page() -> None:
    here = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    tests = {f"{path.relative_to(ROOT)}::{name}" for path in here for name in attacks_in(path)}
    assert tests <= named_tests()
