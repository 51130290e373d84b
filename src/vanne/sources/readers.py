"""The readers of the network packs: what the TOML files in `readers/` say of the files of archives.

A reader has one of two formats. `records` are rows of JSON or CSV, known by the keys and columns
that they have. `tables` are the CSV files of an archive that names each file by what it holds, as
LinkedIn's does. Each table of such a TOML file describes one kind of record or of file. The
descriptions of the keys are what the reference page says of them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Annotated, ClassVar, Literal

from vanne.errors import VanneError, did_you_mean
from vanne.fields import NAMES
from vanne.packs import Pack, working
from vanne.packs.finding import leave_out
from vanne.packs.pack import CHECKED
from vanne.packs.schema import STRICT, After, Key, OneOrMore, described_keys, lines_of, validated
from vanne.sources.csvtext import Dialect, normal
from vanne.sources.dates import expand
from vanne.sources.network_rules import RULES
from vanne.sources.record_paths import Record, values
from vanne.terms import Category

_NUMBERED = re.compile(r" \(\d+\)$")
_TEXTS = tuple[str, ...]
FORMS = frozenset(("", "{}", "csv", "lines", "blocks", "cards", "exported-chat"))
"""What stands for a key where rows do not lie under one."""
Shape = Literal["text", "account", "link", "server"]
Fact = Literal["location", "country", "birth", "joined", "schools", "closed", "changed"]
Fault = tuple[str, str, str]
"""The file, what is wrong in it and where, and what to do."""


def _rule(name: str) -> str:
    if name and name not in RULES:
        raise ValueError(f"names the rule `{name}`: {did_you_mean(name, sorted(RULES))}")
    return name


def _dates(columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {column: expand(names) for column, names in columns.items()}


def _field_names(category: Category, names: Mapping[str, object]) -> None:
    """Raise `ValueError` if an item of the category has no such field."""
    known = sorted({name for shape in NAMES.get(category, ()) for name in shape})
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) if known else "use `text`"
            raise ValueError(f"`fields` has `{name}`, which no `{category}` has: {hint}")


@dataclass(frozen=True, slots=True)
class NetworkRecord:
    """One kind of record of a network."""

    FORMAT: ClassVar = "records"
    __pydantic_config__: ClassVar = STRICT

    network: str
    name: str
    reads: Annotated[str, Key("What a record is, for people.")]
    category: Annotated[Category, Key("The category of its items, unless its rule says another.")]
    keys: Annotated[
        _TEXTS,
        Key(
            "Under which keys of a document the rows lie: the name of a key, or the path to one "
            "that lies deeper, such as `Activity.Logins`, where `*` is any key. Words for other "
            'documents: `""` for one that is an array, `"{}"` for one that is a row itself, '
            '`"lines"` for one row a line, `"csv"` for a table, `"blocks"` for a text with a name '
            'and a value on each line, `"chat:TEXT"` for one with a message on each line, below '
            'lines that begin with `TEXT`, `"exported-chat"` for a chat that somebody exported, '
            '`"page:NAME"` for an HTML page with names and values below a heading, `"cards"` for '
            'the cards of an HTML page that `files` or `folders` name, `"car:NAME"` for records of '
            'a repository (AT Protocol), `"ytd:NAME"` for a part of an archive in the form of X.'
        ),
    ] = ()
    has: Annotated[_TEXTS, Key("Fields or columns that the first row must all have.")] = ()
    any: Annotated[_TEXTS, Key("Fields of which the first row must have one.")] = ()
    lacks: Annotated[_TEXTS, Key("Fields that the first row must not have.")] = ()
    files: Annotated[
        _TEXTS,
        Key(
            "What the file is called, without its number, where content alone cannot tell. A name "
            "that ends with `_` is a beginning."
        ),
    ] = ()
    folders: Annotated[
        _TEXTS,
        Key(
            "What a folder around the file is called, where content alone cannot tell. A name "
            "that ends with `*` is the beginning of that of the folder right around it."
        ),
    ] = ()
    headless: Annotated[
        tuple[dict[str, Shape], ...],
        Key(
            "The columns of a table that is written without a header, with what is in each: "
            "`text`, `account`, `link` or `server`."
        ),
    ] = ()
    pairs: Annotated[
        tuple[()] | tuple[str, str],
        Key(
            "The two columns of a table that has a name and its value in each row: a row is then "
            "a record with that one field."
        ),
    ] = ()
    aside: Annotated[_TEXTS, Key("Other keys of the document that hold no rows.")] = ()
    together: Annotated[
        int, Key("How many keys of the network the document has, for one of its kinds at least.")
    ] = 1
    alone: Annotated[bool, Key("No array lies under its keys.")] = False
    nested: Annotated[bool, Key("The rows may lie in the arrays of an object.")] = False
    inner: Annotated[str, Key("Where the rows lie in a row that only holds others.")] = ""
    unwrap: Annotated[str, Key("The one field in which a row is packed.")] = ""
    fields: Annotated[
        Mapping[str, OneOrMore], Key("The place, or the places, of each field of the item.")
    ] = field(default_factory=dict)
    text: Annotated[
        _TEXTS, Key("The places that make the item's text, below what its fields give.")
    ] = ()
    html: Annotated[bool, Key("Text and fields are HTML.")] = False
    created: Annotated[str, Key("The place of the time at which the row was made.")] = ""
    time: Annotated[
        Literal["seconds", "milliseconds", "iso", "slash", "x"], Key("The form of that time.")
    ] = "seconds"
    state: Annotated[
        bool, Key("A row without a time is what the account held when the archive was made.")
    ] = False
    author: Annotated[_TEXTS, Key("The places of who wrote it. Without one, you did.")] = ()
    subjects: Annotated[_TEXTS, Key("The places of who else is in it.")] = ()
    media: Annotated[_TEXTS, Key("The places of files and links.")] = ()
    visibility: Annotated[str, Key("Who may see it, where that is the same for all rows.")] = ""
    audience: Annotated[str, Key("The place that says who may see it.")] = ""
    audiences: Annotated[
        Mapping[str, str],
        Key("Who may see it, by what stands at that place, in small letters: other words say it."),
    ] = field(default_factory=dict)
    blank: Annotated[_TEXTS, Key("Texts that stand where there is no value.")] = ()
    tags: Annotated[_TEXTS, Key("Tags of each item.")] = ()
    must: Annotated[_TEXTS, Key("Places without which a row gives no item.")] = ()
    numbers: Annotated[bool, Key("A number may stand where a text belongs.")] = False
    bare: Annotated[str, Key("The field that a row means which is a text alone.")] = ""
    columns: Annotated[_TEXTS, Key("The fields that a row means which is a list of values.")] = ()
    mojibake: Annotated[bool, Key("Texts are written byte by byte, as Meta writes them.")] = False
    parts: Annotated[
        _TEXTS, Key("Tables without `keys`, whose rows lie `inner` in each record beside it.")
    ] = ()
    names: Annotated[_TEXTS, Key("The places that hold what you are called there.")] = ()
    facts: Annotated[
        Mapping[Fact, str],
        Key(
            "The places of what is told about you: `closed` that only followers see the account, "
            "`changed` when that became so."
        ),
    ] = field(default_factory=dict)
    assistant: Annotated[
        _TEXTS,
        Key(
            "What the assistant is called that may take part in a chat: what it writes, what is "
            "asked of it, and the chats in which somebody calls it are told from private messages."
        ),
    ] = ()
    rule: Annotated[str, After(_rule), Key("A rule in code for what no key can say.")] = ""

    def __post_init__(self) -> None:
        _field_names(self.category, self.fields)
        if not self.keys and not self.inner:
            raise ValueError("`keys` is missing: nothing says where the rows lie")
        if "cards" in self.keys and not (self.files or self.folders):
            raise ValueError("`files` is missing: a page is known by its name")
        if "csv" in self.keys and not self.has:
            raise ValueError("`has` is missing: a table is known by its columns")

    @property
    def reader(self) -> str:
        """The name of the reader, as the inspection shows it."""
        return f"{self.network}/{self.name}"

    @property
    def tells(self) -> bool:
        """Say whether its records tell something about the member, or about a chat of theirs."""
        return bool(self.names or self.facts or self.assistant)

    @property
    def marks(self) -> Iterator[tuple[object, ...]]:
        """What it is known by: two packs with one mark would claim the same files."""
        for key in self.keys:
            yield key, *map(frozenset, (self.has, self.any, self.lacks, self.files, self.folders))

    def is_in(self, record: Record) -> bool:
        """Say whether a record has any of what is read."""
        created = (self.created,) if self.created else ()
        words = chain(self.text, *self.fields.values())
        places = chain(words, self.media, self.author, self.subjects, created, self.must)
        return any(values(record, place) for place in places)


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """The columns that say who somebody is: a profile's address, several, or a name."""

    __pydantic_config__: ClassVar = STRICT

    url: str = ""
    urls: str = ""
    name: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.url or self.urls or self.name)

    @property
    def all(self) -> tuple[str, ...]:
        """The columns that are set."""
        return tuple(column for column in (self.url, self.urls, *self.name) if column)


