"""Routes for verdicts: `/v1/verdicts`, of one item or of up to ten thousand.

A verdict is looked up in the current version of the corpus, which has decided it before. All of an
answer comes from one version and names it; each request checks that this version is still current.
Bodies are written by hand, and the routes are Starlette's own: FastAPI's reading of parameters and
models would cost several times the answer itself. A request lists ids as JSON, or as text with one
id a line. Text is faster: its lines become an Arrow array without becoming Python strings first.
"""

import json
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import unquote_to_bytes

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.config import Home
from vanne.corpus.lookup import NO_ITEM, Current, Lookup
from vanne.corpus.manifest import has_current
from vanne.terms import MAIN_PURPOSE, PURPOSE_NAME, REASONS, Purpose, Reason
from vanne.web.api.gate import HOLDER, NOT_UTF_8, is_utf_8
from vanne.web.api.gate import VERDICTS as PATH
from vanne.web.api.models import Read, Written
from vanne.web.api.problems import ProblemAnswer, ProblemError, problem
from vanne.web.api.route import Guarded, admit, check_query, needs

if TYPE_CHECKING:
    import pyarrow as pa

JSON, TEXT = "application/json", "text/plain; charset=utf-8"
MOST_IDS = 10_000
LONGEST_ID = 4096
"""In bytes: hashing takes a step for every eight bytes of the longest."""
_NEWLINE = 10

_IDS_NOT_JSON = problem(
    400, "not-json", "the body is not JSON", 'send a document such as {"ids": ["item-1"]}'
)
_NOT_IDS = problem(
    422,
    "bad-input",
    "the body is not a list of ids",
    'send a document with one key, `ids`, and in it a list of strings: {"ids": ["item-1"]}',
)
_EMPTY = problem(422, "bad-input", "an id is empty", "every id has at least one character")
TOO_LONG = problem(
    422,
    "bad-input",
    f"an id is longer than {LONGEST_ID:,} bytes",
    "check whether each id is one id",
)
TOO_MANY = problem(
    413, "too-many", f"more than {MOST_IDS:,} ids", f"ask for at most {MOST_IDS:,} ids at once"
)


