"""Read tables where they lie: in object storage, Delta Lake, Iceberg or PostgreSQL.

    s3://lake/posts                             Parquet files below a folder, one, or a pattern
    delta:s3://lake/posts?version=12            a Delta table; without a version as it is now
    delta-changes:s3://lake/posts?after=12      what changed in it since a version
    iceberg:lake/social.posts?snapshot=77       a table of a catalogue of pyiceberg's settings
    iceberg:/lake/posts/metadata/3.metadata.json                    one without a catalogue
    postgresql://reader@host/social#public.posts                    a table or a view

An address is a table in a query of DuckDB: `SELECT id AS item_id FROM 'delta:/lake/posts'`. Each
scan reads it anew as a stream; nothing of it is kept. Credentials come from the environment, as the
libraries have them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `PGPASSFILE`), never from an address.
The change feed of a table of which nothing was read yet is the table itself, as insertions.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from vanne.errors import InputError, StorageError
from vanne.extras import missing
from vanne.words import Message

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ADDRESS = re.compile(r"(s3|gs|abfss?|delta|delta-changes|iceberg|postgresql):", re.IGNORECASE)
FAILED = re.compile(r"reading the stream registered as '(.+?)' failed: (.*)", re.DOTALL)
"""What DuckDB says when a table that was given to it fails while it is read."""
_TORN = re.compile(r"magic bytes|[Cc]orrupt|thrift|deserialize|Invalid:|range|EOF|[Pp]arquet file")
_OPTIONS = {
    "delta": ("version",),
    "delta-changes": ("after", "version"),
    "iceberg": ("snapshot",),
}
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table that exports the Arrow C stream, anew each time."""

    schema: "pa.Schema"
    read: Callable[[], Any]

    def __arrow_c_schema__(self) -> object:
        """Return the schema, in a capsule of Python."""
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows, in a capsule of Python."""
        return self.read().__arrow_c_stream__(requested_schema)


@dataclass(frozen=True, slots=True)
class PinnedQuery:
    """A query whose tables of Delta and Iceberg are each as of one version.

    `snapshots` are these by address; `is_whole` says that they are all that the query reads.
    """

    query: str
    snapshots: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = False


def as_query(source: str) -> str:
    """Return the query of an address."""
    return f'FROM "{source}"' if ADDRESS.match(source) else source


def register(connection: "duckdb.DuckDBPyConnection", query: str) -> None:
    """Make the addresses in a query known to a connection, as tables of that name.

    Raises:
        InputError: one is no address, or its files are damaged or differ.
        MissingError: a package is not installed.
        StorageError: what it names cannot be reached.
    """
    for address in _tables(connection, query)[0]:
        with _reaching(address):
            connection.register(address, _table(address))


def pin(query: str, taken: Mapping[str, str]) -> PinnedQuery:
    """Write into a query which version of its tables is read, and which one was `taken` before.

    Raises:
        InputError, MissingError, StorageError: as `register`.
    """
    from vanne.sources.scan import connected

    query, snapshots = as_query(query), dict[str, str]()
    if not ADDRESS.search(query):
        return PinnedQuery(query)
    with connected(1) as connection:
        addresses, others = _tables(connection, query)
    for address in addresses:
        with _reaching(address):
            if version := _version(address):
                snapshots[address] = version
    is_whole = not others and snapshots.keys() == set(addresses)
    for address, version in snapshots.items():
        kind, place, options = _parts(address)
        options["snapshot" if kind == "iceberg" else "version"] = version
        if kind == "delta-changes" and address in taken:
            options.setdefault("after", taken[address])
        for quote in "'\"":
            name = f"{kind}:{place}?{urlencode(options)}"
            query = query.replace(f"{quote}{address}{quote}", f"{quote}{name}{quote}")
    return PinnedQuery(query, snapshots, is_whole)


def places_in(query: str) -> dict[str, tuple[str, str]]:
    """Return what a query reads, by address: a namespace and a name, as OpenLineage has them."""
    from vanne.sources.scan import connected

    with connected(1) as connection:
        addresses, _ = _tables(connection, as_query(query))
    found = dict[str, tuple[str, str]]()
    for address in addresses:
        kind, place, _options = _parts(address)
        if kind == "postgresql":
            parts = urlsplit(address)
            database = f"{parts.path.strip('/')}.{parts.fragment}"
            found[address] = (
                f"postgres://{parts.hostname or 'localhost'}:{parts.port or 5432}",
                database,
            )
            continue
        store = urlsplit(place if kind in _OPTIONS else address)
        if store.netloc:
            found[address] = f"{store.scheme}://{store.netloc}", store.path.lstrip("/")
        elif kind == "iceberg" and not place.endswith(".json"):
            catalogue, _, name = place.partition("/")
            found[address] = f"iceberg://{catalogue}", name
        else:
            found[address] = "file", store.path
    return found


def failure(text: str) -> Exception | None:
    """Return the error of a table that failed while it was read; None if it is none of these."""
    match = FAILED.search(text)
    return _failed(match[1], match[2]) if match and ADDRESS.match(match[1]) else None


def _tables(connection: "duckdb.DuckDBPyConnection", query: str) -> tuple[list[str], bool]:
    """Return the addresses that a query reads, and whether it reads anything else."""
    if not ADDRESS.search(query):
        return [], True
    rows = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
    tree = json.loads(rows[0][0])  # of a query that is wrong it says so, and has no tables
    names, own, others = dict[str, None](), set[str](), False
    for node in _nodes(tree):
        own |= {each["key"] for each in node.get("cte_map", {}).get("map", ())}
        others |= node.get("type") == "TABLE_FUNCTION"
        if node.get("type") == "BASE_TABLE":
            names[node["table_name"]] = None
    addresses = [name for name in names if ADDRESS.match(name)]
    return addresses, others or bool(names.keys() - own - set(addresses))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    for each in tree if isinstance(tree, list) else ():
        yield from _nodes(each)


def _parts(address: str) -> tuple[str, str, dict[str, str]]:
    kind, _, rest = address.partition(":")
    place, _, options = rest.partition("?")
    return kind.lower(), place, dict(parse_qsl(options))


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    """Say in one line why an address cannot be read."""
    try:
        yield
    except (InputError, StorageError):
        raise
    except ImportError as error:
        module = str(error.name).partition(".")[0]
        extra = {"deltalake": "delta", "pyiceberg": "iceberg"}.get(module, "postgres")
        raise missing(module, extra) from error
    except Exception as error:  # each library has errors of its own
        raise _failed(address, f"{type(error).__name__}: {error}") from error


def _failed(address: str, why: str) -> Exception:
    reason = re.sub(r"\x1b\[[0-9;]*m|\s+", " ", why)[:200]
    if _TORN.search(why):
        todo = "write the files again; nothing of it was taken"
        return InputError(f"`{address}` holds a file that is torn: {reason}", todo=todo)
    return StorageError(f"`{address}` cannot be reached: {reason}", todo="run this again later")


def _version(address: str) -> str | None:
    """Return the version that a table has now, or that its address names; None if it has none."""
    kind, place, options = _parts(address)
    if kind == "iceberg":
        snapshot = options.get("snapshot") or _iceberg(place).current_snapshot()
        return str(getattr(snapshot, "snapshot_id", snapshot)) if snapshot else None
    if not kind.startswith("delta"):
        return None
    return options.get("version") or str(_delta(place).version())


def _table(address: str) -> Any:
    """Return what DuckDB can scan as a table."""
    kind, place, options = _parts(address)
    if kind == "postgresql":
        return _in_postgresql(address)
    for name, value in options.items() if kind in _OPTIONS else ():
        if name not in _OPTIONS[kind] or not value.isdecimal():
            todo = f"give a number: {' or '.join(f'`?{each}=`' for each in _OPTIONS[kind])}"
            raise InputError(f"`{address}`: `{name}` cannot be `{value}`", todo=todo)
    if kind == "delta":
        return _of_delta(_delta(place, options.get("version")), "SELECT * FROM t")
    if kind == "delta-changes":
        return _changes(place, options)
    if kind == "iceberg":
        version = options.get("snapshot")
        scan = _iceberg(place).scan(snapshot_id=int(version) if version else None)
        return LakeTable(scan.to_arrow_batch_reader().schema, scan.to_arrow_batch_reader)
    return _parquet(address)


def _parquet(address: str) -> Any:
    """Return the Parquet files of a folder, in order of their names; all have the same columns."""
    from pyarrow.dataset import dataset
    from pyarrow.fs import FileSelector, FileSystem, FileType

    pattern = _PATTERN.search(address.partition("?")[0])
    base = address[: address.rindex("/", 0, pattern.start())] if pattern else address
    store, path = FileSystem.from_uri(base)
    wanted = path + address[len(base) :] if pattern else "*"
    info = store.get_file_info(path)
    files = [path]
    if info.type != FileType.File:
        below = store.get_file_info(FileSelector(path, allow_not_found=True, recursive=True))
        names = (each.path for each in below if each.type == FileType.File)
        files = sorted(n for n in names if n.endswith(".parquet") and fnmatchcase(n, wanted))
    if not files:
        missing_file = Message("no-such-file", where=f"`{address}`")
        raise StorageError(missing_file, todo=Message("check-path"))
    table = dataset(files, filesystem=store, format="parquet", partitioning="hive")
    kinds = [each.physical_schema.remove_metadata() for each in table.get_fragments()]
    if any(kind != kinds[0] for kind in kinds):  # a column that one lacks would be null
        different = Message("different-columns", table=address)
        raise InputError(different, todo=Message("give-same-columns"))
    return table


def _delta(place: str, version: str | None = None) -> Any:
    from deltalake import DeltaTable

    return DeltaTable(place, version=int(version) if version else None)


def _of_delta(table: Any, query: str) -> LakeTable:
    """Return a query of a Delta table, without deleted rows, in order."""
    import pyarrow as pa
    from deltalake import QueryBuilder

    def read() -> Any:
        one_by_one = {"datafusion.execution.target_partitions": "1"}
        return QueryBuilder(one_by_one).register("t", table).execute(query)

    return LakeTable(pa.schema(read().schema), read)


def _changes(place: str, options: Mapping[str, str]) -> LakeTable:
    """Return what changed after a version; if none is named, the table as if all were new."""
    import pyarrow as pa

    table = _delta(place, options.get("version"))
    if "after" not in options:
        version = f"CAST({table.version()} AS BIGINT UNSIGNED)"  # as the feed has it
        new = f"*, 'insert' AS _change_type, {version} AS _commit_version"
        return _of_delta(table, f"SELECT {new} FROM t")
    columns = [each.name for each in table.schema().fields]
    columns += ["_change_type", "_commit_version"]

    def read() -> Any:
        return table.load_cdf(
            starting_version=int(options["after"]) + 1,
            ending_version=table.version(),
            columns=columns,
            predicate="_change_type != 'update_preimage'",
            allow_out_of_range=True,
        )

    return LakeTable(pa.schema(read().schema), read)


def _iceberg(place: str) -> Any:
    from pyiceberg.catalog import load_catalog
    from pyiceberg.table import StaticTable

    if place.endswith(".metadata.json"):
        return StaticTable.from_metadata(place)
    catalogue, _, name = place.partition("/")
    return load_catalog(catalogue).load_table(name)


def _in_postgresql(address: str) -> LakeTable:
    """Return a table of PostgreSQL; each scan is one statement, so that it sees one moment."""
    import pyarrow as pa
    from adbc_driver_postgresql import dbapi

    parts = urlsplit(address)
    if parts.password:
        todo = "name it in PGPASSWORD or PGPASSFILE"
        raise InputError("the address of a database holds a password", todo=todo)
    if not parts.fragment:
        raise InputError(f"`{address}` names no table", todo="end it with `#schema.table`")
    place = parts._replace(fragment="").geturl()
    query = "SELECT * FROM " + ".".join(f'"{name}"' for name in parts.fragment.split("."))
    with dbapi.connect(place) as connection, connection.cursor() as cursor:
        schema = cursor.adbc_execute_schema(query)

    def rows() -> "Iterator[pa.RecordBatch]":
        with dbapi.connect(place) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            yield from cursor.fetch_record_batch()

    return LakeTable(schema, lambda: pa.RecordBatchReader.from_batches(schema, rows()))
