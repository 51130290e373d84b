"""Decide each item of an archive by the policy of the item's network, and count the verdicts.

`vanne.report.inspection` says what is assumed where an archive is silent. The policy is the one
that the network itself has published. The reader of a file names its network (`linkedin/positions`,
`x/tweets`), and the pack of that network its policy. A file of no network, such as a CV, is judged
by LinkedIn's policy, because LinkedIn is where people upload CVs. A network that is not known to
train on members' data has a policy that lists nothing. A picture belongs to the network of the
archive around it. See docs/adr/0030-a-policy-per-network.md.

>>> network_of("x/tweets").policy, network_of("cv/pdf").key, network_of(None).key
('x-2026-07-16', 'none', 'none')
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from vanne.decide import People, decide
from vanne.packs import Pack, working
from vanne.packs.pack import FACTS
from vanne.packs.schema import Language
from vanne.policy import Policy, load
from vanne.report.states import (
    AUDIENCES,
    CLAIMED,
    Audience,
    ItemState,
    NetworkWords,
    State,
    exception_of,
)
from vanne.screening import find
from vanne.sources.sensitive import TAGS, tags_of
from vanne.terms import MAIN_PURPOSE, TO_ASSISTANT, Category, Item, Member, Reason
from vanne.words import Message


@dataclass(frozen=True, slots=True)
class ArchiveNetwork:
    """A network. `guide` is the name of its guide, if it has one; `is_read` if archives are read.

    `followers` are the categories that only followers see where the member closed the account;
    `limited` are its words for items that not everybody may see; `words` is what it calls a kind of
    data.
    """

    key: str
    name: str
    policy: str
    guide: str | None = None
    followers: frozenset[Category] = frozenset()
    limited: frozenset[str] = frozenset()
    is_read: bool = False
    servers_differ: bool = False
    words: Mapping[Category, Mapping[Language, str]] = field(default_factory=dict)


NO_NETWORK = "none"
"""The key of files of no network; they have no name but what a language calls them."""


def networks() -> Mapping[str, ArchiveNetwork]:
    """Return the networks of the packs by key, and what stands for files of no network."""
    return _networks(working())


@lru_cache(maxsize=8)
def _networks(of: tuple[Pack, ...]) -> Mapping[str, ArchiveNetwork]:
    by_key = dict[str, ArchiveNetwork]()
    for pack in of:
        if policy := pack.facts.policy:
            by_key[pack.key] = ArchiveNetwork(
                pack.key,
                pack.facts.name,
                policy,
                guide=pack.guide,
                followers=frozenset(pack.facts.followers),
                limited=frozenset(pack.facts.limited),
                is_read=bool(pack.files("readers")),
                servers_differ=pack.facts.servers_differ,
                words=pack.facts.words,
            )
    by_key[NO_NETWORK] = ArchiveNetwork(NO_NETWORK, "", by_key[_of_cvs(of)].policy)
    return by_key


def _of_cvs(of: tuple[Pack, ...]) -> str:
    """Return the network by whose policy files of no network are judged."""
    first, *others = [pack for pack in of if pack.facts.judges_cvs]
    if others:
        what = f"`judges_cvs` is what the pack `{first.key}` does"
        raise others[0].wrong(FACTS, what, "take the key out")
    return first.key


def network_of(source: str | None) -> ArchiveNetwork:
    """Return the network of an item or a file, by the reader that it came through."""
    return networks().get((source or "").partition("/")[0]) or networks()[NO_NETWORK]


@dataclass(frozen=True, slots=True)
class NetworkOfRows:
    """The networks of what no reader names one for: pictures, by path."""

    pictures: Mapping[str, str] = field(default_factory=dict)

    def network(self, item: Item) -> ArchiveNetwork:
        """Return the network of an item."""
        kind = (item.source or "").partition("/")[0]
        if kind == "media":
            kind = self.pictures.get(item.media or "", NO_NETWORK)
        return network_of(kind)


def homes_of(files: Iterable[tuple[str, str, str]]) -> NetworkOfRows:
    """Find the homes in the files: the archive, the path and the reader of each."""
    files = list(files)
    counted: dict[str, Counter[str]] = {}
    for archive, _, reader in files:
        counted.setdefault(archive, Counter())[network_of(reader).key] += 1
    homes = dict.fromkeys(counted, NO_NETWORK)
    for archive, counts in counted.items():
        named = [key for key, _ in counts.most_common() if key != NO_NETWORK]
        homes[archive] = next(iter(named), NO_NETWORK)
    pictures = {
        path: homes[archive]
        for archive, path, reader in files
        if reader.partition("/")[0] == "media"
    }
    return NetworkOfRows(pictures)


Judgement = tuple[Reason, ItemState]
"""The verdict on an item, and what its network says of it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """An item, the verdict on it, the network that it lies with, and what that says by its policy.

    Where both hang on who sees the member's posts, `by_audience` has them for each of `AUDIENCES`.
    `at` is when the item was made. The day of its archive, which stands in an item that has no day
    of its own, is not it.
    """

    item: Item
    reason: Reason
    network: str
    state: ItemState
    policy: Policy
    at: datetime | None = None
    by_audience: tuple[Judgement, ...] = ()

    def answered(self, audience: Audience) -> "Decided":
        """Return it for members whose posts are seen by that audience."""
        if not self.by_audience:
            return self
        reason, state = self.by_audience[AUDIENCES.index(audience)]
        return replace(self, reason=reason, state=state)


