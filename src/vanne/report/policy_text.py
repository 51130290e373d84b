"""A policy in sentences, in four languages, with the table of what each country and choice gives.

The sentences follow the order of the rules, each under the reasons that it gives; the table is made
of reference verdicts on imaginary items, so that it cannot say other than what is decided. Every
key of the language changes what is said here: a test changes each of them and looks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from vanne.decide.witnesses import Chose, Situation, verdict
from vanne.policy.policy import Policy, PurposePolicy, Rollout, midnight
from vanne.screening.kinds import KINDS
from vanne.terms import GROUPS, REGIONS, Category, Purpose, Reason
from vanne.words import (
    Words,
    category_words,
    purpose_words,
    screened_words,
    sentence,
    words,
)

SCHEMA = "vanne/policy-explain/1"


@dataclass(frozen=True, slots=True)
class RuleSentence:
    """A sentence, and the place in the policy that it says (None: it holds for every policy)."""

    text: str
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule says, and the reasons that it gives."""

    reasons: tuple[Reason, ...]
    said: tuple[RuleSentence, ...]


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """What is answered in some regions in one stretch of time, for each choice."""

    regions: frozenset[str]
    everywhere: bool
    """True for the regions that the policy does not name."""
    start: date | None
    end: date | None
    answers: dict[Chose, Reason]


@dataclass(frozen=True, slots=True)
class CategoryText:
    """What a policy says of one kind of data."""

    category: Category
    answer: str
    """`listed`, `never` or `not-listed`."""


