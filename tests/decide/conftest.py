"""An engine that must run before it is asked: a local Spark.

It is real, starts when the first test asks for it, and is gone when the last one is done.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark
import pytest

from vanne.decide.sql import on_spark
from vanne.errors import MissingError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SMALL = {
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""What makes Spark quick to start: a short question took 2 s in place of 5. To compile a question
to Java takes longer than to read thousands of rows without that."""


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    """Start Spark on two cores for all tests."""
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))  # for workers
    try:
        session = on_spark.start("local[2]", SMALL)
    except MissingError as error:
        if os.environ.get("VANNE_REQUIRE_BROWSER") == "1":
            raise
        pytest.skip(str(error))
    try:
        yield session
    finally:
        session.stop()
