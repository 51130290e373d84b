"""What counts as a trace of a text that left: runs of thirteen words that the leaver alone had."""

import pytest

from vanne.corpus import Document
from vanne.forget.traces import holding, left_runs, switched_off, whole

WORDS = [f"word{n}" for n in range(30)]
LONG = " ".join(WORDS)


def of(owner: str, text: str, item: str = "") -> Document:
    return Document(item or f"{owner}-{len(text)}", owner, text, "en", "post")


def words(count: int, start: int = 0) -> str:
    return " ".join(WORDS[start : start + count])


@pytest.mark.parametrize(
    ("text", "another", "is_found"),
    [
        (LONG, LONG, True),
        (LONG, f"so {words(13, 9)} it was", True),
        (LONG, f"so {words(12, 9)} it was", False),
        (LONG, f"so {words(13, 17)}", True),  # the last thirteen
        (LONG, LONG.upper().replace(" ", ",\n"), True),
        (words(13), f"so {words(13)} it was", True),
        (words(12), words(12), True),
        (words(12), f"so {words(12)}", False),  # of a shorter text, the whole
        (words(8), words(8), True),
        (words(7), words(7), False),  # a greeting
        (LONG.replace("word", "ｗｏｒｄ"), LONG, True),
        (LONG, LONG.replace("word", "wo\u00adrd"), True),  # a hyphen that is not seen
        (LONG, LONG.replace("word", "wo\u200brd"), True),  # a space that is not seen
        (LONG, LONG.replace("word", "wórd"), True),
        (LONG, LONG.replace(" ", "_"), True),
        (LONG, "", False),
    ],
)
def test_words_in_a_row_of_what_left_are_found_elsewhere(
    text: str, another: str, is_found: bool
) -> None:
    before = [of("anna", text), of("ben", "something else altogether")]
    left = left_runs(before, before[1:])
    assert holding(left, [another, "nothing of the kind"]) == is_found


def test_what_somebody_else_had_as_well_is_nobodys_trace() -> None:
    before = [of("anna", LONG), of("ben", f"as we all say: {LONG}")]
    assert holding(left_runs(before, before[1:]), [LONG]) == 0
    assert holding(left_runs(before, []), [LONG]) == 0, "two who leave together, too"


def test_what_the_leaver_lets_stay_in_another_text_has_not_left() -> None:
    before = [of("anna", LONG, "one"), of("anna", words(13), "two")]
    left = left_runs(before, before[1:])
    assert holding(left, [words(13)]) == 0
    assert holding(left, [words(13, 10)]) == 1


def test_the_same_item_under_another_owner_has_left_the_first() -> None:
    before = [of("anna", LONG, "one")]
    after = [of("ben", LONG, "one")]
    assert holding(left_runs(before, after), [each.text for each in after]) == 1


def test_who_changed_a_text_has_not_left() -> None:
    before, after = [of("anna", LONG, "one")], [of("anna", "something new", "one")]
    assert not left_runs(before, after)


def test_a_text_that_its_owner_lets_stay_in_a_second_item_is_not_switched_off() -> None:
    before = [of("anna", LONG, "one"), of("anna", LONG, "two"), of("ben", LONG, "three")]
    assert switched_off(before, lambda each: each.item_id == "one") == set()
    assert switched_off(before, lambda each: each.owner == "anna") == {("anna", whole(LONG))}
    assert switched_off([of("anna", words(7))], lambda _: True) == set(), "a greeting"