class RulesInWords:
    """One purpose of a policy, ready to be said in one language."""

    def __init__(self, rules: PurposePolicy, w: Words) -> None:
        self.rules, self.w = rules, w

    # The rules, in their order

    def in_order(self) -> Iterator[Rule]:
        """Yield what each rule says, in the order in which they are asked."""
        r = Reason
        yield Rule((r.CATEGORY_NEVER,), (self.never(), self.screening()))
        yield Rule((r.CATEGORY_NOT_LISTED, r.CATEGORY_UNKNOWN), tuple(self.listed()))
        yield Rule((r.MEMBER_UNKNOWN, r.REGION_UNKNOWN), tuple(self.known()))
        yield Rule((r.REGION_NOT_STARTED,), tuple(self.started()))
        yield Rule((r.MINOR, r.AGE_UNKNOWN, r.MADE_AS_MINOR), tuple(self.age()))
        yield Rule((r.OUTSIDE_WINDOW,), (self.window(),))
        yield Rule((r.VISIBILITY_NOT_LISTED,), (self.visibility(),))
        yield Rule((r.SENSITIVE,), (self.sensitive(),))
        yield Rule((r.OFF, r.OFF_CATEGORY, r.OFF_ITEM), tuple(self.off()))
        yield Rule((r.OFF_BY_DEFAULT,), (self.default(),))
        yield Rule((r.AUTHOR_REFUSES, r.SUBJECT_REFUSES, r.OBJECTION), tuple(self.others()))
        yield Rule((r.RESERVATION,), (self.reservation(),))
        yield Rule((r.UNREADABLE,), (self.unreadable(),))

    def never(self) -> RuleSentence:
        if not self.rules.never:
            return RuleSentence(
                self.w("The policy names no kind of data that is never used."), "never"
            )
        text = sentence("These kinds of data are never used, whatever anybody chose: %(kinds)s.")
        return RuleSentence(self.w(text, kinds=self.kinds(self.rules.never)), "never")

    def screening(self) -> RuleSentence:
        w, redact = self.w, self.rules.redact
        if not redact:
            return RuleSentence(
                w("Nothing is taken out of texts before they are read."), "screening"
            )
        text = sentence("Taken out of every text before anything reads it: %(kinds)s.")
        named = ", ".join(screened_words(kind, w.lang) for kind in KINDS if kind in redact)
        return RuleSentence(w(text, kinds=named), "screening")

    def listed(self) -> Iterator[RuleSentence]:
        w, rules = self.w, self.rules
        if rules.listed:
            text = sentence("Only these kinds of data may be used: %(kinds)s.")
            yield RuleSentence(w(text, kinds=self.kinds(rules.listed)), "listed")
        else:
            yield RuleSentence(w("The policy lists no kind of data: nothing is used."), "listed")
        rest = frozenset(Category) - rules.listed - rules.never
        if rest:
            yield RuleSentence(w("Not listed, and so not used: %(kinds)s.", kinds=self.kinds(rest)))
        yield RuleSentence(w("A kind of data that is none of the known ones is not used."))

    def known(self) -> Iterator[RuleSentence]:
        yield RuleSentence(self.w("An item whose owner is not known is not used."))
        yield RuleSentence(self.w("Nothing is used of an owner whose country is not known."))

    def started(self) -> Iterator[RuleSentence]:
        w, rules = self.w, self.rules
        if rules.announced is not None:
            yield RuleSentence(self.waiting(rules.announced), "waiting")
        if not rules.rollouts:
            yield RuleSentence(w("Nothing has started anywhere."))
        for rollout in rules.rollouts:
            yield RuleSentence(self.rollout(rollout), rules.place(rollout))
        if rules.not_started:
            text = sentence("It has not started here, whatever is said above: %(places)s.")
            yield RuleSentence(w(text, places=places(rules.not_started, w)), "not-started")
        yield RuleSentence(w("Before these days, and in every other country, nothing is used."))

    def waiting(self, announced: date) -> str:
        days = self.rules.waiting_days
        return self.w(
            "This version was announced on %(day)s and waits %(n)s days: "
            "nothing is used before %(ready)s.",
            day=self.w.day(announced),
            n=self.w.number(days),
            ready=self.w.day(announced + timedelta(days=days)),
        )

    def rollout(self, rollout: Rollout) -> str:
        w, start = self.w, self.w.day(rollout.start)
        if rollout.end is None:
            when = w("From %(start)s on: %(places)s.", start=start, places=self.where(rollout))
        else:
            text = sentence("From %(start)s until the day before %(end)s: %(places)s.")
            when = w(text, start=start, end=w.day(rollout.end), places=self.where(rollout))
        default = w(_DEFAULTS[rollout.default_on])
        if rollout.basis is None:
            return f"{when} {default} " + w("No legal basis is named.")
        return f"{when} {default} " + w("Legal basis: %(basis)s.", basis=rollout.basis)

    def where(self, rollout: Rollout) -> str:
        named = [places(rollout.regions, self.w)] if rollout.regions else []
        if rollout.everywhere:
            named.append(self.w("every country that the policy does not name elsewhere"))
        return self.w.series(named)

    def age(self) -> Iterator[RuleSentence]:
        w, rules = self.w, self.rules
        text = sentence("The owner must be at least %(age)s years old on the day of asking.")
        yield RuleSentence(w(text, age=w.number(rules.minimum_age)), "age")
        if rules.minor_signs:
            text = sentence(
                "Who carries one of these signs counts as younger at any birth date: %(signs)s."
            )
            yield RuleSentence(w(text, signs=self.names(rules.minor_signs)))
        yield RuleSentence(w("Nothing is used of an owner whose birth date is not known."))
        if rules.account_age is not None:
            text = sentence(
                "Accounts begin at %(age)s years: in an archive, whoever has been there long "
                "enough is of age."
            )
            yield RuleSentence(w(text, age=w.number(rules.account_age)))
        yield RuleSentence(w("What was made before its owner reached that age is not used."))

    def window(self) -> RuleSentence:
        w, rules = self.w, self.rules
        if rules.window_days is not None:
            text = sentence(
                "What was made more than %(n)s days before the time of asking is not used."
            )
            return RuleSentence(w(text, n=w.number(rules.window_days)), "window")
        if rules.window_since is not None:
            text = sentence("What was made before %(day)s is not used.")
            return RuleSentence(w(text, day=w.day(rules.window_since)), "window")
        return RuleSentence(w("The policy sets no limit to how old an item may be."), "window")

    def visibility(self) -> RuleSentence:
        w, listed = self.w, self.rules.visibilities
        if listed is None:
            return RuleSentence(w("The policy does not ask who can see an item."), "visibility")
        if not listed:
            return RuleSentence(w("The policy lists no visibility: nothing is used."), "visibility")
        text = sentence("Only items of these visibilities are used: %(visibilities)s.")
        return RuleSentence(w(text, visibilities=self.names(listed)), "visibility")

    def sensitive(self) -> RuleSentence:
        w, tags = self.w, self.rules.sensitive_tags
        if not tags:
            return RuleSentence(w("The policy names no sensitive tags."), "sensitive")
        text = sentence("What carries one of these tags is not used: %(tags)s.")
        return RuleSentence(w(text, tags=self.names(tags)), "sensitive")

    def off(self) -> Iterator[RuleSentence]:
        w = self.w
        text = sentence(
            "What its owner switched off is not used: everything, a kind of data, or an item."
        )
        yield RuleSentence(w(text))
        yield RuleSentence(w("Any off outweighs any on."))
        covers = w(_COVERS[self.rules.objection_covers])
        yield RuleSentence(f"{covers} {self.forgetting()}", "objection")
        yield RuleSentence(w(_SIGNALS[self.rules.gpc]), "gpc")
        about = purpose_words(self.rules.purpose, self.rules.words, w.lang)
        text = sentence("Members read this about it: %(title)s. %(help)s")
        yield RuleSentence(w(text, title=about.title, help=about.help).strip(), "words")

    def forgetting(self) -> str:
        return self.w.plural(
            "A model that learnt from it has forgotten it %(n)s day after the off at the latest.",
            "A model that learnt from it has forgotten it %(n)s days after the off at the latest.",
            self.rules.forget_days,
        )

    def default(self) -> RuleSentence:
        if all(rollout.default_on for rollout in self.rules.rollouts):
            return RuleSentence(
                self.w("The default is on in all of the above: this rule never speaks.")
            )
        text = sentence(
            "Where the default is off, the owner must have chosen on: for all or for a part."
        )
        return RuleSentence(self.w(text))

    def others(self) -> Iterator[RuleSentence]:
        w = self.w
        text = sentence(
            "The same rules on country, age and choice hold for whoever else wrote an item or is "
            "in it."
        )
        yield RuleSentence(w(text))
        yield RuleSentence(w(_STRANGERS[self.rules.non_members]), "people")
        text = sentence("An item to which somebody who is not a member objected is not used.")
        yield RuleSentence(w(text))

    def reservation(self) -> RuleSentence:
        text = sentence(
            "An item whose own AIPREF reservation says no under one of these is not used: %(keys)s."
        )
        return RuleSentence(
            self.w(text, keys=self.names(self.rules.reservation_keys)), "reservation"
        )

    def unreadable(self) -> RuleSentence:
        text = sentence(
            "An item of which a value cannot be read, or its time is not known, is not used."
        )
        return RuleSentence(self.w(text))

    def kinds(self, categories: Iterable[Category]) -> str:
        """Name kinds of data in the order of the closed list."""
        named = set(categories)
        return self.w.series([category_words(c, self.w.lang) for c in Category if c in named])

    def names(self, values: Iterable[str]) -> str:
        return self.w.series(sorted(values))

    # The tables

    def each_kind(self) -> list[CategoryText]:
        """Say of each kind of data whether it is listed."""
        never, listed = self.rules.never, self.rules.listed
        return [
            CategoryText(c, "never" if c in never else "listed" if c in listed else "not-listed")
            for c in Category
        ]

    def choices(self) -> tuple[Chose, ...]:
        """Return the choices that the table shows: those that this policy tells apart."""
        if self.rules.objection_covers == "everything":
            return Chose.NEVER, Chose.OFF, Chose.ON
        return Chose.NEVER, Chose.OFF, Chose.OFF_LATER, Chose.ON

    def table(self, as_of: datetime | None = None) -> list[ExampleRow]:
        """Ask the reference verdict about each region and choice, at that time or at every one."""
        rows: list[ExampleRow] = []
        for regions, rollouts in self.regions():
            here = self.stretches(regions, rollouts) if as_of is None else [self.at(regions, as_of)]
            rows.extend(here)
        return [row for row in rows if Reason.REGION_NOT_STARTED not in row.answers.values()]

    def regions(self) -> list[tuple[frozenset[str], tuple[Rollout, ...]]]:
        """Gather the regions that the policy does not tell apart, in the order of its rollouts."""
        alike: dict[tuple[Rollout, ...], list[str]] = {}
        for region in sorted(REGIONS):
            alike.setdefault(self.rules.rollouts_in(region), []).append(region)
        order = {rollout: number for number, rollout in enumerate(self.rules.rollouts)}
        groups = sorted((r for r in alike if r), key=lambda r: min(order[each] for each in r))
        return [(frozenset(alike[rollouts]), rollouts) for rollouts in groups]

    def stretches(
        self, regions: frozenset[str], rollouts: Iterable[Rollout]
    ) -> Iterator[ExampleRow]:
        for rollout in sorted(rollouts, key=lambda r: r.start):
            moment = midnight(rollout.start) + timedelta(hours=12)
            answers = self.answers(regions, moment)
            yield ExampleRow(regions, self.unnamed(regions), rollout.start, rollout.end, answers)

    def unnamed(self, regions: frozenset[str]) -> bool:
        """Say whether WORLD stands for these regions."""
        return not any(regions & rollout.regions for rollout in self.rules.rollouts)

    def at(self, regions: frozenset[str], as_of: datetime) -> ExampleRow:
        rollout = self.rules.rollout(min(regions), as_of)
        start, end = (None, None) if rollout is None else (rollout.start, rollout.end)
        return ExampleRow(regions, self.unnamed(regions), start, end, self.answers(regions, as_of))

    def answers(self, regions: frozenset[str], moment: datetime) -> dict[Chose, Reason]:
        kind = min(self.rules.listed, default=Category.POST).value
        situations = {c: Situation(min(regions), moment, kind, c) for c in self.choices()}
        return {choice: verdict(self.rules, at) for choice, at in situations.items()}


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


