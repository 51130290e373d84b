"""Fit the matrix that whitens vectors of titles, on the names that ESCO gives to occupations.

Of each occupation ESCO has several names in each language. How these differ from their mean is what
should count little; how the means differ is what should count much. So the vectors are multiplied
with the inverse root of the covariance within occupations (shrunk towards a sphere, as by Ledoit
and Wolf, with a fixed weight), and turned to the directions in which the occupations differ most:
linear discriminant analysis (Fisher 1936, Rao 1948) with whole vectors out.

A file of occupations is a table with the columns `concept`, `preferred` and `alternatives` (between
`|` or line ends), or ESCO's own `conceptUri`, `preferredLabel`, `altLabels`; its name tells the
language (`occupations_de.tsv`).
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from vanne.assist.search.meaning import Vectors, Whitening, encode
from vanne.assist.titles import neutral
from vanne.errors import InputError, storing

DIMENSIONS = 128
_SPHERE = 0.5
"""How much of the mean variance is added in every direction: 0.25 to 1 give the same quality."""
_COLUMNS = (
    ("concept", "preferred", "alternatives"),
    ("conceptUri", "preferredLabel", "altLabels"),
)
_LANG = re.compile(r"_([a-z]{2})$")

Occupations = dict[str, set[str]]


def read_occupations(paths: Iterable[Path]) -> Occupations:
    """Return the neutral names of each occupation, of all files together.

    Raises:
        InputError: a file has not the columns, or all together have fewer than two occupations.
    """
    names: Occupations = {}
    for path in paths:
        with storing(f"`{path}`"), path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            rows = csv.DictReader(file, delimiter="\t" if "\t" in first else ",")
            columns = _columns(path, rows.fieldnames or ())
            lang = found[1] if (found := _LANG.search(path.stem)) else None
            for row in rows:
                names.setdefault(row[columns[0]], set()).update(_names(row, columns, lang))
    if len(names) < 2:
        raise InputError("fewer than two occupations", todo="name ESCO's files of occupations")
    return names


def _columns(path: Path, there: Sequence[str]) -> tuple[str, str, str]:
    for columns in _COLUMNS:
        if set(columns) <= set(there):
            return columns
    raise InputError(
        f"`{path}` is no table of occupations",
        todo=f"it needs the columns {', '.join(_COLUMNS[0])} or {', '.join(_COLUMNS[1])}",
    )


def _names(row: Mapping[str, str], columns: tuple[str, str, str], lang: str | None) -> set[str]:
    labels = [row[columns[1]] or "", *re.split(r"\||\n", row[columns[2]] or "")]
    return {name for label in labels if label.strip() and (name := neutral(label, lang))}


def fit(names: Occupations, dimensions: int = DIMENSIONS) -> Whitening:
    """Return the whitening that is fitted on the names of occupations."""
    texts = sorted(set().union(*names.values()))
    place = {text: row for row, text in enumerate(texts)}
    raw = encode(texts)
    groups = [raw[sorted(place[name] for name in group)] for _, group in sorted(names.items())]
    return fit_groups([group for group in groups if len(group)], dimensions)


def fit_groups(groups: Sequence[Vectors], dimensions: int = DIMENSIONS) -> Whitening:
    """Return the whitening of some vectors in groups that mean the same."""
    width = groups[0].shape[1]
    means = np.array([group.mean(0, dtype=np.float64) for group in groups])
    within, degrees = np.zeros((width, width)), 0
    for group, mean in zip(groups, means, strict=True):
        apart = group - mean
        within += apart.T @ apart
        degrees += len(group) - 1
    within /= max(degrees, 1)
    sphere = _SPHERE * max(float(np.trace(within)) / width, 1e-9)
    values, turned = np.linalg.eigh(within + sphere * np.eye(width))
    whiten = (turned * values**-0.5) @ turned.T
    centre = means.mean(0)
    _, _, directions = np.linalg.svd((means - centre) @ whiten, full_matrices=False)
    matrix = whiten @ directions[: min(dimensions, len(directions))].T
    scale = float(np.abs(matrix).max())  # half floats hold it, whatever the encoder's scale
    return Whitening(centre.astype(np.float32), (matrix / scale).astype(np.float32))
