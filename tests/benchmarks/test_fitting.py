"""The matrix that whitens titles: what is read, and what the fit does to vectors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.search.fitting import _slope, fit_groups, read_occupations

from tests.conftest import CASES
from vanne_assist.search.encoder import Vectors

TITLES = CASES / "search" / "titles"


def test_names_are_read_by_occupation_and_language_from_either_form() -> None:
    elements = TITLES / "fra_q_fr_c_fr" / "corpus_elements.tsv"
    table = TITLES / "esco" / "occupations_de.tsv"
    names = read_occupations([elements, table])
    assert names["C000002"] == {"fr": {"infirmier", "infirmier diplômé", "infirmier en chirurgie"}}
    assert names["o1"] == {"de": {"pflegefachmann", "krankenpfleger", "pflegefachperson"}}
    assert len(names) == 20


def made_up(occupations: int, seed: int) -> tuple[Vectors, list[list[np.ndarray]]]:
    """Vectors of three names in two languages; the language is louder than the occupation."""
    dice = np.random.default_rng(seed)
    meaning = dice.standard_normal((occupations, 1, 1, 48))
    language = 6 * np.random.default_rng(0).standard_normal((1, 2, 1, 48))
    vectors = meaning + language + 0.7 * dice.standard_normal((occupations, 2, 3, 48))
    places = np.arange(occupations * 6).reshape(occupations, 2, 3)
    return vectors.reshape(-1, 48).astype(np.float32), [list(each) for each in places]


def found(vectors: Vectors) -> float:
    """How often the nearest name in the other language is one of the same occupation."""
    ours, theirs = (vectors.reshape(-1, 2, 3, vectors.shape[1])[:, at, 0] for at in (0, 1))
    return float((np.argmax(ours @ theirs.T, axis=1) == np.arange(len(ours))).mean())


def test_names_of_occupations_that_it_never_saw_find_each_other_across_languages() -> None:
    raw, groups = made_up(150, 1)
    other, _ = made_up(100, 2)
    plain = other / np.linalg.norm(other, axis=1, keepdims=True)
    discriminant = fit_groups(raw, groups, 24, steps=0)
    whole = fit_groups(raw, groups, 24, steps=120)
    discriminant, fitted = (
        replace(each, centres=each.centres[:0]) for each in (discriminant, whole)
    )
    assert found(plain) < 0.8
    assert found(discriminant.apply(other)) > found(plain)
    assert found(fitted.apply(other)) >= found(discriminant.apply(other)) - 0.02
    assert found(fitted.apply(raw)) > found(discriminant.apply(raw))


def test_new_names_of_an_occupation_find_each_other_by_its_centre() -> None:
    raw, groups = made_up(150, 1)
    names = raw.reshape(150, 2, 3, -1)
    new = names + 2.0 * np.random.default_rng(5).standard_normal(names.shape, np.float32)
    fitted = fit_groups(raw, groups, 24, steps=120)
    alone = replace(fitted, centres=fitted.centres[:0])
    new = new.reshape(raw.shape)
    assert found(fitted.apply(new)) > found(alone.apply(new)) + 0.02


def test_the_same_names_give_the_same_matrix() -> None:
    raw, groups = made_up(40, 3)
    assert fit_groups(raw, groups, 8, 20).digest == fit_groups(raw, groups, 8, 20).digest


def loss(left: Vectors, right: Vectors, matrix: Vectors) -> float:
    """InfoNCE in both directions, as the paper writes it."""
    sides = [side @ matrix for side in (left, right)]
    units = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides]
    near = 20.0 * units[0] @ units[1].T
    rows = [np.log(np.exp(each).sum(1)) - np.diag(each) for each in (near, near.T)]
    return float(np.mean(rows))


@pytest.mark.parametrize("at", [(0, 0), (3, 1), (5, 2)], ids=["first", "middle", "last"])
def test_the_slope_is_how_the_loss_changes(at: tuple[int, int]) -> None:
    dice = np.random.default_rng(4)
    left, right, matrix = (dice.standard_normal(shape) for shape in ((7, 6), (7, 6), (6, 3)))
    step = np.zeros((6, 3))
    step[at] = 1e-5
    change = loss(left, right, matrix + step) - loss(left, right, matrix - step)
    assert _slope(left, right, matrix)[at] == pytest.approx(change / 2e-5, rel=1e-4)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    from vanne.errors import InputError

    path = tmp_path / "occupations_de.tsv"
    path.write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="no table of occupations"):
        read_occupations([path])
