"""Two archives of one member compared: what came in since the earlier one, and what is gone.

An item is known again by its id, which is what its row holds. So an item that was edited is gone as
it was and came in as it is. The newest archive is inspected as usual, and the comparison lies
beside its answer. Always true: of what only one of the archives has files for, nothing is said to
have come or gone, since the other may not have been asked for it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import zip_longest
from typing import Any
from unicodedata import normalize

from vanne.arguments import PathOrFile
from vanne.errors import InputError
from vanne.policy import Policy
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import kind_words, network_name
from vanne.report.state_words import state_words
from vanne.report.states import STATES, Audience, ItemState
from vanne.sources.archives import RowCounter
from vanne.terms import Category
from vanne.words import Message, Words, sentence

_Kind = tuple[str, str, ItemState]
"""Of items: their network and category, and what the network says of them."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting of the account that an archive tells: as it was, and as it is; empty if absent."""

    network: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between an `earlier` and a `later` archive; the days are theirs, if known.

    `only_earlier` and `only_later` count the items, by network and category, of files of kinds that
    the other has none of.
    """

    earlier: date | None
    later: date | None
    came: Counter[_Kind]
    gone: Counter[_Kind]
    settings: tuple[SettingChange, ...]
    only_earlier: Counter[tuple[str, str]]
    only_later: Counter[tuple[str, str]]
    policies: Mapping[str, Policy]
    """By which each network is judged."""

    def document(self) -> dict[str, Any]:
        """Return it as the JSON of an inspection holds it."""
        return {
            "earlier": self.earlier and self.earlier.isoformat(),
            "later": self.later and self.later.isoformat(),
            "came": _rows(self.came),
            "gone": _rows(self.gone),
            "settings": [
                {"network": each.network, "before": each.before, "after": each.after}
                for each in self.settings
            ],
            "only_earlier": _counts(self.only_earlier),
            "only_later": _counts(self.only_later),
        }


def inspect_both(archives: Iterable[PathOrFile], **how: Any) -> Inspection:
    """Inspect the newer of two archives as `inspect` does, and compare it with the other.

    The one whose content is newer is the later one; if the days are not known, the second one.

    Raises:
        InputError: there are not two archives, or as `inspect`.
    """
    given = list(archives)
    if len(given) != 2:
        raise InputError(Message("compare-two", n=len(given)), todo=Message("compare-how"))
    inspections = list[Inspection]()
    for archive in given:
        inspections.append(inspect([archive], **how))
        inspections[-1].decided.forget()  # two and what the page holds are too much for a browser
    first, second = inspections
    days = first.reading.snapshot, second.reading.snapshot
    if days[0] and days[1] and days[0] > days[1]:
        first, second = second, first
    return replace(second, comparison=compare(first, second))


def comparing(
    archives: Iterable[PathOrFile], **how: Any
) -> Callable[[Audience], Comparison] | None:
    """Return what compares two archives when it is asked for, once; None if there are not two."""
    given = list(archives)

    @cache
    def compared(audience: Audience) -> Comparison:
        comparison = inspect_both(given, audience=audience, **how).comparison
        assert comparison is not None
        return comparison

    return compared if len(given) == 2 else None


@dataclass(frozen=True, slots=True)
class _Difference:
    """The items of one archive that another has not, and the ids of all: hashes, no items."""

    ids: RowCounter = field(default_factory=RowCounter)
    counts: Counter[_Kind] = field(default_factory=Counter)
    only: Counter[tuple[str, str]] = field(default_factory=Counter)
    settings: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, inspection: Inspection, other: Inspection, ids: RowCounter) -> "_Difference":
        """Sort the items of an archive whose ids the other has not."""
        new, readers, snapshot = cls(), _readers(other), inspection.reading.snapshot
        for each in inspection.decided:
            item, network = each.item, each.network
            reader, category = item.source or "", item.category or ""
            if new.ids.add(item.item_id) <= ids[item.item_id]:
                continue
            if reader not in readers:
                new.only[network, category] += 1
            elif category == Category.ACCOUNT and item.created_at in (None, snapshot):
                # a state of the account: an event there has a day of its own
                new.settings.setdefault((network, reader), []).append(item.text or "")
            else:
                new.counts[network, category, replace(each.state, place=None)] += 1
        return new


def compare(earlier: Inspection, later: Inspection) -> Comparison:
    """Compare two inspections, in little memory: they may hold millions of items."""
    before = RowCounter()
    for each in earlier.decided:
        before.add(each.item.item_id)
    came = _Difference.of(later, earlier, before)
    gone = _Difference.of(earlier, later, came.ids)
    was, now = earlier.reading.snapshot, later.reading.snapshot
    parts = (*earlier.networks, *later.networks)
    return Comparison(
        was and was.date(),
        now and now.date(),
        came.counts,
        gone.counts,
        (*_settings(gone.settings, came.settings), *_closing(earlier, later)),
        gone.only,
        came.only,
        {part.network: part.policy for part in parts},
    )


def comparison_words(comparison: Comparison, w: Words) -> dict[str, Any]:
    """Say what differs, for the terminal and the page: sentences, and rows of kinds of items."""

    def day(of: date | None) -> str:
        return w.day(of) if of else w("a day that is not known")

    title = w(
        "What came in between the archives of %(earlier)s and %(later)s",
        earlier=day(comparison.earlier),
        later=day(comparison.later),
    )
    nothing = w("Nothing came in, nothing is gone, no setting changed.")
    differs = comparison.came or comparison.gone or comparison.settings
    missing, added = comparison.only_earlier, comparison.only_later
    remarks = []
    if added:
        text = w.plural(
            "%(n)s item is of kinds that the earlier archive does not hold: new, or not asked for.",
            "%(n)s items are of kinds that the earlier archive does not hold: "
            "new, or not asked for.",
            added.total(),
        )
        remarks.append(f"{text} ({_named(added, w)})")
    if missing:
        text = w.plural(
            "%(n)s item is of kinds that the later archive does not hold: gone, or not asked for.",
            "%(n)s items are of kinds that the later archive does not hold: "
            "gone, or not asked for.",
            missing.total(),
        )
        remarks.append(f"{text} ({_named(missing, w)})")
    return {
        "title": title,
        "nothing": "" if differs else nothing,
        "came": list(_kinds(comparison, comparison.came, w)),
        "gone": list(_kinds(comparison, comparison.gone, w)),
        "settings": [
            w(
                "%(network)s: before %(before)s, now %(after)s",
                network=network_name(each.network, w),
                before=w.quoted(w(each.before)) if each.before else w("nothing"),
                after=w.quoted(w(each.after)) if each.after else w("nothing"),
            )
            for each in comparison.settings
        ],
        "remarks": remarks,
    }


_CLOSED = {True: sentence("closed account"), False: sentence("open account")}


def _named(kinds: Iterable[tuple[str, str]], w: Words) -> str:
    """Name kinds, each once, in the order of their names."""
    names = {kind_words(category, network, w) for network, category in kinds}
    return ", ".join(sorted(names, key=lambda name: normalize("NFKD", name).casefold()))


def _readers(inspection: Inspection) -> frozenset[str]:
    return frozenset(file.reader for file in inspection.reading.files)


def _settings(
    before: Mapping[tuple[str, str], list[str]], after: Mapping[tuple[str, str], list[str]]
) -> Iterator[SettingChange]:
    """Yield the rows on the account of the same file that differ, one with the other in order."""
    for key in sorted(before.keys() | after.keys()):
        for was, now in zip_longest(before.get(key, ()), after.get(key, ()), fillvalue=""):
            yield SettingChange(key[0], was, now)


def _closing(earlier: Inspection, later: Inspection) -> Iterator[SettingChange]:
    """Yield the accounts that their member opened to everybody, or closed."""
    both = {part.network for part in earlier.networks} & {part.network for part in later.networks}
    for network in sorted(both):
        was_closed, is_closed = (
            each.evaluation.closed.get(network, False) for each in (earlier, later)
        )
        if was_closed != is_closed:
            yield SettingChange(network, _CLOSED[was_closed], _CLOSED[is_closed])


def _kinds(
    comparison: Comparison, kinds: Counter[_Kind], w: Words
) -> Iterator[tuple[int, str, str]]:
    for (network, category, state), count in _ranked(kinds):
        said = state_words(state, comparison.policies[network], w)
        yield count, f"{network_name(network, w)}, {kind_words(category, network, w)}", said


def _ranked(kinds: Counter[_Kind]) -> list[tuple[_Kind, int]]:
    """Order kinds: what the network says that it uses is first, then what there is most of."""

    def rank(row: tuple[_Kind, int]) -> tuple[int, int, str, str, str]:
        (network, category, state), count = row
        return STATES.index(state.state), -count, network, category, state.reason

    return sorted(kinds.items(), key=rank)


def _counts(kinds: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"network": network, "category": category, "count": count}
        for (network, category), count in sorted(kinds.items())
    ]


def _rows(kinds: Counter[_Kind]) -> list[dict[str, Any]]:
    return [
        {
            "network": network,
            "category": category,
            "state": state.state,
            "reason": state.reason.value,
            "count": count,
        }
        for (network, category, state), count in _ranked(kinds)
    ]
