"""Inspect a person's own archives: which items may train generative AI, and why not the others.

Each item gets the reference verdict, for a member who has made no choice, by the policy of the
item's network, unless one policy is given for all. An archive does not say everything about its
member, so the answer states each assumption:

* region: the one that is given, else the country of the profile's location, else unknown; with an
  unknown region nothing is allowed;
* age: the birth date that is given; else the year that a verification recorded (its last day) or
  the birth date of the profile if it has a year, whichever is later; else the signs of a secondary
  school that the member attends; else *unknown, and assumed to be an adult*
  (`vanne.report.assumptions`), because «nothing is used since your age is unknown» would mislead;
* who sees what the member posts, where the policy asks: what the archive says of each post or of
  the account (Instagram, X), else what the member says with `audience`, else *unknown*: these items
  are used if everybody may see them, so the answer is a range. A new account of Facebook shows its
  posts to friends alone;
* who answers for an assistant: nobody, so that its texts are judged as if the member had written
  them.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Literal
from weakref import finalize

from vanne.arguments import PathOrFile, files_of, moment
from vanne.errors import ArchiveError
from vanne.places import locate
from vanne.policy import Policy
from vanne.report.assumptions import (
    Age,
    age_of,
    checked_region,
    with_state,
)
from vanne.report.evaluate import (
    NO_NETWORK,
    Decided,
    Evaluation,
    NetworkPart,
    homes_of,
    network_of,
)
from vanne.report.inspected_items import InspectedItems, ItemFilter, ItemSearch
from vanne.report.states import Audience, ItemState
from vanne.sources import OWNER, Reading, survey
from vanne.sources.archives import Survey
from vanne.sources.documents import PdfWatch
from vanne.sources.reading import FileNote
from vanne.terms import Category, Member, Reason
from vanne.words import Message

if TYPE_CHECKING:
    import pyarrow as pa

STALE_AFTER_DAYS = 365
"""An archive that is older than a year is told so: much may have come since."""
_KNOWN_FOR = frozenset(
    ("duplicate", "photo-counted", "ask-for-json", "nothing-of-yours", "names-files", "line-of-app")
)
"""Reasons that leave nothing to look at: the row is elsewhere, or no data of the member."""

RegionFrom = Literal["option", "profile", "unknown"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """The verdicts on the items of a reading, network by network, and on what they rest.

    `decided` are the items themselves: what is not kept of them is read again from the archives.
    """

    reading: Reading
    evaluation: Evaluation
    as_of: datetime
    member: Member
    region_from: RegionFrom
    age: Age
    decided: InspectedItems
    notes: tuple[FileNote, ...] = ()
    archive_days: Mapping[str, date] = field(default_factory=dict)
    """The day of the newest archive of each network."""
    audience: Audience = "unknown"
    """Who sees what the member posts, as far as the archive does not say it."""

    def answered(self, audience: Audience) -> "Inspection":
        """Return the same for a member whose posts are seen by that audience."""
        return replace(self, audience=audience, decided=self.decided.answered(audience))

    @property
    def networks(self) -> tuple[NetworkPart, ...]:
        """What each network holds; the one that holds most first."""
        return tuple(part.answered(self.audience) for part in self.evaluation.parts())

    @property
    def asked(self) -> int:
        """How many items it hangs on who sees the member's posts."""
        return sum(part.by_audience.total() for part in self.networks)

    @property
    def audience_unknown(self) -> int:
        """How many items are used if everybody may see them, which is not known."""
        return sum(count for (_, state), count in self.states.items() if state.audience_unknown)

    @property
    def policy(self) -> Policy:
        """The policy of the network that holds most items."""
        return self.networks[0].policy

    @property
    def counts(self) -> Counter[tuple[str, Reason]]:
        """How many items of each category got each verdict, over all networks."""
        return sum((part.counts for part in self.networks), Counter())

    @property
    def states(self) -> Counter[tuple[str, ItemState]]:
        """How many items of each category have each state, over all networks."""
        return sum((part.states for part in self.networks), Counter())

    @property
    def totals(self) -> Counter[ItemState]:
        """How many items have each state, over all kinds and networks."""
        return sum((part.totals for part in self.networks), Counter())

    @property
    def item_count(self) -> int:
        """How many items there are."""
        return sum(part.items for part in self.networks)

    @property
    def allowed(self) -> int:
        """How many items may be used."""
        return sum(part.allowed for part in self.networks)

    @property
    def unread(self) -> int:
        """How many rows gave no item and are worth a look: no duplicate, no page, no one's data."""
        return sum(
            count
            for file in self.reading.files
            for why, count in file.reasons.items()
            if why.code not in _KNOWN_FOR
        )

    @property
    def aged(self) -> dict[str, date]:
        """The day of the newest archive of each network whose archives are older than a year."""
        first = self.as_of.date() - timedelta(days=STALE_AFTER_DAYS)
        return {network: day for network, day in self.archive_days.items() if day < first}

    @property
    def pages(self) -> Counter[str]:
        """How many pages of downloads as HTML nobody here can read, for each network."""
        counts: Counter[str] = Counter()
        for file in self.reading.files:
            counts[network_of(file.reader).key] += file.reasons[Message("ask-for-json")]
        return +counts

    @property
    def is_pages(self) -> bool:
        """Say whether pages that nobody can read are all there is, but for pictures."""
        is_read = any(f.item_count and f.reader != "media/file" for f in self.reading.files)
        return bool(self.pages) and not is_read

    @property
    def is_foreign(self) -> bool:
        """Say whether pictures that lie with no network are all there is."""
        kinds = {category for category, _ in self.counts}
        return kinds == {Category.PHOTO} and {p.network for p in self.networks} == {NO_NETWORK}

    def search(self, wanted: ItemFilter) -> ItemSearch:
        """Return the items that a filter asks for; the last search goes on where it was."""
        counts = (
            count
            for part in self.networks
            for (category, state), count in part.states.items()
            if wanted.fits_state(part.network, category, state)
        )
        return self.decided.search(wanted, None if wanted.words else sum(counts))

    def items(self) -> "pa.Table":
        """Return the items: the public table (docs/reference/tables.md)."""
        from vanne.sources.tables import item_table

        return item_table([each.item for each in self.decided])

    def verdicts(self) -> "pa.Table":
        """Return the verdict on each item, in the order of `items`."""
        import pyarrow as pa

        rows = [
            (each.item.item_id, each.network, each.item.category, each.reason.value)
            for each in self.decided
        ]
        names = ("item_id", "network", "category", "reason")
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        arrays = [pa.array(column, pa.string()) for column in columns]
        return pa.table([arrays[0], *(each.dictionary_encode() for each in arrays[1:])], names)

    def document(self, wanted: ItemFilter | None = None) -> dict[str, Any]:
        """Return what `vanne inspect --json` prints; it also holds the items that are `wanted`."""
        from vanne.report.inspection_document import document

        return document(self, wanted)


