"""What networks say of items, in words: each state, who says so and when, what is sensitive in it.

>>> from vanne.policy import load
>>> from vanne.words import words
>>> post = ItemState("used", Reason.ALLOWED, "listed.post")
>>> state_words(post, load("linkedin-2025-11-03"), words("en"))
'LinkedIn says that it uses this.'
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from vanne.packs import policies
from vanne.policy import Policy
from vanne.report.evaluate import most_telling_first
from vanne.report.inspection import Inspection
from vanne.report.states import (
    CLAIMED,
    STATES,
    ItemState,
    State,
    claimed_by,
    exception_of,
    sources_of,
)
from vanne.terms import MAIN_PURPOSE, Category, Reason
from vanne.words import Words, sentence, text_kind_words

STATE_NAMES: dict[State, str] = {
    "used": sentence("In use"),
    "reserved": sentence("Right reserved"),
    "not-used": sentence("Not in use"),
    "not-known": sentence("Not known"),
}
_STATES: dict[tuple[State, Reason], str] = {
    ("not-used", Reason.CATEGORY_NEVER): sentence(
        "%(network)s says that it does not use this kind of data."
    ),
    ("not-used", Reason.CATEGORY_NOT_LISTED): sentence(
        "%(network)s says that it does not use what its members write."
    ),
    ("not-used", Reason.REGION_NOT_STARTED): sentence(
        "%(network)s says that it has not started in your country."
    ),
    ("not-used", Reason.MINOR): sentence("%(network)s says that it leaves minors out."),
    ("not-used", Reason.VISIBILITY_NOT_LISTED): sentence(
        "Not everybody may see it, and %(network)s speaks of what is public alone."
    ),
    ("not-used", Reason.OUTSIDE_WINDOW): sentence(
        "%(network)s says that it does not use what is so old."
    ),
    ("not-used", Reason.OFF_BY_DEFAULT): sentence(
        "%(network)s says that it uses this with consent alone."
    ),
    ("not-known", Reason.CATEGORY_NOT_LISTED): sentence(
        "%(network)s does not name this kind of data."
    ),
    ("not-known", Reason.REGION_UNKNOWN): sentence("Your country is not given."),
    ("not-known", Reason.REGION_NOT_STARTED): sentence(
        "No source says for certain that it has not started in your country."
    ),
    ("not-known", Reason.AGE_UNKNOWN): sentence(
        "You may be a minor, and %(network)s says that it leaves minors out."
    ),
    ("not-known", Reason.MADE_AS_MINOR): sentence(
        "You were a minor at that time, and %(network)s does not say what follows."
    ),
    ("not-known", Reason.UNREADABLE): sentence("The archive does not give its date."),
}
_USED = sentence("%(network)s says that it uses this.")
_RESERVED = {
    True: sentence("%(network)s reserves the right to train generative AI with this."),
    False: sentence(
        "%(network)s reserves the right to train AI with this; it does not say that the AI is "
        "generative."
    ),
}
"""By whether the network says that the AI is generative."""
_IF_PUBLIC = {
    "used": sentence("Used if everybody may see it: the archive does not say who may."),
    "reserved": sentence(
        "The right is reserved if everybody may see it: the archive does not say who may."
    ),
}
_DOUBTS = {
    "limited": sentence(
        "Not everybody may see it, and %(network)s does not say whether it uses that."
    ),
    "elsewhere": sentence("Used if it lies with %(network)s: the file does not tell that."),
    "closed-now": sentence(
        "Not used if your account was private already; the archive says only that it is today."
    ),
    "passed-on": sentence(
        "Somebody in this chat calls the AI of %(network)s: the file does not tell how much of the "
        "chat goes to it."
    ),
}
EXCEPTION = sentence("With an exception: %(why)s.")
_NOT_KNOWN = sentence("%(network)s does not say.")
_MINOR = sentence(
    "You may be a minor. %(network)s says that it leaves minors out. Switch it off all the same: "
    "on the day you turn 18 the switch is on."
)
_MINOR_UNSURE = sentence(
    "You may be a minor. %(network)s says that it leaves minors out. Switch it off all the same."
)


def state_words(state: ItemState, policy: Policy, w: Words) -> str:
    """Say whose word it is: what the network says of an item, or why that is not known."""
    text = _STATES.get((state.state, state.reason), _NOT_KNOWN)
    if state.state == "used":
        text = _USED
    elif state.state == "reserved":
        text = _RESERVED[policy.purpose(MAIN_PURPOSE).is_generative]
    elif state.doubt is not None:
        text = _DOUBTS[state.doubt]
    elif state.may is not None:
        text = _IF_PUBLIC[state.may]
    words = w(text, network=sayer(policy, w))
    why = exception_of(policy, state) if state.state == "not-used" else None
    return f"{words} {w(EXCEPTION, why=w(why))}" if why else words


def sayer(policy: Policy, w: Words) -> str:
    """Name the network whose policy it is; a policy of no pack speaks for itself."""
    pack, _ = policies().get(policy.name, (None, None))
    return pack.facts.name if pack else w("The policy")


def source_words(
    policy: Policy, states: Iterable[ItemState], w: Words, *, newest: bool = False
) -> str:
    """Name who says so, and when: the newest word first, or it alone. Nothing, if nobody does."""
    cited = (source for state in states for source in sources_of(policy, state.place))
    days: dict[str, dict[str, str]] = {}
    by_day = sorted(cited, key=lambda source: source["date"], reverse=True)
    for source in by_day[:1] if newest else by_day:
        day = w.day(date.fromisoformat(source["date"]))
        days.setdefault(source["publisher"], {})[source["date"]] = day
    return "; ".join(", ".join([who, *of.values()]) for who, of in days.items())


def states_words(inspection: Inspection, state: State, w: Words) -> Counter[str]:
    """Say each reason for a state, with how many items have it."""
    reasons: Counter[str] = Counter()
    for part in inspection.networks:
        for (_, each), count in part.states.items():
            if each.state == state:
                reasons[state_words(each, part.policy, w)] += count
    return reasons


def unread_words(inspection: Inspection, w: Words) -> str | None:
    """Say how many rows were not read: what is in them is not known, and they are no items."""
    if not inspection.unread:
        return None
    return w.plural(
        "%(n)s row of your archive could not be read; it is not among the items.",
        "%(n)s rows of your archive could not be read; they are not among the items.",
        inspection.unread,
    )


def in_texts_words(inspection: Inspection, w: Words) -> list[str]:
    """Say what stands in the texts that may be used: numbers, addresses, sensitive topics."""
    found = sum((part.in_texts for part in inspection.networks), Counter[str]())
    return [
        f"{text_kind_words(kind, w.lang)} ({w.number(count)})"
        for kind, count in most_telling_first(found).items()
    ]


def warnings(inspection: Inspection, w: Words) -> Iterator[str]:
    """Say what must not be read over: a possible minor, and archives that are old."""
    today = inspection.as_of
    for part in inspection.networks:
        name, rules = sayer(part.policy, w), part.policy.purpose(MAIN_PURPOSE)
        region = inspection.member.region or ""
        in_force = rules.rollout(region, today)
        if any(each.reason in (Reason.MINOR, Reason.AGE_UNKNOWN) for _, each in part.states):
            is_on = bool(in_force and in_force.default_on)
            yield w(_MINOR if is_on else _MINOR_UNSURE, network=name)
        if made := inspection.aged.get(part.network):
            years = (today.date() - made).days // 365
            text = w.plural(
                "Your archive of %(network)s is of %(day)s, more than %(n)s year old. The answer "
                "is today's, and what came since is not in it.",
                "Your archive of %(network)s is of %(day)s, more than %(n)s years old. The answer "
                "is today's, and what came since is not in it.",
                years,
                network=name,
                day=w.day(made),
            )
            if in_force and part.may_be_used and claimed_by(rules) == "used":
                since = w("The use began on %(day)s.", day=w.day(in_force.start))
                text = f"{text} {since}"
            yield text


SENSITIVE_FIRST = (
    Category.CREDENTIAL,
    Category.PAYMENT,
    Category.IDENTITY,
    Category.SALARY,
    Category.PRIVATE_MESSAGE,
    Category.CV,
    Category.AI_PROMPT,
    Category.PHOTO,
    Category.GROUP_MESSAGE,
    Category.JOB_APPLICATION,
    Category.SCREENING_ANSWER,
    Category.JOB_SEARCH,
    Category.SEARCH,
    Category.INFERENCE,
    Category.CONTACT,
    Category.ACCOUNT,
    Category.AI_OUTPUT,
    Category.GROUP_POST,
    Category.COMMENT,
    Category.POST,
    Category.FEEDBACK,
    Category.RECOMMENDATION,
    Category.POLL_VOTE,
    Category.PROFILE,
    Category.POSITION,
    Category.EDUCATION,
    Category.ARTICLE,
    Category.REACTION,
    Category.FOLLOW,
    Category.LEARNING,
    Category.SKILL,
)
"""Kinds of data, the one first that tells most of a person and was meant for fewest."""


def by_category(states: Counter[tuple[str, ItemState]]) -> dict[str, Counter[ItemState]]:
    """Count the states of each category: those that may be used first, the most sensitive first."""
    categories: dict[str, Counter[ItemState]] = {}
    for (category, state), count in states.items():
        categories.setdefault(category, Counter())[state] += count
    order = {kind.value: at for at, kind in enumerate(SENSITIVE_FIRST)}
    ordered = sorted(
        categories.items(), key=lambda e: (not usable(e[1]), order.get(e[0], len(order)), e[0])
    )
    return dict(ordered)


def usable(states: Counter[ItemState]) -> int:
    """Count what is claimed, or is if only everybody may see it."""
    return sum(count for state, count in states.items() if state.may_be_used)


def claimed_words(states: Counter[ItemState], w: Words) -> str:
    """Say how many items are claimed: a range, where it is not known who may see some of them."""
    certain = sum(n for each, n in states.items() if each.state in CLAIMED)
    return _range(certain, usable(states), w)


def count_words(states: Counter[ItemState], state: State, w: Words) -> str:
    """Say how many items have a state: a range, where some of what is not known may have it.

    The lower end of one state and the upper ends of the others add up to all items.
    """
    count = sum(n for each, n in states.items() if each.state == state)
    may = sum(n for each, n in states.items() if each.may == state)
    open_ones = sum(n for each, n in states.items() if each.may) if state == "not-known" else 0
    return _range(count - open_ones, count + may, w)


def present(states: Counter[ItemState]) -> list[State]:
    """Return the states that some items have or may have, in their order."""
    return [each for each in STATES if any(each in (one.state, one.may) for one in +states)]


def _range(least: int, most: int, w: Words) -> str:
    return w.number(least) if least == most else f"{w.number(least)}–{w.number(most)}"