def ids_in_json(body: bytes) -> "pa.Array | ProblemAnswer":
    """Return the ids of `{"ids": [...]}`, or what is wrong with it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        document = json.loads(body.decode())
    except UnicodeDecodeError:
        return NOT_UTF_8
    except (ValueError, RecursionError):
        return _IDS_NOT_JSON
    if not isinstance(document, dict) or list(document) != ["ids"]:
        return _NOT_IDS
    listed = document["ids"]
    if not isinstance(listed, list):
        return _NOT_IDS
    if len(listed) > MOST_IDS:
        return TOO_MANY
    try:
        ids = pa.array(listed, pa.large_string())
    except UnicodeEncodeError:  # half of a surrogate pair, escaped
        return NOT_UTF_8
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return _NOT_IDS
    if ids.null_count:
        return _NOT_IDS
    return _wrong_length(pc.binary_length(ids).to_numpy()) or ids


def ids_in_text(body: bytes) -> "pa.Array | ProblemAnswer":
    """Return the ids of a text with one a line, or what is wrong with it."""
    import pyarrow as pa

    if not body.isascii() and not is_utf_8(body):
        return NOT_UTF_8
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    if body and not body.endswith(b"\n"):
        body += b"\n"
    text = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    if len(ends) > MOST_IDS:
        return TOO_MANY
    offsets = np.zeros(len(ends) + 1, np.int64)
    np.subtract(ends, np.arange(len(ends)), out=offsets[1:])  # without the ends of lines before
    if wrong := _wrong_length(np.diff(offsets)):
        return wrong
    letters = body.replace(b"\n", b"")
    return pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(letters))


def _wrong_length(lengths: npt.NDArray[np.int64]) -> ProblemAnswer | None:
    """Return what is wrong with ids that are so many bytes long."""
    if not lengths.all():
        return _EMPTY
    return TOO_LONG if lengths.max(initial=0) > LONGEST_ID else None


SCOPE = "verdicts"
NO_CORPUS = problem(
    404, "unknown-purpose", "no corpus has been built for that purpose", "check its name"
)
NO_SUCH_ITEM = problem(
    404, "unknown-item", "no such item", "the current corpus holds no item with this id"
)
WRONG_TYPE = problem(
    415,
    "wrong-type",
    "the body is of another media type",
    "send `application/json`, or `text/plain` in UTF-8 with one id a line",
)


async def _answer_one(request: Request) -> Response:
    """Answer about one item."""
    verdicts = await _verdicts(request)
    # As it was sent: what servers and test clients make of `%252F` in the path differs.
    item_id = unquote_to_bytes(request.scope["raw_path"])[len(PATH) + 1 :]
    document = verdicts.of(item_id)
    if document is None:
        raise ProblemError(NO_SUCH_ITEM)
    return Response(document, headers=_IS_JSON)


async def _answer_many(request: Request) -> Response:
    """Answer about many items, in the media type of the question."""
    verdicts = await _verdicts(request)
    kind = _media_type(request.headers.get("content-type", ""))
    if kind is None:
        raise ProblemError(WRONG_TYPE)
    body = await request.body()
    ids = ids_in_json(body) if kind == JSON else ids_in_text(body)
    if isinstance(ids, ProblemAnswer):
        raise ProblemError(ids)
    codes = verdicts.lookup.codes(ids)
    if kind == TEXT:
        return Response(_joined(_LINES, codes), headers=_IS_TEXT)
    listed = _joined(_LISTED, codes)[:-1]  # without the last comma
    return Response(verdicts.many + listed + b"]}", headers=_IS_JSON)


ROUTES = (
    Route(PATH + "/{item_id:id}", _answer_one, methods=["GET"]),
    Route(PATH, _answer_many, methods=["POST"]),
)
_IS_JSON = {"content-type": JSON, "cache-control": "no-store"}
_IS_TEXT = {"content-type": TEXT, "cache-control": "no-store"}


class Shortcut:
    """Answer a GET of one verdict in front of the framework, which costs as much as the answer.

    Only the plain case is answered here: the token is good, the item is known, the version is open.
    Everything else goes on to the routes above, which answer the same, and say what is wrong.
    """

    def __init__(self, app: ASGIApp, cache: "VerdictCache") -> None:
        self._app = app
        self._cache = cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        document = self._document(scope)
        if document is None:
            await self._app(scope, receive, send)
            return
        headers = [*_ENCODED, (b"content-length", b"%d" % len(document))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": document})

    def _document(self, scope: Scope) -> bytes | None:
        path, holder = scope["raw_path"], scope[HOLDER]
        if not path.startswith(_ONE) or scope["method"] != "GET" or scope["query_string"]:
            return None
        if holder is None or SCOPE not in holder.scopes:
            return None
        verdicts = self._cache.fresh(MAIN_PURPOSE)
        return verdicts.of(unquote_to_bytes(path[len(_ONE) :])) if verdicts else None


_ONE = f"{PATH}/".encode()
_ENCODED = [(name.encode(), value.encode()) for name, value in _IS_JSON.items()]


class VerdictCache:
    """What the current version of each purpose's corpus says."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._current: dict[Purpose, Current] = {}
        self._verdicts: dict[Purpose, VersionVerdicts] = {}

    async def of(self, purpose: Purpose) -> "VersionVerdicts":
        """Return what the current version says; other requests go on while it is opened.

        Raises:
            ProblemError: no corpus has been built for the purpose.
        """
        if purpose not in self._current:
            is_built = PURPOSE_NAME.fullmatch(purpose) and has_current(self._home, purpose)
            if purpose != MAIN_PURPOSE and not is_built:
                raise ProblemError(NO_CORPUS)
            self._current[purpose] = Current(self._home, purpose)
        verdicts = self.fresh(purpose)
        if verdicts is None:
            verdicts = VersionVerdicts(await run_in_threadpool(self._current[purpose].get))
            self._verdicts[purpose] = verdicts
        return verdicts

    def fresh(self, purpose: Purpose) -> "VersionVerdicts | None":
        """Return what the current version says if it is open: this never waits."""
        verdicts = self._verdicts.get(purpose)
        if verdicts is None or verdicts.lookup is not self._current[purpose].fresh():
            return None
        return verdicts


