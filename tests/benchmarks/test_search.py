"""The benchmark of search works as a whole on ten occupations and a few people. Nothing is timed."""

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.chart import shares
from benchmarks.search.quality import WAYS, is_held_out
from benchmarks.search.sets import measures, mixed, names_in, names_of, read_set

from tests.benchmarks.forking import run_whole
from tests.conftest import CASES

TITLES = CASES / "search" / "titles"
SETS = [read_set(TITLES / name) for name in ("deu_q_de_c_de", "fra_q_fr_c_en", "fra_q_fr_c_fr")]


def test_the_whole_benchmark_on_ten_occupations(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- search: begin -->\n<!-- search: end -->\nkept\n")
    run_whole(
        "search", "--melo", TITLES, "--esco", TITLES / "esco",
        "--queries", "10", "--members", "40", "--profiles", "100", "200", "--only", "titles",
        "people", "speed", "--work", tmp_path, "--results", tmp_path, "--page", page,
        "--charts", tmp_path,
    )  # fmt: skip
    found = json.loads((tmp_path / "search.json").read_text())
    assert str(tmp_path) not in json.dumps(found), "a result names a place of this machine"
    sets = {each["name"]: each for each in found["titles"]["found"]}
    assert set(sets) == {*(each.name for each in SETS), "mixed", "names-de", "names-en"}
    for each in sets.values():
        assert set(each["ways"]) == set(each["held_out"]) == set(each["new"]) == set(WAYS)
    assert sets["fra_q_fr_c_en"]["ways"]["vanne"]["ndcg10"] > 0.8, "ten occupations are not hard"
    assert set(sets["mixed"]["ways"]["vanne"]["ndcg10_by"]) == {"de", "fr"}
    assert {each["lang"] for each in found["people"]["found"]} == {"fr", "en", "de", "it"}
    assert [each["profiles"] for each in found["speed"]["found"]["sizes"]] == [100, 200]
    text = page.read_text()
    assert text.endswith("kept\n")
    assert "### People of the demo network" in text
    assert (tmp_path / "bench-search.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("scores", "wanted", "expected"),
    [
        ([3, 2, 1, 0], [0, 1], (1, 1, 1)),
        ([0, 1, 2, 3], [0], (1 / np.log2(5), 1 / 4, 1)),
        ([1, 1, 1], [1], (1 / np.log2(3), 1 / 2, 1)),
        ([*range(60, 0, -1)], [0, 59], (1 / (1 + 1 / np.log2(3)), (1 + 2 / 60) / 2, 1 / 2)),
    ],
    ids=["best", "last of four", "ties as they lie", "beyond fifty"],
)
def test_measures_are_those_of_the_books(
    scores: list[int], wanted: list[int], expected: tuple[float, ...]
) -> None:
    assert measures(np.array(scores, float), np.array(wanted)) == pytest.approx(expected)


def test_a_mixed_corpus_has_every_name_of_what_is_asked_for_in_four_languages() -> None:
    tested = mixed(SETS, names_of(SETS, TITLES / "esco"), 5)
    ids = {name for name, _ in tested.corpus}
    assert {name.split("_")[1] for name in ids} == {"de", "en", "fr", "es"}
    assert len(ids) == len(tested.corpus)
    assert all(wanted <= ids for wanted in tested.relevant.values())
    assert len(tested.relevant["deQ000001"]) == 3 + 3 + 3 + 2


def test_a_name_that_asks_is_not_among_those_that_are_searched() -> None:
    tested = names_in(names_of(SETS, None), "en", 4)
    assert len(tested.queries) == 4
    assert not {name for name, _ in tested.queries} & {name for name, _ in tested.corpus}
    assert all(len(wanted) == 2 for wanted in tested.relevant.values())


def test_an_occupation_is_held_out_in_every_language_or_in_none() -> None:
    for each in SETS:
        assert {is_held_out(name) for name, _ in each.corpus} == {True, False}
    assert is_held_out("C000001_de_000") == is_held_out("C000001_es_001") == is_held_out("C000001")


def test_shares_are_drawn_from_nought_to_one() -> None:
    drawing = shares("t", "n", {"set": {"one": 0.5, "other": 1.0}})
    assert drawing.count("<rect") == 1 + 2 + 2  # the page, two bars, two in the legend
    assert "0.500" in drawing
