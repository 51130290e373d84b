"""Write what the docs take from the program: the command line, what is read, within which limits.

`./run python docs/generate.py` rewrites it; a test fails when it is not up to date.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click
import one_truth
import proofs

from vanne.cli import cli
from vanne.packs import pack, working
from vanne.packs.schema import PackFacts, described_keys
from vanne.report.pack_check import PackExample
from vanne.settings import PREFIX, Settings, is_secret
from vanne.sources import (
    archive,
    car,
    documents,
    jsontext,
    pdftext,
    sniff,
    streams,
    wordfile,
)
from vanne.sources.readers import (
    NetworkRecord,
    TableKind,
    record_kinds,
    table_kinds,
)
from vanne.words.message import TEMPLATES
from vanne_assist.brief import edits, parse
from vanne_assist.jobs import posting

TARGET = Path(__file__).parent / "reference" / "cli.md"
READERS = TARGET.with_name("readers.md")
SETTINGS = TARGET.with_name("settings.md")
LIMITS = TARGET.with_name("limits.md")
PACKS = TARGET.with_name("packs.md")
CODES = TARGET.with_name("codes.md")
WORDS = TARGET.with_name("words.md")
TRUTH = TARGET.parents[1] / "design" / "one-truth.md"
PROOFS = TRUTH.with_name("proofs.md")
HEAD = """# The command line

This page is made by `docs/generate.py` from the program itself. The answer goes to stdout,
everything else to stderr; `--json` prints one document with a `schema` field. Exit codes:
[errors](errors.md).
"""


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the path and the help text of a command and of those inside it."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, click.Context(inner, context, name, max_content_width=90))


def page() -> str:
    """Return the page as Markdown."""
    settings = cli.context_settings | {"max_content_width": 90}
    context = click.Context(cli, info_name="vanne", **settings)
    parts = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in commands(cli, context)]
    return HEAD + "\n" + "\n".join(parts)


READERS_HEAD = """# What is read

This page lists each file and record that `vanne inspect` reads. `docs/generate.py` makes it from
the readers' own descriptions.

Vanne knows a file by its content. The name decides only between files that look the same: some of
LinkedIn's and Reddit's, TikTok's texts, Meta's files whose fields are named in the account's
language alone. An unknown file is listed with the reason, and gives no item.

See also: [how the counts close](inspect.md), [how large and deep a file may be](limits.md), [what
comes out of a CV](cvs.md), [why it is built so](../adr/0028-readers.md).

| network | reader | what a row is | category | known by |
|---|---|---|---|---|
"""


_SHAPES = {
    "": "an array",
    "{}": "an object",
    "csv": "columns",
    "lines": "lines",
    "blocks": "names and values",
}
_MOST = 3


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A reader, as a line of the table in the docs."""

    network: str
    reader: str
    reads: str
    category: str
    known_by: str


_DOCUMENTS = """
Facebook | facebook/page | A page (HTML) that no reader knows: listed | none | a page
Instagram | instagram/page | A page (HTML) that no reader knows: listed | none | a page
any | cv/pdf | A PDF | cv | `%PDF-` (needs `vanne[cv]`)
any | cv/word | A Word file (.docx, .docm) | cv | `word/document.xml`
any | cv/opendocument | A text of LibreOffice (.odt) | cv | its type
any | cv/text | A text (.txt, .md) | cv | headings of a CV, and no file of a network beside it
any | media/file | A picture, or a file that a record names | photo | its first bytes, the record
"""


def catalogue() -> Iterator[ReaderLine]:
    """Yield every reader, network by network."""
    names = {each.key: each.facts.name for each in working()}
    for kind in table_kinds().values():
        yield ReaderLine(
            names[kind.network], kind.reader, _columns(kind), kind.category, _files(kind)
        )
    for record in record_kinds():
        yield ReaderLine(
            names[record.network], record.reader, record.reads, record.category, _keys(record)
        )
    for line in _DOCUMENTS.strip().splitlines():
        yield ReaderLine(*line.split(" | "))


def _columns(kind: TableKind) -> str:
    if kind.folder:
        return f"A page in a folder `{kind.folder}`"
    names = kind.word_columns or kind.withheld or (kind.created,)
    return ", ".join(names) or "A row; nothing of it is text"


