"""What a network says of an item: four states, each decided here alone from the policy file.

* `used`: the network says that it uses the item to train generative AI;
* `reserved`: the network says that it *may* use it (`claim.verb`), or it does not say that the AI
  is generative (`claim.generative`);
* `not-used`: the network says that it does not use it; `exception_of` has what it excepts;
* `not-known`: the network does not say, or the archive does not tell what its words hang on.

Every headline and every sentence about items is made from these states.

A verdict also holds what is Vanne's own: the rules of a policy that cite no source but Vanne's, and
the topics that Vanne finds in texts. Those bind networks that run Vanne. An archive of another
network is told by that network's words alone: `NetworkWords` decides the item once more, by the
policy without them. A silence is no word: what a network does not name, and what an archive does
not tell, is *not known*.

>>> from vanne.policy import load
>>> by_vanne = load("x-2026-07-16").purpose("generative-ai-training")
>>> by_x = words_of_network(load("x-2026-07-16"))
>>> by_vanne.minimum_age, by_x.minimum_age, sorted(by_x.never)
(18, 0, [])
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from vanne.decide import People, decide
from vanne.decide.people import birthday
from vanne.decide.reference import owner_unsuited
from vanne.policy import Policy
from vanne.policy.policy import OWN_PUBLISHER, PurposePolicy
from vanne.terms import MAIN_PURPOSE, WITH_ASSISTANT, Item, Member, Reason

State = Literal["used", "reserved", "not-used", "not-known"]
STATES: tuple[State, ...] = ("used", "reserved", "not-used", "not-known")
CLAIMED: frozenset[State] = frozenset(("used", "reserved"))
"""The states of what a network claims for its training."""
Audience = Literal["unknown", "public", "friends"]
AUDIENCES: tuple[Audience, ...] = ("unknown", "public", "friends")
"""Who sees what a member posts, where the archive does not tell."""
_NO_AUDIENCE = frozenset((None, "group", "story"))
"""What tells nobody who sees an item: a group and a story may be public, or for a few."""
_PLACES = {
    Reason.MINOR: "age",
    Reason.OUTSIDE_WINDOW: "window",
    Reason.VISIBILITY_NOT_LISTED: "visibility",
}
"""The clauses that say that something is not used, whatever its category and the country."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """What a network says of an item. The `reason` is the verdict by what the network says.

    `place` is the clause of the policy that says so. What is not known has none, but what is used
    if only the audience or the place is right: it has the clause that says that.
    """

    state: State
    reason: Reason
    place: str | None = None
    doubt: Literal["limited", "elsewhere", "closed-now", "passed-on"] | None = None
    """Why what the network says does not settle it: not everybody may see the item, and the network
    does not say what follows; nothing tells that the item lies with the network; the account is
    closed today, and may have been open; or somebody in the chat calls the network's AI."""
    may: State | None = None
    """Of what is not known: the state that it has if what is open turns out so."""

    @property
    def may_be_used(self) -> bool:
        """Say whether the network claims it, or does if only the audience or the place is right."""
        return self.state in CLAIMED or self.may is not None

    @property
    def audience_unknown(self) -> bool:
        """Say whether only the audience, which the archive does not tell, is not known."""
        is_open = self.state == "not-known" and self.reason is Reason.VISIBILITY_NOT_LISTED
        return is_open and self.doubt is None

    def in_doubt(self, doubt: Literal["closed-now"], claimed: State, place: str) -> "ItemState":
        """Return what is not known of an item that the network claims if the doubt is cleared."""
        return ItemState("not-known", self.reason, place, doubt, claimed)


def words_of_network(policy: Policy) -> PurposePolicy:
    """Return the rules of a policy without those that cite no source but Vanne's own.

    The topics that Vanne finds in texts are dropped too: no network says that it finds those.
    """
    rules = policy.purpose(MAIN_PURPOSE)
    own = {
        clause.where
        for clause in rules.clauses
        if clause.sources and not sources_of(policy, clause.where)
    }
    return replace(
        rules,
        listed=frozenset(kind for kind in rules.listed if f"listed.{kind}" not in own),
        never=frozenset(kind for kind in rules.never if f"never.{kind}" not in own),
        minimum_age=0 if "age" in own else rules.minimum_age,
        minor_signs=frozenset() if "age" in own else rules.minor_signs,
        visibilities=None if "visibility" in own else rules.visibilities,
        window_since=None if "window" in own else rules.window_since,
        window_days=None if "window" in own else rules.window_days,
        non_members="unless-objected" if "people" in own else rules.non_members,
        sensitive_tags=frozenset(),
    )


def sources_of(policy: Policy, place: str | None) -> list[dict[str, Any]]:
    """Return the sources of a clause that are not Vanne's own, in the form of the document."""
    if place is None:
        return []
    cited = (policy.sources[key] for key in policy.purpose(MAIN_PURPOSE).clause(place).sources)
    return [
        {
            "title": source.title,
            "publisher": source.publisher,
            "date": source.date.isoformat(),
            "where": source.where,
        }
        for source in cited
        if source.publisher != OWN_PUBLISHER
    ]


