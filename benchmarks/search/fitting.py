"""`./run python -m benchmarks.search.fitting OUT.npz FILE...`: fit to job titles.

What ships, `src/vanne_assist/search/occupations.npz`, was made so from the names that ESCO gives to
occupations, in English, German and French.

Of each occupation ESCO has several names in each language. How these differ from their mean is what
should count little; how the means differ is what should count much. So the vectors are multiplied
with the inverse root of the covariance within occupations (shrunk towards a sphere, as by Ledoit
and Wolf, with a fixed weight), and turned to the directions in which the occupations differ most:
linear discriminant analysis (Fisher 1936, Rao 1948) with whole vectors out. From there the matrix
goes downhill on what is wanted of it: that of two names of one occupation, in any languages, each
finds the other among those of hundreds (InfoNCE, van den Oord et al. 2018; Adam, Kingma and Ba
2015). Last, the mean of the vectors of each occupation's names is its centre.

A file of occupations is a table with the columns `concept`, `preferred` and `alternatives` (between
`|` or line ends), or ESCO's own `conceptUri`, `preferredLabel`, `altLabels`, whose name tells the
language (`occupations_de.tsv`); or MELO's `corpus_elements.tsv`, without a head: each line an
occupation's number, the language and a number (`C000123_fr_001`), a tab and a name.
"""

import csv
import hashlib
import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vanne.errors import InputError, storing
from vanne_assist.search.encoder import Vectors, Whitening, encode, unit
from vanne_assist.titles import neutral

DIMENSIONS = 128
MOST_NAMES = 6
"""How many names of an occupation count in a language: some have dozens in English."""
_SPHERE = 0.5
"""How much of the mean variance is added in every direction: 0.25 to 1 give the same quality."""
_STEPS, _BATCH, _RATE = 800, 512, 1e-3
_SHARPNESS = 20.0
_FIRST, _SECOND = 0.9, 0.98
"""How slowly Adam forgets gradients, and their squares."""
_COLUMNS = (
    ("concept", "preferred", "alternatives"),
    ("conceptUri", "preferredLabel", "altLabels"),
)
_LANG = re.compile(r"_([a-z]{2})$")
_ELEMENT = re.compile(r"(\w+)_([a-z]{2})_\d+\t(.+)")

Occupations = dict[str, dict[str, set[str]]]
"""Of each occupation its names in each language."""
Group = Sequence[npt.NDArray[np.intp]]
"""Of an occupation the places of its vectors, by language."""


def read_occupations(paths: Iterable[Path]) -> Occupations:
    """Return the neutral names of each occupation, of all files together.

    Raises:
        InputError: a file is no table of occupations, or all have fewer than two of them.
    """
    names: Occupations = {}
    for path in paths:
        with storing(f"`{path}`"), path.open(encoding="utf-8-sig", newline="") as file:
            lines = file.read().splitlines(keepends=True)
        for concept, lang, label in _rows(path, lines):
            if form := neutral(label, lang):
                names.setdefault(concept, {}).setdefault(lang or path.stem, set()).add(form)
    if len(names) < 2:
        raise InputError("fewer than two occupations", todo="name ESCO's files of occupations")
    return names


def _rows(path: Path, lines: Sequence[str]) -> Iterator[tuple[str, str | None, str]]:
    """Give occupation, language and name of each name in a file."""
    if lines and _ELEMENT.fullmatch(lines[0].rstrip()):
        found = (_ELEMENT.fullmatch(line.rstrip()) for line in lines)
        yield from ((each[1], each[2], each[3]) for each in found if each)
        return
    rows = csv.DictReader(lines, delimiter="\t" if lines and "\t" in lines[0] else ",")
    columns = _columns(path, rows.fieldnames or ())
    lang = found_lang[1] if (found_lang := _LANG.search(path.stem)) else None
    for row in rows:
        for label in [row[columns[1]] or "", *re.split(r"\||\n", row[columns[2]] or "")]:
            if label.strip():
                yield row[columns[0]], lang, label


def _columns(path: Path, there: Sequence[str]) -> tuple[str, str, str]:
    for columns in _COLUMNS:
        if set(columns) <= set(there):
            return columns
    raise InputError(
        f"`{path}` is no table of occupations",
        todo=f"it needs the columns {', '.join(_COLUMNS[0])} or {', '.join(_COLUMNS[1])}",
    )


def fit(names: Occupations, dimensions: int = DIMENSIONS, steps: int = _STEPS) -> Whitening:
    """Return the whitening that is fitted on the names of occupations."""
    kept = [kept_names(names[key]) for key in sorted(names)]
    texts = sorted({name for group in kept for some in group for name in some})
    place = {text: row for row, text in enumerate(texts)}
    groups = [[np.array([place[name] for name in some]) for some in group] for group in kept]
    return fit_groups(encode(texts), groups, dimensions, steps)


