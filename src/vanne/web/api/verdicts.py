"""The API of verdicts: `/v1/verdicts`, of one item or of many.

What is answered about an item is known before anybody asks, but for the id. Every answer comes
whole from one version of the corpus and says which; that it is still the current one is looked up
for each request. The bodies are made by hand and the routes are Starlette's own: FastAPI's reading
of parameters and models would cost several times the answer itself. Ids come as JSON, or as text
with one id a line. Text is the fast form: its lines become an Arrow array without becoming strings
of Python first.
"""

import json
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import numpy as np
import numpy.typing as npt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vanne.config import Home
from vanne.corpus.lookup import NO_ITEM, Current, Lookup
from vanne.corpus.manifest import has_current
from vanne.terms import MAIN_PURPOSE, PURPOSE_NAME, REASONS, Purpose
from vanne.web.api.gate import NOT_UTF_8, is_utf_8
from vanne.web.api.gate import VERDICTS as PATH
from vanne.web.api.problems import JSON, TEXT, Answer, ProblemError, problem
from vanne.web.api.route import SECURITY, admit, check_query

if TYPE_CHECKING:
    import pyarrow as pa

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


def ids_in_json(body: bytes) -> "pa.Array | Answer":
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


def ids_in_text(body: bytes) -> "pa.Array | Answer":
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


def _wrong_length(lengths: npt.NDArray[np.int64]) -> Answer | None:
    """Return what is wrong with ids that are so many bytes long."""
    if not lengths.all():
        return _EMPTY
    return TOO_LONG if lengths.max(initial=0) > LONGEST_ID else None


SCOPE = "verdicts"
ONE, MANY = "vanne/verdict/1", "vanne/verdicts/1"

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


async def get_verdict(request: Request) -> Response:
    """Answer about one item."""
    verdicts = await _verdicts(request)
    # As it was sent: what servers and test clients make of `%252F` in the path differs.
    item_id = unquote_to_bytes(request.scope["raw_path"])[len(PATH) + 1 :]
    code = verdicts.lookup.code(item_id)
    if code == NO_ITEM:
        raise ProblemError(NO_SUCH_ITEM)
    return Response(
        verdicts.before + quoted(item_id.decode()).encode() + verdicts.after[code], headers=_IS_JSON
    )


async def get_verdicts(request: Request) -> Response:
    """Answer about many items, in the media type of the question."""
    verdicts = await _verdicts(request)
    kind = _media_type(request.headers.get("content-type", ""))
    if kind is None:
        raise ProblemError(WRONG_TYPE)
    body = await request.body()
    ids = ids_in_json(body) if kind == JSON else ids_in_text(body)
    if isinstance(ids, Answer):
        raise ProblemError(ids)
    codes = verdicts.lookup.codes(ids)
    if kind == TEXT:
        return Response(_joined(_LINES, codes), headers=_IS_TEXT)
    listed = _joined(_LISTED, codes)[:-1]  # without the last comma
    return Response(verdicts.many + listed + b"]}", headers=_IS_JSON)


ROUTES = (
    Route(PATH + "/{item_id:path}", get_verdict, methods=["GET"]),
    Route(PATH, get_verdicts, methods=["POST"]),
)
_IS_JSON = {"content-type": JSON.decode(), "cache-control": "no-store"}
_IS_TEXT = {"content-type": TEXT.decode(), "cache-control": "no-store"}


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
        current, verdicts = self._current[purpose], self._verdicts.get(purpose)
        if verdicts is None or verdicts.lookup is not current.fresh():
            verdicts = VersionVerdicts(await run_in_threadpool(current.get))
            self._verdicts[purpose] = verdicts
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
        self.before = _json({"schema": ONE})[:-1] + b',"item_id":'
        self.after = [
            b"," + _json({"reason": reason, "allowed": reason.code == 0} | about)[1:]
            for reason in REASONS
        ]
        self.many = _json({"schema": MANY} | about)[:-1] + b',"reasons":['


async def _verdicts(request: Request) -> VersionVerdicts:
    admit(request, SCOPE)
    if request.scope["query_string"]:
        check_query(request, {"purpose"})
    cache: VerdictCache = request.app.state.verdicts
    return await cache.of(request.query_params.get("purpose", MAIN_PURPOSE))


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


def _media_type(header: str) -> bytes | None:
    """Return which of the two media types a request has; None if neither, or not in UTF-8."""
    kind, _, more = header.lower().partition(";")
    if "charset" in more and more.strip().replace('"', "") != "charset=utf-8":
        return None
    return {"application/json": JSON, "text/plain": TEXT}.get(kind.strip())


# The description, by hand. A test asks every status that is named here.

