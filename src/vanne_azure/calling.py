"""How every request to Azure is made: what is tried again, and what an error says.

What did not arrive is tried again, and 408, 429 as `Retry-After` says (RFC 9110, section 10.2.3),
and 5xx; a quota that is used up is not. The SDK's own retries are off: it would repeat a creation
that did arrive.

An error says the service's code. Its message is shown only where the request carried no text of a
member, as it may quote what it was given.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from vanne.errors import BusyError, InputError, MissingError, RefusedError, VanneError

Tell = Callable[[str], None]
Sleep = Callable[[float], None]
T = TypeVar("T")

LONGEST_WAIT_SECONDS = 120.0
_BACKOFF_SECONDS, _LONGEST_BACKOFF_SECONDS = 0.5, 8.0
_LINE = re.compile(r"\b(?:line|example|row)s?\s*#?:?\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes requests. `tell` hears why something takes longer; `sleep` waits (seconds)."""

    attempts: int
    tell: Tell
    sleep: Sleep

    def __call__(
        self,
        call: Callable[[], T],
        what: str,
        *,
        has_text: bool = False,
        raw: tuple[int, ...] = (),
    ) -> T:
        """Call; again while that makes sense.

        `has_text` says that the request carried, or its answer may quote, members' texts. `raw` are
        the statuses whose error is left as it is.

        Raises:
            BusyError: it did not work after several attempts, or a quota is used up.
            RefusedError: the key or the role does not suffice.
            MissingError: the resource or the route is not there.
            InputError: the service cannot use what it was sent.
        """
        import openai

        attempt = 0
        while True:
            attempt += 1
            try:
                return call()
            except openai.APIError as error:
                wait = wait_seconds(error, attempt)
                if wait is None or attempt >= self.attempts:
                    if getattr(error, "status_code", None) in raw:
                        raise
                    raise translated(error, what, has_text) from None
                self.tell(f"{what}: {_reason(error)}, again in {wait:.1f} s")
                self.sleep(wait)


def wait_seconds(error: Any, attempt: int) -> float | None:
    """Return how long to wait before it is worth trying again, or None if it is not."""
    import openai

    backoff = float(min(_BACKOFF_SECONDS * 2 ** (attempt - 1), _LONGEST_BACKOFF_SECONDS))
    if isinstance(error, openai.APIConnectionError):
        return backoff
    if not isinstance(error, openai.APIStatusError):
        return None
    status = error.status_code
    if _is_quota(error) or not (status in (408, 429) or status >= 500):
        return None
    asked = _retry_after(error.response.headers)
    if asked is not None and asked > LONGEST_WAIT_SECONDS:
        return None
    return backoff if asked is None else asked


def _retry_after(headers: Any) -> float | None:
    """Return the seconds that `Retry-After` asks for (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _is_quota(error: Any) -> bool:
    return "quota" in str(error.code or "").lower()


def _reason(error: Any) -> str:
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "no answer in time"
    if isinstance(error, openai.APIConnectionError):
        return "no connection"
    return f"answer {error.status_code}"


def filtered() -> RefusedError:
    """Return the error of what the service's content filter stopped."""
    todo = "see the filter of the deployment in the portal"
    return RefusedError("Azure's content filter stopped it", todo=todo)


def translated(error: Any, what: str, has_text: bool) -> VanneError:
    """Say in one line what the service said, and what to do about it."""
    import openai

    if not isinstance(error, openai.APIStatusError):
        return BusyError(
            f"{what}: Azure cannot be reached ({_reason(error)})"
            if isinstance(error, openai.APIConnectionError)
            else f"{what}: Azure broke off",
            todo="check `endpoint` and the network, and run this again",
        )
    code, status = printable(str(error.code or ""))[:100], error.status_code
    if code == "content_filter":
        return filtered()
    said = f"{what}: Azure answers {status}" + (f" `{code}`" if code else "")
    said += told(_message(error), has_text)
    if _is_quota(error):
        return BusyError(said, todo="ask for more quota in the portal, or wait, and run this again")
    if status == 401:
        todo = "check the key or the token in the environment: tokens live about an hour"
        return RefusedError(said, todo=todo)
    if status == 403:
        return RefusedError(said, todo="ask for the role Azure AI Owner on this resource")
    if status == 404:
        todo = "check endpoint, account, names and API versions in azure.toml"
        return MissingError(said, todo=todo)
    if status in (408, 409, 429) or status >= 500:
        asked = _retry_after(error.response.headers)
        after = f" after {asked:,.0f} s" if asked else ""
        return BusyError(said, todo=f"run this again{after}; nothing is done twice")
    return InputError(said, todo="see the message in the portal")


def _message(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or "")


def told(message: str, has_text: bool) -> str:
    """Return what of a service's message may be shown, with a colon before it.

    >>> told("Line 7: `Anna` is no role", has_text=True)
    ': line 7'
    """
    if has_text:
        line = _LINE.search(message)
        return f": line {line[1]}" if line else ""
    return f": {printable(message)[:300]}" if message else ""


def printable(text: str) -> str:
    """Return a text on one line, without what a terminal would obey.

    >>> printable("a\\x1b[2Jb\\nc")
    'a [2Jb c'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
