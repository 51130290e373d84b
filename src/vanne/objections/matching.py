"""Match items with the objections in force, and record the opt-outs that the ledger lacks.

* A person at the address that an objector gave, who is no member, is off for everything.
* An item that only a name connects with an objector is off in the name of the objection, until a
  person has reviewed it and says that it is about somebody else.
* What followed from an objection that was taken back is on again, unless another objection asks
  for the same.

Nothing is recorded twice, so a second run changes nothing. A run after new items finds those.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np

from vanne.config import Home
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.contract import NEVER_PREFIX, data_files, deleted_rows, members_table
from vanne.decide.item_columns import Flags, values_of
from vanne.files import write_whole
from vanne.folding import fold
from vanne.ids import UNKNOWN, IdIndex
from vanne.ledger import Ledger
from vanne.objections.names import WORD, NamePattern, name_of
from vanne.objections.record import Objector, objectors
from vanne.policy import Policy
from vanne.sources.batches import item_batches, member_batches
from vanne.terms import Channel, Choice, ItemId, MemberId, Scope

if TYPE_CHECKING:
    import pyarrow as pa


# Scan all items once: who is at an objector's address, and which texts name an objector.
#
# The scan reads only items of a category that the policy lists: no other item can be used, and
# the reviewer need not see any other. Columns that play no part stay unread.
#
# Two addresses are compared in a normal form; nothing is guessed. Addresses copied from a browser
# differ from those of an export in the scheme, a leading `www.`, the case of the host, a slash at
# the end, percent-encoding (RFC 3986, section 6.2.2), and the part after `?` or `#`. The normal
# form drops all of these. The path keeps its case, and another subdomain is another address:
# taking two people for one would be worse than asking a person.


Progress = Callable[[int], None]

_READ = ("item_id", "author", "subjects", "category", "text")
MOST = 10_000
"""A name that more items hold than that is left to a person: it is a common word, or an attack."""

_AT_ONCE = 1000
"""So many anchors in one expression: RE2 gives up on one that is too large."""
_A_WORD = "(?:^|[^a-z0-9])(?:{})(?:$|[^a-z0-9])"
_SCHEME = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
_PORT = re.compile(r":(?:80|443)?$")


def address_of(text: str) -> str:
    """Return an address in the form in which two that are the same are equal.

    >>> address_of("https://www.LinkedIn.com/in/marie-d%C3%BCpont/?trk=x#top")
    'linkedin.com/in/marie-düpont'
    >>> address_of("guest-7")
    'guest-7'
    """
    text, is_web = _SCHEME.subn("", text.strip())
    text = re.split(r"[?#]", text, maxsplit=1)[0]
    host, slash, path = text.partition("/")
    if not is_web and not slash and "." not in host:
        return host  # an id of the network's own
    host = _PORT.sub("", host.casefold()).removeprefix("www.").rstrip(".")
    return unicodedata.normalize("NFC", (host + slash + unquote(path)).rstrip("/"))


@dataclass(slots=True)
class ScanResult:
    """What one scan found, by the index of the objection: whom for certain, which items perhaps."""

    certain: dict[int, set[MemberId]] = field(default_factory=dict)
    uncertain: dict[int, set[ItemId]] = field(default_factory=dict)
    sought: frozenset[int] = frozenset()
    """Those whose name was looked for in texts."""
    items: int = 0

    def doubt(self, index: int, item: ItemId) -> None:
        """Add an item that may be about somebody, up to one more than are taken up."""
        items = self.uncertain.setdefault(index, set())
        if len(items) <= MOST:
            items.add(item)

    def is_sought(self, index: int) -> bool:
        """Say whether a name was looked for and found in few enough items to take them up."""
        return index in self.sought and len(self.uncertain.get(index, ())) <= MOST


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to look for: by address, by name, and in which kinds of data each.

    `words` and `pieces` say whose name may be in a text that has them, as a word or anywhere.
    """

    addresses: Mapping[str, Sequence[int]]
    names: Mapping[int, NamePattern]
    words: Mapping[str, Sequence[int]]
    pieces: Mapping[str, Sequence[int]]
    listed: Mapping[int, frozenset[str]]

    @classmethod
    def of(cls, objectors: Sequence[Objector], policy: Policy) -> "Wanted":
        """Prepare a scan; of who has taken their objection back only the address is looked for."""
        known = [each for each in objectors if each.objection.purpose in policy.purposes]
        addresses, words, pieces = (defaultdict[str, list[int]](list) for _ in range(3))
        names: dict[int, NamePattern] = {}
        for each in known:
            if each.objection.profile and (address := address_of(each.objection.profile)):
                addresses[address].append(each.index)
            if each.in_force and (name := name_of(each.objection.name)):
                names[each.index] = name
                for anchor in name.anchors:
                    (words if name.is_word else pieces)[anchor].append(each.index)
        listed = {
            each.index: frozenset(
                kind.value for kind in policy.purpose(each.objection.purpose).listed
            )
            for each in known
        }
        return cls(dict(addresses), names, dict(words), dict(pieces), listed)

    def named_in(self, folded: "pa.Array") -> Iterator[tuple[int, int]]:
        """Yield (row, index of the objection) where a folded text names somebody."""
        import pyarrow.compute as pc

        # RE2 finds an anchor among a thousand as fast as one. What is no letter of ASCII ends a
        # word here, so that too much is found and never too little.
        likely: Flags = np.zeros(len(folded), np.bool_)
        for around, anchors in ((_A_WORD, self.words), ("{}", self.pieces)):
            ordered = sorted(anchors)
            for first in range(0, len(ordered), _AT_ONCE):
                some = map(re.escape, ordered[first : first + _AT_ONCE])
                matches = pc.match_substring_regex(folded, around.format("|".join(some)))
                likely |= matches.fill_null(False).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(likely).tolist():
            text = folded[row].as_py()
            may_be = {n for word in WORD.findall(text) for n in self.words.get(word, ())}
            may_be |= {n for piece, those in self.pieces.items() if piece in text for n in those}
            yield from ((row, n) for n in may_be if self.names[n].exact.search(text))