def explained_policy(
    policy: Policy, lang: str, purpose: Purpose | None = None, as_of: datetime | None = None
) -> dict[str, Any]:
    """Return the public JSON document: the policy in sentences and tables.

    Raises:
        ConfigError: it does not have the purpose.
    """
    purposes = list(policy.purposes) if purpose is None else [purpose]
    explained = [RulesInWords(policy.purpose(name), words(lang)) for name in purposes]
    return {
        "schema": SCHEMA,
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
        "title": policy.title and words(lang)(policy.title),
        "lang": lang,
        "as_of": as_of and as_of.isoformat(),
        "purposes": [_document(each, as_of) for each in explained],
        "sources": {
            key: {
                "title": source.title,
                "publisher": source.publisher,
                "date": source.date.isoformat(),
                "where": source.where,
            }
            for key, source in policy.sources.items()
        },
    }


def _document(said: RulesInWords, as_of: datetime | None) -> dict[str, Any]:
    return {
        "purpose": said.rules.purpose,
        "words": asdict(purpose_words(said.rules.purpose, said.rules.words, said.w.lang)),
        "rules": [
            {
                "reasons": [reason.value for reason in rule.reasons],
                "said": [_cited(said, each) for each in rule.said],
            }
            for rule in said.in_order()
        ],
        "kinds": [
            {"category": kind.category.value, "answer": kind.answer}
            | _sources(said, f"{kind.answer}.{kind.category}")
            for kind in said.each_kind()
        ],
        "table": [_row(row, said.w) for row in said.table(as_of)],
    }


def _cited(of: RulesInWords, each: RuleSentence) -> dict[str, Any]:
    return {"text": each.text, "where": each.where} | _sources(of, each.where or "")


def _sources(of: RulesInWords, where: str) -> dict[str, Any]:
    """Say what a place cites and what is open there: a policy of one's own speaks as written."""
    clause = of.rules.clause(where)
    doubt = clause.uncertain and of.w(clause.uncertain)
    return {"sources": list(clause.sources), "uncertain": doubt}


def _row(row: ExampleRow, w: Words) -> dict[str, Any]:
    everywhere = w("every country that the policy does not name elsewhere")
    return {
        "place": everywhere if row.everywhere else places(row.regions, w),
        "regions": sorted(row.regions),
        "from": row.start and row.start.isoformat(),
        "until": row.end and row.end.isoformat(),
        "answers": {choice.value: reason.value for choice, reason in row.answers.items()},
    }
