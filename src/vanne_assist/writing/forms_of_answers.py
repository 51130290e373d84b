"""The forms that back ends are asked to answer in: bounded in every direction.

Without a limit a small model writes until its tokens end, and JSON that is cut is no JSON.
"""

from pydantic import BaseModel, ConfigDict, Field


class Told(BaseModel):
    """A sentence, and the numbers of the lines that it rests on."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=300)
    sources: list[int] = Field(min_length=1, max_length=5)


class Sentences(BaseModel):
    """A summary."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[Told] = Field(min_length=1, max_length=6)
