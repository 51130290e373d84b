"""What the recruiter's pages share: the check of the role, the index, the way to a record."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.config import Home
from vanne.errors import VanneError
from vanne.web.pages.access import staff_form
from vanne.web.session import Role
from vanne.web.site import page, site_of, words_of
from vanne_assist.fairness.search import RecordedPage
from vanne_assist.report.finding import Say
from vanne_assist.search.index import Index

log = logging.getLogger("vanne.web")

ROLE: Role = "recruiter"
RESULTS = "/find/results"

recruiting = staff_form(ROLE, longest=200_000, most=500)
"""Turns what a recruiter's form does into a page for a request."""


class Finder:
    """Holds the index of a home open; one question at a time, as each takes milliseconds."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._held: Index | None = None

    @contextmanager
    def use(self) -> Iterator[Index]:
        """Give the current index; do not close it.

        Raises:
            MissingError: none has been made, or a package that it needs is not installed.
            VerificationError: it is damaged, or another ledger's.
        """
        with self._lock:
            if self._held is None or not self._held.is_current():
                self._drop()
                self._held = Index.open(self._home)
            try:
                yield self._held
            except Exception:
                self._drop()  # it is opened again, in case the ledger went away
                raise

    def close(self) -> None:
        """Let go of the index."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


def lead(
    request: Request, ask: Callable[[Index], RecordedPage], otherwise: Callable[[], Response]
) -> Response:
    """Search and lead to the record; if people cannot be searched now, answer otherwise."""
    try:
        with site_of(request).part(Finder).use() as index:
            listed = ask(index)
    except VanneError as error:
        log.error("%s", error)
        return otherwise()
    return RedirectResponse(f"{RESULTS}/{listed.search.id}", 303)


def desk_page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Answer with a recruiter's page."""
    say = Say(words_of(request).lang)
    return page(request, template, status=status, member=None, say=say, **values)
