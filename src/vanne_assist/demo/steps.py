"""The steps of the demo that search and offers add."""

from datetime import datetime

from vanne.config import Home
from vanne.plugins import Tell
from vanne_assist.demo.postings import postings
from vanne_assist.jobs import board
from vanne_assist.jobs.members import up_to_date
from vanne_assist.jobs.posting import read_posting
from vanne_assist.search.indexer import update

POSTINGS = 52
"""Every occupation of the made-up network comes more than once, in several languages."""


def make_search(home: Home, as_of: datetime, tell: Tell) -> None:
    """Make the index of who may be found by recruiters, for the pages."""
    tell.step("Making the index of who may be found")
    made, _ = update(home, as_of)
    tell.found("%(people)s people may be found by what they show", people=made.profiles)


def add_postings(home: Home, seed: int, as_of: datetime, tell: Tell) -> None:
    """Add job postings in four languages, for members to match with."""
    tell.step("Adding job postings")
    read = [read_posting(row) for _, row in postings(seed, POSTINGS, as_of)]
    new, _, over = board.add(home, read, as_of)
    up_to_date(home, as_of)
    tell.found("%(open)s job postings are open", open=new - over)
