"""From text to token ids and back.

A document is its plain text between the base model's begin and end marks, cut after `max_tokens`.
There is no template and no role: the adapters learn the texts themselves. Marks that a member
writes into a text (`<|im_end|>`) are read as ordinary characters.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vanne.corpus.document import Document
from vanne.errors import InputError, storing
from vanne.train.base import Base


@dataclass(frozen=True, slots=True)
class Example:
    """One text ready for training, and the id that decides its place in the order."""

    id: str
    tokens: tuple[int, ...]


class Tokens:
    """The base model's tokenizer with its begin and end marks."""

    def __init__(self, base: Base, max_tokens: int) -> None:
        """Open the tokenizer.

        Raises:
            InputError: the folder's tokenizer or configuration cannot be used.
        """
        from tokenizers import Tokenizer

        self.max_tokens = max_tokens
        try:
            self._tokenizer = Tokenizer.from_file(str(base.tokenizer))
        except Exception as error:  # the library raises bare `Exception`
            raise InputError(f"`{base.tokenizer}` is not a tokenizer") from error
        self._tokenizer.encode_special_tokens = True
        self.begin, self.end = _marks(base)

    def examples(self, documents: Iterable[Document]) -> list[Example]:
        """Return the documents as examples, in the order of their ids."""
        ordered = sorted(documents, key=lambda document: document.item_id)
        rows = self.encode([document.text for document in ordered])
        return [Example(doc.item_id, row) for doc, row in zip(ordered, rows, strict=True)]

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Return each text between its marks, cut to the allowed length."""
        rows = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [(self.begin, *row.ids, self.end)[: self.max_tokens] for row in rows]

    def prompt(self, text: str) -> list[int]:
        """Return the begin mark and the beginning of a text that is to be continued."""
        return [self.begin, *self._tokenizer.encode(text, add_special_tokens=False).ids]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, without marks."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))


def _marks(base: Base) -> tuple[int, int]:
    """Return the begin and end marks: a model that has only an end mark begins with it, too."""
    with storing("the base model's configuration"):
        config: dict[str, Any] = json.loads((base.folder / "config.json").read_text())
    end = config.get("eos_token_id")
    end = end[0] if isinstance(end, list) else end
    begin = config.get("bos_token_id")
    if end is None:
        raise InputError(f"the configuration in `{base.folder}` names no `eos_token_id`")
    return (end if begin is None else begin), end