def _files(kind: TableKind) -> str:
    names = [f"`{stem}`" for stem in kind.stems[:_MOST]]
    return ", ".join([*names, *(f"API `{domain}`" for domain in kind.domains)]) or "a page"


def _form(key: str) -> str:
    """Return how a key begins that is none of a document's."""
    return next((form for form in ("ytd:", "car:", "chat:", "page:") if key.startswith(form)), "")


def _keys(kind: NetworkRecord) -> str:
    names = [_SHAPES.get(key, f"`{key[len(_form(key)) :]}`") for key in kind.keys]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    fields = [f"`{name}`" for name in (*kind.has, *kind.any)]
    with_fields = f" with {', '.join(fields)}" if fields else ""
    files = [f"`{name}...`" if name.endswith("_") else f"`{name}`" for name in kind.files]
    some = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
    in_files = f", in a file named {', '.join(files[:_MOST])}{some}" if files else ""
    folders = [f"`{name.replace('*', '...')}`" for name in kind.folders]
    in_folder = f", in a folder named {', '.join(folders)}" if folders else ""
    return ", ".join(names[:_MOST]) + more + with_fields + in_files + in_folder


def readers_page() -> str:
    """Return the page of the readers as Markdown."""
    rows = (
        f"| {line.network} | `{line.reader}` | {line.reads} | `{line.category}` | {line.known_by} |"
        for line in catalogue()
    )
    return READERS_HEAD + "\n".join(rows) + "\n"


PACKS_HEAD = """# Network packs

This page is made by `docs/generate.py` from what checks a pack. A network pack is one folder of
[TOML](https://toml.io); the name of the folder is the name of the network in Vanne. How to make
one: [bring a network](../howto/bring-a-network.md).

| part | what it is |
|---|---|
| `pack.toml` | names, the policy of an archive, marks of an archive: [below](#pack-toml) |
| `readers/*.toml` | what the files of an archive are: [records](#records) or [tables](#tables) |
| `policies/NAME.toml` | a [policy](policy.md); `NAME` is its `name` |
| `guide.toml` | how members opt out: a [guide](../howto/switch-off.md) |
| `examples/` | archives, each with [what must come out](#examples) |

A row of `used` and `never` in the guide names its `categories`: what the network says that it uses,
or that it does not. The guide and the policy must name the same ones; rules of a policy that cite
only Vanne do not count. `not_in_archive` says what of a row an archive does not hold. A row of
`controllers` names the company that answers for members in some regions, and where letters go.

Only `pack.toml` must be there. Packs come from three places:

* the folders in Vanne's package `vanne.packs`: the networks that Vanne brings are packs;
* the folders in a package that a distribution names under the entry point group `vanne.networks`;
* the folders that `--pack DIR`, `VANNE_PACKS` or the [setting](settings.md) `packs` names.

A pack is data. Nothing in it is executed, and no text in it is used as a pattern. A file may have
%s bytes, a folder %s TOML files, and no file may lie outside of the folder of the pack.
Two packs of one name, or with readers that claim the same files, are an error. A wrong pack ends
the command if `--pack` or a setting names it. If it is only installed, it is left out, and a line
on stderr says why.
"""


def packs_page() -> str:
    """Return the page of the keys of packs as Markdown."""
    example = [(key, each.description or "") for key, each in PackExample.model_fields.items()]
    return "\n".join(
        [
            PACKS_HEAD % (f"{pack.MOST_BYTES:,}", pack.MOST_FILES),
            "(pack-toml)=\n## `pack.toml`\n",
            _described(PackFacts),
            "(records)=\n## Records\n",
            RECORDS_HEAD,
            _described(NetworkRecord),
            "(tables)=\n## Tables\n",
            TABLES_HEAD,
            _described(TableKind),
            "(examples)=\n## Examples\n",
            EXAMPLES_HEAD,
            _keys_table(example),
        ]
    )


def _described(table: type) -> str:
    return _keys_table((key, about.description) for key, about in described_keys(table))


def _keys_table(keys: Iterable[tuple[str, str]]) -> str:
    return "| key | what it is |\n|---|---|\n" + _rows((f"`{key}`", says) for key, says in keys)


