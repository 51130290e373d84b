"""A search for people in words: the criteria, how many people there are, and the evidence for each.

Figures and states are those of `vanne_assist`; nothing is judged here. No single number stands for
a person: each part of a score is shown with what it measures, and each criterion with the person's
own words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from vanne.places import place_of
from vanne.words import Words, sentence, words
from vanne_assist.brief.criteria import (
    OF_WORK,
    Brief,
    BriefNotice,
    Criterion,
    Force,
    Kind,
    State,
    criteria_json,
    together,
)
from vanne_assist.brief.language import LANGUAGE_LEVELS
from vanne_assist.brief.lexicon import name_of
from vanne_assist.brief.parse import notices_of
from vanne_assist.brief.places import HERE_KM, name_in
from vanne_assist.fairness.meaning import doubts
from vanne_assist.fairness.protected import Attribute
from vanne_assist.report.fairness import instead_of

if TYPE_CHECKING:
    from vanne_assist.recruiting.evidence import CriterionEvidence, PersonView
    from vanne_assist.search.find import Results

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
    Kind.PAY: sentence("Pay"),
    Kind.WORKLOAD: sentence("Workload"),
    Kind.CONTRACT: sentence("Contract"),
    Kind.AVAILABILITY: sentence("Start"),
    Kind.REMOTE: sentence("Remote work"),
    Kind.SIZE: sentence("Size of employer"),
    Kind.LED: sentence("People led"),
}
_FORCES: Mapping[Force, str] = {
    "must": sentence("required"),
    "nice": sentence("preferred"),
    "not": sentence("excluded"),
}
SIGNS: Mapping[State, str] = {"met": "✓", "partly": "~", "not-met": "✗", "unknown": "?"}
_TROUBLES = {
    "wanted-and-not": sentence("“%(one)s” is required and excluded: nobody can meet both."),
    "place-unknown": sentence("No place is called “%(said)s” here."),
    "misspelt": sentence("“%(said)s” is not a word known here."),
    "nothing-understood": sentence("No criterion was understood; the words are looked for."),
    "criterion-empty": sentence("A criterion is empty."),
    "no-language": sentence("No language is called “%(said)s” here."),
    "read-by-model": sentence(
        "The model “%(said)s” read this brief beside the rules. Check what was understood."
    ),
    "model-away": sentence("The model gave no usable answer: only the rules read this brief."),
    "not-in-brief": sentence("The model quoted “%(said)s”, which is not in the brief: not used."),
    "read-two-ways": sentence(
        "“%(said)s” was read as wanted and as excluded: not used. Add it as you mean it."
    ),
    "may-discriminate": sentence(
        "“%(said)s” may ask for what the law protects. A person should look before you go on."
    ),
}


class Say:
    """The words of one language for what a search shows."""

    def __init__(self, lang: str) -> None:
        self._w: Words = words(lang)
        w = self._w
        self.signs = SIGNS  # none stands alone
        self.forces = [(force, w(said)) for force, said in _FORCES.items()]
        self.kinds = [(kind.value, w(said)) for kind, said in _KINDS.items()]
        self.levels = [
            ("", w("any level")),
            *((level, self._level(level)) for level in LANGUAGE_LEVELS),
        ]

    def kind(self, kind: Kind) -> str:
        """Name a kind of criterion."""
        return self._w(_KINDS[kind])

    def criterion(self, each: Criterion) -> str:
        """Say a criterion in a few words, with its bounds.

        >>> Say("en").criterion(Criterion(Kind.YEARS, "experience", "5+", "nice", least=5.0))
        'Years: at least 5 (preferred)'
        """
        return self.alternatives([each])

    def alternatives(self, criteria: Sequence[Criterion]) -> str:
        """Say in one line criteria of which one suffices.

        >>> java = Criterion(Kind.SKILL, "java", "Java", either=0)
        >>> Say("en").alternatives([java, replace(java, value="go", said="Go")])
        'Skill: Java or Go'
        """
        w, force = self._w, criteria[0].force
        kinds = list(dict.fromkeys(each.kind for each in criteria))
        kind = next((each for each in kinds if each is not Kind.WORDS), kinds[0])
        *before, last = (self._named(each) for each in criteria)
        line = w("%(first)s or %(last)s", first=", ".join(before), last=last) if before else last
        line = w.explained(self.kind(kind), line)
        return line if force == "must" else f"{line} ({w(_FORCES[force])})"

    def _named(self, each: Criterion) -> str:
        """Name what is asked, with its bounds, in the form in which it was understood."""
        if each.kind in OF_WORK:  # with its bounds, in the words of the brief
            return each.said
        w, more = self._w, []
        if each.least is not None:
            more.append(w("at least %(n)s", n=w.number(each.least)))
        if each.most is not None:
            more.append(w("at most %(n)s", n=w.number(each.most)))
        known = place_of(each.value) if each.kind is Kind.PLACE else None
        km = each.within_km
        if km is None and known is not None and known.is_town:
            km = HERE_KM  # in a town is in its surroundings too
        if km is not None:
            more.append(w("within %(n)s km", n=w.number(km)))
        if each.level:
            more.append(self._level(each.level))
        if each.is_past is not None:
            more.append(w("before") if each.is_past else w("now"))
        if each.kind is Kind.LANGUAGE:
            name = w.language(each.value)
        elif known is not None:
            name = name_in(each.value, w.lang)
        elif each.kind in (Kind.TITLE, Kind.WORDS):
            name = each.said
        else:
            name = name_of(each.kind, each.value, w.lang) or each.said
        is_amount = each.kind is Kind.YEARS and (each.least is not None or each.most is not None)
        return ", ".join(more if is_amount else [name, *more])

    def without(self, brief: Brief, at: int, count: int) -> str:
        """Say how many more there are without a criterion, given by its place in a brief."""
        places = next(each for each in together(brief.criteria) if at in each)
        group = [replace(brief.criteria[place], force="must") for place in places]
        w, criterion = self._w, self.alternatives(group)
        return w("without %(criterion)s: %(n)s more", criterion=criterion, n=w.number(count))

    def fact(self, kind: Kind, said: str) -> str:
        """Say what was read from an item, in its own words."""
        return self._w.explained(self.kind(kind), said)

    def short(self, judged: "CriterionEvidence") -> str:
        """Say what is missing to meet a criterion in full."""
        w, n = self._w, judged.short or 0.0
        if judged.asked.kind is Kind.YEARS:
            return w("%(n)s years short", n=w.number(n))
        return w("%(n)s km too far", n=w.number(round(n)))

    def notice(self, notice: BriefNotice) -> str:
        """Say what is wrong with a brief, and what may have been meant."""
        line = self.trouble(notice)
        return f"{line} {self.meant(*notice.near)}" if notice.near else line

    def trouble(self, notice: BriefNotice) -> str:
        """Say what is wrong with a brief."""
        one, other = (*notice.said, "", "")[:2]
        values = {"one": one, "other": other or one, "said": one}
        w, line = self._w, self._w(_TROUBLES[notice.trouble]) % values
        if notice.trouble != "may-discriminate":
            return line
        about = Attribute(other)  # what a doubt is likeliest about
        likely = w("Most likely %(reason)s.", reason=w.say(about.reason))
        return " ".join([line, likely, *instead_of(w, about)])

    def meant(self, *names: str) -> str:
        """Ask whether one of some names was meant."""
        return self._w("Did you mean %(names)s?", names=", ".join(names))

    def _level(self, level: str) -> str:
        w = self._w
        return w("native") if level == "native" else level.upper()


# What `vanne find` prints


def lines(
    brief: Brief, results: "Results | None", people: "Sequence[PersonView]", lang: str
) -> Iterator[str]:
    """Say what was understood and whom it found, a line each."""
    w, say = words(lang), Say(lang)
    yield w("Understood (brief in %(language)s):", language=w.language(brief.lang))
    for places in together(brief.criteria):
        group = [brief.criteria[at] for at in places]
        came = w("from “%(words)s”", words=" … ".join(each.said for each in group))
        line = say.alternatives([replace(each, force="must") for each in group])
        yield f"  {w(_FORCES[group[0].force])} · {line} ({came})"
    if not brief.criteria:
        yield "  " + w("nothing: the search goes by the words alone")
    if brief.rest:
        yield w("Not understood, searched as words: %(words)s", words=brief.rest)
    for notice in (*notices_of(brief), *doubts(brief.text)):
        if notice.trouble != "nothing-understood":
            yield say.notice(notice)
    if results is None:
        return
    yield ""
    counts = (
        w.plural("%(n)s person may be found", "%(n)s people may be found", results.shown),
        w.plural("%(n)s meets what is required", "%(n)s meet what is required", results.passed),
        w.plural("%(n)s more only in part", "%(n)s more only in part", results.nearly),
    )
    yield " · ".join(counts)
    if results.is_stale:
        yield w("The index is older than the corpus: run `vanne search index`.")
    if not people and results.passed:
        yield w("Nobody is left at this place of the list: it is shorter.")
    elif not people:
        yield w("Nobody visible to you meets all the required criteria.")
        for at, count in results.without:
            if count:
                yield "  " + say.without(brief, at, count)
    for person in people:
        yield ""
        parts = w(
            "meaning %(meaning)s + words %(words)s + criteria %(criteria)s",
            **{
                name: w.number(round(person.parts[name], 2))
                for name in ("meaning", "words", "criteria")
            },
        )
        yield f"{person.place}. {person.member_id}  {parts}"
        for judged in person.decided:
            group = [replace(each, force="must") for each in judged.group]
            line = f"   {SIGNS[judged.state]} {say.alternatives(group)}"
            if judged.asked.force == "not":
                line += f" ({w(_FORCES['not'])})"
            if judged.evidence:
                line += f" – {w.quoted(' '.join(judged.evidence[0].whole.split()))}"
            yield line + (f" ({say.short(judged)})" if judged.short else "")


def document(
    brief: Brief, results: "Results | None", people: "Sequence[PersonView]"
) -> dict[str, Any]:
    """Return the same as a JSON document."""
    understood = {
        "brief": brief.text,
        "lang": brief.lang,
        "criteria": criteria_json(brief.criteria),
        "rest": brief.rest,
        "notices": [asdict(each) for each in (*notices_of(brief), *doubts(brief.text))],
    }
    if results is None:
        return understood
    return understood | {
        "index": results.index,
        "as_of": results.as_of.isoformat(),
        "is_stale": results.is_stale,
        "shown": results.shown,
        "passed": results.passed,
        "nearly": results.nearly,
        "offset": results.offset,
        "hits": people_document(people),
    }


def people_document(people: "Sequence[PersonView]") -> list[dict[str, Any]]:
    """Return those who were found as JSON, as the command and the API show them."""
    from vanne_assist.recruiting.evidence import PersonView

    rows: list[dict[str, Any]] = TypeAdapter(list[PersonView]).dump_python(
        list(people), mode="json"
    )
    return rows
