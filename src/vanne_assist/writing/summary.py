"""What a recruiter reads of a profile: criterion by criterion, in the person's own words.

The summary is extractive: nothing in it was made up by a model. Sentences that speak to a machine
are not quoted, and that some were left out is said. With a back end there can be prose beside it,
as sentences that name the quotations they rest on; each passes the guard against these alone, must
be made of their words (so it is in their language), and may not rate or recommend: a recruiter
decides, not the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vanne_assist.brief.criteria import Criterion, Fact, Judgement, Profile, State
from vanne_assist.writing.backend import Asked, Writer
from vanne_assist.writing.guard import Finding, Ground, Kind, Source, check, supported
from vanne_assist.writing.instructions import speaks_to_a_machine, without_instructions
from vanne_assist.writing.prompts import prompt, seen
from vanne_assist.writing.structured import SummaryForm, structured
from vanne_assist.writing.tokens import sentences

LONGEST_QUOTE = 200
MOST_QUOTES = 3
MOST_LINES = 30
LEAST_SUPPORTED = 0.75
"""Share of a sentence's words with a meaning that the quotations it names must hold."""
_RATES = re.compile(
    r"\b(?:recommend|best|perfect|ideal|outstanding|excellent|hire|strongest|rank)\w*\b"
    r"|\btop\b|\b10/10|\b(?:recommand|meilleur|parfait|idéal|exceptionnel|embauch)\w*\b"
    r"|\b(?:empfehl|empfiehl|beste|perfekt|hervorragend|ausgezeichnet|einstell)\w*\b"
    r"|\b(?:raccomand|miglior|perfett|eccezional|eccellent|assum)\w*\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the person's own, and the item that they stand in."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A criterion, whether it is met, and what says so."""

    criterion: Criterion
    state: State
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The lines of a summary, and how many sentences were left out as they speak to a machine."""

    lines: tuple[Line, ...]
    withheld: int


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of a model, and the quotations that it rests on."""

    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences that passed the guard, and what was found in the others."""

    sentences: tuple[Told, ...]
    findings: tuple[Finding, ...]
    model: str
    prompt: str


def summarise(profile: Profile, judgements: Sequence[Judgement]) -> Summary:
    """Say of each criterion how it stands and quote the evidence."""
    texts = {passage.item_id: passage.text for passage in profile.passages}
    withheld = sum(without_instructions(text)[1] for text in texts.values())
    lines = []
    for judgement in judgements[:MOST_LINES]:
        found = (_quote(fact, texts) for fact in judgement.evidence)
        quotes = tuple(dict.fromkeys(quote for quote in found if quote))[:MOST_QUOTES]
        is_bare = bool(judgement.evidence) and not quotes
        state: State = "unknown" if is_bare else judgement.state
        lines.append(Line(judgement.criterion, state, quotes))
    return Summary(tuple(lines), withheld)


def _quote(fact: Fact, texts: dict[str, str]) -> Quote | None:
    """Return the sentence that a fact stands in; None where it speaks to a machine."""
    text = texts.get(fact.item_id, "")
    around = [(start, end) for start, end in sentences(text) if start <= fact.span[0] < end]
    start, end = around[0] if around else fact.span
    if end - start > LONGEST_QUOTE:
        start, end = fact.span
    said = " ".join(seen(text[start:end]).split())[:LONGEST_QUOTE]
    is_of_a_person = not speaks_to_a_machine(text[slice(*(around[0] if around else fact.span))])
    return Quote(fact.item_id, said) if said and is_of_a_person else None


def prose(writer: Writer, summary: Summary, lang: str, words: int = 80) -> Prose:
    """Let a back end put the quotations into sentences; keep those that rest on what they name.

    Raises:
        BusyError: the back end does not do it; the summary itself stands.
        RefusedError: a content filter stopped it, or the key is not taken.
        MissingError: a package is not installed.
    """
    quotes = list(dict.fromkeys(quote for line in summary.lines for quote in line.quotes))
    asked = prompt("summary")
    messages = asked.fill([quote.text for quote in quotes], lang, words=words)
    answer = structured(writer, Asked(messages, max_tokens=600), SummaryForm)
    kept, findings = [], list[Finding]()
    for each in answer.sentences:
        named = tuple(quotes[n - 1] for n in each.sources if 0 < n <= len(quotes))
        found = _against(each.text, named, lang)
        if found:
            findings += found
        else:
            kept.append(Told(each.text.strip(), named))
    return Prose(tuple(kept), tuple(findings), writer.name, asked.label)


def _against(text: str, quotes: Sequence[Quote], lang: str) -> list[Finding]:
    """Return what speaks against a sentence that says it rests on some quotations."""
    whole = (0, len(text))
    if not quotes or speaks_to_a_machine(text):
        return [Finding(Kind.TALK, "", whole)]
    ground = Ground(tuple(Source(quote.item_id, quote.text, lang) for quote in quotes))
    rates = [Finding(Kind.RATING, m[0], m.span()) for m in _RATES.finditer(text)]
    own = ground.text.casefold()
    if supported(text, ground, lang) < LEAST_SUPPORTED:
        rates.append(Finding(Kind.UNSUPPORTED, "", whole))
    return [
        *(r for r in rates if not r.said or r.said.casefold() not in own),
        *check(text, ground, lang),
    ]
