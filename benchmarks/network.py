"""Make a network of any size: the public tables, with every column, in SQL.

Every value is a function of the number of the item or member and of nothing else: `h(i, k)` is the
finaliser of MurmurHash3 (32 bits, public domain) over `i + k * 2654435769`, written out in integer
arithmetic, so that the same rows come out of any version of any engine. Ten items per member.

`clustered` and `unsorted` hold the same items with the same values in another order: an item's
number and its place in the clustered order are each other's image under a keyed permutation (a
two-round Feistel network on the digits). `apart` is `clustered` with the categories that are never
used (31 % of the items) in a file of their own.

All of them have every column; `empty` ones have no text in it, and `lean` ones have five columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

Layout = Literal["clustered", "unsorted", "apart"]
LAYOUTS: tuple[Layout, ...] = ("clustered", "unsorted", "apart")
Content = Literal["text", "empty", "lean"]
CONTENTS: tuple[Content, ...] = ("text", "empty", "lean")
LEAN = "item_id, owner, category, created_at, visibility"
ITEMS_PER_MEMBER = 10
STEP = 1000  # the number of items must be a multiple of it
PURPOSE = "generative-ai-training"
NEVER_PREFIX = "never-"
AS_OF = "2026-01-15T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Tables:
    """Where one network lies."""

    folder: Path
    layout: Layout
    items: int

    @property
    def items_folder(self) -> Path:
        return self.folder / "items"

    @property
    def item_files(self) -> str:
        return str(self.items_folder / "*.parquet")

    @property
    def members(self) -> Path:
        return self.folder / "members.parquet"

    @property
    def choices(self) -> Path:
        return self.folder / "choices.parquet"


def make(
    folder: Path, layout: Layout, items: int, *, content: Content = "text", files: int = 1
) -> Tables:
    """Write `items/*.parquet`, `members.parquet` and `choices.parquet`.

    The items lie in so many files (twice as many if those of never used categories are apart).

    Raises:
        ValueError: the number of items is not a multiple of 1,000.
    """
    if items % STEP or items < 2 * STEP:
        raise ValueError(f"the number of items must be a multiple of {STEP}")
    tables = Tables(folder, layout, items)
    tables.items_folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        connection.execute(MACROS.format(step=STEP, width=items // STEP))
        members = items // ITEMS_PER_MEMBER
        for path, query in _queries(tables, members, content, files):
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return tables


def _queries(
    tables: Tables, members: int, content: Content, files: int
) -> Iterator[tuple[Path, str]]:
    strangers = _strangers(members)
    yield tables.members, MEMBERS.format(members=members)
    yield tables.choices, CHOICES.format(members=members, strangers=strangers)
    numbers = BY_NUMBER if tables.layout == "unsorted" else BY_OWNER
    for part in range(files):
        start, end = (tables.items * n // files for n in (part, part + 1))
        rows = ITEMS.format(
            members=members,
            strangers=strangers,
            numbers=numbers.format(start=start, end=end),
            text=TEXT if content == "text" else "NULL::VARCHAR",
        )
        if content == "lean":
            rows = f"SELECT {LEAN} FROM ({rows})"
        name = f"items-{part:03}.parquet"
        if tables.layout != "apart":
            yield tables.items_folder / name, rows
            continue
        for prefix, negated in (("", "NOT"), (NEVER_PREFIX, "")):
            query = f"SELECT * FROM ({rows}) WHERE {negated} {_IS_NEVER}"
            yield tables.items_folder / f"{prefix}{name}", query


def _strangers(members: int) -> int:
    return max(members // 100, 1)


MACROS = """
CREATE MACRO wide(x) AS ((x) & 4294967295::UBIGINT);
CREATE MACRO mixed(x) AS xor(x, x >> 16);
CREATE MACRO _half(x) AS xor(x, x >> 13);
CREATE MACRO h(i, k) AS mixed(wide(_half(wide(mixed(wide(i::UBIGINT + k * 2654435769::UBIGINT))
    * 2246822507::UBIGINT)) * 3266489909::UBIGINT));
CREATE MACRO one_in(i, k, n) AS h(i, k) % n = 0;
CREATE MACRO part(i, k) AS h(i, k) % 1000;
CREATE MACRO among(i, k, list) AS list[1 + (h(i, k) % len(list)::UBIGINT)::INT];
CREATE MACRO member(m) AS 'm' || lpad((m)::VARCHAR, 9, '0');
CREATE MACRO stranger(m) AS 'n' || lpad((m)::VARCHAR, 9, '0');
CREATE MACRO item(i) AS 'i' || lpad((i)::VARCHAR, 10, '0');
CREATE MACRO after(start, i, k, days) AS
    start::TIMESTAMPTZ + to_seconds((h(i, k) % (days * 86400)::UBIGINT)::BIGINT);