IDENTIFIERS = ("phone", "email", "iban", "card", "national-id")
"""What in a text leads to a person at once, of what `vanne.screening` finds."""
_HINT = re.compile(
    r"\w@[\w-]+\.\w|[(\[] ?(?:at|ät|arobase|chiocciola) ?[)\]]|\b(?:arobase|chiocciola)\b"
    r"|\b[A-Z]{2}\d\d ?[\dA-Z]{4}|(?<![\w/.=])\d(?:[ ./()'’-]{0,2}\d){5}"
)
"""What nearly every identifier holds: a domain after `@`, the head of an IBAN, six digits.

To look for identifiers takes a millisecond for each text, much more than all else; so names after
`@` and numbers in addresses of pages, of which posts are full, are no hints.
"""


def _in_text(item: Item) -> Iterator[str]:
    """Yield the sensitive topics that an item speaks of, and which identifiers its text holds."""
    yield from (tag for tag in TAGS if tag in item.tags)
    if item.text and _HINT.search(item.text):
        yield from {span.kind for span in find(item.text, IDENTIFIERS)}


def most_telling_first(in_texts: Counter[str]) -> dict[str, int]:
    """Return what stands in texts in order: identifiers, then topics."""
    return {kind: in_texts[kind] for kind in (*IDENTIFIERS, *TAGS) if in_texts[kind]}


_OF_MINORS = (Reason.MINOR, Reason.AGE_UNKNOWN, Reason.MADE_AS_MINOR)


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """What one network holds: how many items of each category got each verdict, by its policy."""

    network: str
    policy: Policy
    counts: Counter[tuple[str, Reason]]
    doubt: Message | str | None = None
    """Why it is not certain that nothing has started in the member's country, if it is not."""
    begins: date | None = None
    """The day on which it starts in the member's country, if the policy names one to come."""
    states: Counter[tuple[str, ItemState]] = field(default_factory=Counter)
    """How many items of each category have each state."""
    in_texts: Counter[str] = field(default_factory=Counter)
    """How many items that may be used hold each kind of number or address, and each topic."""
    in_posts: Counter[str] = field(default_factory=Counter)
    """The same of those items of which it hangs on the audience."""
    by_audience: Counter[tuple[str, tuple[Judgement, ...]]] = field(default_factory=Counter)
    """Of how many items of each category it hangs on the audience, as in `Decided`."""

    def answered(self, audience: Audience) -> "NetworkPart":
        """Return the same for members whose posts are seen by that audience."""
        counts, states = self.counts.copy(), self.states.copy()
        for (category, judgements), count in self.by_audience.items():
            changes = (judgements[0], -count), (judgements[AUDIENCES.index(audience)], count)
            for (reason, state), change in changes:
                counts[category, reason] += change
                states[category, state] += change
        in_texts = self.in_texts - self.in_posts if audience == "friends" else self.in_texts
        return replace(self, counts=+counts, states=+states, in_texts=in_texts)

    @property
    def items(self) -> int:
        """How many items there are."""
        return self.counts.total()

    @property
    def unsure(self) -> int:
        """How many items may not be used for the member's country alone, which is not certain."""
        return self._not_started if self.doubt else 0

    @property
    def coming(self) -> int:
        """How many items may not be used yet, because it starts on a day to come."""
        return self._not_started if self.begins else 0

    @property
    def _not_started(self) -> int:
        return sum(n for (_, why), n in self.counts.items() if why is Reason.REGION_NOT_STARTED)

    @property
    def allowed(self) -> int:
        """How many items may be used."""
        return sum(n for (_, reason), n in self.counts.items() if reason is Reason.ALLOWED)

    @property
    def claimed(self) -> int:
        """How many items the network says that it uses or may use."""
        return sum(self.count(state) for state in CLAIMED)

    @property
    def totals(self) -> Counter[ItemState]:
        """How many items have each state, of all kinds together."""
        totals: Counter[ItemState] = Counter()
        for (_, each), n in self.states.items():
            totals[each] += n
        return totals

    def of_state(self, state: State) -> list[ItemState]:
        """Return what is said of items that have a state; what may be used counts as used, too."""
        said = [each for _, each in self.states]
        return [each for each in said if state in (each.state, each.may)]

    def count(self, state: State) -> int:
        """Return how many items have a state."""
        return sum(n for (_, each), n in self.states.items() if each.state == state)

    @property
    def may_be_used(self) -> int:
        """How many items it claims, with those that it claims if everybody may see them."""
        return sum(n for (_, each), n in self.states.items() if each.may_be_used)

    @property
    def left_out(self) -> int:
        """How many items the network says that it leaves out because the member is a minor."""
        return sum(n for (_, each), n in self.states.items() if each.reason in _OF_MINORS)

    @property
    def doubts(self) -> dict[str, str]:
        """What the policy leaves open of each kind that it claims, or excepts of what it does not.

        In the words of the policy.
        """
        states = sorted(self.states, key=lambda row: (row[0], row[1].may_be_used))
        doubts = ((kind, exception_of(self.policy, each)) for kind, each in states)
        return {kind: doubt for kind, doubt in doubts if doubt}

    @property
    def exceptions(self) -> list[str]:
        """What the policy excepts from what it says that it does not use."""
        doubts = (
            exception_of(self.policy, each) for _, each in self.states if each.state == "not-used"
        )
        return list(dict.fromkeys(filter(None, doubts)))


