"""A back end behind OpenAI's API: vLLM, Ollama, llama.cpp, Azure OpenAI, or OpenAI itself.

The openai client tries again, at most `attempts` times, what did not arrive, 429 as `Retry-After`
says, and 5xx. The deadline holds for a server that answers a word a minute. What a server says of
an error may quote a member's text, so that only its status and code are told.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from vanne.errors import BusyError, InputError, MissingError, RefusedError, VanneError
from vanne.extras import require
from vanne.inference.asking import Ended, Piece
from vanne_assist.writing.backend import WritingRequest
from vanne_assist.writing.settings import WritingSettings, key

Clock = Callable[[], float]


class Server:
    """A server; `clock` is that of the machine unless a caller says otherwise."""

    def __init__(self, settings: WritingSettings, clock: Clock = time.monotonic) -> None:
        """Open it; nothing is sent yet.

        Raises:
            MissingError: the SDK is not installed.
        """
        require("writing")
        import openai

        self.name = settings.model
        self._settings, self._clock = settings, clock
        address = settings.base_url.rstrip("/")
        if settings.api == "azure" and not address.endswith("/openai/v1"):
            address += "/openai/v1"
        self._client: Any = openai.OpenAI(
            base_url=address,
            api_key=key() or "none",
            max_retries=settings.attempts - 1,
            timeout=settings.timeout_seconds,
        )

    def write(self, asked: WritingRequest) -> Iterator[Piece | Ended]:
        """Yield the answer; see `Writer.write`."""
        import openai

        until = self._clock() + self._settings.deadline_seconds
        try:
            chunks = self._client.chat.completions.create(**self._request(asked))
        except openai.APIError as error:
            raise _translated(error) from None
        except (openai.OpenAIError, ValueError) as error:
            raise _nonsense() from error
        reason, count = None, 0
        try:
            for chunk in chunks:
                for choice in chunk.choices:
                    reason = choice.finish_reason or reason
                    if choice.delta and choice.delta.content:
                        count += 1
                        yield Piece(choice.delta.content)
                if self._clock() > until:
                    raise _too_slow(self._settings.deadline_seconds)
        except openai.APIError as error:
            raise _translated(error) from None
        except (openai.OpenAIError, ValueError) as error:  # what is no event, or no JSON
            raise _nonsense() from error
        finally:
            chunks.close()
        yield self._ended(reason, count)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ended(self, reason: str | None, count: int) -> Ended:
        if reason == "content_filter":
            todo = "say it in other words"
            raise RefusedError("the content filter of the back end stopped the answer", todo=todo)
        if reason is None:
            raise BusyError("the back end broke off its answer", todo="ask again")
        return Ended("length" if reason == "length" else "stop", count)

    def _request(self, asked: WritingRequest) -> dict[str, Any]:
        limit = "max_completion_tokens" if self._settings.api == "azure" else "max_tokens"
        request: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [{"role": each.role, "content": each.text} for each in asked.messages],
            "temperature": asked.temperature,
            "stream": True,
            limit: asked.max_tokens,
        }
        if asked.seed is not None:
            request["seed"] = asked.seed
        return request


def _translated(error: Any) -> VanneError:
    """Say in one line what the server said, without its words."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return BusyError("the back end gave no answer in time", todo="try again later")
    if isinstance(error, openai.APIConnectionError):
        todo = "start it, or check `base_url` in writing.toml"
        return BusyError("the back end cannot be reached", todo=todo)
    if not isinstance(error, openai.APIStatusError):
        return BusyError("the back end broke off its answer", todo="ask again")
    code, status = str(error.code or ""), error.status_code
    if code == "content_filter":
        todo = "say it in other words"
        return RefusedError("the content filter of the back end refused the question", todo=todo)
    said = f"the back end answers {status}" + (f" `{code}`" if code.isidentifier() else "")
    if status in (401, 403):
        return RefusedError(said, todo="check VANNE_WRITING_KEY")
    if status == 404:
        return MissingError(said, todo="check `base_url` and `model` in writing.toml")
    if status in (408, 409, 429) or status >= 500:
        return BusyError(said, todo="try again later")
    return InputError(said, todo="check `model`, `api` and `max_tokens` in writing.toml")


def _too_slow(seconds: float) -> BusyError:
    return BusyError(f"the back end took more than {seconds:g} s", todo="try again later")


def _nonsense() -> BusyError:
    return BusyError("the back end answers with nonsense", todo="check `base_url` in writing.toml")
