"""All engines give the same reason for each row, whatever the policy, the people and the items are.

Every example is a policy of its own with thousands of rows. A failure is not shrunk: it names the
row and all that bears upon it, which is what a person needs.
"""

from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.decide.on_postgres import AnyEngine, decide_by
from tests.decide.worlds import World, worlds
from vanne.decide.bulk import EvaluationRequest, Tables
from vanne.terms import REASONS

ROWS = 2_500
NOT_SHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large)


def drawn(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(
        max_examples=examples,
        phases=NOT_SHRUNK,
        suppress_health_check=SLOW_IS_FINE,
        print_blob=True,
    )


def decided(tables: Tables, question: EvaluationRequest, engine: AnyEngine) -> dict[str, int]:
    """Return the code that an engine gives each item."""
    whole = pa.Table.from_batches(decide_by(engine, tables, question))
    codes = dict(zip(whole["item_id"].to_pylist(), whole["code"].to_pylist(), strict=True))
    assert len(codes) == len(whole)
    return codes


def agree(made: World, folder: Path, *engines: AnyEngine) -> Counter[str]:
    """Decide a world with the reference and other engines; return the reasons that were given."""
    folder.mkdir()
    tables = made.write(folder)
    wanted = decided(tables, made.question, "reference")
    assert list(wanted) == made.items["item_id"].to_pylist()
    for engine in engines:
        given_ = decided(tables, made.question, engine)
        assert given_.keys() == wanted.keys()
        wrong = [item_id for item_id, code in wanted.items() if given_[item_id] != code]
        shown = [
            (engine, REASONS[given_[item_id]].value, "not", REASONS[wanted[item_id]].value, made.about(item_id))
            for item_id in wrong[:3]
        ]  # fmt: skip
        assert (len(wrong), shown) == (0, [])
    return Counter(REASONS[code].value for code in wanted.values())


@pytest.mark.parametrize("engines", [("kernel", "duckdb")], ids="-".join)
def test_twenty_five_thousand_rows_get_one_reason_from_each(
    engines: tuple[AnyEngine, ...], tmp_path: Path
) -> None:
    met: Counter[str] = Counter()
    folders = (tmp_path / str(number) for number in count())

    @drawn(examples=10)
    @given(worlds(rows=ROWS))
    def every_row(made: World) -> None:
        met.update(agree(made, next(folders), *engines))

    every_row()
    assert met.total() == 25_000
    assert {reason.value: met[reason] for reason in REASONS if met[reason] < 10} == {}


@pytest.mark.parametrize(("engine", "examples"), [("postgres", 3), ("spark", 1)])
def test_servers_agree_too(
    engine: AnyEngine, examples: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(engine)
    folders = (tmp_path / str(number) for number in count())

    @drawn(examples)
    @given(worlds(rows=ROWS))
    def every_row(made: World) -> None:
        agree(made, next(folders), engine)

    every_row()