def kept_names(names: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the names of an occupation by language: where there are many, some of them."""
    return [sorted(names[lang], key=_shuffled)[:MOST_NAMES] for lang in sorted(names)]


def _shuffled(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def fit_groups(
    raw: Vectors, groups: Sequence[Group], dimensions: int = DIMENSIONS, steps: int = _STEPS
) -> Whitening:
    """Return the whitening of vectors in groups that mean the same."""
    start = _discriminant(raw, [np.unique(np.concatenate(group)) for group in groups], dimensions)
    pairs = [group for group in groups if len(np.unique(np.concatenate(group))) > 1]
    matrix = _contrasted(raw - start.mean, start.matrix, pairs, steps) if pairs else start.matrix
    scale = float(np.abs(matrix).max())  # half floats hold it, whatever the encoder's scale
    white = Whitening(start.mean, (matrix / scale).astype(np.float32), start.centres)
    apart = white.apply(raw)
    means = [apart[np.unique(np.concatenate(group))].mean(axis=0) for group in groups]
    return replace(white, centres=unit(np.array(means)))


def _discriminant(
    raw: Vectors, groups: Sequence[npt.NDArray[np.intp]], dimensions: int
) -> Whitening:
    """Return the directions that tell groups apart, each as long as it tells."""
    width = raw.shape[1]
    means = np.array([raw[group].mean(0, dtype=np.float64) for group in groups])
    within, degrees = np.zeros((width, width)), 0
    for group, mean in zip(groups, means, strict=True):
        apart = raw[group] - mean
        within += apart.T @ apart
        degrees += len(group) - 1
    within /= max(degrees, 1)
    sphere = _SPHERE * max(float(np.trace(within)) / width, 1e-9)
    values, turned = np.linalg.eigh(within + sphere * np.eye(width))
    whiten = (turned * values**-0.5) @ turned.T
    centre = means.mean(0)
    _, _, directions = np.linalg.svd((means - centre) @ whiten, full_matrices=False)
    matrix = whiten @ directions[: min(dimensions, len(directions))].T
    none = np.zeros((0, matrix.shape[1]), np.float32)
    return Whitening(centre.astype(np.float32), matrix.astype(np.float32), none)


def _contrasted(raw: Vectors, matrix: Vectors, groups: Sequence[Group], steps: int) -> Vectors:
    """Return the matrix after some steps downhill, the steps getting shorter."""
    dice = np.random.default_rng(0)
    matrix = matrix / np.linalg.norm(raw @ matrix, axis=1).mean()
    first, second = np.zeros_like(matrix), np.zeros_like(matrix)
    for step in range(1, steps + 1):
        some = dice.choice(len(groups), min(_BATCH, len(groups)), replace=False)
        pairs = np.array([_pair(groups[at], dice) for at in some])
        slope = _slope(raw[pairs[:, 0]], raw[pairs[:, 1]], matrix)
        first = _FIRST * first + (1 - _FIRST) * slope
        second = _SECOND * second + (1 - _SECOND) * slope**2
        root = np.sqrt(second / (1 - _SECOND**step)) + 1e-8
        rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        matrix = matrix - rate * (first / (1 - _FIRST**step)) / root
    return matrix.astype(np.float32)


def _pair(group: Group, dice: np.random.Generator) -> tuple[int, int]:
    """Draw two names of an occupation, of any two languages."""
    one, other = (group[at] for at in dice.integers(len(group), size=2))
    name = int(one[dice.integers(len(one))])
    others = other[other != name]
    if not len(others):
        others = np.concatenate(list(group))
        others = others[others != name]
    return name, int(others[dice.integers(len(others))])


def _slope(left: Vectors, right: Vectors, matrix: Vectors) -> Vectors:
    """Return how the loss of pairs (rows of one length) changes with the matrix."""
    sides = [left @ matrix, right @ matrix]
    lengths = [np.linalg.norm(side, axis=1, keepdims=True) for side in sides]
    units = [side / length for side, length in zip(sides, lengths, strict=True)]
    near = _SHARPNESS * units[0] @ units[1].T
    wrong = (_softmax(near) + _softmax(near.T).T) / 2 - np.eye(len(near))
    pull = [wrong @ units[1], wrong.T @ units[0]]
    down = [
        (each - (each * side).sum(1, keepdims=True) * side) / length
        for each, side, length in zip(pull, units, lengths, strict=True)
    ]
    slope: Vectors = (left.T @ down[0] + right.T @ down[1]) * _SHARPNESS / len(left)
    return slope


def _softmax(scores: Vectors) -> Vectors:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    out: Vectors = raised / raised.sum(1, keepdims=True)
    return out


def write_whitening(path: Path, whitening: Whitening) -> None:
    """Write a mean, a matrix and centres, in half precision."""
    rows = {name: each.astype(np.float16) for name, each in asdict(whitening).items()}
    with path.open("wb") as file:
        np.savez_compressed(file, **rows)  # type: ignore[arg-type]


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    wish = parser.parse_args()
    write_whitening(wish.out, fit(read_occupations(wish.files)))
