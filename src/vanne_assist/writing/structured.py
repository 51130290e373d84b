"""Answers in a form: JSON that a schema bounds, checked here whatever the server says of it.

Some servers hold a model to a schema, some accept one and ignore it. So an answer is validated;
one that is not valid is asked for once more, with what was wrong; then it is given up.
"""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from vanne.errors import BusyError
from vanne.extras import require
from vanne.inference.asking import Turn
from vanne_assist.writing.backend import Asked, Writer, whole

if TYPE_CHECKING:
    import pydantic

_TRIES = 2
Form = TypeVar("Form", bound="pydantic.BaseModel")


def structured(writer: Writer, asked: Asked, form: type[Form]) -> Form:
    """Return an answer that has the form.

    Raises:
        BusyError: the back end does not give one.
        RefusedError: see `Writer.write`.
    """
    require("writing")
    import pydantic

    asked = replace(asked, schema=form.model_json_schema())
    for _ in range(_TRIES):
        said = whole(writer, asked)
        try:
            return form.model_validate_json(_unfenced(said), strict=True)
        except pydantic.ValidationError as error:
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