def scan(
    home: Home, objectors: Sequence[Objector], policy: Policy, progress: Progress | None = None
) -> ScanResult:
    """Look through all items once.

    Raises:
        InputError: a table cannot be read.
    """
    import pyarrow as pa

    from vanne.sources.schema import ITEMS

    wanted = Wanted.of(objectors, policy)
    matches = ScanResult(sought=frozenset(wanted.names))
    if not wanted.listed:
        return matches
    batches = member_batches(str(members_table(home)))
    ids = [batch["member_id"].cast(pa.large_string()) for batch in batches]
    members = IdIndex(pa.concat_arrays([pa.array([], pa.large_string()), *ids]))
    unread = tuple(column.name for column in ITEMS if column.name not in _READ)
    for path in data_files(home):
        if path.name.startswith(NEVER_PREFIX):
            continue
        deleted, start = deleted_rows(home, path.name), 0
        for whole in item_batches(str(path), skip=unread):
            is_living = ~np.isin(np.arange(start, start + len(whole)), deleted)
            batch, start = whole.filter(pa.array(is_living)), start + len(whole)
            _look(batch, wanted, members, matches)
            matches.items += len(batch)
            if progress:
                progress(matches.items)
    return matches


def _look(batch: "pa.RecordBatch", wanted: Wanted, members: IdIndex, matches: ScanResult) -> None:
    """Add what a batch of items holds: first who is in them, then whom their texts name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = frozenset[str]().union(*wanted.listed.values())
    batch = batch.filter(pc.is_in(batch["category"], value_set=pa.array(sorted(listed))))
    sure, doubts = _by_people(batch, wanted, members, matches)
    rows = np.flatnonzero(batch["text"].is_valid().to_numpy(zero_copy_only=False))
    doubts |= {(int(rows[r]), n) for r, n in wanted.named_in(folded(batch["text"].drop_null()))}
    for row, index in doubts - sure:
        if batch["category"][row].as_py() in wanted.listed[index]:
            matches.doubt(index, batch["item_id"][row].as_py())


Pairs = set[tuple[int, int]]
"""Rows of a batch, each with the index of an objection."""


def _by_people(
    batch: "pa.RecordBatch", wanted: Wanted, members: IdIndex, matches: ScanResult
) -> tuple[Pairs, Pairs]:
    """Return where somebody in an item, who is no member, is at the address, or has the name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    author_rows = np.flatnonzero(batch["author"].is_valid().to_numpy(zero_copy_only=False))
    subject_rows, subjects = values_of(batch["subjects"])
    authors = batch["author"].drop_null().cast(pa.large_string())
    people = pa.concat_arrays([authors, subjects.cast(pa.large_string()).fill_null("")])
    rows = np.concatenate((author_rows, subject_rows))
    away = members.find(people) == UNKNOWN
    rows, people = rows[away], people.filter(away)
    strangers = people.unique()

    def rows_of(person: "pa.Scalar") -> list[int]:
        return list(map(int, rows[pc.equal(people, person).to_numpy(zero_copy_only=False)]))

    sure, doubts = Pairs(), Pairs()
    for person in strangers if wanted.addresses else ():
        for index in wanted.addresses.get(address_of(person.as_py()), ()):
            matches.certain.setdefault(index, set()).add(person.as_py())
            sure |= {(row, index) for row in rows_of(person)}
    for place, index in wanted.named_in(folded(strangers)):
        doubts |= {(row, index) for row in rows_of(strangers[place])}
    return sure, doubts


