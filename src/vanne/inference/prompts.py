"""From a conversation to tokens: the base model's own chat template, else a plain one.

Marks that somebody writes into a message (`<|im_end|>`) are ordinary characters, so that nobody can
speak in another's role: the template is filled with a place for each message, and only what the
template itself says can become a mark. In the plain one every further line of a message is
indented, so that only the template begins a line with a role. Without marks in messages the tokens
are those that transformers' `apply_chat_template` gives.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from vanne.errors import InputError, storing
from vanne.inference.asking import LONGEST_CONTEXT, Turn
from vanne.train.base import Base, quiet
from vanne.train.tokens import BaseTokenizer, tokens_in

_PLACE = re.compile("\ue000(\\d+)\ue001")  # private use: no template says this


class Prompts:
    """The base model's tokenizer and template."""

    def __init__(self, base: Base) -> None:
        """Open them.

        Raises:
            InputError: the tokenizer cannot be used.
        """
        from tokenizers import Tokenizer

        with storing("the base model's configuration"):
            config = json.loads((base.folder / "config.json").read_text())
        text = config.get("text_config", config)
        longest = text.get("max_position_embeddings") or text.get("n_positions")  # GPT-2's name
        self.context = min(longest or LONGEST_CONTEXT, LONGEST_CONTEXT)
        self._tokens = BaseTokenizer(base, self.context)
        self.tokenizer: Any = Tokenizer.from_file(str(base.tokenizer))
        self.tokenizer.encode_special_tokens = True
        added = self.tokenizer.get_added_tokens_decoder().items()
        self._marks = {token.content: number for number, token in added if token.special}
        self._template = _template(base)
        self.ends = frozenset({self._tokens.end, *_ends(base)})
        self.turn: tuple[str, ...] = () if self._template else ("\nuser:",)

    def tokens(self, prompt: str | Sequence[Turn]) -> list[int]:
        """Return the tokens of a text to be continued, or of a conversation.

        Raises:
            InputError: the model's template does not take the conversation.
        """
        if isinstance(prompt, str):
            return self._tokens.prompt(prompt)
        if self._template is None:
            # No line of a message begins like another's turn.
            texts = ("\n ".join(each.text.splitlines()) for each in prompt)
            turns = [f"{each.role}: {text}\n" for each, text in zip(prompt, texts, strict=True)]
            return self._tokens.prompt("".join(turns) + "assistant:")
        found: list[int] = []
        for run in self._runs(self._filled(prompt), prompt):
            mark = self._marks.get(run[0]) if run[1] else None
            found += tokens_in(self.tokenizer, run[0]) if mark is None else [mark]
        return found

    def _filled(self, messages: Sequence[Turn]) -> str:
        """Return what the template says, with a place for each message's text."""
        from jinja2 import TemplateError

        places = [
            {"role": message.role, "content": f"\ue000{number}\ue001"}
            for number, message in enumerate(messages)
        ]
        try:
            return str(
                self._template.apply_chat_template(
                    places, tokenize=False, add_generation_prompt=True
                )
            )
        except (TemplateError, ValueError, TypeError, KeyError) as error:
            raise InputError(
                "the model's chat template does not take these messages in this order",
                todo="begin with the system's, and let user and assistant take turns",
            ) from error

    def _runs(self, filled: str, messages: Sequence[Turn]) -> Iterator[tuple[str, bool]]:
        """Give what lies between marks as one run each, and each mark of the template."""
        marks = sorted(self._marks, key=len, reverse=True)
        mark = re.compile("(" + "|".join(map(re.escape, marks)) + ")") if marks else None
        run = ""
        for number, part in enumerate(_PLACE.split(filled)):
            if number % 2:
                run += messages[int(part)].text
                continue
            for piece in mark.split(part) if mark else [part]:
                if piece not in self._marks:
                    run += piece
                    continue
                if run:
                    yield run, False
                run = ""
                yield piece, True
        if run:
            yield run, False


def _template(base: Base) -> Any:
    """Return transformers' tokenizer if it has a chat template, else None."""
    if not (base.folder / "tokenizer_config.json").is_file():
        return None
    with quiet():
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(base.folder)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"`{base.folder}` holds no tokenizer that can be used") from error
    return tokenizer if tokenizer.chat_template else None


def _ends(base: Base) -> list[int]:
    """Return the tokens at which generation ends, as the model's own configuration says."""
    path = base.folder / "generation_config.json"
    if not path.is_file():
        return []
    with storing("the base model's configuration"):
        ends = json.loads(path.read_text()).get("eos_token_id")
    return [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