RECORDS_HEAD = """A reader with `format = "records"`, the default, describes rows of JSON, CSV or
XML. A file is known by what is in it. Each table of the TOML file is one kind of record, and names
the reader: `[posts]` of the pack `x` is `x/posts`. The keys of a table `[all]` hold for each other
table of the file; `like = "posts"` takes the keys of `[posts]` where a table has none of its own.
Where an object lies under a key in place of an array, that object is the one row.

A *place* is a path in a record: `data[].post` goes into the object `data`, to each element of the
array in it, and to its `post`. `[]?` is each element, or the value itself if it is no array. `*` is
each value of an object, `a|b` the first place that holds a value; after `a?` a value that is no
object counts as none. In a table of CSV a place is the name of a column. XML is read as the JSON
that says the same: elements and attributes are keys, those of one name an array.
"""
TABLES_HEAD = """A reader with `format = "tables"` describes the CSV files of an archive that names
each file by what it holds, as LinkedIn's does. Each table of the TOML file is one kind of file. The
kinds `profile`, `registration`, `education`, `verifications`, `invitations` and `messages` also
tell about the member, if they have the columns of LinkedIn's.
"""
EXAMPLES_HEAD = """`vanne pack test DIR` reads each archive in `examples/` (a folder, a zip or a
file) and compares what comes out with `examples/NAME.toml`. Always true: `rows` = `items` +
`listed`.
"""

LIMITS_HEAD = """# Limits of what is read

This page lists how large and deep an archive or a text may be. `docs/generate.py` makes it from the
program.

| outcome | meaning |
|---|---|
| refused | `vanne inspect` ends ([exit code 65](errors.md)): archive, limit, and what to do |
| listed | the file or row gives no item. It is listed with the limit's name |

Vanne checks the sizes that an archive claims before it reads the archive. It reads files as
streams, a row at a time, and writes nothing to disk. It keeps some twelve bytes a row. [How much
memory two gigabytes took](../benchmarks.md#reading-archives).

| what | at most | else |
|---|---|---|
"""

TEXTS_HEAD = """
## Texts that people write

The time for a text grows with its length, and no faster. A test [searches for a text that takes
more](../design/threats.md#texts-that-others-wrote). These texts also have limits:

| what | at most | else |
|---|---|---|
"""


def limits() -> Iterator[tuple[str, str, str]]:
    """Yield what is limited, to how much, and what happens beyond."""
    deep = f"{jsontext.MAX_DEPTH} levels"
    packing = f"{archive.MAX_RATIO}:1"
    yield "entries of an archive", f"{archive.MAX_ENTRIES:,}", "refused"
    yield "all entries, unpacked", size(archive.MAX_TOTAL_BYTES), "refused"
    yield "one entry, unpacked", size(archive.MAX_ENTRY_BYTES), "refused"
    yield f"packing of an entry above {size(archive.RATIO_FREE_BYTES)}", packing, "refused"
    yield (
        "where its entries lie",
        "apart from each other, as both headers of each entry say",
        "refused",
    )
    yield "a path", "inside the archive, and no link", "refused. In a folder, a link is listed"
    yield "what an entry holds", "as much as it says, with its checksum", "refused"
    yield (
        "an archive inside an archive, without other files",
        "as any other",
        "refused",
    )
    yield "an archive inside an archive, beside other files", "none is opened", "listed"
    yield "a row of a table", size(streams.MAX_LINE), "listed"
    yield "a row of JSON", f"{size(jsontext.MAX_ROW)}, {deep}", "listed"
    yield "a block of a Bluesky repository", f"{size(car.MAX_BLOCK)}, {deep}", "listed"
    yield "a page of HTML", size(sniff.MAX_PAGE_BYTES), "listed"
    yield "a document (PDF, Word, LibreOffice)", size(documents.MAX_DOCUMENT), "listed"
    yield "the texts in a Word or LibreOffice file", size(wordfile.MAX_XML), "listed"
    xml = f"{wordfile.MAX_DEPTH} levels, {wordfile.MAX_ELEMENTS:,} elements, no document type"
    yield "XML", xml, "listed"
    bounds = f"{documents.PDF_SECONDS} s of processor, {size(documents.PDF_BYTES)} of memory"
    yield "reading a PDF, in a process of its own", bounds, "listed"
    text = f"{pdftext.MAX_PAGES} pages, {size(pdftext.MAX_TEXT)} of text"
    yield "pages and text of a PDF", text, "the rest is listed"


