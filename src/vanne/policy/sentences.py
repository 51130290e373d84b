"""Say what a policy permits in sentences, in four languages.

The sentences follow the order of the rules, each under the reasons that the rule gives. A test
changes each key of the policy language and checks that the sentences change.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from vanne.policy.policy import PurposePolicy
from vanne.screening.kinds import KINDS
from vanne.terms import GROUPS, Category, Reason
from vanne.words import Words, category_words, purpose_words, screened_words, sentence

Sentence = tuple[str | None, str]
"""The place in the policy that a sentence says (None: it holds for every policy), and the text."""
IsOwn = Callable[[str | None], bool]
"""Whether what stands at a place of a network's policy is Vanne's own rule."""


class RuleSentence(NamedTuple):
    """A sentence of a rule, its place in the policy, and whether it is Vanne's own rule."""

    where: str | None
    text: str
    is_own: bool


class RuleText(NamedTuple):
    """What one rule says, and the reasons that it gives."""

    reasons: tuple[Reason, ...]
    sentences: list[RuleSentence]


def rules_in_words(
    rules: PurposePolicy, w: Words, is_own: IsOwn = lambda _: False
) -> Iterator[RuleText]:
    """Yield what each rule of a policy says, in the order in which they are asked.

    `is_own` tells what of a network's policy is Vanne's own rule: nothing, of anybody else's.
    """
    for reasons, sentences in _rules(rules, w, is_own):
        yield RuleText(reasons, [RuleSentence(at, text, is_own(at)) for at, text in sentences])


def _rules(
    rules: PurposePolicy, w: Words, is_own: IsOwn
) -> Iterator[tuple[tuple[Reason, ...], list[Sentence]]]:
    r = Reason
    yield ((r.CATEGORY_NEVER,), list(_never(rules, w, is_own)))
    listed = list(_listed(rules, w))
    yield ((r.CATEGORY_NOT_LISTED, r.CATEGORY_UNKNOWN), listed)
    known = (
        w("An item whose owner is not known is not used."),
        w("Nothing is used of an owner whose country is not known."),
    )
    yield ((r.MEMBER_UNKNOWN, r.REGION_UNKNOWN), [(None, text) for text in known])
    yield ((r.REGION_NOT_STARTED,), list(_started(rules, w)))
    yield ((r.MINOR, r.AGE_UNKNOWN, r.MADE_AS_MINOR), list(_age(rules, w)))
    window = w("The policy sets no limit to how old an item may be.")
    if rules.window_days is not None:
        text = sentence("What was made more than %(n)s days before the time of asking is not used.")
        window = w(text, n=w.number(rules.window_days))
    elif rules.window_since is not None:
        window = w("What was made before %(day)s is not used.", day=w.day(rules.window_since))
    yield ((r.OUTSIDE_WINDOW,), [("window", window)])
    visibility = w("The policy does not ask who can see an item.")
    if rules.visibilities:
        text = sentence("Only items of these visibilities are used: %(visibilities)s.")
        visibility = w(text, visibilities=w.series(sorted(rules.visibilities)))
    elif rules.visibilities is not None:
        visibility = w("The policy lists no visibility: nothing is used.")
    yield ((r.VISIBILITY_NOT_LISTED,), [("visibility", visibility)])
    sensitive = w("The policy names no sensitive tags.")
    if rules.sensitive_tags:
        tags = w.series(sorted(rules.sensitive_tags))
        sensitive = w("What carries one of these tags is not used: %(tags)s.", tags=tags)
    yield ((r.SENSITIVE,), [("sensitive", sensitive)])
    yield ((r.OFF, r.OFF_CATEGORY, r.OFF_ITEM), list(_off(rules, w)))
    default = w("Where the default is off, the owner must have chosen on: for all or for a part.")
    if all(rollout.default_on for rollout in rules.rollouts):
        default = w("The default is on in all of the above: this rule never speaks.")
    yield ((r.OFF_BY_DEFAULT,), [(None, default)])
    others = w(
        "The same rules on country, age and choice hold for whoever else wrote an item or is in it."
    )
    objected = w("An item to which somebody who is not a member objected is not used.")
    people: list[Sentence] = [
        (None, others),
        ("people", w(_STRANGERS[rules.non_members])),
        (None, objected),
    ]
    yield ((r.AUTHOR_REFUSES, r.SUBJECT_REFUSES, r.OBJECTION), people)
    reservation = w(
        "An item whose own AIPREF reservation says no under one of these is not used: %(keys)s.",
        keys=w.series(sorted(rules.reservation_keys)),
    )
    yield ((r.RESERVATION,), [("reservation", reservation)])
    unreadable = w(
        "An item of which a value cannot be read, or its time is not known, is not used."
    )
    yield ((r.UNREADABLE,), [(None, unreadable)])


def _never(rules: PurposePolicy, w: Words, is_own: IsOwn) -> Iterator[Sentence]:
    own = {kind for kind in rules.never if is_own(f"never.{kind}")}
    text = sentence("These kinds of data are never used, whatever anybody chose: %(kinds)s.")
    for where, kinds in (("never", rules.never - own), (None, own)):
        if kinds:
            yield where, w(text, kinds=_kinds(kinds, w))
    if not rules.never:
        yield "never", w("The policy names no kind of data that is never used.")
    if rules.redact:
        redacted = ", ".join(screened_words(each, w.lang) for each in KINDS if each in rules.redact)
        text = w("Taken out of every text before anything reads it: %(kinds)s.", kinds=redacted)
        yield "screening", text
    else:
        yield "screening", w("Nothing is taken out of texts before they are read.")


