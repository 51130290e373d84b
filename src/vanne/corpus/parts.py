"""Share a corpus out: its data files are gone through one after the other, or many at once.

What `build`, `refresh` and `screen` do for one data file is a function of files alone, and writes
files that are named by what they are made of. So it may be done in any process that sees the home
under the same path. Each such part gives back a line of the manifest and counts; the process that
asked joins them. The data files are the same however many processes there are, so the version is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from vanne.errors import VanneError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")


class Each(Protocol):
    """Gives what a function makes of each data file, in their order."""

    def __call__(self, function: Callable[[str], T], names: Sequence[str], /) -> Iterable[T]: ...


def in_turn(function: Callable[[str], T], names: Sequence[str], /) -> Iterable[T]:
    """Go through the data files in this process, one after the other."""
    return map(function, names)


@contextmanager
def in_processes(count: int) -> Iterator[Each]:
    """Give what goes through the data files in so many processes of this machine.

    They begin when there are more data files than processes: for few, beginning costs more than it
    brings. The worker beside a server stays one process, since the pages need the cores.
    """
    if count == 1:
        yield in_turn
        return
    from vanne.forks import ends_with_its_parent
    from vanne.forks import pool as new_pool

    if ends_with_its_parent():
        yield in_turn
        return
    with new_pool(count) as pool:

        def each(function: Callable[[str], T], names: Sequence[str], /) -> Iterable[T]:
            return pool.map(function, names) if len(names) > count else map(function, names)

        yield each


def on_spark(spark: "SparkSession") -> Each:
    """Return what goes through the data files on the cluster of a session, each a task.

    Vanne is installed on every machine, and the home is in a folder that all of them see.
    """

    def each(function: Callable[[str], T], names: Sequence[str], /) -> Iterable[T]:
        tasks = spark.sparkContext.parallelize(names, max(1, len(names)))
        for result in tasks.map(partial(_caught, function)).collect():
            if isinstance(result, VanneError):
                raise result
            yield result

    return each


def _caught(function: Callable[[str], T], name: str) -> T | VanneError:
    """Return an error that is for a person to read: Spark would bury it in one of its own."""
    try:
        return function(name)
    except VanneError as error:
        return error
