"""How a search for people is said: criteria, states, what is missing, the parts of a score.

Figures and states are those of `vanne_assist`; nothing is judged here. No score is shown as one
number: each part is said with what it measures.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date as _date
from datetime import timedelta
from typing import Protocol

from vanne.words import Words, sentence, words
from vanne_assist.brief.criteria import Criterion, Force, Kind, State
from vanne_assist.brief.edits import ChipFault
from vanne_assist.brief.levels import LANGUAGE_LEVELS
from vanne_assist.brief.lexicon import name_of
from vanne_assist.brief.places import HERE_KM, name_in, place
from vanne_assist.recruiting.briefs import News

_KINDS = {
    Kind.TITLE: sentence("Title"),
    Kind.SKILL: sentence("Skill"),
    Kind.LANGUAGE: sentence("Language"),
    Kind.PLACE: sentence("Place"),
    Kind.YEARS: sentence("Years"),
    Kind.SENIORITY: sentence("Seniority"),
    Kind.INDUSTRY: sentence("Industry"),
    Kind.COMPANY: sentence("Company"),
    Kind.EDUCATION: sentence("Education"),
    Kind.CAREER: sentence("Career"),
    Kind.WORDS: sentence("Words"),
}
_FORCES: Mapping[Force, str] = {
    "must": sentence("must be"),
    "nice": sentence("would be nice"),
    "not": sentence("must not be"),
}
_STATES: Mapping[State, str] = {
    "met": sentence("met"),
    "partly": sentence("met in part"),
    "not-met": sentence("not met"),
    "unknown": sentence("not known"),
}
SIGNS: Mapping[State, str] = {"met": "✓", "partly": "~", "not-met": "✗", "unknown": "?"}
_COUNTED: Mapping[State, str] = {
    "met": sentence("%(n)s met"),
    "partly": sentence("%(n)s in part"),
    "not-met": sentence("%(n)s not met"),
    "unknown": sentence("%(n)s not known"),
}
_PARTS = {
    "meaning": sentence("A title near in meaning adds %(points)s points."),
    "words": sentence("Words of the brief in what they show add %(points)s points."),
    "criteria": sentence("Criteria that are met add %(points)s points."),
    "opinions": sentence("Your opinions on other people add %(points)s points."),
}
EMPTY = sentence("A criterion is empty.")
NO_LANGUAGE = sentence("No language is called «%(said)s» here.")
_TROUBLES = {
    "wanted-and-not": sentence("«%(one)s» must be and must not be: nobody can meet both."),
    "years-apart": sentence("«%(one)s» and «%(other)s» do not go together: nobody can meet both."),
    "slip": sentence("«%(one)s» was read as «%(other)s»."),
    "place-unknown": sentence("No place is called «%(said)s» here."),
    "language-unknown": sentence(
        "Hardly a word is known here: briefs are read in French, English, German and Italian."
    ),
    "nothing-understood": sentence("No criterion was understood; the words are looked for."),
}


class JudgedLike(Protocol):
    """A criterion as it was judged of a person."""

    @property
    def criterion(self) -> Criterion:
        """What was asked."""

    @property
    def state(self) -> State:
        """Whether it is met."""

    @property
    def short(self) -> float | None:
        """How many years are missing, or kilometres too many."""


class NoticeLike(Protocol):
    """Something that is wrong with a brief."""

    @property
    def trouble(self) -> str:
        """What."""

    @property
    def said(self) -> tuple[str, ...]:
        """The words that it is about."""

    @property
    def near(self) -> tuple[str, ...]:
        """What may have been meant."""


class Say:
    """The words of one language for what a search shows."""

    def __init__(self, lang: str) -> None:
        self._w: Words = words(lang)
        w = self._w
        self.forces = [(force, w(said)) for force, said in _FORCES.items()]
        self.kinds = [(kind.value, w(said)) for kind, said in _KINDS.items()]
        self.levels = [
            ("", w("any level")),
            *((level, self._level(level)) for level in LANGUAGE_LEVELS),
        ]

    def kind(self, kind: Kind) -> str:
        """Name a kind of criterion."""
        return self._w(_KINDS[kind])

    def sign(self, state: State) -> str:
        """Return the sign of a state, which never stands alone."""
        return SIGNS[state]

    def state(self, state: State, force: Force = "must") -> str:
        """Say whether a criterion is met; of something that must not be, whether it is not there.

        >>> Say("en").state("met", "not"), Say("en").state("unknown")
        ('not there, as asked', 'not known')
        """
        w = self._w
        if force == "not" and state != "unknown":
            return w("not there, as asked") if state == "met" else w("there, and must not be")
        return w(_STATES[state])

    def criterion(self, each: Criterion) -> str:
        """Say a criterion in a few words, with its bounds.

        >>> Say("en").criterion(Criterion(Kind.YEARS, "experience", "5+", "nice", least=5.0))
        'Years: at least 5 (would be nice)'
        """
        w = self._w
        more = [*self._bounds(each)]
        if each.level:
            more.append(self._level(each.level))
        if each.is_past is not None:
            more.append(w("before") if each.is_past else w("now"))
        if each.either is not None:
            more.append(w("one of these is enough"))
        named = self._value(each)
        what = ", ".join(more if self._is_amount(each) else [named, *more])
        said = w.explained(self.kind(each.kind), what)
        return said if each.force == "must" else f"{said} ({w(_FORCES[each.force])})"

    def fact(self, kind: Kind, said: str) -> str:
        """Say what was read from an item, in its own words."""
        return self._w.explained(self.kind(kind), said)

    def short(self, judged: JudgedLike) -> str:
        """Say what is missing to meet a criterion in full."""
        w, n = self._w, judged.short or 0.0
        if judged.criterion.kind is Kind.YEARS:
            return w("%(n)s years short", n=w.number(n))
        return w("%(n)s km too far", n=w.number(round(n)))

    def counted(self, judged: Iterable[JudgedLike]) -> str:
        """Count the criteria of a person by their state."""
        counts = Counter(each.state for each in judged)
        return " · ".join(
            self._w(said, n=self._w.number(counts[state]))
            for state, said in _COUNTED.items()
            if counts[state]
        )

    def parts(self, parts: Mapping[str, float]) -> list[str]:
        """Say each part of a score that has a name."""
        return [
            self._w(said, points=self._w.number(round(100 * parts[name])))
            for name, said in _PARTS.items()
            if round(100 * parts.get(name, 0.0))
        ]

    def news(self, told: News) -> str:
        """Say what is new since the last look."""
        w = self._w
        said = [
            (len(told.new), w.plural("%(n)s new", "%(n)s new", len(told.new))),
            (len(told.changed), w.plural("%(n)s changed", "%(n)s changed", len(told.changed))),
            (len(told.dropped),
             w.plural("%(n)s not found any more", "%(n)s not found any more", len(told.dropped))),
            (told.gone, w.plural("%(n)s said no to being found", "%(n)s said no to being found",
                                 told.gone)),
        ]  # fmt: skip
        return " · ".join(text for count, text in said if count)

    def trouble(self, trouble: ChipFault) -> str:
        """Say why a criterion could not be used."""
        return self._near(self._w(trouble.sentence) % {"said": trouble.said}, trouble.near)

    def notice(self, notice: NoticeLike) -> str:
        """Say what is wrong with a brief."""
        one, other = (*notice.said, "", "")[:2]
        values = {"one": one, "other": other or one, "said": one}
        return self._near(self._w(_TROUBLES[notice.trouble]) % values, notice.near)

    def facet(self, kind: Kind, value: str) -> str:
        """Name a value of a facet.

        >>> Say("fr").facet(Kind.LANGUAGE, "de"), Say("en").facet(Kind.YEARS, "5-10")
        ('allemand', '5 to 10')
        """
        w = self._w
        if kind is Kind.LANGUAGE:
            return w.language(value)
        if kind is Kind.YEARS:
            low, _, high = value.partition("-")
            return w("%(low)s to %(high)s", low=low, high=high)
        if kind is Kind.PLACE:
            return name_in(value, w.lang)
        return name_of(kind, value, self._w.lang) or value

    def _near(self, said: str, near: Sequence[str]) -> str:
        w = self._w
        return f"{said} " + w("Did you mean %(names)s?", names=", ".join(near)) if near else said

    def _value(self, each: Criterion) -> str:
        """Name what is asked for; what was given another form is said as it was understood."""
        w = self._w
        if each.kind is Kind.LANGUAGE:
            return w.language(each.value)
        if each.kind is Kind.PLACE and place(each.value) is not None:
            return name_in(each.value, w.lang)
        if each.kind in (Kind.TITLE, Kind.WORDS):
            return each.said
        return name_of(each.kind, each.value, w.lang) or each.said

    def _is_amount(self, each: Criterion) -> bool:
        return each.kind is Kind.YEARS and (each.least is not None or each.most is not None)

    def _bounds(self, each: Criterion) -> Iterable[str]:
        w = self._w
        if each.least is not None:
            yield w("at least %(n)s", n=w.number(each.least))
        if each.most is not None:
            yield w("at most %(n)s", n=w.number(each.most))
        if (km := _within(each)) is not None:
            yield w("within %(n)s km", n=w.number(km))

    def _level(self, level: str) -> str:
        w = self._w
        return w("native") if level == "native" else level.upper()


def _within(each: Criterion) -> float | None:
    """Return how far from a place counts as there, in km: for a town, its surroundings do."""
    if each.within_km is None and each.kind is Kind.PLACE:
        known = place(each.value)
        return HERE_KM if known is not None and known.lat is not None else None
    return each.within_km


def week_counts(days: Iterable[str]) -> list[tuple[_date, int]]:
    """Count days by the week that they are in, the latest first; a week is named by its Monday.

    >>> week_counts(["2026-11-26", "2026-11-23", "2026-11-20"])
    [(datetime.date(2026, 11, 23), 2), (datetime.date(2026, 11, 16), 1)]
    """
    found = (_date.fromisoformat(day) for day in days)
    mondays = Counter(day - timedelta(days=day.weekday()) for day in found)
    return sorted(mondays.items(), reverse=True)
