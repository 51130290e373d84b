"""Decide with Spark, on this machine or on a cluster; Spark reads the files itself.

An active Spark session is used. Without one, a session is started for `VANNE_SPARK_MASTER` (by
default, every core of this machine) and stopped afterwards. A cluster must see the files of the
items and the folder for temporary files (`TMPDIR`) under the same paths as this machine.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from vanne.decide.request import EvaluationRequest
from vanne.decide.sql.staging import FILE_ROWS, Staged, write_words
from vanne.decide.sql.text import (
    CHOICE_TYPES,
    ITEM_TYPES,
    MEMBER_TYPES,
    WORD_TYPES,
    types_of,
    verdict_sql,
    vocabulary_sql,
)
from vanne.errors import MissingError, StorageError
from vanne.extras import require
from vanne.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from vanne.decide.sql.staging import Verdicts

SETTING = "VANNE_SPARK_MASTER"

_TYPES = types_of("spark")


def verdicts(staged: Staged, question: EvaluationRequest) -> "Verdicts":
    """Yield (numbers, codes) of all items, in any order."""
    import pyarrow.parquet as pq

    out = staged.members.parent / "verdicts"
    with session() as spark:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            file = "CAST(SUBSTRING(_metadata.file_name, 1, 6) AS BIGINT)"
            number = f"{file} * {FILE_ROWS} + _metadata.row_index AS number"
            reader = spark.read.schema(_schema(ITEM_TYPES)) if staged.written else spark.read
            items = reader.parquet(_pattern(staged.items))
            items = items.selectExpr(number, *staged.select(_TYPES))
            items.createOrReplaceTempView("items")
            _view(spark, "members", MEMBER_TYPES, staged.members)
            _view(spark, "choices", CHOICE_TYPES, staged.choices)
            vocabulary = spark.sql(vocabulary_sql("spark")).collect()
            words = ((row.kind, row.value) for row in vocabulary)
            _view(spark, "words", WORD_TYPES, write_words(question, words, staged))
            spark.sql(
                verdict_sql(question, "spark", key="number", every_choice=True)
            ).write.parquet(f"file://{out}")
        except (PySparkException, Py4JError) as error:  # whose text could hold a value of the data
            kind = isinstance(error, PySparkException) and error.getCondition()
            raise StorageError(
                f"Spark stopped: {kind or type(error).__name__}",
                todo="look at its log; see that every machine reads the files under the same paths",
            ) from error
    for path in sorted(out.glob("*.parquet")):
        table = pq.read_table(path)
        yield table["number"].to_numpy(), table["code"].to_numpy()


@contextmanager
def session() -> "Iterator[SparkSession]":
    """Give a session of our own (views, settings) on the Spark that runs, or that is started here.

    Raises:
        MissingError: PySpark or Java is not installed.
        StorageError: Spark did not start.
    """
    require("spark")
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    is_running = SparkContext._active_spark_context is not None
    spark = SparkSession.builder.getOrCreate() if is_running else start()
    try:
        own = spark.newSession()
        for name, value in _SETTINGS.items():
            own.conf.set(name, value)
        yield own
    finally:
        if not is_running:
            spark.stop()


def start(master: str | None = None, settings: Mapping[str, str] | None = None) -> "SparkSession":
    """Start Spark, which says nothing and listens to nobody but itself.

    Raises:
        MissingError: Java is not installed, or too old.
    """
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    java = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (java and Path(java, "bin", "java").exists())):
        raise MissingError("Spark needs Java", todo="install Java 17 or newer (Debian: apt-get "
                           "install openjdk-17-jre-headless) or set JAVA_HOME")  # fmt: skip
    where = master or Settings.of().spark_master
    conf = SparkConf().setMaster(where).setAppName("vanne").set("spark.ui.enabled", "false")
    conf.setAll(list((settings or {}).items()))
    if where.startswith("local"):
        conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.host", "127.0.0.1")
    try:
        with TemporaryFile() as said:  # what Java and Spark say while they start
            quiet = {"stdout": said, "stderr": said}
            gateway = SparkContext._gateway or launch_gateway(conf, quiet)  # type: ignore[no-untyped-call]
        context = SparkContext(conf=conf, gateway=gateway)
    except (PySparkException, Py4JError) as error:
        raise MissingError(
            f"Spark did not start for `{where}`",
            todo=f"see that Java is 17 or newer and that {SETTING} is right",
        ) from error
    return SparkSession(context)


_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
}


def _view(spark: "SparkSession", name: str, kinds: Mapping[str, str], folder: Path) -> None:
    table = spark.read.schema(_schema(kinds)).parquet(_pattern(folder))
    table.createOrReplaceTempView(name)


def _pattern(folder: Path) -> str:
    """Return a pattern of Hadoop that names one folder, whose name may hold any sign."""
    return "file://" + re.sub(r"([\[\]{}*?\\])", r"\\\1", str(folder))


def _schema(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in kinds.items())