def _listed(rules: PurposePolicy, w: Words) -> Iterator[Sentence]:
    if rules.listed:
        kinds = _kinds(rules.listed, w)
        yield "listed", w("Only these kinds of data may be used: %(kinds)s.", kinds=kinds)
    else:
        yield "listed", w("The policy lists no kind of data: nothing is used.")
    claims = [
        *([w("The network says that it may use them, and not that it does.")] * rules.reserves),
        *([w("It does not say that the AI is generative.")] * (not rules.is_generative)),
    ]
    if claims:
        yield "claim", " ".join(claims)
    if rest := frozenset(Category) - rules.listed - rules.never:
        yield None, w("Not listed, and so not used: %(kinds)s.", kinds=_kinds(rest, w))
    yield None, w("A kind of data that is none of the known ones is not used.")


def _kinds(categories: Iterable[Category], w: Words) -> str:
    """Name kinds of data in the order of the closed list."""
    named = set(categories)
    return w.series([category_words(each, w.lang) for each in Category if each in named])


def _started(rules: PurposePolicy, w: Words) -> Iterator[Sentence]:
    if rules.announced is not None:
        text = w(
            "This version was announced on %(day)s and waits %(n)s days: "
            "nothing is used before %(ready)s.",
            day=w.day(rules.announced),
            n=w.number(rules.waiting_days),
            ready=w.day(rules.announced + timedelta(days=rules.waiting_days)),
        )
        yield "waiting", text
    if not rules.rollouts:
        yield None, w("Nothing has started anywhere.")
    for rollout in rules.rollouts:
        start, named = w.day(rollout.start), []
        if rollout.regions:
            named.append(places(rollout.regions, w))
        if rollout.everywhere:
            named.append(w("every country that the policy does not name elsewhere"))
        where = w.series(named)
        when = w("From %(start)s on: %(places)s.", start=start, places=where)
        if rollout.end is not None:
            text = sentence("From %(start)s until the day before %(end)s: %(places)s.")
            when = w(text, start=start, end=w.day(rollout.end), places=where)
        basis = w("No legal basis is named.")
        if rollout.basis is not None:
            basis = w("Legal basis: %(basis)s.", basis=rollout.basis)
        yield rules.place(rollout), f"{when} {w(_DEFAULTS[rollout.default_on])} {basis}"
    if rules.not_started:
        text = sentence("It has not started here, whatever is said above: %(places)s.")
        yield "not-started", w(text, places=places(rules.not_started, w))
    yield None, w("Before these days, and in every other country, nothing is used.")


def _age(rules: PurposePolicy, w: Words) -> Iterator[Sentence]:
    text = sentence("The owner must be at least %(age)s years old on the day of asking.")
    said = [w(text, age=w.number(rules.minimum_age))]
    if rules.minor_signs:
        text = sentence(
            "Who carries one of these signs counts as younger at any birth date: %(signs)s."
        )
        said.append(w(text, signs=w.series(sorted(rules.minor_signs))))
    if rules.account_age is not None:
        text = sentence(
            "Accounts begin at %(age)s years: in an archive, whoever has been there long "
            "enough is of age."
        )
        said.append(w(text, age=w.number(rules.account_age)))
    yield "age", " ".join(said)
    yield None, w("Nothing is used of an owner whose birth date is not known.")
    yield None, w("What was made before its owner reached that age is not used.")


def _off(rules: PurposePolicy, w: Words) -> Iterator[Sentence]:
    yield (
        None,
        w("What its owner switched off is not used: everything, a kind of data, or an item."),
    )
    yield None, w("Any off outweighs any on.")
    forgetting = w.plural(
        "A model that learnt from it has forgotten it %(n)s day after the off at the latest.",
        "A model that learnt from it has forgotten it %(n)s days after the off at the latest.",
        rules.forget_days,
    )
    yield "objection", w(_COVERS[rules.objection_covers])
    yield None, forgetting
    yield "gpc", w(_SIGNALS[rules.gpc])
    about = purpose_words(rules.purpose, rules.words, w.lang)
    text = sentence("Members read this about it: %(title)s. %(help)s")
    yield "words", w(text, title=about.title, help=about.help).strip()


_DEFAULTS = {
    True: sentence("Whoever has never chosen counts as on."),
    False: sentence("Whoever has never chosen counts as off."),
}
_COVERS = {
    "everything": sentence("An off covers everything, also what was made before it."),
    "afterwards": sentence(
        "An off covers only what is made after it; what was made before it stays as it was."
    ),
}
_SIGNALS = {
    True: sentence(
        "A browser that asks not to be tracked (Global Privacy Control) is recorded as an off of "
        "a member who has not chosen for all."
    ),
    False: sentence("A browser's signal (Global Privacy Control) counts as no choice."),
}
_STRANGERS = {
    "deny": sentence("An item that somebody who is not a member wrote or is in is not used."),
    "unless-objected": sentence(
        "Somebody who is not a member stands in the way only if they have objected."
    ),
}


def places(regions: frozenset[str], w: Words) -> str:
    """Name regions: the European Economic Area and the European Union as such, the others each."""
    named = []
    for group, name in (("EEA", w("European Economic Area")), ("EU", w("European Union"))):
        if regions >= GROUPS[group]:
            named.append(name)
            regions = regions - GROUPS[group]
    return w.series(named + sorted(w.region(code) for code in regions))