@dataclass(slots=True)
class _Evaluator:
    """By which rules what lies with one network is judged, and what was counted so far."""

    part: NetworkPart
    people: People
    words: NetworkWords
    moments: Sequence[datetime]
    oldest: datetime | None = None
    known: dict[tuple[object, ...], Judgement] = field(default_factory=dict)

    def judgement(self, item: Item, author: str | None, visibility: str | None) -> Judgement:
        """Return the verdict on an item by that author, seen by those, and its network's word.

        INVARIANT: the member has made no choice, so both hang on the key alone. Its last part is on
        which side of the moments that the rules name the item was made. To decide costs far more.
        """
        made = item.created_at and bisect(self.moments, item.created_at)
        rest = item.subjects, item.tags, item.reservation, item.unreadable
        key = item.owner, item.category, author, visibility, *rest, made
        if key not in self.known:
            if len(self.known) == _MOST_KNOWN:
                self.known.clear()
            item = replace(item, author=author, visibility=visibility)
            self.known[key] = decide(item, self.people), self.words.on(item)
        return self.known[key]


_MOST_KNOWN = 10_000


def _moments(*each_people: People) -> list[datetime]:
    """Return when members come of age, and when windows begin."""
    ages = (people.adult_at(one) for people in each_people for one in people.members.values())
    windows = (people.rules.oldest(people.as_of) for people in each_people)
    return sorted({*filter(None, ages), *filter(None, windows)})


