"""What a recruiter reads of a profile: criterion by criterion, in the person's own words.

No model wrote any of it: each criterion stands with the sentences that are its evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vanne_assist.brief.criteria import Criterion, Fact, Judgement, Profile, State
from vanne_assist.writing.prompts import visible
from vanne_assist.writing.tokens import sentences

LONGEST_QUOTE = 200
MOST_QUOTES = 3
MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of the person's own, and the item that they stand in."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class QuotedCriterion:
    """A criterion, whether it is met, and what says so."""

    criterion: Criterion
    state: State
    quotes: tuple[Quotation, ...]


def summarise(profile: Profile, judgements: Sequence[Judgement]) -> tuple[QuotedCriterion, ...]:
    """Say of each criterion how it stands and quote the evidence."""
    texts = {passage.item_id: passage.text for passage in profile.passages}
    lines = []
    for judgement in judgements[:MOST_LINES]:
        found = (_quote(fact, texts) for fact in judgement.evidence)
        quotes = tuple(dict.fromkeys(quote for quote in found if quote))[:MOST_QUOTES]
        is_bare = bool(judgement.evidence) and not quotes
        state: State = "unknown" if is_bare else judgement.state
        lines.append(QuotedCriterion(judgement.criterion, state, quotes))
    return tuple(lines)


def _quote(fact: Fact, texts: dict[str, str]) -> Quotation | None:
    """Return the sentence that a fact stands in, or only its words where that is long."""
    text = texts.get(fact.item_id, "")
    around = [(start, end) for start, end in sentences(text) if start <= fact.span[0] < end]
    start, end = around[0] if around else fact.span
    if end - start > LONGEST_QUOTE:
        start, end = fact.span
    words = " ".join(visible(text[start:end]).split())[:LONGEST_QUOTE]
    return Quotation(fact.item_id, words) if words else None
