"""A short round of the fuzzing of every reader, always the same; `tests.sources.fuzz` runs more."""

from pathlib import Path

import pytest

from tests.sources import fuzz
from vanne.sources.reading import FileReading

ROUNDS = [range(first, first + 30) for first in (0, 1000, 2000)]


@pytest.mark.parametrize("numbers", ROUNDS, ids=lambda numbers: f"from {numbers.start}")
def test_what_nobody_would_send_on_purpose_is_counted_or_refused(numbers: range) -> None:
    wrong = {number: said for number in numbers if (said := fuzz.check(number))}
    assert wrong == {}, "python -m tests.sources.fuzz --case NUMBER"


def test_every_kind_of_damage_is_among_the_cases() -> None:
    made = [fuzz.case_of(number) for numbers in ROUNDS for number in numbers]
    assert {"bytes", "field", "record", "values", "tags", "container"} <= {c.what for c in made}
    assert sum(case.rows is not None for case in made) > 10


def test_a_lost_row_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(c for n in range(500) if (c := fuzz.case_of(n)).rows is not None)
    monkeypatch.setattr(
        FileReading, "rows", property(lambda file: file.item_count + len(file.listed) - 1)
    )
    with pytest.raises(AssertionError):
        fuzz.run(case, tmp_path)
