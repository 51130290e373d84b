"""The routes `/v1/ready` and `/v1/metrics`: whether the server can do its work, and its numbers.

The numbers are in the text format of Prometheus. None is of a person.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.corpus import Manifest
from vanne.corpus import current as current_corpus
from vanne.corpus.manifest import load
from vanne.errors import MissingError
from vanne.forget.requests import next_due
from vanne.ledger import Ledger
from vanne.train.model import current as current_model
from vanne.web.api.models import Written
from vanne.web.api.route import Guarded, needs
from vanne.web.site import Site, site_of

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter(prefix="/v1", tags=["server"], route_class=Guarded)


class Readiness(Written):
    """The server can do its work."""

    schema_: Annotated[Literal["vanne/ready/1"], Field(alias="schema")]
    status: Literal["pass"]


@router.get(
    "/ready",
    response_model=Readiness,
    response_description="It can.",
    **needs(None, 429, 503),
)
async def get_readiness(request: Request) -> Response:
    """Say that the ledger can be read, so that requests may be sent to this server.

    It needs no token. While it answers 503, send requests to another server.
    """

    def read() -> int:
        with site_of(request).shared_ledger.use() as ledger:
            return ledger.size

    await run_in_threadpool(read)
    return JSONResponse({"schema": "vanne/ready/1", "status": "pass"})


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    response_description="Numbers in the text format of Prometheus.",
    **needs("metrics"),
)
async def get_metrics(request: Request) -> Response:
    """Fetch the numbers that an operator watches.

    What has not been made yet has no line: a corpus, a model, a request to forget.
    """
    text = await run_in_threadpool(metrics, site_of(request))
    return PlainTextResponse(text, media_type=TEXT_FORMAT)


def metrics(site: Site) -> str:
    """Return the numbers as text."""
    with site.shared_ledger.use() as ledger:
        lines = [
            f"# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
            for name, kind, help, value in _measured(site, ledger)
        ]
    return "".join(lines)


def _measured(site: Site, ledger: Ledger) -> Iterator[tuple[str, str, str, int | float]]:
    size, now = ledger.size, site.now()
    yield "vanne_ledger_entries_total", "counter", "Entries of the ledger of choices.", size
    with suppress(MissingError):
        corpus = current_corpus(site.home)
        yield "vanne_corpus_documents", "gauge", "Items that may be used.", corpus.documents
        age = _seconds(corpus.as_of, now)
        yield "vanne_corpus_age_seconds", "gauge", "Since when the corpus is what it is.", age
        behind = size - corpus.ledger_size
        yield "vanne_corpus_entries_behind", "gauge", "Entries that it has not heard.", behind
    with suppress(MissingError):
        learnt: Manifest = load(site.home, current_model(site.home.model).corpus_version)
        if due := next_due(site.home, ledger, learnt):
            text = "Seconds until the model must have forgotten; below 0 it is late."
            yield "vanne_forget_due_seconds", "gauge", text, _seconds(now, due)


def _seconds(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds())