def said(policy: Policy, state: ItemState) -> dict[str, Any]:
    """Return a state in the form of the document: with who says so, and what is open."""
    return {
        "state": state.state,
        "reason": state.reason.value,
        "sources": sources_of(policy, state.place),
        "uncertain": policy.purpose(MAIN_PURPOSE).clause(state.place or "").uncertain,
    }


def claimed_by(rules: PurposePolicy) -> State:
    """Return the state of what a policy lists: no network is said to claim more than it does."""
    return "reserved" if rules.reserves or not rules.is_generative else "used"


def exception_of(policy: Policy, state: ItemState) -> str | None:
    """Return what the policy leaves open of what it lists, or excepts from what it does not use."""
    place = state.place or ""
    is_word = (
        state.may_be_used or place.startswith("never.") or state.reason is Reason.OFF_BY_DEFAULT
    )
    return policy.purpose(MAIN_PURPOSE).clause(place).uncertain if is_word else None


class NetworkWords:
    """What one network says of a member's items. The member has made no choice.

    It `is_open` whether the purpose has started where the member is: in the country, or on the
    server. Then no item is said not to be used for that. `limited` are the words by which an
    archive says that not everybody may see an item. What `is_elsewhere`, such as a CV on a disk,
    may lie with the network or not.
    """

    def __init__(
        self,
        policy: Policy,
        member: Member,
        as_of: datetime,
        *,
        is_open: bool,
        limited: frozenset[str] = frozenset(),
        is_elsewhere: bool = False,
    ) -> None:
        rules = words_of_network(policy)
        if not rules.minimum_age:  # the network names no age
            member = replace(member, birth_date=date.min, signs=())
        self.claimed = claimed_by(rules)
        # A sign of a minor is no certainty: the school may be an evening school, the years wrong.
        born = member.birth_date or date.min
        is_born_minor = as_of.date() < birthday(born, rules.minimum_age)
        self._maybe_minor = bool(member.signs) and not is_born_minor
        self._policy, self._is_open, self._limited = policy, is_open, limited
        self._is_elsewhere = is_elsewhere
        self._region = member.region or ""
        self.people = People(rules, as_of, {member.member_id: member})

    def on(self, item: Item) -> ItemState:
        """Return the state of an item. Is its audience not known, nobody can say who sees it."""
        reason, suited = decide(item, self.people), owner_unsuited(item, self.people)
        if reason is Reason.CATEGORY_NOT_LISTED and suited is Reason.MINOR:
            reason = Reason.MINOR  # whatever it is
        if reason is Reason.MINOR and self._maybe_minor:
            return ItemState("not-known", Reason.AGE_UNKNOWN)
        is_limited = (item.visibility or "").casefold() in self._limited
        listed, claimed = f"listed.{item.category}", self.claimed
        if reason is Reason.CATEGORY_NEVER and item.visibility == WITH_ASSISTANT:
            return ItemState("not-known", reason, f"never.{item.category}", "passed-on", claimed)
        if reason is Reason.ALLOWED and self.people.rules.visibilities is None and is_limited:
            why = Reason.VISIBILITY_NOT_LISTED
            return ItemState("not-known", why, listed, "limited", claimed)
        if reason is Reason.VISIBILITY_NOT_LISTED and item.visibility == "deleted":
            return ItemState(
                "not-known", reason, listed, "limited", claimed
            )  # it was public, perhaps
        if reason is Reason.ALLOWED and self._is_elsewhere:
            return ItemState("not-known", reason, listed, "elsewhere", claimed)
        if reason is Reason.ALLOWED:
            return ItemState(claimed, reason, listed)
        if reason is Reason.VISIBILITY_NOT_LISTED and item.visibility in _NO_AUDIENCE:
            return ItemState("not-known", reason, listed, may=claimed)
        place = self._place(reason, item)
        return ItemState("not-used" if place else "not-known", reason, place)

    def _place(self, reason: Reason, item: Item) -> str | None:
        """Return the clause that says that an item is not used; None if none does."""
        rules = self.people.rules
        if reason is Reason.CATEGORY_NEVER:
            return f"never.{item.category}"
        if reason is Reason.REGION_NOT_STARTED:
            if self._region in rules.not_started:
                return None if self._is_open else "not-started"
            return self._started(rules)
        if reason is Reason.CATEGORY_NOT_LISTED and not rules.listed:
            return self._started(rules)
        if reason is Reason.OFF_BY_DEFAULT and (rollout := self.people.rollout(self._region)):
            return self._stated(rules.place(rollout))
        return _PLACES.get(reason)

    def _started(self, rules: PurposePolicy) -> str | None:
        """Return the clause that says when the purpose starts, if at all; None if that is open."""
        places = map(rules.place, rules.rollouts_in(self._region))
        return None if self._is_open else self._stated(next(places, None))

    def _stated(self, place: str | None) -> str | None:
        """Return a place that a network's own source stands behind, or None."""
        return place if sources_of(self._policy, place) else None
