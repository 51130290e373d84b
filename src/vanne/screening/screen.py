"""Find and redact: one text at a time, exactly. `vanne.screening.bulk` does columns of them."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne.screening.kinds import KINDS, known, placeholder

Finder = Callable[[str], Iterator[tuple[int, int]]]
UNSEEN = "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
"""Signs without width, such as soft hyphens and marks of direction: readers do not see them."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where something stands in a text, and of which kind it is."""

    start: int
    end: int
    kind: str


def find(text: str, kinds: Collection[str] = KINDS) -> list[Span]:
    """Return what of these kinds is in a text, in its order; no two of them overlap.

    An unknown kind is an `InputError`.

    >>> [span.kind for span in find("Call 020 7946 0123 or write to ann@example.org")]
    ['phone', 'email']
    """
    return found_in(text, KINDS, known(kinds))


def found_in(text: str, looked_for: Collection[str], kinds: Collection[str]) -> list[Span]:
    """Return what of these kinds is in a text that hints at no others than are looked for."""
    if _unseen().search(text):
        seen = [at for at, sign in enumerate(text) if not _unseen().match(sign)]
        spans = found_in("".join(text[at] for at in seen), looked_for, kinds)
        return [Span(seen[each.start], seen[each.end - 1] + 1, each.kind) for each in spans]
    spans, taken = list[Span](), bytearray(len(text))
    for kind, finder in _finders():  # the surest first: an IBAN is no phone number
        for start, end in finder(text) if kind in looked_for else ():
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                spans.append(Span(start, end, kind))
    return sorted(span for span in spans if span.kind in kinds)


def redact(text: str, kinds: Collection[str] = KINDS) -> tuple[str, Counter[str]]:
    """Return a text with placeholders, and how many there are of each kind.

    >>> redact("My salary is $95,000.")[0]
    'My salary is [SALARY].'
    """
    return replaced(text, find(text, kinds))


def replaced(text: str, spans: Sequence[Span]) -> tuple[str, Counter[str]]:
    """Return a text with placeholders where the spans are, and how many of each kind."""
    parts: list[str] = []
    last = 0
    for span in spans:
        parts += [text[last : span.start], placeholder(span.kind)]
        last = span.end
    return "".join([*parts, text[last:]]), Counter(span.kind for span in spans)


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile(UNSEEN)


@cache
def _finders() -> tuple[tuple[str, Finder], ...]:
    from vanne.screening.addresses import addresses_in
    from vanne.screening.contact import emails_in, phones_in
    from vanne.screening.lists import pay_in_lists
    from vanne.screening.papers import cards_in, ibans_in, national_ids_in
    from vanne.screening.pay import pay_in
    from vanne.screening.secrets import secrets_in

    return (
        ("secret", secrets_in),
        ("email", emails_in),
        ("iban", ibans_in),
        ("card", cards_in),
        ("national-id", national_ids_in),
        ("phone", phones_in),
        ("address", addresses_in),
        ("salary", pay_in),
        ("salary", pay_in_lists),
    )
