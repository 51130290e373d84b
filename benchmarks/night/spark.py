"""`./run python -m benchmarks.night.spark`: a cluster decides a table, against its own copy of it.

Two workers of one core each, on this machine. Spark copies a table of items, Parquet to Parquet;
then it writes the verdicts on them (`vanne.decide.cluster`). CPU seconds are those of all
processes: the driver, the workers, and their Pythons.
"""

import json
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import pyarrow.parquet as pq
import pyspark
from benchmarks.measure import cpu_seconds
from benchmarks.network import AS_OF, make
from benchmarks.terminal import amount
from benchmarks.ways import POLICY

from vanne.decide.cluster import decide_frame
from vanne.decide.sql import on_spark

SETTINGS = {
    "spark.executor.memory": "2g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.ui.showConsoleProgress": "false",
}


def main() -> None:
    """Measure, and print one JSON document."""
    parser = ArgumentParser()
    parser.add_argument("--items", type=amount, default=1_000_000)
    parser.add_argument("--work", type=Path)
    wish = parser.parse_args()
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    with tempfile.TemporaryDirectory(dir=wish.work) as folder:
        tables = make(Path(folder, "network"), "clustered", wish.items, files=8)
        spark = on_spark.start("local-cluster[2,1,2560]", SETTINGS)
        items = spark.read.parquet(tables.items_folder.as_uri())
        spark.range(1).count()  # the workers are there
        start = cpu_seconds()
        items.write.parquet((copy := Path(folder, "copy")).as_uri())
        copied = cpu_seconds() - start
        start = cpu_seconds()
        verdicts = decide_frame(
            items, str(tables.members), str(tables.choices), policy=POLICY, as_of=AS_OF
        )
        verdicts.write.parquet((out := Path(folder, "verdicts")).as_uri())
        decided = cpu_seconds() - start
        rows = pq.read_table(out, columns=["reason"])["reason"].value_counts().to_pylist()
        spark.stop()
        counts = {row["values"]: row["counts"] for row in rows}
        assert sum(counts.values()) == wish.items
        copy_bytes = sum(path.stat().st_size for path in copy.glob("*.parquet"))
    said = {"items": wish.items, "copy_cpu_s": copied, "decide_cpu_s": decided}
    print(json.dumps(said | {"ratio": decided / copied, "bytes": copy_bytes, "counts": counts}))


if __name__ == "__main__":
    main()
