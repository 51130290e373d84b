"""Answers in a form: JSON that a schema bounds, checked here whatever the server says of it.

Some servers hold a model to a schema, some accept one and ignore it. So an answer is validated;
one that is not valid is asked for once more, with what was wrong; then it is given up.
"""

import json
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vanne.errors import BusyError
from vanne.inference.asking import Turn
from vanne_assist.writing.backend import Asked, Writer, whole

_TRIES = 2
Form = TypeVar("Form", bound=BaseModel)


class SentenceForm(BaseModel):
    """A sentence, and the numbers of the lines that it rests on.

    It is bounded: without a limit a small model writes until its tokens end, and JSON that is cut
    is no JSON.
    """

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=300)
    sources: list[int] = Field(min_length=1, max_length=5)


class SummaryForm(BaseModel):
    """A summary."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[SentenceForm] = Field(min_length=1, max_length=6)


def structured(writer: Writer, asked: Asked, form: type[Form]) -> Form:
    """Return an answer that has the form.

    Raises:
        BusyError: the back end does not give one.
        RefusedError: see `Writer.write`.
    """
    asked = replace(asked, schema=form.model_json_schema())
    for _ in range(_TRIES):
        said = whole(writer, asked)
        try:
            return form.model_validate_json(_unfenced(said), strict=True)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            wrong = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems[:3])
        told = f"That is not valid: {json.dumps(wrong)}. Answer again, with valid JSON alone."
        again = Turn("assistant", said[:2000] or "-"), Turn("user", told)
        asked = replace(asked, messages=(*asked.messages, *again))
    raise BusyError(
        "the back end does not answer in the form that it was asked for",
        todo="use a model that holds to JSON schemas",
    )


def _unfenced(said: str) -> str:
    """Return JSON without the fence that many models put around it."""
    text = said.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.strip("`").removeprefix("json").strip()
    return text
