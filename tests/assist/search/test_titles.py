"""Titles by meaning and letters together: what each part does for the other."""

import numpy as np
import pytest

from vanne_assist.search.title_index import By, TitleIndex, match

CORPUS = (
    "nurse", "registered nurse", "infirmier", "infirmier diplômé", "krankenpfleger",
    "krankenwagenfahrer", "baker", "boulanger", "bäcker", "software developer",
    "développeur de logiciels", "softwareentwickler", "lorry driver", "chauffeur poids lourd",
    "lastwagenfahrer", "cook", "cuisinier", "koch", "pharmacist", "pharmacien", "apotheker",
)  # fmt: skip


@pytest.fixture(scope="module")
def titles() -> TitleIndex:
    return TitleIndex.of(CORPUS)


def test_a_part_of_the_titles_is_scored_by_meaning_as_it_is_among_all(titles: TitleIndex) -> None:
    for among in (np.array([2, 5, 9]), np.arange(len(CORPUS))[::-1]):
        some = titles.scores("nurse", "meaning", among=among)
        assert np.allclose(some, titles.scores("nurse", "meaning")[among], atol=1e-6)


def test_who_is_not_among_those_that_are_scored_moves_nobody(titles: TitleIndex) -> None:
    among = np.array([at for at, form in enumerate(CORPUS) if "nurse" not in form])
    alone = TitleIndex(titles.forms, titles.vectors.copy(), titles.letters)
    alone.vectors[[0, 1]] = alone.vectors[[6, 9]]
    assert np.array_equal(
        titles.scores("night nurse", among=among), alone.scores("night nurse", among=among)
    )


def places(titles: TitleIndex, form: str, by: By = "both") -> dict[str, int]:
    """At which place every title is found, from 0."""
    order = np.argsort(-titles.scores(form, by), kind="stable")
    return {titles.forms[at]: place for place, at in enumerate(order.tolist())}


def test_titles_of_other_languages_come_before_one_that_is_only_spelt_alike(
    titles: TitleIndex,
) -> None:
    (spelt,) = match(["Krankenpflegerin"], CORPUS, lang="de", count=2, by="letters")
    assert [CORPUS[at] for at, _ in spelt] == ["krankenpfleger", "krankenwagenfahrer"]
    found = places(titles, "krankenpfleger")
    for other in ("nurse", "registered nurse", "infirmier"):
        assert found[other] < found["krankenwagenfahrer"], other


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("boulagner", "boulanger"),
        ("apoteker", "apotheker"),
    ],
    ids=["fr", "de"],
)
def test_a_misspelt_title_is_found_by_its_letters(
    titles: TitleIndex, written: str, meant: str
) -> None:
    found, by_meaning = places(titles, written), places(titles, written, "meaning")
    assert found[meant] < 3
    assert found[meant] < by_meaning[meant], "the encoder knows the word: it shows nothing"


def test_scores_of_no_titles_are_none(titles: TitleIndex) -> None:
    assert len(titles.scores("nurse", among=np.zeros(0, np.int64))) == 0
