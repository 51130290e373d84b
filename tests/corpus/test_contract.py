"""What a column is held to: how many values a night's rows should give."""

from vanne.corpus.contract import WHOLE, AgreedColumn


def test_as_many_values_are_expected_as_each_category_gave() -> None:
    column = AgreedColumn(("string",), {"post": (5, 10), "cv": (1, 10), "photo": (0, 20)})
    assert column.expected({"post": 4}) == 2
    assert column.expected({"post": 4, "cv": 10, "photo": 7}) == 3
    assert column.expected({WHOLE: 20}) == 3  # without a category: 6 of 40, as all do
    assert AgreedColumn((), {}).expected({WHOLE: 20}) == 0
