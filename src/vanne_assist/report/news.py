"""What saved briefs tell an account, in one line of four languages."""

from vanne.config import Home
from vanne.database import Database
from vanne.words import words
from vanne_assist.recruiting.news import news_of


def news_words(home: Home, account: str, lang: str) -> str:
    """Say how many people are new, have changed and are gone in all saved briefs together."""
    with Database.of(home).reading() as db:
        told = news_of(db, account).values()
    w = words(lang)
    parts = (
        w.plural("%(n)s new", "%(n)s new", sum(each.new for each in told)),
        w.plural("%(n)s changed", "%(n)s changed", sum(each.changed for each in told)),
        w.plural("%(n)s gone", "%(n)s gone", sum(each.gone for each in told)),
    )
    counts = (sum(getattr(each, name) for each in told) for name in ("new", "changed", "gone"))
    return " · ".join(part for part, count in zip(parts, counts, strict=True) if count)
