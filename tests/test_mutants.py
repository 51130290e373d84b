"""`./run mutants`: what is changed, what becomes of it, and that the known mutants are still there."""

import tomllib
from pathlib import Path

import pytest
from tools.mutants import CASES, changes, known_in, main

ROOT = Path(__file__).parents[1]
KNOWN = tomllib.loads((ROOT / CASES).read_text(encoding="utf-8"))
TINY = '''
def is_adult(age: int | None, least: int = 18) -> bool:
    """Say whether an age is not None and at least 18."""
    return age is not None and age >= least


def same(number: int) -> int:
    return max(number, number)


def untried(number: int) -> int:
    return number + number
'''
TEST = """
from vanne.tiny import is_adult

def test_the_limit() -> None:
    assert [is_adult(age) for age in (17, 18, 19)] == [False, True, True]
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", ["a <= b"]),
        ("a >= b", ["a > b"]),
        ("a == b", ["a != b"]),
        ("a and not b", ["a or not b", "a and  b"]),
        ("a not in b", ["a  in b"]),
        ("a + 1", ["a - 1", "a + 2", "a + 0"]),
        ("é = a[-1]", ["é = a[+1]", "é = a[-2]", "é = a[-0]"]),
        ("min(a, b)", ["max(a, b)"]),
        ("def f():\n    return True", ["def f():\n    return False"]),
        # what is no rule: texts, types, decorators, flags that are given, roundings
        ("a: 'int | 1' = b", []),
        ("def f(a: Literal[1]) -> Literal[2]: ...", []),
        ("@cache(maxsize=1)\ndef f(): ...", []),
        ("zip(a, b, strict=True)", []),
        ("'a < 1 and not True'", []),
        ("1.5", []),
    ],
)
def test_each_sign_of_a_rule_is_changed(source: str, expected: list[str]) -> None:
    made = []
    for line, column, old, new in changes(source):
        lines = source.split("\n")
        lines[line - 1] = lines[line - 1][:column] + new + lines[line - 1][column + len(old) :]
        made.append("\n".join(lines))
    assert made == expected


def test_each_known_mutant_is_a_change_of_what_is_there() -> None:
    mutants = list(known_in(ROOT, KNOWN))
    assert len(mutants) == len(KNOWN["known"]) >= 20
    for mutant in mutants:
        compile(mutant.source, mutant.file, "exec")
        assert mutant.source != (ROOT / mutant.file).read_text(encoding="utf-8")


def test_each_mutant_that_changes_nothing_is_one_and_says_why() -> None:
    for each in KNOWN.get("equivalent", []):
        lines = (ROOT / each["file"]).read_text(encoding="utf-8").splitlines()
        assert each["old"] in map(str.strip, lines) and each["old"] != each["new"]
        assert each["why"].endswith(".")


@pytest.fixture
def tiny_tree(tmp_path: Path) -> Path:
    """A tree of one module and its test."""
    files = {
        "src/vanne/__init__.py": "",
        "src/vanne/tiny/__init__.py": TINY,
        "tests/tiny/test_tiny.py": TEST,
        "pyproject.toml": '[tool.pytest]\npythonpath = ["."]\n',
        CASES: """
            [runs]
            tiny = ["tests/tiny"]
            [[known]]
            about = "The limit."
            file = "src/vanne/tiny/__init__.py"
            old = "age >= least"
            new = "age > least"
            runs = ["tests/tiny"]
            [[equivalent]]
            file = "src/vanne/tiny/__init__.py"
            old = "return max(number, number)"
            new = "return min(number, number)"
            why = "The two are one."
        """,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_what_no_test_notices_is_named_and_the_tree_stays(
    tiny_tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tiny"], tiny_tree) == 1
    place = "src/vanne/tiny/__init__.py"
    assert capsys.readouterr().out.splitlines() == [
        f"survived: {place}:12: `return number + number` -> `return number - number`",
        "killed 5, timed out 0, survived 1",
        "score 83% of 6",
    ]
    assert (tiny_tree / place).read_text(encoding="utf-8") == TINY


def test_a_known_mutant_is_killed(tiny_tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--known"], tiny_tree) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "score 100% of 1"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["none"], "there is no such room or file"),
        ([], "name a room of src/vanne, or --known"),
        (["tiny", "--known"], "name a room of src/vanne, or --known"),
    ],
)
def test_a_mistake_is_a_line(
    tiny_tree: Path, words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words, tiny_tree)
    assert fault in capsys.readouterr().err


def test_tests_that_fail_without_a_change_are_said(tiny_tree: Path) -> None:
    (tiny_tree / "tests/tiny/test_tiny.py").write_text("def test_it() -> None:\n    assert False\n")
    with pytest.raises(SystemExit, match="`pytest tests/tiny` fails without a change"):
        main(["tiny"], tiny_tree)


def test_a_known_mutant_whose_text_has_gone_is_said(tiny_tree: Path) -> None:
    (tiny_tree / "src/vanne/tiny/__init__.py").write_text("")
    with pytest.raises(SystemExit, match="does not hold `age >= least` once"):
        main(["--known"], tiny_tree)