class Evaluation:
    """Judges items one after the other, each by the policy of its network or by one for all.

    What is *state* has the day of its archive, which is among those that were `made`. `closed` says
    of a network whether only followers see the account, if the archive tells it, and `closed_since`
    since when: without a day, an older item may have been public for a time.

    Raises:
        ConfigError: the policy does not have the purpose.
    """

    def __init__(
        self,
        member: Member,
        as_of: datetime,
        policy: Policy | None,
        homes: NetworkOfRows | None = None,
        made: frozenset[datetime | None] = frozenset(),
        closed: Mapping[str, bool] | None = None,
        closed_since: Mapping[str, datetime] | None = None,
    ) -> None:
        self._member, self._as_of, self._policy = member, as_of, policy
        self._closed_since = closed_since or {}
        self._homes, self._made, self.closed = homes or NetworkOfRows(), made, closed or {}
        self._judges: dict[str, _Evaluator] = {}
        self._networks: dict[tuple[str | None, str | None], ArchiveNetwork] = {}
        self.tagged_fields: Counter[tuple[str, str, str]] = Counter()
        """How often each tag comes from each field of each category."""
        if policy is not None:
            policy.purpose(MAIN_PURPOSE)  # said at once, not at the first item

    def _network(self, item: Item) -> ArchiveNetwork:
        """Return the network of an item; to look the packs through for each costs most of all."""
        of = item.source, self._homes.pictures.get(item.media or "")
        if of not in self._networks:
            self._networks[of] = self._homes.network(item)
        return self._networks[of]

    def _was_closed(self, network: str, item: Item) -> bool:
        """Say whether the account is known to have been closed whenever the item was there."""
        since = self._closed_since.get(network)
        return since is not None and item.created_at is not None and since <= item.created_at

    def decide(self, item: Item) -> Decided:
        """Return the verdict on an item, and count it."""
        network = self._network(item)
        judge = self._judges.get(network.key)
        if judge is None:
            policy = self._policy or load(network.policy)
            people = People.of([self._member], [], policy, MAIN_PURPOSE, self._as_of)
            where = policy, self._member.region, self._as_of
            doubt, begins = doubt_of(*where), beginning_of(*where)
            part = NetworkPart(network.key, policy, Counter(), doubt, begins)
            sayings = NetworkWords(
                policy,
                self._member,
                self._as_of,
                is_open=doubt is not None or network.servers_differ,
                limited=network.limited,
                is_elsewhere=network.key == NO_NETWORK,
            )
            judge = _Evaluator(part, people, sayings, _moments(people, sayings.people))
            self._judges[network.key] = judge
        author = item.author
        is_asked = item.category == Category.AI_PROMPT and item.visibility == TO_ASSISTANT
        if is_asked or (author or "").endswith(":assistant"):  # nobody else's to refuse
            author = None
        visibility, follows_account = item.visibility, item.category in network.followers
        is_closed = self.closed.get(network.key) if follows_account else None
        if visibility is None and is_closed is not None:
            visibility = "followers" if is_closed else "public"
        elif visibility == "story" and is_closed:  # nobody else sees it
            visibility = "followers"
        unknown = judge.judgement(item, author, visibility)
        by_audience: tuple[Judgement, ...] = ()
        if visibility is None and unknown[0] is Reason.VISIBILITY_NOT_LISTED:
            public = judge.judgement(item, author, "public")
            if not (unknown[1].audience_unknown and public[1].state in CLAIMED):
                unknown = public  # whoever sees it
            elif follows_account:
                friends = judge.judgement(item, author, "friends")
                by_audience = unknown, public, friends
                judge.part.by_audience[item.category or "", by_audience] += 1
        reason, state = unknown
        if is_closed and item.visibility != visibility and not self._was_closed(network.key, item):
            _, open_state = judge.judgement(item, author, "public")
            if state.state == "not-used" and open_state.state in CLAIMED:
                state = state.in_doubt("closed-now", open_state.state, open_state.place or "")
        if item.tags:
            self.tagged_fields.update(
                (item.category or "", name, tag)
                for name, value in item.fields.items()
                for tag in tags_of(value).intersection(item.tags)
            )
        if state.may_be_used:
            in_text = tuple(_in_text(item))
            judge.part.in_texts.update(in_text)
            judge.part.in_posts.update(in_text if by_audience else ())
        judge.part.counts[item.category or "", reason] += 1
        judge.part.states[item.category or "", state] += 1
        made = None if item.created_at in self._made else item.created_at
        if made is not None:
            judge.oldest = min(made, judge.oldest or made)
        return Decided(item, reason, network.key, state, judge.part.policy, made, by_audience)

    @property
    def oldest(self) -> dict[str, datetime]:
        """When the oldest item with each network was made."""
        days = ((key, judge.oldest) for key, judge in self._judges.items())
        return {key: at for key, at in days if at is not None and key != NO_NETWORK}

    def parts(self) -> tuple[NetworkPart, ...]:
        """Return what each network holds; without items, the one that judges CVs holds nothing."""
        network = networks()[_of_cvs(working())]
        nothing = NetworkPart(network.key, self._policy or load(network.policy), Counter())
        parts = (judge.part for judge in self._judges.values())
        return tuple(sorted(parts, key=lambda p: (-p.items, p.network))) or (nothing,)


def doubt_of(policy: Policy, region: str | None, as_of: datetime) -> Message | str | None:
    """Return why it is not certain that nothing has started in a region, if it is not."""
    rules = policy.purpose(MAIN_PURPOSE)
    if region is None or rules.rollout(region, as_of):
        return None
    if not rules.speaks_of(region):
        return Message("country-not-named")
    return rules.clause("not-started").uncertain if region in rules.not_started else None


def beginning_of(policy: Policy, region: str | None, as_of: datetime) -> date | None:
    """Return the next day on which the purpose starts for everybody in a region, if there is one.

    It must not have started before: an off until somebody switches it on is no start.
    """
    rules = policy.purpose(MAIN_PURPOSE)
    if region is None or rules.rollout(region, as_of):
        return None
    days = (one.start for one in rules.rollouts_in(region) if one.default_on)
    return min((day for day in days if day > as_of.date()), default=None)
