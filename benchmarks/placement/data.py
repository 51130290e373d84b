"""The items of two networks as the simulation reads them: the demo's, and made-up ones of any size.

In the demo network they are the documents of its corpus with their real tokens. In a larger one
they are all items with a text that is not of a never used category, and a token is four characters
(the demo's texts have 3.0 to 4.1 a token by language; only shares are told). The year that is
simulated is the network's last one.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
from benchmarks.network import AS_OF, make
from benchmarks.placement.rates import DAYS
from benchmarks.placement.year import Items
from benchmarks.training import Corpus

from vanne.sources.tables import read_items

_QUERY = """
SELECT substr(owner, 2)::BIGINT AS owner,
    coalesce(substr(coalesce(author, subjects[1]), 2)::BIGINT, -1) AS other,
    2 + least(length(text) // 4, 254) AS tokens,
    date_diff('day', TIMESTAMPTZ '{as_of}', coalesce(created_at, TIMESTAMPTZ '2011-01-01'))
        + {days} AS made
FROM '{files}' WHERE owner LIKE 'm%' AND text IS NOT NULL
    AND category NOT IN ('private_message', 'salary', 'credential', 'payment')
"""


def made_up(items: int, work: Path | None = None) -> Items:
    """Return the items of a made-up network of ten items a member."""
    with tempfile.TemporaryDirectory(dir=work, prefix="vanne-bench-") as folder:
        tables = make(Path(folder), "clustered", items)
        query = _QUERY.format(as_of=AS_OF, days=DAYS, files=tables.item_files)
        with duckdb.connect() as connection:
            rows = connection.execute(query).fetchnumpy()
    members = items // 10
    other = np.where(rows["other"] < members, rows["other"], -1)
    return Items(
        rows["owner"].astype(np.int64),
        other.astype(np.int64),
        rows["tokens"].astype(np.int64),
        rows["made"].astype(np.int64),
        members,
    )


def demo(corpus: Corpus) -> Items:
    """Return the documents of a demo network; its members are numbered as they appear."""
    people: dict[str, int] = {}
    known = {item.item_id: item for item in read_items(str(corpus.home.items / "items.parquet"))}
    rows = []
    for document, tokens in zip(corpus.documents, corpus.tokens(), strict=True):
        item = known[document.item_id]
        others = {item.author or item.owner, *item.subjects} - {item.owner}
        owner = people.setdefault(document.owner, len(people))
        other = people.setdefault(min(others), len(people)) if others else -1
        made = (item.created_at or datetime(2011, 1, 1, tzinfo=UTC)) - corpus.as_of
        rows.append((owner, other, tokens, made.days + DAYS))
    columns = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Items(*columns, len(people))