class VersionVerdicts:
    """What is the same in every answer of one version."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        about = {
            "purpose": lookup.purpose,
            "corpus": lookup.version,
            "as_of": lookup.as_of.isoformat(),
        }
        self._before = _json({"schema": "vanne/verdict/1"})[:-1] + b',"item_id":'
        self._after = [
            b"," + _json({"reason": reason, "allowed": reason.code == 0} | about)[1:]
            for reason in REASONS
        ]
        self.many = _json({"schema": "vanne/verdicts/1"} | about)[:-1] + b',"reasons":['

    def of(self, item_id: bytes) -> bytes | None:
        """Return the document about an item, whose id is given in UTF-8; None if it is unknown."""
        code = self.lookup.code(item_id)
        if code == NO_ITEM:
            return None
        return self._before + quoted(item_id.decode()).encode() + self._after[code]


async def _verdicts(request: Request) -> VersionVerdicts:
    admit(request, SCOPE)
    purpose = MAIN_PURPOSE
    if request.scope["query_string"]:  # Starlette's reading of an empty one costs a tenth of it all
        check_query(request, {"purpose"})
        purpose = request.query_params.get("purpose", MAIN_PURPOSE)
    cache: VerdictCache = request.app.state.verdicts
    return await cache.of(purpose)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _table(of: dict[int, str]) -> Any:
    """Return words by code, as they are written one after the other."""
    import pyarrow as pa

    return pa.array([of.get(code) for code in range(NO_ITEM + 1)], pa.string())


_LINES = _table({r.code: f"{r}\n" for r in REASONS} | {NO_ITEM: "unknown\n"})
_LISTED = _table({r.code: f'"{r}",' for r in REASONS} | {NO_ITEM: "null,"})


def _joined(words: Any, codes: Any) -> bytes:
    """Return the words of the codes as one text: that is how Arrow keeps them anyway."""
    import pyarrow as pa

    data = words.take(pa.array(codes)).buffers()[2]
    return b"" if data is None else bytes(data.to_pybytes())


def _media_type(header: str) -> str | None:
    """Return which of the two media types a request has; None if neither, or not in UTF-8."""
    kind, _, more = header.lower().partition(";")
    if "charset" in more and more.strip().replace('"', "") != "charset=utf-8":
        return None
    return {"application/json": JSON, "text/plain": TEXT}.get(kind.strip())


# What the OpenAPI document says of them: the routes above answer, and nothing asks these

described = APIRouter(tags=["verdicts"], route_class=Guarded)

ItemIdSent = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
PurposeInQuery = Annotated[
    str,
    Query(
        pattern=f"^{PURPOSE_NAME.pattern}$",
        description="Which purpose is asked about; each has a corpus of its own.",
        examples=[MAIN_PURPOSE],
    ),
]


class _OfOneVersion(Written):
    """What every answer says of the version that it comes from."""

    purpose: Annotated[str, Field(description="The purpose that it is for, and no other.")]
    corpus: Annotated[str, Field(description="The version of the corpus: 64 hex digits.")]
    as_of: Annotated[datetime, Field(description="The time as of which it was decided.")]


class VerdictDocument(_OfOneVersion):
    """What one version of the corpus says of an item."""

    schema_: Annotated[Literal["vanne/verdict/1"], Field(alias="schema")]
    item_id: str
    reason: Annotated[Reason, Field(description="`allowed`, or the one reason why not.")]
    allowed: bool


class VerdictsDocument(_OfOneVersion):
    """What one version of the corpus says of several items."""

    schema_: Annotated[Literal["vanne/verdicts/1"], Field(alias="schema")]
    reasons: Annotated[
        list[Reason | None],
        Field(description="In the order of the ids; `null` where no data file holds the id."),
    ]


class ItemIds(Read):
    """The items that are asked about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": ["a-post-1", "a-search"]}]})

    ids: Annotated[list[ItemIdSent], Field(max_length=MOST_IDS)]


@described.get(
    PATH + "/{item_id:id}",
    response_model=VerdictDocument,
    response_description="The verdict.",
    **needs(SCOPE, 404, counted=False),
)
def get_verdict(
    item_id: Annotated[
        str,
        Path(
            min_length=1,
            max_length=LONGEST_ID,
            description="The item's id, percent-encoded UTF-8; a slash may be written as it is.",
            examples=["a-post-1"],
        ),
    ],
    purpose: PurposeInQuery = MAIN_PURPOSE,
) -> None:
    """Say whether an item may be used, and why not.

    Nothing is decided for it: it is what the current version of the corpus says, if a data file of
    it holds the item. It is not counted against the limit of requests.
    """


_LINES_IN = {"type": "string", "description": "One id a line.", "example": "a-post-1\na-search\n"}
_LINES_OUT = {"type": "string", "description": "One reason a line; `unknown` if there is no item."}
_MANY = needs(SCOPE, 404, body=True, counted=False)


@described.post(
    PATH,
    response_model=VerdictsDocument,
    response_description="The verdicts, in order.",
    responses=_MANY["responses"] | {200: {"content": {TEXT: {"schema": _LINES_OUT}}}},
    openapi_extra=_MANY["openapi_extra"]
    | {"requestBody": {"content": {"text/plain": {"schema": _LINES_IN}}}},
)
def get_verdicts(ids: ItemIds, purpose: PurposeInQuery = MAIN_PURPOSE) -> None:
    """Say of up to 10,000 items whether they may be used, and why not.

    The answer has the media type of the question, and the order of its ids. It comes whole from one
    version of the corpus. It is not counted against the limit of requests.
    """