@dataclass(frozen=True, slots=True)
class PayColumns:
    """The columns that may speak of pay: what was asked, what was answered, a bare amount."""

    __pydantic_config__: ClassVar = STRICT

    question: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.question or self.answer or self.amount)

    @property
    def all(self) -> tuple[str, ...]:
        """The columns that are set."""
        return (*self.question, *self.answer, *self.amount)


@dataclass(frozen=True, slots=True)
class TableKind:
    """One kind of file of an archive that names its CSV files by what they hold."""

    FORMAT: ClassVar = "tables"
    __pydantic_config__: ClassVar = STRICT

    network: str
    name: str
    stems: Annotated[
        _TEXTS,
        Key(
            "File names without `.csv`, the member's id and a part number, in small letters and "
            "with a space for `_`."
        ),
    ]
    category: Annotated[Category, Key("What a row is, unless a key below says otherwise.")]
    needs: Annotated[
        tuple[_TEXTS, ...],
        Key("Groups of columns: a header that has all columns of one group is understood."),
    ]
    domains: Annotated[_TEXTS, Key("What the portability API calls the table.")] = ()
    folder: Annotated[
        str, Key("The folder whose HTML pages are rows themselves: articles with a title.")
    ] = ""
    fields: Annotated[
        Mapping[str, OneOrMore],
        Key(
            "The column, or the columns, of each field of the item. `start` and `end` are read as "
            "dates in any form; what is no date goes into the text."
        ),
    ] = field(default_factory=dict)
    text: Annotated[
        _TEXTS, Key("The columns that make the item's text, below what its fields give.")
    ] = ()
    withheld: Annotated[_TEXTS, Key("Columns that are known and kept out of the text.")] = ()
    open: Annotated[
        bool, Key("There may be any other columns: no public source shows the header.")
    ] = False
    created: Annotated[
        str,
        Key(
            "The column of the time at which the row was made. Without one the rows are what the "
            "account held when the archive was made."
        ),
    ] = ""
    state: Annotated[bool, Key("A row with a blank `created` is what the account held.")] = False
    dates: Annotated[
        Mapping[str, _TEXTS],
        After(_dates),
        Key("The shapes of date of each column; only that of `created` can refuse a row."),
    ] = field(default_factory=dict)
    author: Annotated[
        PersonColumns, Key("The columns (`url`, `name`) of who wrote it. Without one, you did.")
    ] = PersonColumns()
    subjects: Annotated[
        PersonColumns, Key("The columns (`url`, `urls`, `name`) of who else is in it.")
    ] = PersonColumns()
    visibility: Annotated[str, Key("The column that says who may see it.")] = ""
    media: Annotated[_TEXTS, Key("The columns of files and links.")] = ()
    links: Annotated[_TEXTS, Key("The columns whose link says that it happened in a group.")] = ()
    in_group: Annotated[Category | None, Key("The category of a row that did.")] = None
    pay: Annotated[
        PayColumns,
        Key("The columns (`question`, `answer`, `amount`) that make a row `salary`."),
    ] = PayColumns()
    message: Annotated[str, Key("A column that, if filled, makes a row a private message.")] = ""
    tags: Annotated[_TEXTS, Key("Tags of each item.")] = ()
    needs_text: Annotated[bool, Key("A row without text or media gives no item.")] = False
    unwrap: Annotated[_TEXTS, Key("Columns whose texts are wrapped in HTML or in quotes.")] = ()
    dialect: Annotated[Dialect, Key("How the file writes quotes, where it can be doubted.")] = (
        "rfc4180"
    )
    special: Annotated[
        Literal["", "message", "assistant", "education", "picture", "review"],
        Key("A rule in code for what no key can say."),
    ] = ""
    columns: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        _field_names(self.category, self.fields)
        if self.created and self.created not in self.dates:
            raise ValueError(f"`dates` is missing for the column `{self.created}` of `created`")
        names = (*self.required, *self.word_columns, *self.withheld, *self.dates)
        names += (*self.subjects.all, self.visibility, *self.media, "")
        object.__setattr__(self, "columns", tuple(dict.fromkeys(map(normal, names))))

    @property
    def reader(self) -> str:
        """The name of the reader, as the inspection shows it."""
        return f"{self.network}/{self.name}"

    @property
    def marks(self) -> Iterator[tuple[object, ...]]:
        """What it is known by: two packs with one mark would claim the same files."""
        yield from (("stem", stem) for stem in self.stems)
        yield from (("domain", domain) for domain in self.domains)
        yield from [("folder", self.folder)] if self.folder else []

    def knows(self, column: str) -> bool:
        """Say whether a column of that name was expected."""
        return self.open or normal(_NUMBERED.sub("", column)) in self.columns

    @property
    def word_columns(self) -> tuple[str, ...]:
        """The columns whose words are in the item: those of its fields, and of its text alone."""
        return (*(column for columns in self.fields.values() for column in columns), *self.text)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a row must reach, however short it is: it can then be judged.

        They are those that the header needs and those that can forbid a use. Who may see it is none
        of them: where that is not said, no policy is wider than where it is.
        """
        needed = (column for need in self.needs for column in need)
        more = (self.created, self.message, *self.author.all, *self.pay.all, *self.links)
        return tuple(column for column in (*needed, *more) if column)


Kind = NetworkRecord | TableKind
_FORMATS: dict[str, type[Kind]] = {each.FORMAT: each for each in (NetworkRecord, TableKind)}


def record_kinds() -> tuple[NetworkRecord, ...]:
    """Return every kind of record of every network."""
    return _record_kinds(working())


@lru_cache(maxsize=8)
def _record_kinds(of: tuple[Pack, ...]) -> tuple[NetworkRecord, ...]:
    return tuple(kind for kind in _all_kinds(of) if isinstance(kind, NetworkRecord))


def table_kinds() -> Mapping[str, TableKind]:
    """Return every kind of file that is known by its name, by the name of its reader."""
    return _table_kinds(working())


@lru_cache(maxsize=8)
def _table_kinds(of: tuple[Pack, ...]) -> Mapping[str, TableKind]:
    return {kind.reader: kind for kind in _all_kinds(of) if isinstance(kind, TableKind)}


@lru_cache(maxsize=8)
def _all_kinds(of: tuple[Pack, ...]) -> tuple[Kind, ...]:
    """Return the kinds of the packs; a pack with a fault, or that claims another's, is left out."""
    all_kinds, claimed = list[Kind](), dict[object, Pack]()
    for pack in of:
        try:
            own = kinds_of(pack)
            marks = [mark for kind in own for mark in kind.marks]
            for mark in marks:
                if (other := claimed.get(mark, pack)) is not pack:
                    what = f"claims the same files as the pack `{other.key}` ({mark[1]})"
                    raise pack.wrong("readers", what, "say in `has` what only this network has")
        except VanneError as error:
            leave_out(pack, error)
            continue
        claimed |= dict.fromkeys(marks, pack)
        all_kinds += own
    return tuple(all_kinds)


