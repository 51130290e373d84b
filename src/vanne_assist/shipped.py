"""Read the tables of words and patterns that lie beside the code."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(*path: str) -> dict[str, Any]:
    """Return a TOML file of this package, by its folders and its name.

    >>> sorted(table("fairness", "law"))[:2]
    ['age', 'appearance']
    """
    *folders, name = path
    where = files("vanne_assist").joinpath(*folders, f"{name}.toml")
    return tomllib.loads(where.read_text("utf-8"))
