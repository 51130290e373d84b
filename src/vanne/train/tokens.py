"""Convert text to token ids and back, with the base model's tokenizer.

A document is its plain text between the base model's begin and end marks, cut after `max_tokens`,
or after a hundred times as many characters: a giant text then costs no more than a long one. With
an instruction in the settings it is the answer to that instruction, in the template for chats that
came with the model, and what stands before the answer is read and not learnt. Marks that a member
writes into a text (`<|im_end|>`) are read as ordinary characters.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.corpus import Document
from vanne.errors import ConfigError, InputError, storing
from vanne.files import write_whole
from vanne.train.base import Base, quiet

CHARACTERS = 100
"""A text is cut after this many characters per allowed token, before it is split into tokens."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text ready for training, and the id that decides its place in the order.

    The first `begin` tokens are read and not learnt. `member` stands for whose text it is, in a
    private training: a secret that tells nothing.
    """

    id: str
    tokens: tuple[int, ...]
    cut: bool = False
    begin: int = 1
    member: str = ""


def tokens_in(tokenizer: Any, text: str) -> list[int]:
    """Return the tokens of a text without marks, and let other threads work meanwhile.

    `encode` keeps the interpreter's lock until it is done: seconds, for the longest prompt that a
    server takes. `encode_batch` lets go of it.
    """
    (encoded,) = tokenizer.encode_batch([text], add_special_tokens=False)
    return list(encoded.ids)


class BaseTokenizer:
    """The base model's tokenizer, and what stands before and after a text: its marks, or a chat."""

    def __init__(self, base: Base, max_tokens: int, instruction: str | None = None) -> None:
        """Open the tokenizer.

        Raises:
            InputError: the folder's tokenizer, configuration or template cannot be used.
            ConfigError: the model cannot read as many tokens as `max_tokens`, or these leave no
                room for a text.
        """
        from tokenizers import Tokenizer

        self.max_tokens = max_tokens
        try:
            self._tokenizer = Tokenizer.from_file(str(base.tokenizer))
        except Exception as error:  # the library raises bare `Exception`
            raise InputError(f"`{base.tokenizer}` is not a tokenizer") from error
        config = _configuration(base)
        self.begin, self.end = _marks(base, config)
        self.before: tuple[int, ...] = (self.begin,)
        self.after: tuple[int, ...] = (self.end,)
        if instruction is not None:
            around = _chat(base, instruction)
            self.before, self.after = (tuple(tokens_in(self._tokenizer, part)) for part in around)
        if max_tokens <= (least := len(self.before) + len(self.after)):
            raise ConfigError(
                f"`max_tokens` is {max_tokens}, and what stands around a text takes {least}",
                todo="raise `max_tokens`, or shorten `instruction`",
            )
        self._tokenizer.encode_special_tokens = True  # from here on: in what members write
        self._words = int(config.vocab_size)
        places = getattr(config, "max_position_embeddings", None) or max_tokens
        if max_tokens > places:
            raise ConfigError(
                f"`max_tokens` is {max_tokens}, but the base model reads at most {places} tokens",
                todo="lower `max_tokens`",
            )

    def examples(self, documents: Iterable[Document]) -> list[Example]:
        """Return the documents as examples, in the order of their ids."""
        ordered = sorted(documents, key=lambda document: document.item_id)
        rows = self._encode([document.text for document in ordered])
        return [
            Example(doc.item_id, *row, begin=len(self.before))
            for doc, row in zip(ordered, rows, strict=True)
        ]

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Return each text with what stands around it, cut to the allowed length."""
        return [row for row, _ in self._encode(texts)]

    def _encode(self, texts: Sequence[str]) -> list[tuple[tuple[int, ...], bool]]:
        """Return each text with what stands around it, and whether it had to be cut."""
        longest = self.max_tokens * CHARACTERS
        encoded = self._tokenizer.encode_batch(
            [text[:longest] for text in texts], add_special_tokens=False
        )
        rows = []
        for text, ids in zip(texts, (each.ids for each in encoded), strict=True):
            if max(ids, default=0) >= self._words:
                raise InputError(
                    f"the tokenizer gives token {max(ids)}, but the base model has {self._words} "
                    "words",
                    todo="copy the tokenizer.json that belongs to the model",
                )
            row = (*self.before, *ids, *self.after)
            is_cut = len(text) > longest or len(row) > self.max_tokens
            rows.append((row[: self.max_tokens], is_cut))
        return rows

    def prompt(self, text: str) -> list[int]:
        """Return the begin mark and the beginning of a text that is to be continued."""
        return [self.begin, *tokens_in(self._tokenizer, text)]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, without marks."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))


_ANSWER = "VANNE-PUTS-A-TEXT-HERE"


def _chat(base: Base, instruction: str) -> tuple[str, str]:
    """Return what the model's own template writes before and after the answer to an instruction.

    transformers runs a template in a sandbox, which reaches nothing but the messages.
    """
    said = [{"role": "user", "content": instruction}, {"role": "assistant", "content": _ANSWER}]
    with quiet():
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(base.folder, trust_remote_code=False)
            whole = str(tokenizer.apply_chat_template(said, tokenize=False))
        except Exception as error:  # whatever a tokenizer or a template raises
            raise InputError(
                f"the model in `{base.folder}` has no template for chats that can be used",
                todo="leave `instruction` out of train.toml, or take a model for chats",
            ) from error
    before, _, after = whole.partition(_ANSWER)
    if not before or _ANSWER in after or _ANSWER not in whole:
        raise InputError(f"the template for chats in `{base.folder}` does not hold an answer once")
    return before, after


def _configuration(base: Base) -> Any:
    """Return the configuration of the language model, with the defaults of its family."""
    with quiet():
        from transformers import AutoConfig

        try:
            config = AutoConfig.from_pretrained(base.folder, trust_remote_code=False)
        except Exception as error:  # whatever the code of some architecture raises
            raise InputError(
                f"`{base.folder}/config.json` names no model that transformers knows",
                todo="check it with transformers' AutoConfig",
            ) from error
    return config.get_text_config()


def _marks(base: Base, config: Any) -> tuple[int, int]:
    """Return the begin and end marks: a model that has only an end mark begins with it, too."""
    end = config.eos_token_id
    end = end[0] if isinstance(end, list) else end
    begin = config.bos_token_id
    if end is None:
        raise InputError(f"the configuration in `{base.folder}` names no `eos_token_id`")
    marks = (end if begin is None else begin), end
    if not all(0 <= mark < config.vocab_size for mark in marks):
        raise InputError(f"the marks in `{base.folder}/config.json` are no words of the model")
    return marks


# The ground, the shared start of all shards: texts that nobody can withdraw


def write_ground(path: Path, texts: Iterable[str]) -> None:
    """Write texts, one JSON string a line."""
    lines = [json.dumps(text, ensure_ascii=False) + "\n" for text in texts]
    write_whole(path, "".join(lines).encode())


def read_ground(path: Path) -> list[str]:
    """Return the texts of a ground file; none if there is no such file.

    Raises:
        InputError: a line is not a JSON string, or holds half of a surrogate pair.
    """
    if not path.exists():
        return []
    with storing(f"`{path}`"):
        lines = path.read_bytes().splitlines()
    texts = []
    for number, line in enumerate(lines, 1):
        try:
            text = json.loads(line)
        except (ValueError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise InputError(
                f"{path}: line {number} is not a JSON string",
                todo="write one text a line, in quotes",
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can write
            raise InputError(
                f"{path}: line {number} is not valid Unicode at character {error.start}",
                todo="repair it there",
            ) from None
        texts.append(text)
    return texts
