"""The kernel decides some rows as it decides all, and its output goes over no table that is read."""

from pathlib import Path

import numpy as np
import pytest

from tests.decide.conformance import Batch, batches, load_cases
from tests.table import every
from vanne.decide.bulk import refuse_overwriting
from vanne.decide.item_columns import columns_of
from vanne.decide.kernel import codes_of, folded
from vanne.errors import InputError
from vanne.sources.batches import item_batches

LARGE = [batch for batch in batches(load_cases()) if len(batch.cases) >= 3]


@every("batch", LARGE, ids=lambda batch: batch.whole.about)
def test_some_rows_alone_are_decided_as_among_all(
    tmp_path_factory: pytest.TempPathFactory, batch: Batch
) -> None:
    tables, question = batch.whole.write(tmp_path_factory.mktemp("all")), batch.whole.question()
    members = folded(tables, question)
    for items in map(columns_of, item_batches(tables.items)):
        codes = codes_of(items, members, question)
        for step, first in ((1, 0), (2, 0), (2, 1), (7, 3), (len(items), 0)):
            rows = np.arange(first, len(items), step)
            some = items.at(rows)
            assert some.item_ids.to_pylist() == items.item_ids.take(rows).to_pylist()
            assert codes_of(some, members, question).tolist() == codes[rows].tolist()


def test_verdicts_are_not_written_among_the_tables_that_are_read(tmp_path: Path) -> None:
    query = f"SELECT {', '.join(['item_id'] * 1000)} FROM items"  # longer than a file's name
    refuse_overwriting(tmp_path / "verdicts.parquet", [query, None, "", str(tmp_path / "no")])
    with pytest.raises(InputError, match="lies among the tables to read"):
        refuse_overwriting(tmp_path / "verdicts.parquet", [query, str(tmp_path)])