def text_limits() -> Iterator[tuple[str, str, str]]:
    """Yield the limits of texts that people write, as `limits`."""
    yield "a brief", f"{parse.MOST_LETTERS:,} letters", "refused"
    yield "a criterion of a search", f"{edits.LONGEST_VALUE} letters", "the rest is not read"
    yield "the criteria of a search", f"{edits.MOST_CHIPS}", "the others are not read"
    size_ = f"{posting.MOST_BYTES >> 20} MB"
    yield "a file of job postings", size_, "refused"
    yield "a job posting without its HTML", f"{posting.MOST_LETTERS:,} letters", "listed"
    yield "a whole number in a job posting", f"{posting.MOST_DIGITS} digits", "listed"


def size(count: int) -> str:
    """Say a number of bytes.

    >>> size(512 << 20), size(4 << 30)
    ('512 MiB', '4 GiB')
    """
    return f"{count >> 30} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"


def limits_page() -> str:
    """Return the page of the limits as Markdown."""
    return LIMITS_HEAD + _rows(limits()) + TEXTS_HEAD + _rows(text_limits())


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


SETTINGS_HEAD = """# Settings

This page lists every setting. `docs/generate.py` makes it from the program.

- A setting has one name: the variable `VANNE_READERS` is the key `readers` of `HOME/vanne.toml`.
- The variable comes before the file, and the file before the default.
- `vanne.toml` is a list of `key = value` lines ([TOML](https://toml.io)). It may not hold a secret.
- A secret is in its variable, or in the file that the variable with `_FILE` names.

`vanne config show` prints each value, and where it was set.

| setting | variable | default | what it is |
|---|---|---|---|
"""


def settings_page() -> str:
    """Return the page of the settings as Markdown."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = f"`{json.dumps(field.default)}`" if field.default not in (None, "") else ""
        variable = f"`{PREFIX}{name.upper()}`"
        if is_secret(name):
            variable += f", `{PREFIX}{name.upper()}_FILE`"
        key = "" if name in Settings.ONLY_ENVIRONMENT or is_secret(name) else f"`{name}`"
        rows.append(f"| {key} | {variable} | {default} | {field.description} |\n")
    return SETTINGS_HEAD + "".join(rows)


CODES_HEAD = """# Codes

This page lists the codes of messages: why a row gave no item, what is odd about a file, and what an
error says. `docs/generate.py` makes it from the program.

A code stands with its parameters as `code` and `params` in the JSON of [inspect](inspect.md), and
in [problem documents](errors.md#for-programs). The sentence is the English one. `%(name)s` stands
for a parameter. Of two sentences, the first is for a count of one.

| code | sentence |
|---|---|
"""


def codes_page() -> str:
    """Return the page of the codes as Markdown."""
    rows = []
    for code, template in sorted(TEMPLATES.items()):
        forms = [template] if isinstance(template, str) else template
        rows.append(f"| `{code}` | {' / '.join(forms)} |\n")
    return CODES_HEAD + "".join(rows)


WORDS_HEAD = """# Words in four languages

This page lists the word for each thing. `docs/generate.py` makes it from
`src/vanne/words/glossary.toml`. That file also holds what is not written. A test checks each
catalogue and each guide against it.

French, German and Italian quote with « ». German follows the spelling of Switzerland. Italian says
*Lei* throughout.

| English | French | German | Italian |
|---|---|---|---|
"""


def words_page() -> str:
    """Return the page of the words as Markdown."""
    terms = tomllib.loads((files("vanne.words") / "glossary.toml").read_text("utf-8"))["term"]
    return WORDS_HEAD + _rows(
        tuple(term[lang] for lang in ("en", "fr", "de", "it")) for term in terms
    )


if __name__ == "__main__":
    CODES.write_text(codes_page(), encoding="utf-8")
    LIMITS.write_text(limits_page(), encoding="utf-8")
    PACKS.write_text(packs_page(), encoding="utf-8")
    PROOFS.write_text(proofs.page(), encoding="utf-8")
    READERS.write_text(readers_page(), encoding="utf-8")
    SETTINGS.write_text(settings_page(), encoding="utf-8")
    TARGET.write_text(page(), encoding="utf-8")
    TRUTH.write_text(one_truth.page(), encoding="utf-8")
    WORDS.write_text(words_page(), encoding="utf-8")
