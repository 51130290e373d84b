"""The examples in docstrings are so."""

import doctest
import importlib
from pathlib import Path

from tests.table import every

SRC = Path(__file__).parents[2] / "src"
MODULES = [
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(SRC.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@every("name", MODULES)
def test_each_example_of_a_module_gives_what_it_says(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(name))
    assert tried.attempted
    assert not tried.failed