def kinds_of(pack: Pack) -> list[Kind]:
    """Return what the readers of a pack describe.

    Raises:
        ConfigError: something in them is wrong.
    """
    if pack.key in CHECKED:
        return list(CHECKED[pack.key].kinds)
    kinds, faults = read_readers(pack)
    if faults:
        raise pack.wrong(*faults[0])
    return kinds


def read_readers(pack: Pack) -> tuple[list[Kind], list[Fault]]:
    """Return what the readers of a pack describe, and each thing that is wrong in them.

    Raises:
        ConfigError: a file is too large, no TOML or not UTF-8.
        StorageError: a file cannot be read.
    """
    kinds, faults = list[Kind](), list[Fault]()
    for file in pack.files("readers").values():
        text, described = pack.text(file), pack.data(file)
        form = described.pop("format", NetworkRecord.FORMAT)
        if form not in _FORMATS:
            todo = str(did_you_mean(str(form), list(_FORMATS)))
            faults.append((file, f"line 1: `format` is `{form}`", todo))
            continue
        kind_type = _FORMATS[form]
        common = described.pop("all", {})
        for name, entry in described.items():
            if not isinstance(entry, dict):
                todo = f"write it as `[{name}]`, or put it into a table"
                faults.append((file, f"`{name}` is no table", todo))
                continue
            entry = dict(entry)
            model = described.get(like := entry.pop("like", name))
            if not isinstance(model, dict):
                what = f"`{name}.like` names `{like}`, which is no table of this file"
                faults.append((file, what, str(did_you_mean(str(like), list(described)))))
                continue
            merged = common | {key: model[key] for key in model if key != "like"} | entry
            kind, wrong = validated(kind_type, {**merged, "network": pack.key, "name": name})
            if kind is not None:
                kinds.append(kind)
            lines = lines_of(wrong, text, [key for key, _ in described_keys(kind_type)], name)
            faults += [(file, what, todo) for what, todo in lines]
    names = [kind.name for kind in kinds]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        faults.append(("readers", f"two tables are called `{twice}`", "rename one of them"))
    return kinds, faults
