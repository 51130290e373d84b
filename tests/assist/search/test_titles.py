"""Titles by meaning: those of other languages are found as well as those that are spelt alike."""

import numpy as np
import pytest

from vanne_assist.search.encoder import embed
from vanne_assist.search.title_index import TitleIndex, match

CORPUS = (
    "nurse", "registered nurse", "infirmier", "infirmier diplômé", "krankenpfleger",
    "krankenwagenfahrer", "baker", "boulanger", "bäcker", "software developer",
    "développeur de logiciels", "softwareentwickler", "lorry driver", "chauffeur poids lourd",
    "lastwagenfahrer", "cook", "cuisinier", "koch", "pharmacist", "pharmacien", "apotheker",
)  # fmt: skip


@pytest.fixture(scope="module")
def titles() -> TitleIndex:
    return TitleIndex(CORPUS, embed(CORPUS))


def test_a_part_of_the_titles_is_scored_as_it_is_among_all(titles: TitleIndex) -> None:
    for among in (np.array([2, 5, 9]), np.arange(len(CORPUS))[::-1], np.zeros(0, np.int64)):
        some = titles.scores("nurse", among)
        assert np.allclose(some, titles.scores("nurse")[among], atol=1e-6)


def test_titles_of_other_languages_come_before_one_that_is_only_spelt_alike() -> None:
    (hits,) = match(["Krankenpflegerin"], CORPUS, lang="de")
    place = {CORPUS[at]: number for number, (at, _) in enumerate(hits)}
    for other in ("krankenpfleger", "nurse", "registered nurse", "infirmier"):
        assert place[other] < place["krankenwagenfahrer"], other
