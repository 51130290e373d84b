"""Titles by meaning: those of other languages are found as well as those that are spelt alike."""

from vanne_assist.search.encoder import TitleIndex, best, embed
from vanne_assist.titles import neutral

CORPUS = (
    "nurse", "registered nurse", "infirmier", "infirmier diplômé", "krankenpfleger",
    "krankenwagenfahrer", "baker", "boulanger", "bäcker", "software developer",
    "développeur de logiciels", "softwareentwickler", "lorry driver", "chauffeur poids lourd",
    "lastwagenfahrer", "cook", "cuisinier", "koch", "pharmacist", "pharmacien", "apotheker",
)  # fmt: skip


def test_titles_of_other_languages_come_before_one_that_is_only_spelt_alike() -> None:
    scores = TitleIndex(CORPUS, embed(CORPUS)).scores(neutral("Krankenpflegerin", "de"))
    place = {CORPUS[at]: number for number, at in enumerate(best(scores, len(CORPUS)))}
    for other in ("krankenpfleger", "nurse", "registered nurse", "infirmier"):
        assert place[other] < place["krankenwagenfahrer"], other