-- a permutation of 0 .. step * width - 1: number = left * width + right
CREATE MACRO _left(l, r) AS (l + h(r, 91)) % {step}::UBIGINT;
CREATE MACRO _right(l, r) AS (r + h(l, 92)) % {width}::UBIGINT;
CREATE MACRO _left_back(l, r) AS
    (l + {step}::UBIGINT - h(r, 91) % {step}::UBIGINT) % {step}::UBIGINT;
CREATE MACRO _right_back(l, r) AS
    (r + {width}::UBIGINT - h(l, 92) % {width}::UBIGINT) % {width}::UBIGINT;
CREATE MACRO _joined(l, r) AS l * {width}::UBIGINT + r;
CREATE MACRO number_at(p) AS _joined(_left(p // {width}::UBIGINT, p % {width}::UBIGINT),
    _right(_left(p // {width}::UBIGINT, p % {width}::UBIGINT), p % {width}::UBIGINT));
CREATE MACRO place_of(n) AS _joined(
    _left_back(n // {width}::UBIGINT, _right_back(n // {width}::UBIGINT, n % {width}::UBIGINT)),
    _right_back(n // {width}::UBIGINT, n % {width}::UBIGINT));
"""

_RANGE = "range::UBIGINT AS {} FROM range({{start}}, {{end}})"
BY_OWNER = f"SELECT number_at(range::UBIGINT) AS i, {_RANGE.format('place')}"
BY_NUMBER = f"SELECT place_of(range::UBIGINT) AS place, {_RANGE.format('i')}"
_IS_NEVER = "category IN ('private_message', 'salary', 'credential', 'payment')"

ITEMS = """
SELECT item(i) AS item_id,
    CASE WHEN part(i, 1) < 2 THEN NULL WHEN part(i, 1) < 5 THEN stranger(h(i, 2) % {strangers})
        ELSE member(place // 10) END AS owner,
    CASE WHEN part(i, 3) < 36 THEN member(h(i, 4) % {members})
        WHEN part(i, 3) < 40 THEN stranger(h(i, 4) % {strangers}) END AS author,
    CASE WHEN part(i, 5) < 40 THEN [member(h(i, 6) % {members})]
        WHEN part(i, 5) < 45 THEN [member(h(i, 6) % {members}), stranger(h(i, 7) % {strangers})]
        WHEN part(i, 5) < 50 THEN [stranger(h(i, 7) % {strangers})] END AS subjects,
    CASE WHEN part(i, 8) < 220 THEN 'private_message' WHEN part(i, 8) < 310 THEN
            among(i, 9, ['salary', 'credential', 'payment'])
        WHEN part(i, 8) < 360 THEN among(i, 9, ['search', 'follow', 'reaction', 'job_search'])
        WHEN part(i, 8) < 361 THEN 'hologram'
        ELSE among(i, 9, ['profile', 'photo', 'position', 'education', 'skill', 'cv', 'post',
            'post', 'post', 'article', 'comment', 'comment', 'recommendation', 'group_post'])
        END AS category,
    CASE WHEN part(i, 10) >= 2 THEN after('2011-01-01 00:00:00+00', i, 11, 5490) END AS created_at,
    CASE WHEN part(i, 12) < 700 THEN 'public' WHEN part(i, 12) < 950 THEN 'connections'
        WHEN part(i, 12) < 985 THEN 'only-me' END AS visibility,
    CASE WHEN part(i, 13) < 10 THEN [among(i, 14, ['health', 'religion', 'union'])]
        WHEN part(i, 13) < 15 THEN ['travel', among(i, 14, ['Health', 'sport'])]
        WHEN part(i, 13) < 35 THEN [among(i, 14, ['sport', 'travel', 'work'])] END AS tags,
    CASE WHEN part(i, 15) < 10 THEN 'train-ai=n' WHEN part(i, 15) < 20 THEN 'train-ai=y'
        WHEN part(i, 15) < 22 THEN 'search=y, train-ai=n' WHEN part(i, 15) < 23 THEN 'please do not'
        END AS reservation,
    among(i, 16, ['fr', 'en', 'de', 'it']) AS lang,
    {text} AS text,
    CASE WHEN part(i, 17) < 50 THEN 'photos/' || item(i) || '.jpg' END AS media,
    'benchmark' AS source
FROM ({numbers})
"""

# 0 to 4 sentences, each one of 4,096; a tenth of a kilobyte on average
_WORDS = (
    "['we', 'our team', 'the whole shop', 'a colleague', 'my former boss', 'the council', "
    "'two apprentices', 'the night shift']",
    "['planned', 'repaired', 'opened', 'sold', 'measured', 'painted', 'rebuilt', 'closed']",
    "['a bridge', 'the old mill', 'a bakery', 'new shelves', 'the harbour', 'a small museum', "
    "'the tram line', 'a school garden']",
    "['in spring', 'near the lake', 'for the first time', 'without a break', 'last week', "
    "'with great care', 'for the town', 'before the rain']",
)
_PART = "concat({words}, '. ')"


def _part(number: int) -> str:
    words = ", ' ', ".join(f"among(i, {20 + 5 * number + k}, {w})" for k, w in enumerate(_WORDS))
    return f"CASE WHEN h(i, 18) % 5 > {number} THEN {_PART.format(words=words)} ELSE '' END"


TEXT = f"NULLIF(concat({', '.join(_part(number) for number in range(4))}), '')"

MEMBERS = """
SELECT member(m) AS member_id,
    CASE WHEN part(m, 101) < 5 THEN NULL WHEN part(m, 101) < 7 THEN 'UK'
        ELSE among(m, 102, ['FR', 'FR', 'DE', 'DE', 'IT', 'ES', 'NL', 'IE', 'AT', 'CH', 'CH', 'GB',
            'GB', 'CA', 'HK', 'JP', 'CN', 'US', 'US', 'US', 'BR', 'IN', 'IN', 'AU']) END AS region,
    CASE WHEN part(m, 103) >= 30 THEN DATE '1955-01-01' + (h(m, 104) % 20454)::INT END
        AS birth_date,
    CASE WHEN part(m, 105) < 10 THEN ['secondary-school']
        WHEN part(m, 105) < 12 THEN ['premium', 'Secondary_School']
        WHEN part(m, 105) < 40 THEN ['premium'] END AS signs,
    after('2011-01-01 00:00:00+00', m, 106, 5400) AS joined_at
FROM (SELECT range::UBIGINT AS m FROM range({members}))
"""

# 15 % off and still off; 3 % off, then on again; 4 % off for one or two categories; 3 % off for one
# item of theirs; 8 % on wholly, 6 % for one category, 6 % for one item (where off is the default);
# 1 % for another purpose; 1 % after the time of asking; an objection of each fifth stranger.
_CHOICE = """
SELECT member(m) AS member_id, {purpose} AS purpose, '{scope}' AS scope, {target} AS target,
    {on} AS "on", after('{since} 00:00:00+00', m, {k}, {days}) AS at, 'benchmark' AS channel,
    'notice-1' AS notice FROM (SELECT range::UBIGINT AS m FROM range({{members}})) WHERE {where}
"""


def _choice(
    where: str,
    k: int,
    *,
    on: bool = False,
    scope: str = "all",
    target: str = "NULL::VARCHAR",
    since: str = "2025-09-18",
    days: int = 100,
    purpose: str = PURPOSE,
) -> str:
    return _CHOICE.format(
        where=where, k=k, on=on, scope=scope, target=target, since=since, days=days,
        purpose=f"'{purpose}'",
    )  # fmt: skip


_KINDS = "['post', 'comment', 'photo', 'position', 'article', 'cv']"
_ITEM = "item(number_at(m * 10 + h(m, 131) % 10))"
CHOICES = " UNION ALL ".join(
    [
        _choice("part(m, 120) < 180", 121),
        _choice("part(m, 120) < 30", 122, on=True, since="2025-12-28", days=17),
        _choice("part(m, 123) < 40", 124, scope="category", target=f"among(m, 125, {_KINDS})"),
        _choice("part(m, 123) < 15", 126, scope="category", target=f"among(m, 127, {_KINDS})"),
        _choice("part(m, 130) < 30", 132, scope="item", target=_ITEM),
        _choice("part(m, 120) >= 180 AND part(m, 133) < 100", 134, on=True),
        _choice("part(m, 135) < 60", 136, on=True, scope="category",
                target=f"among(m, 137, {_KINDS})"),
        _choice("part(m, 138) < 60", 139, on=True, scope="item", target=_ITEM),
        _choice("part(m, 140) < 10", 141, purpose="recommendations"),
        _choice("part(m, 142) < 10", 143, since="2026-01-15", days=30),
        _choice("m < {strangers} AND h(m, 144) % 5 = 0", 145)
        .replace("member(m)", "stranger(m)"),
    ]
)  # fmt: skip