def folded(texts: "pa.Array") -> "pa.Array":
    """Fold many texts (see `vanne.folding`); those in ASCII, mostly the most, all at once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lower = pc.ascii_lower(texts.cast(pa.large_string()))
    others = pc.invert(pc.string_is_ascii(lower))
    changed = pa.array([fold(t) for t in lower.filter(others).to_pylist()], pa.large_string())
    return pc.replace_with_mask(lower, others, changed)


_SCHEMA, _STATE = "vanne/objections-matched/1", "objections.json"


@dataclass(frozen=True, slots=True)
class Matching:
    """What one run did, in numbers: nobody and no item is named.

    `by_hand` counts the objections whose name finds nothing or too much: a person has to look.
    """

    objections: int
    items: int
    certain: int
    uncertain: int
    lifted: int
    by_hand: int


def match(
    home: Home,
    policy: Policy,
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Matching:
    """Look through all items once and record what follows; with `dry_run` only count it.

    `now` dates the entries; without it they are dated as what they follow from.

    Raises:
        InputError: a table cannot be read.
    """
    with Ledger.of(home, read_only=dry_run) as ledger:
        everybody, extent = objectors(ledger), _present(home, policy, ledger.size)
        matches = scan(home, everybody, policy, progress)
        in_force = [each for each in everybody if each.in_force]
        certain, doubts, lifted = list[Choice](), list[Choice](), list[Choice]()
        for each in in_force:
            at = now or each.objection.at
            for person in sorted(matches.certain.get(each.index, ())):
                if not any(choice.notice == each.notice for _, choice in ledger.history(person)):
                    certain.append(_choice(each, person, None, on=False, at=at))
            if matches.is_sought(each.index):
                known = {choice.target for _, choice in ledger.history(each.member_id)}
                for item in sorted(matches.uncertain.get(each.index, set()) - known):
                    doubts.append(_choice(each, each.member_id, item, on=False, at=at))
        for each in everybody:
            lifted += _lifted(ledger, each, in_force, matches, now)
        if not dry_run:
            ledger.append([*certain, *doubts, *lifted])
            document = {"schema": _SCHEMA, **asdict(extent)}
            write_whole(home.corpus / _STATE, json.dumps(document).encode())
    by_hand = sum(not matches.is_sought(each.index) for each in in_force)
    counts = len(certain), len(doubts), len(lifted)
    return Matching(len(in_force), matches.items, *counts, by_hand)


def unmatched(home: Home, policy: Policy) -> int:
    """Count the objections for which the present data was not looked through."""
    with Ledger.of(home, read_only=True) as ledger:
        entries = [index for index, _ in ledger.objections()]
        if not entries:
            return 0
        now = _present(home, policy, ledger.size)
    then = Extent(0, "", {})  # nothing, if there was no run before
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        state = json.loads((home.corpus / _STATE).read_bytes())
        if state["schema"] == _SCHEMA:
            then = Extent(int(state["size"]), str(state["policy"]), dict(state["files"]))
    same = then.policy == now.policy and now.files.items() <= then.files.items()
    return sum(index >= then.size for index in entries) if same else len(entries)


def _lifted(
    ledger: Ledger,
    each: Objector,
    in_force: Sequence[Objector],
    matches: ScanResult,
    now: datetime | None,
) -> Iterator[Choice]:
    """Yield an on for what an objection that was taken back still holds off."""
    if each.until is None:
        return
    purpose = each.objection.purpose
    others = [o.index for o in in_force if o.objection.purpose == purpose]
    asked_by_others = {p for index in others for p in matches.certain.get(index, ())}
    people = {each.member_id} | matches.certain.get(each.index, set()) - asked_by_others
    for person in sorted(people):
        followed = (c for _, c in ledger.history(person) if c.notice == each.notice)
        last = {choice.target: choice for choice in followed}  # for each item, or for everything
        for target, choice in last.items():
            if not choice.on:
                yield _choice(each, person, target, on=True, at=now or each.until)


def _choice(
    each: Objector, person: MemberId, item: ItemId | None, *, on: bool, at: datetime
) -> Choice:
    scope: Scope = "all" if item is None else "item"
    purpose = each.objection.purpose
    claimed_at = None if on else each.objection.since  # the opt-out is as old as the objection
    return Choice(person, purpose, scope, on, at, item, Channel.OBJECTION, each.notice, claimed_at)


@dataclass(frozen=True, slots=True)
class Extent:
    """The entries, the policy and the files (with their checksums) that a run took into account."""

    size: int
    policy: str
    files: Mapping[str, str]


def _present(home: Home, policy: Policy, size: int) -> Extent:
    cache = ChecksumCache(home.corpus / "seen.json")
    paths = (members_table(home), *data_files(home))
    files = {path.name: cache.sha256(path) for path in paths}
    cache.save()
    return Extent(size, policy.digest, files)
