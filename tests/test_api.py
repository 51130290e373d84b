"""`import vanne`: the public names take what people hold in memory, and say what is wrong in a line."""

import inspect
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import vanne
from tests.decide.conformance import batches, load_cases
from tests.forget.homes import make_home
from tests.table import every
from vanne.cli import cli
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.terms import Choice
from vanne.train.settings import TrainingSettings

TABLES = Path(__file__).parents[1] / "examples" / "tables"
ITEMS, MEMBERS, CHOICES = (TABLES / f"{name}.csv" for name in ("items", "members", "choices"))
decide = partial(vanne.decide, policy="linkedin-2025-11-03", as_of="2026-01-01")


def line(error: pytest.ExceptionInfo[vanne.VanneError]) -> str:
    """Return what an error says, which is one line."""
    text = str(error.value)
    assert "\n" not in text
    return text


# The names


def test_import_vanne_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import vanne; print(*(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert {name.partition(".")[0] for name in loaded} <= {
        "vanne",
        "importlib",
        "types",
        "warnings",
    }
    assert len(loaded) < 10


@every("name", vanne.__all__)
def test_each_name_is_there_and_says_what_it_is(name: str) -> None:
    public = getattr(vanne, name)
    assert public.__name__ == name
    assert inspect.getdoc(public)


def test_a_room_does_not_take_the_place_of_the_function_of_its_name() -> None:
    import vanne.decide.kernel

    assert inspect.isfunction(vanne.decide)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute `decides`"):
        vanne.decides  # type: ignore[attr-defined]  # noqa: B018


# Tables


class Stream:
    """The least that a data frame has: the Arrow C stream."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def polars_like(table: pa.Table) -> Stream:
    """Types as polars has them: views of texts, large lists, nanoseconds."""
    types = {
        pa.string(): pa.string_view(),
        pa.list_(pa.string()): pa.large_list(pa.string_view()),
        pa.timestamp("us", "UTC"): pa.timestamp("ns", "UTC"),
    }
    fields = [pa.field(each.name, types.get(each.type, each.type)) for each in table.schema]
    return Stream(table.cast(pa.schema(fields)))


def relation(table: pa.Table) -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.from_arrow(table)


FORMS: dict[str, Callable[[pa.Table], object]] = {
    "table": lambda table: table,
    "reader": lambda table: table.to_reader(),
    "stream": Stream,
    "polars": polars_like,
    "duckdb": relation,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_in_memory_gets_the_reasons_of_the_conformance_cases(
    form: str, tmp_path: Path
) -> None:
    for number, batch in enumerate(each for each in batches(load_cases()) if len(each.cases) >= 10):
        (folder := tmp_path / str(number)).mkdir()
        files = batch.whole.write(folder, "parquet")
        tables = [FORMS[form](pq.read_table(path)) for path in (files.items, files.members)]
        choices = FORMS[form](pq.read_table(files.choices))
        asked = batch.whole.question()
        decided = vanne.decide(
            *tables, choices, policy=asked.policy, purpose=asked.purpose, as_of=asked.as_of
        )
        given = batch.split(decided["reason"].to_pylist())
        wanted = batch.split(batch.whole.expected)
        assert given == wanted


def test_polars_itself_is_read() -> None:
    polars = pytest.importorskip("polars")
    tables = [polars.read_csv(path) for path in (ITEMS, MEMBERS, CHOICES)]
    assert decide(*tables).equals(decide(ITEMS, MEMBERS, CHOICES))


def test_paths_queries_and_tables_go_together() -> None:
    of_paths = decide(ITEMS, str(MEMBERS), CHOICES)
    query = f"SELECT * FROM read_csv('{MEMBERS}', all_varchar = true)"
    assert decide(pyarrow.csv.read_csv(ITEMS), query, CHOICES).equals(of_paths)
    assert of_paths.schema.names == ["item_id", "reason"]
    assert of_paths["item_id"].to_pylist() == pyarrow.csv.read_csv(ITEMS)["item_id"].to_pylist()
    assert set(of_paths["reason"].to_pylist()) >= {"allowed", "off"}


@pytest.mark.parametrize("engine", ["reference", "kernel", "duckdb"])
def test_each_engine_takes_a_table_in_memory(engine: Any) -> None:
    tables = [pyarrow.csv.read_csv(path) for path in (ITEMS, MEMBERS, CHOICES)]
    assert decide(*tables, engine=engine).equals(decide(ITEMS, MEMBERS, CHOICES))


def test_without_choices_nobody_has_chosen() -> None:
    assert "off" not in decide(ITEMS, MEMBERS)["reason"].to_pylist()


def without(column: str) -> pa.Table:
    return pyarrow.csv.read_csv(ITEMS).drop_columns([column])


def called(old: str, new: str) -> pa.Table:
    table = pyarrow.csv.read_csv(ITEMS)
    return table.rename_columns([new if name == old else name for name in table.column_names])


@every(
    ("items", "said"),
    [
        (without("owner"), "items: column `owner` is missing: add it"),
        (
            called("owner", "owners"),
            "items: column `owner` is missing: rename that column (did you mean `owners`?)",
        ),
        (
            called("tags", "Tags"),
            "items: column `Tags` is not one of the items: did you mean `tags`?",
        ),
        (called("author", "owner"), "items: the column `owner` is there twice: rename one"),
        ([{"item_id": "1"}], "items: of the type `list`, which is no table: give a path"),
        (None, "items: of the type `NoneType`, which is no table: give a path"),
        (TABLES / "none.csv", "no such file: `"),
        ("s3://bucket/items.parquet", "s3://bucket/items.parquet"),
        ("", "the name of a table is empty"),
    ],
)
def test_what_is_no_table_of_items_is_told_in_one_line(items: object, said: str) -> None:
    with pytest.raises(vanne.VanneError) as error:
        decide(items, MEMBERS)
    assert said in line(error)


# Policies and times


@every(
    ("given", "said"),
    [
        ({"policy": "linkdin-2025-11-03"}, "did you mean `linkedin-2025-11-03`?"),
        ({"policy": TABLES / "none.toml"}, "none.toml`"),
        ({"purpose": "advertising"}, "use one of `generative-ai-training`"),
        ({"engine": "spork"}, "there is no engine `spork`: did you mean `spark`?"),
        ({"as_of": datetime(2026, 1, 1)}, "as_of has no time zone: `2026-01-01 00:00:00`: give"),
        ({"as_of": "2026-01-01T12:00"}, "as_of has no time zone: `2026-01-01T12:00`: give"),
        ({"as_of": "yesterday"}, "as_of is no time: `yesterday`: give a day, or a time with"),
        ({"as_of": 2026}, "as_of is no time: `2026`"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(vanne.VanneError) as error:
        decide(ITEMS, MEMBERS, **given)
    assert said in line(error)


def test_a_day_is_its_first_moment_and_a_zone_is_heard() -> None:
    """LinkedIn started in Switzerland on 3 November 2025, in UTC."""
    started = decide(ITEMS, MEMBERS, as_of="2025-11-03")
    zone = timezone(timedelta(hours=2))
    for same in (datetime(2025, 11, 3, tzinfo=UTC), datetime(2025, 11, 3, 2, tzinfo=zone)):
        assert decide(ITEMS, MEMBERS, as_of=same).equals(started)
    before = decide(ITEMS, MEMBERS, as_of="2025-11-03T01:59:59+02:00")
    assert before["reason"].to_pylist() != started["reason"].to_pylist()


def test_a_policy_says_itself_in_sentences() -> None:
    policy = vanne.Policy("linkedin-2025-11-03")
    assert policy == vanne.Policy("linkedin-2025-11-03")
    assert list(policy.purposes) == ["generative-ai-training"]
    english, french = policy.explain(), policy.explain(lang="fr")
    assert len(english) == len(french) > 10
    assert not set(english) & set(french)
    with pytest.raises(vanne.VanneError) as error:
        policy.explain(lang="es")
    assert "there are no words in the language `es`" in line(error)


def test_a_policy_may_be_a_file_of_one_s_own(tmp_path: Path) -> None:
    from vanne.policy.load import text_of

    path = tmp_path / "mine.toml"
    path.write_text(text_of("linkedin-2025-11-03").replace("linkedin-2025-11-03", "mine"))
    assert vanne.Policy(path).name == "mine"
    assert decide(ITEMS, MEMBERS, policy=path).equals(decide(ITEMS, MEMBERS))


# SQL


def to_sql(dialect: Any = "duckdb", **given: Any) -> str:
    return vanne.to_sql("linkedin-2025-11-03", dialect=dialect, as_of="2026-01-01", **given)


def test_the_select_reads_tables_of_other_names() -> None:
    """A schema, quotes and a template of dbt; the reasons are those of the same tables."""
    from vanne.decide.sql import create_tables

    with duckdb.connect() as connection:
        connection.execute(create_tables("duckdb"))
        connection.execute("CREATE SCHEMA raw; CREATE TABLE raw.posts AS FROM items")
        connection.execute('CREATE TABLE "the members" AS FROM members; DROP TABLE members')
        connection.execute("INSERT INTO raw.posts (item_id, category) VALUES ('1', 'post')")
        connection.execute("DROP TABLE items")
        text = to_sql(tables={
            "items": "raw.posts", "members": '"the members"', "words": "{{ ref('w') }}",
        })  # fmt: skip
        assert "{{ ref('w') }} AS w" in text
        rows = connection.execute(text.replace("{{ ref('w') }}", "words")).fetchall()
    assert rows == [("1", vanne.decide.__globals__["REASONS"].index("member-unknown"))]


@pytest.mark.parametrize(
    ("dialect", "quoted"),
    [
        ("duckdb", '"raw"."posts" AS'),
        ("postgres", '"raw"."posts" AS'),
        ("trino", '"raw"."posts" AS'),
        ("snowflake", '"RAW"."POSTS" AS'),
        ("bigquery", "`raw`.`posts` AS"),
        ("spark", "`raw`.`posts` AS"),
    ],
)
def test_a_name_is_quoted_as_the_dialect_does(dialect: str, quoted: str) -> None:
    text = to_sql(dialect, tables={"items": "raw.posts"})
    assert quoted in text
    assert " items AS" not in text


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"item": "x"}, "the SELECT reads no table `item`: did you mean `items`?"),
        ({"items": "a; DROP TABLE b"}, "`a; DROP TABLE b` is no name of a table in duckdb: give"),
        ({"items": "items AS i"}, "is no name of a table"),
        ({"items": "(SELECT 1)"}, "is no name of a table"),
        ({"items": ""}, "is no name of a table"),
        ({"items": "person"}, "a name that the SELECT has for something else: name its schema"),
    ],
)
def test_what_is_no_name_of_a_table_is_refused(tables: dict[str, str], said: str) -> None:
    with pytest.raises(vanne.VanneError) as error:
        to_sql(tables=tables)
    assert said in line(error)


def test_an_unknown_dialect_is_told() -> None:
    with pytest.raises(vanne.VanneError) as error:
        to_sql("postgresql")
    assert "did you mean `postgres`?" in line(error)


# Archives


ARCHIVE = TABLES.parent / "archive"
look = partial(vanne.inspect, region="CH", as_of="2026-01-01")


def test_an_inspection_gives_items_and_verdicts_row_by_row() -> None:
    inspection = look(str(ARCHIVE))
    items, verdicts, document = inspection.items(), inspection.verdicts(), inspection.document()
    assert items["item_id"].to_pylist() == verdicts["item_id"].to_pylist()
    assert items.num_rows == inspection.item_count == document["totals"]["items"]
    allowed = [reason for reason in verdicts["reason"].to_pylist() if reason == "allowed"]
    assert len(allowed) == document["totals"]["allowed"] > 0
    titles = [
        json.loads(row["fields"])["title"]
        for row in items.to_pylist() if row["category"] == "position"
    ]  # fmt: skip
    assert titles and all(titles)
    assert set(verdicts["network"].to_pylist()) == {"linkedin"}


def test_the_items_of_an_inspection_are_a_table_that_decide_reads() -> None:
    items = look(ARCHIVE).items()
    me = pa.table({"member_id": ["owner"], "region": ["CH"], "birth_date": ["1990-01-01"]})
    owners = set(items["owner"].to_pylist())
    assert len(owners) == 1
    me = me.set_column(0, "member_id", pa.array(list(owners)))
    assert "allowed" in decide(items, me)["reason"].to_pylist()


def test_paths_lists_and_open_files_are_the_same_archive(tmp_path: Path) -> None:
    whole = look(ARCHIVE).document()
    zipped = Path(shutil.make_archive(str(tmp_path / "Basic_LinkedInDataExport"), "zip", ARCHIVE))
    with zipped.open("rb") as file:
        given: list[Any] = [zipped, [str(zipped)], (zipped, zipped), file]
        for each in given:
            assert look(each).document()["verdicts"] == whole["verdicts"]
    in_memory = io.BytesIO(zipped.read_bytes())
    assert look([in_memory]).document()["verdicts"] == whole["verdicts"]


def test_the_document_is_that_of_the_command() -> None:
    options = ["--region", "CH", "--as-of", "2026-01-01", "--json"]
    printed = CliRunner().invoke(cli, ["inspect", str(ARCHIVE), *options]).stdout
    assert json.loads(printed) == json.loads(json.dumps(look(ARCHIVE).document(), default=list))


def test_the_items_are_those_that_the_command_writes(tmp_path: Path) -> None:
    options = [
        "--region",
        "CH",
        "--as-of",
        "2026-01-01",
        "--items",
        str(tmp_path / "items.parquet"),
    ]
    assert CliRunner().invoke(cli, ["inspect", str(ARCHIVE), *options]).exit_code == 0
    assert pq.read_table(tmp_path / "items.parquet").equals(look(ARCHIVE).items())


@pytest.mark.parametrize(
    ("paths", "given", "said"),
    [
        (ARCHIVE / "none.zip", {}, "no such file: `"),
        (3, {}, "`int` is no archive: give a path, or a file opened with"),
        ([3], {}, "`int` is no archive: give a path, or a file opened with"),
        (io.StringIO("a"), {}, '`archive.zip` was opened for text: open it with "rb"'),
        (ARCHIVE, {"region": "Swiss"}, "`Swiss`"),
        (ARCHIVE, {"as_of": datetime(2026, 1, 1)}, "as_of has no time zone"),
        (ARCHIVE, {"policy": "linkdin-2025-11-03"}, "did you mean `linkedin-2025-11-03`?"),
    ],
)
def test_what_cannot_be_inspected_is_told_in_one_line(
    paths: Any, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(vanne.VanneError) as error:
        look(paths, **given)
    assert said in line(error)


# Texts, guides, documents


def test_a_text_is_screened_and_each_find_has_its_place() -> None:
    text = "Ring 020 7946 0123 or write to ann@example.org"
    screened = vanne.screen(text)
    assert screened.text == "Ring [PHONE] or write to [EMAIL]"
    assert [text[span.start : span.end] for span in screened.spans] == [
        "020 7946 0123", "ann@example.org",
    ]  # fmt: skip
    assert screened.counts == {"phone": 1, "email": 1}
    assert vanne.screen(text, kinds=["email"]).text == "Ring 020 7946 0123 or write to [EMAIL]"


@pytest.mark.parametrize(
    ("text", "kinds", "said"),
    [
        ("a", ["phones"], "nothing of the kind `phones` is looked for: use some of `salary`, `ph"),
        ("a", "en", "`en` is one text, and no list of kinds: use some of `salary`, `phone`"),
        (b"a", ["phone"], "`bytes` is no text: give one text at a time"),
        (None, ["phone"], "`NoneType` is no text"),
    ],
)
def test_screening_is_never_switched_off_by_a_slip(text: Any, kinds: Any, said: str) -> None:
    with pytest.raises(vanne.VanneError) as error:
        vanne.screen(text, kinds)
    assert said in line(error)


def test_a_guide_is_that_of_the_command() -> None:
    guide = vanne.guide("linkedin", lang="it", as_of="2026-11-01")
    options = ["--lang", "it", "--as-of", "2026-11-01", "--json"]
    assert guide == json.loads(CliRunner().invoke(cli, ["guide", "linkedin", *options]).stdout)
    assert guide["paths"]["desktop"]["steps"]
    for wrong, said in (({"network": "linkdin"}, "linkedin"), ({"lang": "es"}, "language `es`")):
        with pytest.raises(vanne.VanneError) as error:
            vanne.guide(**({"network": "linkedin"} | wrong))
        assert said in line(error)


@pytest.fixture
def documents(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """A receipt and a proof, of a ledger of one choice."""
    from vanne.ledger.proof import prove_entry

    off = Choice("ada", "generative-ai-training", "all", False, datetime(2026, 1, 1, tzinfo=UTC))
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([off])
        return {"receipt": ledger.receipt(0), "proof": dict(prove_entry(ledger, 0))}


@pytest.mark.parametrize("kind", ["receipt", "proof"])
def test_a_document_is_verified_from_its_file_its_text_and_itself(
    kind: str, documents: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    document = documents[kind]
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    for given in (path, str(path), path.read_text(), path.read_bytes(), document):
        verified = vanne.verify(given)
        assert (verified.kind, verified.pinned) == (kind, False)
    assert vanne.verify(document, vkey=document["vkey"]).pinned
    printed = CliRunner().invoke(cli, ["verify", str(path), "--json"]).stdout
    assert json.loads(printed) == verified.document


@pytest.mark.parametrize("kind", ["receipt", "proof"])
def test_a_forged_document_is_an_error(kind: str, documents: dict[str, dict[str, Any]]) -> None:
    forged = json.loads(json.dumps(documents[kind]).replace('"index": 0', '"index": 1'))
    assert forged != documents[kind]
    with pytest.raises(VerificationError) as error:
        vanne.verify(forged)
    assert line(error)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"schema": "vanne/inspect/1"}, "neither a certificate nor a receipt nor a proof"),
        ("{}", "neither a certificate nor a receipt nor a proof"),
        ("{", "the document: not a certificate in JSON"),
        ("none.json", "no such file: `none.json`"),
    ],
)
def test_what_is_no_document_is_told_in_one_line(document: Any, said: str) -> None:
    with pytest.raises(vanne.VanneError) as error:
        vanne.verify(document)
    assert said in line(error)


# The folder of a network


def test_a_corpus_is_refreshed_and_read_by_its_folder(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    corpus = vanne.Corpus(str(home.root))
    second, third = datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC)
    built = corpus.build("2026-06-01").documents
    assert built == len(list(corpus.read(now=lambda: second))) == 12
    with vanne.Ledger(home.ledger) as ledger:
        off = Choice("m0", "generative-ai-training", "all", False, second)
        ledger.append([off])
    for too_old in (timedelta(0), timedelta(hours=47)):
        with pytest.raises(vanne.VanneError, match="1 choice has not reached the corpus yet"):
            corpus.read(max_age=too_old, now=lambda: third)
    assert len(list(corpus.read(max_age=timedelta(days=2), now=lambda: third))) == 12
    assert corpus.refresh(third).counts["off"] == 2
    documents = list(corpus.read(now=lambda: third))
    assert "m0" not in {document.owner for document in documents}
    corpus.verify()
    assert [each.reason for each in corpus.trace("post-0").traces] == ["allowed", "off"]
    done = corpus.export(tmp_path / "out", now=lambda: third)
    assert done.counts["written"] == len(documents)


def test_a_network_trains_and_forgets_by_its_folder(tmp_path: Path, tiny: TrainingSettings) -> None:
    home, now = make_home(tmp_path / "home"), datetime(2026, 6, 1, tzinfo=UTC)
    vanne.Corpus(home).build(now)
    numbers = tiny.as_dict() | {"base": str(tiny.base)}
    toml = (f"{key} = {json.dumps(value)}\n" for key, value in numbers.items() if value is not None)
    (config := tmp_path / "tiny.toml").write_text("".join(toml))
    model = vanne.train(home.root, config=config, now=lambda: now)
    assert model.documents == 12
    assert vanne.train(home.root, config=config, now=lambda: now).run.tokens == 0
    assert vanne.forget(home.root, at_once=True, now=lambda: now).certificate is None
    with vanne.Ledger(home.ledger) as ledger:
        ledger.append([Choice("m0", "generative-ai-training", "all", False, now)])
    later = now + timedelta(days=1)
    assert not vanne.forget(home.root, leavers=2, now=lambda: later).is_due
    certificate = vanne.forget(home.root, now=lambda: later).certificate
    assert certificate is not None
    verified = vanne.verify(certificate.document, key=certificate.key)
    assert (verified.kind, verified.pinned) == ("certificate", True)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda folder: vanne.Corpus(folder), "holds no network (`members.parquet` is missing)"),
        (lambda folder: vanne.train(folder), "holds no network"),
        (lambda folder: vanne.forget(folder), "holds no network"),
        (lambda folder: vanne.Ledger(folder), "is a folder, and no ledger: name the file"),
        (lambda folder: vanne.Ledger(folder / "no.sqlite", read_only=True), "there is no ledger `"),
        (lambda folder: vanne.Ledger("postgresql://h/d"), "give `key`, or open it with `read_only"),
    ],
    ids=["corpus", "train", "forget", "folder", "file", "address"],
)
def test_what_is_no_folder_of_a_network_is_told_in_one_line(
    call: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(vanne.VanneError) as error:
        call(tmp_path)
    assert said in line(error)