_ABOUT: dict[str, Any] = {
    "purpose": {"type": "string", "description": "The purpose that it is for, and no other."},
    "corpus": {"type": "string", "description": "The version of the corpus: 64 hex digits."},
    "as_of": {
        "type": "string",
        "format": "date-time",
        "description": "The time as of which it was decided.",
    },
}
_REASON = {"type": "string", "enum": [reason.value for reason in REASONS]}


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


_ID = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
SCHEMAS: dict[str, Any] = {
    "Verdict": _object(
        "What one version of the corpus says of an item.",
        {
            "schema": {"const": ONE},
            "item_id": {"type": "string"},
            "reason": _REASON | {"description": "`allowed`, or the one reason why not."},
            "allowed": {"type": "boolean"},
        }
        | _ABOUT,
    ),
    "Verdicts": _object(
        "What one version of the corpus says of several items.",
        {
            "schema": {"const": MANY},
            **_ABOUT,
            "reasons": {
                "type": "array",
                "items": {"type": ["string", "null"], "enum": [*_REASON["enum"], None]},
                "description": "In the order of the ids; `null` where no data file holds the id.",
            },
        },
    ),
    "ItemIds": _object(
        "The items that are asked about.",
        {"ids": {"type": "array", "maxItems": MOST_IDS, "items": _ID}},
    ),
}
_PURPOSE = {
    "name": "purpose",
    "in": "query",
    "required": False,
    "description": "Which purpose is asked about; each has a corpus of its own.",
    "schema": {
        "type": "string",
        "pattern": f"^{PURPOSE_NAME.pattern}$",
        "default": MAIN_PURPOSE,
    },
    "example": MAIN_PURPOSE,
}
_MEANINGS = {
    400: "The request cannot be read: an unknown query, ids that are not UTF-8, a body that is not "
    "JSON, or a `Host` that is not a name of this server.",
    401: "No token, or one that is not valid.",
    403: "The token does not have the scope.",
    404: "No corpus has been built for the purpose, or no data file of it holds the item (which is "
    "then not allowed).",
    413: f"More than {MOST_IDS:,} ids, or more than 2 MiB.",
    415: "The body is neither `application/json` nor `text/plain`, in UTF-8.",
    422: f"The body is no list of ids, or an id is empty or longer than {LONGEST_ID:,} bytes.",
    500: "A fault of ours. The server's log says where, without what was asked.",
    503: "There is no corpus, or it cannot be opened; the server's log says why.",
}


def paths() -> dict[str, Any]:
    """Describe both addresses."""
    return {
        PATH + "/{item_id}": {"get": _one()},
        PATH: {"post": _many()},
    }


def _one() -> dict[str, Any]:
    item_id = {
        "name": "item_id",
        "in": "path",
        "required": True,
        "description": "The item's id, percent-encoded UTF-8; a slash may be written as it is.",
        "schema": _ID,
        "example": "a-post-1",
    }
    content = {"application/json": {"schema": _schema("Verdict")}}
    return {
        "tags": ["verdicts"],
        "operationId": "getVerdict",
        "summary": "Say whether an item may be used, and why not",
        "description": "Nothing is decided for it: it is what the current version of the corpus "
        "says. It is not counted against the limit of requests.",
        "security": [{SECURITY: ["verdicts"]}],
        "parameters": [item_id, _PURPOSE],
        "responses": {"200": {"description": "The verdict.", "content": content}}
        | _problems(400, 401, 403, 404, 500, 503),
    }


def _many() -> dict[str, Any]:
    text = {"type": "string", "description": "One id a line.", "example": "a-post-1\na-search\n"}
    answers = {"type": "string", "description": "One reason a line; `unknown` if there is no item."}
    example = {"ids": ["a-post-1", "a-search"]}
    return {
        "tags": ["verdicts"],
        "operationId": "getVerdicts",
        "summary": f"Say of up to {MOST_IDS:,} items whether they may be used, and why not",
        "description": "The answer has the media type of the question, and the order of its ids. "
        "It comes whole from one version of the corpus. It is not counted against the limit of "
        "requests.",
        "security": [{SECURITY: ["verdicts"]}],
        "parameters": [_PURPOSE],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _schema("ItemIds"), "example": example},
                "text/plain": {"schema": text},
            },
        },
        "responses": {
            "200": {
                "description": "The verdicts, in order.",
                "content": {
                    "application/json": {"schema": _schema("Verdicts")},
                    "text/plain; charset=utf-8": {"schema": answers},
                },
            }
        }
        | _problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
    }


def _problems(*statuses: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _schema("Problem")}}
    return {
        str(status): {"description": _MEANINGS[status], "content": content} for status in statuses
    }


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
