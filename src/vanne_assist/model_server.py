"""The client of the model server that drafts and, if told so, reads briefs.

vLLM, Ollama, llama.cpp, Azure OpenAI and OpenAI speak its API. `HOME/writing.toml` names the
server, without a secret; without that file nothing is sent anywhere.

    base_url = "http://127.0.0.1:11434/v1"
    model = "mistral-small"

The key comes from the environment: `VANNE_WRITING_KEY`, or the file that `VANNE_WRITING_KEY_FILE`
names. A key is never sent in clear text: http is allowed for this machine only.

The openai client tries at most `attempts` times: after a lost connection, after 429 as
`Retry-After` says, and after 5xx. The error text of a server may quote a member's text, so only its
status and code are reported. The model gets data and is not trusted: it has no tools, and what it
answers is checked: drafts by the guard, criteria by the words of the brief.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from vanne.config import secret_in
from vanne.errors import (
    BusyError,
    InputError,
    MissingError,
    RefusedError,
    VanneError,
)
from vanne.extras import require
from vanne.packs.schema import settings_in

KEY = "VANNE_WRITING_KEY"
FILE = "writing.toml"
_HERE = ("127.0.0.1", "::1", "localhost")


def _safe_address(base_url: str) -> str:
    parts = urlsplit(base_url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    if not (is_safe and parts.hostname) or parts.username or parts.query:
        raise ValueError("is neither an https address nor one of this machine")
    return base_url.rstrip("/")


Count = Annotated[int, Field(ge=1)]


@checked_dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid", strict=True))
class WritingSettings:
    """A model server. `api` is `openai` or `azure` (its `/openai/v1/`)."""

    base_url: Annotated[str, AfterValidator(_safe_address)]
    model: Annotated[str, Field(pattern=r"\S")]
    api: Literal["openai", "azure"] = "openai"
    drafts: Annotated[int, Field(ge=1, le=3)] = 2
    max_tokens: Count = 400
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    timeout_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60.0
    attempts: Count = 3
    tokens_a_day: Annotated[int, Field(ge=0)] = 20_000
    reads_briefs: bool = False

    @classmethod
    def read(cls, root: Path) -> Self | None:
        """Read the settings of a home; None if no model server is set up.

        Raises:
            ConfigError: a name is unknown, or a value cannot be used.
        """
        path = root / FILE
        if not path.exists():
            return None
        return settings_in(path, cls, cls.__annotations__)


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said in a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class WrittenText:
    """What a model answered. It is not whole if the limit of tokens cut it."""

    text: str
    is_whole: bool


class ModelServer:
    """A server that speaks OpenAI's API."""

    def __init__(self, settings: WritingSettings) -> None:
        """Open it; nothing is sent yet.

        Raises:
            MissingError: the SDK is not installed.
        """
        require("writing")
        import openai

        self._settings = settings
        secret = secret_in(os.environ, KEY)
        address = settings.base_url
        if settings.api == "azure" and not address.endswith("/openai/v1"):
            address += "/openai/v1"
        self._client: Any = openai.OpenAI(
            base_url=address,
            api_key=(secret[0].strip() if secret else "") or "none",  # local servers need none
            max_retries=settings.attempts - 1,
            timeout=settings.timeout_seconds,
        )

    def write(
        self, messages: Sequence[Turn], seed: int, schema: Mapping[str, Any] | None = None
    ) -> WrittenText:
        """Answer a conversation; with a schema in JSON of its form, where the server can do that.

        Raises:
            BusyError: the server cannot be reached, is too slow or answers with nonsense.
            RefusedError: the key is not taken, or a content filter stopped it.
        """
        import openai

        form: dict[str, Any] = {}
        if schema:
            named = {"name": "answer", "strict": True, "schema": schema}
            form = {"response_format": {"type": "json_schema", "json_schema": named}}
        limit = "max_completion_tokens" if self._settings.api == "azure" else "max_tokens"
        try:
            answer = self._client.chat.completions.create(
                model=self._settings.model,
                messages=[{"role": each.role, "content": each.text} for each in messages],
                temperature=self._settings.temperature,
                seed=seed,
                **{limit: self._settings.max_tokens},
                **form,
            )
            text, reason = answer.choices[0].message.content or "", answer.choices[0].finish_reason
        except openai.APIError as error:
            raise _translated(error) from None
        except (openai.OpenAIError, ValueError, LookupError, AttributeError, TypeError) as error:
            todo = "check `base_url` in writing.toml"
            raise BusyError("the back end answers with nonsense", todo=todo) from error
        if reason == "content_filter":
            todo = "say it in other words"
            raise RefusedError("the content filter of the back end stopped the answer", todo=todo)
        return WrittenText(text, reason != "length")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


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
    answer = f"the back end answers {status}" + (f" `{code}`" if code.isidentifier() else "")
    if status in (401, 403):
        return RefusedError(answer, todo="check VANNE_WRITING_KEY")
    if status == 404:
        return MissingError(answer, todo="check `base_url` and `model` in writing.toml")
    if status in (408, 409, 429) or status >= 500:
        return BusyError(answer, todo="try again later")
    return InputError(answer, todo="check `model`, `api` and `max_tokens` in writing.toml")