def inspect(
    paths: PathOrFile | Iterable[PathOrFile],
    *,
    region: str | None = None,
    as_of: str | date,
    policy: Policy | str | os.PathLike[str] | None = None,
    birth_date: date | None = None,
    audience: Audience = "unknown",
    progress: Callable[[int, int], None] | None = None,
    watch: PdfWatch | None = None,
    take: Callable[[Decided], None] | None = None,
) -> Inspection:
    """Read the archives of one person and decide each item.

    One of several archives that cannot be read is left out, and a note says so.

    Args:
        paths: An archive or several: a zip, a folder, one file of it, or a file opened with "rb".
        region: The country, such as `CH`; None: the one of the profile.
        as_of: The time of asking: a day, or a time with its zone.
        policy: One for all (a policy, its name or a path); None: that of each network.
        birth_date: The person's birth date: archives seldom say the year.
        audience: Who sees what they post, where the archive does not say it.
        progress: Is told how many bytes of how many were read.
        watch: Is told of each PDF before it is read.
        take: Is handed each item with its verdict and its state once all were read.

    Raises:
        InputError: an archive cannot be used, the region is no country's code, or the time is none.
        ConfigError: there is no such policy, it is wrong, or it does not have the purpose.
        StorageError: a file is missing, or cannot be read.
    """
    as_of = moment(as_of)
    if policy is not None and not isinstance(policy, Policy):
        policy = Policy(policy)
    code = None if region is None else checked_region(region)
    folder, left_out = Path(mkdtemp(prefix="vanne-")), list[ArchiveError]()
    try:
        files = files_of(paths, folder)
        while True:
            opened = partial(survey, files, progress, watch=watch, left_out=tuple(left_out))
            try:
                inspection = _inspected(opened, code, as_of, policy, birth_date, audience)
                break
            except ArchiveError as error:
                left_out.append(error)
    except BaseException:
        rmtree(folder)
        raise
    finalize(inspection.decided, rmtree, folder, ignore_errors=True)  # copies are read again
    if take:
        for each in inspection.decided:
            take(each)
    return inspection


def _inspected(
    opened: Callable[[], AbstractContextManager[Survey]],
    code: str | None,
    as_of: datetime,
    policy: Policy | None,
    birth_date: date | None,
    audience: Audience,
) -> Inspection:
    """Inspect archives, each time that they are `opened` the same ones."""

    def again() -> Iterator[Decided]:
        with opened() as archives:
            yield from map(evaluation().decide, archives.items())

    decided = InspectedItems(again)
    with opened() as archives:
        age = age_of(archives.facts, birth_date, as_of.date())
        facts = archives.facts
        located = locate(facts.location).country if facts.location else None
        country = code or facts.country or located
        region_from: RegionFrom = "option" if code else "profile" if country else "unknown"
        member = Member(OWNER, country, age.birth_date, age.signs, facts.registered_at)
        about = ((file.archive.name, file.entry.path, file.reader) for file in archives.files)
        snapshots = frozenset(archive.snapshot for archive in archives.archives)
        closed = archives.closed, archives.closed_since
        about_all = member, as_of, policy, homes_of(about), snapshots, *closed
        evaluation = partial(Evaluation, *about_all)
        judges = evaluation()
        reading = archives.read(lambda item: decided.add(judges.decide(item)))
    parts = judges.parts()
    policies = {part.network: part.policy for part in parts}
    age = with_state(age, policies, archives.joined, judges.oldest, as_of.date())
    # What the archive does not say of its member, and what is taken for it.
    assumptions = list[Message]()
    if region_from == "unknown":
        assumptions.append(Message("region-not-said"))
    if age.source == "assumed-adult":
        assumptions.append(Message("age-not-said"))
    for part in parts:
        if part.unsure and part.doubt:
            assumptions.append(Message("start-uncertain", policy=part.policy.name, why=part.doubt))
    days = dict[str, date]()
    for file in archives.files:
        network, day = network_of(file.reader).key, file.archive.snapshot
        if day is not None and network != NO_NETWORK:
            days[network] = max(day.date(), days.get(network, date.min))
    about_member = member, region_from, age
    found = Inspection(reading, judges, as_of, *about_member, decided, archive_days=days)
    found = found.answered(audience)
    if found.audience_unknown:
        assumptions.append(Message("visibility-not-said", n=found.audience_unknown))
    return replace(found, notes=(*reading.notes, *map(FileNote, assumptions)))
