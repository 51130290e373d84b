"""Compares levels: of a language (CEFR, «native»), of seniority, of education."""

from vanne_assist.brief.lexicon import order_of

LANGUAGE_LEVELS = ("a1", "a2", "b1", "b2", "c1", "c2", "native")
_DEGREES = {
    "secondary": 1,
    "apprenticeship": 2,
    "higher-vocational": 3,
    "bachelor": 4,
    "degree": 4,
    "master": 5,
    "mba": 5,
    "phd": 6,
}


def language_reaches(has: str | None, asked: str | None) -> bool | None:
    """Say whether a level is at least the one that is asked; None if it is not known."""
    if asked is None:
        return True
    if has is None:
        return None
    return LANGUAGE_LEVELS.index(has) >= LANGUAGE_LEVELS.index(asked)


def seniority_rank(value: str) -> int:
    """Return how far a step of seniority is from the first."""
    return order_of("seniority").index(value)


def degree_rank(value: str) -> int | None:
    """Return how high a degree is; None for a field or a school."""
    return _DEGREES.get(value)
